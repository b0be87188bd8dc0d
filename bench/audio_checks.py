"""Measure how fast the sound of sessions is checked, and what an hour of sound takes of memory.

    python bench/audio_checks.py ROOT [--limit 8] [--long-seconds 3600]

ROOT has the layout of Groove MIDI, with audio: a folder that a sampled kit was rendered into. Its
sessions are copied as stereo, 16 bits at 44.1 kHz, once as WAV and once as FLAC; then a fresh
process does for them what a job of the workflow does, digests included. The seconds of sound per
second of CPU count. A stereo WAV file of one hour is last.
"""

import argparse
import os
import tempfile
from pathlib import Path

from measured import print_figures, run_fresh

CONFIG = Path(__file__).parent.parent / "config/config.yaml"
RATE_HZ = 44_100


def main() -> None:
    """Read the command line, time the steps."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--limit", type=int, default=8, help="sessions")
    parser.add_argument("--long-seconds", type=int, default=3600, help="of the last session")
    args = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as Snakemake has it for a job of one thread
    for kind in ("wav", "flac"):
        with tempfile.TemporaryDirectory() as folder:
            run_fresh(copy_as_stereo, args.root, Path(folder), kind, args.limit)
            show(f"{args.limit} sessions, {kind}", run_fresh(check, Path(folder), kind))
    with tempfile.TemporaryDirectory() as folder:
        run_fresh(write_long, Path(folder), args.long_seconds)
        show(f"one session of {args.long_seconds:,} s, wav", run_fresh(check, Path(folder), "wav"))
    print_figures("imports alone", run_fresh(check, Path(), None))


def show(name: str, figures) -> None:
    """One line with the seconds of sound per second."""
    seconds, late = figures.result
    speed = f"{seconds / figures.wall:.0f}x on the clock, {seconds / figures.cpu:.0f}x of CPU"
    print_figures(name, figures, f"{seconds:,.0f} s of sound: {speed}; median offset {late} ms")


def copy_as_stereo(root: Path, out: Path, kind: str, limit: int) -> None:
    """Copy recordings as stereo, and beside each the onsets of its MIDI file."""
    import mido
    import numpy as np
    import soundfile

    for path in sorted(root.rglob("*.wav"))[:limit]:
        samples, _ = soundfile.read(path, dtype="float32")
        right = np.roll(samples, 3) * 0.9
        soundfile.write(out / f"{path.stem}.{kind}", np.stack([samples, right], axis=1), RATE_HZ)
        now, onsets = 0.0, []
        for message in mido.MidiFile(path.with_suffix(".mid")):
            now += message.time
            if message.type == "note_on" and message.velocity > 0:
                onsets.append(now)
        np.save(out / f"{path.stem}.npy", np.unique(np.round(onsets, 3)))


def write_long(out: Path, seconds: int) -> None:
    """Noise bursts, four a second, in blocks."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(0)
    fade = np.exp(-np.arange(RATE_HZ // 4) / (0.02 * RATE_HZ))[:, None]
    with soundfile.SoundFile(out / "long.wav", "w", RATE_HZ, 2) as file:
        for _ in range(4 * seconds):
            file.write(rng.normal(0, 0.1, (RATE_HZ // 4, 2)) * fade)
    np.save(out / "long.npy", np.arange(4 * seconds) / 4)


def check(folder: Path, kind: str | None) -> tuple[float, float | None]:
    """Do what a job does; returns the seconds of sound and the median of the offsets."""
    import numpy as np
    import pyarrow as pa

    from drumcorpus.ground.files.digests import sha256_file
    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.ground.run.surroundings import prepare_job
    from drumcorpus.schemas import EVENTS, SESSIONS
    from drumcorpus.stages.checks.session_checks import check_sessions

    prepare_job()
    paths = [path.name for path in sorted(folder.glob(f"*.{kind}"))] if kind else []
    shared = {"source_set": "bench", "annotation_path": "x", "files": []}
    sessions = [
        dict.fromkeys(SESSIONS.names) | shared | {"session_id": path, "audio_path": path}
        for path in paths
    ]
    events = [
        dict.fromkeys(EVENTS.names)
        | {"session_id": path, "audio_path": path, "onset_time": onset, "components": []}
        for path in paths
        for onset in np.load((folder / path).with_suffix(".npy")).tolist()
    ]
    checks = check_sessions(
        pa.Table.from_pylist(sessions, SESSIONS),
        pa.Table.from_pylist(events, EVENTS),
        RawReader([folder], {path: sha256_file(folder / path) for path in paths}).verified,
        {},
        read_yaml(CONFIG)["checks"]["measure"],
        n_shards=1,
    )
    late = [value for value in checks["offset_ms"].to_pylist() if value is not None]
    return sum(checks["duration"].to_pylist()), float(np.median(late)) if late else None


if __name__ == "__main__":
    main()
