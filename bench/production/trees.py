"""Write trees of the shape and size of the production sets, with strokes that are drawn.

    python bench/production/trees.py OUT [--sets egmd enst_drums] [--share 1.0] [--sound]

writes below OUT a folder for each set, named as the set: Slakh2100-redux (by `make_slakh_tree.py`),
Groove MIDI, E-GMD, ENST-Drums and IDMT-SMT-Drums, in their layouts, with as many sessions, files
and strokes as `SHAPES` says. The strokes are drawn, not musical. The sound is real in format and as
long as its labels, and no two files are equal; but after the first hundredths of a second it is
silence, which a file system stores as nothing: E-GMD is 141 GB to read and 0.7 GB on the disk. With
--sound it is bursts of noise throughout. A folder that is whole has a file `complete` beside it,
and is taken as it is.
"""

import argparse
import csv
import struct
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import yaml

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "bench"))

from make_slakh_tree import midi_file, note_events, track_chunk, write_tree  # noqa: E402

from drumcorpus.demo.egmd import INDEX_COLUMNS as EGMD_COLUMNS  # noqa: E402
from drumcorpus.demo.groove_mididataset import INDEX_COLUMNS as GROOVE_COLUMNS  # noqa: E402

RATE_HZ = 44_100
TICKS = 480  # of a quarter
STEP_TICKS = TICKS // 4
NOTES_PER_STEP = 1.13  # at 120 a minute 9 a second, as in Groove MIDI
SOUNDING_S = 0.04  # of a recording that is otherwise silent
TAIL_S = 2.0
N_NOISE = 20 * RATE_HZ
# Notes of a TD-11, and how often of a hundred strokes.
PADS = {36: 22, 38: 18, 40: 5, 37: 3, 48: 2, 50: 1, 45: 2, 47: 1, 43: 2, 58: 1, 46: 3, 26: 2}
PADS |= {42: 10, 22: 8, 44: 8, 49: 0.8, 55: 1.2, 57: 0.6, 52: 0.4, 51: 9, 59: 1, 53: 1}
PEDAL_PER_NOTE = 0.6  # messages of the hi-hat pedal
SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
DRUMS = {"bd": 24, "sd": 22, "chh": 30, "ohh": 6, "lt": 4, "mt": 4}
# The cymbals of each drummer of ENST-Drums.
CYMBALS = {"drummer_1": {"c1": 3, "rc2": 9}, "drummer_2": {"cr1": 3, "rc3": 9}}
CYMBALS |= {"drummer_3": {"cr2": 3, "rc3": 9}}
CHANNELS = ("kick", "snare", "hi-hat", "tom_1", "tom_2", "overhead_L", "overhead_R")
CHANNELS += ("dry_mix", "wet_mix")
INSTRUMENTS = {"HH": 50, "KD": 28, "SD": 22}
SERIES = ("RealDrum01", "TechnoDrum01", "WaveDrum01", "WaveDrum02")


@dataclass(frozen=True)
class Shape:
    """What a set has: sessions, and strokes and seconds of sound of one, in the mean."""

    sessions: int
    strokes: int
    seconds: float


# Strokes as they are published; Slakh's make some hundred thousand events fewer.
SHAPES = {
    "slakh2100": Shape(1_708, 1_480, 250.0),
    "groove_mididataset": Shape(1_150, 388, 42.6),
    "enst_drums": Shape(318, 144, 42.0),
    "idmt_smt_drums_v2": Shape(284, 28, 14.0),
    "egmd": Shape(45_537, 315, 35.1),
}
KITS_OF_EGMD = 43


