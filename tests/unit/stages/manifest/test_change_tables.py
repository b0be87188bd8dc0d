"""What aliasing writes of its own doing: every change, with the method that decided it."""

from collections import Counter

import pyarrow as pa
import pytest
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.tables import ROW_GROUP_ROWS
from drumcorpus.ground.run.code_digest import reached_modules
from drumcorpus.schemas import CYMBAL_ASSIGNMENTS, EVENTS, LABEL_CHANGES, SESSION_LABELS
from drumcorpus.stages.manifest.aliases import alias_events

SOURCE_LABELS = ("49", "57")
# By families: the labels of the taxonomy and other spellings of them.
CRASHES, OTHERS = ("crash", "crash2", "crash_1", "crash_2"), ("kick", "bd", "china")


def event(event_id, *labels, session="a"):
    """An event of the components `labels`; a label may bring its source label after a colon."""
    parts = [label.partition(":") for label in labels]
    return {
        "event_id": event_id,
        "session_id": session,
        "annotation_history": [],
        "components": [
            {"label": label, "source_label": source or "49", "confidence": 1.0}
            for label, _, source in parts
        ],
    }


def assignment(event_id, index, label, **more):
    row = {"event_id": event_id, "session_id": "a", "component_index": index, "label": label}
    row |= {
        "family": "crash",
        "source_label": "49",
        "method": "spectral_cluster",
        "confidence": 0.75,
    }
    return row | {"accepted": True} | more


def alias(taxonomy, events, assignments):
    table = pa.Table.from_pylist(events, EVENTS)
    aliased = alias_events(table, pa.Table.from_pylist(assignments, CYMBAL_ASSIGNMENTS), taxonomy)
    assert aliased.changes.schema.equals(LABEL_CHANGES)
    assert aliased.sessions.schema.equals(SESSION_LABELS)
    aliased.changes.validate(full=True)
    aliased.sessions.validate(full=True)
    return aliased


@pytest.fixture
def changes(taxonomy):
    """The changes of events with their assignments."""
    return lambda events, *rows: alias(taxonomy, events, rows).changes.to_pylist()


@pytest.fixture
def sessions(taxonomy):
    """The labels by session of events with their assignments."""
    return lambda events, *rows: alias(taxonomy, events, rows).sessions.to_pylist()


def change(event_id, index, before, after, method, confidence, accepted=None, **more):
    row = {"event_id": event_id, "session_id": "a", "component_index": index}
    row |= {"source_label": "49", "before": before, "after": after, "method": method}
    row["family"] = None if accepted is None else "crash"
    row |= {"confidence": confidence, "accepted": accepted, "reason": None}
    return row | {"assigned_by": None if accepted is None else "spectral_cluster"} | more


def test_what_neither_changed_nor_was_assigned_is_not_listed(changes):
    assert changes([event("1", "kick", "crash"), event("2", "china")]) == []


def test_another_spelling_is_a_change_by_an_alias(changes):
    assert changes([event("1", "kick", "crash_2"), event("2", "bd", session="b")]) == [
        change("1", 1, "crash_2", "crash2", "taxonomy_alias", 1.0),
        change("2", 0, "bd", "kick", "taxonomy_alias", 1.0, session_id="b"),
    ]


def test_an_accepted_assignment_decides_whether_or_not_the_label_changes(changes):
    events = [event("1", "kick:36", "crash"), event("2", "crash:57")]
    listed = changes(
        events,
        assignment("2", 0, "crash", source_label="57", method="review", confidence=0.5),
        assignment("1", 1, "crash2"),
    )
    assert listed == [
        change("1", 1, "crash", "crash2", "spectral_cluster", 0.75, True),
        change("2", 0, "crash", "crash", "review", 0.5, True)
        | {"source_label": "57", "assigned_by": "review"},
    ]


def test_an_assignment_in_doubt_decides_that_the_label_stays(changes):
    listed = changes([event("1", "crash")], assignment("1", 0, "crash2", accepted=False))
    assert listed == [change("1", 0, "crash", "crash", "spectral_cluster", 0.75, False)]


def test_an_alias_decides_where_the_assignment_is_in_doubt(changes):
    listed = changes([event("1", "crash_2")], assignment("1", 0, "crash", accepted=False))
    assert listed == [change("1", 0, "crash_2", "crash2", "taxonomy_alias", 1.0, False)]


