"""How early or late matched predictions are, by whole microseconds."""

import numpy as np

from drumcorpus.ground.statistics.matching import Onsets

FAR = 20_000  # µs


class Offsets:
    """Counts of offsets (prediction minus reference) of matches, by class and µs.

    Attributes
    ----------
    table : np.ndarray, shape (n_classes, 2 * window + 1), int32
        The middle column counts matches without offset.
    """

    def __init__(self, n_classes: int, window: int):
        self.window = window
        self.table = np.zeros((n_classes, 2 * window + 1), dtype=np.int32)

    def add(self, onsets: Onsets, matched: tuple[np.ndarray, np.ndarray]) -> None:
        """Count the offsets of matches; the key of `onsets` is as in `Confusions.add`."""
        n_classes, width = self.table.shape
        offset = onsets.time[matched[1]] - onsets.time[matched[0]] + self.window
        cell = onsets.key[matched[0]] % n_classes * width + offset
        np.add.at(self.table.reshape(-1), cell, 1)

    def figures(self, counts: np.ndarray) -> dict | None:
        """Median and its absolute deviation, ms, and the share beyond 20 ms; None without a match.

        Parameters
        ----------
        counts : np.ndarray, shape (2 * window + 1,), int
            A row of `table`, or a sum of rows.
        """
        n_matches = int(counts.sum())
        if n_matches == 0:
            return None
        offsets = np.arange(-self.window, self.window + 1)
        twice = _twice_median(offsets, counts)
        deviations = np.abs(2 * offsets - twice)
        order = np.argsort(deviations, kind="stable")
        deviation = _twice_median(deviations[order], counts[order])
        far = int(counts[np.abs(offsets) > FAR].sum())
        return {
            "matches": n_matches,
            "median_ms": twice / 2_000,
            "mad_ms": deviation / 4_000,
            "beyond_20_ms": far / n_matches,
        }


def _twice_median(values: np.ndarray, counts: np.ndarray) -> int:
    """Twice the median of sorted values that occur `counts` times, a whole number."""
    ends = np.cumsum(counts)
    n = int(ends[-1])
    low, high = np.searchsorted(ends, [(n - 1) // 2, n // 2], side="right")
    return int(values[low] + values[high])
