"""The table of sessions: one row per recording, with the files it rests on and their digests."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.schemas import EVENTS, FLAGS, SESSIONS
from drumcorpus.stages.export.audio_choice import with_audio
from drumcorpus.stages.export.session_table import (
    EXPORT_SESSIONS,
    export_sessions,
    gather_sessions,
)

DIGESTS = {"a.wav": "aa", "a2.wav": "bb", "a.mid": "cc", "mix.wav": "dd", "hit.wav": "ee"}
ERRATUM = {"action": "flag", "reason": "late_labels", "status": "verified", "source": "a page"}


def session(session_id="s1", **more):
    files = [{"path": path, "role": "audio", "sha256": sha} for path, sha in DIGESTS.items()]
    row = dict.fromkeys(SESSIONS.names) | {
        "source_set": "groove",
        "session_id": session_id,
        "group_id": "g",
        "kit_id": "k",
        "drummer_id": "d",
        "style": "rock",
        "is_synthetic": False,
        "annotation_path": "a.mid",
        "audio_path": "a.wav",
        "audio_duration": 12.5,
        "notes": ["a note"],
        "errata": [ERRATUM],
        "files": files,
    }
    return row | more


def sessions(*rows):
    return pa.Table.from_pylist(list(rows), SESSIONS)


def event(n_components, session_id="s1", audio_path="a.wav", **more):
    row = dict.fromkeys(EVENTS.names) | {
        "source_set": "groove",
        "session_id": session_id,
        "audio_path": audio_path,
        "license": "CC BY 4.0",
        "redistributable": True,
        "label_method": "midi",
        "components": [{"label": "kick"}] * n_components,
    }
    return row | more


def events(*rows):
    return pa.Table.from_pylist(list(rows), EVENTS)


def recording(session_id="s1", audio_path="a.wav", **more):
    key = {"source_set": "groove", "session_id": session_id, "audio_path": audio_path}
    return key | {"split": "validation"} | more


def recordings(*rows):
    return pa.Table.from_pylist(list(rows))


def test_a_row_says_all_of_a_session():
    flags = pa.Table.from_pylist(
        [
            {
                "source_set": "groove",
                "session_id": "s1",
                "path": "a.mid",
                "flag": "bad_text",
                "n": 2,
            },
            {"source_set": "groove", "session_id": "s2", "path": "b.mid", "flag": "other", "n": 1},
        ],
        FLAGS,
    )
    table = export_sessions(
        recordings(recording(sample_id="groove_s1")),
        events(event(2), event(1), event(1, "s2")),
        sessions(session(), session("s2")),
        flags=flags,
    )
    assert table.schema == EXPORT_SESSIONS
    assert table.to_pylist() == [
        {
            "session_id": "s1",
            "source_set": "groove",
            "sample_id": "groove_s1",
            "split": "validation",
            "group_id": "g",
            "kit_id": "k",
            "drummer_id": "d",
            "style": "rock",
            "duration": 12.5,
            "n_events": 2,
            "n_strokes": 3,
            "license": "CC BY 4.0",
            "redistributable": True,
            "label_method": "midi",
            "is_synthetic": False,
            "recording": "drums",
            "audio_path": "a.wav",
            "audio_sha256": "aa",
            "audio_files": [{"path": "a.wav", "sha256": "aa"}],
            "annotation_path": "a.mid",
            "annotation_sha256": "cc",
            "metadata_ref": "provenance:groove/s1",
            "notes": ["a note"],
            "errata": [ERRATUM],
            "flags": [{"flag": "bad_text", "path": "a.mid", "n": 2, "detail": None}],
        }
    ]


def test_the_file_that_was_opened_is_named_and_its_length_is_that_of_the_sample():
    opened = recording(sound_path="mix.wav", duration=13.0)
    (row,) = export_sessions(recordings(opened), events(event(1)), sessions(session())).to_pylist()
    assert (row["audio_path"], row["audio_sha256"], row["duration"]) == ("mix.wav", "dd", 13.0)
    assert row["n_events"] == 1


def test_several_mono_files_of_one_recording_are_all_named():
    stereo = session(channel_paths=["a.wav", "a2.wav"])
    (row,) = export_sessions(recordings(recording()), events(), sessions(stereo)).to_pylist()
    assert row["audio_files"] == [
        {"path": "a.wav", "sha256": "aa"},
        {"path": "a2.wav", "sha256": "bb"},
    ]
    assert row["audio_sha256"] == "aa"


def test_a_session_of_several_recordings_has_a_row_for_each():
    table = export_sessions(
        recordings(recording(audio_path="hit.wav"), recording()),
        events(event(1, audio_path="hit.wav"), event(1), event(1)),
        sessions(session()),
    )
    assert table["audio_path"].to_pylist() == ["a.wav", "hit.wav"]
    assert table["n_events"].to_pylist() == [2, 1]
    # The session's own length is that of its own sound.
    assert table["duration"].to_pylist() == [12.5, None]


def test_a_session_without_sound_or_strokes_takes_what_its_set_says():
    silent = session(audio_path=None, audio_duration=None, annotation_path=None)
    of_set = {"license": "MIT", "redistributable": False, "label_method": "annotation"}
    (row,) = export_sessions(
        recordings(recording(audio_path=None)), events(), sessions(silent), of_set=of_set
    ).to_pylist()
    assert (row["n_events"], row["n_strokes"], row["duration"]) == (0, 0, None)
    assert {name: row[name] for name in of_set} == of_set
    assert (row["audio_path"], row["audio_sha256"], row["audio_files"]) == (None, None, [])
    assert (row["annotation_path"], row["annotation_sha256"], row["flags"]) == (None, None, [])


@pytest.mark.parametrize(
    ("rows", "known", "said"),
    [
        ([recording("s9")], session(), "groove: session 's9' is in no table of sessions"),
        ([recording(), recording()], session(), "the recording 'a.wav' of session 's1' twice"),
        ([recording()], session(files=[]), "'a.wav' is not among the files of session 's1'"),
    ],
    ids=["unknown session", "twice", "no digest"],
)
def test_what_does_not_fit_together_is_refused(rows, known, said):
    with pytest.raises(ValueError, match=said):
        export_sessions(recordings(*rows), events(), sessions(known))


def test_shards_become_one_table_in_order_whatever_theirs(tmp_path):
    shards = [
        export_sessions(
            recordings(recording(name, sample_id=name)), events(), sessions(session(name))
        )
        for name in ("s2", "s1")
    ]
    both = gather_sessions(shards)
    assert both["session_id"].to_pylist() == ["s1", "s2"]
    assert gather_sessions(reversed(shards)).equals(both)
    write_table(tmp_path / "sessions.parquet", both)
    assert read_table(tmp_path / "sessions.parquet").equals(both)
    with pytest.raises(ValueError, match="the sample s1 stands twice"):
        gather_sessions([*shards, shards[1]])
    assert gather_sessions([]).schema == EXPORT_SESSIONS


def test_of_the_mix_the_files_are_those_that_are_added():
    pair = {"channel_paths": ["a.wav", "a2.wav"]}
    parts = [{"path": "a.wav", "gain": 0.5}, {"path": "mix.wav", "gain": 0.5}]
    mixed = {"mix_path": "mix.wav", "mix_duration": 11.0}
    rows = [session(**pair, **mixed, mix_parts=parts), session("s2", **mixed), session("s3")]
    struck = [event(1), event(1, "s2"), event(1, "s3")]
    chosen = with_audio(events(*struck), sessions(*rows), "mix")
    names = {"s1": "mix.wav", "s2": "mix.wav", "s3": None}
    table = export_sessions(
        recordings(*(recording(name, path) for name, path in names.items())), *chosen
    )
    found = {row["session_id"]: row for row in table.to_pylist()}
    assert [found[name]["recording"] for name in names] == ["mix", "mix", None]
    files = {name: [file["path"] for file in found[name]["audio_files"]] for name in names}
    assert files == {"s1": ["a.wav", "a2.wav", "mix.wav"], "s2": ["mix.wav"], "s3": []}
    assert (found["s1"]["audio_path"], found["s1"]["audio_sha256"]) == ("mix.wav", "dd")
    assert [found[name]["duration"] for name in names] == [11.0, 11.0, None]
    assert [found[name]["n_events"] for name in names] == [1, 1, 1]
