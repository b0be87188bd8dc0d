"""What a job of an export decodes: every sample of a recording once, and damage where it is."""

import numpy as np
import pyarrow as pa
import pytest
from shard_of_events import RATE, cut, event, noise, session
from sounds import sound_bytes, write_sound

from drumcorpus.ground.sound.decoding import SoundReader
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.sound.stereo import stereo_reader
from drumcorpus.schemas import SESSIONS

UNITS = {
    "clips": {"unit": "clip", "form": ["files", "webdataset", "parquet"]},
    "segments": {
        "unit": "segment",
        "form": ["files", "webdataset", "parquet"],
        "seconds": 0.5,
        "overlap": 0.25,
    },
    "sessions": {"unit": "session", "form": "files"},
}
# Of session s1 a stereo file, of s2 two files that were made together, of s3 one channel.
FILES = {"s1.wav": (1, 2), "s2.wav": (2, 1), "s2_right.wav": (3, 1), "s3.wav": (4, 1)}
SESSIONS_OF_FILES = [
    session("s1"),
    session("s2", channel_paths=["s2.wav", "s2_right.wav"]),
    session("s3"),
]
EVENTS = [
    event(10 * number + place, onset, name)
    for place, name in enumerate(("s1", "s2", "s3"))
    for number, onset in enumerate((0.1, 1.0, 2.9))
]


@pytest.fixture
def decoded(monkeypatch):
    """How many samples of each channel were decoded, of each file in turn."""
    lengths = []
    blocks = SoundReader.blocks

    def counted(self, *arguments, **options):
        place = len(lengths)
        lengths.append(0)
        for block in blocks(self, *arguments, **options):
            lengths[place] += len(block)
            yield block

    monkeypatch.setattr(SoundReader, "blocks", counted)
    return lengths


@pytest.mark.parametrize("channels", ["mono", "stereo"])
@pytest.mark.parametrize("unit", list(UNITS))
def test_every_file_is_decoded_once_for_all_samples_and_forms(tmp_path, decoded, unit, channels):
    for name, (seed, n_channels) in FILES.items():
        samples = np.stack([noise(seed=seed + 10 * n) for n in range(n_channels)], axis=1)
        write_sound(tmp_path / name, samples, RATE, subtype="PCM_16")
    table = pa.Table.from_pylist(SESSIONS_OF_FILES, SESSIONS)
    reader = stereo_reader if channels == "stereo" else recording_reader
    opened = reader(table, tmp_path.joinpath)
    made = cut(
        tmp_path / "export",
        EVENTS,
        sessions=SESSIONS_OF_FILES,
        audio=opened,
        channels=channels,
        **UNITS[unit],
    )
    assert len(made.samples()) == {"clips": 9, "segments": 3 * 11, "sessions": 3}[unit]
    assert {row["channels"] for row in made.samples()} == {2 if channels == "stereo" else 1}
    assert decoded == [3 * RATE] * len(FILES)


@pytest.mark.parametrize("unit", list(UNITS))
def test_sound_that_is_damaged_in_its_middle_makes_no_sample_and_says_why(tmp_path, unit):
    content = bytearray(sound_bytes(noise(), RATE, format="FLAC", subtype="PCM_16"))
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    (tmp_path / "s1.wav").write_bytes(content)
    write_sound(tmp_path / "s3.wav", noise(), RATE, subtype="PCM_16")
    sessions = [session("s1"), session("s3")]
    rows = [row for row in EVENTS if row["session_id"] != "s2"]
    opened = recording_reader(pa.Table.from_pylist(sessions, SESSIONS), tmp_path.joinpath)
    made = cut(tmp_path / "export", rows, sessions=sessions, audio=opened, **UNITS[unit])
    assert {row["session_id"] for row in made.samples()} == {"s3"}
    reasons = {
        row["event_id"]: row["outcome"]
        for row in made.index.to_pylist()
        if row["session_id"] == "s1" and row["event_id"] is not None
    }
    damaged = [row["event_id"] for row in rows if row["session_id"] == "s1"]
    assert reasons == dict.fromkeys(damaged, "unreadable_audio") and len(damaged) == 3


@pytest.mark.parametrize("unit", list(UNITS))
def test_sound_that_ends_before_its_labels_leaves_these_out_by_their_reason(tmp_path, unit):
    write_sound(tmp_path / "s3.wav", noise(2 * RATE), RATE, subtype="PCM_16")
    rows = [row for row in EVENTS if row["session_id"] == "s3"]
    opened = recording_reader(pa.Table.from_pylist([session("s3")], SESSIONS), tmp_path.joinpath)
    made = cut(tmp_path / "export", rows, sessions=[session("s3")], audio=opened, **UNITS[unit])
    [past] = [row["event_id"] for row in rows if row["onset_time"] > 2]
    left_out = [row for row in made.index.to_pylist() if row["bytes"] is None]
    assert [(row["event_id"], row["outcome"]) for row in left_out] == [(past, "onset_past_end")]
    inside = {stroke["event_id"] for row in made.samples() for stroke in row["strokes"]}
    assert inside == {row["event_id"] for row in rows} - {past}
