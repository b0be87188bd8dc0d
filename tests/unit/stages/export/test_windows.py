import pyarrow as pa
import pytest

from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.class_maps import make_class_maps
from drumcorpus.stages.export.windows import (
    RECORDINGS,
    WINDOWS,
    clip_windows,
    event_outcomes,
    segment_windows,
    session_windows,
    settle,
    sorted_windows,
)

RATE = 1000
MAPS = make_class_maps(["kick", "crash"], {})
GEOMETRY = {
    "sample_rate_hz": RATE,
    "preroll_ms": {"kick": 80, "crash": 100},
    "postroll_ms": {"kick": 200, "crash": 800},
}


def event(number, onset, *labels, **changes):
    return {
        "event_id": f"e{number}",
        "source_set": "egmd",
        "session_id": "s1",
        "split": "train",
        "onset_time": onset,
        "audio_path": "s1.wav",
        "components": [{"label": label} for label in labels or ["kick"]],
    } | changes


def events_of(*rows):
    return pa.Table.from_pylist(list(rows), EVENTS)


def recordings_of(*rows):
    """Rows of (session, samples or None, reason)."""
    return pa.Table.from_pylist(
        [
            {"source_set": "egmd", "session_id": session, "audio_path": f"{session}.wav"}
            | {"split": "train", "n_samples": n_samples, "reason": reason}
            for session, n_samples, reason in rows
        ],
        RECORDINGS,
    )


def columns(table, *names):
    return [tuple(row.values()) for row in table.select(names).to_pylist()]


def test_the_longest_of_the_components_counts():
    events = events_of(
        event(0, 1.0), event(1, 2.0, "crash"), event(2, 3.0, "kick", "crash"), event(3, 0.0)
    )
    windows = clip_windows(events, MAPS, **GEOMETRY)
    assert windows.schema == WINDOWS
    assert columns(windows, "event", "start_sample", "n_samples", "onset_sample") == [
        (0, 920, 280, 80),
        (1, 1900, 900, 100),
        (2, 2900, 900, 100),
        (3, -80, 280, 80),
    ]
    assert windows["sample_id"].to_pylist() == ["e0", "e1", "e2", "e3"]


@pytest.mark.parametrize("onset", [1.0, 1.000_4, 1.000_5, 1.000_6, 0.1, 0.29], ids=str)
def test_without_a_preroll_the_onset_is_still_inside(onset):
    geometry = GEOMETRY | {"preroll_ms": {"kick": 0, "crash": 0}}
    window = clip_windows(events_of(event(0, onset)), MAPS, **geometry).to_pylist()[0]
    assert window["start_sample"] / RATE <= onset
    assert window["start_sample"] + window["onset_sample"] == int(onset * RATE + 0.5)


def test_an_event_without_components_has_the_shortest():
    windows = clip_windows(events_of(event(0, 1.0) | {"components": []}), MAPS, **GEOMETRY)
    assert columns(windows, "start_sample", "n_samples") == [(920, 280)]


def test_clips_outside_of_their_recording_have_a_reason():
    events = events_of(
        event(0, -0.001),
        event(1, -0.000_4),
        event(2, 1.999),
        event(3, 2.0),
        event(4, 0.5, session_id="s2", audio_path="s2.wav"),
        event(5, 1e300),
    )
    recordings = recordings_of(("s1", 2000, None), ("s2", None, "unreadable_audio"))
    windows = settle(clip_windows(events, MAPS, **GEOMETRY), recordings, "clip")
    assert columns(windows, "outcome", "n_padded_front", "n_padded_back") == [
        ("onset_before_start", 0, 0),
        ("clip", 80, 0),
        ("clip", 0, 199),
        ("onset_past_end", 0, 0),
        ("unreadable_audio", 0, 0),
        ("onset_past_end", 0, 0),
    ]
    reasons = event_outcomes(events, recordings, RATE).to_pylist()
    assert [reason or "clip" for reason in reasons] == windows["outcome"].to_pylist()


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        (0, [(0, 0), (10_000, 0), (20_000, 5000)]),
        (5, [(0, 0), (5000, 0), (10_000, 0), (15_000, 0)]),
        (9, [(start, 0) for start in range(0, 16_000, 1000)]),
    ],
    ids=str,
)
def test_segments_cover_the_recording_and_no_more(overlap, expected):
    recordings = recordings_of(("s1", 25_000, None))
    windows = segment_windows(recordings, sample_rate_hz=RATE, seconds=10, overlap=overlap)
    assert columns(windows, "start_sample", "n_padded_back") == expected
    assert set(windows["n_samples"].to_pylist()) == {10_000}
    assert set(windows["outcome"].to_pylist()) == {"segment"}
    assert windows["event"].null_count == windows["onset_sample"].null_count == len(windows)


