"""Measure how near the stages that listen to sound come to libsndfile's own rate.

    python bench/sound_stages.py ROOT [--limit 8] [--repeats 3]

ROOT as of `audio_checks.py`: real performances that a sampled kit was rendered from. They are
copied as stereo of 16 bits at 44.1 kHz, once as WAV and once as FLAC. A fresh process then does
what a job of `check_audio`, `fingerprint_sessions` or `embed_crashes` does for them on the machine
whose inventory has hashed them, or decodes them into floats and does nothing else, or hashes them,
as a job on another machine does before. The first session is done once before: start, imports and
what is made once are not counted. Products of matrices have one thread, as Snakemake gives a job.
These five take turns; a line is the median of `--repeats`:
seconds of sound per second of CPU, as a share of libsndfile's.
"""

import argparse
import os
import statistics
import tempfile
import time
from functools import cache
from pathlib import Path

from audio_checks import CONFIG, copy_as_stereo
from measured import run_fresh

# Labels of notes of the TD-11 that change what a stage does; all others are one drum.
LABELS = dict.fromkeys((49, 52, 55, 57), "crash") | dict.fromkeys((51, 53, 59), "ride_bow")
OTHER = "snare"
LOUDEST = 127  # velocity of MIDI
TAXONOMY = CONFIG.parents[1] / "resources/taxonomy"


