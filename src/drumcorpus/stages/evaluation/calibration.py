"""Are scores probabilities? How often predictions of a score are right, by class.

Only what a system predicts can be asked: a hit that it did not predict has no score. A prediction
is right where it matches a hit of its class within the headline window. Bins hold equal numbers of
predictions, those of one score whole in one bin; the expected calibration error (ECE) is the mean
over predictions of the distance between their bin's mean score and its share of right ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from drumcorpus.ground.predictions.hit_columns import HitColumns
from drumcorpus.ground.statistics.intervals import FEWEST_GROUPS, Groups
from drumcorpus.ground.statistics.matching import MOST_KEYS, match_onsets, merge_onsets
from drumcorpus.ground.statistics.reliability import N_BINS, reliability_in_place
from drumcorpus.ground.statistics.scores import effective_number
from drumcorpus.stages.evaluation.counting import blocks

_BLOCK = 1_000_000  # predictions that are looked at together
# What becomes of a prediction: it is one with a better one, it is wrong, or it is right.
_MERGED, _WRONG, _RIGHT = range(3)


def right_predictions(
    reference: HitColumns, predictions: HitColumns, n_sessions: int, n_classes: int, window: int
) -> np.ndarray:
    """What becomes of each prediction: `_MERGED` with an equal one, `_WRONG` or `_RIGHT`.

    Of several of one class, session and time that with the highest score stays, in whatever order
    they are: finer labels that fall into one class are often said together.

    Returns
    -------
    np.ndarray, shape (n_predictions,), uint8
    """
    outcome = np.zeros(len(predictions), dtype=np.uint8)
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
        what = np.full(len(onsets.key), _WRONG, dtype=np.uint8)
        what[match_onsets(onsets, window)[1]] = _RIGHT
        theirs = ~onsets.is_reference
        outcome[before + order[onsets.row[theirs]]] = what[theirs]
        before += len(sides[1])
    return outcome


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
    outcome = right_predictions(reference, predictions, n_sessions, len(classes), window)
    by_class, errors, lacking = {}, [], []
    for number, name in enumerate(classes):
        here = np.flatnonzero((predictions.label == number) & (outcome != _MERGED))
        by_class[name] = reliability_in_place(
            predictions.score[here], _right_scores(predictions, outcome, number)
        )
        if by_class[name] is None:
            continue
        # By session first: there are far fewer of these than of predictions.
        sizes = groups.sums(np.bincount(predictions.session[here], minlength=n_sessions))
        by_class[name]["effective_groups"] = float(effective_number(sizes))
        if by_class[name]["effective_groups"] < FEWEST_GROUPS:
            lacking.append(name)
        else:
            errors.append(by_class[name]["ece"])
    return {
        "bins": N_BINS,
        "all": reliability_in_place(
            predictions.score[outcome != _MERGED], _right_scores(predictions, outcome)
        ),
        "classes": by_class,
        "macro_ece": float(np.mean(errors)) if errors else None,
        "not_resolvable": lacking,
    }


def _right_scores(
    predictions: HitColumns, outcome: np.ndarray, number: int | None = None
) -> Iterator[np.ndarray]:
    """Scores of the right predictions of a class, or of all, some at a time."""
    for first in range(0, len(outcome), _BLOCK):
        rows = slice(first, first + _BLOCK)
        is_one = outcome[rows] == _RIGHT
        if number is not None:
            is_one &= predictions.label[rows] == number
        yield predictions.score[rows][is_one]


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
