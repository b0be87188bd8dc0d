"""How far predictions agree with the onsets that are heard."""

import numpy as np
import pyarrow as pa
import pytest
import yaml
from checkout import REPO

from drumcorpus.schemas import PREDICTED_HITS
from drumcorpus.stages.predictions.agreement import figures, hold, hold_predictions
from drumcorpus.stages.predictions.page import render_predictions_page

RATE = 44_100
CLICKS = (0.5, 1.0, 1.6, 2.3)


def held(onsets, times, labels=None, seconds=10.0):
    labels = np.array(labels or ["kick"] * len(times))
    return figures([hold(np.array(onsets), np.array(times, dtype=float), labels, seconds)])


def test_shares_and_timing_of_one_recording():
    found = held([1.0, 2.0, 3.0, 4.0], [1.01, 2.03, 5.0], ["kick", "snare", "kick"])
    assert (found["n_predicted"], found["n_onsets"], found["n_matched"]) == (3, 4, 2)
    assert found["predicted_with_onset"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["onsets_without_prediction"] == 0.5
    assert found["median_offset_ms"] == pytest.approx(20.0)  # late
    assert found["offset_mad_ms"] == pytest.approx(10.0)
    assert found["labels"] == {
        "kick": {"n_hits": 2, "with_onset": 0.5},
        "snare": {"n_hits": 1, "with_onset": 1.0},
    }


def test_strokes_that_fall_together_count_once_and_an_onset_matches_once():
    found = held([1.0, 1.02, 3.0], [1.0, 1.01, 1.045], ["kick", "snare", "snare"])
    assert (found["n_predicted"], found["n_onsets"], found["n_matched"]) == (2, 2, 1)
    assert found["labels"]["snare"] == {"n_hits": 2, "with_onset": 1.0}


def test_what_agrees_by_chance_is_told_from_what_agrees():
    every_half = np.arange(0.5, 9.9, 0.5)
    assert held(every_half, every_half)["by_chance"] == pytest.approx(18 / 19, abs=1e-6)
    sparse = held([1.0, 2.3], [1.0, 2.3])
    assert (sparse["predicted_with_onset"], sparse["by_chance"]) == (1.0, 0.0)


def test_nothing_is_divided_by_nothing():
    found = held([], [])
    assert [found[name] for name in ("predicted_with_onset", "by_chance", "median_offset_ms")] == [
        *(None, None, None),
    ]
    assert held([1.0], [])["onsets_without_prediction"] == 1.0
    assert held([], [1.0])["predicted_with_onset"] == 0.0


def staged(*sessions, missing=()):
    return {
        **{"source_set": "mixes", "model": "lion", "version": "1.0", "label_map": "corpus"},
        "files_sha256": "5" * 64,
        "missing": list(missing),
        "sessions": [
            {"session_id": name, "audio_path": path, "n_hits": n} for name, path, n in sessions
        ],
    }


@pytest.fixture(scope="module")
def report():
    """Clicks of which one is not predicted, a recording that cannot be read, and none."""
    samples = np.zeros(3 * RATE, dtype=np.float32)
    for time in CLICKS:
        samples[round(time * RATE) :][:400] = np.random.default_rng(1).uniform(-0.5, 0.5, 400)

    def open_audio(path):
        if path == "b.wav":
            raise ValueError("b.wav: cut short")
        return samples, RATE

    rows = [
        {"session_id": name, "onset_time": time + 0.01, "source_label": "snare"}
        for name in ("a", "b")
        for time in CLICKS[:3]
    ]
    settings = yaml.safe_load((REPO / "config/config.yaml").read_text())["onsets"]
    document = staged(("a", "a.wav", 3), ("b", "b.wav", 3), ("c", None, 0), missing=["d"])
    hits = pa.Table.from_pylist(rows, PREDICTED_HITS)
    return hold_predictions(hits, document, open_audio, settings)


def test_a_report_has_every_session_and_why_others_are_not_held(report):
    assert report["not_held"] == {"no_audio": 1, "unreadable_audio": 1, "no_prediction": 1}
    assert report["refusals"] == [
        {"session_id": "b", "path": "b.wav", "detail": "b.wav: cut short"}
    ]
    (row,) = report["sessions"]
    assert (row["session_id"], row["n_predicted"], row["n_onsets"]) == ("a", 3, 4)
    assert (row["predicted_with_onset"], row["onsets_without_prediction"]) == (1.0, 0.25)
    assert row["median_offset_ms"] == pytest.approx(10, abs=4)
    assert report["total"]["n_matched"] == 3
    assert (report["missing"], report["window_ms"]) == (["d"], 50.0)


def test_the_page_shows_the_figures_and_escapes_names(report):
    page = render_predictions_page(report)
    assert "lion 1.0" in page
    assert "of 4" in page
    assert "+10" in page or "+9." in page
    assert "b.wav: cut short" in page
    named = report | {"missing": ["<script>"], "model": "<b>"}
    page = render_predictions_page(named)
    assert "&lt;script&gt;" in page
    assert "<b>" not in page


def test_a_page_without_any_session_says_so(report):
    nothing = report | {"sessions": [], "total": figures([])}
    assert "no session could be held against its sound" in render_predictions_page(nothing)
