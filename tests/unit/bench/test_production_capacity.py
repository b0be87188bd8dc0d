"""What a corpus needs, by the rates that were measured."""

import importlib
import json

import pytest
from checkout import REPO
from printed import command_of, run

UNITS = {"inventory": "GB", "integrity": "files", "gathering": "events", "provenance": "sessions"}
UNITS |= {"crash candidates": "events", "crash embeddings": "hits", "crash clustering": "hits"}
UNITS |= {"fingerprints": "hours", "checks": "hours", "splits": "sessions", "verify": "products"}
UNITS |= {"clips, shards": "clips"}


@pytest.fixture
def capacity(monkeypatch):
    monkeypatch.syspath_prepend(REPO / "bench/production")
    return importlib.import_module("capacity")


def measured(cpu=1.0, n=1000, unit="events", written=0, peak=100.0):
    return {"cpu": cpu, "n": n, "unit": unit, "written_bytes": written, "peak_mb": peak}


@pytest.fixture
def figures(capacity):
    """A second of CPU for a thousand of whatever a stage works on, and nothing written."""
    on_tables = ("alias", "merge", "JSON Lines", "audit", "health", "weights")
    on_tables += ("export records", "export assembly")
    stages = {stage: measured(unit=unit) for stage, unit in UNITS.items()}
    stages |= {stage: measured() for stage in capacity.INGESTION_OF.values()}
    stages[capacity.OTHER_INGESTION] = measured()
    large = {stage: measured(n=2000) for stage in on_tables}
    return {
        "tables": {"2000": large, "1000": {stage: measured(cpu=9.0) for stage in on_tables}},
        "trees": {"0.5": {"stages": {}}, "1": {"stages": stages}},
    }


def corpus(capacity, **changes):
    sizes = {"sessions": 400, "files": 800, "strokes": 1_000_000, "hours": 20.0, "gb": 50.0}
    return {"some": capacity.source_set(**sizes | changes)}


def test_of_a_set_the_checks_decode_200_sessions_and_fingerprints_four_minutes(capacity):
    own = capacity.source_set(sessions=800, files=0, strokes=0, hours=100.0, gb=0.0)
    assert own.checked_hours == 25.0
    assert own.heard_hours == pytest.approx(800 * 4 / 60)
    short = capacity.source_set(sessions=100, files=0, strokes=0, hours=3.0, gb=0.0)
    assert (short.checked_hours, short.heard_hours) == (3.0, 3.0)


def test_hours_follow_from_the_rates_of_the_largest_size(capacity, figures):
    need = capacity.needs(figures, corpus(capacity))
    events = 1_000_000 * capacity.EVENTS_PER_STROKE
    of_tables = events / 2000 / 3600
    assert need["steps"]["`inventory`"] == pytest.approx((50 + 800) / 1000 / 3600)
    assert need["steps"]["`ingest`"] == pytest.approx((2 * events + 400) / 1000 / 3600)
    assert need["steps"]["`weights`"] == pytest.approx(of_tables)
    checked_h = 20.0 / 2
    assert need["steps"]["`audit`, `health`"] == pytest.approx(
        2 * of_tables + checked_h / 1000 / 3600
    )
    assert need["one_core"] == pytest.approx(6 * of_tables + 400 / 1000 / 3600)


def test_each_set_is_ingested_at_its_own_rate(capacity, figures):
    stages = figures["trees"]["1"]["stages"]
    stages["ingestion, Slakh"] = measured(cpu=50.0)
    sets = {name: corpus(capacity)["some"] for name in ("slakh2100", "mdb_drums")}
    for stage in ("gathering", "provenance"):
        stages[stage] = measured(cpu=0.0)
    need = capacity.needs(figures, sets)
    events = 1_000_000 * capacity.EVENTS_PER_STROKE
    assert need["steps"]["`ingest`"] == pytest.approx(51 * events / 1000 / 3600)


def test_more_cores_help_what_is_divided_alone(capacity):
    need = {"steps": {"a": 9.0, "b": 3.0}, "one_core": 2.0}
    assert [capacity.hours_on(need, cores) for cores in (1, 2, 10)] == [12.0, 7.0, 3.0]


def test_disk_and_memory_are_those_of_all_stages_and_of_the_largest_job(capacity, figures):
    stages = figures["trees"]["1"]["stages"]
    stages["clips, shards"] = measured(unit="clips", written=25_000_000, peak=700.0)
    figures["tables"]["2000"]["JSON Lines"] = measured(n=2000, written=2_000_000, peak=900.0)
    need = capacity.needs(figures, corpus(capacity))
    events = 1_000_000 * capacity.EVENTS_PER_STROKE
    assert need["gb"] == pytest.approx(events * (25_000 + 1_000) / 1e9)
    assert need["memory_mb"] == 900.0


def test_ten_times_as_much_takes_ten_times_as_long(capacity, figures):
    del figures["trees"]["1"]["stages"]["verify"]
    figures["trees"]["1"]["stages"]["verify"] = measured(cpu=0.0, unit="products")
    once = capacity.needs(figures, capacity.CORPORA["seven sets"])
    ten = capacity.needs(figures, capacity.CORPORA["ten times these"])
    for step, hours in once["steps"].items():
        assert ten["steps"][step] == pytest.approx(10 * hours)


def test_a_stage_that_was_not_measured_is_named(capacity, figures):
    del figures["trees"]["1"]["stages"]["checks"]
    with pytest.raises(ValueError, match=r"^not measured: checks; run bench/production/run\.py$"):
        capacity.needs(figures, corpus(capacity))
    with pytest.raises(ValueError, match="splits: measured in acres; known: hours, products, GB"):
        capacity.amount("splits", "acres", corpus(capacity)["some"])


def test_the_command_prints_what_three_corpora_need(figures, tmp_path):
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(figures))
    said = run(command_of("production/capacity.py"), {}, "--figures", str(path))
    steps, needed = (part.splitlines() for part in said.strip().split("\n\n"))
    assert steps[0] == "| CPU time of | Groove MIDI | seven sets | ten times these |"
    assert [line.split(" | ")[0].strip("| ") for line in steps[2:]] == [
        *("`inventory`", "`ingest`", "`crash`", "`manifest`", "`audit`, `health`", "`weights`"),
        *("`export`", "`verify`", "all"),
    ]
    assert "| sessions | 1,150 | 48,983 | 489,830 |" in needed
    assert "| raw files | 5 GB | 287 GB | 2,874 GB |" in needed
