"""Cymbals of one session: one is not made two, two are found, and doubt is said."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.stages.crash.accompaniment import association_beside
from drumcorpus.stages.crash.clusters import cluster_session
from drumcorpus.stages.crash.settings import ClusteringSettings

SETTINGS = ClusteringSettings(
    method="linkage",
    max_cymbals=3,
    min_hits=3,
    min_confidence=0.95,
    split_similarity=0.36,
    split_similarity_by_family={},
    one_similarity=0.54,
    min_similarity=0.25,
    stray_share=0.15,
    max_accompaniment=0.85,
    unheard_beside=(),
)
N_FEATURES = 60


def hits(counts, *, noise=0.7, seed=0, n_features=N_FEATURES):
    """Rows of one random pattern per cymbal with Gaussian noise, their keys, and the truth."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(len(counts), n_features))
    cymbals = np.repeat(np.arange(len(counts)), counts)
    embeddings = patterns[cymbals] + noise * rng.normal(size=(len(cymbals), n_features))
    keys = 1_000 + 200 * cymbals + rng.normal(0, 20, len(cymbals))
    return embeddings, keys, cymbals


def cluster(embeddings, keys, beside=None, **changes):
    settings = replace(SETTINGS, **changes)
    return cluster_session(embeddings, settings, order_key=keys, beside=beside)


def test_one_cymbal_is_accepted_whole():
    embeddings, keys, _ = hits([20])
    found = cluster(embeddings, keys)
    assert (found.reason, found.n_cymbals) == ("one_cymbal", 1)
    assert found.cymbals.tolist() == [0] * 20
    assert found.accepted.all()
    assert found.session_confidence > 0.6


@pytest.mark.parametrize("n_hits", [8, 20, 60])
def test_one_cymbals_gaussian_scatter_is_not_made_two(n_hits):
    splits = 0
    for seed in range(100):
        embeddings, keys, _ = hits([n_hits], seed=seed, n_features=26)
        splits += cluster(embeddings, keys).n_cymbals > 1
    assert splits <= 1


@pytest.mark.parametrize("n_features", [26, 200])
def test_noise_that_repeats_no_pattern_is_neither_one_cymbal_nor_two(n_features):
    reasons = [
        cluster(rng.normal(size=(20, n_features)), rng.normal(size=20)).reason
        for rng in map(np.random.default_rng, range(100))
    ]
    assert reasons.count("doubtful") >= 98


def test_strokes_of_two_strengths_on_one_cymbal_stay_one_cymbal():
    embeddings, keys, _ = hits([30], noise=0.4)
    strength = np.random.default_rng(1).normal(size=N_FEATURES)
    embeddings += np.where(np.arange(30) % 2, 0.35, -0.35)[:, None] * strength
    found = cluster(embeddings, keys)
    assert (found.reason, found.n_cymbals) == ("one_cymbal", 1)


@pytest.mark.parametrize("counts", [(4, 4), (20, 60), (9, 8, 7)])
def test_cymbals_apart_are_found_and_numbered_low_to_high(counts):
    embeddings, keys, cymbals = hits(counts)
    found = cluster(embeddings, keys)
    assert (found.reason, found.n_cymbals) == ("separated", len(counts))
    assert found.cymbals.tolist() == cymbals.tolist()
    assert found.accepted.all()
    assert found.session_confidence > 0.6
    assert found.silhouette > 0.3


@pytest.mark.parametrize(
    ("counts", "max_cymbals"), [((10, 12), 1), ((9, 8, 7), 2), ((9, 9, 9, 9), 3), ((9, 8, 7), 1)]
)
def test_more_cymbals_than_allowed_are_said_and_what_is_fused_is_in_doubt(counts, max_cymbals):
    embeddings, keys, cymbals = hits(counts)
    found = cluster(embeddings, keys, max_cymbals=max_cymbals)
    assert (found.reason, found.n_cymbals) == ("more_cymbals_than_allowed", max_cymbals)
    assert found.session_confidence == 0
    groups = [set(cymbals[found.cymbals == group]) for group in range(max_cymbals)]
    fused = max(groups, key=len)
    is_fused = np.isin(cymbals, list(fused))
    assert len(fused) >= 2
    assert not found.accepted[is_fused].any() and not found.confidence[is_fused].any()
    assert found.accepted[~is_fused].all()


