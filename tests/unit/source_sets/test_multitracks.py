"""Multitracks: which tracks are labelled, whose strokes they are, and what damaged files do."""

import tracemalloc

import numpy as np
import pytest
import yaml
from checkout import REPO
from sounds import sound_bytes

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound.stems import Stem
from drumcorpus.source_sets.shared import multitracks
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.source_sets.shared.multitracks import (
    close_tracks,
    is_track,
    join_hits,
    multitrack_session,
    outer_folders,
    read_tracks,
    read_works,
    stem_hits,
)
from drumcorpus.source_sets.shared.track_rules import read_rules

RATE_HZ = 8000
SETTINGS = read_yaml(REPO / "config/config.yaml")["onsets"]


@pytest.fixture(scope="module")
def document(repo):
    return yaml.safe_load((repo / "resources/source_sets/track_names.yaml").read_text())


@pytest.fixture(scope="module")
def rules(document):
    return read_rules(document)


@pytest.fixture
def options(document, monkeypatch):
    """Settings, and a detector that finds clicks: what is tested here is what is made of them."""
    monkeypatch.setattr(multitracks, "analyse_stem", find_clicks)
    monkeypatch.setattr(multitracks, "own_hits", louder_here)
    return {"track_names": document, "onsets": SETTINGS}


def find_clicks(samples, rate, settings):
    at = np.flatnonzero(np.abs(samples) > 0.01)
    level_db = 20 * np.log10(np.abs(samples[at]))
    return Stem(at / rate, level_db, np.ones(len(at)), samples, len(samples) / rate)


def louder_here(stem, others, settings):
    louder = [
        any((other.level_db[np.abs(other.onset - t) < 0.002] > level).any() for other in others)
        for t, level in zip(stem.onset, stem.level_db, strict=True)
    ]
    is_own = ~np.array(louder, dtype=bool)
    return is_own, np.where(is_own, 0.9, 0.1)


def sound(clicks=(), *, rate=RATE_HZ, seconds=1.0, channels=1, subtype="PCM_16", form="WAV"):
    """A file with clicks {time: amplitude}."""
    samples = np.zeros((round(seconds * rate), channels))
    for time, amplitude in dict(clicks).items():
        samples[round(time * rate)] = amplitude
    return sound_bytes(samples, rate, subtype=subtype, format=form)


def session_of(data):
    return {
        "session_id": "s",
        "files": [{"path": path, "role": "audio"} for path in sorted(data)],
    }


def hits_of(data, options):
    found = stem_hits(session_of(data), data.__getitem__, options)
    rows = zip(found["source_label"], found["map_label"], found["onset"].round(4), strict=True)
    return [tuple(map(str, row)) for row in rows], found


# Which tracks


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("A/01_Kick.wav", True),
        ("A/01_Kick.WAV", True),
        ("A/01_Kick.flac", True),
        ("A/01_Kick.aif", True),
        ("A/Preview.mp3", False),
        ("A/notes.txt", False),
        ("A/wav", False),
    ],
)
def test_tracks_are_sound(path, expected):
    assert is_track(path) is expected


def test_tracks_are_sorted_into_the_outermost_folders():
    paths = ["b/x.wav", "a/a/y.wav", "a/z.wav", "q.wav", "a/readme.txt"]
    assert outer_folders(paths) == {
        "": ["q.wav"],
        "a": ["a/a/y.wav", "a/z.wav"],
        "b": ["b/x.wav"],
    }