def main() -> None:
    """Read the command line, write the trees."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--sets", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--share", type=float, default=1.0, help="of the sessions of each set")
    parser.add_argument("--sound", action="store_true", help="noise throughout")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for name in args.sets:
        root = args.out_dir / name
        n_sessions, n_strokes = write(name, root, args.share, args.seed, sounding=args.sound)
        print(f"{name}: {n_sessions:,} sessions, {n_strokes:,} strokes in {root}", flush=True)


def write(
    name: str, root: Path, share: float = 1.0, seed: int = 1, *, sounding: bool = False
) -> tuple[int, int]:
    """Write the tree of one set, unless it stands whole.

    Parameters
    ----------
    share : float
        Of the sessions of the set, above 0 and at most 1; at least one session is written.
    sounding : bool
        Whether the sound is noise throughout, and not silence after its beginning.

    Returns
    -------
    n_sessions, n_strokes : int

    Raises
    ------
    SystemExit
        If the folder holds something that was not finished, or another tree.
    """
    n_sessions = max(1, round(SHAPES[name].sessions * share))
    complete = root.with_name(f"{root.name}.complete")
    asked = f"{n_sessions} {seed} {int(sounding)}"
    if complete.is_file():
        stood, n_strokes = complete.read_text().rsplit(" ", 1)
        if stood == asked:
            return n_sessions, int(n_strokes)
    if root.exists():
        raise SystemExit(f"{root} holds a tree that is not the one asked for; take it away first")
    n_strokes = WRITERS[name](root, n_sessions, seed, sounding)
    complete.write_text(f"{asked} {n_strokes}")
    return n_sessions, n_strokes


def write_slakh(root: Path, n_sessions: int, seed: int, sounding: bool) -> int:
    """As `make_slakh_tree.py`."""
    sound = noise_flac if sounding else None
    return write_tree(root, n_sessions, SHAPES["slakh2100"].strokes, seed, sound=sound)


def write_groove(root: Path, n_sessions: int, seed: int, sounding: bool) -> int:
    """Groove MIDI: a MIDI file a performance, and a recording of 19 in 20."""
    rows, total = [], 0
    for number in range(n_sessions):
        rng = np.random.default_rng([seed, 2, number])
        midi, seconds, n_strokes = performance(rng, SHAPES["groove_mididataset"].strokes)
        row = index_row(number, "rock", seconds)
        row |= {"midi_filename": f"{row.pop('stem')}.mid", "duration": f"{seconds:.6f}"}
        audio = row["midi_filename"].replace(".mid", ".wav") if number % 20 else ""
        path = root / row["midi_filename"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(midi)
        if audio:
            write_recording(root / audio, seconds + TAIL_S, rng, sounding)
        rows.append(row | {"audio_filename": audio})
        total += n_strokes
    write_index(root / "info.csv", GROOVE_COLUMNS, rows)
    return total


def write_egmd(root: Path, n_sessions: int, seed: int, sounding: bool) -> int:
    """E-GMD: every performance on 43 kits; the last one on as many as are left."""
    rows, total = [], 0
    kits = kits_of_egmd()
    for first in range(0, n_sessions, KITS_OF_EGMD):
        number = first // KITS_OF_EGMD
        rng = np.random.default_rng([seed, 3, number])
        midi, seconds, n_strokes = performance(rng, SHAPES["egmd"].strokes)
        row = index_row(number, "funk", seconds)
        stem = row.pop("stem")
        (root / stem).parent.mkdir(parents=True, exist_ok=True)
        for kit in range(min(KITS_OF_EGMD, n_sessions - first)):
            path = root / f"{stem}_{kit + 1}.midi"
            path.write_bytes(midi)
            write_recording(path.with_suffix(".wav"), seconds + TAIL_S, rng, sounding)
            files = {"midi_filename": f"{stem}_{kit + 1}.midi"}
            files |= {"audio_filename": f"{stem}_{kit + 1}.wav", "kit_name": kits[kit]}
            rows.append(row | files | {"duration": seconds})
            total += n_strokes
    write_index(root / "e-gmd-v1.0.0.csv", EGMD_COLUMNS, rows)
    return total


def write_enst(root: Path, n_sessions: int, seed: int, sounding: bool) -> int:
    """ENST-Drums: a text of onsets and labels a take, and nine recordings."""
    total = 0
    for number in range(n_sessions):
        rng = np.random.default_rng([seed, 4, number])
        drummer = f"drummer_{number % 3 + 1}"
        stem = f"{number // 3 + 1:03d}_phrase_rock_simple_medium_sticks"
        onsets, labels = strokes(rng, SHAPES["enst_drums"].strokes, DRUMS | CYMBALS[drummer])
        path = root / drummer / "annotation" / f"{stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{at:.6f} {label}\n" for at, label in zip(onsets, labels, strict=True)]
        path.write_text("".join(lines))
        for channel in CHANNELS:
            folder = root / drummer / "audio" / channel
            folder.mkdir(parents=True, exist_ok=True)
            write_recording(folder / f"{stem}.wav", onsets[-1] + TAIL_S, rng, sounding)
        total += len(onsets)
    return total


def write_idmt(root: Path, n_sessions: int, seed: int, sounding: bool) -> int:
    """IDMT-SMT-Drums: an XML a loop, a layer for each drum, and a recording of each and of all."""
    total = 0
    for folder in ("audio", "annotation_xml", "annotation_svl"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for number in range(n_sessions):
        rng = np.random.default_rng([seed, 5, number])
        name = f"{SERIES[number % len(SERIES)]}_{number // len(SERIES):02d}"
        onsets, labels = strokes(rng, SHAPES["idmt_smt_drums_v2"].strokes, INSTRUMENTS)
        frames = np.rint(onsets * RATE_HZ).astype(int)
        xml = "".join(
            f"<event><onsetSec>{frame / RATE_HZ:.6f}</onsetSec><instrument>{label}</instrument>"
            "</event>\n"
            for frame, label in zip(frames, labels, strict=True)
        )
        (root / f"annotation_xml/{name}#MIX.xml").write_text(
            f"<instrumentRecording><transcription>\n{xml}</transcription></instrumentRecording>\n"
        )
        write_recording(root / f"audio/{name}#MIX.wav", onsets[-1] + TAIL_S, rng, sounding)
        for part in INSTRUMENTS:
            points = "".join(f'<point frame="{frame}"/>\n' for frame in frames[labels == part])
            (root / f"annotation_svl/{name}#{part}.svl").write_text(
                f'<sv><data><model id="2" sampleRate="{RATE_HZ}"/>'
                f'<dataset id="1">\n{points}</dataset></data></sv>\n'
            )
            write_recording(root / f"audio/{name}#{part}#train.wav", TAIL_S, rng, sounding)
        total += len(onsets)
    return total


WRITERS = {
    "slakh2100": write_slakh,
    "groove_mididataset": write_groove,
    "enst_drums": write_enst,
    "idmt_smt_drums_v2": write_idmt,
    "egmd": write_egmd,
}


def kits_of_egmd() -> list[str]:
    """The names of the 43 kits, those that give the canonical notes first."""
    kits = yaml.safe_load((REPO / "resources/source_sets/egmd_kits.yaml").read_text())
    return [*kits["canonical"], *kits["labels"]]


def index_row(number: int, style: str, seconds: float) -> dict:
    """The row of a performance, by its number, and the stem of its files."""
    session = f"drummer{number % 9 + 1}/session{number // 300 + 1}"
    split = list(SPLITS)[int(np.searchsorted(np.cumsum([8, 1, 1]), number % 10, side="right"))]
    return {
        "drummer": session.partition("/")[0],
        "session": session,
        "id": f"{session}/{number}",
        "style": style,
        "bpm": 120,
        "beat_type": "beat",
        "time_signature": "4-4",
        "split": split,
        "stem": f"{session}/{number}_{style}_120_beat_4-4",
    }


def write_index(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    """The csv, last of its tree."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def performance(rng: np.random.Generator, n_notes: int) -> tuple[bytes, float, int]:
    """A MIDI file at 120 a minute, the time of its last note in seconds, and its strokes."""
    ticks, notes = steps(rng, n_notes, PADS)
    ticks += rng.integers(0, 20, len(ticks))  # as a player meets them
    velocities = rng.integers(20, 128, len(ticks))
    played = list(zip(ticks.tolist(), notes.tolist(), velocities.tolist(), strict=True))
    n_messages = int(len(ticks) * PEDAL_PER_NOTE)
    at = rng.integers(0, ticks[-1] + 1, n_messages).tolist()
    values = rng.integers(0, 91, n_messages).tolist()
    pedal = [(tick, bytes((0xB9, 4, value))) for tick, value in zip(at, values, strict=True)]
    events = sorted([*note_events(sorted(played), 9), *pedal], key=lambda event: event[0])
    header = [(0, b"\xff\x58\x04\x04\x02\x18\x08"), (0, b"\xff\x51\x03" + (500_000).to_bytes(3))]
    midi = midi_file([track_chunk([*header, *events])], ticks_per_quarter=TICKS)
    return midi, float(ticks.max()) / TICKS / 2, len(ticks)


