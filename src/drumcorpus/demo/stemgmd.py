"""Writes a demo corpus in the layout of StemGMD."""

from pathlib import Path

import numpy as np

from drumcorpus.demo.groove_mididataset import index_row, write_index
from drumcorpus.demo.grooves import Score
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.midi_files import write_midi
from drumcorpus.demo.performances import Performance, perform
from drumcorpus.demo.takes import bar, sound_hits, write_stereo

SAMPLE_RATE_HZ = 44100
KITS = {"brooklyn": "birch", "roots": "maple"}
"""Synthetic kits, by the sampled ones in whose place they stand: one is held out by the authors."""
_SOUNDS = """\
kick 36
snare 38 37 40
hi_tom 48 50
mid_tom 45 47
low_tom 43 58
hihat_closed 42 22 44
hihat_open 46 26
crash_left 49 55 57 52
ride 51 59 53
"""
SOUNDS = {stem: tuple(map(int, notes)) for stem, *notes in map(str.split, _SOUNDS.splitlines())}
"""The notes of every stem; all of them sound as the first."""

_RING_OUT = 0.6  # s after the last stroke
_LEVEL = 0.7  # of the stems, whose sum must stay below full scale
_PLAYING, _SOUND = 0, 1  # parts of a seed, so that neither draw moves the other

_README = """\
Synthetic drum performances in the layout of StemGMD.

No drummer and no drum was recorded: a program wrote the hits and rendered the sound from models of
vibrating drums. The real data set is at https://zenodo.org/records/7860223
Nothing of it is in these files but its layout.
"""

_BARS = {
    "two_crashes": bar(
        crash_1_edge="X---------------",
        crash_2_bow="--------X-------",
        hat_closed_edge="--x-X-x---x-X---",
        hat_open_edge="--------------X-",
        snare="----X-------X---",
        kick="X-----x-X-x-----",
    ),
    "toms": bar(
        cross_stick="----x-----------",
        ride_bow="X-x-X-----------",
        ride_bell="------X---------",
        tom_1="--------X-------",
        tom_2="----------X-----",
        tom_3="------------X---",
        hat_pedal="----x-------x---",
        kick="X-------X-------",
    ),
}


TAKES = (
    Performance(
        **{"drummer": "drummer4", "session": "session1", "style": "rock", "split": "train"},
        **{"beat_type": "fill", "kit": "birch", "tempos": {0: 160}, "turns": {}},
        bars=("two_crashes",),
    ),
    Performance(
        **{"drummer": "drummer4", "session": "eval_session", "style": "latin/samba"},
        **{"split": "test", "beat_type": "fill", "kit": "birch", "tempos": {0: 150}, "turns": {}},
        bars=("toms",),
    ),
)
"""Both crashes, which are one sound; and strokes of which another sound is heard."""


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as StemGMD is laid out, with the files of Groove MIDI.

    The bytes depend on the arguments alone. Of the stems those are written that sound; their sum is
    the mixture.

    Parameters
    ----------
    root : Path
        The folder that stands for ``StemGMD/``; made if it is missing.
    kits_file : Path
        Kits, as `resources/demo/kits.yaml` explains them.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many performances are written at most, each on both kits; there are two.
    """
    kits = read_kits(kits_file)
    rows = []
    for index, take in enumerate(TAKES[:n_performances]):
        score = perform(take, _BARS, kits, seed=[seed, index, _PLAYING])
        row = index_row(take, score.meters[0][1:], 1, score.duration)
        midi = root / "groove" / str(row["midi_filename"])
        midi.parent.mkdir(parents=True, exist_ok=True)
        write_midi(midi, score, instrument=take.kit)
        for number, (name, sampled) in enumerate(KITS.items()):
            folder = root / str(row["session"]) / name
            sounds = _stems(score, kits[sampled], seed=[seed, index, _SOUND, number])
            mixture = sum(sounds.values())
            for stem, samples in [*sounds.items(), ("mixture", mixture)]:
                write_stereo(folder / stem / f"{midi.stem}.wav", samples, samples, SAMPLE_RATE_HZ)
        rows.append(row)
    (root / "README.md").write_text(_README, encoding="utf-8")
    write_index(root / "groove/info.csv", rows)


def _stems(score: Score, kit: Kit, *, seed: list[int]) -> dict[str, np.ndarray]:
    """The sound of every stem that is struck, shape (n_samples,); together below full scale."""
    duration = float(score.onsets.max()) + _RING_OUT
    _, notes, velocities = score.notes.T
    sounds = {}
    for number, (stem, of_stem) in enumerate(SOUNDS.items()):
        rows = np.flatnonzero(np.isin(notes, of_stem))
        if not len(rows):
            continue
        onsets = score.onsets[rows]
        sounds[stem] = sound_hits(
            onsets,
            np.full(len(rows), of_stem[0]),
            velocities[rows],
            kit,
            sample_rate_hz=SAMPLE_RATE_HZ,
            ring_out=duration - float(onsets.max()),
            seed=[*seed, number],
        )
    gain = min(1.0, _LEVEL / np.abs(sum(sounds.values())).max())
    return {stem: gain * samples for stem, samples in sounds.items()}