def leads(rules, *names):
    tracks = read_tracks([f"s/{name}.wav" for name in names], rules)
    return sorted(candidates[0].name for candidates in close_tracks(tracks, rules).values())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["01_KickIn", "02_KickOut", "03_KickSub"], ["01_KickIn"]),
        (["01_KickOut", "02_KickIn"], ["02_KickIn"]),
        (["03_SnareUp", "04_SnareDown"], ["03_SnareUp"]),
        (["Snare Bottom", "Snare Top"], ["Snare Top"]),
        (["Snare", "SnareUnder"], ["Snare"]),
        (["SnareUp1", "SnareUp2", "SnareDown"], ["SnareUp1"]),
        (["Snare", "SnareSample"], ["Snare"]),
        (["KickTrigger", "Overheads"], []),
        (["Kick1", "Kick2"], ["Kick1"]),  # as often layers of one stroke
        (["01_Kick2", "02_Kick1"], ["02_Kick1"]),
        (["Kick2", "Kick1Out"], ["Kick2"]),
        (["Snare", "Snare2"], ["Snare"]),
        (["HiHatR", "HiHatL"], ["HiHatL"]),
        (["HiHat1", "HiHat2", "RideL", "RideR"], ["HiHat1", "RideL"]),
        (["Shaker1", "Shaker2"], ["Shaker1"]),
        (["Crash1L", "Crash1R", "Crash2L", "Crash2R"], ["Crash1L", "Crash2L"]),
        (["Ride1", "Ride2", "China", "Splash"], ["China", "Ride1", "Ride2", "Splash"]),
        (["Tom1", "Tom2", "Tom1Sample"], ["Tom1", "Tom2"]),
        (["CrashL", "CrashR"], ["CrashL"]),
        (["CrashR"], ["CrashR"]),
        (["Tom L", "Tom R", "Floor Tom"], ["Floor Tom", "Tom L"]),
        (["KICK - M80 (new)", "KICK - M80 (stock)"], ["KICK - M80 (new)"]),
        (["Snare Take 2", "Snare"], ["Snare"]),
        (["Cymbal1", "Drums", "Bass", "Room"], []),
        (["Kick", "Overheads", "ROOM A", "Bass"], []),  # nothing tells what bleeds into it
        (["KickIn", "KickOut", "KickSample", "OH"], []),
        (["Kick", "Overheads", "Shaker"], ["Shaker"]),  # which was recorded on its own
        (["Kick", "Overheads", "Cymbal1"], ["Kick"]),
        (["Kick", "Overheads", "SnareTrigger"], ["Kick"]),
        (["Kick1", "Kick2", "Overheads"], []),
        (["Snare", "SnareRoll", "Overheads"], []),
        (["Kick", "Bass", "LeadVox"], ["Kick"]),  # and there is no room to bleed in
    ],
)
def test_one_microphone_of_each_source_is_labelled(rules, names, expected):
    assert leads(rules, *names) == expected


def test_a_session_says_of_every_track_what_it_was_taken_for(rules):
    names = ["01_KickIn", "02_KickOut", "03_Overheads", "04_Bass", "05_Cymbal1", "06_Hiss"]
    paths = [f"A/{name}.wav" for name in names]
    session, roles = multitrack_session("A", "work/a/b", paths, rules)
    assert session == {
        "session_id": "A",
        "group_id": "work/a/b",
        "support_paths": paths,
        "notes": [
            "01_KickIn: kick, in; labelled",
            "02_KickOut: kick, out; of the same instrument as 01_KickIn, which is labelled",
            "03_Overheads: an overhead hears the whole kit",
            "04_Bass: names bass, no drum",
            "05_Cymbal1: cymbal: which cymbal is not told",
            "06_Hiss: names no instrument that is known",
        ],
    }
    assert [roles[path] for path in paths] == ["audio"] * 3 + ["other", "audio", "other"]


def test_what_a_track_beside_the_labelled_one_was_taken_for_is_noted(rules):
    names = ["Crash1 L", "Crash1 R", "Kick1", "Kick2", "Kick2Out", "Snare", "SnareL"]
    paths = [f"A/{name}.wav" for name in names]
    session, roles = multitrack_session("A", "g", paths, rules)
    assert session["notes"] == [
        "Crash1 L: crash 1, left; labelled",
        "Crash1 R: crash 1, right; taken for the other side of Crash1 L, which is labelled",
        "Kick1: kick 1; labelled",
        "Kick2: kick 2; taken for a layer or a second microphone of Kick1, which is labelled",
        "Kick2Out: kick 2, out; "
        "taken for a layer or a second microphone of Kick1, which is labelled",
        "Snare: snare; labelled",
        "SnareL: snare, left; taken for the other side of Snare, which is labelled",
    ]
    assert roles == dict.fromkeys(paths, "audio")


