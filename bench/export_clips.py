"""Measure clips per second of the export, on synthetic audio.

    python bench/export_clips.py OUT_DIR [--events 20000] [--files 40] [--preroll-ms 80]
                                         [--postroll-ms 200] [--jobs 2]

writes noise as PCM16 WAV, cuts `--jobs` shards at once (one process each, as the workflow does),
assembles and verifies the export, and prints one line per step.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.assemble import assemble_export
from drumcorpus.stages.export.clips import cut_clips
from drumcorpus.stages.export.verify import verify_export

RATE_HZ = 44_100
AUDIO_S = 120


def main() -> None:
    """Make the audio, time the steps."""
    args = read_arguments()
    geometry = {"sample_rate_hz": RATE_HZ}
    geometry |= {"preroll_ms": args.preroll_ms, "postroll_ms": args.postroll_ms}
    write_audio(args.out_dir / "raw", args.files)
    events = make_events(args.events, args.files)
    write_table(args.out_dir / "events.parquet", events)
    rows = np.arange(len(events)) * args.jobs // len(events)
    shards = [(f"{job:03d}", events.filter(pa.array(rows == job))) for job in range(args.jobs)]

    cut = partial(cut_shard, args.out_dir, geometry)
    with ProcessPoolExecutor(args.jobs) as pool:
        list(pool.map(abs, range(args.jobs)))  # start the processes
        indexes = timed("cut", len(events), lambda: list(pool.map(cut, shards)))
        timed("cut again", len(events), lambda: list(pool.map(cut, shards)))
    export_root = args.out_dir / "export"
    manifest = args.out_dir / "events.parquet"
    settings = geometry | {"release": None, "memory_limit": "1GB", "threads": args.jobs}
    assemble = partial(assemble_export, components=["kick", "snare"], **settings)
    timed("assemble", len(events), lambda: assemble(manifest, indexes, export_root))
    for level in ("quick", "full"):
        problems = timed(
            f"verify {level}",
            len(events),
            lambda: verify_export(export_root, level),  # noqa: B023
        )
        print(f"{len(problems)} problems")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--preroll-ms", type=float, default=80.0)
    parser.add_argument("--postroll-ms", type=float, default=200.0)
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def write_audio(folder: Path, n_files: int) -> None:
    """Noise, `AUDIO_S` seconds per file."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    for number in range(n_files):
        noise = rng.uniform(-0.5, 0.5, AUDIO_S * RATE_HZ).astype(np.float32)
        soundfile.write(folder / f"{number:04d}.wav", noise, RATE_HZ, subtype="PCM_16")


def make_events(n_events: int, n_files: int) -> pa.Table:
    """Events in order of file; one in ten in validation, one in ten in test."""
    rng = np.random.default_rng(2)
    files = np.sort(rng.integers(0, n_files, n_events))
    onsets = rng.uniform(0, AUDIO_S, n_events)
    component = {"velocity": 0.5, "dynamic_bucket": "medium", "source_label": "36"}
    rows = [
        {"event_id": f"{row:020x}", "source_set": "bench", "session_id": f"s{file:04d}"}
        | {"split": ["train", "validation", "test"][max(file % 10 - 7, 0)]}
        | {"onset_time": float(onset), "audio_path": f"{file:04d}.wav", "license": "CC0-1.0"}
        | {"redistributable": True, "negative_example": False, "techniques": []}
        | {"components": [{"label": ["kick", "snare"][row % 2]} | component]}
        for row, (file, onset) in enumerate(zip(files.tolist(), onsets, strict=True))
    ]
    return pa.Table.from_pylist(rows, EVENTS)


def cut_shard(out_dir: Path, geometry: dict, shard: tuple[str, pa.Table]) -> Path:
    """Cut one shard and write its index."""
    name, events = shard
    index = cut_clips(
        events,
        lambda audio_path: read_mono(out_dir / "raw" / audio_path),
        out_dir / "export",
        source_set="bench",
        shard=name,
        **geometry,
    )
    write_table(out_dir / f"index_{name}.parquet", index)
    return out_dir / f"index_{name}.parquet"


def timed(step: str, n_events: int, work):
    """Run `work` and print what it took."""
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    print(f"{step:<14} {seconds:7.2f} s  {n_events / seconds:10,.0f} events/s")
    return result


if __name__ == "__main__":
    main()
