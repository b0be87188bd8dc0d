"""Landmarks of recorded sound, by which a copy of a recording is known again.

A landmark is three peaks of the spectrogram: their bands and their distances in time make one
number, its hash, and the first peak's frame is where it stands. Copies of a recording share many
landmarks, all of them shifted by one and the same number of frames; gain, lossy coding, some noise
and a cut leave enough of them. The peaks of pairs are those of Wang [1]_. Three instead of two tell
more: with one kit every stroke has the same peaks, and only the time between strokes differs.

Conventions: audio is mono float at `SAMPLE_RATE_HZ`; frames are `HOP` samples long.

References
----------
.. [1] A. L. Wang, "An industrial-strength audio search algorithm", ISMIR 2003.
"""

import numpy as np
from scipy.fft import rfft

SAMPLE_RATE_HZ = 8000
HOP = 64  # samples; 8 ms
FRAMES_PER_SECOND = SAMPLE_RATE_HZ // HOP
SILENCE_DB = -60.0  # re full scale: sound whose peak is below it is silent

# Measured on real performances on sampled kits, see bench/near_duplicates.py: of eight windows and
# steps these keep most landmarks of a copy that is cut, noisy, coded at once, and quieter.
_N_FFT = 512
_TAPER = np.hanning(_N_FFT).astype(np.float32)
_LOWEST_BIN = 4  # 62 Hz: what is below is hum and the offset of the recorder
_PEAK_FRAMES, _PEAK_BINS = 9, 15  # a peak is the largest value of such a field
# ... and around it the level has risen so much in 40 ms, in nepers, over a mean of so many bins: a
# stroke begins. What rings on is the same sound whenever a kit ends on the same sampled cymbal.
_RISE, _RISE_FRAMES, _RISE_BINS = 0.7, 5, 17
_RANGE = 6.9  # a peak is at most 60 dB (in nepers) below the loudest
_BLOCK_FRAMES = 62  # half a second, in which at most so many peaks count:
_PEAKS_PER_BLOCK = 12
_FAN = 4  # peaks after the first that make landmarks with it, two at a time
_NEAREST, _FARTHEST = 8, 125  # frames between the first peak and these
_FRAME_STEP, _BIN_STEP = 4, 2  # what counts as equal distance and equal band
_CHUNK_FRAMES = 500  # frames of spectrogram held at once: what is made of them stays in the caches
_FFT_FRAMES = 128  # of these, transformed at once: their spectra are larger


def find_landmarks(samples: np.ndarray, *, max_landmarks: int) -> tuple[np.ndarray, np.ndarray]:
    """The landmarks of a recording.

    Of more than `max_landmarks`, those with the lowest hashes are kept. A recording and an excerpt
    of it then keep largely the same ones.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,)
        Mono, at SAMPLE_RATE_HZ.
    max_landmarks : int

    Returns
    -------
    hashes : np.ndarray, shape (n_landmarks,), uint32
        In rising order.
    frames : np.ndarray, shape (n_landmarks,), int32
    """
    frames, bins = _peaks(samples)
    hashes, starts = _triples(frames, bins)
    order = np.lexsort((starts, hashes))[:max_landmarks]
    return hashes[order].astype(np.uint32), starts[order].astype(np.int32)


def is_silent(samples: np.ndarray) -> bool:
    """Whether no sample reaches SILENCE_DB."""
    return len(samples) == 0 or float(np.abs(samples).max()) < 10 ** (SILENCE_DB / 20)


