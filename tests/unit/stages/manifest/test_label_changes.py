"""Labels before and after aliasing: every change counted, explained or listed."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import ROW_GROUP_ROWS, write_table
from drumcorpus.schemas import CRASH_ASSIGNMENTS, EVENTS
from drumcorpus.stages.manifest import aliases, label_pairs
from drumcorpus.stages.manifest.aliases import alias_events
from drumcorpus.stages.manifest.label_changes import (
    LABEL_COUNTS,
    N_EXAMPLES,
    count_labels,
    describe_source_set,
    summarise_changes,
)
from drumcorpus.stages.manifest.label_changes_page import N_SESSIONS, render_label_changes_page
from drumcorpus.stages.manifest.label_pairs import compare_shard

CRASHES = ["crash", "crash2", "crash3"]


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


def assignment(event_id, index, label, *, accepted=True, source_label="49", **more):
    row = {"event_id": event_id, "session_id": "a", "component_index": index, "label": label}
    row |= {"source_label": source_label, "accepted": accepted}
    return row | {"method": "spectral_cluster", "confidence": 0.9} | more


@pytest.fixture
def compare(tmp_path, taxonomy):
    """The description of events aliased with assignments; `spoil` changes the aliased rows."""

    def compare(events, *assignments, spoil=lambda rows: rows):
        given = pa.Table.from_pylist(list(assignments), CRASH_ASSIGNMENTS)
        table = pa.Table.from_pylist(events, EVENTS)
        aliased = spoil(alias_events(table, given, taxonomy).events.to_pylist())
        write_table(tmp_path / "events", table)
        write_table(tmp_path / "aliased", pa.Table.from_pylist(aliased, EVENTS))
        write_table(tmp_path / "assignments", given)
        names = ("events", "aliased", "assignments")
        shards = [compare_shard(*(tmp_path / name for name in names), CRASHES)]
        counts = count_labels("s", shards)
        assert counts.schema.equals(LABEL_COUNTS)
        return describe_source_set("s", shards, counts, CRASHES)

    return compare


def relabelled(rows, event_id, index, label):
    for row in rows:
        if row["event_id"] == event_id:
            row["components"][index]["label"] = label
    return rows


def test_the_stages_are_those_that_aliasing_writes():
    assert (label_pairs.ALIAS_STAGE, label_pairs.ARROW) == (aliases.ALIAS_STAGE, aliases.ARROW)


def test_counts_before_are_kept_and_what_changed_is_told(compare):
    found = compare(
        [event("1", "kick:36", "crash"), event("2", "crash:57"), event("3", "crash", session="b")],
        assignment("1", 1, "crash"),
        assignment("2", 0, "crash2", source_label="57", confidence=0.5),
        assignment("3", 0, "crash2", accepted=False, confidence=0.25),
    )
    assert found["labels"] == {
        "crash": {"before": 3, "after": 2},
        "crash2": {"before": 0, "after": 1},
        "kick": {"before": 1, "after": 1},
    }
    assert found["sessions"] == {"total": 2, "changed": 1}
    assert found["components"] == {"total": 4, "changed": 1}
    labels = {name: found["labels"][name] for name in ("crash", "crash2")}
    labels["crash"] = {"before": 2, "after": 1}
    assert found["changed_sessions"] == [{"session_id": "a", "components": 1, "labels": labels}]
    assert found["undivided"] == {
        "in_doubt": {"spectral_cluster": 1},
        "sessions_in_doubt": 1,
        "without_assignment": 0,
    }
    keys = ("before", "after", "method", "accepted", "components")
    assert [tuple(row[key] for key in keys) for row in found["changes"]] == [
        ("crash", "crash", "spectral_cluster", False, 1),
        ("crash", "crash", "spectral_cluster", True, 1),
        ("crash", "crash2", "spectral_cluster", True, 1),
    ]
    confidence = found["changes"][2]["confidence"]
    assert confidence == {"min": 0.5, "mean": 0.5, "max": 0.5, "bins": [0] * 5 + [1] + [0] * 4}
    assert found["unexplained"] == {"components": 0, "first": []}
    assert found["gone"]["assignments"] == 0


def test_two_changes_that_cancel_out_in_the_counts_are_still_changes(compare):
    found = compare(
        [event("1", "crash"), event("2", "crash2")],
        assignment("1", 0, "crash2"),
        assignment("2", 0, "crash"),
    )
    assert found["components"]["changed"] == 2
    assert found["labels"] == {name: {"before": 1, "after": 1} for name in ("crash", "crash2")}
    assert found["changed_sessions"] == [{"session_id": "a", "components": 2, "labels": {}}]


def test_an_alias_is_explained_by_the_history_of_its_event(compare):
    found = compare([event("1", "kick", "crash_2"), event("2", "crash")])
    (change,) = found["changes"]
    assert (change["before"], change["after"]) == ("crash_2", "crash2")
    assert (change["method"], change["accepted"]) == ("taxonomy_alias", None)
    assert found["unexplained"]["components"] == 0
    assert found["undivided"]["without_assignment"] == 2


def test_an_alias_that_is_in_doubt_counts_as_both(compare):
    found = compare([event("1", "crash_2")], assignment("1", 0, "crash", accepted=False))
    assert found["changes"][0]["method"] == "taxonomy_alias"
    assert found["undivided"]["in_doubt"] == {"spectral_cluster": 1}


def test_an_alias_that_is_assigned_on_top_is_explained_by_the_assignment(compare):
    found = compare([event("1", "crash_1")], assignment("1", 0, "crash2"))
    (change,) = found["changes"]
    keys = ("before", "after", "method")
    assert [change[key] for key in keys] == ["crash_1", "crash2", "spectral_cluster"]


@pytest.mark.parametrize(("event_id", "index"), [("1", 0), ("1", 2), ("2", 0)])
def test_a_variant_at_another_component_than_the_assigned_one_is_listed(compare, event_id, index):
    events = [event("1", "kick", "crash", "crash"), event("2", "crash")]
    found = compare(
        events,
        assignment("1", 1, "crash2"),
        spoil=lambda rows: relabelled(rows, event_id, index, "crash2"),
    )
    assert found["unexplained"]["components"] == 1
    (listed,) = found["unexplained"]["first"]
    assert (listed["event_id"], listed["component_index"]) == (event_id, index)
    assert found["components"]["changed"] == 2


def test_a_label_other_than_the_assigned_one_is_listed(compare):
    found = compare(
        [event("1", "crash")],
        assignment("1", 0, "crash2"),
        spoil=lambda rows: relabelled(rows, "1", 0, "crash3"),
    )
    assert found["unexplained"]["components"] == 1


def test_an_alias_of_another_event_explains_nothing(compare):
    found = compare(
        [event("1", "crash_2"), event("2", "crash")],
        spoil=lambda rows: relabelled(rows, "2", 0, "crash2"),
    )
    assert [row["event_id"] for row in found["unexplained"]["first"]] == ["2"]


def test_assignments_without_their_component_are_listed_with_the_reason(compare):
    found = compare(
        [event("1", "kick:36", "crash"), event("2", "crash")],
        assignment("gone", 0, "crash2"),
        assignment("1", 2, "crash2"),
        assignment("1", 0, "crash2"),
        assignment("2", 0, "crash2"),
        assignment("2", -1, "crash2"),
    )
    assert found["gone"]["assignments"] == 4
    reasons = {"no_component": 2, "no_event": 1, "other_source_label": 1}
    assert found["gone"]["by_reason"] == reasons
    first = {(row["event_id"], row["component_index"]) for row in found["gone"]["first"]}
    assert first == {("gone", 0), ("1", 2), ("1", 0), ("2", -1)}
    assert found["components"]["changed"] == 1


def test_an_assignment_to_what_is_no_crash_any_more_is_listed(compare):
    found = compare(
        [event("1", "china:57"), event("2", "crash")],
        assignment("1", 0, "crash2", source_label="57"),
        spoil=lambda rows: relabelled(rows, "1", 0, "china"),
    )
    assert found["gone"]["by_reason"] == {"no_crash": 1}
    assert found["undivided"]["without_assignment"] == 1


def test_of_many_that_are_gone_the_first_are_listed_and_all_are_counted(compare):
    gone = [assignment(f"{number:03}", 0, "crash") for number in range(50)]
    found = compare([event("x", "crash")], *gone)["gone"]
    assert found["assignments"] == 50
    assert [row["event_id"] for row in found["first"]] == [f"{n:03}" for n in range(N_EXAMPLES)]


def test_nothing_is_lost_at_the_border_of_row_groups(compare):
    n_rows = ROW_GROUP_ROWS + 10
    events = [event(str(n), *["kick:36"] * (n % 2), "crash") for n in range(n_rows)]
    given = [assignment(str(n), n % 2, "crash2") for n in range(0, n_rows, 5)]
    found = compare(events, *given)
    assert found["components"]["changed"] == len(given)
    assert found["unexplained"]["components"] == found["gone"]["assignments"] == 0
    assert found["undivided"]["without_assignment"] == n_rows - len(given)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows[:-1],
        lambda rows: rows[::-1],
        lambda rows: [rows[0] | {"components": rows[1]["components"]}, *rows[1:]],
    ],
    ids=["fewer events", "another order", "fewer components"],
)
def test_tables_of_other_events_are_refused(compare, spoil):
    with pytest.raises(ValueError, match=r"aliased: its events and components are not those of"):
        compare([event("1", "kick", "crash"), event("2", "crash")], spoil=spoil)


def test_no_event_is_no_error(compare):
    found = compare([], assignment("1", 0, "crash"))
    assert found["events"] == found["components"]["total"] == 0
    assert found["gone"]["by_reason"] == {"no_event": 1}


def test_the_report_sums_its_source_sets_in_order_of_name(compare):
    one = compare([event("1", "crash")], assignment("1", 0, "crash2"))
    report = summarise_changes([one, one | {"source_set": "a"}])
    assert [row["source_set"] for row in report["source_sets"]] == ["a", "s"]
    assert report["totals"]["components"] == {"total": 2, "changed": 2}
    assert report["totals"]["sessions"] == {"total": 2, "changed": 2}


def test_the_page_shows_the_first_sessions_and_says_how_many_are_left(compare):
    n_sessions = N_SESSIONS + 7
    events = [event(str(n), "crash", session=f"<b>{n:03}") for n in range(n_sessions)]
    found = compare(events, *(assignment(str(n), 0, "crash2") for n in range(n_sessions)))
    page = render_label_changes_page(summarise_changes([found]), CRASHES)
    assert "&lt;b&gt;049" in page
    assert "&lt;b&gt;050" not in page
    assert "<b>" not in page
    assert "and 7 more, with 7 changes in all" in page


def test_what_is_gone_and_what_nothing_explains_stands_at_the_top_of_the_page(compare):
    found = compare(
        [event("1", "crash")],
        assignment("gone", 0, "crash2"),
        spoil=lambda rows: relabelled(rows, "1", 0, "crash2"),
    )
    page = render_label_changes_page(summarise_changes([found]), CRASHES)
    assert "1 component changed and neither an alias nor an assignment says why" in page
    assert "1 crash assignment found no component" in page


def test_a_page_of_nothing_is_a_page():
    assert "No source set is ingested" in render_label_changes_page(summarise_changes([]), CRASHES)
