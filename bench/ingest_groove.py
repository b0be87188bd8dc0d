"""Measure the ingestion of Groove MIDI, and beside it a plain reading of the same files with mido.

    python bench/ingest_groove.py ROOT [--shards 4] [--jobs 2] [--peer FOLDER] [--turns 1]

ROOT is the folder that holds info.csv. Every job runs in a fresh process, as in the workflow; the
inventory is taken twice, the second time from its cache. With --peer the tool of another pipeline
ingests the same files in the first turn: FOLDER is BeatSight's `ai-pipeline/training`. It hashes
them as well, so that it is held against inventory and ingestion together, and against ingestion
alone.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path

from beside import Beside
from measured import print_figures, run_fresh, run_jobs

SOURCE_SET = "groove_mididataset"
RESOURCES = Path(__file__).parent.parent / "resources"
CARD = RESOURCES / f"source_sets/{SOURCE_SET}.yaml"
LABEL_MAPS = [RESOURCES / "taxonomy/note_maps/roland_td11.yaml"]
TAXONOMY = [RESOURCES / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics")]
SETTINGS = {
    "simultaneous_ms": 5.0,
    "double_trigger_ms": 10.0,
    "context_ms": {"pre": 80.0, "post": 200.0},
}


def main() -> None:
    """Read the command line, time the steps."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--peer", type=Path, metavar="FOLDER")
    parser.add_argument("--turns", type=int, default=1)
    args = parser.parse_args()
    beside = Beside(args.peer, SOURCE_SET)
    for _ in range(args.turns):
        measure(args, beside)
    beside.print()


def measure(args: argparse.Namespace, beside: Beside) -> None:
    """One turn."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        cold = run_fresh(inventory, args.root, out)
        print_figures("inventory, cache cold", cold)
        print_figures("inventory, cache warm", run_fresh(inventory, args.root, out))
        tasks = [(args.root, out, shard, args.shards) for shard in range(args.shards)]
        jobs = run_jobs(ingest, tasks, args.jobs)
        n_hits, n_events = map(sum, zip(*jobs.result, strict=True))
        note = f"{n_hits:,} hits, {n_events:,} events"
        print_figures(f"ingest, {args.shards} shards, {args.jobs} at once", jobs, note)
        whole = run_fresh(ingest, args.root, out, 0, 1)
        print_figures("ingest, one shard", whole, "{:,} hits, {:,} events".format(*whole.result))
        own = {"inventory and ingestion": [cold, jobs], "ingestion alone": [jobs]}
        own |= {"the same in one shard": [cold, whole], "ingestion alone in one shard": [whole]}
        beside.turn(args.root, n_hits, out / "peer", own)
        figures = run_fresh(read_with_mido, args.root, out / "notes.jsonl")
        print_figures("mido, a JSON line per note", figures, f"{figures.result:,} notes")


def reference_files() -> list[Path]:
    """The files that the card refers to, in its order."""
    from drumcorpus.ground.files.yaml_files import read_yaml

    return [RESOURCES / path for path in read_yaml(CARD).get("references", {}).values()]


def inventory(root: Path, out: Path) -> None:
    """List and survey the raw files."""
    from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
    from drumcorpus.ground.files.raw_files import scan_roots
    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.ground.run.cards import read_options
    from drumcorpus.ground.run.raw_scan import RawData
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.source_sets.groove_mididataset import survey
    from drumcorpus.stages.inventory.inventory import take_inventory
    from drumcorpus.stages.splits.draw import split_sessions

    prepare_job()
    files, refusals = scan_roots([root])
    cache = FactCache(out / "facts.json")
    digests, unreadable = digest_raw_files(files.values(), cache, workers=2)
    raw = RawData(SOURCE_SET, files, digests, refusals + unreadable, cache)
    draw = partial(split_sessions, seed=0, shares={"train": 1.0})
    card = read_yaml(CARD)
    options = read_options(card, reference_files(), {})
    tables = take_inventory(raw, card, options, survey, split_sessions=draw, workers=2)
    write_table(out / "sessions.parquet", tables.sessions)


def ingest(root: Path, out: Path, shard: int, n_shards: int) -> tuple[int, int]:
    """Do what the job of one shard does; returns the numbers of hits and events."""
    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.ground.files.tables import read_table, write_table
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.sessions import file_digests, sessions_of_shard
    from drumcorpus.source_sets.groove_mididataset import read_hits
    from drumcorpus.stages.ingest.declarations import read_declarations
    from drumcorpus.stages.ingest.ingest import ingest_sessions, outcome_counts

    prepare_job()
    sessions = sessions_of_shard(read_table(out / "sessions.parquet"), shard, n_shards)
    ingested = ingest_sessions(
        sessions,
        read_hits,
        RawReader([root], file_digests(sessions)).read,
        **read_declarations(CARD, LABEL_MAPS, TAXONOMY, reference_files(), {}),
        **SETTINGS,
    )
    write_table(out / f"events_{shard}.parquet", ingested.events)
    write_table(out / f"tallies_{shard}.parquet", ingested.tallies)
    return sum(outcome_counts(ingested.tallies).values()), ingested.events.num_rows


def read_with_mido(root: Path, lines: Path) -> int:
    """Read every MIDI file the plain way: an object a message, a dict and a line a note."""
    import json

    import mido

    n_notes = 0
    with lines.open("w") as handle:
        for path in sorted(root.rglob("*.mid")):
            seconds = 0.0
            for message in mido.MidiFile(path):
                seconds += message.time
                if message.type == "note_on" and message.velocity > 0:
                    row = {"path": str(path.relative_to(root)), "onset_time": round(seconds, 9)}
                    row |= {"note": message.note, "velocity": message.velocity / 127}
                    handle.write(json.dumps(row) + "\n")
                    n_notes += 1
    return n_notes


if __name__ == "__main__":
    main()
