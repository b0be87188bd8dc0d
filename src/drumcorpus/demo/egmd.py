"""Writes the demo corpus in the layout of E-GMD."""

import csv
from collections import Counter
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

from drumcorpus.demo.groove_mididataset import PLAYING, index_row
from drumcorpus.demo.grooves import Score, read_bars
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.midi_files import write_midi
from drumcorpus.demo.performances import Performance, perform, read_performances, render_score
from drumcorpus.ground.sound.writing import write_sound

INDEX_COLUMNS = (
    "drummer",
    "session",
    "id",
    "style",
    "bpm",
    "beat_type",
    "time_signature",
    "duration",
    "split",
    "midi_filename",
    "audio_filename",
    "kit_name",
)
"""The header of the data set's ``e-gmd-v1.0.0.csv``."""

KITS = {
    1: ("Acoustic Kit", {}),
    8: ("Deep Daft", {26: 54, 46: 54, 47: 39}),
    36: ("West Coast (FUNK)", {47: 42, 58: 56}),
}
"""By number, the name of a kit, and which note its files have in the place of a pad's own."""

_README = """\
Synthetic drum performances in the layout of E-GMD, the Expanded Groove MIDI Dataset.

No drummer and no drum was recorded: a program wrote the hits and rendered the sound from
models of vibrating drums. The real dataset is at https://magenta.tensorflow.org/datasets/e-gmd
"""

_SAMPLE_RATE_HZ = 44100
_REPLAYED = 2  # part of a seed, beside those of the Groove MIDI demo


@dataclass(frozen=True, eq=False)
class _Take:
    """A performance of the Groove MIDI demo, with its place and its row in that demo."""

    index: int
    performance: Performance
    score: Score
    row: dict


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as E-GMD is laid out.

    The performances are the shortest of the Groove MIDI demo's of the same seed, one of each split
    before a second of any, each on every kit of `KITS`. The sound is that of the pads that are
    struck, also where a kit's files have another note for a pad. The bytes depend on the arguments
    alone. The csv is written last, so that a folder that has one is complete.

    Parameters
    ----------
    root : Path
        The folder that stands for ``e-gmd-v1.0.0/``; made if it is missing.
    kits_file : Path
        Kits, bars and performances; `resources/demo/kits.yaml` explains the fields.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many recordings are written at the most; one performance on all kits at the least.
    """
    sounds = read_kits(kits_file)
    takes = _shortest_of_each_split(_played(kits_file, sounds, seed))
    rows = [
        _write_recording(root, take, number, sound, seed)
        for take in takes[: max(n_performances // len(KITS), 1)]
        for number, sound in zip(KITS, cycle(sounds.values()), strict=False)
    ]
    (root / "README").write_text(_README, encoding="utf-8")
    with (root / "e-gmd-v1.0.0.csv").open("w", encoding="utf-8", newline="") as index:
        writer = csv.DictWriter(index, INDEX_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _played(kits_file: Path, sounds: dict[str, Kit], seed: int) -> list[_Take]:
    """Every performance as the Groove MIDI demo plays and names it."""
    bars, numbers, takes = read_bars(kits_file), Counter(), []
    for index, performance in enumerate(read_performances(kits_file)):
        score = perform(performance, bars, sounds, seed=[seed, index, PLAYING])
        session = (performance.drummer, performance.session)
        numbers[session] += 1
        row = index_row(performance, score.meters[0][1:], numbers[session], score.duration)
        takes.append(_Take(index, performance, score, row))
    return takes


def _shortest_of_each_split(takes: list[_Take]) -> list[_Take]:
    places, ranked = Counter(), []
    for take in sorted(takes, key=lambda take: take.score.duration):
        places[take.performance.split] += 1
        ranked.append((places[take.performance.split], take))
    return [take for _, take in sorted(ranked, key=lambda pair: pair[0])]


def _write_recording(root: Path, take: _Take, number: int, sound: Kit, seed: int) -> dict:
    """Write one performance on one kit; returns its row of the csv."""
    kit_name, sent = KITS[number]
    stem = f"{take.row['midi_filename'].removesuffix('.mid')}_{number}"
    path = root / f"{stem}.midi"
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = take.score.notes.copy()
    notes[:, 1] = [sent.get(note, note) for note in notes[:, 1].tolist()]
    recorded = replace(take.score, notes=notes)
    write_midi(path, recorded, instrument=kit_name, trailing=take.performance.trailing)
    sound_seed = [seed, take.index, _REPLAYED, number]
    audio = render_score(take.score, sound, sample_rate_hz=_SAMPLE_RATE_HZ, seed=sound_seed)
    write_sound(path.with_suffix(".wav"), audio, _SAMPLE_RATE_HZ)
    return take.row | {
        "midi_filename": f"{stem}.midi",
        "audio_filename": f"{stem}.wav",
        "duration": take.score.duration,
        "kit_name": kit_name,
    }
