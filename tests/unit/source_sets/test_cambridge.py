"""The Cambridge multitracks: folders of every form are sessions of the right work."""

from pathlib import Path

import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st
from source_set_runs import read_demo_multitracks

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.source_sets.cambridge import survey
from drumcorpus.source_sets.shared.groups import work_group

OPTIONS = {
    name: yaml.safe_load((REPO / f"resources/source_sets/{name}.yaml").read_text())
    for name in ("track_names", "recorded_works")
}


def look(paths):
    files = {path: RawFile(path, Path(path), (1, 1, 1, 1)) for path in paths}
    return survey(files, lambda path: b"", OPTIONS)


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def ids(found):
    return [session["session_id"] for session in found.sessions]


def groups(*folders):
    found = look([f"{folder}/01_Kick.wav" for folder in folders])
    return [session["group_id"] for session in found.sessions]


@pytest.mark.parametrize(
    "paths",
    [
        ["Actions_OneMinuteSmile_Full/Actions_OneMinuteSmile_Full/02_Snare.wav"],
        ["Actions_OneMinuteSmile_Full/02_Snare.wav"],
        ["Actions_OneMinuteSmile_Full/Actions - One Minute Smile/Drums/02_Snare.wav"],
    ],
    ids=["doubled", "flat", "foreign inside"],
)
def test_a_multitrack_is_its_outermost_folder_however_it_is_nested(paths):
    found = look([*paths, "Actions_OneMinuteSmile_Full/readme.txt"])
    (session,) = found.sessions
    assert session["session_id"] == "Actions_OneMinuteSmile"
    assert session["support_paths"] == paths
    assert found.roles[paths[0]] == "audio"
    assert found.owners == {paths[0]: "Actions_OneMinuteSmile"}
    assert found.roles["Actions_OneMinuteSmile_Full/readme.txt"] == "other"


def test_a_session_named_actions_has_its_drums():
    # "act" in the artist's name once cost a session all of its tracks.
    names = ["01_KickTrigger", "02_Snare", "03_Overheads", "04_Tom1", "05_Tom2", "06_Tambourine"]
    folder = "Actions_OneMinuteSmile_Full/Actions_OneMinuteSmile_Full"
    (session,) = look([f"{folder}/{name}.wav" for name in names]).sessions
    assert session["notes"] == [
        "01_KickTrigger: kick: a trigger's signal",
        "02_Snare: snare; labelled",
        "03_Overheads: an overhead hears the whole kit",
        "04_Tom1: tom 1: high tom; labelled",
        "05_Tom2: tom 2: low tom; labelled",
        "06_Tambourine: tambourine; labelled",
    ]
    assert "label_map" not in session


def test_a_work_of_musdb_is_in_its_group():
    assert groups("Actions_OneMinuteSmile_Full", "AngelsInAmplifiers_ImAlright_Full") == [
        work_group("Actions", "One Minute Smile"),
        work_group("Angels In Amplifiers", "I'm Alright"),
    ]


def test_a_work_of_musdb_under_another_name_is_in_its_group():
    assert groups("Kangoro_Rockshow_Full", "MR1210_JamesMay_Full", "Triviul_Widow_Full") == [
        work_group("ANiMAL", "Rockshow"),
        work_group("James May", "On The Line"),
        work_group("Triviul feat. The Fiend", "Widow"),
    ]


@pytest.mark.parametrize(
    ("folder", "session_id", "group"),
    [
        ("IAmCassettes_Believe", "IAmCassettes_Believe", ("IAmCassettes", "Believe")),
        ("09%203D-MARCo%20Samples_Acappella", "09 3D-MARCo Samples_Acappella",
         ("3D-MARCo Samples", "Acappella")),
        ("X_Y_Stems", "X_Y_Stems", ("X", "Y")),
        ("Prusinski_80sRocker_Full", "Prusinski_80sRocker", ("Prusinski", "80sRocker")),
        ("A_B_C_Full", "A_B_C", ("A", "B_C")),
        ("39. Colebrook Road - Bright Angle", "39. Colebrook Road - Bright Angle",
         ("Colebrook Road", "Bright Angel")),
        ("OneTimeWeekend", "OneTimeWeekend", ("OneTimeWeekend", "")),
    ],
)  # fmt: skip
def test_artist_and_title_of_a_folder(folder, session_id, group):
    found = look([f"{folder}/01_Kick.wav"])
    assert ids(found) == [session_id]
    assert groups(folder) == [work_group(*group)]


