"""Peaks of the spectral flux, and where in the samples their transients start.

Conventions as in `sound.onsets`, whose inner part this is: mono float samples at the rate
``sample_rate_hz`` of the settings, times in seconds, levels in dB. `dc_offset` is the mean of all
samples, which is taken off them block by block: a session's tracks last long, and no second copy of
one is made. Only the levels of the bands are held, a third of the samples' size.

Flux and peaks are librosa's default detector's [1]_, the field's own; tests hold each to its
functions. They are not called here for the reason in `sound.mel_bands`.

References
----------
.. [1] S. Böck, F. Krebs and M. Schedl, "Evaluating the online capabilities of onset detection
   methods", ISMIR 2012.
"""

import numpy as np
from scipy.fft import rfft
from scipy.ndimage import maximum_filter1d, median_filter

from drumcorpus.ground.sound.mel_bands import mel_bank
from drumcorpus.ground.sound.onset_settings import OnsetSettings

# Seconds. Half or double of each loses little on real and rendered takes.
WINDOW = 0.023  # of the spectrum; the nearest power of two in samples
RISE = 0.015  # over which a band's rise is measured
PEAK_REACH = 0.02  # a peak is the largest value so far before and after it
MEAN_BEFORE, MEAN_AFTER = 0.2, 0.03
MEDIAN_SPAN = 0.4
MEDIAN_FACTOR = 2.0
START_BEFORE, START_AFTER = 0.025, 0.005  # of a peak: where its transient may start
START_FLOOR = 1e-7  # of the largest power there: what is quieter is silence
GUARD = 16  # samples, the least from which a variance is taken
DIFFERENCE_HZ = 44_100  # at higher rates samples further apart are subtracted: hiss is no edge
UPPER_SHARE = 0.45  # of the file's own rate: above it a resampler leaves nothing
BATCH_FRAMES = 2048  # bounds the memory: about 30 MB
POWER_FLOOR = 1e-12  # -120 dB