def test_a_session_without_a_close_microphone_has_no_labels(rules):
    session, roles = multitrack_session("A", "g", ["A/Choir.wav", "A/Room.wav"], rules)
    assert session["label_map"] is None
    assert session["notes"][-1] == "no close microphone of an instrument that has a label"
    assert roles == {"A/Choir.wav": "other", "A/Room.wav": "audio"}


def test_a_close_microphone_without_another_is_not_labelled_and_that_is_noted(rules):
    session, roles = multitrack_session("A", "g", ["A/KICK - U48.wav", "A/ROOM A.wav"], rules)
    assert session["label_map"] is None
    assert session["notes"][0] == (
        "KICK - U48: kick; not labelled: no other close microphone tells what bleeds into it"
    )
    assert roles == dict.fromkeys(["A/KICK - U48.wav", "A/ROOM A.wav"], "audio")


def test_the_words_of_the_song_are_noted(rules):
    paths = [f"A/SD {name}.wav" for name in ("KICK", "VOX", "BASS", "TOM1")]
    session, _ = multitrack_session("A", "g", paths, rules)
    assert session["notes"][-1] == "'sd' in the names of the tracks is the song's"


# Whose strokes


def test_hits_stand_in_the_track_that_they_were_found_in(options):
    data = {"A/01_Kick.wav": sound({0.1: 0.9, 0.6: 0.8}), "A/02_HiHat.wav": sound({0.3: 0.5})}
    rows, found = hits_of(data, options)
    assert rows == [
        ("02_HiHat", "hi hat", "0.3"),
        ("01_Kick", "kick", "0.1"),
        ("01_Kick", "kick", "0.6"),
    ] or rows == [
        ("01_Kick", "kick", "0.1"),
        ("01_Kick", "kick", "0.6"),
        ("02_HiHat", "hi hat", "0.3"),
    ]
    by_path = dict(zip(found["audio_path"], found["remark"], strict=True))
    assert by_path == {"A/01_Kick.wav": "", "A/02_HiHat.wav": "openness_not_told"}
    assert found["confidence"].tolist() == [0.9] * 3
    assert found["refusals"] == []


def test_what_is_louder_in_another_track_is_bleed_and_is_kept_to_be_counted(options):
    data = {
        "A/01_Kick.wav": sound({0.1: 0.9, 0.6: 0.2}),
        "A/02_Snare.wav": sound({0.1: 0.1, 0.6: 0.8}),
    }
    rows, _ = hits_of(data, options)
    assert sorted(rows) == [
        ("01_Kick", "bleed", "0.6"),
        ("01_Kick", "kick", "0.1"),
        ("02_Snare", "bleed", "0.1"),
        ("02_Snare", "snare", "0.6"),
    ]


def test_microphones_of_one_instrument_are_no_bleed_of_each_other(options):
    data = {
        "A/KickIn.wav": sound({0.1: 0.4}),
        "A/KickOut.wav": sound({0.1: 0.9}),  # louder, and of the same drum
        "A/Snare1.wav": sound({0.3: 0.3}),
        "A/Snare2.wav": sound({0.3: 0.6}),  # as often a layer of one stroke
        "A/SnareDown.wav": sound({0.3: 0.9}),
    }
    rows, _ = hits_of(data, options)
    assert sorted(rows)[:3] == [
        ("KickIn", "kick", "0.1"),
        ("Snare1", "snare", "0.3"),
    ]


