"""What is cut is what is heard there; what is missing is said and stops nothing."""

import base64
import io

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from drumcorpus.ground.sound.decoding import UnusableSound
from drumcorpus.schemas import SESSIONS
from drumcorpus.stages.listening.cut import (
    SessionTables,
    cut_recording,
    cut_sessions,
    waveform,
    write_excerpts,
)
from drumcorpus.stages.listening.settings import ListeningSettings
from drumcorpus.vocabulary import CUT_SHORT

RATE = 8_000
CARD = {"license": "CC-BY-4.0", "redistributable": True}
TONE = (0.5 * np.sin(np.arange(60 * RATE) / 5)).astype(np.float32)


def read_tone(path, start, stop):
    if path == "broken.wav":
        raise UnusableSound(CUT_SHORT, "the last sample is not there")
    return TONE[round(start * RATE) : round(stop * RATE)]


def choice(name, focus=None):
    return {"session_id": name, "anchor": f"s-{name}", "split": "train", "reasons": []} | {
        "focus": focus or {}
    }


def event(name, time, passed_on=True):
    part = {"label": "kick", "velocity": 1.0, "cymbal": None}
    return {"event_id": f"{name}{time}", "onset_time": time, "components": [part]} | {
        "license": "of the event",
        "redistributable": passed_on,
    }


def cut(rows, events, *, page_mb=12.0, card=CARD, doubtful=()):
    table = pa.Table.from_pylist(
        [{name: row.get(name) for name in SESSIONS.names} for row in rows], SESSIONS
    )
    names = [row["session_id"] for row in rows]
    hits = {
        name: [
            {"event_id": id_, "component_index": 0, "accepted": id_ not in doubtful}
            for id_ in (row["event_id"] for row in events.get(name, []))
        ]
        for name in names
    }
    tables = SessionTables(table, {name: events.get(name, []) for name in names}, hits)
    settings = ListeningSettings(12, 1, 4.0, RATE, page_mb)
    return cut_sessions(
        [choice(name) for name in names], tables, read_tone, card, ["kick"], settings
    )


def drums(name, path="a.wav", **more):
    return {"session_id": name, "audio_path": path, "audio_duration": 60.0} | more


def test_the_sound_is_the_excerpt_to_the_sample():
    [row] = cut([drums("x")], {"x": [event("x", 10.0), event("x", 11.0)]}, doubtful={"x11.0"})
    assert (row["start"], row["seconds"], row["n_strokes"]) == (9.5, 4.0, 2)
    assert [hit["in_doubt"] for hit in row["lanes"][0]["hits"]] == [False, True]
    [one] = row["recordings"]
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(one["sound"])), dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(samples, TONE[76_000:108_000], atol=2.0**-16)
    assert (one["recording"], one["problem"], one["peak_dbfs"]) == ("drums", None, -6.0)
    assert base64.b64decode(one["picture"])[:4] == b"\x89PNG"
    assert max(one["high"]) == 100 and min(one["low"]) == -100
    assert (
        row == cut([drums("x")], {"x": [event("x", 10.0), event("x", 11.0)]}, doubtful={"x11.0"})[0]
    )


def test_drums_and_mix_are_both_cut_from_one_time():
    mixed = drums("x", mix_path="mix.wav", mix_duration=61.0)
    [row] = cut([mixed], {"x": [event("x", 10.0)]})
    assert [one["recording"] for one in row["recordings"]] == ["drums", "mix"]
    assert row["duration"] == 61.0


@pytest.mark.parametrize(
    ("row", "problem", "sound"),
    [
        (drums("x", None, audio_duration=None), "no_audio", []),
        (drums("x", "broken.wav"), None, [(CUT_SHORT, None)]),
        (drums("x", audio_duration=200.0), None, [("no_audio", None)]),
    ],
    ids=["no sound", "corrupt", "past the end"],
)
def test_a_session_without_sound_says_why_and_keeps_its_labels(row, problem, sound, tmp_path):
    time = 150.0 if row["audio_duration"] == 200.0 else 10.0
    [shown] = cut([row], {"x": [event("x", time)]})
    assert shown["problem"] == problem
    assert [(one["problem"], one["sound"]) for one in shown["recordings"]] == sound
    assert shown["n_strokes"] == 1 and shown["lanes"][0]["hits"][0]["time"] >= 0
    counted = write_excerpts(tmp_path / "x.json", [shown])
    assert counted == {"sessions": 1, f"recordings_{problem or sound[0][0]}": 1}


def test_a_session_without_labels_is_cut_from_its_beginning():
    [row] = cut([drums("x")], {})
    assert (row["start"], row["lanes"], row["n_strokes"]) == (0.0, [], 0)
    assert row["recordings"][0]["sound"] and row["license"] == "CC-BY-4.0"


def test_a_recording_that_ends_early_is_heard_as_far_as_it_goes():
    one = cut_recording(read_tone, "a.wav", 58.0, 4.0, RATE)
    assert one["problem"] == "ends_before"
    assert one["detail"] == "the recording ends 2.00 s into it"
    samples, _ = soundfile.read(io.BytesIO(base64.b64decode(one["sound"])))
    assert len(samples) == 4 * RATE and not samples[2 * RATE :].any()


@pytest.mark.parametrize(
    ("seconds", "detail"),
    [(1 / RATE, "it is too short to draw"), (0.0, "the excerpt has no sample")],
    ids=["one_sample", "none"],
)
def test_sound_that_fills_no_picture_is_told_from_none(seconds, detail):
    one = cut_recording(read_tone, "a.wav", 0.0, seconds, RATE)
    assert (one["problem"], one["detail"], one["sound"]) == ("no_audio", detail, None)


def test_silence_has_no_peak_and_is_no_error():
    one = cut_recording(lambda *_: np.zeros(4 * RATE, np.float32), "a.wav", 0.0, 4.0, RATE)
    assert (one["peak_dbfs"], set(one["low"] + one["high"])) == (None, {0})


def test_what_would_fill_the_page_is_shown_without_sound_the_last_first():
    rows, events = [drums("x"), drums("y")], {"x": [event("x", 5.0)], "y": [event("y", 5.0)]}
    whole = cut(rows, events)
    n_one = len(whole[0]["recordings"][0]["sound"])
    first, second = cut(rows, events, page_mb=1.5 * n_one / 1e6)
    assert first == whole[0]
    assert second["recordings"][0] == whole[1]["recordings"][0] | {
        "sound": None,
        "problem": "page_is_full",
    }


@pytest.mark.parametrize(
    ("card", "event_says", "wanted"),
    [(True, True, True), (True, False, False), (False, True, False)],
    ids=["both", "card alone", "event alone"],
)
def test_a_session_is_passed_on_where_card_and_events_allow_it(card, event_says, wanted):
    events = {"x": [event("x", 1.0), event("x", 2.0, passed_on=event_says)]}
    [row] = cut([drums("x")], events, card=CARD | {"redistributable": card})
    assert (row["redistributable"], row["license"]) == (wanted, "of the event")


def test_a_waveform_has_the_extremes_of_its_columns():
    samples = np.zeros(8_000, np.float32)
    samples[5], samples[7_995] = 0.5, -0.25
    low, high = waveform(samples, 0.5)
    assert (len(low), len(high)) == (800, 800)
    assert (high[0], low[-1], sum(high), sum(low)) == (100, -50, 100, -50)
