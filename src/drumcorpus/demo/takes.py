"""Plays short takes, as demo writers with bars of their own need them: bars, drums, a band."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import Bar, Score, play
from drumcorpus.demo.kits import Kit
from drumcorpus.demo.synthesizer import render
from drumcorpus.demo.tones import Instrument, play_part
from drumcorpus.ground.sound.writing import write_sound

BEATS = 4
"""Quarter notes of a bar of `bar`."""

_CEILING = 0.95  # of full scale


def bar(**lines: str) -> Bar:
    """A bar of four quarters, by its strokes; `resources/demo/kits.yaml` explains the signs."""
    return Bar((BEATS, 4), lines)


def play_bars(
    bars: Mapping[str, Bar], names: Iterable[str], kit: Kit, *, tempo_bpm: float, seed: list[int]
) -> Score:
    """Play bars by their names at one tempo, with human timing and velocity."""
    rng = np.random.default_rng(seed)
    return play([bars[name] for name in names], kit, tempos_bpm={0: tempo_bpm}, turns={}, rng=rng)


def sound_hits(
    onsets: np.ndarray,
    notes: np.ndarray,
    velocities: np.ndarray,
    kit: Kit,
    *,
    sample_rate_hz: int,
    ring_out: float,
    seed: list[int],
) -> np.ndarray:
    """Render hits until some seconds after the last one; see `synthesizer.render`.

    Parameters
    ----------
    onsets, notes, velocities : np.ndarray, shape (n_hits,)
        Seconds, MIDI notes of the kit, and velocities from 1 to 127.
    kit : Kit
    sample_rate_hz : int
    ring_out : float
        Seconds of sound after the last onset.
    seed : list of int

    Returns
    -------
    audio : np.ndarray, shape (n_samples,), float64
    """
    return render(
        onsets,
        notes,
        velocities,
        kit,
        sample_rate_hz=sample_rate_hz,
        duration=float(onsets.max()) + ring_out,
        rng=np.random.default_rng(seed),
    )


def play_along(
    instruments: Iterable[Instrument], drums: np.ndarray, *, tempo_bpm: float, sample_rate_hz: int
) -> list[np.ndarray]:
    """The parts of other instruments, each of shape (n_samples,), as long as the drums."""
    duration = len(drums) / sample_rate_hz
    return [
        play_part(each, tempo_bpm=tempo_bpm, duration=duration, sample_rate_hz=sample_rate_hz)
        for each in instruments
    ]


def write_stereo(path: Path, left: np.ndarray, right: np.ndarray, sample_rate_hz: int) -> None:
    """Write two channels, turned down together where a peak would pass 0.95 of full scale."""
    path.parent.mkdir(parents=True, exist_ok=True)
    both = np.column_stack([left, right])
    write_sound(path, both * min(1.0, _CEILING / np.abs(both).max()), sample_rate_hz)
