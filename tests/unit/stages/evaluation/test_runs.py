"""Runs with other seeds: their mean, and an interval that is wider than that of one run."""

import numpy as np
import pytest

from drumcorpus.ground.statistics.intervals import make_groups
from drumcorpus.stages.evaluation.evaluate import Resampling, score_system
from drumcorpus.stages.evaluation.hit_columns import make_hits
from drumcorpus.stages.evaluation.runs import over_runs

N, HITS = 20, 10
GROUPS = make_groups([f"s{n}" for n in range(N)], ["one"] * N)
DRAWS = Resampling(1_000, 1)


def scored(n_right):
    """A run that finds the first `n_right` of ten hits of every session, and predicts no other."""
    session = np.repeat(np.arange(N), HITS)
    onset = np.tile(np.arange(1.0, HITS + 1), N)
    reference = make_hits(session, np.zeros(len(session)), onset)
    kept = np.tile(np.arange(HITS), N) < n_right
    predictions = reference.take(kept)
    return score_system(reference, predictions, GROUPS, 2, DRAWS)


def test_the_interval_is_over_runs_as_well_as_over_groups():
    # Sessions are alike, so that all that varies is the run: F is 2 r / (r + 10).
    row = over_runs([scored(10), scored(5)], ["a", "b"], DRAWS)
    values = [1.0, 2 * 5 / 15]
    micro = row["micro"]
    assert micro["f_of_runs"] == pytest.approx(values)
    assert micro["f"] == pytest.approx(np.mean(values))
    assert micro["sd"] == pytest.approx(np.std(values, ddof=1))
    assert (micro["low"], micro["high"]) == pytest.approx((values[1], values[0]))
    assert row["classes"]["a"] == micro
    assert row["classes"]["b"] is None
    same = over_runs([scored(5), scored(5)], ["a", "b"], DRAWS)["micro"]
    assert (same["low"], same["high"], same["sd"]) == pytest.approx((values[1], values[1], 0))


def test_equal_runs_have_equal_results():
    runs = [scored(9), scored(8), scored(7)]
    assert over_runs(runs, ["a", "b"], DRAWS) == over_runs(runs, ["a", "b"], DRAWS)
    assert over_runs(runs, ["a", "b"], DRAWS)["runs"] == 3
