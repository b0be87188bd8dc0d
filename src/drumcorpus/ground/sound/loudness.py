"""Integrated loudness after ITU-R BS.1770-4, block by block, so that length costs no memory.

The two filters are pyloudnorm's. It wants a whole recording at once, so what runs them here
(`block_filter`) keeps their state from block to block.

References
----------
ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level", 2015.
B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
"""

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from drumcorpus.ground.sound.block_filter import BlockFilter
from drumcorpus.ground.sound.decoding import Source, open_sound
from drumcorpus.ground.sound.turned import BlockTurner, TurnedBlock, columns_of, in_time

STEP = 0.1  # s: gating blocks of 0.4 s overlap by three quarters
STEPS_PER_BLOCK = 4
N_FRAME = 24  # samples of a frame where nothing else is measured of it
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

    Parameters
    ----------
    sample_rate_hz, n_channels : int
    n_frame : int
        Samples of each channel in a frame of the blocks that are added.
    """

    N_STATES = 2 * len(K_WEIGHTING)  # rows that are to be free above the samples of a part

    def __init__(self, sample_rate_hz: int, n_channels: int, n_frame: int):
        self._sections = _sections(sample_rate_hz)
        has_weights = n_channels <= len(CHANNEL_WEIGHTS)
        shares = CHANNEL_WEIGHTS[:n_channels] if has_weights else [1 / n_channels] * n_channels
        weights = np.array(shares)
        weights *= 10 ** (-OFFSET / 10) / self._power_gain(TONE_HZ / sample_rate_hz)
        self._weights = weights.astype(np.float32)
        self._filter = BlockFilter(self._sections, n_frame, n_channels)
        self._powers = np.empty(0, np.float32)  # of every column of a block
        self._rate, self._n_samples, self._n_frame = sample_rate_hz, 0, n_frame
        self._sums: list[float] = [0.0]  # of the weighted squares of every step

    def add(
        self,
        block: TurnedBlock,
        look: Callable[[slice, np.ndarray], None] = lambda columns, samples: None,
    ) -> None:
        """Take the next block, whose parts have `N_STATES` free rows.

        Parameters
        ----------
        look : callable
            Gets the columns of each part and their samples, while these are at hand.
        """
        n_columns = block.stored.shape[1]
        if len(self._powers) != n_columns:
            self._powers = np.empty(n_columns, np.float32)
        self._filter.begin(n_columns)
        for columns, rows in block.parts():
            look(columns, rows[self.N_STATES :])
            self._filter.gather(columns, rows[self.N_STATES :])
        self._filter.advance()
        for columns, rows in block.parts():
            self._powers[columns] = self._filter.powers(columns, rows)
        stop = self._n_samples + block.n_samples
        # A step starts at the sample that a whole number of steps have reached.
        steps = np.arange(len(self._sums), int(stop / (STEP * self._rate)) + 2)
        starts = (steps * (STEP * self._rate)).astype(np.int64)
        starts = starts[starts < stop] - self._n_samples
        sums = self._sums_between(block, starts) * block.scale**2
        self._sums[-1] += float(sums[0])
        self._sums += sums[1:].tolist()
        self._n_samples = stop

    def _sums_between(self, block, starts):
        """Sums of the weighted squares of a block, from each of some samples to the next one."""
        n_channels, n_samples = len(self._weights), block.n_samples
        is_short = n_samples * n_channels < block.stored.size
        at = np.concatenate([[0], starts, [n_samples] if is_short else []]).astype(np.int64)
        power = in_time(self._powers.reshape(-1, n_channels) @ self._weights, 1)[0]
        frames, places = np.divmod(at, self._n_frame)
        sums = np.add.reduceat(power, frames, dtype=np.float64)
        sums[:-1][frames[:-1] == frames[1:]] = 0.0
        # Of the frame in which a sum starts the samples before it belong to the one before.
        columns = columns_of(frames, n_channels, block.stored.shape[1]).ravel()
        cut = self._filter.filtered(columns, block.stored[:, columns])
        cut = cut.reshape(self._n_frame, n_channels, -1)
        cut *= np.arange(self._n_frame)[:, None, None] < places
        cut = self._weights @ np.einsum("scn,scn->cn", cut, cut)
        sums -= cut
        sums[:-1] += cut[1:]
        return sums[:-1] if is_short else sums

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
        powers = powers_of(sound.stored_blocks, sound.sample_rate_hz, sound.n_channels)
    loudness = integrated_lufs([powers])
    return None if loudness is None else round(loudness, 4)


def powers_of(
    blocks: Callable[[int], Iterable[np.ndarray]], sample_rate_hz: int, n_channels: int
) -> np.ndarray:
    """Powers of the gating blocks of a recording, as of `LoudnessMeter.block_powers`.

    Parameters
    ----------
    blocks : callable
        The samples one after the other, so many at a time: (n_samples, n_channels), int16 or
        float32; fewer are the last.
    """
    meter = LoudnessMeter(sample_rate_hz, n_channels, N_FRAME)
    turn = BlockTurner(N_FRAME, n_channels, n_free=LoudnessMeter.N_STATES)
    for block in blocks(turn.n_samples):
        meter.add(turn(block))
    return meter.block_powers()


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


@cache
def _sections(sample_rate_hz: int) -> np.ndarray:
    # It takes a second; only jobs that measure pay for it.
    from pyloudnorm import IIRfilter

    filters = [
        IIRfilter(gain, quality, frequency, sample_rate_hz, kind)
        for gain, quality, frequency, kind in K_WEIGHTING
    ]
    return np.array([np.concatenate([each.b, each.a]) for each in filters])


def _lufs(power):
    with np.errstate(divide="ignore"):
        return OFFSET + 10 * np.log10(power)