@pytest.mark.parametrize(
    ("n_samples", "starts"),
    [(1, [0]), (10_000, [0]), (10_001, [0, 10_000]), (20_000, [0, 10_000])],
    ids=str,
)
def test_the_last_segment_begins_within_the_recording(n_samples, starts):
    recordings = recordings_of(("s1", n_samples, None))
    windows = segment_windows(recordings, sample_rate_hz=RATE, seconds=10)
    assert windows["start_sample"].to_pylist() == starts


@pytest.mark.parametrize(("seconds", "overlap"), [(0, 0), (10, 10), (10, -1), (0.0001, 0)], ids=str)
def test_segments_that_make_no_step_are_refused(seconds, overlap):
    with pytest.raises(ValueError, match=f"seconds, overlap: got {seconds} and {overlap}; wanted"):
        segment_windows(
            recordings_of(("s1", 1, None)), sample_rate_hz=RATE, seconds=seconds, overlap=overlap
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda recordings: segment_windows(recordings, sample_rate_hz=RATE, seconds=10),
        lambda recordings: session_windows(recordings, sample_rate_hz=RATE),
    ],
    ids=["segments", "sessions"],
)
def test_a_recording_without_sound_is_a_row_with_its_reason(make):
    rows = [
        ("s1", 100, None),
        ("s2", None, "unreadable_audio"),
        ("s3", None, None),
        ("s4", 0, None),
    ]
    windows = make(recordings_of(*rows))
    assert windows["outcome"].to_pylist()[1:] == ["unreadable_audio", "no_audio", "empty_audio"]
    assert windows["n_samples"].to_pylist()[1:] == [0, 0, 0]
    assert windows["n_padded_back"].to_pylist()[1:] == [0, 0, 0]


def test_a_session_is_its_whole_recording():
    windows = session_windows(recordings_of(("s1", 1234, None)), sample_rate_hz=RATE)
    row = columns(windows, "start_sample", "n_samples", "n_padded_back", "outcome")
    assert row == [(0, 1234, 0, "session")]


def test_samples_of_several_recordings_of_one_session_have_own_names():
    rows = recordings_of(("s1", 100, None), ("s1", 100, None)).to_pylist()
    rows[1]["audio_path"] = "other.wav"
    windows = session_windows(pa.Table.from_pylist(rows, RECORDINGS), sample_rate_hz=RATE)
    assert len(set(windows["sample_id"].to_pylist())) == 2


def test_windows_are_sorted_by_session_and_start():
    recordings = recordings_of(("s2", 15_000, None), ("s1", 15_000, None))
    windows = sorted_windows(segment_windows(recordings, sample_rate_hz=RATE, seconds=10))
    assert columns(windows, "session_id", "start_sample") == [
        ("s1", 0),
        ("s1", 10_000),
        ("s2", 0),
        ("s2", 10_000),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([event(0, None)], "event e0: onset_time: expected seconds, got None"),
        ([event(0, float("inf"))], "event e0: onset_time: expected seconds, got inf"),
        ([event(0, 1.0), event(0, 2.0)], "two events of the shard have the id e0"),
        ([event(0, 1.0, event_id="a/b")], "event 'a/b' cannot name a sample"),
        ([event(0, 1.0, event_id="a.b")], "event 'a.b' cannot name a sample"),
        ([event(0, 1.0, split="val")], "s1, s1.wav: split 'val' is none of"),
        ([event(0, 1.0, split=None)], "s1, s1.wav: split None is none of"),
        ([event(0, 1.0, "gong")], "no component: gong"),
    ],
    ids=["no onset", "infinite onset", "twice", "slash", "dot", "split", "no split", "label"],
)
def test_events_that_make_no_clip_are_refused(rows, said):
    with pytest.raises(ValueError, match=said):
        clip_windows(events_of(*rows), MAPS, **GEOMETRY)


def test_a_postroll_shorter_than_a_sample_is_refused():
    geometry = GEOMETRY | {"postroll_ms": {"kick": 200, "crash": 0.1}}
    with pytest.raises(ValueError, match="event e1: its post-roll is shorter than one sample"):
        clip_windows(events_of(event(0, 1.0), event(1, 1.0, "crash")), MAPS, **geometry)


@pytest.mark.parametrize(
    ("sessions", "said"),
    [(["s2"], "s1, s1.wav: is not among"), (["s1", "s1"], "s1, s1.wav: stands twice")],
    ids=["missing", "twice"],
)
def test_windows_need_their_recording(sessions, said):
    windows = clip_windows(events_of(event(0, 1.0)), MAPS, **GEOMETRY)
    with pytest.raises(ValueError, match=said):
        settle(windows, recordings_of(*((name, 100, None) for name in sessions)), "clip")


def test_no_event_makes_no_clip():
    windows = clip_windows(events_of(), MAPS, **GEOMETRY)
    assert settle(windows, recordings_of(), "clip").num_rows == 0
