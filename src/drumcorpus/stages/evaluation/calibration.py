"""Are scores probabilities? How often predictions of a score are right, by class.

Only what a system predicts can be asked: a hit that it did not predict has no score. A prediction
is right where it matches a hit of its class within the headline window. Bins hold equal numbers of
predictions, those of one score whole in one bin; the expected calibration error (ECE) is the mean
over predictions of the distance between their bin's mean score and its share of right ones.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from drumcorpus.ground.predictions.hit_columns import HitColumns
from drumcorpus.ground.statistics.intervals import FEWEST_GROUPS, Groups
from drumcorpus.ground.statistics.matching import MOST_KEYS, match_onsets, merge_onsets
from drumcorpus.ground.statistics.scores import effective_number
from drumcorpus.stages.evaluation.counting import blocks

N_BINS = 10


def right_predictions(
    reference: HitColumns, predictions: HitColumns, n_sessions: int, n_classes: int, window: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which predictions stay once equal ones are merged, and whether each of them is right.

    Of several of one class, session and time that with the highest score stays, in whatever order
    they are: finer labels that fall into one class are often said together.

    Returns
    -------
    rows : np.ndarray, shape (n,), int
        Of `predictions`.
    is_right : np.ndarray, shape (n,), bool
    """
    rows, is_right = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=bool)]
    before = 0
    for first, _, sides in blocks(
        reference, predictions, n_sessions, max(1, MOST_KEYS // n_classes)
    ):
        keys = [(s.session - first).astype(np.int64) * n_classes + s.label for s in sides]
        pairs = [(key, side.onset) for key, side in zip(keys, sides, strict=True)]
        # The first of equal ones stays.
        order = np.argsort(-sides[1].score, kind="stable")
        pairs[1] = tuple(column[order] for column in pairs[1])
        onsets = merge_onsets(*pairs, each_once=True)
        matched = np.zeros(len(onsets.key), dtype=bool)
        matched[match_onsets(onsets, window)[1]] = True
        theirs = ~onsets.is_reference
        rows.append(order[onsets.row[theirs]] + before)
        is_right.append(matched[theirs])
        before += len(sides[1])
    return np.concatenate(rows), np.concatenate(is_right)


def calibration(
    reference: HitColumns,
    predictions: HitColumns,
    groups: Groups,
    classes: Sequence[str],
    window: int,
) -> dict:
    """Reliability and ECE of all predictions and of each class; None for one without any.

    Parameters
    ----------
    reference, predictions : HitColumns
        By class, in order of session; every prediction has a score from 0 to 1.
    window : int
        µs.

    Returns
    -------
    dict
        ``all``, ``classes``, ``macro_ece`` over the classes whose predictions are of ten effective
        groups, and ``not_resolvable``, the others that have a prediction.

    Raises
    ------
    ValueError
        If a prediction has no score, or one that is no probability.
    """
    check_probabilities(predictions)
    if predictions.score is None:  # without a prediction there is no column of scores
        predictions = replace(predictions, score=np.zeros(0))
    n_sessions = len(groups.of_session)
    rows, is_right = right_predictions(reference, predictions, n_sessions, len(classes), window)
    said = predictions.take(rows)
    by_class, errors, lacking = {}, [], []
    for number, name in enumerate(classes):
        here = said.label == number
        by_class[name] = reliability(said.score[here], is_right[here])
        if by_class[name] is None:
            continue
        sizes = np.bincount(groups.of_session[said.session[here]], minlength=len(groups))
        by_class[name]["effective_groups"] = float(effective_number(sizes))
        if by_class[name]["effective_groups"] < FEWEST_GROUPS:
            lacking.append(name)
        else:
            errors.append(by_class[name]["ece"])
    return {
        "bins": N_BINS,
        "all": reliability(said.score, is_right),
        "classes": by_class,
        "macro_ece": float(np.mean(errors)) if errors else None,
        "not_resolvable": lacking,
    }


def check_probabilities(predictions: HitColumns) -> None:
    """Refuse predictions of which one has no score, or one that is no probability."""
    if len(predictions) == 0:
        return
    if predictions.score is None or np.isnan(predictions.score).any():
        raise ValueError("a prediction has no score; wanted: one from 0 to 1 of every prediction")
    odd = (predictions.score < 0) | (predictions.score > 1)
    if odd.any():
        raise ValueError(
            f"a score of {predictions.score[np.argmax(odd)]}; wanted: probabilities from 0 to 1"
        )


def reliability(scores: np.ndarray, is_right: np.ndarray) -> dict | None:
    """Bins of equal mass by score, and their expected calibration error; None without scores.

    Examples
    --------
    >>> row = reliability(np.array([0.2, 0.2, 0.9, 0.9]), np.array([False, False, True, False]))
    >>> [(one["mean_score"], one["right"]) for one in row["bins"]], round(row["ece"], 6)
    ([(0.2, 0.0), (0.9, 0.5)], 0.3)
    """
    n = len(scores)
    if n == 0:
        return None
    order = np.argsort(scores, kind="stable")
    ordered, right = scores[order], is_right[order]
    # The rank of the first of equal scores: all of one score fall into one bin.
    number = np.searchsorted(ordered, ordered, side="left") * N_BINS // n
    bins, error = [], 0.0
    for each in np.unique(number).tolist():
        here = number == each
        size, mean, share = int(here.sum()), float(ordered[here].mean()), float(right[here].mean())
        bins.append({"n": size, "mean_score": mean, "right": share})
        error += size / n * abs(mean - share)
    return {"predictions": n, "ece": error, "bins": bins}
