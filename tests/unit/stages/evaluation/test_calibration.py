"""Scores are held against how often predictions of them are right, by hand."""

import numpy as np
import pytest

from drumcorpus.ground.predictions.hit_columns import make_hits
from drumcorpus.ground.statistics.intervals import make_groups
from drumcorpus.ground.statistics.reliability import N_BINS, reliability
from drumcorpus.stages.evaluation.calibration import calibration

W = 50_000


def test_bins_hold_equal_numbers_and_the_error_is_a_mean_over_predictions():
    scores = np.arange(20) / 20
    row = reliability(scores, scores >= 0.5)
    assert [one["n"] for one in row["bins"]] == [2] * N_BINS
    assert row["bins"][0] == {"n": 2, "mean_score": 0.025, "right": 0.0}
    # Below one half the mean score itself, above it what is missing to 1: both are 0.225 to 0.275.
    assert row["ece"] == pytest.approx((0.225 + 0.275) / 2)


def test_equal_scores_are_in_one_bin():
    row = reliability(np.array([0.3] * 15 + [0.8] * 5), np.arange(20) % 3 == 0)
    assert [(one["n"], one["right"]) for one in row["bins"]] == [
        (15, pytest.approx(1 / 3)),
        (5, pytest.approx(2 / 5)),
    ]
    assert row["ece"] == pytest.approx((15 * (1 / 3 - 0.3) + 5 * 0.4) / 20)
    assert reliability(np.zeros(0), np.zeros(0, bool)) is None


def test_right_is_what_matches_a_hit_of_its_class_and_the_order_does_not_matter():
    n = 12
    groups = make_groups([f"s{k}" for k in range(n)], ["one"] * n)
    session = np.arange(n)
    reference = make_hits(session, [0] * n, [1.0] * n)
    said = [(k, 0, 1.04, 0.9) for k in range(n)] + [(k, 1, 1.0, 0.4) for k in range(n)]
    said += [(k, 0, 5.0, 0.9) for k in range(n) if k % 4 == 0] + [(0, 2, 3.0, 0.5)] * 2
    said.sort(key=lambda one: (one[0], -one[2]))
    columns = list(zip(*said, strict=True))
    predictions = make_hits(*columns[:3], score=columns[3])
    row = calibration(reference, predictions, groups, ["a", "b", "c", "d"], W)
    assert row["classes"]["a"]["bins"] == [
        {"n": 15, "mean_score": pytest.approx(0.9), "right": 0.8}
    ]
    assert row["classes"]["a"]["ece"] == pytest.approx(0.1)
    assert row["classes"]["b"]["ece"] == pytest.approx(0.4)
    assert row["classes"]["c"]["predictions"] == 1  # the two are one
    assert row["classes"]["d"] is None
    assert row["not_resolvable"] == ["c"]
    assert row["macro_ece"] == pytest.approx(0.25)
    assert row["all"]["predictions"] == 28


@pytest.mark.parametrize("scores", [[0.1, 0.9], [0.9, 0.1]], ids=["rising", "falling"])
def test_of_hits_that_are_one_the_highest_score_counts_in_whatever_order(scores):
    groups = make_groups(["a", "b"], ["one"] * 2)
    hits = make_hits([0, 1], [0, 0], [1.0, 1.0])
    said = make_hits([0, 0, 1], [0, 0, 0], [1.0, 1.0, 3.0], score=[*scores, 0.3])
    bins = calibration(hits, said, groups, ["a"], W)["all"]["bins"]
    assert [(one["n"], one["mean_score"], one["right"]) for one in bins] == [
        (1, 0.3, 0.0),
        (1, 0.9, 1.0),
    ]


def test_a_system_that_says_nothing_has_no_calibration():
    groups = make_groups(["a"], ["one"])
    row = calibration(make_hits([0], [0], [1.0]), make_hits([], [], []), groups, ["a"], W)
    assert (row["all"], row["classes"]["a"], row["macro_ece"]) == (None, None, None)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (None, "a prediction has no score; wanted: one from 0 to 1"),
        ([0.5, np.nan], "a prediction has no score"),
        ([0.5, 1.5], r"a score of 1\.5; wanted: probabilities from 0 to 1"),
    ],
    ids=["none", "one lacks", "too large"],
)
def test_scores_that_are_no_probabilities_are_refused(scores, words):
    groups = make_groups(["a"], ["one"])
    hits = make_hits([0, 0], [0, 0], [1.0, 2.0])
    with pytest.raises(ValueError, match=words):
        calibration(hits, make_hits([0, 0], [0, 0], [1.0, 2.0], score=scores), groups, ["a"], W)


def test_bins_are_those_of_counting_score_by_score():
    random = np.random.default_rng(2)
    for n in [*range(1, 25), 200]:
        scores = random.integers(0, random.integers(1, 30), n) / 30
        is_right = random.random(n) < scores
        bins = {}
        for score, right in zip(scores.tolist(), is_right.tolist(), strict=True):
            place = int((scores < score).sum()) * N_BINS // n
            bins.setdefault(place, []).append((score, right))
        wanted = [(len(one), sum(right for _, right in one)) for _, one in sorted(bins.items())]
        shown = reliability(scores, is_right)["bins"]
        assert [(one["n"], round(one["right"] * one["n"])) for one in shown] == wanted
