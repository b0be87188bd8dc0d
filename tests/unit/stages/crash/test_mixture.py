"""A kit's cymbals from its hits, and each session's by its kit."""

from dataclasses import replace

import numpy as np
import pytest
from known_kits import N_BANDS, draw_cymbals, make_kit, training_kits

from drumcorpus.stages.crash.cymbal_model import HIT_FEATURES, NUMBER_FEATURES
from drumcorpus.stages.crash.groups import group_hits, sound_alike, sum_groups
from drumcorpus.stages.crash.membership import name_hits, tell_alone, tell_session
from drumcorpus.stages.crash.mixture import _mixture as mixture_of_hits
from drumcorpus.stages.crash.mixture import fit_mixture, merge_sets, number_features
from drumcorpus.stages.crash.strokes import MOST_RELIABLE, Strokes, make_patterns
from drumcorpus.stages.crash.training import SETTINGS, train_cymbal_model

TWO = [0, 1, 0, 1, 1, 0, 0, 1]


@pytest.fixture(scope="module")
def model():
    return train_cymbal_model(training_kits())


def told(kit, model, settings=SETTINGS):
    """What is told of each session of a kit by the kit's mixture."""
    mixture = fit_mixture(kit.strokes, model, settings)
    sessions = np.unique(kit.strokes.sessions)
    parts = [kit.of_sessions([session]) for session in sessions]
    return mixture, [tell_session(p.strokes, model, settings, kit=mixture) for p in parts], parts


def test_reliability_is_the_exponential_of_its_weights_and_bounded():
    kit = make_kit("a", [[0, 0, 0, 0]])
    strength = np.linalg.norm(
        kit.strokes.vectors - kit.strokes.vectors.mean(axis=1, keepdims=True), axis=1
    )
    patterns = make_patterns(kit.strokes, np.array([-2.0, 1.0, 0.0, 0.0]))
    assert patterns.reliability == pytest.approx(strength * np.exp(-2.0))
    assert patterns.share**2 == pytest.approx(patterns.reliability / (1 + patterns.reliability))
    assert np.linalg.norm(patterns.unit, axis=1) == pytest.approx(np.ones(4))
    loud = make_patterns(kit.strokes, np.array([9.0, 1.0, 0.0, 0.0]))
    assert loud.reliability.tolist() == [MOST_RELIABLE] * 4


def test_gaps_are_those_within_a_session():
    kit = make_kit("a", [[0, 0], [0, 0]])
    strokes = replace(kit.strokes, onsets=np.array([0.0, 0.1, 5.0, 5.2]))
    patterns = make_patterns(strokes, np.array([0.0, 0.0, 1.0, 0.0]))
    assert patterns.reliability == pytest.approx([0.1, 0.4, 0.2, 0.4])
    patterns = make_patterns(strokes, np.array([0.0, 0.0, 0.0, 1.0]))
    assert patterns.reliability == pytest.approx([1.0, 0.1, 1.0, 0.2])


def test_a_ringing_cymbal_at_once_covers_a_hit_and_a_drum_does_not():
    kit = make_kit("a", [[0] * 5])
    beside = [["kick", "ride_bow"], ["snare"], ["hihat_closed"], ["hihat_open"], []]
    covering = ("ride_bow", "hihat_open")
    patterns = make_patterns(replace(kit.strokes, beside=beside), np.zeros(4), covering)
    assert patterns.covered.tolist() == [True, False, False, True, False]
    assert not make_patterns(kit.strokes, np.zeros(4), covering).covered.any()


def test_hits_without_description_are_no_evidence_and_get_no_name(model):
    kit = make_kit("a", [TWO, TWO])
    vectors = kit.strokes.vectors.copy()
    vectors[3], vectors[5] = np.nan, 1.0  # no description, and one without structure
    strokes = replace(kit.strokes, vectors=vectors)
    mixture = fit_mixture(strokes, model, SETTINGS)
    membership = name_hits(strokes.of_rows(np.arange(8)), mixture, model)
    assert (membership.named == -1).tolist() == [n in (3, 5) for n in range(8)]
    clustering = tell_session(strokes.of_rows(np.arange(8)), model, SETTINGS, kit=mixture)
    assert clustering.confidence[[3, 5]].tolist() == [0, 0]
    assert not clustering.accepted[[3, 5]].any()


