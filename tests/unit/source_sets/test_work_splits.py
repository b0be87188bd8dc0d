"""The reviewed table of works that have an official split, whichever source set holds them."""

import pytest

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.source_sets.shared.groups import work_group


@pytest.fixture(scope="module")
def table(repo):
    return read_yaml(repo / "resources/source_sets/work_splits.yaml")


@pytest.fixture(scope="module")
def names(table):
    return [name for split in table["works"].values() for name in split]


def group(name):
    return work_group(*name.split(" - ", 1))


def test_the_splits_are_as_large_as_published(table):
    sizes = {split: len(names) for split, names in table["works"].items()}
    assert sizes == {"test": 50, "validation": 14, "train": 86}


def test_the_table_says_where_it_is_from_and_when_it_was_checked(table):
    assert set(table) == {"sources", "verified", "works"}
    assert len(table["sources"]) == 4
    assert isinstance(table["verified"], str)


def test_a_name_is_an_artist_and_a_title(names):
    for name in names:
        artist, title = name.split(" - ")
        assert artist.strip() == artist != "", name
        assert title.strip() == title != "", name
        assert "unnamed" not in group(name)


def test_no_work_stands_twice(names):
    assert len({group(name) for name in names}) == len(names) == 150


def test_the_names_are_in_order(table):
    for split in table["works"].values():
        assert split == sorted(split, key=str.casefold)


def test_the_validation_works_are_those_that_musdb18_is_read_with(repo, table):
    tracks = read_yaml(repo / "resources/source_sets/musdb18_hq_validation.yaml")["tracks"]
    assert set(table["works"]["validation"]) == set(tracks)


@pytest.mark.parametrize(
    ("artist", "title", "split"),
    [
        ("TheDopplerShift", "Atrophy", "test"),
        ("AngelsInAmplifiers", "ImAlright", "test"),
        ("JokersJacksKings", "SeaOfLeaves", "train"),
        ("MusicDelta", "80sRock", "train"),
        ("ANiMAL", "Rockshow", "validation"),
    ],
)
def test_a_work_is_found_by_the_spelling_of_another_source_set(table, artist, title, split):
    assert work_group(artist, title) in {group(name) for name in table["works"][split]}


def test_the_folders_that_name_no_title_lead_to_works_of_this_table(repo, names):
    works = read_yaml(repo / "resources/source_sets/recorded_works.yaml")["works"]
    mix_rescue = [row["is"] for row in works if row["name"][0].startswith("MR")]
    assert len(mix_rescue) > 20
    known = {group(name) for name in names}
    assert [pair for pair in mix_rescue if work_group(*pair) not in known] == []
