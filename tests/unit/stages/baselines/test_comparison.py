"""Comparison: figures of two reports by tolerances, events of two manifests by their ids."""

import copy
import json

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.baselines.compare_files import compare_files
from drumcorpus.stages.baselines.comparison_page import by_subject, render_comparison_page
from drumcorpus.stages.baselines.manifests import compare_manifests
from drumcorpus.stages.baselines.reports import (
    compare_reports,
    compare_with_blessed,
    health_figures,
)

DATABASE = {"threads": 2, "memory_limit": "1GB"}
STRICT = {"count": 0, "fraction": 0.0, "relative": 0.0, "per_set": {}}
REPORT = {
    "schema": "drumcorpus.health/2",
    "totals": {"components": 1000, "events": 900},
    "source_sets": {"egmd": {"components": 600}, "slakh2100": {"components": 400}},
    "labels": {
        "kick": {"total": 700, "by_source_set": {"egmd": 400, "slakh2100": 300}},
        "crash": {"total": 300, "by_source_set": {"egmd": 200, "slakh2100": 100}},
        "china": {"total": 0, "by_source_set": {}},
    },
    "duplicates": {"rate": 0.0, "examples": [{"n": 1}]},
    "quarantine": {"files": 0, "by_reason": {}},
    "gates": [{"gate": "max_quarantined", "passed": True}],
    "audit": {"n_differences": 3},
}


def changed(**sections):
    return copy.deepcopy(REPORT) | sections


def beyond(found):
    return {row["figure"] for row in found["differences"] if row["beyond"]}


def test_equal_reports_agree():
    found = compare_reports(REPORT, copy.deepcopy(REPORT), STRICT)
    assert (found["n_differences"], found["differences"]) == (0, [])
    assert found["n_figures"] == 13
    assert found["sentence"] == "All 13 figures agree."


def test_verdicts_and_what_rests_on_baselines_are_no_figures():
    other = changed(gates=[], audit={"n_differences": 99}, drift={"n_drifted": 1})
    assert compare_reports(REPORT, other, STRICT)["n_differences"] == 0


@pytest.mark.parametrize(
    ("tolerances", "is_beyond"),
    [
        ({}, True),
        ({"count": 9}, True),
        ({"count": 10}, False),
        ({"relative": 0.0142}, True),
        ({"relative": 0.0143}, False),  # 10 of the larger, 700
        ({"fraction": 100.0}, True),  # which is of figures that are no counts
        ({"per_set": {"egmd": {"count": 10}}}, True),  # which is of figures of egmd
    ],
)
def test_a_difference_is_beyond_where_no_tolerance_holds_it(tolerances, is_beyond):
    labels = copy.deepcopy(REPORT["labels"])
    labels["kick"]["total"] = 690
    found = compare_reports(REPORT, changed(labels=labels), STRICT | tolerances)
    [row] = found["differences"]
    assert row == {
        "figure": "labels.kick.total",
        "a": 700,
        "b": 690,
        "difference": -10,
        "relative": -0.014285714,
        "beyond": is_beyond,
        "source_set": None,
        "note": None,
    }
    assert found["n_beyond"] == is_beyond
    assert found["sentence"].startswith(f"1 of 13 figures differs, {int(is_beyond)} of them")


def test_a_set_has_tolerances_of_its_own():
    labels = copy.deepcopy(REPORT["labels"])
    labels["kick"]["by_source_set"] = {"egmd": 390, "slakh2100": 290}
    tolerances = STRICT | {"per_set": {"egmd": {"count": 10}}}
    found = compare_reports(REPORT, changed(labels=labels), tolerances)
    assert beyond(found) == {"labels.kick.by_source_set.slakh2100"}
    assert [row["source_set"] for row in found["differences"]] == ["slakh2100", "egmd"]


def test_a_fraction_has_its_own_tolerance():
    other = changed(duplicates={"rate": 0.002})
    assert beyond(compare_reports(REPORT, other, STRICT)) == {"duplicates.rate"}
    assert beyond(compare_reports(REPORT, other, STRICT | {"fraction": 0.002})) == set()


def test_a_label_that_is_absent_is_one_without_hits():
    labels = {name: row for name, row in REPORT["labels"].items() if name != "china"}
    assert compare_reports(REPORT, changed(labels=labels), STRICT)["n_differences"] == 0
    del labels["crash"]
    lost = compare_reports(REPORT, changed(labels=labels), STRICT)
    assert "labels.crash.total" in beyond(lost)


