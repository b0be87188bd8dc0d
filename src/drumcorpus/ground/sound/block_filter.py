"""Recursive filters as products of matrices: what comes out of some samples at once.

Sample by sample every output waits for the one before it. Of a frame of samples the output is a sum
over them and over the state that the filter was left in, and so one product of matrices for all
frames, once their states are known; these are reckoned likewise, of groups of frames [1]_. It is
the same filter, in a third of the time. Products are of single precision, so states are held as
coordinates of what rings on from them, whose errors are no larger than those of the samples.

References
----------
.. [1] C. S. Burrus, "Block realization of digital filters", IEEE Transactions on Audio and
   Electroacoustics 20(4), 230-235, 1972.
"""

from functools import cache

import numpy as np

from drumcorpus.ground.sound.turned import GROUPS, columns_at_once

_RINGING = 256  # samples by which states are told apart
_ROWS = 8  # samples of a frame that one product makes: what multiplies takes them at once


class BlockFilter:
    """Second-order sections one after the other, whose state is kept from block to block.

    Of a block, after `begin`, all columns are gathered; after `advance` they can be filtered.

    Parameters
    ----------
    sections : np.ndarray, shape (n_sections, 6)
        As scipy has them: b0, b1, b2, 1, a1, a2.
    n_frame, n_channels : int
        As of `turned.BlockTurner`.
    """

    def __init__(self, sections: np.ndarray, n_frame: int, n_channels: int):
        self._products = _products_of(tuple(map(tuple, sections.tolist())), n_frame)
        self.n_states = 2 * len(sections)  # rows that are free above the samples of a part
        self._state = np.zeros((self.n_states, n_channels))
        self._n_frame = n_frame
        self._added = np.empty((0, 0), np.float32)

    def begin(self, n_columns: int) -> None:
        """Make ready for the next block, of so many columns."""
        n_states = self.n_states
        if self._added.shape[1] == n_columns:
            return
        # Of every frame, what it adds to the state, and of every group of them the state before it.
        self._room = np.empty((n_states * (GROUPS[0] + 1), n_columns // GROUPS[0]), np.float32)
        self._added = self._room[:-n_states].reshape(n_states, n_columns)
        self._before = np.empty_like(self._added)  # states before every frame
        shape = self._n_frame, columns_at_once(self._n_frame, n_columns)
        self._filtered = np.empty(shape, np.float32)  # what comes out of a part

    def gather(self, columns: slice, samples: np.ndarray) -> None:
        """Take the samples of some columns of the block, (n_frame, n) float32."""
        np.matmul(self._products.added, samples, out=self._added[:, columns])

    def advance(self) -> None:
        """Reckon the states before all frames of the block that was gathered."""
        frames, groups = self._products.level(0, GROUPS[0]), self._room[-self.n_states :]
        of_groups = frames.after @ self._room[: -self.n_states]
        groups[:] = self._states(of_groups.astype(np.float64), 1)
        before = self._before.reshape(-1, groups.shape[1])
        np.matmul(frames.before, self._room, out=before)

    def powers(self, columns: slice, rows: np.ndarray) -> np.ndarray:
        """Sums of the squares of what comes out of each frame, (n,) float32.

        Parameters
        ----------
        columns : slice
            Of a part of the block.
        rows : np.ndarray, shape (n_states + n_frame, n), float32
            Free rows, and the samples of these columns.
        """
        rows[: self.n_states] = self._before[:, columns]
        filtered = self._filtered
        for first, out in zip(range(0, self._n_frame, _ROWS), self._products.out, strict=True):
            # What comes later has no part in it.
            np.matmul(out, rows[: out.shape[1]], out=filtered[first : first + _ROWS])
        return np.einsum("sc,sc->c", filtered, filtered)

    def filtered(self, columns: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """What comes out of the samples (n_frame, n) of some columns, (n,) int: (n_frame, n)."""
        rows = np.concatenate([self._before[:, columns], samples.astype(np.float32)])
        return np.concatenate([out @ rows[: out.shape[1]] for out in self._products.out])

    def _states(self, added: np.ndarray, level: int) -> np.ndarray:
        """States before each group of frames, of what each adds; (n_states, n) float64."""
        n_states, is_last = len(added), level + 1 == len(GROUPS)
        n_places = added.shape[1] // self._state.shape[1] if is_last else GROUPS[level]
        here = self._products.level(level, n_places)
        grouped = added.reshape(n_states * n_places, -1)
        of_groups = here.after @ grouped
        if is_last:
            first, self._state = self._state, of_groups + here.onward @ self._state
        else:
            first = self._states(of_groups, level + 1)
        return (here.before @ np.concatenate([grouped, first])).reshape(n_states, -1)


@cache
def _products_of(sections: tuple, n_frame: int) -> "_Products":
    return _Products(np.array(sections), n_frame)


class _Products:
    """The matrices of one filter and one length of frames."""

    def __init__(self, sections: np.ndarray, n_frame: int):
        from scipy.signal import sosfilt  # takes a second; only jobs that measure pay for it

        n_sections, n_states = len(sections), 2 * len(sections)
        n_long = max(n_frame, _RINGING)
        at_rest = np.zeros((n_sections, n_frame, 2))
        of_samples, left = sosfilt(sections, np.eye(n_frame), axis=1, zi=at_rest)
        added = _flat(left).T  # to the state after a frame by its samples
        states = _as_sections(np.eye(n_states), n_sections)
        _, left = sosfilt(sections, np.zeros((n_states, n_frame)), axis=1, zi=states)
        onward = _flat(left).T
        ringing, _ = sosfilt(sections, np.zeros((n_states, n_long)), axis=1, zi=states)
        directions, turn = np.linalg.qr(ringing.T)
        back = np.linalg.inv(turn)
        onward = turn @ onward @ back
        self.added = (turn @ added).astype(np.float32)  # (n_states, n_frame)
        out = np.concatenate([directions[:n_frame], of_samples.T], axis=1).astype(np.float32)
        self.out = [  # of some samples, (_ROWS, n_states + samples up to the last of them)
            np.ascontiguousarray(out[first : first + _ROWS, : n_states + first + _ROWS])
            for first in range(0, n_frame, _ROWS)
        ]
        self._onward = [onward]  # what is left of a state after a frame, a group, …
        for n_places in GROUPS[:-1]:
            self._onward.append(np.linalg.matrix_power(self._onward[-1], n_places))
        self._levels: dict[tuple[int, int], _Level] = {}

    def level(self, level: int, n_places: int) -> "_Level":
        """The matrices of groups of so many, frames at level 0."""
        key = level, n_places
        if key not in self._levels:
            kind = np.float64 if level else np.float32
            self._levels[key] = _Level(self._onward[level], n_places, kind)
        return self._levels[key]


class _Level:
    """What a group of frames makes of the state and of what its frames add to it.

    Of numbers of a group the rows are states, and in each the places in the group.
    """

    def __init__(self, onward: np.ndarray, n_places: int, kind: type):
        n_states = len(onward)
        powers = np.stack([np.linalg.matrix_power(onward, n) for n in range(n_places + 1)])
        places = np.arange(n_places)
        between = places[:, None] - places - 1  # frames from after the one until the later
        within = np.where((between >= 0)[..., None, None], powers[between], 0.0)
        shape = (n_states * n_places, n_states * n_places)
        self.onward = powers[-1]
        within = within.transpose(2, 0, 3, 1).reshape(shape)  # the states before later frames
        ahead = powers[:-1].transpose(1, 0, 2).reshape(-1, n_states)  # of the state before all
        self.before = np.concatenate([within, ahead], axis=1).astype(kind)
        after = powers[n_places - 1 - places].transpose(1, 2, 0)  # the state after the group
        self.after = after.reshape(n_states, -1).astype(kind)


def _flat(states: np.ndarray) -> np.ndarray:
    """States of sections (n_sections, n, 2) as rows (n, n_states)."""
    return states.transpose(1, 0, 2).reshape(states.shape[1], -1)


def _as_sections(rows: np.ndarray, n_sections: int) -> np.ndarray:
    """Rows (n, n_states) as states of sections (n_sections, n, 2)."""
    return np.ascontiguousarray(rows.reshape(len(rows), n_sections, 2).transpose(1, 0, 2))
