"""Does a system know what it does not know? Scores of sounds that are no drum it was asked for.

Conventions, of which the literature has several: a known sound is positive, a higher score says
known. The threshold of FPR at 95 % TPR is the highest score value with TPR of at least .95, every
sound with that score accepted; where even accepting everything that has a score does not reach it,
FPR is 1. AUROC counts ties half; AP sums precision over the steps of recall at distinct scores.
Constant scores give AUROC .5, AP the share of known sounds, and FPR 1.
"""

from collections.abc import Collection

import numpy as np

from drumcorpus.ground.predictions.hit_columns import HitColumns
from drumcorpus.ground.statistics import ranking

TPR = 0.95
# What a report says of how it was done.
CONVENTIONS = {
    "positive": "known",
    "sound": "all hits of a session at one time; a negative example is one",
    "score": "highest of a prediction of a known class in the window; lowest without one",
    "threshold": "highest score with TPR >= 0.95, ties whole; FPR is 1 where none reaches it",
    "auroc": "ranks, ties half",
    "average_precision": "step-wise at distinct scores",
}
# Sounds that are looked at together: bounds the memory.
_BLOCK = 500_000
_TIME_BITS = 41


def auroc(known: np.ndarray, unknown: np.ndarray) -> float | None:
    """The share of pairs of a known and an unknown sound that scores put in order, ties half.

    Parameters
    ----------
    known, unknown : np.ndarray, shape (n,)
        Scores; minus infinity for a sound that got none.

    Returns
    -------
    float or None
        None where there is none of either.

    Examples
    --------
    >>> auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1]))
    0.875
    """
    if not len(known) or not len(unknown):
        return None
    return ranking.roc_area(*_joined(known, unknown))


def _joined(known: np.ndarray, unknown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The scores of both, and which of them are of known sounds."""
    return np.concatenate([known, unknown]), np.arange(len(known) + len(unknown)) < len(known)


def average_precision(known: np.ndarray, unknown: np.ndarray) -> float | None:
    """Precision at each distinct score, by the recall that it adds; arguments as of `auroc`.

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.5]), np.array([0.7, 0.1])).__round__(6)
    0.833333
    """
    if not len(known) or not len(unknown):
        return None
    return ranking.average_precision(*_joined(known, unknown))


def fpr_at_tpr(known: np.ndarray, unknown: np.ndarray) -> tuple[float | None, float | None]:
    """FPR at a TPR of 95 %, and the score from which on sounds are accepted there.

    Returns
    -------
    fpr, threshold : float or None
        As of `auroc`; `threshold` is None too where no score reaches that TPR, and FPR 1.

    Examples
    --------
    >>> fpr_at_tpr(np.array([0.9, 0.8]), np.array([0.8, 0.1]))
    (0.5, 0.8)
    """
    if not len(known) or not len(unknown):
        return None, None
    values, tp, n = ranking.steps(*_joined(known, unknown))
    # Of whole numbers, so that 19 of 20 is 95 %.
    reached = np.flatnonzero((tp * 100 >= round(100 * TPR) * len(known)) & np.isfinite(values))
    if not len(reached):
        return 1.0, None
    return float((n - tp)[reached[0]] / len(unknown)), float(values[reached[0]])


def open_set(
    hits: HitColumns,
    predictions: HitColumns,
    negatives: np.ndarray,
    *,
    unknown_labels: Collection[int],
    unknown_classes: Collection[int],
    window: int,
) -> dict:
    """Scores of known and of unknown sounds, told apart by a system.

    A sound is all hits of a session at one time. Its score is the highest of a prediction of a
    known class within the window; that of a negative example the highest within its stretch.

    Parameters
    ----------
    hits : HitColumns
        The reference by label of the corpus, in any order, those without a class included.
    predictions : HitColumns
        By class, in order of session, with a score each.
    negatives : np.ndarray, shape (n, 3), int
        Session, start and end in µs of stretches in which nothing is struck.
    unknown_labels, unknown_classes
        Labels that no system is asked for, and classes that have none but such labels.
    window : int
        µs.
    """
    is_unknown = np.isin(hits.label, sorted(unknown_labels))
    codes = [
        np.unique((hits.session[rows].astype(np.int64) << _TIME_BITS) + hits.onset[rows])
        for rows in (~is_unknown, is_unknown)
    ]
    # A prediction near both could be of either.
    low, high = (
        np.searchsorted(codes[0], codes[1] + shift, side=side)
        for shift, side in ((-2 * window, "left"), (2 * window, "right"))
    )
    apart = codes[1][low == high]
    is_word = ~np.isin(predictions.label, sorted(unknown_classes))
    said = predictions.take(is_word)
    code = (said.session.astype(np.int64) << _TIME_BITS) + said.onset
    order = np.argsort(code, kind="stable")
    code, score = code[order], said.score[order]
    known = _highest(code, score, codes[0] - window, codes[0] + window)
    start, end = ((negatives[:, 0] << _TIME_BITS) + negatives[:, n] for n in (1, 2))
    unknown = [
        _highest(code, score, apart - window, apart + window),
        _highest(code, score, start, end),
    ]
    return figures(known, np.concatenate(unknown)) | {
        "unknown_percussion": len(apart),
        "negative_examples": len(negatives),
        "left_out": len(codes[1]) - len(apart),
    }


def figures(known: np.ndarray, unknown: np.ndarray) -> dict:
    """The figures of scores of known and unknown sounds."""
    fpr, threshold = fpr_at_tpr(known, unknown)
    return {
        "known": len(known),
        "unknown": len(unknown),
        "known_without_prediction": int(np.isneginf(known).sum()),
        "unknown_without_prediction": int(np.isneginf(unknown).sum()),
        "auroc": auroc(known, unknown),
        "average_precision": average_precision(known, unknown),
        "fpr_at_95_tpr": fpr,
        "threshold": threshold,
    }


def _highest(code: np.ndarray, score: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The highest score from each low to each high code, both included; -inf where there is none.

    A time before the start falls among codes of the session before, later than any of its times.
    """
    values = np.full(len(low), -np.inf)
    for first in range(0, len(low), _BLOCK):
        rows = slice(first, first + _BLOCK)
        starts = np.searchsorted(code, low[rows], side="left")
        stops = np.searchsorted(code, high[rows], side="right")
        some = np.flatnonzero(stops > starts)
        if len(some):
            bounds = np.stack([starts[some], stops[some]], axis=1).reshape(-1)
            padded = np.append(score, -np.inf)
            values[first + some] = np.maximum.reduceat(padded, bounds)[::2]
    return values
