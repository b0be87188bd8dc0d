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
_TAPERS = np.tile(np.hanning(_N_FFT).astype(np.float32), (64, 1))  # of frames that lie in a row
_LOWEST_BIN = 4  # 62 Hz: what is below is hum and the offset of the recorder
_N_BINS = _N_FFT // 2 - _LOWEST_BIN
_PEAK_FRAMES, _PEAK_BINS = 9, 15  # a peak is the largest value of such a field
# ... and around it the level has risen so much in 40 ms, in nepers, over a mean of so many bins: a
# stroke begins. What rings on is the same sound whenever a kit ends on the same sampled cymbal.
_RISE, _RISE_FRAMES, _RISE_BINS = 0.7, 5, 17
_RANGE = 6.9  # a peak is at most 60 dB (in nepers) below the loudest
_BLOCK_FRAMES = 62  # half a second, in which at most so many peaks count:
_PEAKS_PER_BLOCK = 12
_PLACE_BITS = (_BLOCK_FRAMES * _N_BINS).bit_length()
_LARGEST = np.iinfo(np.int32).max
_FAN = 4  # peaks after the first that make landmarks with it, two at a time
_NEAREST, _FARTHEST = 8, 125  # frames between the first peak and these
_FRAME_STEP, _BIN_STEP = 4, 2  # what counts as equal distance and equal band
_CHUNK_FRAMES = 1014  # frames of spectrogram held at once: what is made of them stays in the caches
_FFT_FRAMES = 256  # of these and their margins, transformed at once: their spectra are larger


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
    frames, bins = _peaks(np.ascontiguousarray(samples, np.float32))
    hashes, starts = _triples(frames, bins)
    # As one number, in which the hash comes first: these are sorted in a tenth of the time.
    landmarks = np.sort(hashes << np.uint64(32) | starts.astype(np.uint64))[:max_landmarks]
    return (landmarks >> np.uint64(32)).astype(np.uint32), landmarks.astype(np.uint32).view(
        np.int32
    )


def is_silent(samples: np.ndarray) -> bool:
    """Whether no sample reaches SILENCE_DB."""
    limit = 10 ** (SILENCE_DB / 20)
    return len(samples) == 0 or bool(-limit < samples.min() <= samples.max() < limit)


