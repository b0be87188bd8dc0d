"""Writes the demo corpus in the layout of SignatureSounds' sample packs."""

from pathlib import Path

import numpy as np

from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.synthesizer import render
from drumcorpus.ground.sound.writing import write_sound

_README = """\
Synthetic sample packs in the layout of the packs of SignatureSounds.

No drum was recorded: a program rendered the sound from models of vibrating drums. The real
packs are at https://signaturesounds.org
"""

# Which cymbal each file of the pack of crashes is, for all but one. By the kits' lowest modes, 176,
# 228 and 294 Hz, the first is the lowest.
_CYMBAL_NOTES = """\
Which cymbals are heard here. A program rendered them; no maker has made them.

Cymbal Crash 5, 7: 20" crash
Cymbal Crash 2, 4: 18" crash
Cymbal Crash 1 and 3: 16" crash
"""
_NOTED_PACK = "Cymbal Crashes - Demo"

_RATE_HZ = 44100
_LEAD_LIMIT = 0.02  # s; samples are cut by hand, so that a little silence stands in front
_PEAK = 0.9  # of full scale: packs are normalised
_FADE = 0.05  # s at the end
_LOOP_STEP = 0.125  # s; a sixteenth at the 120 BPM of the loop's name
_KITS = ("birch", "maple")

# By pack: file, kit, note, velocity and seconds. A folder of kicks holds a rimshot, for it
# does not say what a file is; a folder with '#' must not be taken for a URL.
_PACKS: dict[str, tuple[tuple[str, int, int, int, float], ...]] = {
    "Cymbal Crashes - Demo": tuple(
        (f"Cymbal Crash {number}", number % 2, note, velocity, 1.6)
        for number, (note, velocity) in enumerate(
            [(55, 110), (52, 112), (49, 70), (57, 64), (52, 92), (55, 124), (57, 101)], start=1
        )
    ),
    "Kick Drums - Multiple Genres Demo": tuple(
        (f"Kick Drum {number}", number % 2, 36, velocity, 0.6)
        for number, velocity in enumerate([127, 112, 96, 80, 104, 72], start=1)
    ),
    "Home Made Drum Kit #1 Demo (1)": (
        ("Kicks/Kick 1", 0, 36, 110, 0.6),
        ("Kicks/Rimshot 1", 0, 40, 110, 0.5),
        ("Snare 1", 0, 38, 112, 0.5),
        ("Snare 2", 0, 38, 60, 0.5),
        ("Closed Hat 1", 0, 42, 100, 0.3),
        ("Closed Hat 2", 0, 22, 100, 0.3),
        ("Open Hat 1", 0, 46, 104, 1.2),
        ("Ride 1", 0, 51, 90, 1.6),
        ("Tom High", 0, 48, 108, 0.7),
        ("Tom Low", 0, 43, 108, 0.9),
    ),
    "Forest Kit Demo": (
        ("Forest Snare 1", 1, 40, 120, 0.5),
        ("Forest Tom 1", 1, 45, 100, 0.8),
    ),
}
_LOOP_PACK = "Forest Kit Demo"
_LOOP = "Forest Organics - Perc Loop 01 - 120-BPM"
_LOOP_NOTES = (50, 37, 58, 37, 47, 37, 58, 58) * 2  # rims only, a sixteenth each


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as the packs of SignatureSounds unpack.

    The bytes depend on the arguments alone. Every file but the loop holds one stroke, after up
    to 20 ms of silence.

    Parameters
    ----------
    root : Path
        The folder that the archives are unpacked in; made if it is missing.
    kits_file : Path
        Kits; `resources/demo/kits.yaml` explains the fields.
    seed : int
        At least 0; seeds the silences and the differences between hits.
    n_performances : int
        How many packs are written at most; there are four.

    Raises
    ------
    ValueError
        If the file does not describe its kits well.
    """
    kits = read_kits(kits_file)
    for index, pack in enumerate(list(_PACKS)[:n_performances]):
        for number, (name, kit, note, velocity, duration) in enumerate(_PACKS[pack]):
            rng = np.random.default_rng([seed, index, number])
            onset = _silence(rng)
            hit = np.array([[onset, note, velocity]])
            sound = _render(hit, kits[_KITS[kit]], onset + duration, rng)
            _write(Path(root) / _path(pack, name), sound)
        if pack == _NOTED_PACK:
            (Path(root) / pack / pack / "README").write_text(_CYMBAL_NOTES, encoding="utf-8")
        if pack == _LOOP_PACK:
            rng = np.random.default_rng([seed, index, len(_PACKS[pack])])
            hits = np.array(
                [[t, n, 90.0] for t, n in zip(_loop_onsets(), _LOOP_NOTES, strict=True)]
            )
            sound = _render(hits, kits[_KITS[1]], len(hits) * _LOOP_STEP, rng)
            _write(Path(root) / _path(pack, _LOOP), sound)
    (Path(root) / "README").write_text(_README, encoding="utf-8")


def truth(kits_file: Path, *, seed: int, n_performances: int = 12) -> dict[str, list[float]]:
    """The onsets of every file: one in a sample, several in the loop.

    Parameters
    ----------
    kits_file, seed, n_performances
        As for `write_corpus`.

    Returns
    -------
    onsets : dict of str to list of float
        Seconds from the start of the file, by the path below the corpus.
    """
    onsets = {}
    for index, pack in enumerate(list(_PACKS)[:n_performances]):
        for number, (name, *_) in enumerate(_PACKS[pack]):
            onsets[_path(pack, name)] = [_silence(np.random.default_rng([seed, index, number]))]
        if pack == _LOOP_PACK:
            onsets[_path(pack, _LOOP)] = _loop_onsets()
    return onsets


def _path(pack: str, name: str) -> str:
    return f"{pack}/{pack}/{name}.wav"


def _silence(rng: np.random.Generator) -> float:
    """Seconds before the stroke, whole samples: the first draw of a file's generator."""
    return int(rng.integers(round(_LEAD_LIMIT * _RATE_HZ) + 1)) / _RATE_HZ


def _loop_onsets() -> list[float]:
    return [step * _LOOP_STEP for step in range(len(_LOOP_NOTES))]


def _render(hits: np.ndarray, kit: Kit, duration: float, rng: np.random.Generator) -> np.ndarray:
    onsets, notes, velocities = hits.T
    sound = render(
        onsets,
        notes.astype(int),
        velocities.astype(int),
        kit,
        sample_rate_hz=_RATE_HZ,
        duration=duration,
        rng=rng,
    )
    left = len(sound) - np.arange(len(sound))
    sound = sound * np.minimum(left / (_FADE * _RATE_HZ), 1.0)
    return sound * (_PEAK / np.abs(sound).max())


def _write(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sound(path, np.column_stack([sound, sound]), _RATE_HZ)