def test_likeness_is_near_0_of_two_cymbals_and_near_1_of_one():
    kit = make_kit("a", [TWO] * 12)
    patterns = make_patterns(kit.strokes, np.array([1.0, 0, 0, 0]))
    groups = group_hits(patterns, kit.strokes.sessions)
    struck = np.array([kit.cymbals[groups.of_hit == n][0] for n in range(len(groups.n_hits))])
    halves = struck * 2 + (groups.sessions % 2)
    likeness = sum_groups(groups, halves, 4).likeness()
    assert likeness[0, 1] == pytest.approx(1, abs=0.1)
    assert likeness[2, 3] == pytest.approx(1, abs=0.1)
    assert abs(likeness[:2, 2:]).max() < 0.25


def test_hits_too_many_for_one_tree_are_grouped_in_parts_and_told_alike(model, monkeypatch):
    kit = make_kit("a", [TWO * 8], seed=6)
    whole = fit_mixture(kit.strokes, model, SETTINGS)
    monkeypatch.setattr("drumcorpus.stages.crash.groups.MOST_AT_A_TIME", 10)
    unit = make_patterns(kit.strokes, model.quality).unit
    groups = sound_alike(unit)
    assert [len(set(groups[rows])) for rows in np.array_split(np.arange(64), 7)] == [2] * 7
    assert len(set(groups)) == 14
    told_whole = tell_session(kit.strokes, model, SETTINGS, kit=whole)
    assert told_whole.cymbals.tolist() == kit.cymbals.tolist()
    assert told_whole.accepted.all()


def test_sets_are_put_together_as_if_all_pairs_were_held_against_each_other_anew():
    weights = np.array([2.0, -20.0, 0.2, 0.0, 0.0, 0.0, 0.0])  # two cymbals below a likeness of .1
    kit = make_kit("a", [TWO] * 12, seed=5, own=0.45)
    patterns = make_patterns(kit.strokes, np.array([1.0, 0, 0, 0]))
    groups = group_hits(patterns, kit.strokes.sessions)
    sets, sums, merges = merge_sets(groups, weights)
    wanted, wanted_merges = groups.of_kit.copy(), []
    n_sets = wanted.max() + 1
    while True:
        anew = sum_groups(groups, wanted, n_sets)
        there = np.flatnonzero(anew.n_hits > 0)
        evidence = number_features(anew) @ weights
        pairs = [(evidence[one, two], one, two) for one in there for two in there if one < two]
        least, one, two = min(pairs)
        if least >= 0:
            break
        wanted_merges.append(least)
        wanted[wanted == two] = one
    assert len(merges) > 10
    assert sets.tolist() == wanted.tolist()
    assert [log_odds for log_odds, _ in merges] == pytest.approx(wanted_merges)
    assert sums.n_hits == pytest.approx(anew.n_hits)


@pytest.mark.parametrize("n_cymbals", [1, 2, 3], ids=["one", "two", "three"])
def test_a_kit_has_as_many_cymbals_as_were_struck(model, n_cymbals):
    sessions = [[n % n_cymbals for n in range(9)]] * 8
    kit = make_kit("a", sessions, seed=7)
    mixture, clusterings, parts = told(kit, model)
    assert mixture.n_cymbals == n_cymbals
    assert mixture.reason == ("one_cymbal" if n_cymbals == 1 else "separated")
    assert mixture.n_sessions.tolist() == [8] * n_cymbals
    assert mixture.n_hits.sum() == 72
    for clustering, part in zip(clusterings, parts, strict=True):
        assert clustering.cymbals.tolist() == part.cymbals.tolist()  # low to high by order key
        assert clustering.accepted.all()


def test_a_session_of_one_hit_is_told_by_its_kit_and_not_alone(model):
    kit = make_kit("a", [TWO] * 6 + [[1], [0]], seed=8)
    _, clusterings, parts = told(kit, model)
    assert [c.cymbals.tolist() for c in clusterings[-2:]] == [[1], [0]]
    assert all(c.accepted.all() for c in clusterings[-2:])
    alone = tell_session(parts[-1].strokes, model, SETTINGS)
    assert (alone.reason, alone.accepted.tolist()) == ("too_few_hits", [False])


def test_sessions_that_strike_one_cymbal_each_are_told_by_what_others_struck(model):
    kit = make_kit("a", [[0] * 5, [1] * 5] * 4, seed=9)
    _, clusterings, _ = told(kit, model)
    assert [set(c.cymbals.tolist()) for c in clusterings] == [{0}, {1}] * 4


