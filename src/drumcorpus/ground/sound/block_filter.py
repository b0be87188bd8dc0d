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

from drumcorpus.ground.sound.turned import GROUPS

_RINGING = 256  # samples by which states are told apart
_ROWS = 8  # samples of a frame that one product makes: what multiplies takes them at once


class BlockFilter:
    """Second-order sections one after the other, whose state is kept from block to block.

    Parameters
    ----------
    sections : np.ndarray, shape (n_sections, 6)
        As scipy has them: b0, b1, b2, 1, a1, a2.
    n_frame, n_channels : int
        As of `turned.BlockTurner`, whose `n_free` is 2 for each section.
    """

    def __init__(self, sections: np.ndarray, n_frame: int, n_channels: int):
        self._products = _products_of(tuple(map(tuple, sections.tolist())), n_frame)
        self._n_frame = n_frame
        self._state = np.zeros((2 * len(sections), n_channels))

    def __call__(self, rows: np.ndarray, filtered: np.ndarray) -> np.ndarray:
        """Filter the next block.

        Parameters
        ----------
        rows : np.ndarray, shape (n_states + n_frame, n_columns), float32
            Rows for the states before each frame, and turned samples.
        filtered : np.ndarray, shape (n_frame, n_columns), float32
            Gets what comes out.

        Returns
        -------
        filtered : np.ndarray
        """
        here, n_states = self._products, len(self._state)
        rows[:n_states] = self._states(here.added @ rows[n_states:], 0)
        for first, out in zip(range(0, self._n_frame, _ROWS), here.out, strict=True):
            reached = rows[: out.shape[1]]  # what comes later has no part in these samples
            np.matmul(out, reached, out=filtered[first : first + _ROWS])
        return filtered

    def _states(self, added: np.ndarray, level: int) -> np.ndarray:
        """States before each frame, or each group of them, of what each adds; (n_states, n)."""
        here, n_states = self._products.levels[level], len(added)
        grouped = here.grouped @ added.reshape(n_states * GROUPS[level], -1)
        states, of_groups = grouped[:-n_states], grouped[-n_states:]
        if level + 1 < len(GROUPS):
            first = self._states(of_groups.astype(np.float64), level + 1)
        else:
            first, self._state = self._state, of_groups + here.onward @ self._state
        states += here.ahead @ first.astype(states.dtype)
        return states.reshape(n_states, -1)


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
        self.levels = []
        for level, n_places in enumerate(GROUPS):
            self.levels.append(_Level(onward, n_places, np.float64 if level else np.float32))
            onward = self.levels[-1].onward


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
        after = powers[n_places - 1 - places].transpose(1, 2, 0)  # the state after the group
        self.grouped = np.concatenate([within, after.reshape(n_states, -1)]).astype(kind)
        self.ahead = powers[:-1].transpose(1, 0, 2).reshape(-1, n_states).astype(kind)


def _flat(states: np.ndarray) -> np.ndarray:
    """States of sections (n_sections, n, 2) as rows (n, n_states)."""
    return states.transpose(1, 0, 2).reshape(states.shape[1], -1)


def _as_sections(rows: np.ndarray, n_sections: int) -> np.ndarray:
    """Rows (n, n_states) as states of sections (n_sections, n, 2)."""
    return np.ascontiguousarray(rows.reshape(len(rows), n_sections, 2).transpose(1, 0, 2))
