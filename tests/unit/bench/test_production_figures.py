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


def test_ratios_of_a_limit_are_of_one_turn_each_and_then_the_median():
    turns = [turn(1.0, limit=0.5), turn(2.0, limit=0.4), turn(4.0, limit=1.2)]
    assert figures.median_of(turns) == {
        "cpu": 2.0,
        "peak_mb": 200.0,
        "limit": 0.5,
        "limit_ratio": pytest.approx(0.3),
    }


def test_a_peer_that_ran_once_is_held_against_the_medians():
    peer = {"peer": 8.0, "peer_wall": 20.0, "peer_mb": 20.0, "peer_share": 0.5}
    turns = [
        turn(cpu, wall=2 * cpu, **each) | {"numbers": ("cpu", "wall")}
        for cpu, each in ((1.0, peer), (2.0, {}), (4.0, {}))
    ]
    assert figures.median_of(turns) == {
        **{"cpu": 2.0, "wall": 4.0, **peer, "peer_ratio": 4.0, "peer_wall_ratio": 5.0},
    }


def test_beside_ingestion_stand_the_jobs_of_its_set():
    jobs = [
        {"rule": rule, "wildcards": wildcards, "cpu": cpu, "wall": 2 * cpu}
        for rule, wildcards, cpu in (
            ("take_inventory", {"source_set": "egmd"}, 1.0),
            ("shard_sessions", {"source_set": "egmd", "shard": "000"}, 2.0),
            ("ingest_sessions", {"source_set": "egmd", "shard": "000"}, 4.0),
            ("ingest_sessions", {"source_set": "slakh2100", "shard": "000"}, 8.0),
            ("write_provenance", {"source_set": "egmd"}, 16.0),
            ("gather_events", {"source_set": "egmd"}, 32.0),
            ("summarise_ingest", {}, 64.0),
        )
    ]
    assert chain.beside_ingestion(jobs, "egmd") == {"own_wall": 46.0, "own_cpu": 23.0}


def test_the_peers_table_says_what_each_took_and_what_was_left_out():
    peer = {"peer": 9.0, "peer_ratio": 4.5, "peer_wall": 12.0, "peer_wall_ratio": 3.0}
    peer |= {"peer_mb": 20.0, "peer_share": 0.9222}
    own = {"own_wall": 4.0, "own_cpu": 2.0}
    said = {
        "tables": {"3000": {"alias": row(3000, 2.0, wall=4.0, **peer | {"peer_share": 1.0})}},
        "trees": {
            "0.5": {
                "stages": {"ingestion, ENST": row(99, 1.0, wall=1.0, **peer, **own)},
                "dag": {"jobs": 1, "seconds": 1.0},
            }
        },
    }
    assert figures.peer_rows(said, "3000") == [
        [
            *("alias, 3,000 events", "4.0", "2.0", "200", "12.0", "9.0", "20"),
            *("3.0", "4.5", "100.0%"),
        ],
        [
            *("ingestion, ENST, 99 events", "4.0", "2.0", "200", "12.0", "9.0", "20"),
            *("3.0", "4.5", "92.2%"),
        ],
    ]
    assert [row[6] for row in figures.stage_rows(said, "3000")] == [
        "4.5 times",
        "4.5 times, 92.2% of the events",
    ]


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
    heads = [table[0] for table in others]
    assert heads == [
        head for head in (figures.PEERS, figures.SIZES, figures.PLANS) if head in heads
    ]


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
        *("peer_wall", "peer_wall_ratio", "peer_mb", "peer_share", "own_wall", "own_cpu"),
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
