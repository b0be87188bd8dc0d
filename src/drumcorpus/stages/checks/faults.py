"""What is wrong with samples: clipping, an offset, silence; taken block by block.

Samples are (n_samples, n_channels) float32 of full scale 1, or int16.
"""

import numpy as np

from drumcorpus.ground.sound.pcm16 import as_floats

STEP_16_BIT = 2.0**-15
FULL_SCALE = 1 - STEP_16_BIT  # the largest sample of 16 bits; what is above is cut on conversion
MIN_RUN = 3  # samples in a row that stand at the top
SAME = STEP_16_BIT / 2  # samples so close to each other stand at one level
# A crest that is coarsely quantised is flat too, but slopes away gently: of a run of 3 the next
# sample is at most 2 steps lower. Where a wave is cut, it falls off on one side at least.
MIN_FALL = 4 * STEP_16_BIT
MIN_LEVEL = 0.01  # -40 dBFS; a lower top is not looked at


class ClippingCounter:
    """Counts runs of samples at full scale, or at a plateau that is the recording's own maximum.

    Each channel and each polarity has its own maximum. A run that a block boundary cuts counts as
    its pieces.
    """

    def __init__(self, n_channels: int):
        self._tops = {(channel, sign): _Top() for channel in range(n_channels) for sign in (1, -1)}
        self._n_seen = 0

    def add(self, samples: np.ndarray, highest: np.ndarray, lowest: np.ndarray) -> None:
        """Take the next samples, and the highest and lowest of each channel, (n_channels,)."""
        for (channel, sign), top in self._tops.items():
            height = float(highest[channel] if sign > 0 else -lowest[channel])
            if height >= max(min(top.level - SAME, FULL_SCALE), MIN_LEVEL):
                top.add(as_floats(samples[:, channel]), sign, height, self._n_seen)
        self._n_seen += len(samples)

    def runs(self) -> int:
        """Number of runs."""
        return sum(top.n_runs for top in self._tops.values())

    def samples(self) -> int:
        """Number of samples in them."""
        return sum(top.n_samples for top in self._tops.values())

    def densest(self) -> int | None:
        """The first sample that is cut in the block with most of them; None where none is cut."""
        cut = [top.densest for top in self._tops.values() if top.densest is not None]
        return max(cut, key=lambda place: (place[0], -place[1]))[1] if cut else None


class _Top:
    """The highest level so far of one channel and polarity, and the runs that stand at it."""

    def __init__(self):
        self.level, self.n_runs, self.n_samples = 0.0, 0, 0
        self.densest = None  # samples in runs of a block, and the first of them

    def add(self, samples, sign, height, n_before):
        if height > self.level + SAME and self.level < FULL_SCALE:
            self.n_runs = self.n_samples = 0  # what stood lower was no clipping
            self.densest = None
        self.level = max(self.level, height)
        at_full_scale = self.level >= FULL_SCALE
        least = FULL_SCALE if at_full_scale else self.level - SAME
        rows = np.flatnonzero(samples >= least if sign > 0 else samples <= -least)
        if len(rows) < MIN_RUN:
            return
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        first = rows[np.concatenate([[0], breaks])]
        last = rows[np.concatenate([breaks - 1, [len(rows) - 1]])]
        is_run = last - first + 1 >= MIN_RUN
        if not at_full_scale:
            is_run &= (
                np.maximum(
                    sign * (samples[first] - samples[np.maximum(first - 1, 0)]),
                    sign * (samples[last] - samples[np.minimum(last + 1, len(samples) - 1)]),
                )
                >= MIN_FALL
            )
        n_cut = int((last - first + 1)[is_run].sum())
        self.n_runs += int(is_run.sum())
        self.n_samples += n_cut
        if n_cut > (self.densest[0] if self.densest else 0):
            self.densest = n_cut, n_before + int(first[is_run][0])


class SilenceCounter:
    """Counts stretches of some milliseconds in which nothing sounds, whatever level they rest at.

    Parameters
    ----------
    near_silence_dbfs : float
        Half the distance from the lowest to the highest sample of a stretch, below which it is
        near silence; digital silence is a distance of 0.
    """

    def __init__(self, near_silence_dbfs: float):
        self._near = 2 * 10 ** (near_silence_dbfs / 20)
        self.n_stretches = self.n_digital = self.n_near = 0

    def add(self, highest: np.ndarray, lowest: np.ndarray) -> None:
        """Take the highest and lowest samples of the next stretches, (n_channels, n_stretches)."""
        swing = (highest - lowest).max(axis=0)
        self.n_stretches += len(swing)
        self.n_digital += int((swing == 0).sum())
        self.n_near += int((swing < self._near).sum())
