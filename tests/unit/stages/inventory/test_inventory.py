"""What the inventory makes of a survey: files, audio, loudness, splits."""

from functools import partial

import numpy as np
import pytest
from sounds import sound_bytes, write_sound

from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.run.raw_scan import RawData
from drumcorpus.sessions import Survey
from drumcorpus.stages.inventory.inventory import (
    say_unmatched,
    take_inventory,
    write_inventory,
)
from drumcorpus.stages.splits.draw import split_sessions

CARD = {"name": "made_up", "kit": "usual_kit", "is_synthetic": False, "label_maps": ["drums"]}


ALL_IN_TRAIN = {"train": 1.0, "validation": 0.0, "test": 0.0}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, seconds in (("l.wav", 1.0), ("r.wav", 0.5), ("k.wav", 2.0)):
        write_sound(folder / name, 0.1 * rng.standard_normal(int(8000 * seconds)), 8000)
    (folder / "bad.wav").write_bytes(b"RIFF")
    (folder / "a.txt").write_text("0.1 bd\n")
    return folder


@pytest.fixture
def take(root, tmp_path):
    def take(*sessions, card=CARD, roles=None, options=None):
        files, refusals = scan_roots([root])
        cache = FactCache(tmp_path / "facts.json")
        digests, _ = digest_raw_files(files.values(), cache, workers=1)
        usual = {p: "audio" if p.endswith(".wav") else "annotation" for p in files}
        usual |= {"bad.wav": "other"} | (roles or {})
        survey = Survey([dict(s) for s in sessions], usual, {"bad.wav": "a"}, [])
        return take_inventory(
            RawData("made_up", files, digests, refusals, cache),
            card,
            options or {},
            lambda files, read, options: survey,
            split_sessions=partial(split_sessions, seed=0, shares=ALL_IN_TRAIN),
            workers=2,
        )

    return take


def test_each_file_has_the_root_that_it_lies_below(take, root):
    rows = take({"session_id": "a"}).roots.to_pylist()
    assert [row["path"] for row in rows] == ["a.txt", "bad.wav", "k.wav", "l.wav", "r.wav"]
    assert {(row["source_set"], row["root"], row["root_number"]) for row in rows} == {
        ("made_up", "primary", 1)
    }


def only(found):
    return found.sessions.to_pylist()[0]


def test_a_session_that_says_little_takes_the_rest_from_its_card(take):
    row = only(take({"session_id": "a"}))
    assert row["label_map"] == "drums"
    assert (row["kit_id"], row["is_synthetic"]) == ("usual_kit", False)
    assert (row["group_id"], row["split"]) == ("made_up/a", "train")
    assert (row["files"], row["notes"], row["audio_duration"]) == ([], [], None)


def test_none_as_label_map_means_that_no_labels_are_taken(take):
    assert only(take({"session_id": "a", "label_map": None}))["label_map"] is None


def test_of_several_label_maps_none_is_guessed(take):
    found = take({"session_id": "a"}, card=CARD | {"label_maps": ["one", "two"]})
    assert only(found)["label_map"] is None


def test_a_pair_of_microphones_is_one_recording_as_long_as_the_shorter(take):
    session = {"session_id": "a", "audio_path": "l.wav", "channel_paths": ["l.wav", "r.wav"]}
    row = only(take(session))
    assert row["channel_paths"] == ["l.wav", "r.wav"]
    assert row["audio_duration"] == 0.5
    assert [file["path"] for file in row["files"]] == ["l.wav", "r.wav"]


DRUMS = {"session_id": "a", "audio_path": "k.wav"}
SUM = [{"path": "k.wav", "gain": 0.75}, {"path": "l.wav", "gain": 0.25}]


def test_a_mix_is_part_of_what_a_session_rests_on_and_has_a_length_of_its_own(take):
    row = only(take(DRUMS | {"mix_path": "l.wav"}))
    assert (row["mix_path"], row["mix_parts"], row["mix_duration"]) == ("l.wav", None, 1.0)
    assert row["audio_duration"] == 2.0
    assert {file["path"]: file["role"] for file in row["files"]} == {
        "k.wav": "audio",
        "l.wav": "audio",
    }
    without = only(take(DRUMS))
    assert [without[name] for name in ("mix_path", "mix_parts", "mix_duration")] == [None] * 3


