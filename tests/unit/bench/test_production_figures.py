"""What is made of the figures of a run at production size: sums, growth, ratios, tables."""

import importlib
import json
import sys

import pytest
from checkout import REPO


def module(name):
    """A module of the benchmark."""
    folders = [str(REPO / "bench/production"), str(REPO / "bench")]
    sys.path[:0] = folders
    try:
        return importlib.import_module(name)
    finally:
        for folder in folders:
            sys.path.remove(folder)


chain, figures = module("measured_chain"), module("kept_figures")


def turn(cpu, **others):
    return {"numbers": ("cpu", "peak_mb"), "cpu": cpu, "peak_mb": 100.0 * cpu, **others}


def row(n, cpu, peak_mb=200.0, unit="events", **others):
    sizes = {"read_bytes": 5_000_000, "written_bytes": 2_400_000}
    return {"n": n, "unit": unit, "cpu": cpu, "peak_mb": peak_mb, **sizes, **others}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(10, 1.0), (100, 10.0), (1000, 100.0)], 1.0),
        ([(10, 3.0), (20, 12.0)], 2.0),
        ([(1, 7.0), (50, 7.0), (900, 7.0)], 0.0),
        ([(4, 2.0), (16, 4.0), (64, 8.0)], 0.5),
        ([(0, 1.0), (8, 1.0), (16, 2.0)], 1.0),
    ],
    ids=["linear", "quadratic", "constant", "root", "amount-0"],
)
def test_growth_is_the_slope_of_the_logarithms(pairs, expected):
    assert figures.exponent(pairs) == pytest.approx(expected)


def test_one_size_says_nothing_of_growth():
    assert figures.exponent([(10, 1.0), (10, 2.0)]) is None


def test_ratios_are_of_one_turn_each_and_then_the_median():
    turns = [turn(1.0, peer=10.0), turn(2.0, peer=24.0), turn(4.0, peer=44.0)]
    assert figures.median_of(turns) == {
        "cpu": 2.0,
        "peak_mb": 200.0,
        "peer": 24.0,
        "peer_ratio": 11.0,
    }


def test_jobs_are_summed_by_their_stage():
    jobs = [
        {"rule": rule, "wildcards": wildcards, "cpu": cpu, "wall": 2.0, "peak_mb": peak}
        | {"read_bytes": 10, "written_bytes": 1}
        for rule, wildcards, cpu, peak in (
            ("ingest_sessions", {"source_set": "egmd", "shard": "000"}, 1.5, 100),
            ("ingest_sessions", {"source_set": "egmd", "shard": "001"}, 2.5, 300),
            ("ingest_sessions", {"source_set": "slakh2100", "shard": "000"}, 4.0, 50),
            ("write_samples", {"manifest": "m", "export": "clips", "shard": "000"}, 8.0, 70),
            ("render_splits", {"manifest": "m"}, 0.25, 30),
        )
    ]
    sums = chain.sum_by_stage(jobs)
    assert {stage: (s["jobs"], s["cpu"], s["peak_mb"]) for stage, s in sums.items()} == {
        "ingestion, Slakh": (1, 4.0, 50),
        "ingestion, E-GMD": (2, 4.0, 300),
        "clips, loose": (1, 8.0, 70),
        "pages and the rest": (1, 0.25, 30),
    }
    assert sums["ingestion, E-GMD"]["read_bytes"] == 20


def test_every_rule_of_a_stage_is_one_of_the_workflow():
    rules = {word.split()[0] for each in chain.STAGES.values() for word in each}
    texts = "".join(path.read_text() for path in (REPO / "workflow/rules").glob("*.smk"))
    assert [rule for rule in rules if f"rule {rule}:" not in texts] == []


