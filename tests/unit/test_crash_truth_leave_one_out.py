"""The crash benchmark's fit with a kit left out: that kit, and its family, has no say."""

import importlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

BENCH = Path(__file__).resolve().parents[2] / "bench/crash_truth"
SETTINGS = {"max_cymbals": 3, "min_confidence": 0.95}
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
            margins=dict.fromkeys(limits, margins),
            right=dict.fromkeys(limits, right),
            seconds=0.0,
            n_clustered=0,
        )

    return make


def test_the_kit_itself_has_no_say(left_out, tried):
    kits = {"a": tried(0.42), "b": tried(0.30), "c": tried(0.30)}
    assert left_out.fit(kits, "a", SETTINGS)["split_similarity"] == 0.30
    kits["c"] = tried(0.42)
    assert left_out.fit(kits, "b", SETTINGS)["split_similarity"] == 0.42


def test_a_kit_with_the_same_cymbal_has_no_say_either(left_out, tried):
    kits = {"black_pearl": tried(0.24), "blonde_bop": tried(0.24), "other": tried(0.39)}
    assert left_out.fit(kits, "blonde_bop", SETTINGS)["split_similarity"] == 0.39


def test_limits_that_split_too_many_single_cymbals_are_not_taken(left_out, tried):
    kits = {"a": tried(0.42), "b": tried(0.42), "c": tried(0.42, splits_above=0.30)}
    assert left_out.fit(kits, "a", SETTINGS)["split_similarity"] == 0.30
    assert left_out.fit(kits, "c", SETTINGS)["split_similarity"] == 0.42


def test_of_equal_limits_the_first_is_taken_and_the_rest_of_the_settings_is_kept(left_out, tried):
    found = left_out.fit({"a": tried(0.30), "b": tried(0.30)}, "a", SETTINGS)
    assert (found["one_similarity"], found["max_accompaniment"]) == (0.44, 0.80)
    assert found["max_cymbals"] == 3


@pytest.mark.parametrize(("slope", "offset"), [(10.0, 0.0), (7.4, 1.0), (12.0, -1.0)])
def test_the_least_confidence_is_that_of_the_margin_with_the_wanted_chance(
    left_out, tried, slope, offset
):
    kits = {"a": tried(0.30), "b": tried(0.30, slope=slope, offset=offset)}
    least = left_out.fit(kits, "a", SETTINGS)["min_confidence"]
    margin = (np.log(0.95 / 0.05) - offset) / slope
    wanted = expit(left_out.MARGIN_SLOPE * margin + left_out.MARGIN_OFFSET)
    assert least == pytest.approx(wanted, abs=0.01)
