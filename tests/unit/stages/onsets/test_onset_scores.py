"""Scores of the onset detector: matching, scopes, and the report of a source set."""

import mir_eval
import numpy as np
import orjson
import pyarrow as pa
import pytest
from checkout import REPO
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.code_digest import reached_modules
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.onsets.page import render_scores_markdown
from drumcorpus.stages.onsets.scores import (
    figures,
    reference_levels_db,
    score_onsets,
    score_takes,
)

RATE_HZ = 44_100
SETTINGS = read_yaml(REPO / "config/config.yaml")["onsets"]


def score(reference, estimated, level_db=None):
    reference = np.array(reference, dtype=float)
    level_db = np.zeros(len(reference)) if level_db is None else np.array(level_db, dtype=float)
    matches = score_onsets(reference, np.array(estimated, dtype=float), level_db)
    return {scope: figures([match]) for scope, match in matches.items()}


def test_precision_recall_and_offset_have_their_values():
    scores = score([1.0, 2.0, 3.0, 4.0], [1.01, 2.02, 3.03, 5.0, 6.0])["all"]
    assert scores == {
        "n_takes": 1,
        "n_reference": 4,
        "n_estimated": 5,
        "n_matched": 3,
        "precision": 0.6,
        "recall": 0.75,
        "f_measure": 0.666667,
        "median_offset_ms": 20.0,
    }


def test_an_early_estimate_has_a_negative_offset():
    assert score([1.0], [0.993])["all"]["median_offset_ms"] == -7.0


