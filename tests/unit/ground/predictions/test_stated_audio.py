"""What a system says of its predictions."""

import json

import pytest

from drumcorpus.ground.predictions.statement import StatedAudio, read_statement

SHA256 = "5" * 64


def write(folder, audio):
    path = folder / "predictions.json"
    path.write_text(json.dumps({"system": "lion", "audio": audio}))
    return path


def test_the_recordings_of_sessions_are_read(tmp_path):
    audio = {
        "a/1": {"sha256": SHA256},
        "b": {"seconds": 12.5},
        "c": {"sha256": SHA256, "seconds": 3},
    }
    said = read_statement(write(tmp_path, audio))
    assert said.system == "lion"
    assert said.audio == {
        "a/1": StatedAudio(SHA256),
        "b": StatedAudio(seconds=12.5),
        "c": StatedAudio(SHA256, 3),
    }
    assert read_statement(tmp_path / "none.json").audio == {}


@pytest.mark.parametrize(
    "audio",
    [
        [],
        {"a": {}},
        {"a": "5" * 64},
        {"a": {"sha256": "5" * 63}},
        {"a": {"sha256": None}},
        {"a": {"seconds": 0}},
        {"a": {"seconds": "12"}},
        {"a": {"seconds": True}},
        {"a": {"seconds": 1, "path": "drums.wav"}},
    ],
    ids=["list", "empty", "text", "short", "null", "zero", "word", "boolean", "key"],
)
def test_a_recording_that_is_none_is_refused(tmp_path, audio):
    with pytest.raises(ValueError, match=r"predictions.json: audio: .*wanted: .*sha256 \(64"):
        read_statement(write(tmp_path, audio))
