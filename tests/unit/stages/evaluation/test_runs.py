"""Runs with other seeds: their mean, and an interval that is wider than that of one run."""

from types import SimpleNamespace

import numpy as np
import pytest

from drumcorpus.ground.predictions.hit_columns import make_hits
from drumcorpus.ground.statistics.intervals import bootstrap_sums, make_groups
from drumcorpus.stages.evaluation.evaluate import Resampling, score_system
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
    row = over_runs([scored(10), scored(8), scored(9)], ["a", "b"])
    values = [1.0, 16 / 18, 18 / 19]
    micro = row["micro"]
    assert micro["f_of_runs"] == pytest.approx(values)
    assert micro["f"] == pytest.approx(np.mean(values))
    assert micro["sd"] == pytest.approx(np.std(values, ddof=1))
    # Student's t of two degrees of freedom.
    apart = 4.302653 * np.std(values, ddof=1) / np.sqrt(3)
    assert micro["low"] == pytest.approx(np.mean(values) - apart)
    assert micro["high"] == 1.0
    assert row["classes"]["a"] == micro
    assert row["classes"]["b"] is None
    same = over_runs([scored(5), scored(5)], ["a", "b"])["micro"]
    assert (same["low"], same["high"], same["sd"]) == pytest.approx((10 / 15, 10 / 15, 0))


def test_few_groups_have_no_interval_however_many_runs():
    few = make_groups([f"s{n % 5}" for n in range(N)], ["one"] * N)
    session = np.arange(N)
    hits = make_hits(session, np.zeros(N), np.ones(N))
    runs = [score_system(hits, hits.take(slice(n, None)), few, 1, DRAWS) for n in range(3)]
    micro = over_runs(runs, ["a"])["micro"]
    assert (micro["resolvable"], micro["low"], micro["high"]) == (False, None, None)


def drawn_run(random, share, of_group):
    """Counts of a run that finds about that share of 50 hits of each group."""
    found = random.binomial(50, np.clip(share + of_group, 0, 1))
    table = np.stack([found, 0 * found, 50 - found], axis=-1)[:, None]
    draws = bootstrap_sums(table.reshape(len(found), 3), np.zeros(len(found)), n_draws=300, seed=1)
    return SimpleNamespace(groups=table, draws=draws.reshape(300, 1, 3))


def test_the_interval_covers_the_mean_of_all_runs_though_three_are_there():
    random, covered, n = np.random.default_rng(5), 0, 200
    shares = 0.7 + np.random.default_rng(6).normal(0, 0.05, 5_000)
    truth = np.mean(2 * shares / (1 + shares))
    for _ in range(n):
        of_group = random.normal(0, 0.08, 40)
        runs = [drawn_run(random, 0.7 + random.normal(0, 0.05), of_group) for _ in range(3)]
        micro = over_runs(runs, ["a"])["micro"]
        covered += micro["low"] <= truth <= micro["high"]
    assert 0.92 <= covered / n <= 0.99  # drawing the runs with replacement: 0.84
