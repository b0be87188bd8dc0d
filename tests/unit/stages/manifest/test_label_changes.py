"""Labels before and after aliasing: every change counted, explained or listed."""

import pyarrow as pa
import pytest
from cymbal_families import CRASH

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import CYMBAL_ASSIGNMENTS, EVENTS
from drumcorpus.stages.manifest.aliases import alias_events
from drumcorpus.stages.manifest.label_changes import (
    N_EXAMPLES,
    compare_labels,
    read_source_sets,
    report_counters,
    summarise_changes,
)
from drumcorpus.stages.manifest.label_changes_page import N_SESSIONS, render_label_changes_page
from drumcorpus.stages.manifest.label_counts import LABEL_COUNTS


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
    row |= {"family": "crash", "source_label": source_label, "accepted": accepted}
    return row | {"method": "spectral_cluster", "confidence": 0.9} | more


@pytest.fixture
def alias(taxonomy):
    """Changes and session labels of events aliased with assignments."""

    def alias(events, *assignments):
        assigned = pa.Table.from_pylist(list(assignments), CYMBAL_ASSIGNMENTS)
        aliased = alias_events(pa.Table.from_pylist(events, EVENTS), assigned, taxonomy)
        return aliased.changes, aliased.sessions

    return alias


@pytest.fixture
def compare(alias):
    """The description of events aliased with assignments."""

    def compare(events, *assignments):
        report, _ = compare_labels([("s", *alias(events, *assignments))], [CRASH])
        (row,) = report["source_sets"]
        return row

    return compare


def without_method(changes):
    return changes.set_column(
        changes.schema.get_field_index("method"),
        changes.schema.field("method"),
        pa.nulls(len(changes), pa.string()),
    )


def test_counts_before_are_kept_and_what_changed_is_told(compare):
    described = compare(
        [event("1", "kick:36", "crash"), event("2", "crash:57"), event("3", "crash", session="b")],
        assignment("1", 1, "crash"),
        assignment("2", 0, "crash2", source_label="57", confidence=0.5),
        assignment("3", 0, "crash2", accepted=False, confidence=0.25),
    )
    assert described["labels"] == {
        "crash": {"before": 3, "after": 2},
        "crash2": {"before": 0, "after": 1},
        "kick": {"before": 1, "after": 1},
    }
    assert described["sessions"] == {"total": 2, "changed": 1}
    assert described["components"] == {"total": 4, "changed": 1}
    labels = {name: described["labels"][name] for name in ("crash", "crash2")}
    labels["crash"] = {"before": 2, "after": 1}
    assert described["changed_sessions"] == [{"session_id": "a", "components": 1, "labels": labels}]
    assert described["undivided"]["crash"] == {
        "in_doubt": {"spectral_cluster": 1},
        "sessions_in_doubt": 1,
        "without_assignment": 0,
    }
    keys = ("before", "after", "method", "accepted", "components")
    assert [tuple(row[key] for key in keys) for row in described["changes"]] == [
        ("crash", "crash", "spectral_cluster", False, 1),
        ("crash", "crash", "spectral_cluster", True, 1),
        ("crash", "crash2", "spectral_cluster", True, 1),
    ]
    confidence = described["changes"][2]["confidence"]
    assert confidence == {"min": 0.5, "mean": 0.5, "max": 0.5, "bins": [0] * 5 + [1] + [0] * 4}
    assert described["unexplained"] == {"components": 0, "first": []}
    assert described["gone"]["assignments"] == 0


def test_two_changes_that_cancel_out_in_the_counts_are_still_changes(compare):
    described = compare(
        [event("1", "crash"), event("2", "crash2")],
        assignment("1", 0, "crash2"),
        assignment("2", 0, "crash"),
    )
    assert described["components"]["changed"] == 2
    assert described["labels"] == {name: {"before": 1, "after": 1} for name in ("crash", "crash2")}
    assert described["changed_sessions"] == [{"session_id": "a", "components": 2, "labels": {}}]


