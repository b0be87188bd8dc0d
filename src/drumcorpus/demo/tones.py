"""Plays the parts that are no drums: bass, organ, guitar and voice as sums of harmonics."""

from dataclasses import dataclass
from itertools import cycle

import numpy as np

_RELEASE = 0.03  # s in which a note that is let go falls silent
_VIBRATO_HZ = 5.5
_LEVEL = 0.3  # of full scale, the peak of a part


@dataclass(frozen=True)
class Instrument:
    """How a note sounds, and which notes are played in turn."""

    harmonics: tuple[float, ...]  # amplitudes of the multiples of the note's frequency
    attack: float  # s
    loss: float  # 1/s; 0 for a sustained note
    vibrato_cents: float
    beats: int  # from one note to the next
    chords: tuple[tuple[float, ...], ...]  # Hz


BASS = Instrument((1.0, 0.6, 0.3, 0.15), 0.008, 3.0, 0.0, 1, ((41.2,), (41.2,), (55.0,), (61.7,)))
"""A plucked string, one note a beat."""
GUITAR = Instrument(
    (1.0, 0.7, 0.5, 0.4, 0.25, 0.15), 0.004, 2.0, 0.0, 2, ((164.8, 246.9), (220.0, 329.6))
)
"""Two plucked strings, every other beat."""
ORGAN = Instrument(
    (1.0, 0.9, 0.6, 0.4, 0.0, 0.2, 0.0, 0.2), 0.02, 0.0, 8.0, 4, ((164.8, 207.7), (220.0, 277.2))
)
"""A chord a bar, through a turning loudspeaker."""
VOICE = Instrument(
    (0.5, 0.7, 1.0, 0.6, 0.2, 0.15, 0.3, 0.4, 0.2),
    0.09,
    0.0,
    40.0,
    2,
    ((329.6,), (370.0,), (277.2,)),
)
"""A sung vowel: the harmonics by its first formants are strong."""


def play_part(
    instrument: Instrument, *, tempo_bpm: float, duration: float, sample_rate_hz: int
) -> np.ndarray:
    """Play an instrument's chords in turn, from the start on.

    Parameters
    ----------
    instrument : Instrument
        What sounds, and when.
    tempo_bpm : float
        Beats a minute.
    duration : float
        Seconds of the result; the note that sounds then is cut off.
    sample_rate_hz : int
        Sample rate of the result.

    Returns
    -------
    audio : np.ndarray, shape (n_samples,), float64
        Mono, peak at most 0.3 of full scale.
    """
    audio = np.zeros(round(duration * sample_rate_hz))
    spacing = instrument.beats * 60.0 / tempo_bpm
    starts = np.rint(np.arange(0.0, duration, spacing) * sample_rate_hz).astype(int)
    for start, chord in zip(starts, cycle(instrument.chords), strict=False):  # chords go round
        n_samples = min(round(spacing * sample_rate_hz), len(audio) - start)
        for frequency_hz in chord:
            note = _note(instrument, frequency_hz, n_samples, sample_rate_hz)
            audio[start : start + n_samples] += note
    peak = np.abs(audio).max(initial=0.0)
    return audio * (_LEVEL / peak) if peak > 0 else audio


def _note(
    instrument: Instrument, frequency_hz: float, n_samples: int, sample_rate_hz: int
) -> np.ndarray:
    seconds = np.arange(n_samples) / sample_rate_hz
    # The frequency swings by so many cents, hence the phase by depth / rate.
    depth = (2.0 ** (instrument.vibrato_cents / 1200.0) - 1.0) * frequency_hz / _VIBRATO_HZ
    turning = 2.0 * np.pi * _VIBRATO_HZ * seconds
    phase = 2.0 * np.pi * frequency_hz * seconds + depth * (1.0 - np.cos(turning))
    tone = sum(
        amplitude * np.sin(number * phase)
        for number, amplitude in enumerate(instrument.harmonics, start=1)
    )
    attack = np.minimum(seconds / instrument.attack, 1.0)
    release = np.minimum((n_samples - np.arange(n_samples)) / (_RELEASE * sample_rate_hz), 1.0)
    return tone * attack * release * np.exp(-instrument.loss * seconds)
