"""Measure the planning and labelling of an export of the size of E-GMD, on drawn events.

    python bench/export_records.py OUT [--events 12900000] [--shard-events 100000]
                                   [--shards-at-once 8] [--unit clip] [--list-split validation]
                                   [--list-shards 13]

draws shards with E-GMD's strokes per second and per session. Fresh processes, each for some shards
one after the other, plan the samples, label them with all that sounds in them by every class map,
and write the records as Parquet; every tenth shard's are written as JSON too. What the export does
with all shards follows, each in a process of its own, by the functions of its jobs: the forecast of
`verify_export`, the choice of a limited export, the counts of `measure_export`, the label list of
one split (of the first `--list-shards` shards, for JSON takes 3 kB a record), and
`assemble_export`, as of an export of files with a file for every clip. Prints the sums over the
shards, and of every step the memory of its largest process beside what it may be. What was written
is removed at the end.
"""

import argparse
import shutil
import time
from pathlib import Path

from measured import Figures, print_figures, run_fresh

MEMORY_LIMIT_MB = 2_000
DATABASE_MEMORY = "1GB"  # what the config lets duckdb hold
RATE_HZ = 44_100
LIMIT = 50_000  # events
SESSION_EVENTS, SESSION_S = 283, 35.1  # of 12.9 M events and 444 h in 45,537 sessions
FILE = {"bytes": 3_000_000, "sha256": "0" * 64}
JSON_EVERY = 10  # shards
REPO = Path(__file__).parent.parent
TAXONOMY = REPO / "resources/taxonomy"
CARD = REPO / "resources/source_sets/egmd.yaml"
RING_MS = {"default": 250, "crash": 3000, "ride": 3000, "cymbal": 3000}
BEFORE_MS, AFTER_MS = 80, {"default": 200, "crash": 800}
SETTINGS = {"unit": "clip", "form": ["files"], "class_map": "classes_5", "audio": "drums"}
SETTINGS |= {"sample_rate_hz": RATE_HZ, "channels": "mono", "encoding": "wav16"}
SETTINGS |= {"loudness": "as_is", "preroll_ms": BEFORE_MS, "postroll_ms": AFTER_MS}
SETTINGS |= {"ring_ms": RING_MS, "shard_bytes": 10**9, "shard_samples": 20_000}


def main() -> None:
    """Draw and label the shards, and what stands around them."""
    args = read_arguments()
    out_dir, shards = args.out_dir / "export_records", []
    starts = range(0, args.events, args.shard_events)
    sizes = [min(args.shard_events, args.events - first) for first in starts]
    run_fresh(draw_all, out_dir, sizes)
    for first in range(0, len(sizes), args.shards_at_once):
        numbers = range(first, min(first + args.shards_at_once, len(sizes)))
        shards.append(run_fresh(label_all, out_dir, numbers, args.unit))
    sums = {name: sum(shard.result[name] for shard in shards) for name in shards[0].result}
    wall, cpu = (sum(getattr(shard, name) for shard in shards) for name in ("wall", "cpu"))
    whole = Figures(wall, cpu, max(shard.peak_mb for shard in shards), None)
    rate = f"{sums['events'] / cpu:,.0f} events/s of CPU; memory limit {MEMORY_LIMIT_MB:,} MB"
    print_figures(f"{sums['events']:,} events, {len(sizes)} shards", whole, rate)
    print(
        f"{sums['records']:,} {args.unit}s, {sums['inside'] / sums['records']:.1f} strokes inside "
        f"and {sums['ringing'] / sums['records']:.1f} ringing; "
        f"{sums['parquet_bytes'] / sums['records']:.0f} bytes of Parquet each"
    )
    for step in ("plan", "label", "write"):
        print(
            f"{step:<6} {sums[step]:8.2f} s of CPU  {sums['events'] / sums[step]:11,.0f} events/s"
        )
    print(
        f"JSON   {sums['json']:8.2f} s of CPU  {sums['lines'] / sums['json']:11,.0f} records/s, "
        f"{sums['json_bytes'] / sums['lines']:.0f} bytes each",
        flush=True,
    )
    n_sessions, n_weights = run_fresh(gather, out_dir).result
    print(f"{n_sessions:,} sessions, {n_weights:,} events with a weight")
    steps = [(work, out_dir, args.unit) for work in (forecast, limit, measure)]
    steps += [(list_labels, out_dir, args.list_split, args.list_shards)]
    steps += [(assemble, out_dir, args.unit)]
    for work, *of_step in steps:
        figures = run_fresh(work, *of_step)
        print_figures(work.__name__, figures, figures.result)
    shutil.rmtree(out_dir)


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--events", type=int, default=12_900_000)
    parser.add_argument("--shard-events", type=int, default=100_000)
    parser.add_argument("--shards-at-once", type=int, default=8, help="in one process")
    parser.add_argument("--unit", choices=["clip", "segment"], default="clip")
    parser.add_argument(
        "--list-split", choices=["train", "validation", "test"], default="validation"
    )
    parser.add_argument("--list-shards", type=int, default=13)
    return parser.parse_args()


