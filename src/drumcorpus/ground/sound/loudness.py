"""Integrated loudness after ITU-R BS.1770-4, block by block, so that length costs no memory.

The two filters are pyloudnorm's. It wants a whole recording at once, so what runs them here
(`block_filter`) keeps their state from block to block.

References
----------
ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level", 2015.
B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
"""

from collections.abc import Iterable

import numpy as np

from drumcorpus.ground.sound.block_filter import BlockFilter
from drumcorpus.ground.sound.decoding import Source, open_sound

STEP = 0.1  # s: gating blocks of 0.4 s overlap by three quarters
STEPS_PER_BLOCK = 4
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU re the mean of what passes the absolute gate
OFFSET = -0.691  # dB, of the standard: a sine of 997 Hz at full scale in one channel is -3.01 LUFS
TONE_HZ = 997.0
CHANNEL_WEIGHTS = (1.0, 1.0, 1.0, 1.41, 1.41)
# Gain in dB, quality, frequency in Hz and kind of the two filters that make up K-weighting: at
# 48 kHz they have the standard's coefficients, after De Man. At other rates their gain is a little
# off, by 0.03 dB at 96 kHz and 0.2 dB at 8 kHz; it is set right at the tone that the offset is for.
K_WEIGHTING = (
    (3.99984385397, 0.7071752369554193, 1681.9744509555319, "high_shelf_DeMan"),
    (0.0, 0.5003270373253953, 38.13547087613982, "high_pass_DeMan"),
)


class LoudnessMeter:
    """Mean powers of the gating blocks of one recording, taken from its samples as they come.

    Of more than five channels the standard gives no weights: the mean of their powers is taken,
    so that channels that cancel one another are as loud as they are.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int):
        # It takes a second; only jobs that measure pay for it.
        from pyloudnorm import IIRfilter

        filters = [
            IIRfilter(gain, quality, frequency, sample_rate_hz, kind)
            for gain, quality, frequency, kind in K_WEIGHTING
        ]
        self._sections = np.array([np.concatenate([each.b, each.a]) for each in filters])
        has_weights = n_channels <= len(CHANNEL_WEIGHTS)
        shares = CHANNEL_WEIGHTS[:n_channels] if has_weights else [1 / n_channels] * n_channels
        weights = np.array(shares)
        self._weights = weights * 10 ** (-OFFSET / 10) / self._power_gain(TONE_HZ / sample_rate_hz)
        self._filter = BlockFilter(self._sections, n_channels)
        self._rate, self._n_samples = sample_rate_hz, 0
        self._sums: list[float] = [0.0]  # of the weighted squares of every step

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples, (n_channels, n_samples) float, full scale 1."""
        weighted = self._filter(samples)
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

    def _power_gain(self, cycles_per_sample: float) -> float:
        delays = np.exp(-2j * np.pi * cycles_per_sample * np.arange(3))
        gains = (self._sections[:, :3] @ delays) / (self._sections[:, 3:] @ delays)
        return float(np.abs(gains.prod()) ** 2)

    def block_powers(self) -> np.ndarray:
        """Mean power of every whole gating block, (n_blocks,); of a shorter recording, its own."""
        n_whole = int(self._n_samples / (STEP * self._rate) + 1e-9)
        if n_whole < STEPS_PER_BLOCK:
            return np.array([sum(self._sums) / max(self._n_samples, 1)])
        cumulated = np.concatenate([[0.0], np.cumsum(self._sums[:n_whole])])
        sums = cumulated[STEPS_PER_BLOCK:] - cumulated[:-STEPS_PER_BLOCK]
        return np.maximum(sums, 0.0) / (STEPS_PER_BLOCK * STEP * self._rate)


def integrated_loudness(source: Source) -> float | None:
    """Loudness of a whole sound file in LUFS, to four decimals; None where it is silent.

    What is shorter than a gating block of 0.4 s is measured as one block.

    Parameters
    ----------
    source : path or bytes
        Where the file lies, or its content.

    Raises
    ------
    UnusableSound
        If it is not sound that can be decoded to its end.
    """
    with open_sound(source) as sound:
        meter = LoudnessMeter(sound.sample_rate_hz, sound.n_channels)
        for block in sound.blocks():
            meter.add(np.ascontiguousarray(block.T))
    loudness = integrated_lufs([meter.block_powers()])
    return None if loudness is None else round(loudness, 4)


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


def loudest_at(block_powers: np.ndarray) -> float | None:
    """The middle of the loudest gating block, the first of equal ones, s; None for silence."""
    if not block_powers.max(initial=0.0) > 0:
        return None
    return round((int(np.argmax(block_powers)) + STEPS_PER_BLOCK / 2) * STEP, 3)


def _lufs(power):
    with np.errstate(divide="ignore"):
        return OFFSET + 10 * np.log10(power)
