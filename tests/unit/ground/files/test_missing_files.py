"""Which sessions lack their sound or their annotation, and why."""

import pyarrow as pa

from drumcorpus.ground.files.missing_files import missing_files
from drumcorpus.schemas import QUARANTINE, SESSIONS


def session(name, seconds=None, *notes):
    return {"session_id": name, "audio_duration": seconds, "notes": list(notes)}


def refused(session_id, path, reason, detail="why"):
    return {"session_id": session_id, "path": path, "reason": reason, "detail": detail}


def lacking(sessions, quarantine=()):
    tables = ((sessions, SESSIONS), (list(quarantine), QUARANTINE))
    return missing_files(*(pa.Table.from_pylist(rows, schema) for rows, schema in tables))


def row(kind, session_id, reason, paths, detail="why"):
    return {
        **{"kind": kind, "session_id": session_id, "reason": reason, "paths": paths},
        "detail": detail,
    }


def test_a_session_with_sound_lacks_nothing():
    assert lacking([session("a", 1.0)], [refused("a", "a.mid", "bad_meter")]) == []


def test_one_without_sound_is_named_with_its_notes_where_no_file_is_refused():
    assert lacking([session("b"), session("a", None, "beat", "published without audio")]) == [
        row("audio", "a", "no_audio", [], "beat; published without audio"),
        row("audio", "b", "no_audio", [], None),
    ]


def test_the_reason_is_that_of_the_quarantine_and_all_refused_sound_is_listed():
    quarantine = [
        refused("a", "r.wav", "missing_audio", "no right channel"),
        refused("a", "l.wav", "unreadable_audio", "cut short"),
        refused("a", "a.mid", "no_notes"),  # no file of sound
    ]
    assert lacking([session("a")], quarantine) == [
        row("audio", "a", "unreadable_audio", ["l.wav", "r.wav"], "cut short")
    ]


def test_refused_sound_of_a_session_that_has_other_sound_is_none_that_is_missing():
    quarantine = [refused("a", "mix.wav", "unreadable_audio")]
    assert lacking([session("a", 1.0)], quarantine) == []
    promised = [refused("a", "own.wav", "missing_audio")]
    assert lacking([session("a", 1.0)], promised) == [
        row("audio", "a", "missing_audio", ["own.wav"])
    ]


def test_a_session_that_is_refused_for_want_of_a_file_is_named_though_no_table_has_it():
    quarantine = [
        refused("song", "song/drums.wav", "missing_audio"),
        refused("take", "take.wav", "missing_annotation", "no take.txt"),
        refused(None, "stray.wav", "missing_audio"),
    ]
    assert lacking([session("a", 1.0)], quarantine) == [
        row("annotation", "take", "missing_annotation", ["take.wav"], "no take.txt"),
        row("audio", "song", "missing_audio", ["song/drums.wav"]),
    ]