def test_an_alias_is_explained_without_an_assignment(compare):
    described = compare([event("1", "kick", "crash_2"), event("2", "crash")])
    (change,) = described["changes"]
    assert (change["before"], change["after"]) == ("crash_2", "crash2")
    assert (change["method"], change["accepted"]) == ("taxonomy_alias", None)
    assert described["unexplained"]["components"] == 0
    assert described["undivided"]["crash"]["without_assignment"] == 2


def test_an_alias_that_is_in_doubt_counts_as_both(compare):
    described = compare([event("1", "crash_2")], assignment("1", 0, "crash", accepted=False))
    assert described["changes"][0]["method"] == "taxonomy_alias"
    assert described["undivided"]["crash"]["in_doubt"] == {"spectral_cluster": 1}


def test_an_alias_that_is_assigned_on_top_is_explained_by_the_assignment(compare):
    described = compare([event("1", "crash_1")], assignment("1", 0, "crash2"))
    (change,) = described["changes"]
    keys = ("before", "after", "method")
    assert [change[key] for key in keys] == ["crash_1", "crash2", "spectral_cluster"]


def test_a_change_without_a_method_is_listed(alias):
    events = [event("1", "kick", "crash"), event("2", "crash", "bd"), event("3", "crash")]
    changes, sessions = alias(
        events,
        assignment("2", 0, "crash"),
        assignment("1", 1, "crash2"),
        assignment("4", 0, "crash"),
    )
    report, _ = compare_labels([("s", without_method(changes), sessions)], [CRASH])
    (row,) = report["source_sets"]
    places = [(r["event_id"], r["component_index"]) for r in row["unexplained"]["first"]]
    assert places == [("1", 1), ("2", 1)]
    assert row["unexplained"]["components"] == report["totals"]["unexplained"] == 2


def test_assignments_without_their_component_are_listed_with_the_reason(compare):
    described = compare(
        [event("1", "kick:36", "crash"), event("2", "crash")],
        assignment("gone", 0, "crash2"),
        assignment("1", 2, "crash2"),
        assignment("1", 0, "crash2"),
        assignment("2", 0, "crash2"),
        assignment("2", -1, "crash2"),
    )
    assert described["gone"]["assignments"] == 4
    reasons = {"no_component": 2, "no_event": 1, "other_source_label": 1}
    assert described["gone"]["by_reason"] == reasons
    first = {(row["event_id"], row["component_index"]) for row in described["gone"]["first"]}
    assert first == {("gone", 0), ("1", 2), ("1", 0), ("2", -1)}
    assert described["components"]["changed"] == 1


def test_an_assignment_to_what_is_no_crash_any_more_is_listed(compare):
    described = compare(
        [event("1", "china:57"), event("2", "crash")],
        assignment("1", 0, "crash2", source_label="57"),
    )
    assert described["gone"]["by_reason"] == {"other_family": 1}
    assert described["undivided"]["crash"]["without_assignment"] == 1


def test_of_many_that_are_gone_the_first_are_listed_and_all_are_counted(compare):
    gone = [assignment(f"{number:03}", 0, "crash") for number in range(50)]
    described = compare([event("x", "crash")], *gone)["gone"]
    assert described["assignments"] == 50
    assert [row["event_id"] for row in described["first"]] == [f"{n:03}" for n in range(N_EXAMPLES)]


@pytest.mark.parametrize("part", [0, 1], ids=["changes", "session labels"])
@pytest.mark.parametrize(
    "others",
    [
        [],
        [event("1", "crash", session="c"), event("2", "crash", session="b")],
        [event("1", "crash"), event("1", "crash")],
    ],
    ids=["none", "another session", "fewer changes"],
)
def test_tables_that_are_not_of_one_aliasing_are_refused(alias, others, part):
    rows = [assignment("1", 0, "crash2"), assignment("2", 0, "crash2")]
    tables = list(alias([event("1", "crash"), event("2", "crash")], *rows))
    tables[part] = alias(others, *(rows if others else []))[part]
    with pytest.raises(ValueError, match=r"^s: session '[a-c]': its components of the label 'cra"):
        compare_labels([("s", *tables)], [CRASH])


