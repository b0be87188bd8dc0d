"""An export with something that is no plain file, or cannot be read: named, all else looked at."""

import os
import re

import pytest

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.stages.export import verify
from drumcorpus.stages.export.verify import verify_export

CONTENT = b"x"
FILES = ("components.json", "train/clips/set/000/1.wav", "train/clips/set/001/2.wav")


@pytest.fixture
def export(tmp_path):
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)
    lines = [f"{sha256_bytes(CONTENT)}  {name}\n" for name in FILES]
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    return tmp_path


def problems(root, level="full"):
    return [(row["path"], row["problem"]) for row in verify_export(root, level)]


def put(path, kind):
    if path.exists():
        path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "nothing")


def test_an_export_that_is_whole_has_no_problem(export):
    assert problems(export) == []


@pytest.mark.parametrize("kind", ["pipe", "device", "dangling link"])
def test_a_listed_file_that_is_none_is_named_and_the_others_are_read(export, kind):
    put(export / FILES[1], kind)
    (export / FILES[2]).write_bytes(b"y")
    assert problems(export) == [(FILES[1], "not a plain file"), (FILES[2], "changed")]


def test_a_folder_in_the_place_of_a_clip_is_named(export):
    put(export / FILES[1], "folder")
    assert problems(export) == [(FILES[1], "missing")]


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "dangling link"])
def test_a_listing_that_is_no_file_is_named_and_not_opened(export, kind):
    put(export / "SHA256SUMS", kind)
    assert problems(export) == [("SHA256SUMS", "not a plain file")]


def test_what_cannot_be_read_is_named_and_the_others_are_read(export, monkeypatch):
    whole = verify.sha256_file

    def refuse(path):
        if re.search("1.wav", os.fspath(path)):
            raise PermissionError(13, "Permission denied", path)
        return whole(path)

    monkeypatch.setattr(verify, "sha256_file", refuse)
    (export / FILES[2]).write_bytes(b"y")
    assert problems(export) == [
        (FILES[1], "cannot be read (Permission denied)"),
        (FILES[2], "changed"),
    ]


def test_a_folder_that_is_listed_twice_is_a_problem_of_the_listing(export):
    listing = export / "SHA256SUMS"
    lines = listing.read_text().splitlines(keepends=True)
    listing.write_text("".join([*lines, lines[1]]))
    found = problems(export)
    assert ("SHA256SUMS", "lists the folder 'train/clips/set/000' in two places") in found