def strokes(
    rng: np.random.Generator, n_strokes: int, odds: dict[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Onsets, s, in order, and the label of each."""
    ticks, labels = steps(rng, n_strokes, odds)
    return ticks / TICKS / 2 + 0.05, labels


def steps(rng: np.random.Generator, n_strokes: int, odds: dict) -> tuple[np.ndarray, np.ndarray]:
    """Ticks of sixteenths, rising, and what is struck at each, the same at no step twice."""
    n_strokes = max(2, int(n_strokes * rng.uniform(0.7, 1.3)))
    n_steps = max(1, int(n_strokes / NOTES_PER_STEP))
    names = np.array(list(odds))
    shares = np.array(list(odds.values())) / sum(odds.values())
    place = rng.integers(0, n_steps, n_strokes)
    struck = rng.choice(len(names), n_strokes, p=shares)
    both = np.unique(place * len(names) + struck)
    return both // len(names) * STEP_TICKS, names[both % len(names)]


def write_recording(path: Path, seconds: float, rng: np.random.Generator, sounding: bool) -> None:
    """PCM16 WAV, mono, 44.1 kHz: bursts of noise throughout, or silence after a beginning."""
    n_samples, start = round(seconds * RATE_HZ), int(rng.integers(0, N_NOISE))
    if sounding:
        samples = np.resize(np.roll(noise(), -start), n_samples)
        soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
        return
    head = np.roll(noise(), -start)[: min(n_samples, round(SOUNDING_S * RATE_HZ))]
    with path.open("wb") as file:
        file.write(wav_header(n_samples))
        file.write(head.tobytes())
        file.truncate(44 + 2 * n_samples)  # a hole: it reads as zeros and is stored as nothing


def wav_header(n_samples: int) -> bytes:
    """The 44 bytes before the samples, as libsndfile writes them."""
    size = 2 * n_samples
    head = struct.pack("<4sI4s4sIHH", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1)
    return head + struct.pack("<IIHH4sI", RATE_HZ, 2 * RATE_HZ, 2, 16, b"data", size)


@lru_cache(maxsize=1)
def noise() -> np.ndarray:
    """Bursts of noise that die away eight times a second, shape (N_NOISE,), int16."""
    rng = np.random.default_rng(0)
    burst = np.exp(-np.arange(RATE_HZ // 8) / 900)
    samples = rng.uniform(-12_000, 12_000, N_NOISE) * np.resize(burst, N_NOISE)
    return samples.astype(np.int16)


def noise_flac(duration: float) -> bytes:
    """FLAC of such bursts, mono, 44.1 kHz, 16 bit."""
    from make_slakh_tree import encoded

    return encoded(np.resize(noise(), round(duration * RATE_HZ)))


if __name__ == "__main__":
    main()
