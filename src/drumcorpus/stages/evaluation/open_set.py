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
from drumcorpus.ground.statistics.intervals import Groups
from drumcorpus.ground.statistics.ranking import sorted_steps
from drumcorpus.stages.evaluation.open_set_intervals import (
    FIGURES,
    TPR_PERCENT,
    count_steps,
    draw_figures,
)
from drumcorpus.stages.evaluation.open_set_sounds import score_sounds
from drumcorpus.stages.evaluation.reference import Reference

# What a report says of how it was done.
CONVENTIONS = {
    "positive": "known",
    "sound": "all hits of a session at one time; a negative example is one",
    "score": "highest of a prediction of a known class in the window; lowest without one",
    "threshold": "highest score with TPR >= 0.95, ties whole; FPR is 1 where none reaches it",
    "auroc": "ranks, ties half",
    "average_precision": "step-wise at distinct scores",
}


def open_set(
    reference: Reference,
    predictions: HitColumns,
    groups: Groups,
    *,
    unknown_classes: Collection[int],
    window: int,
    n_draws: int,
    seed: int,
) -> dict:
    """Scores of known and of unknown sounds, told apart by a system, with intervals.

    Parameters
    ----------
    reference : Reference
        As of `read_reference` with labels that are unknown.
    predictions : HitColumns
        By class, in order of session, with a score each.
    groups : Groups
        Of the sessions.
    unknown_classes
        Classes that have none but unknown labels.
    window : int
        µs.
    n_draws, seed : int
        As of `intervals.bootstrap_sums`.
    """
    row, table = _counted(reference, predictions, groups, unknown_classes, window)
    exact = [row[name] for name in FIGURES]
    ends = draw_figures(table, exact, groups.strata, n_draws=n_draws, seed=seed)
    return row | {"intervals": ends}


def _counted(
    reference: Reference,
    predictions: HitColumns,
    groups: Groups,
    unknown_classes: Collection[int],
    window: int,
) -> tuple[dict, np.ndarray]:
    """The figures of all sounds, and their numbers as of `count_steps`; scores are let go here."""
    sounds = score_sounds(reference, predictions, unknown_classes, window)
    table = count_steps(sounds, groups)  # before they are sorted: they stand by session
    sounds.known.sort()
    sounds.unknown.sort()
    row = figures(sounds.known, sounds.unknown, is_sorted=True) | {
        "unknown_percussion": sounds.n_percussion,
        "negative_examples": len(reference.negatives),
        "left_out": sounds.n_left_out,
    }
    return row, table


def figures(known: np.ndarray, unknown: np.ndarray, *, is_sorted: bool = False) -> dict:
    """AUROC, AP and FPR at a TPR of 95 % of scores of known and unknown sounds.

    Parameters
    ----------
    known, unknown : np.ndarray, shape (n,)
        Scores; minus infinity for a sound that got none.
    is_sorted : bool
        Whether they stand from low to high.

    Returns
    -------
    dict
        Without sounds of both kinds the figures are None. ``threshold`` is the score from which on
        sounds are accepted at that TPR; None too where no score reaches it.

    Examples
    --------
    >>> row = figures(np.array([0.9, 0.5]), np.array([0.5, 0.1]))
    >>> row["auroc"], round(row["average_precision"], 6), row["fpr_at_95_tpr"], row["threshold"]
    (0.875, 0.833333, 0.5, 0.5)
    """
    if not is_sorted:
        known, unknown = np.sort(known), np.sort(unknown)
    n_known, n_unknown = len(known), len(unknown)
    row = {
        "known": n_known,
        "unknown": n_unknown,
        "known_without_prediction": int(np.searchsorted(known, -np.inf, side="right")),
        "unknown_without_prediction": int(np.searchsorted(unknown, -np.inf, side="right")),
        **dict.fromkeys((*FIGURES, "threshold")),
    }
    if not n_known or not n_unknown:
        return row
    area = precision = 0.0
    before = 0, 0
    fpr, threshold = 1.0, None
    for values, tp, n in sorted_steps(known, unknown):
        fp = n - tp
        gained, taken = (
            np.diff(each, prepend=last) for each, last in zip((tp, fp), before, strict=True)
        )
        area += float((taken * (tp - gained / 2)).sum())
        precision += float((gained * tp / n).sum())
        # Of whole numbers, so that 19 of 20 is 95 %.
        reached = (tp * 100 >= TPR_PERCENT * n_known) & np.isfinite(values)
        if threshold is None and reached.any():
            place = int(np.argmax(reached))
            fpr, threshold = float(fp[place] / n_unknown), float(values[place])
        before = int(tp[-1]), int(fp[-1])
    shown = (area / (n_known * n_unknown), precision / n_known, fpr)
    return row | dict(zip(FIGURES, shown, strict=True)) | {"threshold": threshold}
