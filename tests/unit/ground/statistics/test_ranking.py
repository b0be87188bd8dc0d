"""Ranking: hand-computed values, scikit-learn as a second opinion, and ties taken whole."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from drumcorpus.ground.statistics.ranking import average_precision, best_threshold, roc_area


def drawn(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, 40) / 5  # many ties
    return scores, np.append(rng.random(38) < 0.3, [True, False])


@pytest.mark.parametrize("seed", range(20))
def test_both_areas_are_those_of_scikit_learn_with_ties(seed):
    scores, truth = drawn(seed)
    assert average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores))
    assert roc_area(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


def test_constant_scores_give_prevalence_and_a_half():
    truth = np.array([True, False, False, False])
    assert average_precision(np.ones(4), truth) == 0.25
    assert roc_area(np.ones(4), truth) == 0.5


def test_what_got_no_score_ties_with_its_like():
    scores, truth = np.array([0.5, -np.inf, -np.inf, -np.inf]), np.array([True, True, False, False])
    low = np.where(np.isinf(scores), 0.0, scores)
    assert roc_area(scores, truth) == roc_area(low, truth) == 0.75
    assert average_precision(scores, truth) == average_precision(low, truth) == 0.75


def test_what_is_not_there_has_no_value():
    assert np.isnan(average_precision(np.ones(2), np.zeros(2, bool)))
    assert np.isnan(roc_area(np.ones(2), np.ones(2, bool)))
    assert best_threshold(np.ones(2), np.zeros(2, bool)) is None


@pytest.mark.parametrize("seed", range(20))
def test_no_other_threshold_gives_a_larger_f(seed):
    scores, truth = drawn(seed)

    def f(threshold):
        said = scores >= threshold
        return 2 * (said & truth).sum() / (said.sum() + truth.sum())

    chosen = best_threshold(scores, truth)
    values = {value: f(value) for value in set(scores.tolist())}
    assert f(chosen) == max(values.values())
    assert chosen == max(v for v, of in values.items() if of == pytest.approx(f(chosen)))
