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


KINDS = {"floats": False, "integers": True}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def kept(request):
    """Whether sound of 16 bit stays what it is."""
    return {"keep_pcm16": request.param}


@pytest.fixture
def decoded(monkeypatch):
    """How many samples of each channel were decoded, of each file in turn."""
    lengths = []
    integers = SoundReader.integers

    def counting(blocks):
        def counted(self, *arguments, **options):
            place = len(lengths)
            lengths.append(0)
            for block in blocks(self, *arguments, **options):
                lengths[place] += len(block)
                yield block

        return counted

    def counted_integers(self):
        samples = integers(self)
        lengths.append(len(samples))
        return samples

    for name in ("blocks", "stored_blocks"):
        monkeypatch.setattr(SoundReader, name, counting(getattr(SoundReader, name)))
    monkeypatch.setattr(SoundReader, "integers", counted_integers)
    return lengths


def write_files(folder, subtype="PCM_16", rate=RATE):
    for name, (seed, n_channels) in FILES.items():
        samples = np.stack([noise(seed=seed + 10 * n) for n in range(n_channels)], axis=1)
        samples[10_000 : 10_000 + 6] = np.array([[-1, 32_767 / 32_768, -1 / 32_768] * 2]).T
        write_sound(folder / name, samples, rate, subtype=subtype)


@pytest.mark.parametrize("channels", ["mono", "stereo"])
@pytest.mark.parametrize("unit", list(UNITS))
def test_every_file_is_decoded_once_for_all_samples_and_forms(
    tmp_path, decoded, kept, unit, channels
):
    write_files(tmp_path)
    table = pa.Table.from_pylist(SESSIONS_OF_FILES, SESSIONS)
    reader = stereo_reader if channels == "stereo" else recording_reader
    opened = reader(table, tmp_path.joinpath, **kept)
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


# What is done with the samples between the file and the export.
SETTINGS = {
    "as it is": {},
    "as FLAC": {"encoding": "flac"},
    "as 24 bit": {"encoding": "wav24"},
    "at another rate": {"sample_rate_hz": 48_000},
    "to a loudness": {"loudness": {"target_lufs": -30.0, "ceiling_dbtp": -1.0}},
    "beyond full scale": {"loudness": {"target_lufs": 0.0, "ceiling_dbtp": 12.0}},
}


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT"])
@pytest.mark.parametrize("channels", ["mono", "stereo"])
@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)
def test_an_export_has_the_same_bytes_whether_or_not_integers_are_kept(
    tmp_path, changes, channels, subtype
):
    write_files(tmp_path, subtype)
    table = pa.Table.from_pylist(SESSIONS_OF_FILES, SESSIONS)
    reader = stereo_reader if channels == "stereo" else recording_reader
    block = UNITS["segments"] | {"channels": channels} | changes
    made, kinds = {}, {}
    for name, keep in KINDS.items():
        opened = reader(table, tmp_path.joinpath, keep_pcm16=keep)
        kinds[name] = {path: str(opened(path)[0].dtype) for path in ("s1.wav", "s2.wav", "s3.wav")}
        root = tmp_path / name
        made[name] = cut(root, EVENTS, sessions=SESSIONS_OF_FILES, audio=opened, **block)
    assert set(kinds["floats"].values()) == {"float32"}
    is_kept = {"s1.wav": channels == "stereo", "s2.wav": False, "s3.wav": True}
    assert kinds["integers"] == {
        path: "int16" if kept and subtype == "PCM_16" else "float32"
        for path, kept in is_kept.items()
    }
    assert made["integers"].index.equals(made["floats"].index)
    assert made["integers"].files() == made["floats"].files()
    assert len(made["floats"].samples()) == 33


@pytest.mark.parametrize("unit", list(UNITS))
def test_sound_that_is_damaged_in_its_middle_makes_no_sample_and_says_why(tmp_path, kept, unit):
    content = bytearray(sound_bytes(noise(), RATE, format="FLAC", subtype="PCM_16"))
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    (tmp_path / "s1.wav").write_bytes(content)
    write_sound(tmp_path / "s3.wav", noise(), RATE, subtype="PCM_16")
    sessions = [session("s1"), session("s3")]
    rows = [row for row in EVENTS if row["session_id"] != "s2"]
    table = pa.Table.from_pylist(sessions, SESSIONS)
    opened = recording_reader(table, tmp_path.joinpath, **kept)
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
def test_sound_that_ends_before_its_labels_leaves_these_out_by_their_reason(tmp_path, kept, unit):
    write_sound(tmp_path / "s3.wav", noise(2 * RATE), RATE, subtype="PCM_16")
    rows = [row for row in EVENTS if row["session_id"] == "s3"]
    table = pa.Table.from_pylist([session("s3")], SESSIONS)
    opened = recording_reader(table, tmp_path.joinpath, **kept)
    made = cut(tmp_path / "export", rows, sessions=[session("s3")], audio=opened, **UNITS[unit])
    [past] = [row["event_id"] for row in rows if row["onset_time"] > 2]
    left_out = [row for row in made.index.to_pylist() if row["bytes"] is None]
    assert [(row["event_id"], row["outcome"]) for row in left_out] == [(past, "onset_past_end")]
    inside = {stroke["event_id"] for row in made.samples() for stroke in row["strokes"]}
    assert inside == {row["event_id"] for row in rows} - {past}
