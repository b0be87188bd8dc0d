"""How well scores rank: average precision, area under the ROC curve, the threshold of largest F.

Equal scores are one step: none of these depends on the order in which equal scores stand.
"""

from collections.abc import Iterator

import numpy as np

# Scores of each side that `sorted_steps` takes at a time: bounds the memory.
_BLOCK = 250_000


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the true ones of the precision where each is reached; NaN without a true one.

    Parameters
    ----------
    scores : np.ndarray, shape (n,)
    truth : np.ndarray, shape (n,), bool

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True])).__round__(4)
    0.8333
    >>> average_precision(np.array([0.5, 0.5]), np.array([True, False]))
    0.5
    """
    n_true = int(truth.sum())
    if not n_true:
        return float("nan")
    tp, n = steps(scores, truth)[1:]
    gained = np.diff(tp, prepend=0)
    return float((gained * tp / n).sum() / n_true)


def roc_area(scores: np.ndarray, truth: np.ndarray) -> float:
    """Chance that a true one scores above a false one, equal scores half; NaN without either.

    Examples
    --------
    >>> roc_area(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]))
    0.5
    >>> roc_area(np.array([0.5, 0.5]), np.array([True, False]))
    0.5
    """
    n_true, n_false = int(truth.sum()), int((~truth).sum())
    if not n_true or not n_false:
        return float("nan")
    _, tp, n = steps(scores, truth)
    fp = n - tp
    above = np.diff(fp, prepend=0) * (np.concatenate([[0], tp[:-1]]) + np.diff(tp, prepend=0) / 2)
    return float(above.sum() / (n_true * n_false))


def best_threshold(scores: np.ndarray, truth: np.ndarray) -> float | None:
    """The largest threshold at which F is largest; a score on it counts. None without a true one.

    Examples
    --------
    >>> best_threshold(np.array([0.9, 0.6, 0.4, 0.1]), np.array([True, True, False, False]))
    0.6
    """
    n_true = int(truth.sum())
    if not n_true:
        return None
    values, tp, n = steps(scores, truth)
    # 2 tp / (n + n_true): rounded, so that the last bit decides between no two thresholds.
    f = np.round(2 * tp / (n + n_true), 12)
    return float(values[int(np.argmax(f))])


def steps(scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct scores from high to low, and how many true ones and how many in all reach them."""
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], truth[order]
    # Compared, not subtracted: two of minus infinity, as of what got no score, are equal.
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    return ordered[ends], np.cumsum(hits)[ends], ends + 1


def sorted_steps(
    true: np.ndarray, false: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """As of `steps`, of sorted scores of true and false ones, some steps at a time.

    Parameters
    ----------
    true, false : np.ndarray, shape (n,)
        From low to high. Nothing as large as these is made.

    Examples
    --------
    >>> [[part.tolist() for part in block] for block in sorted_steps([0.3, 0.9], [0.3, 0.3])]
    [[[0.9, 0.3], [1, 2], [1, 4]]]
    """
    sides = [np.asarray(true), np.asarray(false)]
    stops = [len(side) for side in sides]
    while any(stops):
        low = max(
            side[max(0, stop - _BLOCK)] for side, stop in zip(sides, stops, strict=True) if stop
        )
        # All of one score fall into one block.
        starts = [int(np.searchsorted(side, low)) for side in sides]
        starts = [min(pair) for pair in zip(starts, stops, strict=True)]
        parts = [side[slice(*ends)] for side, *ends in zip(sides, starts, stops, strict=True)]
        values = np.unique(np.concatenate(parts))[::-1]
        tp, fp = (len(side) - np.searchsorted(side, values) for side in sides)
        yield values, tp, tp + fp
        stops = starts
