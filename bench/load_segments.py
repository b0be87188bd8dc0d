"""Measure how fast segments are read for training, beside libsndfile's own decoding of them.

    python bench/load_segments.py OUT [--segments 60] [--repeats 5]

writes segments of 10 s at 44.1 kHz, mono, with 80 strokes each: as WAV and as FLAC, in tar and in
Parquet shards and one file for each. It reads each shard with targets at 100 frames a second, in a
shuffled stream, and lets libsndfile decode the same files as float32, by turns. What is printed is
seconds of sound per second of CPU, and the share of libsndfile's rate in the same turn; medians.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from drumcorpus.ground.files.tar_shards import TarShards
from drumcorpus.ground.sound.encoding import ENCODINGS, EncodedRecording
from drumcorpus.load.exports import open_export
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.parquet_shards import ParquetShards

RATE_HZ, SECONDS, FPS = 44_100, 10, 100
N_STROKES = 80  # of a segment
LABELS = ["kick", "snare", "hihat_closed", "hihat_open", "crash"]
BOUNDS = {"shard_bytes": 10**9, "shard_samples": 20_000}


def main() -> None:
    """Write the segments, read them, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--segments", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    for encoding in ("wav16", "flac"):
        root = args.out_dir / encoding
        files = write_export(root, args.segments, encoding)
        export = open_export(root)
        works = {"libsndfile": lambda files=files: decode(files)}
        for form in ("webdataset", "parquet"):
            works[form] = lambda form=form, export=export: read(export, form)
        times = measured(works, args.repeats)
        for name, seconds in times.items():
            rate = args.segments * SECONDS / statistics.median(seconds)
            turns = zip(times["libsndfile"], seconds, strict=True)
            share = statistics.median(peer / own for peer, own in turns)
            print(
                f"{encoding:<6} {name:<11} {rate:9,.0f} s of sound/s of CPU  {share:6.0%}",
                flush=True,
            )


def measured(works: dict, repeats: int) -> dict[str, list[float]]:
    """Seconds of CPU of each, by turns; the first turn is not counted."""
    times = {name: [] for name in works}
    for _ in range(repeats + 1):
        for name, work in works.items():
            start = time.process_time()
            work()
            times[name].append(time.process_time() - start)
    return {name: each[1:] for name, each in times.items()}


def decode(files: list[Path]) -> None:
    """Every sound as libsndfile decodes it."""
    for path in files:
        soundfile.read(path, dtype="float32")


def read(export, form: str) -> None:
    """Every segment with its targets, opened anew as a training run does."""
    for sample in export.reader("train", form=form, seed=1):
        targets = sample.frames(FPS, spread=(0.5, 1.0, 0.5))
        assert targets.shape == (SECONDS * FPS, len(LABELS))


def write_export(root: Path, n_segments: int, encoding: str) -> list[Path]:
    """An export of segments in both kinds of shards; the files beside it that libsndfile reads."""
    (root / "train").mkdir(parents=True, exist_ok=True)
    ids = {label: number for number, label in enumerate(LABELS)}
    components = {"schema": "drumcorpus.export_components/2", "classes": ids, "class_maps": {}}
    (root / "components.json").write_text(json.dumps(components))
    (root / "metadata.json").write_text("{}")
    extension, schema = ENCODINGS[encoding].extension, records_schema([])
    stem = "train-bench-000"
    rows, files = [], []
    parquet = ParquetShards(
        root / "train", stem, schema, sample_rate_hz=RATE_HZ, extension=extension, **BOUNDS
    )
    with TarShards(root / "train", stem, **BOUNDS) as tar, parquet:
        for number in range(n_segments):
            record, sound = make_segment(np.random.default_rng(number), f"segment_{number:06d}")
            content = EncodedRecording(sound, RATE_HZ, encoding).cut(0, len(sound)).content
            record |= {"shard": f"train/{stem}-000000.tar"}
            record |= {"parquet_shard": f"train/{stem}-000000.parquet"}
            rows.append(record)
            tar.add(record["sample_id"], {extension: content, "json": json.dumps(record).encode()})
            parquet.add(pa.Table.from_pylist([record], schema), [content])
            files.append(root / f"{record['sample_id']}.{extension}")
            files[-1].write_bytes(content)
    pq.write_table(pa.Table.from_pylist(rows, schema), root / "train/train_labels.parquet")
    return files


def make_segment(rng: np.random.Generator, sample_id: str) -> tuple[dict, np.ndarray]:
    """Bursts of noise that die away above a quiet ground, and their record."""
    sound = rng.normal(0, 3e-4, SECONDS * RATE_HZ).astype(np.float32)
    onsets = np.sort(rng.uniform(0, SECONDS, N_STROKES))
    strokes = []
    for onset in onsets.tolist():
        velocity, start = float(rng.uniform(0.2, 1)), round(onset * RATE_HZ)
        place = slice(start, min(start + RATE_HZ // 2, len(sound)))
        n_samples = place.stop - place.start
        decay = np.exp(-np.arange(n_samples) / (0.08 * RATE_HZ), dtype=np.float32)
        sound[place] += 0.15 * velocity * rng.normal(size=n_samples).astype(np.float32) * decay
        label = LABELS[rng.integers(len(LABELS))]
        stroke = {"onset": onset, "label": label, "velocity": velocity, "techniques": []}
        strokes.append(stroke | {"event_id": f"{len(strokes):020x}"})
    record = {"sample_id": sample_id, "source_set": "bench", "session_id": sample_id}
    record |= {"split": "train", "start": 0.0, "duration": float(SECONDS), "weight": 1.0}
    record |= {"sample_rate_hz": RATE_HZ, "channels": 1, "n_samples": len(sound)}
    return record | {"strokes": strokes, "ringing": []}, np.clip(sound, -0.99, 0.99)


if __name__ == "__main__":
    main()
