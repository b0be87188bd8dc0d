"""Measure every stage of the chain at production size, beside its peer and its limit.

    python bench/production/run.py OUT [--sizes 3007914,7400000,30000000] [--shares 0.25,0.5,1]
                                   [--stages STAGE,...] [--peer FOLDER] [--turns 1] [--cores 1]
                                   [--write]

The stages that work on tables run on drawn manifests of `--sizes` events (`ladder.py`), one
after the other, each in a process of its own; the chain as a whole runs on trees of the production
sets, of `--shares` of their sessions (`trees.py`, `chain.py`), and each of its jobs is measured.
Counted are the CPU seconds of a process and its children, user and system, the memory of the
largest, and the bytes it asked to read and to write. Beside a stage, in the same turn, runs its
limit (`limits.py`: the bare reading, decoding or writing of the same files) and, with --peer, the
tool of another pipeline on the same input, in the first turn alone, for it takes ten times as long:
FOLDER is BeatSight's `ai-pipeline/training`. What
that tool took, and how many of the events it worked on, stands in a table of its own.

What was measured stands in OUT/figures.json and is not measured again; a run that was stopped is
carried on. --stages names some of the stages on tables, or `trees` for all of the chain, or
`nothing`: then the tables are printed of what is there. What a step writes is taken away when it
has been measured, the trees and drawn manifests are kept. Figures of a busy machine are honest in
CPU seconds and in ratios alone. --write puts the tables into docs/production.md, and the figures
into bench/production/figures.json, from which `capacity.py` computes.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "bench"), str(Path(__file__).resolve().parent)]

import ladder  # noqa: E402
import limits  # noqa: E402
import measured_chain as chain  # noqa: E402
import peer  # noqa: E402
import tables  # noqa: E402
import trees  # noqa: E402
from kept_figures import Store, median_of, put_tables, report  # noqa: E402
from measured import Figures, run_fresh  # noqa: E402

TREES, NOTHING = "trees", "nothing"
NUMBERS = ("cpu", "wall", "peak_mb", "read_bytes", "written_bytes")


def main() -> None:
    """Read the command line, measure what is not yet, print the tables."""
    args = read_arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    store = Store(args.out / "figures.json")
    for size in args.sizes:
        measure_tables(store, args.out / f"tables_{size}", size, args)
    if TREES in args.stages:
        for share in args.shares:
            measure_trees(store, args.out / f"share_{share:g}", share, args)
    said = report(store.rows, str(args.sizes[0]))
    if args.write:
        put_tables(REPO / "docs/production.md", said)
        shutil.copyfile(store.path, REPO / "bench/production/figures.json")
    print(said)


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--sizes", type=numbers(int), default=[3_007_914, 7_400_000, 30_000_000])
    parser.add_argument("--shares", type=numbers(float), default=[0.25, 0.5, 1.0])
    stages = [*STEPS, TREES]
    parser.add_argument("--stages", type=names([*stages, NOTHING]), default=stages)
    parser.add_argument("--peer", type=Path, metavar="FOLDER")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--cores", type=int, default=1, help="of the chain on trees")
    parser.add_argument("--write", action="store_true", help="into the checkout")
    args = parser.parse_args()
    if args.peer and not (args.peer / "tools").is_dir():
        parser.error(f"--peer {args.peer}: holds no folder tools; give ai-pipeline/training")
    return args


def numbers(kind: Callable) -> Callable[[str], list]:
    """Numbers with commas between them, in order."""
    return lambda text: sorted(kind(part) for part in text.split(","))


def names(allowed: list[str]) -> Callable[[str], list[str]]:
    """Names with commas between them, of those that are allowed."""

    def read(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := [name for name in chosen if name not in allowed]:
            raise argparse.ArgumentTypeError(
                f"{', '.join(unknown)}: unknown; allowed: {', '.join(allowed)}"
            )
        return chosen

    return read


# --- tables


def scan_of(columns: list[str] | None) -> Callable[[Path], tuple]:
    """The limit of a stage that reads some columns of the manifest."""
    return lambda data: (limits.scan, [str(data / "events.parquet")], columns)


def copy_of_shards(data: Path) -> tuple:
    """The limit of a stage that reads the shards and writes their rows."""
    return limits.scan_and_write, ladder.shards_of(data), str(data / "tables/plain.parquet")


def bytes_of(name: str) -> Callable[[Path], tuple]:
    """The limit of a stage that writes one file."""
    return lambda data: (limits.write, [(data / name).stat().st_size], str(data / "plain"))


# What is done, what is its limit, and what it leaves that is taken away.
STEPS = {
    "alias": (tables.alias, copy_of_shards, ["tables/aliased_*"]),
    "merge": (ladder.merge, copy_of_shards, ["tables/merged.parquet"]),
    "JSON Lines": (tables.write_lines, bytes_of("tables/events.jsonl"), ["tables/events.jsonl"]),
    "audit": (tables.audit, scan_of(ladder.AUDITED), []),
    "health": (tables.health, scan_of(None), []),
    "weights": (tables.weights, scan_of(ladder.WEIGHED), ["tables/weights.parquet"]),
    "deduplicated weights": (
        *(tables.deduplicated_weights, scan_of([*ladder.WEIGHED, "onset_time"])),
        ["tables/weights.parquet"],
    ),
    "export records": (ladder.records, None, []),
    "export assembly": (ladder.assemble, None, ["export/export"]),
}
OF_EXPORT = ("export records", "export assembly")


def measure_tables(store: Store, data: Path, size: int, args: argparse.Namespace) -> None:
    """Measure what has not been on a drawn manifest, which is drawn if it is not there."""
    wanted = [step for step in STEPS if step in args.stages]
    missing = [step for step in wanted if not store.has("tables", str(size), step)]
    if not missing:
        return
    if not (data / "complete").is_file():
        shutil.rmtree(data, ignore_errors=True)
        run_fresh(ladder.draw, data, size)
    is_first = size == args.sizes[0]
    if args.peer and is_first and not (data / "peer/crashes.json").is_file():  # the last of them
        run_fresh(peer.prepare, data)
    for step in missing:
        if step in OF_EXPORT and not (data / "export").is_dir():
            run_fresh(ladder.draw_export, data, size)
        if step == "export assembly":
            if not any((data / "export").glob("*/index.parquet")):
                run_fresh(ladder.records, data)
            run_fresh(ladder.gather, data)
        call = peer.on_tables(args.peer, step, data) if args.peer and is_first else None
        turns = [one_turn(data, step, size, None if n else call) for n in range(args.turns)]
        row = median_of(turns) | {"n": size, "unit": "events", "turns": args.turns}
        store.put(row, "tables", str(size), step)
        say(f"{size:,} events, {step}", row)
    if (data / "export").is_dir() and all(store.has("tables", str(size), s) for s in OF_EXPORT):
        shutil.rmtree(data / "export")


def one_turn(data: Path, step: str, n_events: int, call: peer.Call | None) -> dict:
    """One measurement of a step, of its limit and of its peer, in that order."""
    work, limit, left = STEPS[step]
    turn = as_row(run_fresh(work, data)) | {"numbers": NUMBERS}
    bare = limit(data) if limit is not None else None
    for pattern in left:  # before the limit, which writes as much
        for path in data.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if bare is not None:
        work, *arguments = bare
        turn["limit"] = run_fresh(work, *arguments).cpu
    if call is not None:
        turn |= peer.measure(call, n_events)
    return turn


def as_row(figures: Figures) -> dict:
    """What is kept of a measurement."""
    return {name: getattr(figures, name) for name in NUMBERS}


def say(name: str, row: dict) -> None:
    """One line to the terminal, while it goes on."""
    said = f"{name:<44} {row['cpu']:9.2f} s CPU  {row['peak_mb']:6.0f} MB"
    print(said, file=sys.stderr, flush=True)


# --- trees


def measure_trees(store: Store, folder: Path, share: float, args: argparse.Namespace) -> None:
    """Run the chain on trees of a share of the sessions, and measure all that has not been."""
    place = ("trees", f"{share:g}")
    if store.has(*place):
        return
    raw, run = folder / "raw", folder / "run"
    strokes = {name: trees.write(name, raw / name, share)[1] for name in trees.SHAPES}
    chain.configure(run, raw, share)
    if not (run / "dag.txt").is_file():
        dag = chain.plan(run)
        (run / "dag.txt").write_text(f"{dag['jobs']} {dag['seconds']}")
    n_jobs, seconds = (run / "dag.txt").read_text().split()
    chain.work(run, args.cores)
    dag = {"jobs": int(n_jobs), "seconds": float(seconds)}
    dag["nothing_to_do"] = chain.nothing_to_do(run, args.cores)
    jobs = chain.read_jobs(run)
    stages = chain.sum_by_stage(jobs)
    amounts, bare = chain.amounts(run), chain.limits(run, raw)
    for stage, row in stages.items():
        row["n"], row["unit"] = amounts[stage]
        if stage in bare:
            work, *arguments = bare[stage]
            row["limit"] = run_fresh(work, *arguments).cpu
            row["limit_ratio"] = row["limit"] / row["cpu"]
        if args.peer and stage in chain.INGESTED:
            name = chain.INGESTED[stage]
            call = peer.ingestion(args.peer, name, raw / name, folder / "peer" / name)
            if call is not None:
                row |= peer.measure(call, strokes[name]) | chain.beside_ingestion(jobs, name)
                row["peer_ratio"] = row["peer"] / row["own_cpu"]
                row["peer_wall_ratio"] = row["peer_wall"] / row["own_wall"]
        say(f"{share:g} of the trees, {stage}", row)
    store.put({"stages": stages, "dag": dag}, *place)


if __name__ == "__main__":
    main()