def test_an_assignment_on_top_of_an_alias_decides_from_the_source_s_spelling(changes):
    listed = changes([event("1", "crash_1")], assignment("1", 0, "crash2"))
    assert listed == [change("1", 0, "crash_1", "crash2", "spectral_cluster", 0.75, True)]


def test_an_assignment_may_spell_its_label_otherwise(changes):
    listed = changes([event("1", "crash")], assignment("1", 0, "crash_2"))
    assert listed == [change("1", 0, "crash", "crash2", "spectral_cluster", 0.75, True)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (assignment("gone", 0, "crash2"), "no_event"),
        (assignment("1", 2, "crash2"), "no_component"),
        (assignment("2", 2, "crash2"), "no_component"),
        (assignment("1", -1, "crash2"), "no_component"),
        (assignment("1", 0, "crash2"), "other_source_label"),
        (assignment("1", 1, "crash2", source_label=None), "other_source_label"),
        (assignment("2", 0, "crash2", accepted=False), "other_family"),
    ],
)
def test_an_assignment_without_its_component_is_listed_with_the_reason(changes, row, reason):
    events = [event("1", "kick:36", "crash"), event("2", "china", "crash")]
    row = row | {"session_id": "of the assignment"}
    nothing = {"before": None, "after": None, "method": None}
    kept = ("event_id", "session_id", "component_index", "family", "source_label")
    kept = (*kept, "confidence", "accepted")
    assert changes(events, row) == [
        {key: row[key] for key in kept}
        | nothing
        | {"assigned_by": "spectral_cluster", "reason": reason}
    ]


def test_components_come_in_their_order_and_what_is_gone_after_them(changes):
    events = [event("2", "crash", "crash"), event("1", "kick:36", "bd:36", "crash")]
    listed = changes(
        events,
        assignment("z", 0, "crash"),
        assignment("1", 2, "crash"),
        assignment("2", 1, "crash"),
        assignment("a", 0, "crash"),
    )
    order = [(row["event_id"], row["component_index"]) for row in listed]
    assert order == [("2", 1), ("1", 1), ("1", 2), ("z", 0), ("a", 0)]


def test_several_assignments_of_one_component_are_refused(changes):
    rows = [assignment("2", 1, label) for label in ("crash", "crash2")]
    sentence = r"event 2: several assignments of its component 1; .*: delete the run manifest "
    with pytest.raises(ValueError, match=sentence):
        changes([event("1", "crash"), event("2", "kick", "crash")], *rows)


def test_labels_of_every_session_before_and_after_in_order_of_their_names(sessions):
    events = [
        event("1", "kick:36", "crash_2", "crash", session="b"),
        event("2", "kick:36", session="b"),
        event("3", "bd:36", session="a"),
        event("4", session="c"),
    ]
    assert sessions(events, assignment("1", 2, "crash2")) == [
        {
            "session_id": "a",
            "n_events": 1,
            "labels": [
                {"label": "bd", "before": 1, "after": 0},
                {"label": "kick", "before": 0, "after": 1},
            ],
        },
        {
            "session_id": "b",
            "n_events": 2,
            "labels": [
                {"label": "crash", "before": 1, "after": 0},
                {"label": "crash2", "before": 0, "after": 2},
                {"label": "crash_2", "before": 1, "after": 0},
                {"label": "kick", "before": 2, "after": 2},
            ],
        },
        {"session_id": "c", "n_events": 1, "labels": []},
    ]


def test_of_no_events_there_are_no_sessions_and_every_assignment_is_gone(changes, sessions):
    assert sessions([]) == changes([]) == []
    assert [row["reason"] for row in changes([], assignment("1", 0, "crash"))] == ["no_event"]


def test_a_shard_of_several_row_groups_is_listed_whole(changes):
    n_rows = ROW_GROUP_ROWS + 10
    events = [event(str(n), *["kick:36"] * (n % 2), "crash") for n in range(n_rows)]
    listed = changes(events, *(assignment(str(n), n % 2, "crash2") for n in range(0, n_rows, 5)))
    places = [(row["event_id"], row["component_index"]) for row in listed]
    assert places == [(str(n), n % 2) for n in range(0, n_rows, 5)]
    assert {row["after"] for row in listed} == {"crash2"}


