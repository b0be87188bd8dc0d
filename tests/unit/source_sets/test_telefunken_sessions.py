"""The Telefunken sessions: names in many hands, and the works that they are."""

from pathlib import Path

import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st
from source_set_runs import read_demo_multitracks

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.source_sets.telefunken_sessions import survey

OPTIONS = {
    name: yaml.safe_load((REPO / f"resources/source_sets/{name}.yaml").read_text())
    for name in ("track_names", "recorded_works")
} | {"cymbal_words": yaml.safe_load((REPO / "resources/crash/cymbal_words.yaml").read_text())}


def look(paths):
    files = {path: RawFile(path, Path(path), (1, 1, 1, 1)) for path in paths}
    return survey(files, lambda path: b"", OPTIONS)


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def ids(found):
    return [session["session_id"] for session in found.sessions]


def labelled(*names):
    """What the tracks of one session are labelled as."""
    (session,) = look([f"X+-+Session/{name}.wav" for name in names]).sessions
    notes = [note.rpartition("; ") for note in session["notes"]]
    return [note for note, _, fate in notes if fate == "labelled"]


def test_a_folder_is_a_session_under_its_decoded_name():
    found = look(["The+Brew-+Complete+Session/KICK - M82.wav"])
    (session,) = found.sessions
    assert session["session_id"] == "The Brew- Complete Session"
    assert found.owners == {"The+Brew-+Complete+Session/KICK - M82.wav": session["session_id"]}


@pytest.mark.parametrize(
    ("path", "work"),
    [
        ("Abletones+Big+Band+-+Corine+Corine/KICK.wav", ("AbletonesBigBand", "CorineCorine")),
        ("AE3+-+I%27m+Coming+Home/KICK.wav", ("AlanEvansTrio", "ImComingHome")),
        ("The+Brew-+Complete+Session/KICK.wav", ("TheBrew", "WhatIWant")),
        ("39.+Colebrook+Road+-+Bright+Angle/KICK.wav", ("ColebrookRoad", "BrightAngel")),
        ("Ikebe+Session/7. Ikebe Shakedown - The Last Stand/KICK.wav",
         ("IkebeShakedown", "TheLastStand")),
        ("Andrew+Cole+-+Dead+Roses/DRUMS/KICK.wav", ("AndrewCole", "DeadRoses")),
        ("Andrew+Cole+%E2%80%93+Dead+Roses/KICK.wav", ("AndrewCole", "DeadRoses")),
        ("AC-DC+-+Song/KICK.wav", ("ACDC", "Song")),
        ("Somebody+Multitrack+Session+Files/KICK.wav", ("Somebody", "")),
    ],
)  # fmt: skip
def test_the_work_is_that_of_the_other_library(path, work):
    (session,) = look([path]).sessions
    assert session["group_id"] == work_group(*work)


def test_the_initials_of_a_song_make_no_snare():
    notes = labelled(
        "SD BASS-AMP-CU29-LACHAPELL",
        "SD VOX-LEAD-M80-1081",
        "SD GUITAR-M81-1081",
        "SD DRUMS-TOM1-M81-SH-API",
        "SD DRUMS-SNARE TOP-M80-1081",
    )
    assert notes == [
        "SD DRUMS-SNARE TOP-M80-1081: snare, top",
        "SD DRUMS-TOM1-M81-SH-API: tom 1",
    ]


def test_bottom_is_no_tom():
    names = ["ORGAN LESLIE BOTTOM_M82", "DJEMBE BOTTOM-260", "DRUM SNARE BOTTOM - M81 - API 1608"]
    assert labelled(*names) == [
        "DJEMBE BOTTOM-260: djembe, bottom",
        "DRUM SNARE BOTTOM - M81 - API 1608: snare, bottom",
    ]


def test_an_overhead_at_the_ride_is_no_ride():
    names = ["NBATG - OH Ride - ELA M 260", "NBATG - KICK", "NBATG - TOM 1"]
    assert labelled(*names) == ["NBATG - KICK: kick", "NBATG - TOM 1: tom 1"]


def test_of_two_microphones_in_comparison_one_is_labelled():
    names = ["KICK - M80 (new instrument prototype design)", "KICK - M80 (stock version)"]
    assert labelled(*names) == [f"{names[0]}: kick"]


def test_people_who_sing_a_drum_kit_are_no_drum_kit():
    assert labelled("VOX DRUMS_M80", "VOX BASS_M80", "VOX LEAD_M80") == []


def test_two_folders_of_one_name_are_one_session():
    found = look(["A+B/KICK.wav", "A B/KICK.wav"])
    assert refused(found) == [("A+B", "duplicate_session")]
    assert found.refusals[0].detail == "a second folder of this session; A B is taken"
    assert ids(found) == ["A B"]


def test_a_track_beside_the_folders_is_refused():
    assert refused(look(["KICK.wav"])) == [("KICK.wav", "stray_file")]


@given(st.lists(st.text(max_size=40), max_size=8, unique=True))
def test_any_paths_have_a_role_and_sessions_have_one_id_each(names):
    paths = [*names, *(f"{name}/Kick.wav" for name in names)]
    found = look(paths)
    assert set(found.roles) == set(paths)
    assert len(set(ids(found))) == len(found.sessions)


def test_the_demo_corpus_is_read_whole(tmp_path, taxonomy):
    found, onsets = read_demo_multitracks("telefunken_sessions", tmp_path, taxonomy, OPTIONS)
    assert ids(found) == [
        "Gable & Fern- Complete Session",
        "Harrow Lane Trio- Complete Session",
        "Petrel Tin Lamp Menders- Complete Session",
    ]
    assert onsets.right > 0.9 * onsets.played
    assert onsets.right > 0.7 * onsets.found