def test_one_cymbal_more_than_allowed_is_said_and_shares_no_number_in_silence(model):
    kit = make_kit("a", [[0, 1, 2, 0, 1, 2, 0, 1, 2]] * 6, seed=10)
    settings = replace(SETTINGS, max_cymbals=2)
    mixture, clusterings, _ = told(kit, model, settings)
    assert mixture.reason == "more_cymbals_than_allowed"
    assert len(set(mixture.merged.tolist())) == 2
    shared = [n for n in range(3) if mixture.merged.tolist().count(mixture.merged[n]) > 1]
    for clustering in clusterings:
        in_doubt = [n % 3 in shared for n in range(9)]
        assert clustering.accepted.tolist() == [not doubt for doubt in in_doubt]


def test_a_session_of_another_kit_is_not_named_by_this_one(model):
    kit = make_kit("a", [TWO] * 6, seed=11)
    foreign = make_kit("b", [TWO], seed=12)
    mixture = fit_mixture(kit.strokes, model, SETTINGS)
    clustering = tell_session(foreign.strokes, model, SETTINGS, kit=mixture)
    assert clustering.reason == "unlike_its_kit"
    assert not clustering.accepted.any()


def test_cymbals_that_go_with_the_ride_are_in_doubt(model):
    kit = make_kit("a", [TWO] * 6, seed=13)
    beside = [{"ride_bow"} if number else {"kick"} for number in kit.cymbals]
    settings = replace(SETTINGS, max_accompaniment=0.85, unheard_beside=("kick",))
    mixture = fit_mixture(replace(kit.strokes, beside=beside), model, settings)
    assert (mixture.reason, mixture.confidence) == ("follows_accompaniment", 0.0)
    by_kick = [{"kick"} if number else set() for number in kit.cymbals]
    mixture = fit_mixture(replace(kit.strokes, beside=by_kick), model, settings)
    assert mixture.reason == "separated"


def test_sets_one_of_which_the_ride_covers_are_held_against_each_other_as_such(model):
    kit = make_kit("a", [TWO] * 6, seed=13)
    beside = [["ride_bow"] if number else [] for number in kit.cymbals]
    apart = []
    for strokes in (kit.strokes, replace(kit.strokes, beside=beside)):
        patterns = make_patterns(strokes, model.quality, ("ride_bow",))
        groups = group_hits(patterns, strokes.sessions)
        struck = np.array([kit.cymbals[groups.of_hit == n][0] for n in range(len(groups.n_hits))])
        features = number_features(sum_groups(groups, struck, 2))
        apart.append(features[0, 1, NUMBER_FEATURES.index("covered_apart")])
    assert apart == [0.0, 1.0]


def test_a_session_whose_names_go_with_the_ride_is_not_told_by_it(model):
    kit = make_kit("a", [TWO] * 6, seed=13)
    mixture = fit_mixture(kit.strokes, model, SETTINGS)
    settings = replace(SETTINGS, max_accompaniment=0.85, unheard_beside=("kick",))
    session = kit.of_sessions([2]).strokes
    by = {
        name: replace(session, beside=[[name] if number else [] for number in TWO])
        for name in ("ride_bow", "kick")
    }
    told = tell_session(by["ride_bow"], model, settings, kit=mixture)
    assert told.accepted.tolist() == [number == 0 for number in TWO]  # the others are as they sound
    assert told.cymbals.tolist() == TWO
    assert tell_session(by["kick"], model, settings, kit=mixture).accepted.all()
    some = replace(session, beside=[["ride_bow"], ["ride_bow"], *[[]] * 6])  # of both
    assert tell_session(some, model, settings, kit=mixture).accepted.all()


@pytest.mark.parametrize(
    "struck, covered, accepted",
    [
        ([0, 0, 1, 0, 1, 0], [2, 4], [0, 1, 3, 5]),
        ([0, 0, 1, 0, 1, 0], [2], [0, 1, 2, 3, 4, 5]),
        ([0, 0, 1, 0, 1, 0], [0, 1, 2, 3, 4, 5], []),
        ([1, 1, 1, 1], [0, 1, 2, 3], [0, 1, 2, 3]),
        ([0, 0, 1, 0, 1, 0], [], [0, 1, 2, 3, 4, 5]),
    ],
    ids=["all_of_one_name", "one_of_two", "all_of_both", "one_name_alone", "none"],
)
def test_a_name_that_only_covered_hits_have_is_in_doubt(struck, covered, accepted):
    model = train_cymbal_model(training_kits(), ("ride_bow",))
    kit = make_kit("a", [TWO] * 8 + [struck], seed=13)
    mixture = fit_mixture(kit.strokes, model, SETTINGS)
    beside = [["ride_bow", "kick"] if row in covered else ["kick"] for row in range(len(struck))]
    session = replace(kit.of_sessions([8]).strokes, beside=beside)
    told = tell_session(session, model, SETTINGS, kit=mixture)
    assert told.cymbals.tolist() == struck
    assert np.flatnonzero(told.accepted).tolist() == accepted