@pytest.mark.parametrize(
    ("names", "instrument"),
    [
        (("Kick1", "Kick2"), "kick"),
        (("HiHatL", "HiHatR"), "hi hat"),
        (("Crash L", "Crash R"), "crash"),
        (("Tom1 L", "Tom1 R"), "tom"),
    ],
)
@pytest.mark.parametrize("second", [0.2, 0.5, 0.9])
def test_one_stroke_in_two_tracks_is_one_hit(options, names, instrument, second):
    strokes = np.linspace(0.04, 0.84, 21)
    first, other = (f"A/{name}.wav" for name in names)
    data = {
        first: sound(dict.fromkeys(strokes, 0.5)),
        other: sound(dict.fromkeys(strokes, second)),
        "A/Rim.wav": sound({0.95: 0.9}),  # another microphone that judges
    }
    rows, _ = hits_of(data, options)
    assert [row[:2] for row in rows] == [(names[0], instrument)] * 21


def test_a_layer_takes_the_place_of_a_lead_that_cannot_be_decoded(options):
    data = {"A/Kick1.wav": b"RIFF", "A/Kick2.wav": sound({0.1: 0.5})}
    rows, found = hits_of(data, options)
    assert rows == [("Kick2", "kick", "0.1")]
    assert [refusal.path for refusal in found["refusals"]] == ["A/Kick1.wav"]


@pytest.mark.parametrize("name", ["Snare Roll", "Brush Snare", "Snare Loop", "SnareSample2"])
def test_a_snare_played_otherwise_has_no_hits_and_takes_none_from_the_snare(options, name):
    data = {
        "A/Snare1.wav": sound({0.1: 0.2}),
        "A/Kick.wav": sound({0.5: 0.2}),
        f"A/{name}.wav": sound({0.1: 0.9, 0.7: 0.9}),
    }
    rows, _ = hits_of(data, options)
    assert sorted(rows) == [("Kick", "kick", "0.5"), ("Snare1", "snare", "0.1")]


def test_a_roll_that_was_recorded_on_its_own_is_no_bleed(options):
    data = {"A/Kick.wav": sound({0.1: 0.2}), "A/Tambourine Roll.wav": sound({0.1: 0.9})}
    rows, _ = hits_of(data, options)
    assert rows == [("Kick", "kick", "0.1")]


def test_numbered_toms_are_told_apart(options):
    data = {"A/Tom1.wav": sound({0.1: 0.9}), "A/Tom2.wav": sound({0.1: 0.2})}
    rows, found = hits_of(data, options)
    assert sorted(rows) == [("Tom1", "high tom", "0.1"), ("Tom2", "bleed", "0.1")]
    assert sorted(found["instance"]) == [1, 2]


@pytest.mark.parametrize("witness", ["Cymbal1", "Toms", "SnareTrigger", "SnareSample"])
def test_tracks_without_a_label_know_whose_a_stroke_is(options, witness):
    data = {"A/Kick.wav": sound({0.1: 0.2}), f"A/{witness}.wav": sound({0.1: 0.9})}
    rows, _ = hits_of(data, options)
    assert rows == [("Kick", "bleed", "0.1")]


def test_what_was_recorded_on_its_own_neither_bleeds_nor_is_bled_into(options):
    data = {
        "A/Kick.wav": sound({0.1: 0.2}),
        "A/Snare.wav": sound({0.5: 0.9}),
        "A/Shaker.wav": sound({0.1: 0.9, 0.5: 0.1}),
    }
    rows, _ = hits_of(data, options)
    assert sorted(rows) == [
        ("Kick", "kick", "0.1"),
        ("Shaker", "shaker", "0.1"),
        ("Shaker", "shaker", "0.5"),
        ("Snare", "snare", "0.5"),
    ]


@pytest.mark.parametrize("name", ["Overheads", "Room", "Drums", "Bass", "LeadVox", "KickSample"])
def test_overheads_mixes_other_instruments_and_own_samples_take_no_stroke_away(options, name):
    data = {
        "A/Kick.wav": sound({0.1: 0.2}),
        "A/Snare.wav": sound(),
        f"A/{name}.wav": sound({0.1: 0.9}),
    }
    rows, _ = hits_of(data, options)
    assert rows == [("Kick", "kick", "0.1")]


