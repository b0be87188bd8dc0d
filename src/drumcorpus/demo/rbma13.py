"""Writes a demo corpus in the layout of RBMA13."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import TICKS_PER_BEAT, seconds_of_ticks
from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.takes import BEATS, bar, play_along, play_bars, sound_hits, write_stereo
from drumcorpus.demo.tones import BASS, GUITAR

SAMPLE_RATE_HZ = 44100
NUMBER_OF_NOTE = {36: 0, 38: 1, 42: 2, 22: 2, 46: 2, 26: 2, 44: 2}
"""What the annotation calls the notes of a demo kit; the others are played and not annotated."""

_RING_OUT = 0.6  # s after the last stroke
_PLAYING, _SOUND = 0, 1  # parts of a seed, so that neither draw moves the other

_README = """\
Synthetic songs in the layout of RBMA13.

No musician was recorded: a program wrote the hits and rendered the sound. The real annotations are
of tracks of the album "Various Assets" of 2013.
Nothing of them is in these files but their layout.
"""


_BARS = {
    "house": bar(
        crash_1_edge="X---------------",
        hat_open_edge="--X---X---X---X-",
        snare="----X-------X---",
        kick="X---X---X---X---",
    ),
    "broken": bar(
        hat_closed_edge="X-x-X-xxX-x-X-x-",
        snare="----X-----x-----",
        kick="X--x--X---X-----",
    ),
    "toms": bar(
        tom_1="X-x-------------",
        tom_3="--------X-x-----",
        hat_pedal="----x-------x---",
        snare="------------X---",
        kick="X-------X-------",
    ),
}


@dataclass(frozen=True)
class Track:
    """One song, and which fold it is in."""

    number: int
    kit: str
    bars: tuple[str, ...]
    tempo_bpm: float
    fold: int

    @property
    def name(self) -> str:
        """As all of its files are called."""
        return f"RBMA-13-Track-{self.number:02d}"


TRACKS = (
    Track(1, "birch", ("house", "toms"), 128, 2),
    Track(2, "maple", ("broken", "house"), 140, 0),
    Track(5, "maple", ("broken", "toms"), 134, 1),
)


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as RBMA13 is laid out, with the recordings.

    The bytes depend on the arguments alone. Toms and crashes are played and not annotated, and a
    blank stands on both sides of every tab.

    Parameters
    ----------
    root : Path
        The folder that stands for ``rbma_13/``; made if it is missing.
    kits_file : Path
        Kits, as `resources/demo/kits.yaml` explains them.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many tracks are written at most; there are three.
    """
    kits = read_kits(kits_file)
    for folder in ("annotations/drums", "annotations/beats", "splits", "audio"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    tracks = TRACKS[:n_performances]
    for index, track in enumerate(tracks):
        kit, played = kits[track.kit], [seed, index, _PLAYING]
        score = play_bars(_BARS, track.bars, kit, tempo_bpm=track.tempo_bpm, seed=played)
        _, notes, velocities = score.notes.T
        rows = sorted(
            (float(onset), NUMBER_OF_NOTE[int(note)])
            for onset, note in zip(score.onsets, notes, strict=True)
            if int(note) in NUMBER_OF_NOTE
        )
        ticks = np.arange(BEATS * len(track.bars)) * TICKS_PER_BEAT
        beats = seconds_of_ticks(ticks, score.tempos).tolist()
        numbered = [(time, 1 + beat % BEATS) for beat, time in enumerate(beats)]
        for folder, lines in (("drums", rows), ("beats", numbered)):
            text = "".join(f"{time:.5f} \t {number}\n" for time, number in lines)
            (root / f"annotations/{folder}/{track.name}.txt").write_bytes(text.encode())
        drums = sound_hits(
            *(score.onsets, notes, velocities, kit),
            sample_rate_hz=SAMPLE_RATE_HZ,
            ring_out=_RING_OUT,
            seed=[seed, index, _SOUND],
        )
        bass, guitar = play_along(
            (BASS, GUITAR), drums, tempo_bpm=track.tempo_bpm, sample_rate_hz=SAMPLE_RATE_HZ
        )
        left, right = drums + bass + 0.6 * guitar, drums + bass + 0.3 * guitar
        write_stereo(root / f"audio/{track.name}.flac", left, right, SAMPLE_RATE_HZ)
    for fold in sorted({track.fold for track in tracks}):
        names = "".join(f"{track.name}\n" for track in tracks if track.fold == fold)
        (root / f"splits/3-fold_cv_{fold}.txt").write_bytes(names.encode())
    (root / "README.md").write_text(_README, encoding="utf-8")
