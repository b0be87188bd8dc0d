"""Recursive filters as products of matrices: what comes out of some samples at once.

Sample by sample every output waits for the one before it. Of a block of samples the output is a sum
over them and over the state that the filter was left in, and so one product of matrices for all
blocks, once their states are known; these are reckoned likewise, of groups of blocks [1]_. It is
the same filter, to the last digits of double precision, in less than half the time.

References
----------
.. [1] C. S. Burrus, "Block realization of digital filters", IEEE Transactions on Audio and
   Electroacoustics 20(4), 230-235, 1972.
"""

import numpy as np

_BLOCK = 32  # samples: longer blocks take more products, shorter ones have more states
_GROUP = 16  # blocks, or groups of the level below
_LEVELS = 3


class BlockFilter:
    """Second-order sections one after the other, whose state is kept from call to call.

    Parameters
    ----------
    sections : np.ndarray, shape (n_sections, 6)
        As scipy has them: b0, b1, b2, 1, a1, a2.
    n_channels : int
    """

    def __init__(self, sections: np.ndarray, n_channels: int):
        from scipy.signal import sosfilt  # takes a second; only jobs that measure pay for it

        n_sections, n_states = len(sections), 2 * len(sections)
        self._state = np.zeros((n_channels, n_states))
        # The rows are what comes of one sample of a block, or of one number of the state.
        at_rest = np.zeros((n_sections, _BLOCK, 2))
        of_samples, left = sosfilt(sections, np.eye(_BLOCK), axis=1, zi=at_rest)
        self._kept = _flat(left)  # (_BLOCK, n_states)
        states = _as_sections(np.eye(n_states), n_sections)
        _, after_one = sosfilt(sections, np.zeros((n_states, 1)), axis=1, zi=states)
        self._onward = [np.linalg.matrix_power(_flat(after_one), n) for n in range(_BLOCK)]
        of_states, left = sosfilt(sections, np.zeros((n_states, _BLOCK)), axis=1, zi=states)
        self._out = np.concatenate([of_samples, of_states])  # (_BLOCK + n_states, _BLOCK)
        self._levels = []
        onward = _flat(left)  # (n_states, n_states)
        for _ in range(_LEVELS):
            self._levels.append(_Level(onward))
            onward = np.linalg.matrix_power(onward, _GROUP)
        self._room = np.empty((n_channels, 0, _BLOCK + n_states))
        self._filtered = np.empty((n_channels, 0))

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Filter the next samples.

        Parameters
        ----------
        samples : np.ndarray, shape (n_channels, n_samples), float

        Returns
        -------
        filtered : np.ndarray, shape (n_channels, n_samples), float64
            Its memory is that of the next call, too.
        """
        n_channels, n_samples = samples.shape
        n_blocks = n_samples // _BLOCK
        n_whole = n_blocks * _BLOCK
        if self._filtered.shape[1] != n_samples:
            self._room = np.empty((n_channels, n_blocks, len(self._out)))
            self._filtered = np.empty((n_channels, n_samples))
        if n_blocks:
            inputs, states = self._room[:, :, :_BLOCK], self._room[:, :, _BLOCK:]
            inputs[:] = samples[:, :n_whole].reshape(n_channels, n_blocks, _BLOCK)
            self._state = self._states(inputs @ self._kept, self._state, states)
            for room, filtered in zip(self._room, self._filtered, strict=True):
                np.matmul(room, self._out, out=filtered[:n_whole].reshape(n_blocks, _BLOCK))
        if n_left := n_samples - n_whole:
            left = samples[:, n_whole:]
            self._filtered[:, n_whole:] = (
                left @ self._out[:n_left, :n_left] + self._state @ self._out[_BLOCK:, :n_left]
            )
            self._state = left @ self._kept[-n_left:] + self._state @ self._onward[n_left]
        return self._filtered

    def _states(
        self, inputs: np.ndarray, state: np.ndarray, states: np.ndarray, level: int = 0
    ) -> np.ndarray:
        """Fill in the states (n_channels, n_blocks, n_states) before each block; the last one.

        `inputs` are what the samples of each block add to the state after it.
        """
        here = self._levels[level]
        n_channels, n_blocks, n_states = inputs.shape
        n_whole = 0
        if level + 1 < _LEVELS and n_blocks > _GROUP:
            n_groups = n_blocks // _GROUP
            n_whole = n_groups * _GROUP
            grouped = np.ascontiguousarray(inputs[:, :n_whole])
            grouped = grouped.reshape(n_channels, n_groups, _GROUP * n_states)
            first = np.empty((n_channels, n_groups, n_states))
            state = self._states(grouped @ here.after, state, first, level + 1)
            within = grouped @ here.within + first @ here.ahead
            states[:, :n_whole] = within.reshape(n_channels, n_whole, n_states)
        for place in range(n_whole, n_blocks):
            states[:, place] = state
            state = state @ here.onward + inputs[:, place]
        return state


class _Level:
    """What a group of blocks makes of the state and of what its blocks add to it."""

    def __init__(self, onward: np.ndarray):
        n_states = len(onward)
        powers = [np.linalg.matrix_power(onward, n) for n in range(_GROUP)]
        within = np.zeros((_GROUP, n_states, _GROUP, n_states))
        for one in range(_GROUP):
            for later in range(one + 1, _GROUP):
                within[one, :, later] = powers[later - one - 1]
        n_all = _GROUP * n_states
        self.onward = onward  # of the state before a block, that after it
        self.within = within.reshape(n_all, n_all)  # of inputs, the states before later blocks
        self.after = np.concatenate(powers[::-1])  # of inputs, the state after the group
        self.ahead = np.concatenate(powers, axis=1)  # of the first state, that before each block


def _flat(states: np.ndarray) -> np.ndarray:
    """States of sections (n_sections, n, 2) as rows (n, n_states)."""
    return states.transpose(1, 0, 2).reshape(states.shape[1], -1)


def _as_sections(rows: np.ndarray, n_sections: int) -> np.ndarray:
    """Rows (n, n_states) as states of sections (n_sections, n, 2)."""
    return np.ascontiguousarray(rows.reshape(len(rows), n_sections, 2).transpose(1, 0, 2))
