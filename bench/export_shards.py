"""Measure how fast recordings become clips and segments, as loose files and as shards.

    python bench/export_shards.py OUT [--clips 20000] [--files 40] [--seconds 120] [--jobs 2]
                                      [--repeats 3]

writes drum-like noise below OUT, 44.1 kHz mono, as PCM16 WAV and as FLAC. Clips of 280 ms are cut
by `--jobs` processes, each of which decodes its own share of the recordings; they count on the
clock, and beside them the file system alone: as many files of that size, and nothing else. Segments
of 10 s are cut by one process; there the seconds of sound per second of its CPU count, and in the
same run libsndfile decodes the same files into floats and does nothing else. Every sample has a
SHA-256, and in a shard a record of 1.5 kB. Each line is the median of `--repeats` runs. What was
written is removed at the end alone: for half a minute after files were deleted ext4 takes ten times
as long to make one, for it gives no number of those again and looks at each.
"""

import argparse
import hashlib
import shutil
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile

from drumcorpus.ground.files.tar_shards import TarShards
from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.ground.sound.encoding import EncodedRecording
from drumcorpus.stages.export.parquet_shards import ParquetShards

RATE_HZ = 44_100
CLIP = round(0.28 * RATE_HZ)
PREROLL = round(0.08 * RATE_HZ)
SEGMENT = 10 * RATE_HZ
BOUNDS = {"shard_bytes": 10**9, "shard_samples": 20_000}
RECORD_BYTES = 1_500
STROKE = pa.struct([("onset", pa.float64()), ("label", pa.string()), ("velocity", pa.float64())])
RECORDS = pa.schema(
    [("sample_id", pa.string()), ("sha256", pa.string()), ("strokes", pa.list_(STROKE))]
)


