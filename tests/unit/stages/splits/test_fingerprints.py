"""What is left of a session: its strokes, its landmarks, or why it has none."""

import numpy as np
import pyarrow as pa
import pytest

from drumcorpus.schemas import EVENTS, FINGERPRINTS, SESSIONS
from drumcorpus.stages.splits.fingerprints import (
    class_bits,
    fingerprint_sessions,
    write_fingerprints,
)
from drumcorpus.stages.splits.search import count_unheard_files
from drumcorpus.stages.splits.unheard_files import Unheard

CLASSES = {"kick": "KD", "snare": "SD", "hihat_closed": "HH", "shaker": None}
LIMITS = {"max_seconds": 20.0, "max_landmarks": 500, "max_files": 2, "max_patterns": 50}


def noise_bursts(seed, seconds=10):
    rng = np.random.default_rng(seed)
    samples = np.zeros(seconds * 8000, np.float32)
    for start in rng.integers(0, len(samples) - 800, 6 * seconds):
        samples[start : start + 800] += rng.normal(0, 0.2, 800) * np.linspace(1, 0, 800)
    return samples


RECORDINGS = {
    "loud.wav": noise_bursts(1),
    "other.wav": noise_bursts(2),
    "silent.wav": np.full(80_000, 0.0001, np.float32),
    "steady.wav": np.sin(2 * np.pi * 440 * np.arange(80_000) / 8000).astype(np.float32),
    "short.wav": np.ones(200, np.float32),
}


def open_audio(path):
    if path not in RECORDINGS:
        raise ValueError(f"{path}: not readable as audio")
    return RECORDINGS[path], 8000


def session(name, audio_path=None, files=()):
    listed = [
        {"path": path, "role": "audio", "bytes": 1, "sha256": f"sha of {path}"}
        for path in files or [audio_path]
        if path
    ]
    return {"source_set": "s", "session_id": name, "audio_path": audio_path, "files": listed}


def event(name, onset, labels, audio_path=None):
    components = [{"label": label} for label in labels]
    return {
        "session_id": name,
        "onset_time": onset,
        "components": components,
        "audio_path": audio_path,
    }


def fingerprints(sessions, events=(), find_unheard=lambda name: Unheard(), **limits):
    batches = fingerprint_sessions(
        pa.Table.from_pylist(list(sessions), SESSIONS),
        pa.Table.from_pylist(list(events), EVENTS),
        CLASSES,
        open_audio,
        find_unheard=find_unheard,
        **(LIMITS | limits),
    )
    rows = pa.Table.from_batches(batches, FINGERPRINTS).to_pylist()
    return {row["session_id"]: row for row in rows}


def test_each_class_has_a_bit_and_the_rest_share_one():
    assert class_bits(CLASSES) == {"hihat_closed": 1, "kick": 2, "snare": 4, "shaker": 8}
    with pytest.raises(ValueError, match="at most seven"):
        class_bits({name: name for name in "abcdefgh"})


def test_strokes_are_milliseconds_and_bits_in_order_each_session_its_own():
    events = [
        event("b", 0.25, ["snare"]),
        event("a", 1.0004, ["kick", "hihat_closed"]),
        event("a", 1.0001, ["snare"]),
        event("a", 0.5, ["shaker"]),
        event("b", 0.75, []),
    ]
    found = fingerprints([session("a"), session("b"), session("c")], events)
    assert (found["a"]["stroke_times"], found["a"]["stroke_classes"]) == ([500, 1000], [8, 7])
    assert (found["b"]["stroke_times"], found["b"]["stroke_classes"]) == ([250, 750], [4, 0])
    assert found["c"]["stroke_times"] == found["c"]["pattern_hashes"] == []


@pytest.mark.parametrize(
    ("path", "reason", "silent"),
    [
        ("loud.wav", None, []),
        (None, "no_audio", []),
        ("damaged.wav", "unreadable_audio", []),
        ("silent.wav", "silent_audio", ["sha of silent.wav"]),
        ("short.wav", "no_landmark", []),
    ],
)
def test_a_session_without_landmarks_says_why_and_the_others_go_on(path, reason, silent):
    found = fingerprints([session("a", path), session("b", "other.wav")])
    assert found["a"]["audio_reason"] == reason
    assert found["a"]["silent_files"] == silent
    assert bool(found["a"]["landmark_hashes"]) == (reason is None)
    assert len(found["b"]["landmark_hashes"]) > 100


def test_files_of_strokes_stand_for_a_session_without_a_recording():
    files = ["loud.wav", "other.wav", "silent.wav"]
    events = [event("a", 0.1 * n, ["kick"], path) for n, path in enumerate([*files, *files[1:]])]
    events += [event("b", 0.1, ["kick"], "other.wav")]
    found = fingerprints([session("a", files=files), session("b", files=files)], events)
    # Two files are read, those of most strokes: the silent one and another.
    assert found["a"]["silent_files"] == ["sha of silent.wav"]
    assert found["a"]["landmark_hashes"] == found["b"]["landmark_hashes"]


def test_damaged_files_are_named_whatever_the_others_of_the_session_hold():
    beside = {"a": "loud.wav", "b": "silent.wav", "c": "steady.wav"}
    sessions = [session(name, files=["damaged.wav", path]) for name, path in beside.items()]
    events = [
        event(name, 0.1 * n, ["kick"], path)
        for name, own in beside.items()
        for n, path in enumerate(["damaged.wav", own])
    ]
    found = fingerprints([*sessions, session("d", "other.wav"), session("e")], events)
    damaged = {name: row["unreadable_files"] for name, row in found.items()}
    assert damaged == {**{name: ["damaged.wav"] for name in "abc"}, "d": [], "e": []}
    assert found["a"]["audio_reason"] is None


def test_silent_files_beside_the_recording_are_listed_too_each_once():
    beside = {
        "a": Unheard(("sha of silent.wav", "a stem"), ("a broken stem",)),
        "b": Unheard(("another stem",)),
    }
    found = fingerprints(
        [session("a", "silent.wav"), session("b", "loud.wav"), session("c")],
        find_unheard=lambda name: beside.get(name, Unheard()),
    )
    silent = {name: row["silent_files"] for name, row in found.items()}
    assert silent == {"a": ["a stem", "sha of silent.wav"], "b": ["another stem"], "c": []}
    unreadable = {name: row["unreadable_stems"] for name, row in found.items()}
    assert unreadable == {"a": ["a broken stem"], "b": [], "c": []}


def test_silent_and_unreadable_files_are_counted_apart_each_once(tmp_path):
    rows = [
        {"source_set": "s", "session_id": "a", "silent_files": ["x"], "unreadable_stems": ["y"]},
        {"source_set": "s", "session_id": "b", "silent_files": ["x"], "unreadable_stems": ["z"]},
    ]
    batch = pa.RecordBatch.from_pylist(rows, FINGERPRINTS)
    counts = write_fingerprints(tmp_path / "f.parquet", [batch])
    assert (counts["silent_files"], counts["unreadable_stems"]) == (1, 2)
    found = count_unheard_files([str(tmp_path / "f.parquet")])
    assert found == {"s": {"silent_files": 1, "unreadable_files": 2}}


def test_the_number_of_landmarks_is_bounded_and_they_are_in_order():
    found = fingerprints([session("a", "loud.wav")], max_landmarks=120)["a"]
    assert len(found["landmark_hashes"]) == len(found["landmark_frames"]) == 120
    assert found["landmark_hashes"] == sorted(found["landmark_hashes"])


def test_no_session_makes_no_row():
    assert fingerprints([]) == {}
