"""Metrics snapshots, the folder of a release, and the trend over releases."""

import json
import re

import pyarrow as pa
import pytest

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.baselines.metrics import snapshot_metrics
from drumcorpus.stages.releases.contents import list_contents
from drumcorpus.stages.releases.releases import file_document, index_release, render_release_page
from drumcorpus.stages.releases.trend import (
    OTHERS,
    classes_by_release,
    line_chart,
    read_snapshots,
    render_trend_page,
)

NOTHING_HELD = list_contents("1", [], [], copy_below_mb=1.0)
NO_LICENCES = {"manifests": {}}
DATABASE = {"threads": 2, "memory_limit": "1GB"}
VERDICT = {"gate": "max_quarantined", "figure": 3, "limit": 0, "sentence": "3 files <wait>."}
PASS = VERDICT | {"status": "PASS", "passed": True, "waiver": None}
FAIL = VERDICT | {"status": "FAIL", "passed": False, "waiver": None}
WAIVER = {"reason": "they come", "expires": "2027-01-31", "state": "in force"}
WAIVED = VERDICT | {"status": "WAIVED", "passed": False, "waiver": WAIVER}
TOTALS = {"events": 10, "components": 12, "sessions": 2, "source_sets": 1}


def event(session, *parts, techniques=()):
    components = [{"label": label, "velocity": velocity} for label, velocity in parts]
    return {"session_id": session, "components": components, "techniques": list(techniques)}


@pytest.fixture
def snapshot(tmp_path):
    rows = [
        event("a", ("kick", 0.5), ("crash", 1.0)),
        event("a", ("kick", 0.7), techniques=["flam", "flam"]),
        event("b", ("snare", None), techniques=["flam", "ghost_note"]),
    ]
    sessions = [{"session_id": name, "audio_duration": 1.5} for name in "ab"]
    sessions.append({"session_id": "c", "audio_duration": None})
    write_table(tmp_path / "e", pa.Table.from_pylist(rows, EVENTS))
    write_table(tmp_path / "s", pa.Table.from_pylist(sessions, SESSIONS))
    return snapshot_metrics("egmd", tmp_path / "e", tmp_path / "s", **DATABASE)


def test_a_snapshot_counts_classes_techniques_sessions_and_velocities(snapshot):
    assert snapshot["classes"] == {"crash": 1, "kick": 2, "snare": 1}
    assert snapshot["techniques"] == {"flam": 2, "ghost_note": 1}  # once of an event
    assert (snapshot["sessions"], snapshot["sessions_with_hits"]) == (3, 2)
    assert (snapshot["events"], snapshot["hits"], snapshot["audio_duration"]) == (3, 4, 3.0)
    assert snapshot["hits_per_session"]["q50"] == 1.0
    assert snapshot["hits_per_session"]["mean"] == pytest.approx(4 / 3, abs=1e-3)
    velocity = snapshot["velocity"]
    assert (velocity["hits"], velocity["q05"], velocity["q50"]) == (3, 0.5, 0.7)
    assert velocity["mean"] == pytest.approx(2.2 / 3)


def test_a_set_without_events_has_a_snapshot_of_nothing(tmp_path):
    write_table(tmp_path / "e", EVENTS.empty_table())
    write_table(tmp_path / "s", SESSIONS.empty_table())
    found = snapshot_metrics("musdb18_hq", tmp_path / "e", tmp_path / "s", **DATABASE)
    assert (found["hits"], found["classes"], found["velocity"]) == (0, {}, None)
    assert found["hits_per_session"] is None


# The folder of a release.


@pytest.fixture
def index(tmp_path):
    def index(*verdicts):
        sources = {
            "health/prod.json": b"{}\n",
            "health/prod.html": b"<p>",
            "metrics/egmd.json": b"1",
        }
        filed = []
        for name, data in sources.items():
            source = tmp_path / "reports" / name
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(data)
            filed.append(tmp_path / "2026-11" / name)
            file_document(source, filed[-1])
        reports = {"prod": {"totals": TOTALS, "gates": list(verdicts)}}
        return index_release("2026-11", tmp_path / "2026-11", filed, reports)

    return index


def test_the_index_lists_every_document_with_its_digest(index, tmp_path):
    found = index(PASS)
    assert [row["path"] for row in found["documents"]] == [
        "health/prod.html",
        "health/prod.json",
        "metrics/egmd.json",
    ]
    for row in found["documents"]:
        assert row["sha256"] == sha256_file(tmp_path / "2026-11" / row["path"])
        assert row["title"] != "Document"
    assert found["documents"][2]["name"] == "egmd"


def test_the_page_leads_to_every_document_beside_it_and_shows_the_gates(index, tmp_path):
    page = render_release_page(index(PASS, WAIVED), NOTHING_HELD, NO_LICENCES)
    links = set(re.findall(r'href="([^"#]+)"', page))
    beside = {"health/prod.html", "health/prod.json", "metrics/egmd.json"}
    assert links == beside | {"../trend.html", "../../index.html"}
    assert all((tmp_path / "2026-11" / link).is_file() for link in beside)
    assert "1 gates pass, 1 is waived." in page
    assert "WAIVED" in page and "3 files &lt;wait&gt;." in page
    assert "://" not in page and str(tmp_path) not in page


