"""The crash benchmark: confidence against truth by what a hit is near."""

import importlib

import numpy as np
import pytest
from checkout import REPO

NEVER = np.inf


@pytest.fixture
def company(monkeypatch):
    """The module and, by way of it, the scores."""
    monkeypatch.syspath_prepend(REPO / "bench/crash_truth")
    return importlib.import_module("company")


def session(company, right, confidence, **near):
    """Hits of one cymbal: "1" where right and "0" where named otherwise than most."""
    n = len(right)
    nothing = {"velocity": [100] * n, "since_other": [NEVER] * n, "until_other": [NEVER] * n}
    return company.JudgedSession(
        1,
        np.ones(n, dtype=int),
        np.array(list(right), dtype=int),
        np.ones(n, dtype=bool),
        np.array(confidence),
        **{name: np.array(values) for name, values in (nothing | near).items()},
    )


def told(bins):
    return [(each["from"], each["to"], each["hits"], each["right"]["value"]) for each in bins]


def test_times_to_other_cymbals_look_both_ways(company):
    since, until = company.times_to_others(
        np.array([0.0, 1.0, 1.5, 1.5, 4.0]), np.array([1, 1, 2, 1, 3])
    )
    np.testing.assert_allclose(since, [NEVER, NEVER, 0.0, 0.0, 2.5])
    np.testing.assert_allclose(until, [1.5, 0.5, 0.0, 0.0, NEVER])


def test_one_cymbal_has_no_other(company):
    since, until = company.times_to_others(np.arange(3.0), np.ones(3, dtype=int))
    assert since.tolist() == until.tolist() == [NEVER] * 3


def test_hits_are_binned_by_time_and_those_without_another_apart(company):
    of = session(company, "01111", [0.9, 0.95, 0.9, 0.9, 0.9], since_other=[0, 0.3, 0.2, 99, NEVER])
    assert told(company.relate([of])["s since another crash"]) == [
        (0.0, 0.3, 2, 0.5),
        (0.3, 0.6, 1, 1.0),
        (8.0, None, 1, 1.0),
        (None, None, 1, 1.0),
    ]


def test_names_are_company_where_a_method_gives_them(company):
    of = session(company, "0111", [0.9, 0.95, 0.9, 0.9], since_named=[0.1, 0.3, 0.2, NEVER])
    without = session(company, "1", [0.9])
    assert told(company.relate([of, without])["s since another name"]) == [
        (0.0, 0.3, 2, 0.5),
        (0.3, 0.6, 1, 1.0),
        (None, None, 1, 1.0),
    ]


def test_what_is_stated_and_what_is_right_are_set_against_each_other(company):
    of = session(company, "0111", [0.95, 0.9, 0.9, 1.0], velocity=[20, 47, 48, 127])
    by = company.relate([of, of])
    assert told(by["velocity"]) == [
        (1, 32, 2, 0.0),
        (32, 48, 2, 1.0),
        (48, 64, 2, 1.0),
        (112, 128, 2, 1.0),
    ]
    assert [each["off"] for each in by["velocity"]] == [0.95, -0.1, -0.1, 0.0]
    assert told(by["crash hits of the session"]) == [(1, 8, 8, 0.75)]
    assert told(by["confidence"]) == [
        (0.9, 0.95, 4, 1.0),
        (0.95, 0.98, 2, 0.0),
        (0.999, 1.0, 2, 1.0),
    ]


def test_a_bin_says_something_from_200_hits_on(company):
    of = session(company, "1" * 199, [0.99] * 199)
    (few,) = company.relate([of])["velocity"]
    (many,) = company.relate([of, session(company, "1", [0.99])])["velocity"]
    assert (few["hits"], few["many"], many["hits"], many["many"]) == (199, False, 200, True)


def test_a_method_without_confidence_has_no_reliability(company):
    of = company.JudgedSession(1, np.ones(2, int), np.ones(2, int), np.ones(2, bool))
    assert set(map(len, company.relate([of]).values())) == {0}