def test_how_much_softer_a_hit_is_counts_soon_after_the_last(model):
    kit = make_kit("a", [TWO] * 8, seed=13)
    mixture = fit_mixture(kit.strokes, model, SETTINGS)
    session = replace(
        kit.of_sessions([0]).strokes,
        onsets=np.array([0.0, 0.2, 0.7, 0.71, 1.0, 3.0, 3.1, 3.2]),
        velocities=np.array([0.8, 0.2, 0.1, 0.9, 0.3, 0.4, np.nan, 0.1]),
    )
    names = [f"softer_than_last_within_{bound}_s" for bound in (0.3, 0.6)]
    columns = [HIT_FEATURES.index(name) for name in names]
    within = name_hits(session, mixture, model).features[:, columns].T
    # The last before the fourth is the second, for the third sounds at once with it.
    assert within[0] == pytest.approx([0, np.log(4), 0, 0, np.log(3), 0, 0, 0])
    assert within[1] == pytest.approx([0, 0, np.log(2), 0, 0, 0, 0, 0])
    louder = replace(session, velocities=session.velocities * 127)
    assert pytest.approx(within) == name_hits(louder, mixture, model).features[:, columns].T
    unknown = replace(session, velocities=None)
    assert not name_hits(unknown, mixture, model).features[:, columns].any()


def test_of_too_few_hits_no_fit_is_known_and_none_is_in_doubt_for_it(model):
    kit = make_kit("a", [TWO] * 8 + [[0]], seed=13)
    mixture = fit_mixture(kit.strokes, model, SETTINGS)
    weak = replace(model, quality=np.array([-2.0, 0.0, 0.0, 0.0]))  # of 0.14 each
    membership = name_hits(kit.of_sessions([8]).strokes, mixture, weak)
    assert np.isnan(membership.fits).all()
    strict = replace(weak, least_fit_of_group=2.0)
    assert tell_session(kit.of_sessions([8]).strokes, strict, SETTINGS, kit=mixture).accepted.all()
    strict = replace(model, least_fit_of_group=2.0)
    session = kit.of_sessions([0]).strokes
    assert np.isfinite(name_hits(session, mixture, strict).fits).all()
    assert not tell_session(session, strict, SETTINGS, kit=mixture).accepted.any()


def test_layers_of_one_cymbal_are_no_cymbals(model):
    [cymbal] = draw_cymbals(1, seed=14)
    [other] = draw_cymbals(1, seed=15)
    layer = 0.75 * cymbal + np.sqrt(1 - 0.75**2) * other
    kit = make_kit("a", [TWO] * 30, cymbals=np.array([cymbal, layer]), seed=16)
    assert fit_mixture(kit.strokes, model, SETTINGS).n_cymbals == 1


def test_order_of_sessions_changes_nothing(model):
    kit = make_kit("a", [TWO, [0, 0, 1], [1, 1, 0, 0], TWO], seed=17)
    rows = np.concatenate([np.flatnonzero(kit.strokes.sessions == n) for n in (2, 0, 3, 1)])
    turned = kit.of_rows(rows).strokes
    turned = replace(turned, sessions=np.repeat(np.arange(4), [4, 8, 8, 3]))
    one, other = (fit_mixture(strokes, model, SETTINGS) for strokes in (kit.strokes, turned))
    assert one.n_hits.tolist() == other.n_hits.tolist()
    assert one.means == pytest.approx(other.means)
    assert one.confidence == pytest.approx(other.confidence)


def test_nothing_at_all_is_too_few(model):
    empty = np.zeros(0)
    strokes = Strokes(np.zeros((0, N_BANDS)), empty, empty.astype(int), empty, empty)
    mixture = fit_mixture(strokes, model, SETTINGS)
    assert (mixture.n_cymbals, mixture.reason) == (0, "too_few_hits")
    assert tell_session(strokes, model, SETTINGS).reason == "too_few_hits"


