"""Which roots of a source set are there, and a sentence with the true reason on the others."""

import os

import pytest

from drumcorpus.ground.files import written_paths
from drumcorpus.ground.files.leftovers import NO_LEFTOVERS
from drumcorpus.ground.run.raw_state import describe_raw_data, scan_existing_roots
from drumcorpus.ground.run.roots import absent_in_words, existing_roots, is_absent, root_name


@pytest.fixture
def drive(tmp_path):
    """A drive that is mounted, with a second folder and a file."""
    for name in ("groove", "groove2"):
        (tmp_path / name).mkdir()
    (tmp_path / "groove.zip").touch()
    return tmp_path


def test_the_roots_that_are_there_are_taken_in_order(drive):
    roots = [drive / "groove2", drive / "gone", drive / "groove"]
    assert existing_roots("groove", roots) == [drive / "groove2", drive / "groove"]


def test_roots_are_called_by_their_places_and_keep_them_where_one_before_is_absent(drive):
    (drive / "groove2/a.mid").touch()
    roots = [drive / "gone", drive / "groove2", drive / "groove"]
    files, _ = scan_existing_roots("groove", roots, NO_LEFTOVERS, "present")
    assert files["a.mid"].root == 2
    assert [root_name(number) for number in (1, 2, 3, 10)] == [
        *("primary", "secondary", "root_3", "root_10")
    ]


def test_a_file_below_another_root_is_another_input_of_the_inventory():
    digests = {"a.mid": "0" * 64, "b.mid": "1" * 64}
    below_the_first = describe_raw_data("groove", digests, [])
    assert below_the_first == describe_raw_data("groove", digests, [], {"a.mid": 1, "b.mid": 1})
    described = [below_the_first["sha256"]]
    for roots in ({"a.mid": 2}, {"a.mid": 3}, {"b.mid": 2}, {"a.mid": 2, "b.mid": 2}):
        row = describe_raw_data("groove", digests, [], roots)
        described.append(row["sha256"])
        assert (row["kind"], row["rows"]) == ("raw", 2)
    assert len(set(described)) == 5


def test_an_absent_root_is_said_by_name_while_others_are_there(drive):
    said = absent_in_words("groove", [drive / "groove", drive / "gone"])
    assert said.startswith(f"source_sets.groove.roots: {drive}/gone is not there")
    assert "inventory.roots: required" in said
    assert absent_in_words("groove", [drive / "groove"]) == ""
    assert absent_in_words("groove", [drive / "gone"]) == ""  # an error of its own


def test_where_every_root_is_required_an_absent_one_is_an_error(drive):
    roots = [drive / "groove", drive / "gone"]
    with pytest.raises(FileNotFoundError, match=r"/gone is not there.* every root is required"):
        existing_roots("groove", roots, "required")
    assert existing_roots("groove", roots[:1], "required") == roots[:1]


@pytest.mark.parametrize("wanted", ["present", "required"])
def test_none_at_all_is_an_error_with_the_reason_of_each(drive, wanted):
    roots = [drive / "grove", "~/groove", "D:\\groove"]
    with pytest.raises(FileNotFoundError) as error:
        existing_roots("egmd", roots, wanted)
    said = str(error.value)
    assert said.startswith("source_sets.egmd.roots: none of these folders exists: ")
    assert f"{drive}/grove is not there; did you mean {drive}/groove" in said
    assert "~/groove begins with ~" in said
    assert "D:\\groove is a path of Windows" in said


@pytest.mark.parametrize("wanted", ["present", "required"])
def test_a_file_is_no_root_and_not_absent(drive, wanted):
    with pytest.raises(ValueError, match=r"groove\.zip is a file; a folder is wanted"):
        existing_roots("groove", [drive / "groove", drive / "groove.zip"], wanted)


@pytest.mark.parametrize("wanted", ["present", "required"])
def test_a_root_that_may_not_be_read_is_not_called_absent(drive, monkeypatch, wanted):
    """By the system's answer, for the superuser may read everything."""
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("groove2"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(written_paths.os, "scandir", refuse)
    with pytest.raises(ValueError, match="groove2 may not be read: permission denied"):
        existing_roots("groove", [drive / "groove", drive / "groove2"], wanted)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may look everywhere")
def test_a_root_below_a_folder_that_may_not_be_entered_is_not_called_absent(drive):
    (drive / "groove").chmod(0)
    try:
        with pytest.raises(ValueError, match="permission denied"):
            existing_roots("groove", [drive / "groove/inner", drive / "groove2"])
    finally:
        (drive / "groove").chmod(0o755)


def test_a_link_to_a_drive_that_is_not_mounted_is_absent(drive):
    (drive / "link").symlink_to("/no/such/drive")
    assert is_absent(drive / "link")
    said = absent_in_words("groove", [drive / "link", drive / "groove"])
    assert "link is a link to /no/such/drive, which is not there" in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("egmd", "download the source set (drumcorpus fetch egmd), correct"),
        ("star_drums", "download the source set, correct"),
        ("of_mine", "download the source set, correct"),
    ],
    ids=["fetched", "by hand", "no card"],
)
def test_where_no_root_is_there_it_is_said_how_the_set_is_fetched(tmp_path, name, words):
    with pytest.raises(FileNotFoundError) as error:
        existing_roots(name, [tmp_path / "gone"])
    assert words in str(error.value)
