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
_PRODUCT = 900_000  # multiplications of one; of a million on OpenBLAS copies what it multiplies
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
        # Samples of which not all is made yet come first, at the start those before the first.
        self._waiting = np.zeros(self._weights.n_before, np.float32)
        self._n_samples, self._n_waiting = 0, len(self._waiting)
        self._made = Growing(math.ceil(n_expected / self._per_made) + self._weights.n_outputs)

    def place(self, n_samples: int) -> np.ndarray:
        """As of `resampling.Growing`."""
        stop = self._n_waiting + n_samples
        if stop > len(self._waiting):
            waiting = np.empty(n_samples + stop, np.float32)
            waiting[: self._n_waiting] = self._waiting[: self._n_waiting]
            self._waiting = waiting
        return self._waiting[self._n_waiting : stop]

    def take(self, n_samples: int) -> None:
        """As of `resampling.Growing`."""
        self._n_samples += n_samples
        self._n_waiting += n_samples
        weights, waiting, n_used = self._weights, self._waiting[: self._n_waiting], 0
        while n_rows := weights.n_rows(len(waiting) - n_used):
            n_made = n_rows * weights.n_outputs
            weights.make(waiting[n_used:], self._made.place(n_made))
            self._made.take(n_made)
            n_used += n_rows * weights.n_step
        self._n_waiting -= n_used
        self._waiting[: self._n_waiting] = waiting[n_used:]

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_samples,) float32."""
        self.place(len(samples))[:] = samples
        self.take(len(samples))

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
        common = math.gcd(rate_hz, to_hz)
        n_samples, n_outputs = rate_hz // common, to_hz // common
        # Rows of a product may not overlap by more than all of their length.
        n_longest = 1.05 * (2 * reach + _GROUP * rate_hz / to_hz) + 3
        times = math.ceil(n_longest / n_samples)
        times += -times % (_GROUP // math.gcd(_GROUP, n_outputs))
        self.n_step, self.n_outputs = times * n_samples, times * n_outputs
        # All groups are one product, each so much after the one before; what that is more or less
        # than their distance, their weights are further on in the rows.
        n_groups = self.n_outputs // _GROUP
        self._n_group = round(self.n_step / n_groups)
        groups = []
        for number in range(n_groups):
            places = (number * _GROUP + np.arange(_GROUP)) * n_samples / n_outputs
            first = math.ceil(places[0] - reach)
            samples = np.arange(first, math.floor(places[-1] + reach) + 1)
            weights = _lowpass((samples[:, None] - places) / reach, reach * to_hz / rate_hz)
            groups.append((first - number * self._n_group, weights))
        self.n_before = -min(first for first, _ in groups)
        n_long = max(first + self.n_before + len(weights) for first, weights in groups)
        self._weights = np.zeros((n_groups, n_long, _GROUP), np.float32)
        for of_group, (first, weights) in zip(self._weights, groups, strict=True):
            of_group[first + self.n_before :][: len(weights)] = weights
        self.n_reached = (n_groups - 1) * self._n_group + n_long
        self._most_rows = max(_PRODUCT // (n_long * _GROUP), 1)

    def n_rows(self, n_samples: int) -> int:
        """How often all outputs are made of so many samples, at most as often as at once."""
        return min(max((n_samples - self.n_reached) // self.n_step + 1, 0), self._most_rows)

    def make(self, samples: np.ndarray, made: np.ndarray) -> None:
        """Make outputs, (n_rows * n_outputs,), of samples that reach as far as they do."""
        n_groups, n_long, _ = self._weights.shape
        n_rows = len(made) // self.n_outputs
        strides = (4 * self._n_group, 4 * self.n_step, 4)
        rows = np.ndarray((n_groups, n_rows, n_long), np.float32, samples, 0, strides)
        made = made.reshape(n_rows, n_groups, _GROUP).transpose(1, 0, 2)
        np.matmul(rows, self._weights, out=made)


def _lowpass(places: np.ndarray, n_reached: float) -> np.ndarray:
    """Weights of samples at places from -1 to 1, where so many outputs lie from 0 to 1."""
    beta = 0.1102 * (_REJECTION_DB - 8.7)
    window = np.i0(beta * np.sqrt(np.maximum(1 - places**2, 0))) * (np.abs(places) <= 1)
    weights = np.sinc(n_reached * places) * window
    return weights / weights.sum(axis=0)