def test_the_parts_of_a_multitrack_are_one_session():
    paths = ["A_B_Full_1/01_Kick.wav", "A_B_Full_2/20_Snare.wav", "C_D_Full_Pt1/01_Kick.wav"]
    found = look(paths)
    assert ids(found) == ["A_B", "C_D"]
    assert found.sessions[0]["support_paths"] == paths[:2]
    assert found.refusals == []


def test_of_a_multitrack_and_its_excerpt_the_whole_counts():
    found = look(["A_B/01_Kick.wav", "A_B_Full/01_Kick.wav"])
    assert refused(found) == [("A_B", "duplicate_session")]
    assert found.refusals[0].detail == "a second folder of this multitrack; A_B_Full is taken"
    assert found.sessions[0]["support_paths"] == ["A_B_Full/01_Kick.wav"]
    assert found.roles["A_B/01_Kick.wav"] == "other"


def test_a_part_beside_the_whole_is_refused():
    found = look(["A_B_Full/01_Kick.wav", "A_B_Full_1/01_Kick.wav", "A%5FB_Full/01_Kick.wav"])
    assert refused(found) == [
        ("A_B_Full", "duplicate_session"),
        ("A_B_Full_1", "duplicate_session"),
    ]


def test_a_track_beside_the_folders_is_refused():
    found = look(["01_Kick.wav", "A_B_Full/01_Kick.wav", "readme.txt"])
    assert refused(found) == [("01_Kick.wav", "stray_file")]
    assert ids(found) == ["A_B"]


def test_previews_are_no_tracks():
    found = look(["A_B_Full/01_Kick.wav", "A_B_Full/x.mp3"])
    assert ids(found) == ["A_B"]
    assert found.refusals == []


def test_tracks_of_the_kit_are_probed_and_the_others_listed():
    found = look([f"A_B_Full/{name}.wav" for name in ("Kick", "Overheads", "Cymbal1", "Bass")])
    assert found.roles == {
        "A_B_Full/Kick.wav": "audio",
        "A_B_Full/Overheads.wav": "audio",
        "A_B_Full/Cymbal1.wav": "audio",
        "A_B_Full/Bass.wav": "other",
    }


def test_a_choir_is_a_session_without_labels():
    (session,) = look(["DonCamilloChoir_X_Full/01_Sopranos.wav"]).sessions
    assert session["label_map"] is None


def test_an_empty_root_is_no_session():
    assert look([]).sessions == []


@given(st.lists(st.text(max_size=40), max_size=8, unique=True))
def test_any_paths_have_a_role_and_sessions_have_one_id_each(names):
    paths = [*names, *(f"{name}/Kick.wav" for name in names), *(f"{n}_Full/K.wav" for n in names)]
    found = look(paths)
    assert set(found.roles) == set(paths)
    assert len(set(ids(found))) == len(found.sessions)
    assert set(found.owners.values()) <= set(ids(found))


def test_the_demo_corpus_is_read_whole(tmp_path, taxonomy):
    found, onsets = read_demo_multitracks("cambridge", tmp_path, taxonomy, OPTIONS)
    assert ids(found) == [
        "ActuarialOwls_BrideOfTheCartographer",
        "PocketMeridian_LowTide",
        "QuillbackParade_ItsOnlyWinter",
    ]
    assert onsets.right > 0.9 * onsets.played
    assert onsets.right > 0.7 * onsets.found