@pytest.mark.parametrize("n_cymbals", [1, 2, 3])
def test_as_many_cymbals_as_allowed_are_no_more(n_cymbals):
    settings = replace(SETTINGS, max_cymbals=n_cymbals)
    for seed in range(20):
        embeddings, keys, _ = hits([8] * n_cymbals, seed=seed)
        found, without = (
            cluster_session(embeddings, settings, order_key=keys, one_more=one_more)
            for one_more in (True, False)
        )
        assert found.reason == without.reason != "more_cymbals_than_allowed"
        assert found.cymbals.tolist() == without.cymbals.tolist()
        assert found.confidence.tolist() == without.confidence.tolist()


def test_where_one_cymbal_is_allowed_an_unclear_division_lowers_the_chance_of_one():
    embeddings, keys, _ = hits([40], noise=0.3, n_features=400)
    strength = np.random.default_rng(1).normal(size=400)
    embeddings += np.where(np.arange(40) % 2, 0.616, -0.616)[:, None] * strength
    assert cluster(embeddings, keys).reason == "doubtful"
    found = cluster(embeddings, keys, max_cymbals=1)
    assert found.reason == "one_cymbal" and found.accepted.all()
    assert 0.85 < found.session_confidence < 0.97


def test_an_odd_hit_does_not_stand_for_the_third_cymbal():
    embeddings, keys, cymbals = hits((20, 20, 20), n_features=400)
    rng = np.random.default_rng(3)
    shared = rng.normal(size=400)
    # Two of the three are a little alike; the odd hit is more like these than like the third.
    embeddings += np.where(cymbals < 2, 0.5, -0.5)[:, None] * shared
    odd = 0.2 * shared + rng.normal(size=400)
    found = cluster(np.vstack([embeddings, odd]), np.append(keys, 1_000))
    assert (found.reason, found.n_cymbals) == ("separated", 3)
    assert found.cymbals[:-1].tolist() == cymbals.tolist()
    assert found.accepted.tolist() == [True] * 60 + [False]


def test_the_nearer_two_groups_are_the_less_sure_is_their_number():
    chances = []
    for shared in (0.0, 0.5, 0.8):
        embeddings, keys, _ = hits([15, 15], noise=0.3)
        embeddings += shared * np.random.default_rng(5).normal(size=N_FEATURES)
        found = cluster(embeddings, keys)
        assert found.reason == "separated"
        chances.append(found.session_confidence)
    assert 1 > chances[0] > chances[1] > chances[2] > 0.5


def test_no_more_cymbals_are_found_than_asked_for():
    embeddings, keys, _ = hits([12, 12, 12])
    assert cluster(embeddings, keys, max_cymbals=2).n_cymbals <= 2
    assert cluster(embeddings, keys, max_cymbals=1).n_cymbals == 1


def test_a_hit_between_two_cymbals_is_not_accepted():
    embeddings, keys, _ = hits([12, 12])
    embeddings[0] = embeddings[:12].mean(axis=0) + embeddings[12:].mean(axis=0)
    found = cluster(embeddings, keys, min_confidence=0.99)
    assert found.reason == "separated"
    assert found.accepted.tolist() == [False] + [True] * 23
    assert found.confidence[0] < 0.99 < found.confidence[1:].min()


