"""The crash benchmark: why hits stay in doubt."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
from checkout import REPO
from known_kits import make_kit

from drumcorpus.stages.crash.cymbal_model import read_cymbal_model
from drumcorpus.stages.crash.membership import name_hits, tell_session
from drumcorpus.stages.crash.mixture import fit_mixture
from drumcorpus.stages.crash.training import SETTINGS

TWO = [0, 1, 0, 1, 0, 0, 1, 1]


@pytest.fixture
def in_doubt(monkeypatch):
    monkeypatch.syspath_prepend(REPO / "bench/crash_truth")
    return importlib.import_module("in_doubt")


@pytest.fixture(scope="module")
def model():
    return read_cymbal_model(REPO / "resources/crash/cymbal_model.json")


def reasons(in_doubt, strokes, mixture, model, settings=SETTINGS):
    told = tell_session(strokes, model, settings, kit=mixture)
    return in_doubt.reasons_of_hits(
        told, name_hits(strokes, mixture, model), mixture, model, settings
    )


@pytest.mark.parametrize(
    ("change", "settings", "reason"),
    [
        ({}, {}, ""),
        ({"confidence": 0.5}, {}, "number in doubt"),
        ({"merged": np.array([0, 0])}, {}, "shares a number"),
        ({"confidence": 1.0}, {"min_confidence": 1.0}, "name in doubt"),
    ],
    ids=["accepted", "number", "shared", "name"],
)
def test_a_hit_in_doubt_has_the_first_reason_that_holds(in_doubt, model, change, settings, reason):
    kit = make_kit("fir", [TWO] * 8, seed=7)
    session = kit.of_sessions([0]).strokes
    mixture = replace(fit_mixture(kit.strokes, model, SETTINGS), **change)
    wanted = ["", reason] * 2 + ["", ""] + [reason] * 2 if "merged" in change else [reason] * 8
    settings = replace(SETTINGS, **settings)
    assert reasons(in_doubt, session, mixture, model, settings) == wanted


def test_both_that_share_a_number_are_in_doubt_where_cymbals_are_too_many(in_doubt, model):
    kit = make_kit("fir", [[0, 1, 2, 0, 1, 2, 0, 1, 2]] * 8, seed=7)
    settings = replace(SETTINGS, max_cymbals=2)
    mixture = fit_mixture(kit.strokes, model, settings)
    of_session = reasons(in_doubt, kit.of_sessions([0]).strokes, mixture, model, settings)
    assert sorted(of_session) == [""] * 3 + ["shares a number"] * 6


def test_hits_whose_name_goes_with_the_ride_are_said_so(in_doubt, model):
    kit = make_kit("fir", [TWO] * 8, seed=7)
    mixture = fit_mixture(kit.strokes, model, SETTINGS)
    session = kit.of_sessions([0]).strokes
    session = replace(session, beside=[["ride_bow"] if number else [] for number in TWO])
    settings = replace(SETTINGS, max_accompaniment=0.85)
    wanted = ["goes with another stroke" if number else "" for number in TWO]
    assert reasons(in_doubt, session, mixture, model, settings) == wanted


def test_hits_of_another_kit_are_unlike_and_without_description_there_is_none(in_doubt, model):
    mixture = fit_mixture(make_kit("fir", [TWO] * 8, seed=7).strokes, model, SETTINGS)
    strokes = make_kit("other", [[0, 1, 0, 1, 0, 1]], seed=99).strokes
    strokes.vectors[2] = np.nan
    unlike, none = "unlike its cymbal", "not described"
    assert reasons(in_doubt, strokes, mixture, model) == [unlike] * 2 + [none] + [unlike] * 3


def test_company_is_what_was_named_last_and_how_long_ago(in_doubt):
    onsets, cymbals = np.array([0.0, 0.2, 0.7, 0.7, 2.0]), np.array([0, 1, 1, 0, 0])
    assert in_doubt.companies(onsets, cymbals) == [
        ("the same cymbal", np.inf),
        ("another cymbal", 0.3),
        ("the same cymbal", 0.6),
        ("another cymbal", 0.6),
        ("the same cymbal", np.inf),
    ]