def test_a_mix_that_is_a_sum_is_as_long_as_its_shortest_file(take):
    pair = {"session_id": "a", "audio_path": "k.wav", "channel_paths": ["k.wav", "r.wav"]}
    row = only(take(pair | {"mix_path": "l.wav", "mix_parts": SUM}))
    assert row["mix_duration"] == 0.5
    assert row["mix_parts"] == SUM
    assert [file["path"] for file in row["files"]] == ["k.wav", "l.wav", "r.wav"]


def test_an_unreadable_mix_is_refused_and_the_drums_stay(take):
    found = take(DRUMS | {"mix_path": "bad.wav"}, roles={"bad.wav": "audio"})
    row = only(found)
    assert (row["audio_path"], row["mix_path"], row["mix_duration"]) == ("k.wav", None, None)
    assert row["notes"] == ["mix unreadable"]
    assert [file["path"] for file in row["files"]] == ["k.wav"]
    refused = found.quarantine.to_pylist()
    assert [(r["path"], r["reason"]) for r in refused] == [("bad.wav", "unreadable_audio")]


@pytest.mark.parametrize("parts", [None, SUM], ids=["one file", "a sum"])
def test_without_its_drums_a_session_has_no_mix(take, parts):
    broken = {"audio_path": "bad.wav", "mix_path": "l.wav", "mix_parts": parts}
    row = only(take(DRUMS | broken, roles={"bad.wav": "audio"}))
    assert (row["audio_path"], row["mix_path"], row["mix_parts"]) == (None, None, None)
    assert row["notes"][0] == "audio unreadable"


def test_support_files_are_part_of_what_a_session_rests_on(take):
    row = only(take({"session_id": "a", "audio_path": "k.wav", "support_paths": ["a.txt"]}))
    assert {file["path"]: file["role"] for file in row["files"]} == {
        "a.txt": "annotation",
        "k.wav": "audio",
    }


def test_labels_found_in_several_files_have_the_length_of_these(take):
    session = {"session_id": "a", "support_paths": ["l.wav", "r.wav", "k.wav", "a.txt"]}
    assert only(take(session))["audio_duration"] == 2.0
    assert only(take(session | {"serial_audio": True}))["audio_duration"] == 3.5


def test_unreadable_audio_is_refused_and_taken_out_of_its_session(take):
    session = {"session_id": "a", "audio_path": "bad.wav", "support_paths": ["bad.wav", "k.wav"]}
    found = take(session, roles={"bad.wav": "audio"})
    row = only(found)
    assert row["audio_path"] is None
    assert [file["path"] for file in row["files"]] == ["k.wav"]
    assert row["notes"] == ["audio unreadable", "bad.wav: unreadable"]
    refused = found.quarantine.to_pylist()
    assert [(r["path"], r["reason"], r["session_id"]) for r in refused] == [
        ("bad.wav", "unreadable_audio", "a")
    ]


