"""Scores from counts: pooled ones first, and every mean under a name of its own.

Counts are pooled over sessions before anything is divided. A class without a reference hit has no
precision, recall or F, and is in no mean: neither 1 nor 0 is true of it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

# Reference hits of a class that count whole in a session; of more, each counts less.
CAP_HITS = 20
CAP_PARTS = 1_000


def f_measure(counts: np.ndarray) -> np.ndarray:
    """F of TP, FP and FN along the last axis; NaN where there is no reference hit.

    Examples
    --------
    >>> f_measure(np.array([[8, 2, 2], [0, 5, 3], [0, 5, 0]])).tolist()
    [0.8, 0.0, nan]
    """
    tp, fp, fn = np.moveaxis(counts, -1, 0)
    return _ratio(2 * tp, 2 * tp + fp + fn, tp + fn)


def _ratio(part: np.ndarray, whole: np.ndarray, reference: np.ndarray) -> np.ndarray:
    values = np.full(np.shape(part), np.nan)
    return np.divide(part, whole, out=values, where=(reference > 0) & (whole > 0))


def pooled(counts: np.ndarray) -> dict:
    """Counts and scores of TP, FP and FN, shape (3,)."""
    tp, fp, fn = (int(count) for count in counts)
    has_reference = tp + fn > 0
    return {
        "reference": tp + fn,
        "predicted": tp + fp,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "precision": tp / (tp + fp) if has_reference and tp + fp else None,
        "recall": tp / (tp + fn) if has_reference else None,
        "f": 2 * tp / (2 * tp + fp + fn) if has_reference else None,
    }


def mean_over(values: np.ndarray) -> float | None:
    """The mean of the values that are there; None without any."""
    there = values[~np.isnan(values)]
    return float(np.add.reduce(there) / len(there)) if len(there) else None


def capped(table: np.ndarray) -> np.ndarray:
    """Counts in which no session has more than `CAP_HITS` reference hits of a class.

    TP, FP and FN of a session and class are multiplied by ``min(1, CAP_HITS / reference hits)``, in
    whole parts of `CAP_PARTS`, so that sums of them are exact: one session with a thousand crashes
    would otherwise be what is measured of crashes.

    Parameters
    ----------
    table : np.ndarray, shape (n_sessions, n_classes, 3), int
        TP, FP, FN.

    Returns
    -------
    np.ndarray
        Of the same shape, in parts of `CAP_PARTS`.

    Examples
    --------
    >>> capped(np.array([[[10, 3, 2]], [[30, 3, 10]]]))[:, 0].tolist()
    [[10000, 3000, 2000], [15000, 1500, 5000]]
    """
    reference = np.maximum(table[..., 0] + table[..., 2], 1)
    parts = (2 * CAP_HITS * CAP_PARTS + reference) // (2 * reference)  # rounded
    return table * np.minimum(parts, CAP_PARTS)[..., None]


def effective_number(sizes: np.ndarray) -> np.ndarray:
    """How many groups of one size hold as much: (sum n)^2 / sum n^2 along the first axis.

    Examples
    --------
    >>> effective_number(np.array([[10, 96], [10, 2], [10, 1], [10, 1]])).round(2).tolist()
    [4.0, 1.08]
    """
    sizes = np.asarray(sizes, dtype=float)
    squares = (sizes * sizes).sum(axis=0)
    whole = sizes.sum(axis=0) ** 2
    return np.divide(whole, squares, out=np.zeros_like(whole), where=squares > 0)[()]


def track_mean(table: np.ndarray) -> np.ndarray:
    """Of each class, the mean F of the sessions that have a reference hit of it; NaN without."""
    values = f_measure(table)
    is_there = ~np.isnan(values)
    sums = np.where(is_there, values, 0.0).sum(axis=0)
    counts = is_there.sum(axis=0)
    return np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def fold_mean(table: np.ndarray, sessions: Sequence[str], folds: Mapping[str, Sequence[str]]):
    """Mean over folds of F of all classes together, as papers with cross-validation have it.

    Parameters
    ----------
    table : np.ndarray, shape (n_sessions, n_classes, 3), int
    sessions : sequence of str
        Ids, by row of the table.
    folds : mapping
        Sessions of each fold, by its name.

    Returns
    -------
    dict
        ``f``, and ``folds`` with ``f`` and ``sessions`` of each.

    Raises
    ------
    ValueError
        If a fold has a session that is not scored, or a session is in several folds or in none.
    """
    rows = {name: n for n, name in enumerate(sessions)}
    placed = [name for names in folds.values() for name in names]
    odd = [name for name in placed if name not in rows]
    if odd or sorted(placed) != sorted(rows):
        shown = odd or sorted(set(rows) ^ set(placed)) or [n for n in rows if placed.count(n) > 1]
        raise ValueError(
            f"folds: session {shown[0]!r}; wanted: every session that is scored in one fold, and "
            "no other"
        )
    parts = {
        name: pooled(table[[rows[each] for each in names]].sum(axis=(0, 1)))["f"]
        for name, names in folds.items()
    }
    values = np.array([np.nan if value is None else value for value in parts.values()])
    shown = {n: {"f": value, "sessions": len(folds[n])} for n, value in parts.items()}
    return {"f": mean_over(values), "folds": shown}
