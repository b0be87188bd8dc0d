"""An error of the system that names no file, as that of a full disk, gets the name of the file."""

import errno
import resource
from pathlib import Path

import pytest

from drumcorpus.ground.files.atomic import naming, replacing
from drumcorpus.stages.export.written import FileForm


def write_to_a_full_disk(path):
    """What a program meets that writes to a full disk: the system names no file."""
    with open("/dev/full", "wb", buffering=0) as handle:  # noqa: PTH123
        handle.write(b"x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the full device of Linux")
@pytest.mark.parametrize("write", [naming, replacing])
def test_what_is_written_is_named(tmp_path, write):
    with pytest.raises(OSError) as raised, write(tmp_path / "a.parquet"):
        write_to_a_full_disk(tmp_path)
    assert raised.value.errno == errno.ENOSPC
    assert raised.value.filename == str(tmp_path / "a.parquet")


def test_a_name_that_is_there_stays(tmp_path):
    with pytest.raises(FileNotFoundError) as raised, naming(tmp_path / "a"):
        Path(tmp_path / "b").read_bytes()
    assert raised.value.filename == str(tmp_path / "b")


def test_a_file_of_an_export_that_finds_no_room_is_named(tmp_path):
    path = "train/clips/set/000/ab/cdab.wav"
    part = tmp_path / "train/clips/set/.000.part/ab/cdab.wav"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with (
            pytest.raises(OSError) as raised,
            FileForm(tmp_path, "set", "000", "clip", "wav") as files,
        ):
            files.add("train", ["cdab"], [b"RIFF"], ["0" * 64])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (raised.value.errno, raised.value.filename) == (errno.EFBIG, str(part))
    assert not part.exists() and not (tmp_path / path).exists()