def test_the_message_gives_both_figures(alias):
    changes, sessions = alias([event("1", "crash")], assignment("1", 0, "crash2"))
    sentence = (
        r"'a': its components of the label 'crash' are -1 after aliasing by their counts, \+0 by "
        r"the list of changes.* delete the run manifests .* below results/changes/s/ and "
        r"results/session_labels/s/, and run again"
    )
    with pytest.raises(ValueError, match=sentence):
        compare_labels([("s", changes.slice(1), sessions)], [CRASH])


def test_shards_are_read_source_set_by_source_set_and_counted_in_order(alias, tmp_path):
    shards = [
        [event("1", "crash", session="d"), event("2", "bd", session="a")],
        [event("3", "crash", "kick:36", session="b")],
        [],
        [event("4", "snare", session="a")],
    ]
    paths = {"changes": [], "sessions": []}
    for number, events in enumerate(shards):
        for name, table in zip(paths, alias(events, assignment("3", 0, "crash2")), strict=True):
            paths[name].append(tmp_path / f"{name}_{number}.parquet")
            write_table(paths[name][-1], table)
    steps = []
    tables = read_source_sets({"x": 2, "none": 0, "m": 2}, *paths.values())
    report, counts = compare_labels(tables, [CRASH], lambda: steps.append("done"))
    assert steps == ["done"] * 3
    assert counts.schema.equals(LABEL_COUNTS)
    assert [tuple(row.values()) for row in counts.to_pylist()] == [
        ("x", "a", "bd", 1, 0),
        ("x", "a", "kick", 0, 1),
        ("x", "b", "crash", 1, 0),
        ("x", "b", "crash2", 0, 1),
        ("x", "b", "kick", 1, 1),
        ("x", "d", "crash", 1, 1),
        ("m", "a", "snare", 1, 1),
    ]
    assert [row["source_set"] for row in report["source_sets"]] == ["m", "none", "x"]
    assert [row["events"] for row in report["source_sets"]] == [1, 0, 3]
    assert report_counters(report) == {
        "components": 5,
        "changed": 2,
        "assignments_gone": 3,
        "unexplained": 0,
        "hits_in_doubt": 0,
        "hits_without_assignment": 1,
    }


def test_no_event_is_no_error(compare):
    described = compare([], assignment("1", 0, "crash"))
    assert described["events"] == described["components"]["total"] == 0
    assert described["gone"]["by_reason"] == {"no_event": 1}


def test_the_report_sums_its_source_sets_in_order_of_name(compare):
    one = compare([event("1", "crash")], assignment("1", 0, "crash2"))
    report = summarise_changes([one, one | {"source_set": "a"}])
    assert [row["source_set"] for row in report["source_sets"]] == ["a", "s"]
    assert report["totals"]["components"] == {"total": 2, "changed": 2}
    assert report["totals"]["sessions"] == {"total": 2, "changed": 2}


def test_the_page_shows_the_first_sessions_and_says_how_many_are_left(compare):
    n_sessions = N_SESSIONS + 7
    events = [event(str(n), "crash", session=f"<b>{n:03}") for n in range(n_sessions)]
    described = compare(events, *(assignment(str(n), 0, "crash2") for n in range(n_sessions)))
    page = render_label_changes_page(summarise_changes([described]), [CRASH])
    assert "&lt;b&gt;049" in page
    assert "&lt;b&gt;050" not in page
    assert "<b>" not in page
    assert "and 7 more, with 7 changes in all" in page


def test_what_is_gone_and_what_nothing_explains_stands_at_the_top_of_the_page(alias):
    changes, sessions = alias(
        [event("1", "crash")], assignment("gone", 0, "crash2"), assignment("1", 0, "crash2")
    )
    report, _ = compare_labels([("s", without_method(changes), sessions)], [CRASH])
    page = render_label_changes_page(report, [CRASH])
    assert "1 component changed and neither an alias nor an assignment says why" in page
    assert "1 assignment found no component" in page


def test_a_page_of_nothing_is_a_page():
    assert "No source set is ingested" in render_label_changes_page(summarise_changes([]), [CRASH])