def test_what_only_one_has_measured_is_never_an_agreement():
    for absent in (
        changed(quarantine=None),
        {k: v for k, v in REPORT.items() if k != "quarantine"},
    ):
        everything = {"count": 1e9, "fraction": 1e9, "relative": 1.0, "per_set": {}}
        found = compare_reports(REPORT, absent, everything)
        [row] = found["differences"]
        assert (row["figure"], row["beyond"], row["note"]) == (
            "quarantine",
            True,
            "not measured in b",
        )
    rate = changed(duplicates={"rate": None})
    assert beyond(compare_reports(REPORT, rate, STRICT | {"fraction": 9.0})) == {"duplicates.rate"}


def test_reports_without_figures_cannot_be_compared():
    with pytest.raises(ValueError, match="report b has no figure"):
        compare_reports(REPORT, {"schema": "drumcorpus.health/2"}, STRICT)


def of_one_set(name, kick, crash):
    return {
        "schema": "drumcorpus.health/2",
        "source_sets": {name: {"components": kick + crash}},
        "labels": {
            "kick": {"total": kick, "by_source_set": {name: kick}},
            "crash": {"total": crash, "by_source_set": {name: crash}},
        },
    }


def test_two_source_sets_are_judged_by_shares_and_not_by_size():
    a, b = of_one_set("cambridge", 70, 30), of_one_set("musdb18_hq", 700, 300)
    found = compare_reports(a, b, STRICT)
    assert found["two_source_sets"]
    assert beyond(found) == set()
    figures = {row["figure"] for row in found["differences"]}
    assert "labels.kick.by_source_set.(source set)" in figures
    other = compare_reports(a, of_one_set("musdb18_hq", 500, 500), STRICT)
    assert beyond(other) == {"label_shares.kick", "label_shares.crash"}
    lenient = STRICT | {"per_set": {"musdb18_hq": {"fraction": 0.2}}}
    assert beyond(compare_reports(a, of_one_set("musdb18_hq", 500, 500), lenient)) == set()


def test_a_source_set_without_events_is_one_all_the_same():
    a, b = of_one_set("cambridge", 70, 30), of_one_set("musdb18_hq", 0, 0)
    b |= {
        "source_sets": {},
        "sessions": {"by_source_set_and_split": [{"source_set": "musdb18_hq"}]},
    }
    found = compare_reports(a, b, STRICT)
    assert found["two_source_sets"]
    assert "label_shares.kick" in beyond(found)


# Against what is blessed.


def test_blessed_figures_are_small_and_say_the_same():
    figures = health_figures(REPORT)
    assert figures["labels"] == {
        name: row for name, row in REPORT["labels"].items() if name != "china"
    }
    assert figures["duplicates"] == {"rate": 0.0}
    assert figures["quarantine"] == {}
    assert not {"gates", "audit"} & set(figures)
    found = compare_with_blessed(health_figures(REPORT), figures, STRICT)
    assert (found["baseline"], found["n_differences"]) == ("blessed", 0)


def test_the_first_file_in_quarantine_is_a_difference_from_what_is_blessed():
    now = health_figures(changed(quarantine={"files": 1, "by_reason": {"damaged": {"files": 1}}}))
    found = compare_with_blessed(now, health_figures(REPORT), STRICT)
    assert beyond(found) == {"quarantine.files", "quarantine.by_reason.damaged.files"}


def test_without_anything_blessed_there_is_no_difference_and_it_says_so():
    found = compare_with_blessed(health_figures(REPORT), None, STRICT)
    assert (found["baseline"], found["n_differences"]) == ("none", 0)
    assert "Nothing is blessed yet" in found["sentence"]


def test_a_blessed_file_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="the blessed health report has the schema 'other'"):
        compare_with_blessed(health_figures(REPORT), {"schema": "other"}, STRICT)


# Manifests.


def event(number, *labels, session="a", split="train", techniques=(), **more):
    row = {"event_id": f"id{number}", "source_set": "egmd", "session_id": session, "split": split}
    row |= {"onset_time": float(number), "techniques": list(techniques)}
    return row | {"components": [{"label": label} for label in labels]} | more


BASE = [
    event(1, "kick", "crash"),
    event(2, "snare", techniques=["flam"]),
    event(3, "kick"),
    event(4, "snare", session="b", split="test"),
    event(5, "kick", session="b", split="test"),
]


@pytest.fixture
def compare(tmp_path):
    def compare(a, b, **options):
        for name, rows in (("a", a), ("b", b)):
            write_table(tmp_path / f"{name}.parquet", pa.Table.from_pylist(rows, EVENTS))
        return compare_manifests(
            tmp_path / "a.parquet", tmp_path / "b.parquet", **DATABASE | options
        )

    return compare