def test_what_may_be_a_cymbal_is_in_doubt_and_casts_none_on_the_others(model):
    first, second, other = draw_cymbals(3, seed=18)
    # As unlike the first cymbal as groups are of which nobody knows.
    likeness = next(
        likeness
        for likeness in np.arange(0.3, 0.7, 0.02)
        if kit_with(first, second, other, likeness, model).n_cymbals == 3
        and kit_with(first, second, other, likeness, model).merged.tolist() == [0, 1, 0]
    )
    mixture = kit_with(first, second, other, likeness, model)
    assert (mixture.reason, mixture.confidence > 0.9) == ("separated", True)
    session = make_kit("a", [[0, 1, 2, 0, 1]], cymbals=cymbals(first, second, other, likeness))
    clustering = tell_session(session.strokes, model, SETTINGS, kit=mixture)
    assert clustering.n_cymbals == 2
    assert clustering.accepted.tolist() == [True, True, False, True, True]


def cymbals(first, second, other, likeness):
    third = likeness * first + np.sqrt(1 - likeness**2) * other
    return np.array([first, second, third])


def kit_with(first, second, other, likeness, model):
    sessions = [[0, 1, 0, 1, 0, 1, 0, 1]] * 10 + [[0, 1, 2, 0, 1]] * 6
    kit = make_kit("a", sessions, cymbals=cymbals(first, second, other, likeness), seed=19)
    return fit_mixture(kit.strokes, model, SETTINGS)


def session_with_a_lost_cymbal(model):
    """A session told as of two, two hits of whose first cymbal are of a third; and its kit."""
    first, second, other = draw_cymbals(3, seed=18)
    struck = {"cymbals": cymbals(first, second, other, 0.6), "seed": 21}
    session = make_kit("a", [[0, 1] * 5 + [2, 2]], **struck)
    alone = tell_session(session.strokes, model, SETTINGS)
    assert (alone.reason, alone.accepted.tolist()) == ("separated", [True] * 12)
    assert alone.cymbals.tolist() == [0, 1] * 5 + [0, 0]
    return session, alone, struck


def in_doubt(sessions, struck, model, **changes):
    """The mixture that starts from the cymbals struck in a kit, its number in doubt."""
    kit = make_kit("a", sessions, **struck)
    patterns = make_patterns(kit.strokes, model.quality)
    mixture = mixture_of_hits(kit.strokes, patterns, kit.cymbals, model, 0.5)
    return replace(mixture, **changes)


def test_a_session_alone_is_in_doubt_where_its_kit_has_one_cymbal_more_in_it(model):
    session, alone, struck = session_with_a_lost_cymbal(model)
    kit = in_doubt([[0, 1, 2] * 4] * 8, struck, model)
    assert not kit.is_settled(SETTINGS.min_confidence)
    doubted = tell_alone(session.strokes, model, SETTINGS, kit)
    assert (doubted.reason, doubted.session_confidence) == ("doubtful", 0.0)
    assert not doubted.accepted.any()
    assert not doubted.confidence.any()
    assert doubted.cymbals.tolist() == alone.cymbals.tolist()  # guesses for a person


@pytest.mark.parametrize(
    "sessions, changes",
    [
        (None, {}),
        ([[0, 1] * 6] * 8, {}),
        ([[0] * 12] * 8, {}),
        ([[0, 1, 2] * 4] * 8, {"reason": "follows_accompaniment"}),
    ],
    ids=["no_mixture", "as_many", "fewer", "goes_with_the_ride"],
)
def test_a_session_alone_is_told_where_its_kit_says_nothing_of_one_more(model, sessions, changes):
    session, alone, struck = session_with_a_lost_cymbal(model)
    kit = None if sessions is None else in_doubt(sessions, struck, model, **changes)
    told = tell_alone(session.strokes, model, SETTINGS, kit)
    assert told.reason == alone.reason
    assert told.cymbals.tolist() == alone.cymbals.tolist()
    assert told.accepted.all()
    assert told.confidence.tolist() == alone.confidence.tolist()


@pytest.mark.parametrize("n_cymbals", [1, 2], ids=["one", "two"])
def test_a_few_hits_that_sound_like_no_cymbal_of_the_kit_are_in_doubt(model, n_cymbals):
    sessions = [[n % n_cymbals for n in range(8)]] * 12
    kit = make_kit("a", [*sessions, [0, 0, n_cymbals, 0, n_cymbals, 0]], seed=20)
    mixture, clusterings, _ = told(kit, model)
    assert mixture.merged.max() + 1 == n_cymbals
    assert clusterings[-1].accepted.tolist() == [True, True, False, True, False, True]
    assert all(clustering.accepted.all() for clustering in clusterings[:-1])