def test_cymbals_that_share_much_are_left_in_doubt():
    embeddings, keys, cymbals = hits([15, 15], noise=0.3)
    embeddings += 1.1 * np.random.default_rng(5).normal(size=N_FEATURES)
    found = cluster(embeddings, keys)
    assert (found.reason, found.n_cymbals) == ("doubtful", 1)
    assert not found.accepted.any()
    assert found.cymbals.tolist() == [0] * len(cymbals)
    assert found.session_confidence == 0
    assert found.silhouette is not None


def test_hits_unlike_all_others_are_set_aside_and_not_accepted():
    embeddings, keys, _ = hits([14, 2])
    found = cluster(embeddings, keys)
    assert (found.reason, found.n_cymbals) == ("one_cymbal", 1)
    assert found.accepted.tolist() == [True] * 14 + [False] * 2
    assert found.confidence[14:].tolist() == [0, 0]


def test_few_hits_that_are_neither_alike_nor_unlike_cast_no_doubt_on_the_others():
    embeddings, keys, _ = hits([20, 2], noise=0.3)
    embeddings[20:] += 0.4 * embeddings[:20].mean(axis=0)
    settings = {"split_similarity": 0.3, "one_similarity": 0.44}
    found = cluster(embeddings, keys, **settings)
    assert found.reason == "one_cymbal"
    assert found.accepted.tolist() == [True] * 20 + [False] * 2


def test_more_strays_than_allowed_leave_a_session_in_doubt():
    embeddings, keys, _ = hits([8, 2])
    found = cluster(embeddings, keys)
    assert found.reason == "doubtful"
    assert not found.accepted.any()


def with_ride(*rows, n_hits=20):
    return [{"ride_bow"} if row in rows else set() for row in range(n_hits)]


@pytest.mark.parametrize(
    ("counts", "beside", "reason"),
    [
        ((10, 10), with_ride(*range(10)), "follows_accompaniment"),
        ((10, 10), with_ride(*range(10, 20)), "follows_accompaniment"),
        ((10, 10), with_ride(*range(11)), "follows_accompaniment"),  # phi 0.905
        ((10, 10), with_ride(*range(12)), "separated"),  # phi 0.816
        ((10, 10), with_ride(0, 1), "separated"),  # fewer than min_hits
        ((10, 10), with_ride(*range(20)), "separated"),
        ((7, 6, 7), with_ride(*range(7, 13)), "follows_accompaniment"),
        ((20,), with_ride(*range(10)), "one_cymbal"),
    ],
)
def test_a_division_that_follows_a_stroke_beside_it_is_no_evidence(counts, beside, reason):
    embeddings, keys, _ = hits(counts)
    found = cluster(embeddings, keys, beside=beside)
    assert found.reason == reason
    assert found.accepted.all() == (reason != "follows_accompaniment") == found.accepted.any()
    assert (found.session_confidence > 0) == found.accepted.any()


def test_strokes_that_are_not_heard_beside_a_crash_and_a_limit_of_one_change_nothing():
    embeddings, keys, _ = hits([10, 10])
    for changes in ({"unheard_beside": ["ride_bow"]}, {"max_accompaniment": 1.0}):
        found = cluster(embeddings, keys, beside=with_ride(*range(10)), **changes)
        assert found.reason == "separated"


def test_the_association_with_what_is_beside_is_the_phi_coefficient():
    groups = np.repeat([0, 1], 10)
    assert association_beside(groups, with_ride(*range(12)), min_hits=3) == 0.816496581
    assert association_beside(groups, with_ride(*range(12, 20)), min_hits=3) == 0.816496581
    assert association_beside(groups, with_ride(*range(0, 20, 2)), min_hits=3) == 0
    two_labels = [{"kick", "snare"}] * 10 + [{"kick"}] * 8 + [set()] * 2
    assert association_beside(groups, two_labels, min_hits=3) == 1
    assert association_beside(groups, [set()] * 20, min_hits=3) == 0


