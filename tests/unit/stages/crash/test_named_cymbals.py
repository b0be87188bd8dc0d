"""What notes and names say of a session's cymbals, once they are read."""

import json
import logging

import pyarrow as pa
import pytest
import yaml
from cymbal_families import CRASH

from drumcorpus.ground.files.cymbal_names import read_cymbal_words
from drumcorpus.schemas import CYMBAL_EMBEDDINGS, SESSIONS
from drumcorpus.source_sets.shared.kit_notes import KitNotes, read_kit_notes
from drumcorpus.stages.crash.cymbal_maps import apply_cymbal_map, read_cymbal_maps
from drumcorpus.stages.crash.kit_notes import NAMED_CYMBALS, gather_kit_notes, name_cymbals
from drumcorpus.stages.crash.review_tables import with_expected


@pytest.fixture(scope="module")
def words(repo):
    return read_cymbal_words(
        yaml.safe_load((repo / "resources/crash/cymbal_words.yaml").read_text())
    )


def table_of_sessions(*rows):
    """Sessions from (id, kit, paths of audio, paths of annotations)."""
    return pa.Table.from_pylist(
        [
            {
                "source_set": "packs",
                "session_id": name,
                "kit_id": kit,
                "files": [
                    *({"path": path, "role": "audio"} for path in audio),
                    *({"path": path, "role": "annotation"} for path in notes),
                ],
            }
            for name, kit, audio, notes in rows
        ],
        SESSIONS,
    )


def kinds(**labels):
    rows = [
        {"session_id": name, "family": "crash", "source_label": label}
        for name, own in labels.items()
        for label in own
    ]
    names = ("session_id", "family", "source_label")
    return pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in names]))


def named(words, hits, sessions, kits=None):
    found = name_cymbals(hits, sessions, kits or {}, words, ["crash"])
    assert found.schema.equals(NAMED_CYMBALS)
    return {row["session_id"]: (row["n_cymbals"], row["named"]) for row in found.to_pylist()}


def test_notes_are_read_with_the_sounds_that_they_lie_beside(words):
    sessions = table_of_sessions(
        ("a", None, ["a/Crash 1.wav", "a/Crash 2.wav"], ["a/kit.txt"]),
        ("b", None, ["b/Crash 1.wav"], []),
    )
    contents = {"a/kit.txt": b'Crash 1: Zildjian K 16"\nCrash 2: Zildjian K 18"\nPaiste ride\n'}
    kits = gather_kit_notes(
        sessions, contents.__getitem__, lambda data, sounds: read_kit_notes(data, sounds, words)
    )
    assert kits == {
        "a": {
            "files": ["a/kit.txt"],
            "cymbals": {"Crash 1": 2, "Crash 2": 1},
            "counts": {"crash": 2, "ride": 1},
            "named": ["Zildjian K, 16 in", "Zildjian K, 18 in", "Paiste ride"],
        }
    }


def test_source_labels_that_name_two_cymbals_say_that_there_are_two(words):
    sessions = table_of_sessions(("a", None, [], []), ("b", None, [], []), ("c", None, [], []))
    hits = kinds(
        a=["crash16i__crash1", "crash16i__crash2", "crash20i__crash"],
        b=["SabianCrash-Hard", "SabianCrash-Soft"],
        c=["SabianCrash-Hard", "Crash 2"],
    )
    assert named(words, hits, sessions) == {
        "a": (2, ["crash, 16 in", "crash, 20 in"]),
        "b": (1, ["Sabian crash"]),
        "c": (None, ["Sabian crash"]),  # of the other hit nothing is known
    }


def test_a_label_is_of_a_crash_even_where_its_name_does_not_say_so(words):
    sessions = table_of_sessions(("a", None, [], []))
    assert named(words, kinds(a=["Zildjian 16in L", "Zildjian 18in R"]), sessions) == {
        "a": (2, ["Zildjian, 16 in", "Zildjian, 18 in"])
    }


