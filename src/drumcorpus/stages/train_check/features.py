"""What the sound around a labelled onset is like: the spectrum in bands, before it and after."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

# Counted up with every change of what a feature is: a table of other features is refused.
FEATURE_SET = "onset_bands/1"
_FLOOR = 1e-9  # power of a band below which nothing is heard, re full scale
_BLOCK = 2_000  # onsets described at a time: bounds the memory


@dataclass(frozen=True)
class FeatureSettings:
    """How the sound around an onset is described.

    `window_ms` is the length of each spectrum, `starts_ms` where each begins, from the onset; the
    first is what sounded before. `bands_per_octave` from `fmin_hz` to `fmax_hz`.
    """

    SECTION: ClassVar[str] = "train_check.features"
    window_ms: float
    starts_ms: tuple[float, ...]
    bands_per_octave: float
    fmin_hz: float
    fmax_hz: float


def feature_names(settings: FeatureSettings) -> list[str]:
    """The names of the features, in their order."""
    edges = band_edges(settings)
    bands = [f"{low:.0f}_hz" for low in edges[:-1]]
    after = [f"at_{start:g}_ms" for start in settings.starts_ms]
    named = [f"{time}_{band}" for time in after for band in bands]
    return [*named, *(f"rise_{band}" for band in bands), "level_db"]


def band_edges(settings: FeatureSettings) -> np.ndarray:
    """Edges of the bands, in Hz; shape (n_bands + 1,)."""
    octaves = np.log2(settings.fmax_hz / settings.fmin_hz)
    n_bands = max(1, round(octaves * settings.bands_per_octave))
    return np.geomspace(settings.fmin_hz, settings.fmax_hz, n_bands + 1)


def describe_onsets(
    sound: np.ndarray, sample_rate_hz: int, onsets: np.ndarray, settings: FeatureSettings
) -> np.ndarray:
    """The features of onsets in one sound.

    Levels of bands are in dB below the loudest band of the second spectrum, that of the attack,
    whose level is a feature of its own: so a gain moves one feature. A band above half the sample
    rate, and a spectrum that reaches past either end of the sound, is NaN: not known.

    Parameters
    ----------
    sound : np.ndarray, shape (n_samples,) or (n_samples, n_channels)
        Channels are averaged.
    sample_rate_hz : int
    onsets : np.ndarray, shape (n_onsets,)
        In seconds from the start of the sound.

    Returns
    -------
    np.ndarray, shape (n_onsets, n_features), float32
        In the order of `feature_names`.
    """
    mono = sound if sound.ndim == 1 else sound.mean(axis=1)
    parts = [
        _describe(mono, sample_rate_hz, onsets[first : first + _BLOCK], settings)
        for first in range(0, len(onsets), _BLOCK)
    ]
    n_features = len(feature_names(settings))
    return np.concatenate(parts) if parts else np.zeros((0, n_features), np.float32)


def _describe(mono, rate_hz, onsets, settings):
    edges = band_edges(settings)
    n = round(settings.window_ms / 1000 * rate_hz)
    window = np.hanning(n + 1)[:-1].astype(np.float32)
    frequencies = np.fft.rfftfreq(n, 1 / rate_hz)
    first = np.searchsorted(frequencies, edges)
    # A band narrower than a line of the spectrum has the line that it lies in.
    lows, highs = first[:-1], np.maximum(first[1:], first[:-1] + 1)
    reaches = edges[1:] <= rate_hz / 2
    levels = np.full((len(onsets), len(settings.starts_ms), len(lows)), np.nan, np.float32)
    for place, start_ms in enumerate(settings.starts_ms):
        starts = np.rint((onsets + start_ms / 1000) * rate_hz).astype(np.int64)
        inside = np.flatnonzero((starts >= 0) & (starts + n <= len(mono)))
        if not len(inside):
            continue
        frames = mono[starts[inside, None] + np.arange(n)] * window
        power = np.square(np.abs(np.fft.rfft(frames, axis=1))) * (4 / n**2)
        for band in np.flatnonzero(reaches):
            of = power[:, lows[band] : highs[band]].sum(axis=1)
            levels[inside, place, band] = 10 * np.log10(of + _FLOOR)
    attack = levels[:, 1, :]
    with np.errstate(invalid="ignore"):
        loudest = np.where(np.isnan(attack), -np.inf, attack).max(axis=1, keepdims=True)
    loudest = np.where(np.isfinite(loudest), loudest, np.nan)
    rise = attack - levels[:, 0, :]
    relative = (levels - loudest[:, None, :]).reshape(len(onsets), -1)
    # Tenths of a dB: the last bits, which depend on the machine, decide nothing.
    return np.round(np.concatenate([relative, rise, loudest], axis=1), 1).astype(np.float32)
