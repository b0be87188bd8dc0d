"""Integrated loudness after ITU-R BS.1770-4, block by block, so that length costs no memory.

The two filters are pyloudnorm's. It wants a whole recording at once, so what runs them here keeps
their state from block to block.

References
----------
ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level", 2015.
B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
"""

from collections.abc import Iterable

import numpy as np
from pyloudnorm import IIRfilter
from scipy.signal import sosfilt

STEP = 0.1  # s: gating blocks of 0.4 s overlap by three quarters
STEPS_PER_BLOCK = 4
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU re the mean of what passes the absolute gate
OFFSET = -0.691  # dB, of the standard: a sine of 997 Hz at full scale in one channel is -3.01 LUFS
CHANNEL_WEIGHTS = (1.0, 1.0, 1.0, 1.41, 1.41)
# Gain in dB, quality, frequency in Hz and kind of the two filters that make up K-weighting: at any
# rate what the standard's coefficients are at 48 kHz, after De Man.
K_WEIGHTING = (
    (3.99984385397, 0.7071752369554193, 1681.9744509555319, "high_shelf_DeMan"),
    (0.0, 0.5003270373253953, 38.13547087613982, "high_pass_DeMan"),
)


class LoudnessMeter:
    """Mean powers of the gating blocks of one recording, taken from its samples as they come.

    Of more than five channels the standard gives no weights; all then count as one.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int):
        filters = [
            IIRfilter(gain, quality, frequency, sample_rate_hz, kind)
            for gain, quality, frequency, kind in K_WEIGHTING
        ]
        self._sections = np.array([np.concatenate([each.b, each.a]) for each in filters])
        self._state = np.zeros((len(filters), n_channels, 2))
        known = n_channels <= len(CHANNEL_WEIGHTS)
        self._weights = np.array(CHANNEL_WEIGHTS[:n_channels] if known else [1.0] * n_channels)
        self._rate, self._n_samples = sample_rate_hz, 0
        self._sums: list[float] = [0.0]  # of the weighted squares of every step

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_channels, n_samples) float, full scale 1."""
        weighted, self._state = sosfilt(self._sections, samples, axis=1, zi=self._state)
        power = self._weights @ np.square(weighted, out=weighted)
        stop = self._n_samples + len(power)
        # A step starts at the sample that a whole number of steps have reached.
        steps = np.arange(len(self._sums), int(stop / (STEP * self._rate)) + 2)
        starts = (steps * STEP * self._rate).astype(np.int64)
        starts = starts[starts < stop] - self._n_samples
        if len(starts) and starts[0] == 0:  # a step starts with this block
            self._sums.append(0.0)
            starts = starts[1:]
        sums = np.add.reduceat(power, np.concatenate([[0], starts]))
        self._sums[-1] += float(sums[0])
        self._sums += sums[1:].tolist()
        self._n_samples = stop

    def block_powers(self) -> np.ndarray:
        """Mean power of every whole gating block, (n_blocks,); of a shorter recording, its own."""
        n_whole = int(self._n_samples / (STEP * self._rate) + 1e-9)
        if n_whole < STEPS_PER_BLOCK:
            return np.array([sum(self._sums) / max(self._n_samples, 1)])
        cumulated = np.concatenate([[0.0], np.cumsum(self._sums[:n_whole])])
        sums = cumulated[STEPS_PER_BLOCK:] - cumulated[:-STEPS_PER_BLOCK]
        return np.maximum(sums, 0.0) / (STEPS_PER_BLOCK * STEP * self._rate)


def integrated_lufs(block_powers: Iterable[np.ndarray]) -> float | None:
    """Loudness of recordings one after the other, in LUFS; None where all is below the gate.

    Parameters
    ----------
    block_powers : iterable of np.ndarray
        Of every recording, as of `LoudnessMeter.block_powers`.
    """
    power = np.concatenate([np.zeros(0), *block_powers])
    power = power[_lufs(power) >= ABSOLUTE_GATE]
    if len(power) == 0:
        return None
    power = power[_lufs(power) > _lufs(power.mean()) + RELATIVE_GATE]
    return float(_lufs(power.mean()))


def _lufs(power):
    with np.errstate(divide="ignore"):
        return OFFSET + 10 * np.log10(power)
