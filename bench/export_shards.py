"""Measure how fast recordings become the samples of an export, as loose files and as shards.

    python bench/export_shards.py OUT [--clips 20000] [--files 40] [--seconds 120] [--jobs 2]
                                      [--repeats 3]

writes drum-like noise below OUT, 44.1 kHz mono, as PCM16 WAV and as FLAC, and draws its events, a
shard for each job. A job does what `write_samples` does on the machine whose inventory has hashed
the recordings: it reads the events of its shard, decodes every recording, cuts, describes, hashes
and writes its samples, and writes the records as Parquet. Clips of 280 ms (crashes 880) are cut by
`--jobs` processes; they count on the clock and per second of CPU of all processes. Beside them the
limit: as many bytes written plainly, in as many files. Segments of 10 s are cut by one process;
there the seconds of sound per second of its CPU count, and in the same turns libsndfile decodes the
same files into floats and does nothing else. Each line is the median of `--repeats` runs. What was
written is removed at the end alone: for half a minute after files were deleted ext4 takes ten times
as long to make one, for it gives no number of those again and looks at each.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from drawn_shards import SOURCE_SET, TAXONOMY, draw_shard

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.fact_cache import FactCache
from drumcorpus.ground.files.raw_files import RawFile, stat_stamp
from drumcorpus.ground.files.tables import read_table, write_tables
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.raw_sound import export_sound
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.stages.export.shard_inputs import read_sample_cutter

RATE_HZ = 44_100
CONFIG = TAXONOMY.parents[1] / "config/config.yaml"
TAXONOMY_FILES = [TAXONOMY / f"{name}.yaml" for name in ("components", "techniques", "dynamics")]
FORMS = {"loose": "files", "tar": "webdataset"}
# Settings as the config has them, but for these.
EXPORT = read_yaml(CONFIG)["export"] | {"channels": "mono", "sample_rate_hz": RATE_HZ}
CLIPS = EXPORT | {"unit": "clip", "preroll_ms": 80, "postroll_ms": {"default": 200, "crash": 800}}
SEGMENTS = EXPORT | {"unit": "segment", "seconds": 10, "overlap": 0}


def main() -> None:
    """Write the recordings, time the jobs."""
    args = read_arguments()
    out = args.out.resolve() / "export_shards"
    for kind in ("wav", "flac"):
        write_recordings(out, kind, args)
    n_seconds = args.files * args.seconds
    with ProcessPoolExecutor(args.jobs) as pool:
        list(pool.map(abs, range(args.jobs)))  # start the processes
        for form in FORMS:
            runs, limits = [], []
            for repeat in range(args.repeats):
                job = partial(cut, out, "wav", form, "wav16", CLIPS, repeat)
                runs.append(run(pool, job, args.jobs))
                plain = partial(write_plainly, out / f"plain/{form}/{repeat}", form)
                limits.append(run(pool, plain, runs[-1][3]))
            name = f"clips, {form}, {args.jobs} processes"
            print_rates(name, runs)
            print_rates("  the same bytes alone", limits)
    for kind in ("wav", "flac"):
        taken = take_turns(out, kind, args)
        alone = taken.pop("libsndfile alone")
        print(f"libsndfile alone, {kind}".ljust(34), f"{n_seconds / alone:9,.0f} s of sound/s CPU")
        for name, cpu in taken.items():
            said = f"{n_seconds / cpu:9,.0f} s of sound/s CPU, {alone / cpu:.0%} of libsndfile"
            print(f"segments, {kind} to {name}".ljust(34), said, flush=True)
    shutil.rmtree(out)


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


def write_recordings(out: Path, kind: str, args: argparse.Namespace) -> None:
    """Noise that dies away ten times a second, and its events, a shard for each job."""
    rng = np.random.default_rng(1)
    envelope = 0.5 * np.exp(-np.arange(RATE_HZ // 10) / 700)
    (out / kind).mkdir(parents=True)
    recordings = []
    for number in range(args.files):
        noise = rng.uniform(-1, 1, (args.seconds * 10, len(envelope))) * envelope
        path = out / kind / f"{number:04d}.{kind}"
        soundfile.write(path, noise.astype(np.float32).reshape(-1), RATE_HZ, subtype="PCM_16")
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        recordings.append({"path": path.name, "bytes": len(content), "sha256": digest})
    for shard in range(args.jobs):
        own = recordings[shard :: args.jobs]
        n_events = args.clips * len(own) // args.files
        folder = out / f"tables_{kind}" / f"{shard:03d}"
        draw_shard(folder, shard, n_events, own, seconds=args.seconds, splits={"train": 1})
    note_digests(out / kind)


def note_digests(folder: Path) -> None:
    """Keep what an inventory has learnt of the files of a folder, as it does."""
    cache = FactCache(folder / "state" / digests_path(SOURCE_SET))
    for path in folder.iterdir():
        if path.is_file():
            file = RawFile(path.name, path.resolve(), stat_stamp(path.stat()))
            cache.fact(file, "sha256", lambda file: sha256_file(file.location))
    cache.save()


def cut(
    out: Path, kind: str, form: str, encoding: str, block: dict, repeat: int, shard: int
) -> tuple[int, int, float]:
    """Do the job of one shard; its samples, their bytes and the seconds of CPU."""
    start = time.process_time()
    os.chdir(out / kind / "state")
    tables = out / f"tables_{kind}" / f"{shard:03d}"
    events, sessions = (read_table(tables / f"{n}.parquet") for n in ("events", "sessions"))
    settings = block | {"encoding": encoding, "form": [FORMS.get(form, form)]}
    made = out / f"made/{block['unit']}_{kind}_{encoding}_{form}/{repeat}"
    cutter = read_sample_cutter(
        made,
        settings,
        SOURCE_SET,
        f"{shard:03d}",
        TAXONOMY_FILES,
        TAXONOMY / "class_maps.yaml",
        TAXONOMY / "general_midi.yaml",
    )
    sound = export_sound(SOURCE_SET, [out / kind], sessions, settings)
    index, written = cutter.write(events, sessions, **sound)
    write_tables([made / f"{n}_{shard:03d}.parquet" for n in ("index", "files")], (index, written))
    n_bytes = sum(written["bytes"].to_pylist())
    return len(index), n_bytes, time.process_time() - start


def write_plainly(folder: Path, form: str, job: tuple[int, tuple[int, int]]) -> tuple:
    """As many bytes as a job has written, in as many files; counts as those of `cut`."""
    number, (n_samples, n_bytes) = job
    start = time.process_time()
    content = bytes(n_bytes // n_samples)
    whole = folder / f"{number:03d}"
    whole.mkdir(parents=True)
    if form == "tar":
        with (whole / "all").open("xb") as handle:
            for _ in range(n_samples):
                handle.write(content)
    else:
        for place in range(256):
            (whole / f"{place:02x}").mkdir()
        for sample in range(n_samples):
            path = f"{whole}/{sample % 256:02x}/{sample:020x}.wav"
            with open(path, "xb", buffering=0) as handle:  # noqa: PTH123 (a Path costs as much)
                handle.write(content)
    return n_samples, n_bytes, time.process_time() - start


def run(pool, job, shards) -> tuple[int, float, float, list]:
    """Samples that were made, seconds on the clock and of CPU, and samples and bytes by job."""
    start = time.perf_counter()
    tasks = range(shards) if isinstance(shards, int) else list(enumerate(shards))
    done = list(pool.map(job, tasks))
    wall = time.perf_counter() - start
    made = [(n_samples, n_bytes) for n_samples, n_bytes, _ in done]
    return sum(n for n, _, _ in done), wall, sum(cpu for _, _, cpu in done), made


def print_rates(name: str, runs: list[tuple]) -> None:
    """Clips on the clock and per second of CPU; medians."""
    rate = statistics.median(n / wall for n, wall, *_ in runs)
    of_cpu = statistics.median(n / cpu for n, _, cpu, _ in runs)
    said = f"{rate:9,.0f} clips/s on the clock {of_cpu:9,.0f} a second of CPU"
    print(name.ljust(34), said, flush=True)


def decode(paths: list[Path]) -> None:
    """Decode whole files into floats."""
    for path in paths:
        soundfile.read(path, dtype="float32")


def take_turns(out: Path, kind: str, args: argparse.Namespace) -> dict[str, float]:
    """Median seconds of CPU of libsndfile alone and of each kind of segments, in this process.

    They take turns, for what else the machine does changes within a run.
    """
    paths = sorted(out.glob(f"{kind}/*.{kind}"))
    forms = (("tar", "wav16"), ("parquet", "wav16"), ("tar", "flac"))
    taken: dict[str, list[float]] = {}
    for repeat in range(args.repeats):
        start = time.process_time()
        decode(paths)
        taken.setdefault("libsndfile alone", []).append(time.process_time() - start)
        for form, encoding in forms:
            start = time.process_time()
            for shard in range(args.jobs):
                cut(out, kind, form, encoding, SEGMENTS, repeat, shard)
            seconds = time.process_time() - start
            taken.setdefault(f"{encoding} in {form}", []).append(seconds)
    return {name: statistics.median(each) for name, each in taken.items()}


if __name__ == "__main__":
    main()
