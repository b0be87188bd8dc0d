"""What is wrong with samples: clipping, an offset, silence; taken block by block.

Samples are (n_samples, n_channels) float32 of full scale 1, or int16.
"""

from collections.abc import Callable

import numpy as np

from drumcorpus.ground.sound.pcm16 import as_floats

STEP_16_BIT = 2.0**-15
FULL_SCALE = 1 - STEP_16_BIT  # the largest sample of 16 bits; what is above is cut on conversion
MIN_RUN = 3  # samples in a row that stand at the top
SAME = STEP_16_BIT / 2  # samples so close to each other stand at one level
# A crest that is coarsely quantised is flat too, but slopes away gently: of a run of 3 the next
# sample is at most 2 steps lower. Where a wave is cut, it falls off on one side at least.
MIN_FALL = 4 * STEP_16_BIT
PLACE = 4_000  # frames: two seconds of half a millisecond each
MIN_LEVEL = 0.01  # -40 dBFS; a lower top is not looked at


class ClippingCounter:
    """Counts runs of samples at full scale, or at a plateau that is the recording's own maximum.

    Each channel and each polarity has its own maximum. A run that a block boundary cuts counts as
    its pieces.

    Parameters
    ----------
    n_channels, n_frame : int
        Channels, and samples of each in a frame.
    """

    def __init__(self, n_channels: int, n_frame: int):
        self._tops = {(channel, sign): _Top() for channel in range(n_channels) for sign in (1, -1)}
        self._n_seen, self._n_frame = 0, n_frame

    def add(
        self,
        samples: np.ndarray,
        highest: np.ndarray,
        lowest: np.ndarray,
        of_frames: Callable[[int], np.ndarray],
    ) -> None:
        """Take the next samples.

        Parameters
        ----------
        highest, lowest : np.ndarray, shape (n_channels,)
            Of each channel, full scale 1.
        of_frames : callable
            The highest (of 1) or lowest (of -1) samples of the frames, as they are stored, which
            few blocks are asked for: (n_channels, n_frames).
        """
        for (channel, sign), top in self._tops.items():
            height = float(highest[channel] if sign > 0 else -lowest[channel])
            if height >= max(min(top.level - SAME, FULL_SCALE), MIN_LEVEL):
                extremes = as_floats(of_frames(sign)[channel])
                top.add(samples[:, channel], extremes, self._n_frame, sign, height, self._n_seen)
        self._n_seen += len(samples)

    def runs(self) -> int:
        """Number of runs."""
        return sum(top.n_runs for top in self._tops.values())

    def samples(self) -> int:
        """Number of samples in them."""
        return sum(top.n_samples for top in self._tops.values())

    def densest(self) -> int | None:
        """The first sample that is cut where most are, of stretches of `PLACE` frames, or None."""
        cut = [top.densest for top in self._tops.values() if top.densest is not None]
        return max(cut, key=lambda place: (place[0], -place[1]))[1] if cut else None


class _Top:
    """The highest level so far of one channel and polarity, and the runs that stand at it."""

    def __init__(self):
        self.level, self.n_runs, self.n_samples = 0.0, 0, 0
        self.densest = None  # samples in the runs of a place, and the first of them

    def add(self, samples, extremes, n_frame, sign, height, n_before):
        if height > self.level + SAME and self.level < FULL_SCALE:
            self.n_runs = self.n_samples = 0  # what stood lower was no clipping
            self.densest = None
        self.level = max(self.level, height)
        at_full_scale = self.level >= FULL_SCALE
        least = FULL_SCALE if at_full_scale else self.level - SAME
        # Few frames reach so high: the others are not looked at sample by sample.
        frames = np.flatnonzero(sign * extremes >= least)
        rows = (frames[:, None] * n_frame + np.arange(n_frame)).ravel()
        rows = rows[: np.searchsorted(rows, len(samples))]
        rows = rows[sign * as_floats(samples[rows]) >= least]
        if len(rows) < MIN_RUN:
            return
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        first = rows[np.concatenate([[0], breaks])]
        last = rows[np.concatenate([breaks - 1, [len(rows) - 1]])]
        is_run = last - first + 1 >= MIN_RUN
        if not at_full_scale:
            beside = np.maximum(first - 1, 0), np.minimum(last + 1, len(samples) - 1)
            falls = [
                sign * (as_floats(samples[at]) - as_floats(samples[then]))
                for at, then in zip((first, last), beside, strict=True)
            ]
            is_run &= np.maximum(*falls) >= MIN_FALL
        starts, lengths = n_before + first[is_run], (last - first + 1)[is_run]
        self.n_runs += len(starts)
        self.n_samples += int(lengths.sum())
        if len(starts) == 0:
            return
        places = starts // (PLACE * n_frame) - starts[0] // (PLACE * n_frame)
        n_cut = np.bincount(places, lengths)
        place = int(n_cut.argmax())
        if n_cut[place] > (self.densest[0] if self.densest else 0):
            self.densest = int(n_cut[place]), int(starts[np.searchsorted(places, place)])


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
