"""Intervals cover what they say, over groups; over files of equal performances they do not."""

import numpy as np
import pytest

from drumcorpus.ground.statistics.intervals import (
    Groups,
    bootstrap_sums,
    holm,
    interval,
    is_resolvable,
    make_groups,
    sign_flip,
)
from drumcorpus.ground.statistics.scores import effective_number, f_measure

# F of the population that `drawn_sessions` draws from, of 400,000 groups.
TRUE_F = 0.749


def drawn_sessions(random, n_groups, n_copies):
    """(group, counts) of sessions whose system is as good, or bad, in every copy of a group.

    The logit of recall varies by 0.8 from group to group, so do the false positives; numbers of
    hits differ by a factor of seven. Copies are renderings of one performance.
    """
    hits = (1 + random.poisson(30, n_groups) * random.choice([0.3, 1, 2], n_groups)).astype(int)
    recall = 1 / (1 + np.exp(-1.2 - 0.8 * random.normal(size=n_groups)))
    false = hits * 0.2 * np.exp(0.6 * random.normal(size=n_groups))
    group = np.repeat(np.arange(n_groups), n_copies)
    tp = random.binomial(hits[group], recall[group])
    counts = np.stack([tp, random.poisson(false[group]), hits[group] - tp], axis=-1)
    return group, counts[:, None, :]


def interval_of(group, counts, *, n_draws, seed):
    groups = Groups(group, np.zeros(group.max() + 1, dtype=int))
    sums = groups.sums(counts)
    drawn = bootstrap_sums(sums.reshape(len(groups), 3), groups.strata, n_draws=n_draws, seed=seed)
    n_effective = effective_number(sums[:, 0, 0] + sums[:, 0, 2])
    return interval(f_measure(drawn), n_effective)


def coverage(random, n_groups, n_copies, n_times, n_draws, *, by_file=False):
    """Share of simulations whose nominal 95 % interval holds the F of the population."""
    n_held = 0
    for number in range(n_times):
        group, counts = drawn_sessions(random, n_groups, n_copies)
        drawn = np.arange(len(group)) if by_file else group
        low, high = interval_of(drawn, counts, n_draws=n_draws, seed=number)
        n_held += low <= TRUE_F <= high
    return n_held / n_times


@pytest.mark.parametrize(("n_groups", "n_copies"), [(12, 1), (30, 1), (60, 1), (40, 43)])
def test_an_interval_over_groups_covers_92_to_98_of_a_hundred(n_groups, n_copies, figures):
    share = coverage(np.random.default_rng(5), n_groups, n_copies, 500, 600)
    figures(f"{n_groups} groups of {n_copies}: nominal 95 % covers {share:.1%}")
    assert 0.92 <= share <= 0.98


def test_an_interval_over_files_of_43_renderings_covers_far_less(figures):
    share = coverage(np.random.default_rng(5), 40, 43, 60, 200, by_file=True)
    figures(f"40 groups of 43 drawn as files: nominal 95 % covers {share:.1%}")
    assert share < 0.5


def test_the_population_has_the_f_that_is_stated():
    _, counts = drawn_sessions(np.random.default_rng(6), 200_000, 1)
    assert f_measure(counts.sum(axis=0))[0] == pytest.approx(TRUE_F, abs=0.002)


def test_draws_are_whole_sums_and_the_same_again():
    tables = np.array([[1, 10], [2, 20], [4, 40]])
    drawn = bootstrap_sums(tables, np.array([0, 0, 0]), n_draws=200, seed=3)
    assert drawn.dtype == np.int64
    assert (drawn[:, 1] == 10 * drawn[:, 0]).all()
    assert (drawn[:, 0].min(), drawn[:, 0].max()) == (3, 12)
    again = bootstrap_sums(tables, np.array([0, 0, 0]), n_draws=200, seed=3)
    assert (drawn == again).all()
    assert (drawn != bootstrap_sums(tables, np.array([0, 0, 0]), n_draws=200, seed=4)).any()


