"""Measure the planning and labelling of an export of the size of E-GMD, on drawn events.

    python bench/export_records.py OUT [--events 12900000] [--shard-events 100000] [--unit clip]

draws one shard after the other, with E-GMD's strokes per second and per session. Of each, a fresh
process plans the samples, labels them with all that sounds in them by every class map, and writes
the records as Parquet; every tenth shard's are written as JSON too. Prints the sums over the
shards, and the memory of the largest process beside what it may be. A shard's files are removed
once it is done.
"""

import argparse
import shutil
import time
from pathlib import Path

from measured import Figures, print_figures, run_fresh

MEMORY_LIMIT_MB = 2_000
RATE_HZ = 44_100
SESSION_EVENTS, SESSION_S = 283, 35.1  # of 12.9 M events and 444 h in 45,537 sessions
JSON_EVERY = 10  # shards
TAXONOMY = Path(__file__).parent.parent / "resources/taxonomy"
RING_MS = {"default": 250, "crash": 3000, "ride": 3000, "cymbal": 3000}
# How often a label is drawn; the rest is 1.
OFTEN = {"kick": 25, "snare": 25, "hihat_closed": 30, "hihat_open": 6, "hihat_pedal": 8}
OFTEN |= {"ride_bow": 12, "crash": 3, "tom_high": 3, "tom_mid": 3, "tom_low": 4}


def main() -> None:
    """Draw and label the shards."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--events", type=int, default=12_900_000)
    parser.add_argument("--shard-events", type=int, default=100_000)
    parser.add_argument("--unit", choices=["clip", "segment"], default="clip")
    args = parser.parse_args()
    shards = []
    for number, first in enumerate(range(0, args.events, args.shard_events)):
        folder = args.out_dir / f"{number:04d}"
        run_fresh(draw, folder, number, min(args.shard_events, args.events - first))
        shards.append(run_fresh(label, folder, args.unit, number % JSON_EVERY == 0))
        shutil.rmtree(folder)
    sums = {name: sum(shard.result[name] for shard in shards) for name in shards[0].result}
    wall, cpu = (sum(getattr(shard, name) for shard in shards) for name in ("wall", "cpu"))
    whole = Figures(wall, cpu, max(shard.peak_mb for shard in shards), None)
    rate = f"{sums['events'] / cpu:,.0f} events/s of CPU; memory limit {MEMORY_LIMIT_MB:,} MB"
    print_figures(f"{sums['events']:,} events, {len(shards)} shards", whole, rate)
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
        f"{sums['json_bytes'] / sums['lines']:.0f} bytes each"
    )


def draw(folder: Path, seed: int, n_events: int) -> None:
    """Events and sessions of one shard."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.schemas import COMPONENT, EVENTS, SESSIONS

    rng = np.random.default_rng(seed)
    n_sessions = max(1, n_events // SESSION_EVENTS)
    number = np.sort(rng.integers(0, n_sessions, n_events))
    onset = np.round(rng.random(n_events) * SESSION_S, 6)
    order = np.lexsort((onset, number))
    per_event = 1 + (rng.random(n_events) < 0.2)
    offsets = np.concatenate([[0], np.cumsum(per_event)])
    labels = list(read_yaml(TAXONOMY / "components.yaml"))
    odds = np.array([OFTEN.get(label, 1) for label in labels], float)
    drawn = rng.choice(len(labels), offsets[-1], p=odds / odds.sum())
    values = {
        "label": pa.array(labels).take(pa.array(drawn)),
        "velocity": pa.array(np.round(rng.random(offsets[-1]), 4)),
        "confidence": pa.array(np.ones(offsets[-1])),
    }
    components = pa.StructArray.from_arrays(
        [values.get(field.name, pa.nulls(offsets[-1], field.type)) for field in COMPONENT],
        fields=list(COMPONENT),
    )
    ids = pc.cast(pa.array(seed * 10**9 + np.arange(n_events)), pa.string())
    names = pa.array([f"drummer{n % 9}/session{n}/{seed}" for n in range(n_sessions)])
    flam = np.where(rng.random(n_events) < 0.05, 1, 0)
    columns = {
        "event_id": pc.utf8_lpad(ids, 20, "0"),
        "session_id": names.take(pa.array(number)),
        "audio_path": pc.binary_join_element_wise(names, "wav", ".").take(pa.array(number)),
        "onset_time": pa.array(onset[order]),
        "components": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), components),
        "techniques": pa.ListArray.from_arrays(
            pa.array(np.concatenate([[0], np.cumsum(flam)]), pa.int32()),
            pa.array(["flam"] * int(flam.sum()), pa.string()),
        ),
    }
    same = {"source_set": "egmd", "split": "train", "license": "CC-BY-4.0", "kit_id": "k1"}
    same |= {"redistributable": True, "negative_example": False, "label_method": "midi"}
    folder.mkdir(parents=True)
    for name, schema, own in (
        ("events", EVENTS, columns),
        ("sessions", SESSIONS, {"session_id": names}),
    ):
        n_rows = len(own["session_id"])
        arrays = [
            own[f.name] if f.name in own else pa.repeat(pa.scalar(same.get(f.name), f.type), n_rows)
            for f in schema
        ]
        write_table(folder / f"{name}.parquet", pa.Table.from_arrays(arrays, schema=schema))


