"""Many files in one folder: spread over folders, replaced as a whole."""

import errno
from pathlib import Path

import pytest

from drumcorpus.ground.files.fan_out import FanOutFolder, fan_out_path, old_of, part_of

FULL = Path("/dev/full")


def write(folder, *ids):
    with FanOutFolder(folder) as files:
        return [files.add(sample_id, "wav", sample_id.encode()) for sample_id in ids]


def content(folder):
    """Files below a folder and what is in them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_stand_in_the_folder_of_their_last_characters(tmp_path):
    folder = tmp_path / "train/clips/groove/000"
    assert write(folder, "5f3a", "003a", "s_12") == ["3a/5f3a.wav", "3a/003a.wav", "12/s_12.wav"]
    assert content(tmp_path) == {
        "train/clips/groove/000/3a/5f3a.wav": b"5f3a",
        "train/clips/groove/000/3a/003a.wav": b"003a",
        "train/clips/groove/000/12/s_12.wav": b"s_12",
    }


def test_what_is_gone_goes(tmp_path):
    write(tmp_path / "clips", "aa", "bb")
    write(tmp_path / "clips", "bb", "cc")
    assert sorted(content(tmp_path)) == ["clips/bb/bb.wav", "clips/cc/cc.wav"]
    assert write(tmp_path / "clips") == []
    assert not any(tmp_path.iterdir())


def test_an_error_leaves_the_folder_as_it_was(tmp_path):
    write(tmp_path / "clips", "aa")
    with (
        pytest.raises(RuntimeError, match="in its middle"),
        FanOutFolder(tmp_path / "clips") as files,
    ):
        files.add("bb", "wav", b"1")
        assert sorted(content(tmp_path)) == [".clips.part/bb/bb.wav", "clips/aa/aa.wav"]
        raise RuntimeError("unreadable in its middle")
    assert content(tmp_path) == {"clips/aa/aa.wav": b"aa"}


def test_what_a_killed_process_left_is_cleared(tmp_path):
    folder = tmp_path / "clips"
    for left in (part_of(folder), old_of(folder)):
        (left / "zz").mkdir(parents=True)
        (left / "zz/zz.wav").write_bytes(b"old")
    assert {path.name for path in tmp_path.iterdir()} == {".clips.part", ".clips.old"}
    write(folder, "aa")
    assert content(tmp_path) == {"clips/aa/aa.wav": b"aa"}


@pytest.mark.parametrize("sample_id", ["a", "a/bb", "..", "a.b", ".aa", "aä", "a b"])
def test_an_id_that_is_no_name_is_refused(tmp_path, sample_id):
    with pytest.raises(ValueError, match="cannot be the name of a file"):
        fan_out_path(sample_id, "wav")


def test_two_files_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"two files have the name bb/bb\.wav"):
        write(tmp_path / "clips", "bb", "bb")
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    with (
        pytest.raises(OSError, match=r"bb/bb\.wav") as failed,
        FanOutFolder(tmp_path / "c") as files,
    ):
        (tmp_path / ".c.part/bb").mkdir(parents=True)
        (tmp_path / ".c.part/bb/bb.wav").symlink_to(FULL)
        monkey = pytest.MonkeyPatch()
        monkey.setattr("builtins.open", lambda path, mode, **options: _open(path, **options))
        try:
            files.add("bb", "wav", b"1")
        finally:
            monkey.undo()
    assert failed.value.errno == errno.ENOSPC
    assert not any(tmp_path.iterdir())


_real = open


def _open(path, **options):
    """Open the file whatever its mode: /dev/full is there already."""
    return _real(path, "wb", **options)
