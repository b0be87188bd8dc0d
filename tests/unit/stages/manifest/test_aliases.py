"""Settling labels: every component its own, and a note of whatever changed."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.schemas import ANNOTATION, CYMBAL_ASSIGNMENTS, EVENTS
from drumcorpus.stages.manifest.aliases import alias_events, read_for_aliasing, write_aliased

COMPONENT = {"confidence": 1.0, "velocity": 0.5}
NOTHING = {
    "aliased": 0,
    "cymbals_assigned": 0,
    "cymbals_relabelled": 0,
    "cymbals_renumbered": 0,
    "cymbals_doubtful": 0,
    "assignments_without_event": 0,
}


def event(event_id, *labels, session="a", onset=0.0, history=()):
    """An event of the components `labels`; a label may bring its source label after a colon."""
    parts = [label.partition(":") for label in labels]
    return {
        "event_id": event_id,
        "source_set": "groove",
        "session_id": session,
        "onset_time": onset,
        "techniques": [],
        "annotation_history": list(history),
        "components": [
            COMPONENT | {"label": label, "source_label": source or "49"}
            for label, _, source in parts
        ],
    }


def table_of(rows):
    return pa.Table.from_pylist(list(rows), EVENTS)


def assignment(event_id, index, label, *, source_label="49", **more):
    return {
        "event_id": event_id,
        "session_id": "a",
        "component_index": index,
        "family": "crash",
        "source_label": source_label,
        "label": label,
        **{"method": "gmm", "confidence": 0.9, "accepted": True, "cymbal": None},
        **more,
    }


@pytest.fixture
def alias(taxonomy):
    """(labels by event, history by event, counters) after aliasing."""

    def alias(events, *assignments):
        table = events if isinstance(events, pa.Table) else table_of(events)
        assigned = pa.Table.from_pylist(list(assignments), CYMBAL_ASSIGNMENTS)
        aliased = alias_events(table, assigned, taxonomy)
        aliased.events.validate(full=True)
        assert aliased.events.schema.equals(EVENTS)
        rows = aliased.events.to_pylist()
        assert [row["event_id"] for row in rows] == table["event_id"].to_pylist()
        labels = [[c["label"] for c in row["components"]] for row in rows]
        return labels, [row["annotation_history"] for row in rows], aliased.counters

    return alias


def test_labels_that_are_settled_stay_and_leave_no_note(alias):
    labels, history, counters = alias([event("1", "kick", "crash"), event("2", "china")])
    assert labels == [["kick", "crash"], ["china"]]
    assert history == [[], []]
    assert counters == NOTHING


def test_another_spelling_becomes_the_label_and_is_noted(alias):
    labels, history, counters = alias(
        [event("1", "kick", "crash_2"), event("2", "snare"), event("3", "bd", "hihat_splash")]
    )
    assert labels == [["kick", "crash2"], ["snare"], ["kick", "hihat_foot_splash"]]
    note = {"annotation_stage": "alias_labels", "method": "taxonomy_alias", "confidence": 1.0}
    assert history == [
        [note | {"notes": "crash_2 -> crash2"}],
        [],
        [note | {"notes": "bd -> kick"}, note | {"notes": "hihat_splash -> hihat_foot_splash"}],
    ]
    assert counters == NOTHING | {"aliased": 3}


@pytest.mark.parametrize("label", ["kazoo", "Crash", "crash ", "", "crash4"])
def test_an_unknown_label_is_refused(alias, label):
    with pytest.raises(ValueError, match=f"label '{label}' is neither in components.yaml nor"):
        alias([event("1", "kick", label)])


def test_a_crash_beside_a_kick_is_relabelled_and_the_kick_is_not(alias):
    events = [event("1", "kick:36", "crash"), event("2", "crash"), event("3", "crash", "snare")]
    labels, history, counters = alias(events, assignment("1", 1, "crash2"))
    assert labels == [["kick", "crash2"], ["crash"], ["crash", "snare"]]
    assert history == [
        [
            {
                "annotation_stage": "crash_dual_label",
                "method": "gmm",
                "confidence": 0.9,
                "notes": "crash -> crash2",
            }
        ],
        [],
        [],
    ]
    assert counters == NOTHING | {"cymbals_assigned": 1, "cymbals_relabelled": 1}


@pytest.mark.parametrize(
    ("index", "labels"), [(0, ["crash2", "crash", "kick"]), (1, ["crash", "crash2", "kick"])]
)
def test_of_two_crashes_at_once_the_one_meant_is_relabelled(alias, index, labels):
    events = [event("0", "crash"), event("1", "crash", "crash", "kick:36"), event("2", "crash")]
    relabelled, _, _ = alias(events, assignment("1", index, "crash2"))
    assert relabelled == [["crash"], labels, ["crash"]]


def test_two_crashes_at_once_may_each_have_their_own(alias):
    relabelled, history, counters = alias(
        [event("1", "crash:49", "crash:57")],
        assignment("1", 1, "crash2", source_label="57"),
        assignment("1", 0, "crash"),
    )
    assert relabelled == [["crash", "crash2"]]
    assert [entry["notes"] for entry in history[0]] == ["crash -> crash2", "crash -> crash"]
    assert counters == NOTHING | {"cymbals_assigned": 2, "cymbals_relabelled": 1}


def test_one_that_is_not_accepted_leaves_the_label_and_is_noted(alias):
    labels, history, counters = alias(
        [event("1", "crash")], assignment("1", 0, "crash2", accepted=False, confidence=0.4)
    )
    assert labels == [["crash"]]
    assert history[0] == [
        {
            "annotation_stage": "crash_in_doubt",
            "method": "gmm",
            "confidence": 0.4,
            "notes": "in doubt: crash stays",
        }
    ]
    assert counters == NOTHING | {"cymbals_doubtful": 1}


def test_history_is_in_order_what_was_there_then_aliases_then_crashes(alias):
    earlier = {"annotation_stage": "x", "method": "y", "confidence": None, "notes": None}
    events = [
        event("1", "crash", history=[earlier | {"notes": "other event"}]),
        event("2", "kick:36", "crash_1", history=[earlier, earlier | {"notes": "second"}]),
        event("3", "bd:36"),
    ]
    _, history, _ = alias(events, assignment("2", 1, "crash2"), assignment("1", 0, "crash"))
    notes = [[entry["notes"] for entry in entries] for entries in history]
    assert notes == [
        ["other event", "crash -> crash"],
        [None, "second", "crash_1 -> crash", "crash -> crash2"],
        ["bd -> kick"],
    ]
    assert set(history[1][0]) == {field.name for field in ANNOTATION}


def test_the_component_takes_the_confidence_of_its_assignment_and_a_doubt_never_raises_it(taxonomy):
    events = [event("1", "kick:36", "crash"), event("2", "crash"), event("3", "crash")]
    events[2]["components"][0]["confidence"] = 0.3
    events = table_of(events)
    assigned = [
        assignment("1", 1, "crash2", confidence=0.8),
        assignment("2", 0, "crash", accepted=False, confidence=0.1),
        assignment("3", 0, "crash", accepted=False, confidence=0.6),
    ]
    assigned = pa.Table.from_pylist(assigned, CYMBAL_ASSIGNMENTS)
    after = alias_events(events, assigned, taxonomy).events.to_pylist()
    before = events.to_pylist()
    assert after[0]["components"][1]["confidence"] == 0.8
    assert after[0]["components"][0] == before[0]["components"][0]
    assert before[1]["components"][0]["confidence"] == 1.0
    assert after[1]["components"][0] == before[1]["components"][0] | {"confidence": 0.1}
    assert after[2]["components"][0]["confidence"] == 0.3


@pytest.fixture
def renumber(taxonomy):
    """The cymbal and the notes of a crash that the source numbers `cymbal`, after aliasing."""

    def renumber(cymbal, assigned, **settings):
        row = event("1", "kick:36", "crash")
        row["components"][1]["cymbal"] = cymbal
        assigned = pa.Table.from_pylist(
            [assignment("1", 1, "crash", **assigned)], CYMBAL_ASSIGNMENTS
        )
        aliased = alias_events(table_of([row]), assigned, taxonomy, **settings)
        (after,) = aliased.events.to_pylist()
        kick, crash = after["components"]
        assert (kick["cymbal"], crash["source_label"]) == (None, "49")
        notes = [n for n in after["annotation_history"] if "cymbal" in n["annotation_stage"]]
        assert aliased.counters["cymbals_renumbered"] == len(notes)
        return crash["cymbal"], [(n["method"], n["confidence"], n["notes"]) for n in notes]

    return renumber


def test_hidden_metadata_leave_no_number_of_a_cymbal_behind(renumber):
    assert renumber(2, {"cymbal": 2}, hide_cymbals=True) == (None, [])
    assert renumber(2, {"cymbal": 2}) == (2, [])


@pytest.mark.parametrize(
    ("before", "assigned", "after", "note"),
    [
        (1, {"cymbal": 2}, 2, ("cymbal_map", 1.0, "cymbal 1 -> 2")),
        (None, {"cymbal": 2}, 2, ("cymbal_map", 1.0, "cymbal none -> 2")),
        (2, {"cymbal": None}, None, ("cymbal_map", 1.0, "cymbal 2 -> none")),
        (1, {"cymbal": 3, "method": "review"}, 3, ("review", 1.0, "cymbal 1 -> 3")),
        (1, {"cymbal": None, "accepted": False}, None, ("cymbal_map", 1.0, "cymbal 1 -> none")),
    ],
)
def test_the_number_follows_who_overrides_the_source_and_the_history_says_so(
    renumber, before, assigned, after, note
):
    assert renumber(before, assigned) == (after, [note])


def test_everything_else_of_an_event_stays_as_it_was(taxonomy):
    events = table_of([event("1", "kick:36", "crash_1", onset=1.5), event("2", "crash")])
    assigned = pa.Table.from_pylist([assignment("2", 0, "crash2")], CYMBAL_ASSIGNMENTS)
    after = alias_events(events, assigned, taxonomy).events.to_pylist()
    for row, old in zip(after, events.to_pylist(), strict=True):
        for component, earlier in zip(row["components"], old["components"], strict=True):
            judged = {"label": None, "confidence": None}
            assert component | judged == earlier | judged
        changed = {"components", "annotation_history"}
        assert {k: row[k] for k in row.keys() - changed} == {
            k: old[k] for k in old.keys() - changed
        }


@pytest.mark.parametrize(
    ("event_id", "index"), [("gone", 0), ("1", 2), ("1", 99), ("2", 1), ("2", -1)]
)
def test_an_assignment_without_its_component_is_counted_and_does_nothing(alias, event_id, index):
    events = [event("1", "kick:36", "crash"), event("2", "crash"), event("3", "crash")]
    labels, history, counters = alias(events, assignment(event_id, index, "crash2"))
    assert labels == [["kick", "crash"], ["crash"], ["crash"]]
    assert history == [[], [], []]
    assert counters == NOTHING | {"assignments_without_event": 1}


def test_an_assignment_of_another_source_label_never_relabels(alias):
    # The crash assignments were made from events that were ingested otherwise.
    try:
        labels, _, _ = alias([event("1", "kick:36", "crash:49")], assignment("1", 0, "crash2"))
    except ValueError:
        return
    assert labels == [["kick", "crash"]]


def test_a_component_that_is_no_crash_any_more_is_not_made_one(alias):
    # The assignment is older than a label map that has since made a china of the note.
    labels, history, counters = alias(
        [event("1", "china:57", "crash")], assignment("1", 0, "crash2", source_label="57")
    )
    assert labels == [["china", "crash"]]
    assert history == [[]]
    assert counters == NOTHING | {"assignments_without_event": 1}


@pytest.mark.parametrize("label", ["crash4", "crash_2", ""])
def test_an_assignment_may_give_labels_of_the_taxonomy_only(alias, label):
    try:
        labels, _, _ = alias([event("1", "crash")], assignment("1", 0, label))
    except ValueError as error:
        assert repr(label) in str(error)
    else:
        assert labels == [["crash2"]]
        assert label == "crash_2"


def test_a_slice_of_a_table_is_as_good_as_a_table(alias):
    rows = [event(str(i), *["kick:36"] * (i % 3), "crash_1") for i in range(10)]
    whole = table_of(rows)
    assigned = assignment("7", 1, "crash2")
    assert alias(whole.slice(4, 5), assigned) == alias(rows[4:9], assigned)


def test_a_table_in_pieces_is_as_good_as_one(alias):
    rows = [event(str(i), *["kick:36"] * (i % 3), "crash_1") for i in range(9)]
    pieces = pa.concat_tables([table_of(rows[:2]), table_of([]), table_of(rows[2:])])
    assigned = assignment("7", 1, "crash2")
    assert alias(pieces, assigned) == alias(rows, assigned)


def test_no_event_is_no_error(alias):
    assert alias([]) == ([], [], NOTHING)
    assert alias([], assignment("1", 0, "crash"))[2]["assignments_without_event"] == 1


def test_what_is_copied_and_what_is_written_anew_are_the_table_written_whole(tmp_path, taxonomy):
    rows = [
        event(f"{n:05d}", "kick", "crash", "hihat_splash", session=f"{n // 50:03d}")
        for n in range(2_000)
    ]
    rows[7]["components"], rows[8]["annotation_history"] = [], [{"annotation_stage": "review"}]
    source, path, whole = (tmp_path / f"{name}.parquet" for name in ("source", "path", "whole"))
    write_table(source, table_of(rows))
    write_table(source, read_table(source))  # Arrow calls what lists hold otherwise once it read it
    assigned = [assignment(row["event_id"], 1, "crash2", cymbal=2) for row in rows[::3]]
    assigned = pa.Table.from_pylist(assigned, CYMBAL_ASSIGNMENTS)
    aliased = alias_events(read_for_aliasing(source), assigned, taxonomy)
    of_all = alias_events(read_table(source), assigned, taxonomy)
    write_aliased(path, source, aliased.events)
    write_table(whole, of_all.events)
    assert path.read_bytes() == whole.read_bytes()
    assert aliased.changes.equals(of_all.changes)
    assert aliased.sessions.equals(of_all.sessions)
    assert aliased.counters == of_all.counters
    assert aliased.counters["cymbals_assigned"] == 667


def test_an_event_without_a_list_of_components_is_refused(tmp_path):
    row = event("1", "kick") | {"components": None}
    write_table(tmp_path / "t.parquet", table_of([row]))
    with pytest.raises(ValueError, match=r"t\.parquet: an event has null for its components"):
        read_for_aliasing(tmp_path / "t.parquet")
