"""Measure the inventory and the ingestion of trees of the size of Slakh2100-redux.

    python bench/ingest_slakh.py OUT_DIR [--sizes 427 854 1708] [--per-shard 214] [--jobs 2]
                                 [--peer FOLDER] [--turns 1]

Trees that are not yet below OUT_DIR are written by make_slakh_tree.py. Every job runs in a fresh
process, as in the workflow; the inventory is taken twice, first without a cache of digests and
then with it. What is compared: 90,000 events a second, ten times the fastest rate that is known of
another pipeline at this size, and 1,000 MB. With --peer that pipeline's tool ingests each tree in
the first turn, as in `ingest_groove.py`.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path

from beside import Beside
from make_slakh_tree import write_tree
from measured import print_figures, run_fresh, run_jobs

SOURCE_SET = "slakh2100"
RESOURCES = Path(__file__).parent.parent / "resources"
TAXONOMY = [RESOURCES / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics")]
SETTINGS = {
    "simultaneous_ms": 5.0,
    "double_trigger_ms": 10.0,
    "context_ms": {"pre": 80.0, "post": 200.0},
}
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
WANTED_RATE, WANTED_MB = 90_000, 1_000


def main() -> None:
    """Read the command line, time the steps, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[427, 854, 1708])
    parser.add_argument("--per-shard", type=int, default=214)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--peer", type=Path, metavar="FOLDER")
    parser.add_argument("--turns", type=int, default=1)
    args = parser.parse_args()
    rows = []
    for n_sessions in args.sizes:
        root = args.out_dir / f"slakh_{n_sessions}"
        if not root.is_dir():
            write_tree(root, n_sessions)
        n_shards = max(1, round(n_sessions / args.per_shard))
        beside = Beside(args.peer, SOURCE_SET)
        for _ in range(args.turns):
            row = measure(root, n_sessions, n_shards, args.jobs, beside)
        rows.append(row)
        beside.print()
    heads = ["sessions", "events", "survey", "inventory", "ingest", "wall", "CPU"]
    heads += ["notes/s", "CPU/session", "memory"]
    wanted = [""] * 7 + [f"wanted: {WANTED_RATE:,}", "equal", f"below {WANTED_MB:,} MB"]
    lines = [heads, ["---:"] * len(heads), *rows, wanted]
    print("\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines))


def measure(root: Path, n_sessions: int, n_shards: int, n_jobs: int, beside: Beside) -> list[str]:
    """Take the inventory twice and ingest in shards, some at a time; returns a row of the table.

    Its wall and CPU times are those of the first inventory and the ingestion together.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        cold = run_fresh(inventory, root, out)
        print_figures(f"{n_sessions}: inventory, cold", cold, f"{cold.result:.2f} s of survey")
        warm = run_fresh(inventory, root, out)
        print_figures(f"{n_sessions}: inventory, warm", warm, f"{warm.result:.2f} s of survey")
        tasks = [(root, out, shard, n_shards) for shard in range(n_shards)]
        jobs = run_jobs(ingest, tasks, n_jobs)
        n_hits, n_events = map(sum, zip(*jobs.result, strict=True))
        name = f"{n_sessions}: ingest, {n_shards} shards, {n_jobs} at once"
        print_figures(name, jobs, f"{n_hits:,} hits, {n_events:,} events")
        own = {"inventory and ingestion": [cold, jobs], "ingestion alone": [jobs]}
        beside.turn(root, n_hits, out / "peer", own)
    wall, cpu = cold.wall + jobs.wall, cold.cpu + jobs.cpu
    seconds = [cold.result, cold.wall, jobs.wall, wall, cpu]
    row = [f"{n_sessions:,}", f"{n_events:,}", *(f"{value:.1f} s" for value in seconds)]
    row += [f"{n_hits / wall:,.0f}", f"{1000 * cpu / n_sessions:.1f} ms"]
    return [*row, f"{max(cold.peak_mb, jobs.peak_mb):.0f} MB"]


def read_card() -> tuple[dict, dict]:
    """The committed card, and the options of the set."""
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.ground.run.cards import read_options

    card = read_yaml(RESOURCES / f"source_sets/{SOURCE_SET}.yaml")
    paths = [RESOURCES / path for path in card["references"].values()]
    return card, read_options(card, paths, {"splits": "redux"})


def inventory(root: Path, out: Path) -> float:
    """List and survey the raw files; returns the seconds of the survey alone."""
    import time

    from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
    from drumcorpus.ground.files.raw_files import scan_roots
    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.ground.run.raw_scan import RawData
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.source_sets.slakh2100 import survey
    from drumcorpus.stages.inventory.inventory import take_inventory
    from drumcorpus.stages.splits.draw import split_sessions

    prepare_job()
    seconds = []

    def timed_survey(*args):
        start = time.perf_counter()
        found = survey(*args)
        seconds.append(time.perf_counter() - start)
        return found

    files, refusals = scan_roots([root])
    cache = FactCache(out / "facts.json")
    digests, unreadable = digest_raw_files(files.values(), cache, workers=2)
    card, options = read_card()
    draw = partial(split_sessions, seed=0, shares=SHARES)
    raw = RawData(SOURCE_SET, files, digests, refusals + unreadable, cache)
    tables = take_inventory(raw, card, options, timed_survey, split_sessions=draw, workers=2)
    write_table(out / "files.parquet", tables.files)
    write_table(out / "sessions.parquet", tables.sessions)
    if tables.quarantine.num_rows:
        raise SystemExit(f"{tables.quarantine.num_rows} files in quarantine; the tree has none")
    return sum(seconds)


def ingest(root: Path, out: Path, shard: int, n_shards: int) -> tuple[int, int]:
    """Do what the job of one shard does; returns the numbers of hits and events."""
    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.ground.files.tables import read_table, write_table
    from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.sessions import file_digests, sessions_of_shard
    from drumcorpus.source_sets.slakh2100 import read_hits
    from drumcorpus.stages.ingest.ingest import ingest_sessions, outcome_counts

    prepare_job()
    sessions = sessions_of_shard(read_table(out / "sessions.parquet"), shard, n_shards)
    taxonomy, (card, options) = load_taxonomy(*TAXONOMY), read_card()
    maps = {n: RESOURCES / f"taxonomy/note_maps/{n}.yaml" for n in card["label_maps"]}
    ingested = ingest_sessions(
        sessions,
        read_hits,
        RawReader([root], file_digests(sessions)).read,
        {name: load_label_map(path, taxonomy) for name, path in maps.items()},
        taxonomy,
        options,
        label_method=card["label_method"],
        license=card["license"],
        redistributable=card["redistributable"],
        **SETTINGS,
    )
    if ingested.refusals:
        raise SystemExit(f"refused: {ingested.refusals[0]}; the tree has nothing to refuse")
    write_table(out / f"events_{shard}.parquet", ingested.events)
    write_table(out / f"tallies_{shard}.parquet", ingested.tallies)
    return sum(outcome_counts(ingested.tallies).values()), ingested.events.num_rows


if __name__ == "__main__":
    main()