def test_a_job_that_ran_twice_counts_once(tmp_path):
    lines = [
        {"rule": "verify", "wildcards": {}, "cpu": 1.0},
        {"rule": "verify", "wildcards": {}, "cpu": 3.0},
        {"rule": "alias_events", "wildcards": {"source_set": "a", "shard": "000"}, "cpu": 2.0},
    ]
    (tmp_path / "jobs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [job["cpu"] for job in chain.read_jobs(tmp_path)] == [3.0, 2.0]


def test_figures_are_kept_with_those_of_another_run(tmp_path):
    first, second = (figures.Store(tmp_path / "figures.json") for _ in range(2))
    first.put({"cpu": 1.23456}, "tables", "3000", "alias")
    second.put({"cpu": 2.0}, "tables", "3000", "merge")
    third = figures.Store(tmp_path / "figures.json")
    assert third.rows == {"tables": {"3000": {"alias": {"cpu": 1.235}, "merge": {"cpu": 2.0}}}}
    assert third.has("tables", "3000", "alias")
    assert not third.has("tables", "3000", "audit")
    assert not third.has("trees", "1")


def test_the_tables_say_work_peer_limit_and_growth():
    alias = {"3000": row(3000, 2.0, peer_ratio=4.25, limit_ratio=0.5), "6000": row(6000, 3.0)}
    checks = {"0.5": row(1.5, 30.0, unit="hours"), "1": row(3.0, 60.0, unit="hours")}
    said = {
        "tables": {size: {"alias": each} for size, each in alias.items()},
        "trees": {
            share: {
                "stages": {"checks": each},
                "dag": {"jobs": 1200, "seconds": 4.25, "nothing_to_do": 3.0},
            }
            for share, each in checks.items()
        },
    }
    assert figures.stage_rows(said, "3000") == [
        ["alias", "3,000 events", "2.0", "200", "5", "2", "4.2 times", "50%", "0.58"],
        ["checks", "3.0 hours", "60.0", "200", "5", "2", "not run", "", "1.00"],
    ]
    assert figures.size_rows(said, "3000") == [["alias", "6,000", "3.0", "-25%", "200", "2"]]
    assert figures.plan_rows(said) == [
        ["0.5 of production", "1,200", "4.2", "3.0"],
        ["1 of production", "1,200", "4.2", "3.0"],
    ]
    lines = figures.report(said, "3000").splitlines()
    assert lines[0] == f"| {' | '.join(figures.COLUMNS)} |"
    assert lines[5] == f"| {' | '.join(figures.SIZES)} |"


# --- the pages


PRODUCTION, CAPACITY = (REPO / f"docs/{name}.md" for name in ("production", "capacity"))
KEPT = json.loads((REPO / "bench/production/figures.json").read_text())


def tables_of(page):
    """Rows of the tables below the heading `Figures`, heads first."""
    section = page.read_text().partition("\n## Figures\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    starts = [number - 1 for number, row in enumerate(rows) if row[1] == "---:"]
    return [rows[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]


def test_the_table_on_the_page_has_the_columns_and_stages_of_the_benchmark():
    run_of = module("run")
    stages, *others = tables_of(PRODUCTION)
    assert tuple(run_of.STEPS) == figures.ON_TABLES
    assert stages[0] == figures.COLUMNS
    assert [row[0] for row in stages[2:]] == [*run_of.STEPS, *chain.STAGES, chain.REST]
    assert [table[0] for table in others] == [figures.SIZES, figures.PLANS][-len(others) :]


def test_the_page_has_the_figures_that_are_kept():
    section = PRODUCTION.read_text().partition("\n## Figures\n")[2]
    assert figures.report(KEPT, min(KEPT["tables"], key=int)) in section


def test_the_capacity_page_follows_from_the_figures_that_are_kept():
    section = CAPACITY.read_text().partition("\n## Figures\n")[2]
    assert module("capacity").report(KEPT) in section


def test_figures_that_are_kept_name_no_place_and_no_time():
    names = set()

    def gather(part):
        for name, value in part.items():
            if isinstance(value, dict):
                gather(value)
            else:
                names.add(name)

    gather(KEPT)
    assert names <= {
        *("n", "unit", "turns", "jobs", "cpu", "wall", "peak_mb", "read_bytes", "written_bytes"),
        *("limit", "limit_ratio", "peer", "peer_ratio", "seconds", "nothing_to_do"),
    }


def test_tables_are_put_in_the_place_of_those_on_the_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# P\n\n## Figures\n\n| a |\n| --- |\n\n| b |\n| --- |\n\nText.\n\n## More\n\n| c |\n"
    )
    figures.put_tables(page, "| x |\n| --- |")
    assert page.read_text() == (
        "# P\n\n## Figures\n\n| x |\n| --- |\n\nText.\n\n## More\n\n| c |\n"
    )
    page.write_text("# P\n\n## Figures\n\nText.\n")
    with pytest.raises(ValueError, match="no table below a heading '## Figures'"):
        figures.put_tables(page, "| x |")