def replaced(number, **more):
    return [row | more if row["event_id"] == f"id{number}" else row for row in BASE]


def test_equal_manifests_agree_whatever_the_order_of_components(compare):
    other = replaced(1, components=[{"label": "crash"}, {"label": "kick"}])
    found = compare(BASE, other[::-1])
    assert found["n_differences"] == 0
    assert found["totals"]["a"] == {"events": 5, "sessions": 2, "repeated_event_ids": 0}
    assert (found["labels"], found["techniques"]) == ({}, {})


def test_an_event_that_is_called_otherwise_is_counted_by_its_change(compare):
    found = compare(BASE, replaced(3, components=[{"label": "tom_low"}]))
    relabelled = found["events"]["relabelled"]
    assert relabelled["by_change"] == [{"a": "kick", "b": "tom_low", "n": 1}]
    assert relabelled["examples"][0] | {"onset_time": 3.0} == relabelled["examples"][0]
    assert found["labels"] == {"kick": {"a": 3, "b": 2}, "tom_low": {"a": 0, "b": 1}}
    assert found["n_differences"] == 1


def test_sessions_that_came_and_went_are_named(compare):
    other = [row for row in BASE if row["session_id"] == "a"] + [event(9, "kick", session="c")]
    found = compare(BASE, other)
    [added], [removed] = (found["sessions"][key]["examples"] for key in ("added", "removed"))
    assert (added["session_id"], added["events"]) == ("c", 1)
    assert (removed["session_id"], removed["events"]) == ("b", 2)
    assert found["sessions"]["removed"]["by_source_set"] == {"egmd": 1}
    assert (found["events"]["added"]["n"], found["events"]["removed"]["n"]) == (1, 2)


def test_a_session_in_another_split_is_named_with_both(compare):
    other = [row | ({"split": "train"} if row["session_id"] == "b" else {}) for row in BASE]
    found = compare(BASE, other)
    assert found["sessions"]["split_changed"]["by_change"] == [{"a": "test", "b": "train", "n": 1}]
    assert found["n_differences"] == 1


def test_techniques_that_change_are_counted(compare):
    found = compare(BASE, replaced(2, techniques=[]))
    assert found["events"]["retagged"]["by_change"] == [{"a": "flam", "b": "", "n": 1}]
    assert found["techniques"] == {"flam": {"a": 1, "b": 0}}


def test_an_onset_that_moved_under_its_id_is_moved(compare):
    moved = compare(BASE, replaced(3, onset_time=3.5))["events"]["moved"]
    assert (moved["n"], moved["examples"][0]["ms"]) == (1, 500.0)


def test_an_event_that_moved_has_another_id_and_is_neither_new_nor_gone(compare):
    other = replaced(3, onset_time=3.02, event_id="new")
    events = compare(BASE, other)["events"]
    assert [events[key]["n"] for key in ("moved", "added", "removed")] == [1, 0, 0]
    assert events["moved"]["by_ms"] == {"median": 20.0, "min": 20.0, "max": 20.0}
    for change in ({"onset_time": 3.06}, {"components": [{"label": "snare"}]}):
        events = compare(BASE, replaced(3, **{"event_id": "new", "onset_time": 3.02} | change))[
            "events"
        ]
        assert [events[key]["n"] for key in ("moved", "added", "removed")] == [0, 1, 1]


def test_of_two_that_went_the_nearer_is_the_one_that_moved(compare):
    a = [event(1, "kick"), event(2, "kick", onset_time=1.03)]
    b = [event(9, "kick", onset_time=1.02)]
    events = compare(a, b)["events"]
    assert [events[key]["n"] for key in ("moved", "added", "removed")] == [1, 0, 1]
    assert events["moved"]["examples"][0]["ms"] == -10.0


def test_a_repeated_id_counts_as_often_as_it_stands(compare):
    found = compare(BASE, [*BASE, BASE[2], BASE[2]])
    assert found["totals"]["b"]["repeated_event_ids"] == 2
    assert found["events"]["added"]["n"] == 2
    assert compare([*BASE, BASE[2]], [*BASE, BASE[2]])["n_differences"] == 0


def test_the_same_manifest_as_lines_agrees_with_its_table(compare, tmp_path):
    compare(BASE, BASE)
    lines = [json.dumps(row) + "\n" for row in BASE]
    (tmp_path / "c.jsonl").write_text("".join(lines))
    found = compare_manifests(tmp_path / "a.parquet", tmp_path / "c.jsonl", **DATABASE)
    assert found["n_differences"] == 0