def draw_all(out_dir: Path, sizes: list[int]) -> None:
    """Events, sessions and inventory of all shards."""
    from drawn_shards import draw_shard

    for number, n_events in enumerate(sizes):
        n_sessions = max(1, n_events // SESSION_EVENTS)
        recordings = [
            {"path": f"drummer{n % 9}/session{n:04d}_{number:04d}.wav", **FILE}
            for n in range(n_sessions)
        ]
        draw_shard(out_dir / f"{number:04d}", number, n_events, recordings, seconds=SESSION_S)


def label_all(out_dir: Path, numbers: range, unit: str) -> dict:
    """Plan and label the samples of some shards, one after the other; their sums."""
    made = [label(out_dir / f"{n:04d}", unit, n % JSON_EVERY == 0) for n in numbers]
    return {name: sum(each[name] for each in made) for name in made[0]}


def label(folder: Path, unit: str, with_json: bool) -> dict:
    """Plan and label the samples of one shard; seconds of CPU and counts."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from drumcorpus.ground.files.tables import read_table, write_table
    from drumcorpus.stages.export.index import index_schema
    from drumcorpus.stages.export.records import SOUND, json_lines, make_records
    from drumcorpus.stages.export.settings import milliseconds_by_label
    from drumcorpus.stages.export.windows import (
        RECORDINGS,
        clip_windows,
        segment_windows,
        settle,
    )

    families, maps = read_taxonomy()
    events = read_table(folder / "events.parquet")
    sessions = read_table(folder / "sessions.parquet")

    start = time.process_time()
    own = {
        "n_samples": pa.repeat(round(SESSION_S * RATE_HZ), len(sessions)),
        "reason": pa.nulls(len(sessions), pa.string()),
    }
    recordings = pa.Table.from_arrays(
        [own[name] if name in own else sessions[name] for name in RECORDINGS.names],
        schema=RECORDINGS,
    )
    rate = {"sample_rate_hz": RATE_HZ}
    if unit == "clip":
        lengths = {
            "preroll_ms": milliseconds_by_label(BEFORE_MS, families),
            "postroll_ms": milliseconds_by_label(AFTER_MS, families),
        }
        windows = clip_windows(events, maps, **lengths, **rate)
        windows = settle(windows, recordings, unit)
    else:
        windows = segment_windows(recordings, seconds=10, **rate)
    planned = time.process_time()
    ids = windows["sample_id"].combine_chunks()
    files = pc.binary_join_element_wise("train/clips/egmd/000/aa/", ids, ".wav", "")
    constant = {"sha256": "0" * 64, "gain_db": 0.0, "bytes": 24_740, "channels": 1, "n_clipped": 0}
    arrays = [
        {"sample_id": ids, "file": files}.get(
            f.name, pa.repeat(pa.scalar(constant.get(f.name), f.type), len(windows))
        )
        for f in SOUND
    ]
    ring = milliseconds_by_label(RING_MS, families)
    sound = pa.Table.from_arrays(arrays, schema=SOUND)
    records = make_records(windows, events, sessions, sound, maps, ring_ms=ring, **rate)
    labelled = time.process_time()
    schema = index_schema(maps)
    of_index = {
        "audio_path": sessions["audio_path"].take(
            pc.index_in(records["session_id"], sessions["session_id"].combine_chunks())
        ),
        "outcome": pa.repeat(unit, len(records)),
        "n_events": pa.repeat(pa.scalar(1, pa.int64()), len(records)),
    }
    arrays = [of_index[name] if name in of_index else records[name] for name in schema.names]
    write_table(folder / "index.parquet", pa.Table.from_arrays(arrays, schema=schema))
    written = time.process_time()
    sizes = [len(line) for line in json_lines(records, maps)] if with_json else []
    in_json = time.process_time()
    write_files(folder / "files.parquet", records["file"])
    strokes = {
        name: len(records[name].combine_chunks().flatten()) for name in ("strokes", "ringing")
    }
    return {
        "events": len(events),
        "records": len(records),
        "inside": strokes["strokes"],
        "ringing": strokes["ringing"],
        "parquet_bytes": (folder / "index.parquet").stat().st_size,
        "plan": planned - start,
        "label": labelled - planned,
        "write": written - labelled,
        "json": in_json - written,
        "lines": len(sizes),
        "json_bytes": int(np.sum(sizes)),
    }


def write_files(path: Path, names) -> None:
    """The table of the files of one shard, with digests that differ, as of 12.9 million files."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.stages.export.written import WRITTEN

    n_rows = len(names)
    ids = pc.utf8_slice_codeunits(names, -24, -4)
    digests = pc.binary_join_element_wise(ids, ids, ids, "0000", "")
    counts = [pa.repeat(pa.scalar(value, pa.int64()), n_rows) for value in (24_740, 1)]
    # Spread over the folders of their shard, as the files are.
    places = pc.binary_join_element_wise(
        f"train/clips/egmd/{path.parent.name}",
        pc.utf8_slice_codeunits(ids, -2),
        pc.binary_join_element_wise(ids, "wav", "."),
        "/",
    )
    table = pa.Table.from_arrays([places, digests, *counts], schema=WRITTEN)
    write_table(path, table.sort_by("path"))


def read_taxonomy():
    """Family of every label, and the class maps."""
    from drumcorpus.ground.files.taxonomy_files import load_taxonomy
    from drumcorpus.stages.export.class_map_files import read_class_maps

    files = [TAXONOMY / f"{name}.yaml" for name in ("components", "techniques", "dynamics")]
    return load_taxonomy(*files).families, read_class_maps(files, TAXONOMY / "class_maps.yaml")


def tables(out_dir: Path, name: str) -> list[Path]:
    """One table of every shard."""
    return sorted(out_dir.glob(f"*/{name}.parquet"))


def gather(out_dir: Path) -> tuple[int, int]:
    """The manifest and a weight for every event of the train split; sessions and weights."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from drumcorpus.ground.files.tables import count_rows, iter_batches, write_batches
    from drumcorpus.schemas import EVENTS
    from drumcorpus.stages.sampling.weights import EVENT_WEIGHTS

    def weighted():
        rng = np.random.default_rng(0)
        for path in tables(out_dir, "events"):
            for batch in iter_batches(path, ["event_id", "session_id", "split"]):
                own = batch.filter(pc.equal(batch["split"], "train"))
                values = {name: own[name] for name in ("event_id", "session_id")}
                values["weight"] = pa.array(np.round(rng.uniform(0.1, 4, len(own)), 6))
                yield pa.RecordBatch.from_arrays(
                    [values[name] for name in EVENT_WEIGHTS.names], schema=EVENT_WEIGHTS
                )

    events = (batch for path in tables(out_dir, "events") for batch in iter_batches(path))
    write_batches(out_dir / "manifest.parquet", EVENTS, events)
    n_weights = write_batches(out_dir / "weights.parquet", EVENT_WEIGHTS, weighted())
    return sum(map(count_rows, tables(out_dir, "sessions"))), n_weights


def forecast(out_dir: Path, unit: str) -> str:
    """Plan the export before any sound is read."""
    from drumcorpus.stages.export.forecast import forecast_export
    from drumcorpus.stages.export.settings import milliseconds_by_label

    families, maps = read_taxonomy()
    planned = forecast_export(
        out_dir / "manifest.parquet",
        tables(out_dir, "sessions"),
        tables(out_dir, "inventory"),
        unit=unit,
        audio="drums",
        limit=None,
        sample_rate_hz=RATE_HZ,
        n_channels=1,
        encoding="wav16",
        preroll_ms=milliseconds_by_label(BEFORE_MS, families),
        postroll_ms=milliseconds_by_label(AFTER_MS, families),
        seconds=10,
        class_maps=maps.document(),
        threads=2,
        memory_limit=DATABASE_MEMORY,
    )
    return f"{planned['statistics']['records']:,} {unit}s"


def limit(out_dir: Path, unit: str) -> str:
    """Choose what a limited export takes."""
    import pyarrow.compute as pc

    from drumcorpus.stages.export.limits import limits_of_manifest

    sessions = tables(out_dir, "sessions")
    paths, shared = (out_dir / "manifest.parquet", sessions), {"memory_limit": DATABASE_MEMORY}
    taken = limits_of_manifest(*paths, LIMIT, unit, "drums", threads=2, **shared)
    return f"{pc.sum(taken['n_taken']).as_py():,} events taken"


def measure(out_dir: Path, unit: str) -> str:
    """Count what became of the events."""
    from drumcorpus.stages.export.figures import measure_export

    index = tables(out_dir, "index")
    report = measure_export(index, unit=unit, threads=2, memory_limit=DATABASE_MEMORY)
    return f"{report['samples']:,} {unit}s"


def list_labels(out_dir: Path, split: str, n_shards: int) -> str:
    """Write the label list of one split as JSON."""
    from drumcorpus.stages.export.label_lists import write_label_list

    path, index = out_dir / "labels.json", tables(out_dir, "index")[:n_shards]
    n_records = write_label_list(
        path, index, split, read_taxonomy()[1], out_dir / "weights.parquet"
    )
    return f"{n_records:,} records, {path.stat().st_size / 1e6:,.0f} MB"


def assemble(out_dir: Path, unit: str) -> str:
    """Write the label tables with their weights, and all else that stands around the samples."""
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.stages.export.assemble import assemble_export

    root = out_dir / "export"
    metadata = assemble_export(
        root,
        manifest="bench",
        export="clips",
        index=tables(out_dir, "index"),
        written=tables(out_dir, "files"),
        events=tables(out_dir, "events"),
        sessions=tables(out_dir, "sessions"),
        release=None,
        settings=SETTINGS | {"unit": unit},
        class_maps=read_taxonomy()[1],
        weights=out_dir / "weights.parquet",
        label_files=[],
        cards={"egmd": read_yaml(CARD)},
        memory_limit=DATABASE_MEMORY,
        threads=2,
    )
    size = sum(path.stat().st_size for path in root.glob("*/*_labels.parquet"))
    return f"{metadata['statistics']['records']:,} records, {size / 1e6:,.0f} MB of label tables"


if __name__ == "__main__":
    main()
