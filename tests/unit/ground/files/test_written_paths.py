"""A path that a person wrote works as it is written, or the reason why it leads nowhere is said."""

import errno
import os
import unicodedata
from pathlib import Path

import pytest

from drumcorpus.ground.files import written_paths
from drumcorpus.ground.files.written_paths import why_no_file, why_no_folder, why_not_to_make

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Größe") for form in ("NFC", "NFD"))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("with blanks", id="blanks"),
        pytest.param(" at both ends ", id="blanks_at_the_ends"),
        pytest.param("a#b %20 100%", id="hash_and_percent"),
        pytest.param('it\'s "so"', id="quotes"),
        pytest.param("{a} $HOME ~", id="braces_dollar_tilde"),
        pytest.param("~", id="tilde"),
        pytest.param("back\\slash", id="backslash"),
        pytest.param("C:\\data", id="like_a_drive"),
        pytest.param("line\nbreak", id="line_break"),
        pytest.param(os.fsdecode(b"nu\xff"), id="not_utf8"),
    ],
)
def test_a_folder_of_that_very_name_is_one(here, name):
    (here / name).mkdir()
    assert why_no_folder(name) == ""
    (here / name / "file").touch()
    assert why_no_file(f"{name}/file") == ""


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "is empty"),
        ("a\0b", "holds a NUL character"),
        ("file:///data/my%20groove", "is an address; write the path: /data/my groove"),
        (
            "https://example.org/groove.zip",
            "is an address; raw data and files are read from folders",
        ),
        ("s3://bucket/groove", "is an address"),
        ("C:\\data\\groove", "is a path of Windows; WSL has it at /mnt/c/data/groove"),
        ("d:/groove", "WSL has it at /mnt/d/groove"),
        ("\\\\server\\share\\groove", "is a network path of Windows; mount the share"),
        ("sub\\groove", "is written with backslashes; sub/groove is there"),
        ("~/groove", "begins with ~, which only a shell reads"),
        ("~me/groove", "begins with ~, which only a shell reads"),
        ("$DATA/groove", "holds $DATA, and variables are not read here"),
        ("/data/${SET}", "holds ${SET}, and variables are not read here"),
        ("%USERPROFILE%/groove", "holds %USERPROFILE%, and variables are not read here"),
        ("sub/groove ", "has a blank at its ends; sub/groove is there"),
        ("'sub/groove'", "has quotes at its ends; sub/groove is there"),
        ("sub/Groove", "is not there; did you mean sub/groove?"),
        ("sub/grove", "is not there; did you mean sub/groove?"),
        ("sub/else/more", "is not there; sub is, without else"),
        ("nothing", "is not there"),
        ("file/more", "is not there: file is a file and no folder"),
        ("file", "is a file; a folder is wanted"),
        ("gone", "is a link to /no/such, which is not there"),
        ("loop", "is a link that leads to itself"),
        ("x" * 300, "is longer than the file system allows"),
    ],
    ids=[
        *("empty", "nul", "file_url", "https", "s3", "drive", "drive_with_slashes", "unc"),
        *("backslashes", "tilde", "tilde_user", "variable", "braced_variable", "windows_variable"),
        *("blank_at_the_end", "quotes", "case", "misspelt", "parent_there", "absent"),
        *("below_a_file", "a_file", "broken_link", "loop", "too_long"),
    ],
)
def test_a_folder_that_is_none_has_its_reason(here, path, reason):
    (here / "sub/groove").mkdir(parents=True)
    (here / "file").touch()
    (here / "gone").symlink_to("/no/such")
    (here / "loop").symlink_to("loop")
    assert why_no_folder(path).startswith(reason) or reason in why_no_folder(path)


@pytest.mark.parametrize(
    ("there", "written", "kind"),
    [
        pytest.param(DECOMPOSED, COMPOSED, "decomposed", id="nfd_on_disk"),
        pytest.param(COMPOSED, DECOMPOSED, "composed", id="nfc_on_disk"),
    ],
)
def test_a_name_in_another_form_of_unicode_is_told(here, there, written, kind):
    (here / there).mkdir()
    if Path(written).exists():
        pytest.skip("the file system takes both forms for one")
    assert f"in {kind} characters" in why_no_folder(f"{written}/groove")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EIO, "the disk reports an error"),
        (errno.ESTALE, "mount it anew"),
    ],
    ids=["permission", "disk", "network"],
)
def test_what_the_system_refuses_is_not_called_absent(here, monkeypatch, number, reason):
    """By the number of the error, for the superuser is refused nothing."""
    (here / "kept").mkdir()

    def refuse(path):
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(written_paths.os, "scandir", refuse)
    assert reason in why_no_folder("kept")


def test_a_folder_is_no_file(here):
    assert why_no_file(here) == "is a folder; a file is wanted"
    os.mkfifo(here / "pipe")
    assert why_no_file(here / "pipe") == "is no regular file"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("new/deep", ""),
        ("with blank", ""),
        ("~/corpus", "begins with ~"),
        ("$SCRATCH/corpus", "holds $SCRATCH"),
        ("file:///scratch", "is an address"),
        ("D:\\corpus", "is a path of Windows"),
        ("file/corpus", "cannot be made: file is a file and no folder"),
        ("a\0b", "holds a NUL character"),
        ("\ud800", "holds U+D800, half of a character"),
        ("new/" + "x" * 300, "cannot be made: it is longer than the file system allows"),
        ("y/" * 3000, "cannot be made: it is longer than the file system allows"),
    ],
    ids=[
        *("new", "blank", "tilde", "variable", "url", "drive", "below_a_file"),
        *("nul", "half", "long_name", "long_path"),
    ],
)
def test_a_folder_is_made_where_that_can_be_meant(here, path, reason):
    (here / "file").touch()
    got = why_not_to_make(path)
    assert got.startswith(reason)
    assert bool(got) == bool(reason)