def _peaks(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frame and bin of each peak, in order of time."""
    n_frames = max(1 + (len(samples) - _N_FFT) // HOP, 0)
    peaks = []
    loudest = -np.inf
    margin = max(_PEAK_FRAMES // 2, _RISE_FRAMES)
    spectrogram = _Spectrogram(_CHUNK_FRAMES + 2 * margin)
    for start in range(0, n_frames, _CHUNK_FRAMES):
        first, last = max(start - margin, 0), min(start + _CHUNK_FRAMES + margin, n_frames)
        spectrogram.take(samples[first * HOP : (last - 1) * HOP + _N_FFT])
        loudest = max(loudest, float(_levels(spectrogram.highest)))
        if spectrogram.is_even():
            continue  # nothing sounds, and all would be as high as what is around
        frame, band = spectrogram.highest_around()
        level = spectrogram.level(frame, band)
        place = frame + first
        chosen = (place >= start) & (place < start + _CHUNK_FRAMES) & (level > loudest - _RANGE)
        frame, band = frame[chosen], band[chosen]
        rises = spectrogram.rise(frame, band) >= _RISE
        peaks.append((place[chosen][rises], band[rises], level[chosen][rises]))
    if not peaks:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    frame, band, level = (np.concatenate(column) for column in zip(*peaks, strict=True))
    loud = level > loudest - _RANGE
    return _strongest(frame[loud], band[loud], level[loud])


class _Spectrogram:
    """Amplitudes of some frames at a time, (n_frames, n_bins), what is highest and what rises.

    Bins lie between margins, one frame after the other: what is around is then the same number of
    values further on for all of them, and ranges of 1, 2, 4 ... values are joined by whole arrays.
    What is beyond the last bin of a frame is also before the first of the next.
    """

    def __init__(self, most_frames: int):
        self._tapered = np.empty((_FFT_FRAMES, _N_FFT), np.float32)
        self._all_bins = np.empty((_FFT_FRAMES, _N_FFT // 2 + 1), np.float32)
        n = (most_frames + 2 * _BEFORE) * _WIDTH
        self._field = _aligned(n + _LINE)  # the last margin is the row's and this, beyond all rows
        self._rows = self._field[:n].reshape(-1, _WIDTH)
        self._joined = _aligned(2 * (n + _LINE)).reshape(2, -1)
        self.amplitudes = self._rows[:0, :_N_BINS]
        self.highest = np.float32(0)

    def take(self, samples: np.ndarray) -> None:
        """Take the amplitudes of all frames of the samples, one after the other, float32.

        They come in the place of the last ones.
        """
        n_frames = 1 + (len(samples) - _N_FFT) // HOP
        shape, strides = (n_frames, _N_FFT), (4 * HOP, 4)
        windows = np.ndarray(shape, np.float32, samples, 0, strides)
        self.make_room(n_frames)
        for first in range(0, n_frames, _FFT_FRAMES):
            here = windows[first : first + _FFT_FRAMES]
            tapered = self._tapered[: len(here)]
            for start in range(0, len(here), len(_TAPERS)):
                # As one long row, which is multiplied faster than rows that overlap.
                part = tapered[start : start + len(_TAPERS)]
                np.copyto(part, here[start : start + len(_TAPERS)])
                np.multiply(part, _TAPERS[: len(part)], out=part)
            # Of whole rows, one long one, and then some of it: it takes a quarter less.
            all_bins = np.abs(rfft(tapered, axis=1), out=self._all_bins[: len(here)])
            wanted = all_bins[:, _LOWEST_BIN:-1]
            np.copyto(self.amplitudes[first : first + _FFT_FRAMES], wanted)
        self.highest = self._field.max()

    def make_room(self, n_frames: int) -> None:
        """Have `amplitudes` of so many frames, whatever they are."""
        if n_frames != len(self.amplitudes):
            self._field.fill(-np.inf)
        rows = self._rows[_BEFORE : _BEFORE + n_frames]
        self.amplitudes = rows[:, _BESIDE : _BESIDE + _N_BINS]

    def is_even(self) -> bool:
        """Whether all amplitudes are the same."""
        is_first = self.amplitudes[0, 0] == self.highest
        return bool(is_first and (self.amplitudes == self.highest).all())

    def highest_around(self) -> tuple[np.ndarray, np.ndarray]:
        """Frame and bin of all that are as high as the highest in a field around them."""
        values, n = self._field, (len(self.amplitudes) + 2 * _BEFORE) * _WIDTH + _LINE
        for number, step in enumerate(_STEPS):
            n -= step
            joined = self._joined[number % 2, :n]
            values = np.maximum(values[:n], values[step : n + step], out=joined)
        # The first of a field stands for it; its middle lies so much further on.
        middle = self._place(0, 0)
        places = np.flatnonzero(values == self._field[middle : middle + n])
        frame = places // _WIDTH
        band = places - frame * _WIDTH
        is_bin = band < _N_BINS  # and no margin
        return frame[is_bin], band[is_bin]

    def level(self, frame: np.ndarray, band: np.ndarray) -> np.ndarray:
        """Of some bins, nepers."""
        return _levels(self._field.take(self._place(frame, band)))

    def rise(self, frame: np.ndarray, band: np.ndarray) -> np.ndarray:
        """How much the level around some bins is above that some frames before."""
        now = self._place(frame[:, None], _AROUND.take(band, axis=0))
        earlier = (frame - np.maximum(frame - _RISE_FRAMES, 0)) * _WIDTH
        amplitudes = self._field.take(now), self._field.take(now - earlier[:, None])
        return np.subtract(*map(_levels, amplitudes)) @ _MEAN

    @staticmethod
    def _place(frame, band):
        return (frame + _BEFORE) * _WIDTH + _BESIDE + band


def _aligned(n: int) -> np.ndarray:
    """Room for `n` values, at the start of a line of the cache: a sixth less time for ranges."""
    room = np.empty(n + _LINE, np.float32)
    return room[-(room.ctypes.data // room.itemsize) % _LINE :][:n]


def _levels(amplitudes: np.ndarray) -> np.ndarray:
    """Logarithms, nepers."""
    return np.log(amplitudes + np.float32(1e-6))


def _doubled(n: int) -> list[int]:
    """Steps that join ranges of one value to ranges of `n`."""
    steps, n_joined = [], 1
    while n_joined < n:
        steps.append(min(n_joined, n - n_joined))
        n_joined += steps[-1]
    return steps


def _bins_around() -> np.ndarray:
    """Of each bin those around it over which a rise is a mean; beyond both ends they go back."""
    bands = np.arange(_N_BINS)[:, None] + np.arange(_RISE_BINS) - _RISE_BINS // 2
    bands = np.abs(bands + 0.5) - 0.5
    last = _N_BINS - 1
    return (last + 0.5 - np.abs(last + 0.5 - bands)).astype(np.int64)


_LINE = 16  # values of a line of the cache
_BEFORE, _BESIDE = _PEAK_FRAMES // 2, _PEAK_BINS // 2  # margins
_WIDTH = _N_BINS + _BESIDE + -(_N_BINS + _BESIDE) % (_LINE // 2)
_STEPS = [*_doubled(_PEAK_BINS), *(step * _WIDTH for step in _doubled(_PEAK_FRAMES))]
_AROUND = _bins_around()
_MEAN = np.full(_RISE_BINS, 1 / _RISE_BINS, np.float32)


def _strongest(frame, band, level) -> tuple[np.ndarray, np.ndarray]:
    """Of each block only the loudest peaks, again in order of time; of equal ones the first."""
    block = frame // _BLOCK_FRAMES
    first = np.searchsorted(block, block)
    place = np.arange(len(block)) - first  # of a peak among those of its block
    # Block, level from the highest down, and place as one number: sorted in a tenth of the time.
    bits = level.view(np.int32)
    rank = np.int64(_LARGEST) - (bits ^ (bits >> 31 & _LARGEST))  # floats as integers in order
    order = np.sort(block << 32 + _PLACE_BITS | rank << _PLACE_BITS | place)
    kept = np.sort((first + (order & (1 << _PLACE_BITS) - 1))[place < _PEAKS_PER_BLOCK])
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
