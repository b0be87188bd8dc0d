"""Thresholds and lags are fitted on validation, and only the ceiling on what is scored."""

import json
from itertools import product

import numpy as np
import pytest
from checkout import REPO
from evaluated_corpus import write_corpus, write_lines

from drumcorpus.ground.statistics.scores import f_measure
from drumcorpus.stages.evaluation.reference import open_corpus
from drumcorpus.stages.evaluation.report import evaluate
from drumcorpus.stages.evaluation.settings import make_settings
from drumcorpus.stages.evaluation.tuning import highest_micro

TIMES = np.arange(1, 11)


@pytest.fixture
def fit(tmp_path, monkeypatch):
    """Evaluate predictions of two splits; `lines` gives those of a session by its split."""
    sessions = {
        f"{split}_{name}": {
            "events": [(float(t), ["kick"]) for t in TIMES],
            "split": split,
            "source_set": name,
        }
        for split in ("validation", "test")
        for name in ("early", "late")
    }
    manifest = write_corpus(tmp_path, sessions, monkeypatch)
    settings = make_settings(REPO / "resources", split="test", class_map="corpus")

    def fit(lines):
        for split in ("validation", "test"):
            of_split = {f"{split}_{name}": lines(split, name) for name in ("early", "late")}
            write_lines(tmp_path / split, **of_split)
        return evaluate(
            open_corpus(manifest), tmp_path / "test", settings, fit_on=tmp_path / "validation"
        ).document["system"]["tuning"]

    return fit


def test_a_lag_is_fitted_by_set_on_validation_and_taken_from_the_test(fit):
    lags = {"early": -0.02, "late": 0.03}

    def lines(split, name):
        late = lags[name] + (0.04 if split == "test" and name == "late" else 0)
        return [(round(float(t + late), 6), "kick") for t in TIMES]

    tuned = fit(lines)
    assert tuned["validation_sessions"] == 2
    assert tuned["lags"] == {
        "early": {"lag_ms": -20.0, "matches": 10, "f": 1.0, "f_without_lag": 1.0},
        "late": {"lag_ms": 30.0, "matches": 10, "f": 0.0, "f_without_lag": 1.0},
    }
    assert tuned["micro_without_lag"] == 1.0
    assert tuned["thresholds"] is None  # no prediction has a score


def test_a_threshold_is_fitted_on_validation_and_the_ceiling_on_the_test(fit):
    def lines(split, name):
        # Right ones from 0.61 on; wrong ones at 0.5, and in the test at 0.65 as well.
        wrong = [(t + 0.5, "kick", 0.5) for t in TIMES]
        wrong += [(t + 0.7, "kick", 0.65) for t in TIMES if split == "test"]
        right = [(t, "kick", 0.6 + t / 100 if split == "validation" else 0.9) for t in TIMES]
        return sorted((float(t), *rest) for t, *rest in [*right, *wrong])

    thresholds = fit(lines)["thresholds"]
    row = thresholds["classes"]["kick"]
    assert (row["threshold"], row["threshold_ceiling"]) == (0.61, 0.9)
    # Of 30 predictions 10 are right; above 0.61 of 20.
    assert (row["f"], row["f_tuned"], row["f_ceiling"]) == (
        0.5,
        pytest.approx(2 / 3, abs=1e-6),
        1.0,
    )
    assert thresholds["micro"] == {"f": 0.5, "f_tuned": 0.666667, "f_ceiling": 1.0}
    assert json.dumps(thresholds["classes"]["snare"]["threshold"]) == "null"


def test_no_threshold_of_validation_surpasses_the_ceiling(fit):
    # The best threshold of the test lies between two quantiles of its scores; validation hits it.
    right, wrong = np.arange(1, 11), np.arange(1, 91)

    def lines(split, name):
        if split == "validation":
            rows = [(t, "kick", 0.8) for t in right] + [(t + 0.5, "kick", 0.1) for t in right]
        else:
            rows = [(t, "kick", 0.8 + t / 1000) for t in right]
            rows += [(20 + t, "kick", 0.79 - t / 1000) for t in wrong]
        return sorted((float(t), *rest) for t, *rest in rows)

    thresholds = fit(lines)["thresholds"]
    for row in (thresholds["micro"], thresholds["macro"], thresholds["classes"]["kick"]):
        assert (row["f"], row["f_tuned"], row["f_ceiling"]) == (0.181818, 1.0, 1.0)


def test_the_ceiling_of_micro_is_that_of_all_thresholds_together():
    random = np.random.default_rng(2)
    for _ in range(50):
        hits, tp = random.integers(1, 30, 3), random.integers(0, 30, (4, 3))
        tp = np.minimum(tp, hits)
        counts = np.stack([tp, random.integers(0, 30, (4, 3)), hits - tp], axis=-1)
        every = (counts[list(rows), range(3)].sum(axis=0) for rows in product(range(4), repeat=3))
        assert highest_micro(counts) == pytest.approx(max(f_measure(sums) for sums in every))