def _peaks(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frame and bin of each peak, in order of time."""
    n_frames = max(1 + (len(samples) - _N_FFT) // HOP, 0)
    peaks = []
    loudest = -np.inf
    margin = max(_PEAK_FRAMES // 2, _RISE_FRAMES)
    for start in range(0, n_frames, _CHUNK_FRAMES):
        first, last = max(start - margin, 0), min(start + _CHUNK_FRAMES + margin, n_frames)
        levels = _levels(samples[first * HOP : (last - 1) * HOP + _N_FFT])
        highest = float(levels.max())
        loudest = max(loudest, highest)
        if highest == levels.min():
            continue  # nothing sounds, and all would be as high as what is around
        around = highest_around(highest_around(levels, _PEAK_FRAMES).T, _PEAK_BINS).T
        frame, band = np.divmod(np.flatnonzero(levels == around), levels.shape[1])
        level = levels[frame, band]
        place = frame + first
        chosen = (place >= start) & (place < start + _CHUNK_FRAMES) & (level > loudest - _RANGE)
        frame, band = frame[chosen], band[chosen]
        rises = _rise(levels, frame, band) >= _RISE
        peaks.append((place[chosen][rises], band[rises], level[chosen][rises]))
    if not peaks:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    frame, band, level = (np.concatenate(column) for column in zip(*peaks, strict=True))
    loud = level > loudest - _RANGE
    return _strongest(frame[loud], band[loud], level[loud])


def highest_around(values: np.ndarray, n: int) -> np.ndarray:
    """The highest of the `n` values, an odd number, around each along the first axis.

    Ranges of 1, 2, 4 ... values are joined, by whole arrays: scipy's filter takes twice as long.
    """
    beyond = np.full((n // 2, values.shape[1]), -np.inf, values.dtype)
    highest, n_joined = np.concatenate([beyond, values, beyond]), 1
    while n_joined < n:
        step = min(n_joined, n - n_joined)
        highest = np.maximum(highest[:-step], highest[step:])
        n_joined += step
    return highest


def _levels(samples: np.ndarray) -> np.ndarray:
    """Logarithmic spectrogram, shape (n_frames, n_bins), float32."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, _N_FFT)[::HOP]
    levels = np.empty((len(windows), _N_FFT // 2 - _LOWEST_BIN), np.float32)
    for first in range(0, len(windows), _FFT_FRAMES):
        spectra = rfft(windows[first : first + _FFT_FRAMES] * _TAPER, axis=1)
        here = levels[first : first + _FFT_FRAMES]
        np.abs(spectra[:, _LOWEST_BIN:-1], out=here)
        here += 1e-6
        np.log(here, out=here)
    return levels


def _rise(levels: np.ndarray, frame: np.ndarray, band: np.ndarray) -> np.ndarray:
    """How much the level around some bins is above that some frames before."""
    bands = np.abs(band[:, None] + np.arange(_RISE_BINS) - _RISE_BINS // 2 + 0.5) - 0.5
    last = levels.shape[1] - 1  # beyond both ends the bands go back
    bands = (last + 0.5 - np.abs(last + 0.5 - bands)).astype(np.int64)
    before = np.maximum(frame - _RISE_FRAMES, 0)[:, None]
    return (levels[frame[:, None], bands] - levels[before, bands]).mean(axis=1)


def _strongest(frame, band, level) -> tuple[np.ndarray, np.ndarray]:
    """Of each block only the loudest peaks, again in order of time."""
    block = frame // _BLOCK_FRAMES
    order = np.lexsort((band, frame, -level, block))
    first = np.searchsorted(block[order], block[order])
    kept = np.sort(order[np.arange(len(order)) - first < _PEAKS_PER_BLOCK])
    return frame[kept], band[kept]


def _triples(frame: np.ndarray, band: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hash and first frame of every peak with two of the `_FAN` next."""
    after = np.searchsorted(frame, frame + _NEAREST)
    end = np.searchsorted(frame, frame + _FARTHEST)
    hashes, starts = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for one in range(_FAN - 1):
        for other in range(one + 1, _FAN):
            first = np.flatnonzero(after + other < end)
            second, third = after[first] + one, after[first] + other
            parts = [band[rows] // _BIN_STEP for rows in (first, second, third)]
            parts += [(frame[rows] - frame[first]) // _FRAME_STEP for rows in (second, third)]
            hashes.append(mixed(parts) >> np.uint64(32))
            starts.append(frame[first])
    return np.concatenate(hashes), np.concatenate(starts)


def mixed(parts: list[np.ndarray]) -> np.ndarray:
    """One 64-bit hash of each row of several columns of small whole numbers.

    The finaliser is that of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
    number generators", OOPSLA 2014), applied after each column.
    """
    value = np.zeros(len(parts[0]), np.uint64)
    for part in parts:
        value = value + part.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(31)
    return value
