"""Are scores probabilities? How often what has a score is right, in bins of equal mass.

The expected calibration error (ECE) is the mean over predictions of the distance between their
bin's mean score and its share of right ones; those of one score stand whole in one bin.
"""

from collections.abc import Iterable

import numpy as np

N_BINS = 10


def reliability(scores: np.ndarray, is_right: np.ndarray) -> dict | None:
    """Bins of equal mass by score, and their expected calibration error; None without scores.

    Parameters
    ----------
    scores : np.ndarray, shape (n_predictions,)
    is_right : np.ndarray, shape (n_predictions,), bool

    Examples
    --------
    >>> row = reliability(np.array([0.2, 0.2, 0.9, 0.9]), np.array([False, False, True, False]))
    >>> [(one["mean_score"], one["right"]) for one in row["bins"]], round(row["ece"], 6)
    ([(0.2, 0.0), (0.9, 0.5)], 0.3)
    """
    return reliability_in_place(scores.copy(), [scores[is_right]])


def reliability_in_place(scores: np.ndarray, right: Iterable[np.ndarray]) -> dict | None:
    """As of `reliability`, of scores that are put in order where they stand.

    `right` are those of them that are right, in parts: no second copy of all is made.
    """
    n = len(scores)
    if n == 0:
        return None
    scores.sort()
    ordered = scores
    # Where each bin begins: all of one score fall into the bin that the first of them is in.
    starts = -(-np.arange(N_BINS) * n // N_BINS)
    values = ordered[np.minimum(starts, n - 1)]
    is_first = (np.searchsorted(ordered, values) == starts) & (starts < n)
    starts = np.where(is_first, starts, np.searchsorted(ordered, values, side="right"))
    lowest = ordered[np.minimum(starts, n - 1)]
    before, n_right = np.zeros(N_BINS, dtype=np.int64), 0
    for part in right:
        before += np.searchsorted(np.sort(part), lowest)
        n_right += len(part)
    before = np.where(starts < n, before, n_right)
    bins, error = [], 0.0
    for start, stop, hits in zip(
        starts, np.append(starts[1:], n), np.diff(before, append=n_right), strict=True
    ):
        size = int(stop - start)
        if size <= 0:
            continue
        mean, share = float(ordered[start:stop].mean()), int(hits) / size
        bins.append({"n": size, "mean_score": mean, "right": share})
        error += size / n * abs(mean - share)
    return {"predictions": n, "ece": error, "bins": bins}
