"""Blocks of samples turned: all first samples of frames side by side, then all second ones.

What is asked of every frame, its highest sample or its power, is then a sum or a maximum over long
rows, which numpy does some times faster than over the few samples of a frame; and a filter is a
product of matrices for all frames at once (`block_filter`). Frames follow one another in groups of
groups: of a block the first frame of every group stand side by side, then the second.

Samples of 16 bit are turned as the integers they are stored as, in half the memory.
"""

import math
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.sound.decoding import STEP_16_BIT

GROUPS = (10, 20, 20)  # frames of a group, groups of a larger one, these of a block
N_FRAMES = math.prod(GROUPS)
STRETCH = 2 * GROUPS[0]  # frames
# What is copied at once: the samples of all channels, by their bytes.
_TOGETHER = {2: np.int16, 4: np.int32, 8: np.int64, 16: np.complex128}


@dataclass(frozen=True, eq=False)
class TurnedBlock:
    """Samples of a block; columns are frames and their channels, `in_time` has their order.

    All arrays lie in the memory of the next block, too.
    """

    n_samples: int  # of each channel; what is beyond them is 0
    stored: np.ndarray  # (n_frame, n_columns) int16 or float32
    floats: np.ndarray  # (n_frame, n_columns) float32, the same, whatever is full scale
    before: np.ndarray  # (n_before, n_columns) float32, the samples before each frame
    room: np.ndarray  # (n_free + n_frame, n_columns), free rows and `floats`
    scratch: np.ndarray  # (n_frame, n_columns) float32, for who computes with it
    scale: float  # what makes full scale 1 of them


class BlockTurner:
    """Turns the blocks of one recording, in order.

    Parameters
    ----------
    n_frame, n_channels : int
        Samples of each channel in a frame, and channels.
    n_before : int
        Samples that are wanted before each frame; before the first the first sample goes on.
    n_free : int
        Rows that are left free before those of the samples.
    """

    def __init__(self, n_frame: int, n_channels: int, n_before: int = 0, n_free: int = 0):
        self.n_samples = N_FRAMES * n_frame  # of a block
        self._shape = (n_frame, n_channels, n_before)
        self.n_columns = N_FRAMES * n_channels
        self._room = np.zeros((n_free + n_frame, self.n_columns), np.float32)
        self._scratch = np.empty((n_frame, self.n_columns), np.float32)
        self._before = np.zeros((n_before, self.n_columns), np.float32)
        self._stored: np.ndarray | None = None
        self._last: np.ndarray | None = None  # (n_before, n_channels), of the block before

    def __call__(self, samples: np.ndarray) -> TurnedBlock:
        """Turn the next samples, (n_samples, n_channels) int16 or float32; fewer are the last."""
        n_frame, n_channels, n_before = self._shape
        n_given = len(samples)
        if n_given < self.n_samples:
            samples = np.concatenate(
                [samples, np.zeros((self.n_samples - n_given, n_channels), samples.dtype)]
            )
        if self._stored is None or self._stored.dtype != samples.dtype:
            self._stored = np.empty((n_frame, self._room.shape[1]), samples.dtype)
        _turn(np.ascontiguousarray(samples), self._stored)
        floats = self._room[-n_frame:]
        np.copyto(floats, self._stored)
        if n_before:
            self._fill_before(self._before, floats[-n_before:], samples)
        scale = float(STEP_16_BIT) if samples.dtype == np.int16 else 1.0
        return TurnedBlock(
            n_given, self._stored, floats, self._before, self._room, self._scratch, scale
        )

    def _fill_before(self, before, last_rows, samples):
        """The last samples of each frame are those before the next one."""
        n_before, n_channels = len(before), samples.shape[1]
        shape = (n_before, *GROUPS, n_channels)
        to, of = before.reshape(shape), last_rows.reshape(shape)
        to[:, 1:] = of[:, :-1]
        to[:, 0, 1:] = of[:, -1, :-1]
        to[:, 0, 0, 1:] = of[:, -1, -1, :-1]
        to[:, 0, 0, 0] = samples[0] if self._last is None else self._last
        self._last = of[:, -1, -1, -1].copy()


def in_time(values: np.ndarray, n_channels: int) -> np.ndarray:
    """Values of the columns, (n_columns,), in the order of time: (n_channels, N_FRAMES)."""
    return values.reshape(*GROUPS, n_channels).transpose(3, 2, 1, 0).reshape(n_channels, N_FRAMES)


def of_stretches(values: np.ndarray, join: np.ufunc, n_channels: int) -> np.ndarray:
    """Values of the columns, those of `STRETCH` frames joined: (n_channels, n_stretches)."""
    in_groups = join.reduce(values.reshape(GROUPS[0], -1), axis=0)
    in_pairs = join.reduce(in_groups.reshape(GROUPS[1] // 2, 2, -1), axis=1)
    ordered = in_pairs.reshape(GROUPS[1] // 2, GROUPS[2], n_channels).transpose(2, 1, 0)
    return ordered.reshape(n_channels, -1)


def columns_of(frames: np.ndarray, n_channels: int) -> np.ndarray:
    """The columns of frames, (n,) from 0 in the order of time: (n_channels, n)."""
    large, rest = np.divmod(frames, GROUPS[0] * GROUPS[1])
    middle, small = np.divmod(rest, GROUPS[0])
    place = (small * GROUPS[1] + middle) * GROUPS[2] + large
    return place * n_channels + np.arange(n_channels)[:, None]


def _turn(samples: np.ndarray, turned: np.ndarray) -> None:
    n_channels = samples.shape[1]
    together = _TOGETHER.get(samples.itemsize * n_channels)
    kind = (n_channels, samples.dtype) if together is None else (1, together)
    of = samples.reshape(-1).view(kind[1]).reshape(*GROUPS[::-1], -1, kind[0])
    to = turned.reshape(-1).view(kind[1]).reshape(-1, *GROUPS, kind[0])
    np.copyto(to, of.transpose(3, 2, 1, 0, 4))
