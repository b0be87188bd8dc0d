"""Sample packs: one stroke a file, named by the file, where it is heard."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st
from sounds import sound_bytes

from drumcorpus.demo.signaturesounds import truth, write_corpus
from drumcorpus.ground.files.raw_files import RawFile, scan_roots
from drumcorpus.source_sets import signaturesounds
from drumcorpus.source_sets.signaturesounds import read_hits, survey

RULES = yaml.safe_load((REPO / "resources/source_sets/track_names.yaml").read_text())
ONSETS = yaml.safe_load((REPO / "config/config.yaml").read_text())["onsets"]
OPTIONS = {"track_names": RULES, "onsets": ONSETS}


def look(paths):
    files = {path: RawFile(path, Path(path), (1, 1, 1, 1)) for path in paths}
    return survey(files, lambda path: b"", OPTIONS)


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def ids(found):
    return [session["session_id"] for session in found.sessions]


def sound(onset=0.01, rate=8000):
    samples = np.zeros(rate // 4)
    if onset is not None:
        samples[round(onset * rate) :] = 0.5
    return sound_bytes(samples, rate)


@pytest.fixture
def first_loud_sample(monkeypatch):
    def find(samples, rate, settings):
        return (np.argmax(samples > 0.1) / rate, 0.75) if samples.any() else None

    monkeypatch.setattr(signaturesounds, "one_shot_onset", find)


def hits_of(pack, data):
    session = {"session_id": pack, "files": [{"path": path} for path in sorted(data)]}
    return read_hits(session, data.__getitem__, None, OPTIONS)


def test_a_pack_is_a_session_of_one_shots():
    path = "Cymbal+Crashes+-+SignatureSounds.org/Cymbal Crashes - SignatureSounds.org/"
    paths = [f"{path}Cymbal Crash {number}.wav" for number in (1, 2)]
    found = look(paths)
    assert found.sessions == [
        {
            "session_id": "Cymbal Crashes - SignatureSounds.org",
            "group_id": "signaturesounds/Cymbal Crashes - SignatureSounds.org",
            "style": "one_shot",
            "serial_audio": True,
            "support_paths": paths,
            "notes": [
                "the licence of this pack has not been verified",
                "Cymbal Crash 1: crash",
                "Cymbal Crash 2: crash",
            ],
        }
    ]
    assert found.roles == dict.fromkeys(paths, "audio")


def test_a_notice_that_came_with_a_pack_is_named_and_not_trusted():
    paths = ["vhs-drumkit CC0 2/Kick.wav", "vhs-drumkit CC0 2/x/CC0_License_For_Users.pdf"]
    (session,) = look([*paths, "vhs-drumkit CC0 2/cover.jpg"]).sessions
    assert session["notes"][:2] == [
        "the licence of this pack has not been verified",
        "CC0_License_For_Users.pdf: came with the pack, not read",
    ]


def test_a_file_says_what_it_is_and_not_its_folder():
    folder = "Home Made Drum Kit #1 2 (1)/Home Made Drum Kit #1 2 (1)/Kicks"
    found = look([f"{folder}/Rimshot 1.wav", f"{folder}/Kick 1.wav"])
    assert found.sessions[0]["notes"][1:] == ["Kick 1: kick", "Rimshot 1: rim shot"]


def test_a_loop_is_listed_only(first_loud_sample):
    name = "Forest Kit/Forest Organics - Perc Loop 01 - 120-BPM.wav"
    found = look([name])
    assert found.sessions[0]["label_map"] is None
    assert found.roles == {name: "audio"}
    assert len(hits_of("Forest Kit", {name: sound()})["onset"]) == 0


def test_where_no_file_says_it_the_pack_does(first_loud_sample):
    data = {f"Burial Kicks/Burial Kicks/{number:02d} Dusty.wav": sound() for number in (1, 2)}
    assert look(data).sessions[0]["notes"][1:] == [
        "01 Dusty: kick, by the name of the pack",
        "02 Dusty: kick, by the name of the pack",
    ]
    assert hits_of("Burial Kicks", data)["map_label"].tolist() == ["kick", "kick"]


def test_an_extension_that_is_nearly_one_is_refused():
    found = look(["P/Kick Drum 17.wav", "P/Kick Drum 18.awav", "P/a.asd", "P/x.pdf"])
    assert refused(found) == [("P/Kick Drum 18.awav", "unknown_format")]
    assert found.roles["P/Kick Drum 18.awav"] == "other"


def test_the_same_pack_twice_is_one_session():
    found = look(["A+B/Kick.wav", "A B/Kick.wav"])
    assert refused(found) == [("A+B", "duplicate_session")]
    assert ids(found) == ["A B"]


def test_a_sound_beside_the_folders_is_refused():
    assert refused(look(["Kick.wav", "P/Kick.wav"])) == [("Kick.wav", "stray_file")]


def test_a_stroke_stands_where_it_is_heard_and_not_at_zero(first_loud_sample):
    found = hits_of("P", {"P/Kick 7.wav": sound(0.0125), "P/Tom High 2.wav": sound(0.05)})
    assert found["onset"].tolist() == [0.0125, 0.05]
    assert found["confidence"].tolist() == [0.75, 0.75]
    assert found["source_label"].tolist() == ["Kick 7", "Tom High 2"]
    assert found["map_label"].tolist() == ["kick", "high tom"]
    assert found["audio_path"].tolist() == ["P/Kick 7.wav", "P/Tom High 2.wav"]
    assert found["instance"].tolist() == [0, 0]  # serial numbers of files, not of cymbals


def test_silence_and_what_is_no_sound_are_refused_and_the_rest_goes_on(first_loud_sample):
    data = {"P/Kick 1.wav": sound(None), "P/Kick 2.wav": b"", "P/Kick 3.wav": sound()}
    found = hits_of("P", data)
    assert found["source_label"].tolist() == ["Kick 3"]
    assert [(r.path, r.reason, r.session_id) for r in found["refusals"]] == [
        ("P/Kick 1.wav", "no_onset", "P"),
        ("P/Kick 2.wav", "empty_audio", "P"),
    ]


def test_only_named_strokes_are_read(first_loud_sample):
    data = {f"P/{name}.wav": sound() for name in ("Kick", "Whoosh", "Vox Hit", "Perc Loop")}
    opened = []
    session = {"session_id": "P", "files": [{"path": path} for path in data]}
    read_hits(session, lambda path: opened.append(path) or data[path], None, OPTIONS)
    assert opened == ["P/Kick.wav"]


@given(st.lists(st.text(max_size=40), max_size=8, unique=True))
def test_any_paths_have_a_role_and_sessions_have_one_id_each(names):
    paths = [*names, *(f"{name}/Kick.wav" for name in names)]
    found = look(paths)
    assert set(found.roles) == set(paths)
    assert len(set(ids(found))) == len(found.sessions)


def test_the_demo_corpus_is_read_whole(tmp_path):
    kits = REPO / "resources/demo/kits.yaml"
    write_corpus(tmp_path, kits, seed=7)
    files, _ = scan_roots([tmp_path])
    read = lambda path: files[path].location.read_bytes()  # noqa: E731
    found = survey(files, read, OPTIONS)
    assert found.refusals == []
    assert set(found.roles) == set(files)
    assert len(found.sessions) == 4
    onsets = truth(kits, seed=7)
    for session in found.sessions:
        row = session | {"files": [{"path": path} for path in session["support_paths"]]}
        hits = read_hits(row, read, None, OPTIONS)
        assert hits["refusals"] == []
        expected = [onsets[path][0] for path in hits["audio_path"]]
        assert hits["onset"].tolist() == pytest.approx(expected, abs=0.002)
