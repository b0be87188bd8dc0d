"""Sound at a much lower rate, for who looks at its spectrum and not at its samples.

An output is a sum over the samples around it. Of outputs that follow one another the samples are
nearly the same, so that some outputs are one product of matrices; it takes a third of the time of
`resampling`, whose filter is steeper. What is an eighth below half the new rate is as it was, to
60 dB; what is an eighth above it is gone; between them some is folded back. As the filter is one of
seconds, copies of a recording at several rates come out alike.
"""

import math
from functools import lru_cache

import numpy as np

from drumcorpus.ground.sound.resampling import Growing, Resampler

_REJECTION_DB = 60.0
_WIDTH = 1 / 8  # of the new rate: from what is kept to what is gone
_GROUP = 16  # outputs of a product; fewer leave less of it to 0, more are multiplied faster
_MOST_PHASES = 1000  # places of outputs between samples, each with weights of its own


def decimator(rate_hz: int, to_hz: int, n_expected: int = 0) -> "Decimator | Resampler":
    """What resamples to the lower rate: `resampling.Resampler` where the ratio is no small one."""
    n_phases = to_hz // math.gcd(rate_hz, to_hz)
    is_lower = rate_hz > to_hz and n_phases <= _MOST_PHASES
    return (Decimator if is_lower else Resampler)(rate_hz, to_hz, n_expected)


class Decimator:
    """Resamples samples as they come; of the whole no more than the result is held.

    Parameters
    ----------
    rate_hz, to_hz, n_expected : int
        As of `resampling.Resampler`.

    Examples
    --------
    >>> decimator = Decimator(44_100, 8_000)
    >>> decimator.add(np.ones(44_100, np.float32))
    >>> decimator.whole()[[0, 4_000]].round(2)
    array([0.59, 1.  ], dtype=float32)
    """

    def __init__(self, rate_hz: int, to_hz: int, n_expected: int = 0):
        self._weights = _weights_of(rate_hz, to_hz)
        self._per_made = rate_hz / to_hz
        self._waiting = np.zeros(0, np.float32)  # samples of which not all is made yet come first
        self._n_waiting = self._n_samples = 0
        self._take(np.zeros(self._weights.n_before, np.float32))
        self._made = Growing(math.ceil(n_expected / self._per_made) + self._weights.n_outputs)

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_samples,) float32."""
        self._n_samples += len(samples)
        self._take(samples)
        made, n_used = self._weights.made_of(self._waiting[: self._n_waiting])
        self._made.add(made)
        self._n_waiting -= n_used
        self._waiting[: self._n_waiting] = self._waiting[n_used : n_used + self._n_waiting]

    def _take(self, samples):
        n_waiting = self._n_waiting + len(samples)
        if n_waiting > len(self._waiting):
            kept = self._waiting[: self._n_waiting]
            self._waiting = np.concatenate([kept, np.empty(2 * n_waiting, np.float32)])
        self._waiting[self._n_waiting : n_waiting] = samples
        self._n_waiting = n_waiting

    def whole(self) -> np.ndarray:
        """All that was made, (n_samples,) float32; to be asked once, after the last samples."""
        n_made = math.floor(self._n_samples / self._per_made + 0.5)  # as soxr has it
        while self._made.n_samples < n_made:
            self.add(np.zeros(self._weights.n_step, np.float32))
        return self._made.whole()[:n_made]


@lru_cache(8)
def _weights_of(rate_hz: int, to_hz: int) -> "_Weights":
    return _Weights(rate_hz, to_hz)


class _Weights:
    """Of some outputs, after which places between samples repeat, the weights of the samples.

    Attributes
    ----------
    n_before : int
        Samples before the first output that it reaches.
    n_step, n_reached, n_outputs : int
        Samples from these outputs to the next ones, samples that they reach, and their number.
    """

    def __init__(self, rate_hz: int, to_hz: int):
        # After Kaiser: the length that keeps what is to be gone so far below.
        reach = (_REJECTION_DB - 7.95) / (14.36 * _WIDTH) * rate_hz / to_hz / 2
        self.n_before = math.ceil(reach)
        common = math.gcd(rate_hz, to_hz)
        n_samples, n_outputs = rate_hz // common, to_hz // common
        # Rows of a product may not overlap by more than all of their length.
        n_longest = math.ceil(2 * reach + _GROUP * rate_hz / to_hz) + 2
        times = math.ceil(n_longest / n_samples)
        times += -times % (_GROUP // math.gcd(_GROUP, n_outputs))
        self.n_step, self.n_outputs = times * n_samples, times * n_outputs
        self._groups = []
        for start in range(0, self.n_outputs, _GROUP):
            places = np.arange(start, start + _GROUP) * n_samples / n_outputs
            first = math.ceil(places[0] - reach)
            samples = np.arange(first, math.floor(places[-1] + reach) + 1)
            weights = _lowpass((samples[:, None] - places) / reach, reach * to_hz / rate_hz)
            self._groups.append((first + self.n_before, weights.astype(np.float32)))
        self.n_reached = max(first + len(weights) for first, weights in self._groups)

    def made_of(self, samples: np.ndarray) -> tuple[np.ndarray, int]:
        """The outputs of as many samples as make whole rows, and how many are used up by them."""
        n_rows = max((len(samples) - self.n_reached) // self.n_step + 1, 0)
        made = np.empty((n_rows, self.n_outputs), np.float32)
        start = 0
        if n_rows == 0:
            return made.reshape(-1), 0
        for first, weights in self._groups:
            n_long, n_made = weights.shape
            shape, strides = (n_rows, n_long), (4 * self.n_step, 4)
            rows = np.ndarray(shape, np.float32, samples, 4 * first, strides)
            np.matmul(rows, weights, out=made[:, start : start + n_made])
            start += n_made
        return made.reshape(-1), n_rows * self.n_step


def _lowpass(places: np.ndarray, n_reached: float) -> np.ndarray:
    """Weights of samples at places from -1 to 1, where so many outputs lie from 0 to 1."""
    beta = 0.1102 * (_REJECTION_DB - 8.7)
    window = np.i0(beta * np.sqrt(np.maximum(1 - places**2, 0))) * (np.abs(places) <= 1)
    weights = np.sinc(n_reached * places) * window
    return weights / weights.sum(axis=0)