def main() -> None:
    """Read the command line, time the stages."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--limit", type=int, default=8, help="sessions")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    stages = {
        "libsndfile alone": decode,
        "check_audio": check,
        "fingerprint_sessions": fingerprint,
        "embed_crashes": embed,
        "SHA-256 alone": hash_all,
    }
    for kind in ("wav", "flac"):
        rates: dict[str, list[float]] = {name: [] for name in stages}
        with tempfile.TemporaryDirectory() as folder:
            run_fresh(copy_as_stereo, args.root, Path(folder), kind, args.limit)
            run_fresh(note_events, args.root, Path(folder), kind)
            for _ in range(args.repeats):
                for name, stage in stages.items():
                    rates[name].append(run_fresh(rate_of, stage, Path(folder)).result)
        alone = statistics.median(rates["libsndfile alone"])
        for name, each in rates.items():
            rate = statistics.median(each)
            print(f"{kind:<5} {name:<22} {rate:7,.0f} s of sound/s CPU {rate / alone:7.1%}")


def note_events(root: Path, out: Path, kind: str) -> None:
    """Tables of the sessions that were copied and of their strokes: crashes, rides, and snares."""
    import mido
    import pyarrow as pa

    from drumcorpus.ground.files.digests import sha256_file
    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.schemas import EVENTS, SESSIONS

    midi = {path.stem: path for path in root.rglob("*.mid")}
    sessions, events = [], []
    for path in sorted(out.glob(f"*.{kind}")):
        name = {"source_set": "bench", "session_id": path.name, "audio_path": path.name}
        file = {"path": path.name, "role": "audio", "bytes": path.stat().st_size}
        files = [file | {"sha256": sha256_file(path)}]
        own = {"annotation_path": "x", "group_id": path.name, "split": "train", "files": files}
        sessions.append(dict.fromkeys(SESSIONS.names) | name | own)
        now = 0.0
        for message in mido.MidiFile(midi[path.stem]):
            now += message.time
            if message.type == "note_on" and message.velocity > 0:
                event = {"event_id": f"{len(events):08d}", "onset_time": now}
                label, velocity = LABELS.get(message.note, OTHER), message.velocity / LOUDEST
                event["components"] = [{"label": label, "velocity": velocity}]
                events.append(dict.fromkeys(EVENTS.names) | name | event)
    write_table(out / "sessions.parquet", pa.Table.from_pylist(sessions, SESSIONS))
    write_table(out / "events.parquet", pa.Table.from_pylist(events, EVENTS))


def rate_of(stage, folder: Path) -> float:
    """Seconds of sound per second of CPU of a stage, which has done the first session before."""
    import pyarrow.compute as pc
    import soundfile

    from drumcorpus.ground.files.tables import read_table

    sessions, events = (read_table(folder / f"{name}.parquet") for name in ("sessions", "events"))
    first = sessions["session_id"][0]
    stage(folder, sessions.slice(0, 1), events.filter(pc.equal(events["session_id"], first)))
    start = time.process_time()
    stage(folder, sessions, events)
    seconds = time.process_time() - start
    paths = sessions["audio_path"].to_pylist()
    return sum(soundfile.info(folder / path).duration for path in paths) / seconds


def decode(folder: Path, sessions, events) -> None:
    """Decode the recordings into floats with libsndfile, block by block."""
    import soundfile

    for path in sessions["audio_path"].to_pylist():
        with soundfile.SoundFile(folder / path) as file:
            for _ in file.blocks(1 << 18, dtype="float32"):
                pass


def check(folder: Path, sessions, events) -> None:
    """What a job of `check_audio` does."""
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.stages.checks.session_checks import check_sessions

    prepare_job()
    measure, read = config()["checks"]["measure"], raw_data(folder, sessions).verified
    check_sessions(sessions, events, read, families(), measure, n_shards=1)


def fingerprint(folder: Path, sessions, events) -> None:
    """What a job of `fingerprint_sessions` does."""
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.stages.splits.fingerprints import (
        fingerprint_sessions,
        sound_of,
        write_fingerprints,
    )

    prepare_job()
    batches = fingerprint_sessions(
        sessions,
        events.select(["session_id", "onset_time", "audio_path", "components"]),
        classes(),
        sound_of(sessions, raw_data(folder, sessions).verified),
        **config()["splits"]["fingerprints"],
    )
    write_fingerprints(folder / "fingerprints.parquet", batches)


def embed(folder: Path, sessions, events) -> None:
    """What a job of `embed_crashes` does."""
    from drumcorpus.ground.files.tables import write_table
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.ground.sound.recordings import recording_reader
    from drumcorpus.stages.crash.hits import embed_cymbals

    prepare_job()
    crash = config()["crash"]
    rate = crash["embedding"]["sample_rate_hz"]
    read = raw_data(folder, sessions).verified
    open_audio = recording_reader(sessions, read, rate, allow_not_finite=True)
    embeddings = embed_cymbals(
        events,
        cymbal_families(),
        lambda path, spans: open_audio(path, spans)[0],
        sample_rate_hz=rate,
        companion=companion(),
    )
    write_table(folder / "embeddings.parquet", embeddings)


def hash_all(folder: Path, sessions, events) -> None:
    """Hash the recordings, and do nothing else."""
    from drumcorpus.ground.files.digests import sha256_file

    for path in sessions["audio_path"].to_pylist():
        sha256_file(folder / path)


def raw_data(folder: Path, sessions):
    """The recordings, which the inventory has hashed and which have not changed since."""
    import os

    from drumcorpus.ground.files.paths import printable
    from drumcorpus.ground.files.raw_files import stat_stamp
    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.sessions import file_digests

    digests = file_digests(sessions)
    places = {path: os.path.realpath(folder / path) for path in digests}
    stamps = {path: stat_stamp(Path(place).stat()) for path, place in places.items()}
    hashed = {printable(places[path]): (stamps[path], digests[path]) for path in digests}
    return RawReader([folder], digests, hashed)


# What a job reads once, however much sound it has: the first session has done it before.
@cache
def config() -> dict:
    """The configuration as it is committed."""
    from drumcorpus.ground.files.yaml_files import read_yaml

    return read_yaml(CONFIG)


@cache
def families():
    """Of the taxonomy, as a job of `check_audio` reads it."""
    from drumcorpus.ground.files.taxonomy_files import load_taxonomy

    names = ("components", "techniques", "dynamics")
    return load_taxonomy(*(TAXONOMY / f"{name}.yaml" for name in names)).families


@cache
def classes() -> dict:
    """Of strokes, as a job of `fingerprint_sessions` reads them."""
    from drumcorpus.ground.files.yaml_files import read_yaml

    return read_yaml(TAXONOMY / "class_maps.yaml")["classes_5"]


@cache
def cymbal_families():
    """As a job of `embed_crashes` reads them."""
    from drumcorpus.ground.files.taxonomy_files import load_cymbal_families

    return load_cymbal_families(TAXONOMY / "components.yaml", config()["crash"]["families"])


@cache
def companion():
    """Labels of the cymbal that is taken out of others' hits, as a job of `embed_crashes` does."""
    from drumcorpus.ground.files.taxonomy_files import load_labels_of_family

    name = config()["crash"]["embedding"]["companion"]
    return load_labels_of_family(TAXONOMY / "components.yaml", name)


if __name__ == "__main__":
    main()