def test_groups_are_drawn_within_their_set():
    """A set of one group is drawn in every resample; the two others stand for one another."""
    drawn = bootstrap_sums(np.array([[100], [1], [3]]), np.array([0, 1, 1]), n_draws=100, seed=1)
    assert set(drawn[:, 0].tolist()) == {102, 104, 106}


def test_blocks_of_draws_change_only_memory(monkeypatch):
    tables, strata = np.arange(30).reshape(10, 3), np.zeros(10, dtype=int)
    whole = bootstrap_sums(tables, strata, n_draws=50, seed=1)
    monkeypatch.setattr("drumcorpus.ground.statistics.intervals._BLOCK", 70)
    parts = bootstrap_sums(tables, strata, n_draws=50, seed=1)
    assert (whole == parts).all()


def test_sessions_of_a_family_are_one_group_of_the_set_of_its_first():
    groups = make_groups(["p", "q", "p"], ["b", "a", "b"])
    assert groups.of_session.tolist() == [0, 1, 0]
    assert groups.strata.tolist() == [0, 0]  # too few to be drawn within their sets
    assert groups.sums(np.array([[1], [10], [100]])).tolist() == [[101], [10]]


@pytest.mark.parametrize(
    ("sizes", "strata"),
    [((10, 12), (0, 1)), ((12, 1), (1, 1)), ((30, 6, 3, 2), (0, 3, 3, 3)), ((1,) * 12, (0,) * 10)],
    ids=["large ones", "one group", "small ones", "of one each"],
)
def test_the_smallest_sets_are_drawn_together_until_they_have_ten_groups(sizes, strata):
    sets = [f"s{n:02}" for n, size in enumerate(sizes) for _ in range(size)]
    groups = make_groups([f"f{n}" for n in range(len(sets))], sets)
    wanted = [*strata, *range(len(strata), len(sizes))]
    assert groups.strata.tolist() == [wanted[int(name[1:])] for name in sets]


def test_sets_of_one_group_each_have_an_interval_that_is_no_point():
    groups = make_groups([f"f{n}" for n in range(12)], [f"s{n}" for n in range(12)])
    counts = np.array([[tp, 0, 10 - tp] for tp in (0, 5, 10) * 4])
    drawn = bootstrap_sums(groups.sums(counts), groups.strata, n_draws=2_000, seed=1)
    low, high = interval(f_measure(drawn), 12.0)
    assert (low, high) == (pytest.approx(0.4, abs=0.06), pytest.approx(0.87, abs=0.06))


def test_too_few_groups_are_not_resolvable():
    assert is_resolvable(10, 10.0)
    assert not is_resolvable(9, 9.0)
    assert not is_resolvable(43, 9.9)


def test_draws_without_a_value_give_no_interval():
    assert interval(np.array([0.5] * 90 + [np.nan] * 10), 20) is None
    assert interval(np.array([0.5] * 96 + [np.nan] * 4), 20) == (0.5, 0.5)


def test_fewer_groups_widen_an_interval():
    draws = np.linspace(0, 1, 2_001)
    low, high = interval(draws, 1e9)
    assert (low, high) == pytest.approx((0.025, 0.975), abs=1e-3)
    few = interval(draws, 10)
    assert few[0] == pytest.approx(0.0086, abs=1e-3)
    assert few[1] == pytest.approx(1 - 0.0086, abs=1e-3)


def test_exchanging_systems_finds_a_difference_and_not_one_of_noise():
    random = np.random.default_rng(7)
    hits = np.full(40, 50)
    first, second, third = (random.binomial(hits, share) for share in (0.7, 0.7, 0.8))

    def counts(tp):
        return np.stack([tp, np.full(40, 5), hits - tp], axis=-1)[:, None, :]

    options = {"n_draws": 999, "seed": 1, "columns": 1}
    assert sign_flip(counts(first), counts(third), **options)[0] == 0.001
    assert sign_flip(counts(first), counts(second), **options)[0] > 0.05
    assert sign_flip(counts(first), counts(first), **options)[0] == 1.0


def test_holm_adjusts_from_the_smallest_on():
    assert holm(np.array([0.2, 0.001, 0.04])).tolist() == pytest.approx([0.2, 0.003, 0.08])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []
