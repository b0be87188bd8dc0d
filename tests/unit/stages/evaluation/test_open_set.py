"""How scores tell known sounds from others: by hand, and as scikit-learn has it."""

import numpy as np
import pytest
from sklearn import metrics

from drumcorpus.ground.predictions.hit_columns import make_hits
from drumcorpus.stages.evaluation.open_set import (
    auroc,
    average_precision,
    figures,
    fpr_at_tpr,
    open_set,
)

W = 50_000


def test_figures_by_hand():
    known, unknown = np.array([0.9, 0.8, 0.8, 0.3]), np.array([0.8, 0.2])
    # Pairs: 2, 1.5, 1.5 and 1 of 2 each. Precision at 0.9: 1 of 1, at 0.8: 3 of 4, at 0.3: 4 of 5.
    assert auroc(known, unknown) == 6 / 8
    assert average_precision(known, unknown) == pytest.approx((1 + 2 * 0.75 + 0.8) / 4)
    assert fpr_at_tpr(known, unknown) == (0.5, 0.3)


def test_scores_that_are_all_one_know_nothing():
    row = figures(np.full(3, 0.7), np.full(9, 0.7))
    assert (row["auroc"], row["average_precision"], row["fpr_at_95_tpr"]) == (0.5, 0.25, 1.0)


@pytest.mark.parametrize(
    ("n_low", "fpr", "threshold"), [(1, 0.0, 0.9), (2, 1.0, 0.1)], ids=["19 of 20", "18 of 20"]
)
def test_95_percent_are_whole_numbers(n_low, fpr, threshold):
    known = np.array([0.9] * (20 - n_low) + [0.1] * n_low)
    assert fpr_at_tpr(known, np.array([0.5])) == (fpr, threshold)


def test_a_rate_that_no_score_reaches_is_one():
    known = np.array([0.9] * 18 + [-np.inf] * 2)
    assert fpr_at_tpr(known, np.array([0.5])) == (1.0, None)
    assert figures(known, np.array([-np.inf]))["known_without_prediction"] == 2


def test_without_sounds_of_both_kinds_there_is_no_figure():
    for pair in ((np.zeros(0), np.ones(2)), (np.ones(2), np.zeros(0))):
        assert (auroc(*pair), average_precision(*pair), fpr_at_tpr(*pair)) == (
            None,
            None,
            (None, None),
        )


def test_with_ties_the_figures_are_those_of_scikit_learn():
    random = np.random.default_rng(1)
    for _ in range(300):
        n = random.integers(1, 40, 2)
        known, unknown = (random.integers(0, random.integers(1, 12), k) / 8 for k in n)
        truth, score = np.repeat([1, 0], n), np.concatenate([known, unknown])
        assert auroc(known, unknown) == pytest.approx(metrics.roc_auc_score(truth, score))
        assert average_precision(known, unknown) == pytest.approx(
            metrics.average_precision_score(truth, score)
        )
        rates = metrics.roc_curve(truth, score, drop_intermediate=False)
        first = np.argmax(rates[1] >= 0.95 - 1e-12)
        assert fpr_at_tpr(known, unknown) == (pytest.approx(rates[0][first]), rates[2][first])


def test_a_sound_has_the_highest_score_of_what_is_near():
    hits = make_hits([0, 0, 0, 0, 1], [0, 1, 9, 9, 0], [1.0, 1.0, 1.1, 5.0, 0.01])
    predictions = make_hits(
        [0, 0, 0, 0, 0, 1],
        [0, 1, 1, 2, 0, 0],
        [0.95, 1.05, 5.05, 5.0, 8.0, 0.0],
        score=[0.3, 0.6, 0.2, 0.99, 0.4, 0.1],
    )
    negatives = np.array([[0, 7_000_000, 8_000_000], [1, 3_000_000, 4_000_000]])
    row = open_set(hits, predictions, negatives, unknown_labels={9}, unknown_classes={2}, window=W)
    # Known are 0.6 (of two hits at once) and 0.1; unknown 0.2 (said to be unknown: 0.99), 0.4 and
    # nothing; the one at 1.1 s is within 100 ms of a known one.
    assert (row["known"], row["unknown"], row["left_out"]) == (2, 3, 1)
    assert (row["unknown_percussion"], row["negative_examples"]) == (1, 2)
    assert (row["known_without_prediction"], row["unknown_without_prediction"]) == (0, 1)
    assert row["auroc"] == pytest.approx((3 + 1) / 6, abs=1e-9)
    assert (row["fpr_at_95_tpr"], row["threshold"]) == (pytest.approx(2 / 3), 0.1)