def find_peaks(
    samples: np.ndarray, dc_offset: np.float32, highest_rate_hz: float, settings: OnsetSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Peaks of the flux that stand out of their surroundings.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32
        Not silent.
    dc_offset : np.float32
        Their mean.
    highest_rate_hz : float
        The lowest rate that the recording has been through; no band above it is looked at.
    settings : OnsetSettings

    Returns
    -------
    peak : np.ndarray, shape (n_peaks,)
        Seconds, some milliseconds after the start of the transient.
    rise_db : np.ndarray, shape (n_peaks,)
        How far the mean rise of the bands is above the larger of the mean just before and twice
        the median around; at least ``delta_db``.

    Raises
    ------
    ValueError
        If bands are so narrow that they would stay empty.
    """
    rate, hop, n_window = settings.sample_rate_hz, frame_samples(settings), _window(settings)
    bank = _mel_bank(n_window, highest_rate_hz, settings)
    # Silence before, so that a stroke at the start rises like any other.
    n_before = n_window + _rise_frames(settings) * hop
    magnitudes = _magnitudes(samples, dc_offset, bank, n_before, settings)
    frames, rise_db = _pick_peaks(_flux(magnitudes, settings), settings)
    return (frames * hop - n_before + n_window / 2) / rate, rise_db


def transient_start(
    samples: np.ndarray, sample_rate_hz: int, peak: float, dc_offset: float
) -> float:
    """The instant, to the sample, at which quiet turns into loud around a peak of the flux.

    What is divided in two are the differences of the samples: a stroke is at its most abrupt at
    its start, and what still rings is mostly low.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float
        As recorded: a resampler's filter would ring before the transient.
    sample_rate_hz : int
        Their rate in Hz.
    peak : float
        Seconds.
    dc_offset : float
        What lies before the first sample: the mean of all.

    Returns
    -------
    start : float
        Seconds, from 0 to the last sample.
    """
    n_apart = max(1, round(sample_rate_hz / DIFFERENCE_HZ))
    first = round((peak - START_BEFORE) * sample_rate_hz)
    last = round((peak + START_AFTER) * sample_rate_hz) + GUARD
    rows = np.arange(first - n_apart, last)
    window = samples[np.clip(rows, 0, len(samples) - 1)].astype(np.float64)
    window[rows < 0] = dc_offset
    power = np.square(window[n_apart:] - window[:-n_apart])
    n_before = np.arange(GUARD, len(power) - GUARD)
    n_after = len(power) - n_before
    sums = np.cumsum(power)
    floor = START_FLOOR * power.max() + np.finfo(float).tiny
    before = sums[n_before - 1] / n_before + floor
    after = (sums[-1] - sums[n_before - 1]) / n_after + floor
    criterion = n_before * np.log(before) + n_after * np.log(after)
    criterion[after <= before] = np.inf  # where loud turns into quiet, nothing starts
    start = np.clip(first + n_before[np.argmin(criterion)], 0, len(samples) - 1)
    return float(start / sample_rate_hz)


def frame_samples(settings: OnsetSettings) -> int:
    """Samples from one frame to the next."""
    return max(1, round(settings.hop_ms / 1000 * settings.sample_rate_hz))


def _rise_frames(settings):
    return max(1, round(RISE * settings.sample_rate_hz / frame_samples(settings)))


def _window(settings):
    return 2 ** round(np.log2(WINDOW * settings.sample_rate_hz))


def _magnitudes(samples, dc_offset, bank, n_before, settings):
    """Magnitudes of the bands, (n_bands, n_frames) float32; frame 0 starts `n_before` early."""
    hop, n_window = frame_samples(settings), _window(settings)
    n_frames = (n_before + len(samples) + hop) // hop + 1
    taper = np.hanning(n_window).astype(np.float32)
    magnitudes = np.empty((len(bank), n_frames), dtype=np.float32)
    for first in range(0, n_frames, BATCH_FRAMES):
        stop = min(first + BATCH_FRAMES, n_frames)
        rows = np.arange(first * hop, (stop - 1) * hop + n_window) - n_before
        block = _beyond_the_end(samples, rows) - dc_offset
        block[rows < 0] = 0
        frames = np.lib.stride_tricks.sliding_window_view(block, n_window)[::hop]
        magnitudes[:, first:stop] = bank @ np.abs(rfft(frames * taper, axis=1)).T
    return magnitudes


def _beyond_the_end(samples, rows):
    """The samples of some rows; after the end the sound goes back, for a cut is no stroke."""
    if rows[0] >= 0 and rows[-1] < len(samples):
        return samples[rows[0] : rows[-1] + 1]
    rows = rows % (2 * len(samples))
    return samples[np.minimum(rows, 2 * len(samples) - 1 - rows)]


def _mel_bank(n_window, highest_rate_hz, settings):
    """Triangular bands of equal height, those that the file's own rate can fill."""
    rate = settings.sample_rate_hz
    n_bands, range_hz = settings.n_bands, (settings.fmin_hz, settings.fmax_hz)
    widest = n_window // 2
    if n_bands > widest:
        raise ValueError(f"onsets: n_bands is {n_bands}; allowed is up to {widest}")
    bank = mel_bank(rate, n_window, n_bands, range_hz=range_hz, is_even=True)
    weight = bank.sum(axis=1)
    if (weight == 0).any():
        raise ValueError(
            f"onsets: n_bands is {n_bands}, of which {(weight == 0).sum()} between fmin_hz and "
            f"fmax_hz are narrower than {rate / n_window:.0f} Hz and stay empty; take fewer"
        )
    middles_hz = bank @ np.linspace(0, rate / 2, bank.shape[1]) / weight
    filled = middles_hz <= UPPER_SHARE * highest_rate_hz
    filled[0] = True
    return bank[filled]


def _flux(magnitudes, settings):
    """Mean rise of the bands, dB, (n_frames,); 0 where there is nothing to compare with.

    Levels are dB above `range_db` below the loudest, and compared with the loudest of a band and
    its neighbours.
    """
    n_rise, n_frames = _rise_frames(settings), magnitudes.shape[1]
    gain = 10 ** (settings.range_db / 20) / magnitudes.max()
    flux = np.zeros(n_frames)
    for first in range(n_rise, n_frames, BATCH_FRAMES):
        stop = min(first + BATCH_FRAMES, n_frames)
        levels_db = 20 * np.log10(1 + gain * magnitudes[:, first - n_rise : stop])
        loudest_db = maximum_filter1d(levels_db[:, :-n_rise], 3, axis=0)
        flux[first:stop] = np.maximum(0, levels_db[:, n_rise:] - loudest_db).mean(axis=0)
    return flux


def _pick_peaks(flux, settings):
    """Frames of the peaks, and how far each is above its surroundings, dB; (n_peaks,)."""
    per_second = settings.sample_rate_hz / frame_samples(settings)
    reach, before, after, span, wait = (
        max(1, round(seconds * per_second))
        for seconds in (
            *(PEAK_REACH, MEAN_BEFORE, MEAN_AFTER, MEDIAN_SPAN),
            settings.wait_ms / 1000,
        )
    )
    peaks = np.flatnonzero(flux == maximum_filter1d(flux, 2 * reach + 1))
    sums = np.concatenate([[0.0], np.cumsum(flux)])
    starts, stops = np.maximum(peaks - before, 0), np.minimum(peaks + after + 1, len(flux))
    mean = (sums[stops] - sums[starts]) / (stops - starts)
    stands_out = flux[peaks] >= mean + settings.delta_db
    chosen = _after_a_wait(peaks[stands_out], wait)
    peaks, mean = peaks[stands_out][chosen], mean[stands_out][chosen]
    median = median_filter(flux, 2 * (span // 2) + 1, mode="constant")[peaks]
    rise_db = flux[peaks] - np.maximum(mean, MEDIAN_FACTOR * median)
    kept = rise_db >= settings.delta_db
    return peaks[kept], rise_db[kept]


def _after_a_wait(frames, wait):
    """Which frames are more than `wait` after the last one that was chosen, (n_frames,) bool."""
    chosen, last = np.zeros(len(frames), dtype=bool), -np.inf
    for row, frame in enumerate(frames):
        if frame > last + wait:
            chosen[row], last = True, frame
    return chosen
