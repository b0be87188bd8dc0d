"""Blocks of samples turned: all first samples of frames side by side, then all second ones.

What is asked of every frame, its highest sample or its power, is then a sum or a maximum over long
rows, which numpy does some times faster than over the few samples of a frame; and a filter is a
product of matrices for all frames at once (`block_filter`). Frames follow one another in groups of
groups: of a block the first frame of every group stand side by side, then the second. The last
block has as many of the largest groups as its samples need.

Samples of 16 bit are turned as the integers they are stored as, in half the memory.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.sound.decoding import STEP_16_BIT

GROUPS = (10, 20, 80)  # frames of a group, groups of a larger one, these of a block
N_FRAMES = math.prod(GROUPS)
STRETCH = 2 * GROUPS[0]  # frames
_LARGE_GROUP = GROUPS[0] * GROUPS[1]  # frames
# Bytes of the samples that are worked on at once: with what is made of them they stay in a core's
# own cache, and are enough that a call for each costs little. A block has eight times as many of
# stereo at 44.1 kHz, for what is called once a block costs as much as half a second of sound.
_AT_HAND = 400_000
# What is copied at once: the samples of all channels, by their bytes.
_TOGETHER = {2: np.int16, 4: np.int32, 8: np.int64, 16: np.complex128}


@dataclass(frozen=True, eq=False)
class TurnedBlock:
    """Samples of a block; columns are frames and their channels, `in_time` has their order.

    All arrays lie in the memory of the next block, too, if it is as large.
    """

    n_samples: int  # of each channel; what is beyond them is 0
    stored: np.ndarray  # (n_frame, n_columns) int16 or float32
    before: np.ndarray  # (n_before, n_columns) float32, the samples before each frame
    scale: float  # what makes full scale 1 of them
    room: np.ndarray  # (n_free + n_frame, columns of a part) float32

    def parts(self) -> Iterator[tuple[slice, np.ndarray]]:
        """The columns some at a time: which they are, and free rows above their samples, float32.

        The rows lie in the memory of the next part, too; the samples are as they are stored,
        whatever is full scale.
        """
        n_frame, n_columns = self.stored.shape
        n_together = self.room.shape[1]
        for first in range(0, n_columns, n_together):
            columns = slice(first, first + n_together)
            np.copyto(self.room[-n_frame:], self.stored[:, columns])
            yield columns, self.room


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
        self._shape = (n_frame, n_channels, n_before, n_free)
        self._stored = np.empty((0, 0), np.int16)
        self._last: np.ndarray | None = None  # (n_before, n_channels), of the block before

    def __call__(self, samples: np.ndarray) -> TurnedBlock:
        """Turn the next samples, (n_samples, n_channels) int16 or float32; fewer are the last."""
        n_frame, n_channels, n_before, _ = self._shape
        n_given = len(samples)
        n_groups = max(1, math.ceil(n_given / (_LARGE_GROUP * n_frame)))
        n_missing = n_groups * _LARGE_GROUP * n_frame - n_given
        if n_missing:
            samples = np.concatenate([samples, np.zeros((n_missing, n_channels), samples.dtype)])
        shape = (n_frame, n_groups * _LARGE_GROUP * n_channels)
        if (self._stored.shape, self._stored.dtype) != (shape, samples.dtype):
            self._make_room(shape, samples.dtype)
        _turn(np.ascontiguousarray(samples), self._stored)
        if n_before:
            self._fill_before(self._before, self._stored[-n_before:], samples)
        scale = float(STEP_16_BIT) if samples.dtype == np.int16 else 1.0
        return TurnedBlock(n_given, self._stored, self._before, scale, self._room)

    def _make_room(self, shape, dtype):
        _, _, n_before, n_free = self._shape
        self._stored = np.empty(shape, dtype)
        self._before = np.zeros((n_before, shape[1]), np.float32)
        self._room = np.zeros((n_free + shape[0], columns_at_once(*shape)), np.float32)

    def _fill_before(self, before, last_rows, samples):
        """The last samples of each frame are those before the next one."""
        n_before, n_channels = len(before), samples.shape[1]
        shape = (n_before, *GROUPS[:-1], -1, n_channels)
        to, of = before.reshape(shape), last_rows.reshape(shape)
        to[:, 1:] = of[:, :-1]
        to[:, 0, 1:] = of[:, -1, :-1]
        to[:, 0, 0, 1:] = of[:, -1, -1, :-1]
        to[:, 0, 0, 0] = samples[0] if self._last is None else self._last
        self._last = of[:, -1, -1, -1].copy()


def columns_at_once(n_frame: int, n_columns: int) -> int:
    """How many columns are a part of a block of so many: all parts are equal."""
    n_together = n_columns
    while n_together * n_frame * 4 > _AT_HAND and n_together % 2 == 0:
        n_together //= 2
    return n_together


def in_time(values: np.ndarray, n_channels: int) -> np.ndarray:
    """Values of the columns, (n_columns,), in the order of time: (n_channels, n_frames)."""
    by_groups = values.reshape(*GROUPS[:-1], -1, n_channels)
    return by_groups.transpose(3, 2, 1, 0).reshape(n_channels, -1)


def of_stretches(values: np.ndarray, join: np.ufunc, n_channels: int) -> np.ndarray:
    """Values of the columns, those of `STRETCH` frames joined: (n_channels, n_stretches)."""
    in_groups = join.reduce(values.reshape(GROUPS[0], -1), axis=0)
    in_pairs = join.reduce(in_groups.reshape(GROUPS[1] // 2, 2, -1), axis=1)
    ordered = in_pairs.reshape(GROUPS[1] // 2, -1, n_channels).transpose(2, 1, 0)
    return ordered.reshape(n_channels, -1)


def columns_of(frames: np.ndarray, n_channels: int, n_columns: int) -> np.ndarray:
    """The columns, of so many, of frames, (n,) from 0 in the order of time: (n_channels, n)."""
    large, rest = np.divmod(frames, _LARGE_GROUP)
    middle, small = np.divmod(rest, GROUPS[0])
    place = (small * GROUPS[1] + middle) * (n_columns // n_channels // _LARGE_GROUP) + large
    return place * n_channels + np.arange(n_channels)[:, None]


def _turn(samples: np.ndarray, turned: np.ndarray) -> None:
    n_channels, n_frame = samples.shape[1], len(turned)
    together = _TOGETHER.get(samples.itemsize * n_channels)
    kind = (n_channels, samples.dtype) if together is None else (1, together)
    of = samples.reshape(-1).view(kind[1]).reshape(-1, *GROUPS[1::-1], n_frame, kind[0])
    to = turned.reshape(-1).view(kind[1]).reshape(n_frame, *GROUPS[:-1], -1, kind[0])
    if together is None:
        np.copyto(to, of.transpose(3, 2, 1, 0, 4))
    else:
        # A function of numpy keeps this order of axes, a copy does not: the samples of a frame
        # one after the other, while the lines of memory that they lie in are in a core's cache.
        np.positive(of[..., 0].transpose(2, 1, 3, 0), out=to[..., 0].transpose(1, 2, 0, 3))