def test_a_line_that_is_no_event_is_named_and_nothing_is_compared(compare, tmp_path):
    compare(BASE, BASE)
    good = json.dumps(BASE[0])
    for bad, message in (
        ("{", "not JSON"),
        (good.replace('"split"', '"spilt"'), "unknown key 'spilt'"),
        (good.replace("1.0", '"soon"'), "onset_time: got"),
    ):
        (tmp_path / "c.jsonl").write_text(f"{good}\n{bad}\n")
        with pytest.raises(ValueError, match=rf"c\.jsonl:2: .*{message}"):
            compare_manifests(tmp_path / "a.parquet", tmp_path / "c.jsonl", **DATABASE)


def test_names_with_quotes_and_patterns_are_names(tmp_path):
    folder = tmp_path / "it's [a] *folder*"
    folder.mkdir()
    write_table(folder / "a?.parquet", pa.Table.from_pylist(BASE, EVENTS))
    assert compare_manifests(*[folder / "a?.parquet"] * 2, **DATABASE)["n_differences"] == 0


# Files and the page.


def test_files_of_two_kinds_are_refused(tmp_path):
    options = {"names": ("a", "b"), "tolerances": STRICT, **DATABASE}
    for a, b in (("a.json", "b.parquet"), ("a.txt", "b.txt")):
        with pytest.raises(ValueError, match=r"wanted: two health reports .* or two manifests"):
            compare_files(tmp_path / a, tmp_path / b, **options)
    (tmp_path / "a.json").write_text('{"schema": "drumcorpus.audit/1"}')
    with pytest.raises(ValueError, match=r"a\.json: got the schema 'drumcorpus.audit/1'; wanted"):
        compare_files(tmp_path / "a.json", tmp_path / "a.json", **options)


def test_the_page_shows_what_differs_and_escapes_every_name(tmp_path, compare):
    other = changed(duplicates={"rate": 0.5}, quarantine=None)
    for name, report in (("a", REPORT), ("b", other)):
        (tmp_path / f"{name}.json").write_text(json.dumps(report))
    found = compare_files(
        *(tmp_path / "a.json", tmp_path / "b.json"),
        names=("<old>", "new"),
        tolerances=STRICT,
        **DATABASE,
    )
    page = render_comparison_page(found, "Old and new")
    assert "2 of 13 figures differ, 2 of them by more than the tolerances allow." in page
    assert "BEYOND" in page and "duplicates.rate" in page and "not measured in b" in page
    assert "&lt;old&gt;" in page and "<old>" not in page
    found = compare(BASE, replaced(3, components=[{"label": "<b>"}], session_id="a"))
    page = render_comparison_page(found | {"names": {"a": "x", "b": "y"}}, "t")
    assert "&lt;b&gt;" in page and "<b>" not in page
    assert "Other labels: 1" in page


def test_a_manifest_with_repeated_ids_equals_itself_in_any_order(tmp_path):
    rows = [
        {
            "event_id": f"{number:020d}",
            "source_set": "groove",
            "session_id": "s",
            "split": "train",
            "onset_time": float(number),
            "components": [{"label": label}],
        }
        for number in range(5000)
        for label in ("snare", "kick")
    ]
    a, b = tmp_path / "a.parquet", tmp_path / "b.parquet"
    write_table(a, pa.Table.from_pylist(rows, EVENTS))
    write_table(b, pa.Table.from_pylist(rows[::-1], EVENTS))
    assert compare_manifests(a, b, **DATABASE)["n_differences"] == 0


def test_a_page_has_differences_by_subject_the_worst_first():
    def row(figure, relative, is_beyond):
        kept = {"figure": figure, "relative": relative, "beyond": is_beyond, "note": None}
        return kept | {"a": 1, "b": 2, "difference": 1}

    rows = [
        row("drops.share", 0.9, False),
        row("labels.a", 0.2, True),
        row("labels.b", -0.5, True),
        row("labels.c", 0.9, False),
        row("labels.d", None, True),
        row("hit_levels.x", 0.1, True),
    ]
    groups = by_subject(rows)
    assert [(group["name"], group["n_beyond"], group["n"]) for group in groups] == [
        ("labels", 3, 4),
        ("hit levels", 1, 1),
        ("drops", 0, 1),
    ]
    order = [row["figure"] for row in groups[0]["rows"]]
    assert order == ["labels.b", "labels.a", "labels.d", "labels.c"]
    found = compare_reports(REPORT, changed(totals={"components": 1, "events": 9}), STRICT)
    page = render_comparison_page(found | {"names": {"a": "x", "b": "y"}}, "t")
    assert "<summary>totals: 2 beyond tolerance, 0 within</summary>" in page
    assert 'aria-label="totals: beyond tolerance 2"' in page
