"""MUSDB18-HQ: songs are listed with their splits, and nothing of them becomes an event."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.demo.musdb18_hq import write_corpus
from drumcorpus.ground.files.raw_files import RawFile, scan_roots
from drumcorpus.source_sets.musdb18_hq import NOTE, read_hits, survey

STEMS = ("mixture", "drums", "bass", "other", "vocals")


@pytest.fixture(scope="module")
def options(repo):
    path = repo / "resources/source_sets/musdb18_hq_validation.yaml"
    return {"validation": yaml.safe_load(path.read_text())}


def song(folder, stems=STEMS):
    return [f"{folder}/{stem}.wav" for stem in stems]


def look(paths, options):
    files = {path: RawFile(path, Path(path), (1, 1, 1, 1)) for path in paths}
    return survey(files, lambda path: b"", options)


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def splits(found):
    return {session["session_id"]: session["split"] for session in found.sessions}


def test_a_song_is_a_session_with_the_drum_stem_as_its_audio(options):
    found = look(song("train/Dark Ride - Burning Bridges"), options)
    assert found.sessions == [
        {
            "session_id": "Dark Ride - Burning Bridges",
            "group_id": "work/darkride/burningbridges",
            "split": "train",
            "audio_path": "train/Dark Ride - Burning Bridges/drums.wav",
            "mix_path": "train/Dark Ride - Burning Bridges/mixture.wav",
            "label_map": None,
            "measure_loudness": True,
            "notes": [NOTE],
        }
    ]
    assert found.refusals == []


def test_a_song_without_its_mixture_lacks_nothing(options):
    found = look(song("train/A - B", STEMS[1:]), options)
    assert (found.sessions[0]["mix_path"], found.refusals) == (None, [])


def test_drum_stem_and_mixture_are_audio_and_all_stems_are_the_song_s(options):
    paths = song("train/A - B")
    found = look([*paths, "README", "train/A - B/cover.jpg"], options)
    assert [path for path, role in found.roles.items() if role == "audio"] == paths[:2]
    assert found.owners == dict.fromkeys(paths, "A - B")
    assert set(found.roles) == {*paths, "README", "train/A - B/cover.jpg"}


def test_the_test_folder_and_the_14_validation_songs_are_official(options):
    assert len(options["validation"]["tracks"]) == 14
    paths = [
        *song("train/Actions - One Minute Smile"),
        *song("train/ANiMAL - Clinic A"),
        *song("train/Johnny Lokke - Promises & Lies"),
        *song("test/Zeno - Signs"),
        *song("test/Actions - One Minute Smile 2"),
    ]
    assert splits(look(paths, options)) == {
        "Actions - One Minute Smile": "validation",
        "ANiMAL - Clinic A": "train",
        "Johnny Lokke - Promises & Lies": "validation",
        "Zeno - Signs": "test",
        "Actions - One Minute Smile 2": "test",
    }


def test_a_validation_song_in_the_test_folder_stays_there(options):
    found = look(song("test/Leaf - Summerghost"), options)
    assert splits(found) == {"Leaf - Summerghost": "test"}


def test_apostrophes_ampersands_and_dashes_in_names_are_no_matter(options):
    names = ["AM Contra - Heart Peripheral", "Angels In Amplifiers - I'm Alright", "A - B - C"]
    found = look([path for name in names for path in song(f"test/{name}")], options)
    assert {session["group_id"] for session in found.sessions} == {
        "work/amcontra/heartperipheral",
        "work/angelsinamplifiers/imalright",
        "work/a/bc",
    }


def test_a_folder_that_names_no_artist_is_a_song_all_the_same(options):
    (session,) = look(song("train/Untitled"), options).sessions
    assert session["group_id"] == "work/untitled/unnamed"


def test_the_compressed_edition_is_refused_with_a_sentence(options):
    found = look(["train/A - B.stem.mp4", "test/C - D.stem.mp4"], options)
    assert refused(found) == [
        ("test/C - D.stem.mp4", "unsupported_format"),
        ("train/A - B.stem.mp4", "unsupported_format"),
    ]
    assert "get MUSDB18-HQ" in found.refusals[0].detail
    assert found.sessions == []


def test_a_song_without_its_drum_stem_is_refused(options):
    found = look(song("train/A - B", ["mixture", "bass"]), options)
    assert refused(found) == [("train/A - B/drums.wav", "missing_audio")]
    assert (found.sessions, found.owners) == ([], {})


def test_of_a_song_in_both_folders_that_of_test_counts(options):
    found = look([*song("train/A - B"), *song("test/A - B")], options)
    assert refused(found) == [("train/A - B", "duplicate_session")]
    assert splits(found) == {"A - B": "test"}
    assert set(found.owners) == set(song("test/A - B"))


def test_other_files_and_folders_are_left_alone(options):
    paths = ["train/A - B/extra/drums.wav", "train/drums.wav", "valid/A - B/drums.wav"]
    found = look(paths, options)
    assert (found.sessions, found.refusals) == ([], [])
    assert found.roles == dict.fromkeys(paths, "other")


@pytest.mark.parametrize("paths", [[], ["musdb18hq/train/A - B/drums.wav"], ["training/x"]])
def test_a_root_without_the_two_folders_is_named(options, paths):
    with pytest.raises(ValueError, match="no folder train or test; the root of musdb18_hq"):
        look(paths, options)


@pytest.mark.parametrize("document", [None, [], {}, {"tracks": "x"}, {"tracks": [7]}])
def test_a_list_of_validation_songs_that_is_none_is_named(document):
    with pytest.raises(ValueError, match="validation: tracks: got"):
        look(song("train/A - B"), {"validation": document})


def test_nothing_reads_hits_of_it():
    with pytest.raises(ValueError, match="A - B: MUSDB18-HQ has no labels"):
        read_hits({"session_id": "A - B"}, lambda path: b"", None, {})


@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_paths_have_a_role(names):
    paths = ["train/x/drums.wav", *(f"train/{name}" for name in names), *names]
    found = look(paths, {"validation": {"tracks": []}})
    assert set(found.roles) == set(paths)


def test_the_demo_corpus_is_read_whole(repo, tmp_path, options):
    write_corpus(tmp_path, repo / "resources/demo/kits.yaml", seed=7)
    files, _ = scan_roots([tmp_path])
    found = survey(files, lambda path: files[path].location.read_bytes(), options)
    assert found.refusals == []
    assert set(found.roles) == set(files)
    assert sorted(splits(found).values()) == ["test", "train", "train"]
