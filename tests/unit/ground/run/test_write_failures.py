"""What the surroundings refused is said in words: which file, how much is free, what to do."""

import errno
import os
import resource
from pathlib import Path

import pytest
from mounts import mount, unmounted_at_last

from drumcorpus.ground.run import write_failures
from drumcorpus.ground.run.write_failures import cause_of, in_words, number_in, sentence


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def refused(number, path="results/events/egmd.parquet"):
    return OSError(number, os.strerror(number), path)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param(
            errno.ENOSPC, "could not be written: there is not enough space for it (", id="full"
        ),
        pytest.param(errno.EDQUOT, "could not be written: the quota of this user", id="quota"),
        pytest.param(errno.EFBIG, "it would be larger than a file may be here", id="file-limit"),
        pytest.param(errno.EROFS, "its file system is mounted read-only", id="read-only"),
        pytest.param(errno.EACCES, f"this user (uid {os.geteuid()}) may not", id="denied"),
        pytest.param(errno.EPERM, f"this user (uid {os.geteuid()}) may not", id="not-permitted"),
        pytest.param(errno.EMFILE, "this process has too many open files (at most", id="handles"),
        pytest.param(errno.ENAMETOOLONG, "its name is too long", id="long-name"),
        pytest.param(errno.EIO, "its disk or network file system failed", id="broken-disk"),
        pytest.param(errno.ENOTCONN, "the server of its file system, is gone", id="no-server"),
        pytest.param(errno.ENODEV, "its drive, or the server", id="no-drive"),
        pytest.param(errno.EBADMSG, "its file system is damaged; have it", id="damaged"),
    ],
)
def test_what_is_refused_is_named_with_its_cause_and_without_its_number(number, words):
    said = sentence(refused(number))
    assert said.startswith("results/events/egmd.parquet could not be ")
    assert words in said
    assert "rrno" not in said and os.strerror(number) not in said
    assert "; " in said, "what to do"


def test_how_much_is_free_is_said_of_the_disk_that_the_file_would_be_on(tmp_path, monkeypatch):
    usage = write_failures.shutil._ntuple_diskusage(2_000_000_000_000, 0, 51_200)
    monkeypatch.setattr(write_failures.shutil, "disk_usage", lambda path: usage)
    what, advice = in_words(errno.ENOSPC, tmp_path / "not/there/yet.parquet")
    assert what.startswith("not/there/yet.parquet could not be written")
    assert "51 kB of 2,000 GB free on the disk at /" in what
    assert advice == "make room there"


def test_a_disk_that_takes_no_more_files_says_so_and_not_how_much_room_is_left(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with unmounted_at_last(disk):
        mount(disk, "size=10M,nr_inodes=30")
        with pytest.raises(OSError, match="No space") as caught:
            for number in range(30):
                (disk / f"{number}.wav").touch()
        last = Path(caught.value.filename)
        (disk / "0.wav").unlink()  # as what was half-made goes
        what, advice = in_words(errno.ENOSPC, last)
    assert what == (
        f"disk/{last.name} could not be written: there is no place for one more file (1 of 30 "
        f"files left on the disk at {disk} without what was half-made)"
    )
    assert advice == "remove files there, or use a disk that takes more of them"


def test_a_disk_without_room_says_how_much_is_left_though_it_takes_few_files(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with unmounted_at_last(disk):
        mount(disk, "size=100k,nr_inodes=30")
        with pytest.raises(OSError, match="No space"):
            (disk / "a.wav").write_bytes(bytes(200_000))
        what, advice = in_words(errno.ENOSPC, disk / "a.wav")
    assert "there is not enough space for it (0 kB of " in what
    assert advice == "make room there"


def test_a_quota_is_the_users_whatever_the_disk_has_left(tmp_path):
    disk = tmp_path / "disk {1}"
    disk.mkdir()
    with unmounted_at_last(disk):
        mount(disk, "size=10M,nr_inodes=2")
        (disk / "a.wav").touch()
        quota, advice = in_words(errno.EDQUOT, disk / "b.wav")
        full, _ = in_words(errno.ENOSPC, disk / "b.wav")
    assert "the quota of this user is used up (" in quota
    assert advice == "make room or have the quota raised"
    assert "files left on the disk at " in full and "disk {1} without what was half-made" in full


def test_a_disk_that_turns_read_only_can_be_mounted_anew(tmp_path):
    _, advice = in_words(errno.EROFS, tmp_path / "results/x.parquet")
    assert advice.startswith("mount it so that it can be written")
    assert advice.endswith("or name another folder: --directory DIR")


def test_the_half_made_file_is_called_by_its_final_name(tmp_path):
    for half_made in ("results/.x.parquet.part", "results/.x.parquet.link"):
        what, _ = in_words(errno.ENOSPC, tmp_path / half_made)
        assert what.startswith("results/x.parquet could not")
    what, _ = in_words(errno.ENOSPC, tmp_path / "train/.000.part/a.wav")
    assert what.startswith("train/000/a.wav could not")


def test_a_limit_of_the_size_of_files_is_said_in_bytes(monkeypatch):
    limits = {resource.RLIMIT_FSIZE: (5_000_000, -1), resource.RLIMIT_NOFILE: (64, 64)}
    monkeypatch.setattr(resource, "getrlimit", limits.get)
    assert "at most 5,000,000 bytes" in sentence(refused(errno.EFBIG))
    assert "at most 64 files" in sentence(refused(errno.EMFILE))


class IOException(Exception):  # as duckdb has it
    pass


class OutOfMemoryException(Exception):  # as duckdb has it
    pass


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (OSError(28, "Error writing bytes to file. Detail: [errno 28] No space"), errno.ENOSPC),
        (IOException('Could not write file "/x": No space left on device'), errno.ENOSPC),
        (OutOfMemoryException("could not allocate block of 256 KiB"), errno.ENOMEM),
        (MemoryError(), errno.ENOMEM),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), None),
        (ValueError("x.mid: no track"), None),
    ],
    ids=["arrow", "duckdb", "duckdb-memory", "memory", "not-there", "bad-data"],
)
def test_libraries_say_the_same_in_their_own_words(error, number):
    cause = cause_of(error)
    assert (cause and cause[0]) == number


def test_the_error_that_another_was_raised_from_is_found():
    try:
        try:
            raise refused(errno.EDQUOT)
        except OSError as error:
            raise RuntimeError("the table was not closed") from error
    except RuntimeError as error:
        assert cause_of(error) == (errno.EDQUOT, "results/events/egmd.parquet")


def test_a_number_in_a_sentence_about_data_is_no_cause():
    assert number_in("a.wav: 28 samples; expected 30") is None
    assert cause_of(ValueError("bpm 28 of [28, 30]")) is None


@pytest.mark.parametrize("path", ["x" * 300, "y/" * 3000, "a\0b"], ids=["name", "path", "nul"])
def test_a_path_that_no_file_can_have_is_said_and_breaks_nothing(path):
    what, _ = in_words(errno.ENAMETOOLONG, path)
    assert "its name is too long for the file system" in what
