"""As many matches as there can be, one to one, within an inclusive window of whole microseconds."""

import mir_eval
import numpy as np
import pytest

from drumcorpus.ground.statistics.matching import LAST_TIME, match_onsets, merge_onsets


def matches(reference, predictions, window):
    """(reference rows, prediction rows) of one key."""
    sides = [
        (np.zeros(len(times), int), np.array(times, int)) for times in (reference, predictions)
    ]
    onsets = merge_onsets(*sides, each_once=False)
    return [onsets.row[places].tolist() for places in match_onsets(onsets, window)]


def most_matches(reference, predictions, window):
    """The size of a maximum matching, by augmenting paths: knows nothing of order or time."""
    near = [
        [j for j, other in enumerate(predictions) if abs(other - time) <= window]
        for time in reference
    ]
    holder = {}

    def place(i, tried):
        for j in near[i]:
            if j not in tried:
                tried.add(j)
                if j not in holder or place(holder[j], tried):
                    holder[j] = i
                    return True
        return False

    return sum(place(i, set()) for i in range(len(reference)))


def drawn_case(random):
    """Times of both sides on a grid of 5 ms, dense enough that windows overlap, edges are met."""
    sizes = random.integers(0, 25, 2)
    return [np.sort(random.integers(0, 80, size)) * 5_000 for size in sizes]


def test_a_match_is_within_the_window_its_edges_included():
    assert matches([1_000_000], [1_050_000], 50_000) == [[0], [0]]
    assert matches([1_000_000], [950_000], 50_000) == [[0], [0]]
    assert matches([1_000_000], [1_050_001], 50_000) == [[], []]
    assert matches([1_000_000], [949_999], 50_000) == [[], []]


def test_a_prediction_matches_one_hit_alone():
    assert matches([0, 10_000], [5_000], 50_000) == [[0], [0]]
    assert matches([5_000], [0, 10_000], 50_000) == [[0], [0]]


def test_the_nearest_is_not_taken_where_that_would_cost_a_match():
    """The second prediction is nearer to the first hit, and the only one for the second."""
    assert matches([100_000, 150_000], [60_000, 105_000], 50_000) == [[0, 1], [0, 1]]


def test_hits_of_different_keys_never_match():
    sides = (np.array([0, 1]), np.array([0, 0])), (np.array([1, 2]), np.array([0, 0]))
    onsets = merge_onsets(*sides, each_once=True)
    reference, predictions = match_onsets(onsets, 50_000)
    assert onsets.row[reference].tolist() == [1]
    assert onsets.row[predictions].tolist() == [0]


def test_there_are_as_many_matches_as_in_a_maximum_matching_of_mir_eval():
    random = np.random.default_rng(1)
    n_matches = 0
    for _ in range(10_000):
        reference, predictions = drawn_case(random)
        ours = matches(reference, predictions, 50_000)
        theirs = mir_eval.util.match_events(
            reference.astype(float), predictions.astype(float), 50_000.0
        )
        assert len(ours[0]) == len(theirs)
        n_matches += len(theirs)
    assert n_matches > 50_000


def test_there_are_as_many_matches_as_augmenting_paths_find():
    random = np.random.default_rng(2)
    for window in (0, 5_000, 20_000, 50_000, 100_000):
        for _ in range(100):
            case = drawn_case(random)
            assert len(matches(*case, window)[0]) == most_matches(*case, window)


def test_many_keys_at_once_match_as_each_alone():
    """Chains go on side by side; what one holds leaves the others as they are."""
    random = np.random.default_rng(3)
    cases = [drawn_case(random) for _ in range(400)]
    cases[7] = [np.arange(3_000) * 10_000, np.arange(3_000) * 10_000 + 4_000]  # one long chain
    sides = [
        (
            np.repeat(np.arange(400), [len(case[side]) for case in cases]),
            np.concatenate([case[side] for case in cases]),
        )
        for side in (0, 1)
    ]
    onsets = merge_onsets(*sides, each_once=False)
    reference, predictions = match_onsets(onsets, 50_000)
    assert (np.diff(onsets.key[reference]) >= 0).all()
    assert (onsets.key[reference] == onsets.key[predictions]).all()
    assert (np.abs(onsets.time[reference] - onsets.time[predictions]) <= 50_000).all()
    assert len(set(reference)) == len(set(predictions)) == len(reference)
    alone = [len(matches(*case, 50_000)[0]) for case in cases]
    assert np.bincount(onsets.key[reference], minlength=400).tolist() == alone


def test_exact_duplicates_stay_once_where_that_is_asked():
    side = np.zeros(3, int), np.array([5, 5, 6])
    assert merge_onsets(side, side, each_once=True).row.tolist() == [0, 0, 2, 2]
    assert len(merge_onsets(side, side, each_once=False).row) == 6


def test_nothing_matches_nothing():
    assert matches([], [], 50_000) == [[], []]
    assert matches([1], [], 50_000) == [[], []]
    assert matches([], [1], 50_000) == [[], []]


@pytest.mark.parametrize("time", [-1, LAST_TIME + 1])
def test_a_time_out_of_range_is_refused(time):
    nothing = np.zeros(0, int), np.zeros(0, int)
    with pytest.raises(ValueError, match=f"wanted: 0 to {LAST_TIME}"):
        merge_onsets((np.zeros(1, int), np.array([time])), nothing, each_once=True)


def test_a_key_that_would_run_into_the_sign_is_refused():
    key = np.array([1 << 22])
    with pytest.raises(ValueError, match="keys from 4194304 to 4194304; wanted: below 4194304"):
        merge_onsets((key, key), (key, key), each_once=True)
    merge_onsets((key - 1, key), (key - 1, key), each_once=True)
