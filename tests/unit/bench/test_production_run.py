"""The benchmark at production size runs as it is printed, at a tiny size."""

import json

import pytest
from peer_tools import write_tools
from printed import command_of, run

STEPS = ["alias", "JSON Lines", "audit", "health"]


def test_trees_are_written_as_the_page_says(tmp_path):
    small = ("--share", "0.005", "--sets", "groove_mididataset", "idmt_smt_drums_v2")
    lines = run(command_of("production/trees.py"), {"OUT": tmp_path}, *small).splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "groove_mididataset: 6 sessions",
        "idmt_smt_drums_v2: 1 sessions",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("groove_mididataset", "groove_mididataset.complete"),
        *("idmt_smt_drums_v2", "idmt_smt_drums_v2.complete"),
    }


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Four steps at three sizes, beside tools of another pipeline."""
    folder = write_tools(tmp_path_factory.mktemp("peer"))
    out = tmp_path_factory.mktemp("production")
    places = {"OUT": out, "FOLDER": folder}
    small = ("--sizes", "3000,6000,12000", "--stages", ",".join(STEPS), "--peer", str(folder))
    said = run(command_of("production/run.py"), places, *small)
    return out, places, small, said


def rows_of(said):
    tables = [part.splitlines() for part in said.strip().split("\n\n")]
    return [[line.strip("| ").split(" | ") for line in table] for table in tables]


@pytest.mark.long  # every step at three sizes
def test_every_step_has_a_row_with_its_events_and_its_peer(measured):
    first, beside, second = rows_of(measured[3])
    assert first[0] == [
        *("stage", "work", "CPU, s", "memory, MB", "read, MB", "written, MB"),
        *("peer", "limit", "growth"),
    ]
    assert [row[:2] for row in first[2:]] == [[step, "3,000 events"] for step in STEPS]
    by_stage = {row[0]: row for row in first[2:]}
    assert by_stage["alias"][6].endswith(" times")
    assert by_stage["audit"][6].endswith(" times")
    assert by_stage["health"][6].endswith(" times, 50.0% of the events")
    assert by_stage["JSON Lines"][6] == "not run"  # there is no such tool
    assert [(row[0], row[9]) for row in beside[2:]] == [
        ("alias, 3,000 events", "100.0%"),
        ("audit, 3,000 events", "100.0%"),
        ("health, 3,000 events", "50.0%"),
    ]
    assert beside[2][2] == by_stage["alias"][2]  # the same turn
    assert all(float(row[2]) > 0.1 and float(row[3]) > 50 for row in first[2:])
    assert all(row[7].endswith("%") for row in first[2:])
    assert [row[:2] for row in second[2:]] == [
        [step, size] for step in STEPS for size in ("6,000", "12,000")
    ]


@pytest.mark.long  # every step at three sizes
def test_figures_hold_the_events_and_bytes_of_each_size(measured):
    out = measured[0]
    tables = json.loads((out / "figures.json").read_text())["tables"]
    for size in (3000, 6000, 12000):
        assert {step: row["n"] for step, row in tables[str(size)].items()} == dict.fromkeys(
            STEPS, size
        )
    lines = [tables[size]["JSON Lines"]["written_bytes"] for size in ("3000", "12000")]
    assert lines[1] / lines[0] == pytest.approx(4, rel=0.05)
    # Taken away once measured.
    assert not [*out.glob("tables_*/tables/aliased_*"), *out.glob("tables_*/peer/made")]


@pytest.mark.long  # every step at three sizes
def test_what_was_measured_is_not_measured_again(measured):
    out, places, small, said = measured
    figures = (out / "figures.json").read_bytes()
    for path in out.glob("tables_*/events.parquet"):
        path.unlink()  # a step that ran again would miss it
    assert run(command_of("production/run.py"), places, *small) == said
    assert (out / "figures.json").read_bytes() == figures
    small = (*small[:2], "--stages", "nothing")
    assert run(command_of("production/run.py"), places, *small) == said


@pytest.mark.long
def test_the_chain_runs_on_trees_and_its_jobs_are_measured(tmp_path):
    folder = write_tools(tmp_path / "peer", "tools/ingest_slakh.py")
    small = ("--sizes", "3000", "--stages", "trees", "--shares", "0.0006", "--peer", str(folder))
    said = run(command_of("production/run.py"), {"OUT": tmp_path / "out"}, *small)
    stages, beside, plans = rows_of(said)
    by_stage = {row[0]: row for row in stages[2:]}
    # 27 sessions of E-GMD: one performance on so many kits.
    assert by_stage["ingestion, E-GMD"][1].endswith(" events")
    assert [row[0].partition(" ")[0] for row in beside[2:]] == ["ingestion,"]
    # Beside the tool stands all that it does, the inventory and the provenance too.
    assert float(beside[2][2]) > float(by_stage["ingestion, Slakh"][2])
    assert by_stage["ingestion, Slakh"][6].endswith("% of the events")
    assert by_stage["ingestion, Groove MIDI"][6] == "not run"
    assert by_stage["provenance"][1] == "31 sessions"
    assert by_stage["clips, loose"][1] == by_stage["clips, shards"][1] == "120 clips"
    assert by_stage["checks"][1].endswith(" hours")
    assert by_stage["checks"][7].endswith("%")
    assert int(plans[2][1]) > 50
    assert float(plans[2][3]) > 0
