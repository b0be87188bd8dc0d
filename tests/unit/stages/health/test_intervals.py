"""Confidence intervals, against published values and by their meaning."""

import numpy as np
import pytest

from drumcorpus.stages.health.intervals import effective_size, quantile_interval, share_interval


@pytest.mark.parametrize(
    ("n_found", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 17, 857-872, 1998, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(n_found, n, low, high):
    assert share_interval(n_found / n, n) == pytest.approx((low, high), abs=5e-5)


def test_an_even_sample_is_worth_its_own_size():
    assert effective_size([(1000, 50), (2000, 100)]) == pytest.approx(150)


def test_a_thinly_sampled_group_lowers_what_the_sample_is_worth():
    assert effective_size([(50_000, 200), (40, 40)]) == pytest.approx(200, rel=0.01)


def test_the_interval_of_a_median_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(1000):
        low, high = quantile_interval(np.sort(rng.exponential(size=41)).tolist(), 0.5)
        covered += low <= np.log(2) <= high
    assert 930 <= covered <= 985


def test_a_single_value_is_its_own_interval():
    assert quantile_interval([3.0], 0.5) == (3.0, 3.0)