def broken_sounds():
    """Files that are none to work with, by the reason that is counted."""
    samples = 0.1 * np.sin(np.arange(24_000) / 7)
    whole = sound_bytes(samples, 8000, format="AIFF", subtype="PCM_24")
    return {
        "cut_short": whole[: len(whole) // 3],
        "empty_audio": sound_bytes(samples[:0], 8000, format="WAV", subtype="PCM_16"),
        "unreadable_audio": b"RIFF----WAVEfmt and no more",
    }


@pytest.mark.parametrize("reason", ["cut_short", "empty_audio", "unreadable_audio"])
def test_unusable_audio_is_refused_by_its_true_reason(take, root, reason):
    (root / "l.wav").write_bytes(broken_sounds()[reason])
    found = take({"session_id": "a", "audio_path": "l.wav"})
    assert only(found)["audio_path"] is None
    refused = {row["path"]: row["reason"] for row in found.quarantine.to_pylist()}
    assert refused["l.wav"] == reason


def test_one_unreadable_channel_silences_the_recording(take):
    session = {"session_id": "a", "audio_path": "l.wav", "channel_paths": ["l.wav", "bad.wav"]}
    row = only(take(session, roles={"bad.wav": "audio"}))
    assert (row["audio_path"], row["channel_paths"]) == (None, None)


def test_every_audio_file_is_probed_and_others_are_not(take):
    rows = {row["path"]: row for row in take({"session_id": "a"}).files.to_pylist()}
    assert (rows["k.wav"]["duration"], rows["k.wav"]["sample_rate_hz"]) == (2.0, 8000)
    assert rows["bad.wav"]["duration"] is None


def test_loudness_is_measured_where_it_is_asked_for(take):
    session = {"session_id": "a", "audio_path": "k.wav"}
    assert only(take(session))["integrated_loudness"] is None
    loudness = only(take(session | {"measure_loudness": True}))["integrated_loudness"]
    assert -22 < loudness < -17
    stated = only(take(session | {"measure_loudness": True, "integrated_loudness": -13.5}))
    assert stated["integrated_loudness"] == -13.5


def test_sound_that_no_one_can_measure_is_refused_and_stops_nothing(take, root):
    samples = np.full(8000, 0.1)
    samples[4000] = np.nan
    write_sound(root / "k.wav", samples, 8000, subtype="FLOAT")
    asked = {"measure_loudness": True, "label_map": None}
    found = take(
        {"session_id": "a", "audio_path": "k.wav"} | asked,
        {"session_id": "b", "audio_path": "l.wav"} | asked,
    )
    a, b = found.sessions.to_pylist()
    assert (a["audio_path"], a["notes"]) == (None, ["audio unreadable"])
    assert -22 < b["integrated_loudness"] < -17
    refused = found.quarantine.to_pylist()
    assert [(row["path"], row["reason"], row["detail"]) for row in refused] == [
        ("k.wav", "not_finite", "samples hold a NaN or an infinity")
    ]


@pytest.fixture
def stereo(root):
    """Files of two channels: alike, and of opposite polarity."""
    noise = 0.1 * np.random.default_rng(1).standard_normal(8000)
    for name, right in (("alike.wav", noise), ("against.wav", -noise)):
        write_sound(root / name, np.stack([noise, right], axis=1), 8000, subtype="PCM_16")
    write_sound(root / "against_l.wav", -noise, 8000, subtype="PCM_16")
    write_sound(root / "l.wav", noise, 8000, subtype="PCM_16")


RECORDINGS = {
    "one channel": ({"audio_path": "k.wav"}, None),
    "no audio": ({}, None),
    "channels alike": ({"audio_path": "alike.wav"}, False),
    "channels that cancel": ({"audio_path": "against.wav"}, True),
    "files that cancel": (
        {"audio_path": "l.wav", "channel_paths": ["l.wav", "against_l.wav"]},
        True,
    ),
    "files alike": ({"audio_path": "l.wav", "channel_paths": ["l.wav", "r.wav"]}, False),
    "one of several tracks": ({"support_paths": ["k.wav", "alike.wav", "against.wav"]}, True),
    "no labels": ({"audio_path": "against.wav", "label_map": None}, None),
}


@pytest.mark.parametrize("kind", RECORDINGS)
def test_a_session_says_whether_the_channels_of_its_sound_cancel(take, stereo, kind):
    session, expected = RECORDINGS[kind]
    row = only(take({"session_id": "a"} | session))
    assert row["channels_cancel"] is expected
    said = ["channels cancel when mixed to one; the loudest is heard instead"]
    assert row["notes"] == (said if expected else [])


def test_errata_are_obeyed_counted_and_said_whatever_the_source_set(take, tmp_path):
    known = {"action": "leave_out", "reason": "noise", "status": "reported", "source": "x"}
    names = ("a", "b", "not here", "nor here", "never here", "gone")
    errata = [known | {"session": name} for name in names]
    errata[1]["action"] = "flag"
    document = {"sources": {"x": "a list"}, "verified": "2026-11-20", "errata": errata}
    sessions = [{"session_id": name} for name in ("a", "b", "c")]
    found = take(*sessions, options={"errata": document})
    rows = found.sessions.to_pylist()
    assert [row["label_map"] for row in rows] == [None, "drums", "drums"]
    assert [[entry["action"] for entry in row["errata"] or []] for row in rows] == [
        ["leave_out"],
        ["flag"],
        [],
    ]
    names = ("files", "roots", "sessions", "quarantine", "not_of_the_set")
    paths = {name: str(tmp_path / name) for name in names}
    counts = write_inventory(found, **paths)
    assert (counts["left_out"], counts["errata_of_no_session"]) == ({"noise": 1}, 4)
    said = []
    say_unmatched(found.unmatched, said.append)
    assert said == [
        "note: 4 errata are of no session here: not here, nor here, never here and 1 more"
    ]