def test_every_used_file_is_read_once_and_the_others_never(options):
    names = ["KickIn", "KickOut", "Snare", "SnareSample", "Overheads", "Bass", "Cymbal1"]
    data = {f"A/{name}.wav": sound({0.1: 0.5}) for name in names}
    opened = []
    stem_hits(session_of(data), lambda path: opened.append(path) or data[path], options)
    assert sorted(opened) == ["A/Cymbal1.wav", "A/KickIn.wav", "A/Snare.wav"]


def test_a_session_of_silence_has_no_hits(options):
    _, found = hits_of({"A/Kick.wav": sound()}, options)
    assert found.pop("refusals") == []
    assert {name: array.shape for name, array in found.items()} == dict.fromkeys(found, (0,))


def test_no_file_at_all_gives_empty_arrays():
    assert join_hits([])["onset"].dtype == float
    assert join_hits([])["source_label"].dtype.kind == "U"


# Damaged files


def test_a_track_that_cannot_be_decoded_is_refused_and_the_rest_goes_on(options):
    data = {
        "A/KickIn.wav": b"RIFF",
        "A/KickOut.wav": sound({0.1: 0.5}),
        "A/Snare.wav": b"",
        "A/Tom.wav": sound({0.4: 0.5}),
    }
    rows, found = hits_of(data, options)
    assert sorted(rows) == [("KickOut", "kick", "0.1"), ("Tom", "tom", "0.4")]
    assert [(r.path, r.reason, r.session_id) for r in found["refusals"]] == [
        ("A/KickIn.wav", "unreadable_audio", "s"),
        ("A/Snare.wav", "empty_audio", "s"),
    ]


def test_a_wrong_setting_is_no_fault_of_the_files(document, monkeypatch):
    data = {"A/Kick.wav": sound({0.1: 0.5})}
    monkeypatch.setattr(multitracks, "analyse_stem", lambda *_: (_ for _ in ()).throw(ValueError()))
    with pytest.raises(ValueError):
        stem_hits(session_of(data), data.__getitem__, {"track_names": document, "onsets": SETTINGS})


def test_of_a_sessions_tracks_one_is_held_at_a_time(document, monkeypatch):
    stem = find_clicks(np.ones(1), RATE_HZ, {})
    monkeypatch.setattr(multitracks, "analyse_stem", lambda *_: stem)
    names = ["Kick", "Snare", "Tom", "HiHat"]
    data = {f"A/{name}.wav": sound({0.1: 0.5}, seconds=600) for name in names}
    tracemalloc.start()
    hits_of(data, {"track_names": document, "onsets": SETTINGS})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * 4 * 600 * RATE_HZ


# Works


def test_a_work_of_another_name_has_the_group_of_the_known_one(repo):
    path = repo / "resources/source_sets/recorded_works.yaml"
    works = read_works(yaml.safe_load(path.read_text()))
    assert works[work_group("Kangoro", "Rockshow")] == work_group("ANiMAL", "Rockshow")
    assert works[work_group("MR1110", "YoungGriffo")] == work_group("Young Griffo", "Facade")
    assert not works.keys() & set(works.values())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "works: got None; wanted a list"),
        ({}, "works: got None; wanted a list"),
        ({"works": {"a": 1}}, "works: got"),
        ({"works": ["x"]}, r"works: 1: got 'x'; wanted name and is"),
        ({"works": [{"name": ["a", "b"]}]}, "works: 1: got"),
        ({"works": [{"name": ["a"], "is": ["b", "c"]}]}, "works: 1: got"),
        ({"works": [{"name": ["a", 54], "is": ["b", "c"]}]}, "works: 1: got"),
    ],
)
def test_a_mistake_in_the_list_of_works_is_named(document, message):
    with pytest.raises(ValueError, match=rf"recorded_works\.yaml: {message}"):
        read_works(document)