def label(folder: Path, unit: str, with_json: bool) -> dict:
    """Plan and label the samples of one shard; seconds of CPU and counts."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from drumcorpus.ground.files.tables import read_table, write_table
    from drumcorpus.ground.files.taxonomy_files import load_taxonomy
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.stages.export.class_maps import make_class_maps
    from drumcorpus.stages.export.records import SOUND, json_lines, make_records
    from drumcorpus.stages.export.settings import milliseconds_by_label
    from drumcorpus.stages.export.windows import (
        RECORDINGS,
        clip_windows,
        segment_windows,
        settle,
    )

    names = ("components", "techniques", "dynamics")
    taxonomy = load_taxonomy(*(TAXONOMY / f"{name}.yaml" for name in names))
    maps = make_class_maps(taxonomy.labels, read_yaml(TAXONOMY / "class_maps.yaml"))
    events = read_table(folder / "events.parquet")
    sessions = read_table(folder / "sessions.parquet")

    start = time.process_time()
    own = {
        "audio_path": pc.binary_join_element_wise(sessions["session_id"], "wav", "."),
        "n_samples": pa.repeat(round(SESSION_S * RATE_HZ), len(sessions)),
        "split": pa.repeat("train", len(sessions)),
        "reason": pa.nulls(len(sessions), pa.string()),
    }
    recordings = pa.Table.from_arrays(
        [own[name] if name in own else sessions[name] for name in RECORDINGS.names],
        schema=RECORDINGS,
    )
    rate = {"sample_rate_hz": RATE_HZ}
    if unit == "clip":
        lengths = {
            "preroll_ms": milliseconds_by_label(80, taxonomy.families),
            "postroll_ms": milliseconds_by_label({"default": 200, "crash": 800}, taxonomy.families),
        }
        windows = clip_windows(events, maps, **lengths, **rate)
        windows = settle(windows, recordings, unit)
    else:
        windows = segment_windows(recordings, seconds=10, **rate)
    planned = time.process_time()
    constant = {"sha256": "0" * 64, "shard": "train/train-egmd-000-000000.tar", "gain_db": 0.0}
    constant |= {"bytes": 24_740, "channels": 1, "n_clipped": 0}
    arrays = [
        windows[f.name]
        if f.name == "sample_id"
        else pa.repeat(pa.scalar(constant.get(f.name), f.type), len(windows))
        for f in SOUND
    ]
    ring = milliseconds_by_label(RING_MS, taxonomy.families)
    sound = pa.Table.from_arrays(arrays, schema=SOUND)
    records = make_records(windows, events, sessions, sound, maps, ring_ms=ring, **rate)
    labelled = time.process_time()
    write_table(folder / "records.parquet", records)
    written = time.process_time()
    sizes = [len(line) for line in json_lines(records, maps)] if with_json else []
    strokes = {
        name: len(records[name].combine_chunks().flatten()) for name in ("strokes", "ringing")
    }
    return {
        "events": len(events),
        "records": len(records),
        "inside": strokes["strokes"],
        "ringing": strokes["ringing"],
        "parquet_bytes": (folder / "records.parquet").stat().st_size,
        "plan": planned - start,
        "label": labelled - planned,
        "write": written - labelled,
        "json": time.process_time() - written,
        "lines": len(sizes),
        "json_bytes": int(np.sum(sizes)),
    }


if __name__ == "__main__":
    main()