@st.composite
def shards(draw):
    """Events of two sessions, and assignments of which many have lost their component."""
    component = st.tuples(st.sampled_from(CRASHES + OTHERS), st.sampled_from(SOURCE_LABELS))
    strokes = draw(st.lists(st.lists(component, max_size=3), max_size=6))
    events = [
        event(str(n), *map(":".join, labels), session="ab"[n % 2])
        for n, labels in enumerate(strokes)
    ]
    places = st.tuples(st.integers(0, 6), st.integers(-1, 3))
    assignments = [
        assignment(
            str(n),
            index,
            draw(st.sampled_from(CRASHES)),
            source_label=draw(st.sampled_from(SOURCE_LABELS)),
            accepted=draw(st.booleans()),
            cymbal=draw(st.sampled_from([None, 2])),
        )
        for n, index in draw(st.lists(places, unique=True, max_size=12))
    ]
    return events, assignments


def components_by_place(rows):
    return {
        (row["event_id"], index): component
        for row in rows
        for index, component in enumerate(row["components"])
    }


@given(shards())
def test_the_changes_turn_the_labels_of_the_events_into_those_of_the_aliased(taxonomy, shard):
    events, assignments = shard
    aliased = alias(taxonomy, events, assignments)
    before = components_by_place(pa.Table.from_pylist(events, EVENTS).to_pylist())
    after = components_by_place(aliased.events.to_pylist())
    listed = {
        (row["event_id"], row["component_index"]): row
        for row in aliased.changes.to_pylist()
        if row["reason"] is None
    }
    assert before.keys() == after.keys() >= listed.keys()
    for place, component in before.items():
        if place not in listed:
            assert after[place] == component
            continue
        row = listed[place]
        assert (component["label"], after[place]["label"]) == (row["before"], row["after"])
        assert component["source_label"] == row["source_label"]
        assert row["method"] is not None


def lost(row, components, events):
    """Why an assignment has no component, by what stands at its place."""
    if row["event_id"] not in events:
        return "no_event"
    component = components.get((row["event_id"], row["component_index"]))
    if component is None:
        return "no_component"
    if component["source_label"] != row["source_label"]:
        return "other_source_label"
    return None if component["label"] in CRASHES else "other_family"


@given(shards())
def test_every_assignment_is_listed_once_with_its_component_or_why_it_has_none(taxonomy, shard):
    events, assignments = shard
    rows = alias(taxonomy, events, assignments).changes.to_pylist()
    reasons = {
        (row["event_id"], row["component_index"]): row["reason"]
        for row in rows
        if row["assigned_by"] is not None
    }
    components, ids = components_by_place(events), {row["event_id"] for row in events}
    assert reasons == {
        (row["event_id"], row["component_index"]): lost(row, components, ids) for row in assignments
    }
    assert sum(row["assigned_by"] is not None for row in rows) == len(assignments)
    places = [(r["event_id"], r["component_index"]) for r in rows if r["reason"] is None]
    assert len(places) == len(set(places))


@given(shards())
def test_the_counts_of_a_session_are_those_of_its_components(taxonomy, shard):
    events, assignments = shard
    aliased = alias(taxonomy, events, assignments)
    counts = {"before": Counter(), "after": Counter()}
    for side, rows in (("before", events), ("after", aliased.events.to_pylist())):
        for row in rows:
            counts[side].update((row["session_id"], c["label"]) for c in row["components"])
    written = aliased.sessions.to_pylist()
    for side, counted in counts.items():
        assert counted == {
            (row["session_id"], entry["label"]): entry[side]
            for row in written
            for entry in row["labels"]
            if entry[side]
        }
    n_events = Counter(row["session_id"] for row in events)
    assert n_events == {row["session_id"]: row["n_events"] for row in written}


def test_aliasing_reaches_nothing_of_the_report_or_its_page():
    script = REPO / "workflow/scripts/alias_events.py"
    reached = set(reached_modules(script, REPO / "src/drumcorpus"))
    assert "stages/manifest/change_tables.py" in reached
    assert {p for p in reached if "label_changes" in p or p.startswith("ground/pages")} == set()