def main() -> None:
    """Write the recordings, time the steps."""
    args = read_arguments()
    raw = args.out / "raw"
    write_recordings(raw, args.files, args.seconds)
    per_file = args.clips // args.files
    shares = [list(range(job, args.files, args.jobs)) for job in range(args.jobs)]
    with ProcessPoolExecutor(args.jobs) as pool:
        list(pool.map(abs, range(args.jobs)))  # start the processes
        for form in ("the files alone", "loose", "tar"):
            runs = []
            for repeat in range(args.repeats):
                made = args.out / f"made/{form}/{repeat}"
                runs.append(run_clips(pool, partial(cut_clips, raw, made, form, per_file), shares))
            rate = statistics.median(clips / wall for clips, wall, _ in runs)
            of_cpu = statistics.median(clips / cpu for clips, _, cpu in runs)
            said = f"{rate:9,.0f} clips/s on the clock {of_cpu:9,.0f} a second of CPU"
            print(f"clips, {form}, {args.jobs} processes".ljust(34), said, flush=True)
    n_seconds = args.files * args.seconds
    for kind in ("wav", "flac"):
        paths = sorted(raw.glob(f"*.{kind}"))
        alone = median_cpu(partial(decode, paths), args.repeats)
        print(f"libsndfile alone, {kind}".ljust(34), f"{n_seconds / alone:9,.0f} s of sound/s CPU")
        for form, encoding in (("tar", "wav16"), ("parquet", "wav16"), ("tar", "flac")):
            work = partial(
                cut_segments, paths, args.out / f"made/{kind}_{encoding}", form, encoding
            )
            cpu = median_cpu(work, args.repeats)
            said = f"{n_seconds / cpu:9,.0f} s of sound/s CPU, {alone / cpu:.0%} of libsndfile"
            print(f"segments, {kind} to {encoding} in {form}".ljust(34), said, flush=True)
    shutil.rmtree(raw)
    shutil.rmtree(args.out / "made")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=int, default=20_000)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=120, help="of each recording")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def write_recordings(folder: Path, n_files: int, n_seconds: int) -> None:
    """Noise that dies away ten times a second, once in each format."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    envelope = 0.5 * np.exp(-np.arange(RATE_HZ // 10) / 700)
    for number in range(n_files):
        noise = rng.uniform(-1, 1, (n_seconds * 10, len(envelope))) * envelope
        samples = noise.astype(np.float32).reshape(-1)
        for kind in ("wav", "flac"):
            soundfile.write(folder / f"{number:04d}.{kind}", samples, RATE_HZ, subtype="PCM_16")


def run_clips(pool, cut, shares) -> tuple[int, float, float]:
    """Clips that were cut, seconds on the clock, seconds of CPU of all processes."""
    start = time.perf_counter()
    done = list(pool.map(cut, shares))
    wall = time.perf_counter() - start
    return sum(clips for clips, _ in done), wall, sum(cpu for _, cpu in done)


def cut_clips(
    raw: Path, out: Path, form: str, per_file: int, share: list[int]
) -> tuple[int, float]:
    """Cut the clips of some recordings; how many, and the seconds of CPU."""
    start, n_clips = time.process_time(), 0
    onsets = np.random.default_rng(share[0])
    stem = f"train-bench-{share[0]:03d}"
    if form == "the files alone":
        content = bytes(44 + 2 * CLIP)
        for number in range(per_file * len(share)):
            write_loose(out / stem / f"{number % 100:02d}", f"{number:020d}.wav", content)
        return per_file * len(share), time.process_time() - start
    with TarShards(out, stem, **BOUNDS) as tar:
        for number in share:
            samples, rate = read_mono(raw / f"{number:04d}.wav")
            recording = EncodedRecording(samples, rate, "wav16")
            for onset in np.sort(onsets.integers(0, len(samples), per_file)).tolist():
                content = recording.cut(onset - PREROLL, CLIP).content
                key = f"{number:04d}{n_clips:016d}"
                record = make_record(content)
                if form == "tar":
                    tar.add(key, {"wav": content, "json": record})
                else:
                    write_loose(out / stem / key[-2:], f"{key}.wav", content)
                n_clips += 1
    return n_clips, time.process_time() - start


def cut_segments(paths: list[Path], out: Path, form: str, encoding: str) -> None:
    """Cut recordings into segments without overlap."""
    extension = "flac" if encoding == "flac" else "wav"
    options = {"sample_rate_hz": RATE_HZ, "extension": extension} | BOUNDS
    with (
        TarShards(out, "train-bench", **BOUNDS) as tar,
        ParquetShards(out, "train-bench", RECORDS, **options) as parquet,
    ):
        for number, path in enumerate(paths):
            samples, rate = read_mono(path)
            recording = EncodedRecording(samples, rate, encoding)
            for start in range(0, len(samples), SEGMENT):
                content = recording.cut(start, SEGMENT).content
                key = f"{number:04d}_{start:09d}"
                if form == "tar":
                    tar.add(key, {extension: content, "json": make_record(content)})
                else:
                    strokes = [[{"onset": n / 4, "label": "kick"} for n in range(40)]]
                    digest = hashlib.sha256(content).hexdigest()
                    columns = {"sample_id": [key], "sha256": [digest], "strokes": strokes}
                    parquet.add(pa.table(columns, RECORDS), [content])


def make_record(content: bytes) -> bytes:
    """What stands in for the record of a sample: its digest, filled up."""
    return hashlib.sha256(content).hexdigest().encode().ljust(RECORD_BYTES, b" ")


def write_loose(folder: Path, name: str, content: bytes) -> None:
    """Write one new file."""
    path = f"{folder}/{name}"
    try:
        handle = open(path, "xb", buffering=0)  # noqa: PTH123, SIM115 (a Path costs as much)
    except FileNotFoundError:
        folder.mkdir(parents=True)
        handle = open(path, "xb", buffering=0)  # noqa: PTH123, SIM115
    with handle:
        handle.write(content)


def decode(paths: list[Path]) -> None:
    """Decode whole files into floats."""
    for path in paths:
        soundfile.read(path, dtype="float32")


def median_cpu(work, n_repeats: int) -> float:
    """Median seconds of CPU that `work` takes in this process."""
    taken = []
    for _ in range(n_repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
