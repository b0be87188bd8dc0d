"""Draws by weight: their shares, their order on every machine, and where they go on."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.load import weighted_sampler
from drumcorpus.load.weighted_sampler import WeightedSampler, uniform

# Of a share of n draws: four standard deviations of the binomial distribution; beyond that lies
# one share in 16,000.
DEVIATIONS = 4
UNIFORM = [0.625095466604667, 0.8972138009695755, 0.7756856902451935]
DRAWS = [3, 5, 9, 7, 3, 6, 7, 4, 8, 3, 6, 7]
WITHOUT = [3, 5, 9, 7, 6, 4, 8, 1, 2]
WEIGHTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=40).filter(any)


def test_uniform_numbers_are_the_same_on_every_machine():
    assert uniform(3, 7, 0, 0).tolist() == UNIFORM
    assert uniform(1_000, 7, 0, 0)[:3].tolist() == UNIFORM
    assert uniform(3, 7, 0, 1).tolist() != UNIFORM


def test_draws_are_the_same_on_every_machine():
    weights = np.arange(10) / 7
    assert list(WeightedSampler(weights, 12, seed=3)) == DRAWS
    assert list(WeightedSampler(weights, seed=3, replacement=False)) == WITHOUT


def test_shares_of_classes_are_the_given_ones():
    """Within four standard deviations, here 0.0018 at most."""
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    classes = np.arange(50_000) % 4
    weights = shares[classes] * np.random.default_rng(1).uniform(0.5, 1.5, len(classes))
    weights *= (shares / np.bincount(classes, weights))[classes]
    drawn = np.fromiter(WeightedSampler(weights, 1_200_000, seed=5), int)
    got = np.bincount(classes[drawn], minlength=4) / len(drawn)
    tolerance = DEVIATIONS * np.sqrt(shares * (1 - shares) / len(drawn))
    assert tolerance.max() < 0.0019
    assert (np.abs(got - shares) < tolerance).all()


def test_without_replacement_the_first_and_the_second_draw_have_their_shares():
    weights = np.array([4.0, 3.0, 2.0, 1.0])
    n = 6_000
    draws = [list(WeightedSampler(weights, 2, seed=s, replacement=False)) for s in range(n)]
    first, second = np.transpose(draws)
    shares = weights / weights.sum()
    for row in range(4):
        before = np.delete(shares, row)
        expected = float((before * shares[row] / (1 - before)).sum())
        for drawn, share in ((first, shares[row]), (second, expected)):
            tolerance = DEVIATIONS * np.sqrt(share * (1 - share) / n)
            assert abs((drawn == row).mean() - share) < tolerance


def test_more_than_two_to_the_24_samples_are_drawn_to_the_last():
    n = 2**24 + 10
    weights = np.zeros(n, np.float32)
    weights[[3, n - 1]] = 1
    drawn = set(WeightedSampler(weights, 64, seed=1))
    assert drawn == {3, n - 1}


@given(WEIGHTS, st.integers(0, 2**40), st.booleans())
def test_only_what_has_weight_is_drawn_and_once_without_replacement(weights, seed, replacement):
    drawn = list(WeightedSampler(weights, seed=seed, replacement=replacement))
    possible = np.flatnonzero(weights)
    assert set(drawn) <= set(possible.tolist())
    if replacement:
        assert len(drawn) == len(weights)
    else:
        assert sorted(drawn) == possible.tolist()


def test_very_uneven_weights_are_drawn_without_replacement():
    weights = 10.0 ** -np.arange(0, 300, 3)
    assert list(WeightedSampler(weights, replacement=False)) == list(range(100))


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(0, 60), st.booleans(), st.integers(1, 4), st.data())
def test_a_state_goes_on_at_the_exact_draw(n, position, replacement, world, data):
    rank = data.draw(st.integers(0, world - 1))
    weights = np.arange(1, 61)
    made = [
        WeightedSampler(weights, n, seed=9, replacement=replacement).split(rank, world)
        for _ in range(2)
    ]
    whole = [number for _ in range(3) for number in made[0]]
    made[0].set_epoch(0)
    taken = []
    while len(taken) < min(position, len(whole)):
        taken += itertools.islice(made[0], min(position, len(whole)) - len(taken))
    made[1].load_state_dict(made[0].state_dict())
    rest = list(made[1])
    if len(taken) + len(rest) < len(whole):
        rest += list(made[1])
    if len(taken) + len(rest) < len(whole):
        rest += list(made[1])
    assert (taken + rest)[: len(whole)] == whole


@given(st.integers(1, 6), st.integers(1, 40), st.booleans())
def test_ranks_together_have_the_draws_of_one(world, n, replacement):
    whole = WeightedSampler(np.arange(1, 41), n, seed=2, replacement=replacement)
    parts = [list(whole.split(rank, world)) for rank in range(world)]
    assert [len(part) for part in parts] == [len(whole.split(r, world)) for r in range(world)]
    merged = itertools.chain.from_iterable(itertools.zip_longest(*parts))
    assert [number for number in merged if number is not None] == list(whole)


def test_blocks_are_drawn_as_one_sequence(monkeypatch):
    order = np.random.default_rng(0).permutation(100) + 1.0
    whole = list(WeightedSampler(order, 100, seed=1, replacement=False))
    monkeypatch.setattr(weighted_sampler, "BLOCK", 7)
    assert list(WeightedSampler(order, 100, seed=1, replacement=False)) == whole
    drawn = WeightedSampler(order, 100, seed=1)
    assert len(list(drawn)) == len(drawn) == 100


def test_each_epoch_is_another_draw_and_a_broken_off_one_is_begun_anew():
    drawn = WeightedSampler(np.ones(50), seed=4)
    epochs = [list(drawn), list(drawn)]
    assert epochs[0] != epochs[1]
    drawn.set_epoch(0)
    assert list(itertools.islice(drawn, 5)) == epochs[0][:5]
    assert list(drawn) == epochs[0]
    drawn.set_epoch(1)
    assert list(drawn) == epochs[1]


def test_a_state_says_how_many_draws_were_used_where_more_were_made():
    drawn = WeightedSampler(np.ones(50), seed=4)
    whole = list(drawn)
    drawn.set_epoch(0)
    list(itertools.islice(drawn, 20))
    other = WeightedSampler(np.ones(50), seed=4)
    other.load_state_dict(drawn.state_dict(position=8))
    assert list(other) == whole[8:]


def test_the_state_of_another_sampler_is_refused():
    state = WeightedSampler(np.ones(5), seed=4).state_dict()
    with pytest.raises(ValueError, match="state: seed is 4; here it is 5"):
        WeightedSampler(np.ones(5), seed=5).load_state_dict(state)
    with pytest.raises(ValueError, match="state: n_samples is 5; here it is 6"):
        WeightedSampler(np.ones(6), 5, seed=4).load_state_dict(state)


@pytest.mark.parametrize("weights", [[1, -1], [0, 0], [], [1, np.nan], [np.inf], [[1]]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match="weights: wanted: "):
        WeightedSampler(weights)


def test_more_draws_than_there_are_samples_are_refused():
    message = "n_draws: got 3; wanted: from 1 to 2, the samples with a weight above 0"
    with pytest.raises(ValueError, match=message):
        WeightedSampler([1, 0, 1], 3, replacement=False)
    with pytest.raises(ValueError, match="n_draws: got 0; wanted: from 1"):
        WeightedSampler([1], 0)
    with pytest.raises(ValueError, match="rank: got 2 of 2; wanted: from 0 to 1"):
        WeightedSampler([1]).split(2, 2)
