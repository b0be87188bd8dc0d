"""Counts at many thresholds are those of a matching for each of them."""

import numpy as np
import pytest

from drumcorpus.ground.statistics.matching import match_onsets, merge_onsets
from drumcorpus.stages.evaluation.threshold_counts import counts_at_thresholds

N_CLASSES, WINDOW = 3, 50


def one_by_one(sides, score, tried):
    """TP, FP, FN by class of one matching for each threshold."""
    (keys, times), (said_keys, said_times) = sides
    counts = []
    for limits in tried:
        limit = np.where(np.isnan(limits), -np.inf, limits)[said_keys % N_CLASSES]
        kept = score >= limit
        onsets = merge_onsets((keys, times), (said_keys[kept], said_times[kept]), each_once=True)
        tp, said, hits = (
            np.bincount(onsets.key[places] % N_CLASSES, minlength=N_CLASSES)
            for places in (
                match_onsets(onsets, WINDOW)[0],
                ~onsets.is_reference,
                onsets.is_reference,
            )
        )
        counts.append(np.stack([tp, said - tp, hits - tp], axis=-1))
    return np.stack(counts)


@pytest.mark.parametrize("length", [300, 2_000, 20_000], ids=["dense", "some chains", "sparse"])
def test_counts_are_those_of_a_matching_each(length):
    for seed in range(40):
        random = np.random.default_rng([seed, length])
        sides = [
            (random.integers(0, 4 * N_CLASSES, n), random.integers(0, length, n))
            for n in random.integers(0, 120, 2)
        ]
        score = random.integers(0, 9, len(sides[1][0])) / 8  # ties
        tried = random.integers(0, 9, (6, N_CLASSES)) / 8
        tried[0, 0] = np.nan
        counts = counts_at_thresholds(sides, score, tried, WINDOW)
        assert (counts == one_by_one(sides, score, tried)).all()


def test_of_two_predictions_for_one_hit_the_better_is_right():
    sides = [(np.zeros(1, int), np.array([100])), (np.zeros(2, int), np.array([95, 101]))]
    counts = counts_at_thresholds(sides, np.array([0.9, 0.2]), np.array([[0.1], [0.5]]), WINDOW)
    assert counts.tolist() == [[[1, 1, 0]], [[1, 0, 0]]]