def test_a_set_with_gates_of_its_own_is_shown_with_them_though_a_manifest_has_its_name(tmp_path):
    paths = ["health/egmd.json", "health/source_sets/egmd.json"]
    for path in paths:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    of_manifest, of_set = ({"totals": TOTALS, "gates": [verdict]} for verdict in (PASS, FAIL))
    filed = [tmp_path / path for path in paths]
    index = index_release("1", tmp_path, filed, {"egmd": of_manifest}, {"egmd": of_set})
    assert index["source_sets"]["egmd"]["gates"] == [FAIL]
    page = render_release_page(index, NOTHING_HELD, NO_LICENCES)
    assert "1 gate fails" in page
    manifests, _, sets = page.partition("Documents of the source sets")
    assert "health/egmd.json" in manifests and "health/source_sets/egmd.json" not in manifests
    assert "health/source_sets/egmd.json" in sets


def test_without_any_gate_nothing_is_said_to_pass(tmp_path):
    page = render_release_page(index_release("1", tmp_path, [], {}), NOTHING_HELD, NO_LICENCES)
    assert "Nothing was held to gates" in page


@pytest.mark.parametrize(
    ("verdicts", "banner"),
    [
        ([PASS, PASS], "All 2 gates pass."),
        ([PASS, FAIL], "1 gate fails: this was filed with gates that are only reported."),
    ],
)
def test_the_banner_says_how_the_gates_stand(index, verdicts, banner):
    assert banner in render_release_page(index(*verdicts), NOTHING_HELD, NO_LICENCES)


def test_only_the_name_of_one_safe_folder_is_a_release(workflow_schema):
    schema = workflow_schema("config")["properties"]["release"]
    for name in ("demo", "2026-11", "v1.0_rc", "9"):
        assert document_problems(name, schema) == []
    for name in (
        "",
        ".",
        "..",
        "../up",
        "a/b",
        "-x",
        ".hidden",
        "trend.html",
        "a b",
        "a\n",
        "x" * 65,
    ):
        assert document_problems(name, schema), name


# The trend.


def write_snapshots(tmp_path, snapshot, **by_release):
    pairs = []
    for release, change in by_release.items():
        path = tmp_path / f"{release}.json"
        path.write_text(json.dumps(snapshot | change))
        pairs.append((release, path))
    return read_snapshots(pairs)


def test_releases_are_in_order_of_their_names(tmp_path, snapshot):
    found = write_snapshots(tmp_path, snapshot, b={}, a={"source_set": "egmd"}, c={})
    assert list(found["egmd"]) == ["a", "b", "c"]
    page = render_trend_page(found)
    assert page.index(">a<") < page.index(">b<") < page.index(">c<")
    assert "a trend needs two" not in page


def test_numbers_in_the_names_of_releases_count_as_numbers(tmp_path, snapshot):
    names = ["2026-11", "v10", "2026-9", "demo", "2027-1", "v9", "2026-9b"]
    found = write_snapshots(tmp_path, snapshot, **{name: {} for name in names})
    ordered = ["2026-9", "2026-9b", "2026-11", "2027-1", "demo", "v9", "v10"]
    assert list(next(iter(found.values()))) == ordered
    page = render_trend_page(found)
    places = [page.rindex(f">{name}<") for name in ordered]
    assert places == sorted(places)


def test_with_one_release_the_page_says_so(tmp_path, snapshot):
    page = render_trend_page(write_snapshots(tmp_path, snapshot, first={}))
    assert "There is one release so far, first; a trend needs two." in page
    assert "kick, first: 2" in page


def test_a_file_that_is_no_snapshot_is_named(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(ValueError, match=r"x\.json: got the schema None; wanted"):
        read_snapshots([("a", tmp_path / "x.json")])


def test_of_many_classes_the_smallest_are_taken_together():
    of_set = {"a": {"classes": {f"c{n}": n + 1 for n in range(10)}}, "b": {"classes": {"c0": 5}}}
    series = classes_by_release(of_set)
    assert len(series) == 8
    assert list(series) == ["c9", "c8", "c7", "c6", "c5", "c0", "c4", OTHERS]
    assert series[OTHERS] == {"a": 2 + 3 + 4, "b": 0}
    assert sum(line["a"] for line in series.values()) == 55


def test_a_line_has_its_dots_where_the_counts_are_and_a_gap_where_there_is_none():
    chart = line_chart(["a", "b", "c"], {"kick": {"a": 50, "c": 100}}, [50, None, 100])
    [line] = chart["lines"]
    assert [(dot["x"], dot["y"]) for dot in line["dots"]] == [(16.667, 50.0), (83.333, 0.0)]
    assert line["path"] == "M16.667,50.0 M83.333,0.0"
    whole = line_chart(["a", "b"], {"kick": {"a": 50, "b": 100}}, [50, 100])
    assert whole["lines"][0]["path"] == "M25.0,50.0 L75.0,0.0"
    assert line_chart(["a"], {}, [0]) is None


def test_the_names_of_many_releases_do_not_touch():
    releases = [f"2026-{month:02d}" for month in range(1, 25)]
    chart = line_chart(releases, {"kick": dict.fromkeys(releases, 1)}, [1] * 24)
    assert len(chart["x_labels"]) == 6
    assert chart["x_labels"][-1]["text"] == "2026-24"
