"""The crash benchmark's fit with a kit left out: that kit, and its family, has no say."""

import importlib
import itertools

import numpy as np
import pytest
from checkout import REPO
from scipy.special import expit

BENCH = REPO / "bench/crash_truth"
N_HITS = 20_000


@pytest.fixture
def left_out(monkeypatch):
    """The script, which imports its neighbours."""
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("leave_one_out")


@pytest.fixture
def tried(left_out):
    """A function that makes a kit which likes one value of `split_similarity` best."""

    def make(liked, *, splits_above=1.0, slope=10.0, offset=0.0):
        limits = list(itertools.product(*left_out.GRID.values()))
        rng = np.random.default_rng(0)
        margins = rng.uniform(0, 0.6, N_HITS)
        right = rng.uniform(size=N_HITS) < expit(slope * margins + offset)
        return left_out.Tried(
            told_rightly={each: 1 - abs(each[0] - liked) for each in limits},
            false_splits={each: int(each[0] > splits_above) for each in limits},
            n_one=10,
            placed=dict.fromkeys(limits, np.column_stack([margins, right, np.ones(N_HITS)])),
            seconds=0.0,
            n_clustered=0,
        )

    return make


def test_the_kit_itself_has_no_say(left_out, tried):
    kits = {"a": tried(0.42), "b": tried(0.30), "c": tried(0.30)}
    assert left_out.fit(kits, "a").limits["split_similarity"] == 0.30
    kits["c"] = tried(0.42)
    assert left_out.fit(kits, "b").limits["split_similarity"] == 0.42


def test_a_kit_with_the_same_cymbal_has_no_say_either(left_out, tried):
    kits = {"black_pearl": tried(0.24), "blonde_bop": tried(0.24), "other": tried(0.39)}
    assert left_out.fit(kits, "blonde_bop").limits["split_similarity"] == 0.39


def test_limits_that_split_too_many_single_cymbals_are_not_taken(left_out, tried):
    kits = {"a": tried(0.42), "b": tried(0.42), "c": tried(0.42, splits_above=0.30)}
    assert left_out.fit(kits, "a").limits["split_similarity"] == 0.30
    assert left_out.fit(kits, "c").limits["split_similarity"] == 0.42


def test_of_equal_limits_the_first_is_taken(left_out, tried):
    found = left_out.fit({"a": tried(0.30), "b": tried(0.30)}, "a")
    assert (found.limits["one_similarity"], found.limits["max_accompaniment"]) == (0.44, 0.80)


def test_the_confidence_is_fitted_on_the_other_kits(left_out, tried):
    kits = {"a": tried(0.30), "b": tried(0.30, slope=7.0, offset=1.0)}
    for kit, slope, offset in (("a", 7.0, 1.0), ("b", 10.0, 0.0)):
        found = left_out.fit(kits, kit)
        assert (found.slope, found.offset) == pytest.approx((slope, offset), abs=0.4)


def test_margins_are_those_behind_the_confidence_and_hits_of_a_session_share_one_weight(left_out):
    margins = np.array([0.1, 0.5, 0.9, 0.4])
    stated = expit(left_out.MARGIN_SLOPE * margins + left_out.MARGIN_OFFSET)
    session = left_out.JudgedSession(
        2,
        np.array([1, 1, 2, 2, 2]),
        np.array([0, 0, 1, 0, 0]),
        np.zeros(5, dtype=bool),
        np.append(stated, 0.0),  # the last was set aside
    )
    found = left_out.placed_hits(session)
    assert found[:, 0] == pytest.approx(margins)
    assert found[:, 1].tolist() == [1, 1, 1, 0]
    assert found[:, 2].tolist() == [0.25] * 4
    fitted = left_out.Fitted({}, slope=10.0, offset=-1.0)
    wanted = np.append(expit(10 * margins - 1), 0.0)
    assert left_out.confidence_of(session, fitted) == pytest.approx(wanted)