@pytest.mark.parametrize("n_hits", [0, 1, 5])
def test_too_few_hits_are_not_judged(n_hits):
    embeddings, keys, _ = hits([n_hits])
    found = cluster(embeddings, keys)
    assert found.reason == "too_few_hits"
    assert found.cymbals.shape == found.accepted.shape == found.confidence.shape == (n_hits,)
    assert not found.accepted.any()
    assert found.silhouette is None


def test_hits_that_could_not_be_described_change_nothing_for_the_others():
    embeddings, keys, cymbals = hits([8, 8])
    whole = cluster(embeddings, keys)
    holes = [0, 5, 18]
    with_holes = np.insert(embeddings, [0, 4, 16], np.nan, axis=0)
    found = cluster(with_holes, np.insert(keys, [0, 4, 16], np.nan))
    others = np.delete(np.arange(19), holes)
    assert not found.accepted[holes].any()
    assert found.cymbals[holes].tolist() == [0, 0, 0]
    assert found.confidence[holes].tolist() == [0, 0, 0]
    assert found.cymbals[others].tolist() == cymbals.tolist()
    assert found.confidence[others].tolist() == whole.confidence.tolist()


def test_equal_rows_are_one_cymbal():
    embeddings = np.tile(np.random.default_rng(0).normal(size=N_FEATURES), (8, 1))
    found = cluster(embeddings, np.full(8, 900.0))
    assert (found.reason, found.n_cymbals) == ("one_cymbal", 1)
    assert found.silhouette is None


@settings(max_examples=25, deadline=None)
@given(
    counts=st.sampled_from([(10,), (5, 9), (6, 6, 6), (3, 2), (12, 1)]),
    noise=st.sampled_from([0.3, 0.8, 1.5]),
    seed=st.integers(0, 2**16),
    data=st.data(),
)
def test_a_permutation_of_the_rows_permutes_the_result_and_nothing_else(counts, noise, seed, data):
    embeddings, keys, _ = hits(counts, noise=noise, seed=seed)
    order = np.array(data.draw(st.permutations(range(len(keys)))))
    found, permuted = cluster(embeddings, keys), cluster(embeddings[order], keys[order])
    assert permuted.cymbals.tolist() == found.cymbals[order].tolist()
    assert permuted.confidence.tolist() == found.confidence[order].tolist()
    assert permuted.accepted.tolist() == found.accepted[order].tolist()
    for name in ("n_cymbals", "session_confidence", "silhouette", "reason"):
        assert getattr(permuted, name) == getattr(found, name)


@pytest.mark.parametrize(
    ("shape", "n_keys", "changes", "message"),
    [
        ((10,), 10, {}, "n_hits"),
        ((10, 4), 10, {}, "features"),
        ((10, 20), 9, {}, "order keys"),
        ((10, 20), 10, {"max_cymbals": 0}, "max_cymbals"),
        ((10, 20), 10, {"min_hits": 1}, "min_hits"),
        ((10, 20), 10, {"split_similarity": 0.9}, "one_similarity"),
        ((10, 20), 10, {"stray_share": 0.5}, "stray_share"),
        ((10, 20), 10, {"beside": [[]] * 9}, "10 rows of beside, got 9"),
        ((10, 20), 10, {"max_accompaniment": 1.1}, "max_accompaniment"),
    ],
)
def test_wrong_arguments_are_refused(shape, n_keys, changes, message):
    with pytest.raises(ValueError, match=message):
        cluster(np.zeros(shape), np.zeros(n_keys), **changes)


@pytest.mark.parametrize("counts", [(3_000,), (2_500, 700)], ids=["one cymbal", "two"])
def test_hits_too_many_to_be_compared_in_pairs_go_to_the_cymbal_they_are_like(counts):
    embeddings, keys, cymbals = hits(counts)
    found = cluster(embeddings, keys)
    assert (found.n_cymbals, found.reason) == (
        len(counts),
        "separated" if len(counts) > 1 else "one_cymbal",
    )
    assert (found.cymbals == cymbals)[found.accepted].all()
    assert found.accepted.mean() > 0.95