def test_files_folders_and_kits_count_where_they_name_a_crash(words):
    paths = ["Sabian 16in crash/1.wav", "Paiste 18in crash/1.wav", 'ride 20".wav', "Zildjian/x.wav"]
    sessions = table_of_sessions(
        ("a", None, paths, []), ("b", "Zildjian 14in crash", ["b.wav"], []), ("c", None, paths, [])
    )
    assert named(words, kinds(a=["49"], b=["49"]), sessions) == {
        "a": (2, ["Paiste crash, 18 in", "Sabian crash, 16 in"]),
        "b": (None, ["Zildjian crash, 14 in"]),
    }


def test_what_notes_count_holds_before_the_names(words):
    sessions = table_of_sessions(("a", None, [], []), ("b", None, [], []))
    kits = {
        "a": {"counts": {"crash": 3, "ride": 1}, "named": ["Sabian crash"]},
        "b": {"counts": {"ride": 1}, "named": ["Sabian ride"]},
    }
    hits = kinds(a=["crash16i", "crash20i"], b=["49"])
    assert named(words, hits, sessions, kits) == {
        "a": (3, ["Sabian crash", "crash, 16 in", "crash, 20 in"]),
        "b": (None, ["Sabian ride"]),
    }


def test_notes_are_a_cymbal_map_that_a_reviewed_one_overrides(tmp_path, caplog):
    kits = {
        "a": {"cymbals": {"Crash 1": 1, "Crash 2": 2, "Crash 3": 4}},
        "b": {"cymbals": {}},
        "?": {"cymbals": {"Crash 1": 3}},
    }
    notes = tmp_path / "packs.json"
    notes.write_text(json.dumps({"source_set": "packs", "kits": kits}))
    entry = {"cymbals": {"Crash 2": 3}, "sources": ["ear"]}
    reviewed = tmp_path / "map.yaml"
    document = {"name": "m", "verified": "2026-11-29", "sources": {"ear": "heard"}}
    reviewed.write_text(
        yaml.safe_dump(document | {"source_sets": {"packs": {"sessions": {"a": entry}}}})
    )
    sessions = table_of_sessions(("a", None, [], []), ("b", None, [], []))
    hits = pa.Table.from_pylist(
        [
            {
                "event_id": f"{name}{label}",
                "session_id": name,
                "source_label": label,
                "cymbal": None,
            }
            for name in ("a", "b")
            for label in ("Crash 1", "Crash 2", "Crash 3")
        ],
        CYMBAL_EMBEDDINGS,
    )
    with caplog.at_level(logging.WARNING):
        maps = read_cymbal_maps([notes, reviewed], [CRASH])
    assert (
        f"{notes}: session 'a': notes number cymbals up to 4; labels are there for 3" in caplog.text
    )
    one = apply_cymbal_map(hits, sessions, maps[0])
    assert one["cymbal"].to_pylist() == [1, 2, None, None, None, None]
    both = apply_cymbal_map(one, sessions, maps[1])
    assert both["cymbal"].to_pylist() == [1, 3, None, None, None, None]


def test_the_review_has_what_is_expected_beside_each_session():
    candidates = pa.table(
        {
            "session_id": ["a", "b"],
            "family": ["crash", "ride"],
            "n_expected": pa.array([2, None], pa.int32()),
            "named_cymbals": [["Sabian crash"], []],
        }
    )
    pairs = [("a", "crash"), ("a", "ride"), ("b", "ride"), ("c", "crash")]
    doubts = [{"session_id": name, "family": family} for name, family in pairs]
    told = [(row["expected"], row["named"]) for row in with_expected(doubts, candidates)]
    assert told == [(2, ["Sabian crash"]), (None, []), (None, []), (None, [])]


def test_a_session_without_notes_has_no_kit():
    sessions = table_of_sessions(("a", None, ["a/Crash 1.wav"], []))
    assert gather_kit_notes(sessions, {}.__getitem__, lambda *_: KitNotes()) == {}