def test_what_matches_a_quiet_reference_is_neither_mistake_nor_merit():
    loud = score([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [0.0, -35.0, -29.9])["loud"]
    assert (loud["n_reference"], loud["n_estimated"], loud["n_matched"]) == (2, 2, 1)
    assert loud["precision"] == loud["recall"] == 0.5


def test_a_loud_reference_takes_the_estimate_before_a_quiet_one_does():
    loud = score([1.0, 1.04], [1.01], [-40.0, 0.0])["loud"]
    assert (loud["n_reference"], loud["n_estimated"], loud["n_matched"]) == (1, 1, 1)


def test_a_second_estimate_at_a_quiet_reference_is_a_mistake():
    loud = score([1.0], [1.0, 1.03], [-40.0])["loud"]
    assert (loud["n_estimated"], loud["precision"], loud["recall"]) == (1, 0.0, None)


def test_reference_onsets_of_one_moment_count_once_in_scope_apart():
    scores = score([1.0, 1.012, 1.03, 1.031, 2.0], [1.0, 2.0])
    assert scores["all"]["recall"] == 0.4
    # 1.0 takes what is up to 30 ms later with it; 1.031 begins a group of its own.
    assert scores["apart"]["n_reference"] == 3
    assert score([1.0, 1.012, 2.0], [1.0, 2.0])["apart"]["f_measure"] == 1


def test_takes_are_pooled_by_their_counts():
    one = score_onsets(np.array([1.0]), np.array([1.01]), np.zeros(1))["all"]
    other = score_onsets(np.array([1.0, 2.0, 3.0]), np.array([9.0]), np.zeros(3))["all"]
    pooled = figures([one, other])
    assert (pooled["n_takes"], pooled["precision"], pooled["recall"]) == (2, 0.5, 0.25)


@pytest.mark.parametrize(
    ("reference", "estimated", "precision", "recall", "f_measure"),
    [([], [], None, None, None), ([1.0], [], None, 0.0, 0.0), ([], [1.0], 0.0, None, 0.0)],
)
def test_what_cannot_be_divided_is_none(reference, estimated, precision, recall, f_measure):
    for scores in score(reference, estimated).values():
        assert (scores["precision"], scores["recall"]) == (precision, recall)
        assert scores["f_measure"] == f_measure
        assert scores["median_offset_ms"] is None


@settings(max_examples=60, deadline=None)
@given(*[st.lists(st.integers(0, 300), max_size=20)] * 2)
def test_the_scores_are_those_of_mir_eval(reference, estimated):
    reference, estimated = (np.sort(np.array(a, dtype=float)) / 100 for a in (reference, estimated))
    scores = figures([score_onsets(reference, estimated, np.zeros(len(reference)))["all"]])
    if len(reference) and len(estimated):
        f_measure, precision, recall = mir_eval.onset.f_measure(reference, estimated)
        assert scores["f_measure"] == pytest.approx(f_measure, abs=1e-6)
        assert scores["precision"] == pytest.approx(precision, abs=1e-6)
        assert scores["recall"] == pytest.approx(recall, abs=1e-6)


def test_onsets_out_of_order_and_levels_of_other_onsets_are_refused():
    with pytest.raises(ValueError, match="estimated onsets must be a sorted vector"):
        score([1.0], [2.0, 1.0])
    with pytest.raises(ValueError, match="reference onsets must be a sorted vector"):
        score([np.nan], [2.0])
    with pytest.raises(ValueError, match="2 reference onsets, but levels"):
        score([1.0, 2.0], [1.0], [0.0])


def test_a_reference_onsets_level_is_that_of_the_audio_around_it():
    samples = np.zeros(RATE_HZ)
    samples[RATE_HZ // 2], samples[RATE_HZ // 4] = 0.8, -0.08
    level_db = reference_levels_db(samples, RATE_HZ, np.array([0.0, 0.22, 0.255, 0.47, 2.0]))
    np.testing.assert_allclose(level_db, [-np.inf, -20, -20, 0, -np.inf])
    assert reference_levels_db(np.zeros(10), RATE_HZ, np.array([0.0])).tolist() == [-np.inf]


def clicks(onsets, duration=2.0):
    samples = np.zeros(int(duration * RATE_HZ), dtype=np.float32)
    samples[np.rint(np.array(onsets) * RATE_HZ).astype(int)] = 0.5
    return samples


def tables(takes, more_sessions=()):
    """Events and sessions of (session_id, audio_path, label_method, onsets)."""
    rows = [
        {"session_id": session, "audio_path": path, "label_method": method, "onset_time": onset}
        for session, path, method, onsets in takes
        for onset in onsets
    ]
    names = [*dict.fromkeys(take[0] for take in takes), *more_sessions]
    events = pa.Table.from_pylist(rows, EVENTS)
    return events, pa.Table.from_pylist([{"session_id": name} for name in names], SESSIONS)


def report_of(takes, audio, more_sessions=(), **options):
    def open_audio(path):
        if path not in audio:
            raise ValueError("not readable as audio: Format not recognised.")
        return audio[path], RATE_HZ

    return score_takes(*tables(takes, more_sessions), open_audio, SETTINGS, **options)


def test_every_take_is_scored_and_what_is_not_is_counted():
    takes = [
        ("a", "a.wav", "annotation", [0.5, 1.0]),
        ("b", "b1.wav", "midi", [0.5]),
        ("b", "b2.wav", "midi", [0.5, 1.5]),
        ("c", None, "midi", [0.1]),
        ("d", "gone.wav", "midi", [0.1]),
        ("e", "a.wav", "onset_detector", [0.5]),
        ("f", "a.wav", "file_name", [0.5]),
        ("h", "a.wav", "model", [0.5]),
    ]
    audio = {"a.wav": clicks([0.5, 1.0]), "b1.wav": clicks([0.5]), "b2.wav": clicks([0.5, 1.2])}
    seen = []
    report = report_of(takes, audio, ["g"], on_take=lambda: seen.append(1))
    assert [(take["session_id"], take["audio_path"]) for take in report["takes"]] == [
        ("a", "a.wav"),
        ("b", "b1.wav"),
        ("b", "b2.wav"),
    ]
    assert len(seen) == 8
    total = report["total"]["all"]
    assert (total["n_takes"], total["n_reference"], total["n_matched"]) == (3, 5, 4)
    assert report["not_scored"] == {
        "no_audio": 1,
        "no_events": 1,
        "unreadable_audio": 1,
        "labels_from_a_model": 1,
        "labels_from_this_detector": 2,
    }
    assert report["refusals"] == [
        {
            "session_id": "d",
            "path": "gone.wav",
            "detail": "not readable as audio: Format not recognised.",
        }
    ]
    assert report["settings"] == SETTINGS


def test_audio_that_holds_no_number_is_refused_and_the_rest_is_scored():
    broken = clicks([0.5])
    broken[7] = np.nan
    takes = [("a", "a.wav", "midi", [0.5]), ("b", "b.wav", "midi", [0.5])]
    report = report_of(takes, {"a.wav": broken, "b.wav": clicks([0.5])})
    assert report["not_scored"]["unreadable_audio"] == 1
    assert "NaN" in report["refusals"][0]["detail"]
    assert report["total"]["all"]["f_measure"] == 1


def test_the_report_is_json_and_a_page():
    report = report_of([("a|b", "a.wav", "midi", [0.5, 1.0])], {"a.wav": clicks([0.5])}, ["g"])
    page = render_scores_markdown(report, "some_set")
    assert page == render_scores_markdown(orjson.loads(canonical_json(report)), "some_set")
    assert page.startswith("# Onset detection on some_set\n\n1 takes scored; not scored: ")
    assert "1 no_events" in page
    assert "| a\\|b | 2 | 1 | 1.000 | 0.500 | 0.667 | 0.0 |" in page
    assert page.count("\n## ") == 3


def test_a_set_without_audio_has_a_report_too():
    report = report_of([("a", None, "midi", [0.5])], {})
    assert report["total"]["all"]["f_measure"] is None
    assert "0 takes scored; not scored: 1 no_audio." in render_scores_markdown(report, "some_set")
    assert canonical_json(report)


def test_who_scores_reaches_no_page():
    script = REPO / "workflow/scripts/score_onsets.py"
    reached = set(reached_modules(script, REPO / "src/drumcorpus"))
    assert "stages/onsets/scores.py" in reached
    assert {p for p in reached if "page" in p} == set()
