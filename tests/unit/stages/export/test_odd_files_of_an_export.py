"""An export with something that is no plain file, or cannot be read: named, all else looked at."""

import os
import re

import pyarrow as pa
import pytest

from drumcorpus.ground.files.digests import sha256_bytes, sha256_file
from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.export import verify
from drumcorpus.stages.export.verify import verify_export
from drumcorpus.stages.export.written import WRITTEN

CONTENT = b"x"
FILES = (
    "components.json",
    "train/clips/set/000/1.wav",
    "train/clips/set/001/2.wav",
    "val/validation-set-000-000000.tar",
)


@pytest.fixture
def export(tmp_path):
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)
    digest = sha256_bytes(CONTENT)
    rows = [{"path": name, "sha256": digest, "bytes": 1, "n_samples": 1} for name in FILES]
    write_table(tmp_path / "files.parquet", pa.Table.from_pylist(rows, WRITTEN))
    lines = [f"{sha256_file(tmp_path / 'files.parquet')}  files.parquet\n"]
    lines += [f"{digest}  {name}\n" for name in FILES]
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
    listing.write_text("".join([*lines, lines[2]]))
    found = problems(export)
    assert ("SHA256SUMS", "lists the folder 'train/clips/set/000' in two places") in found


@pytest.mark.parametrize("level", ["quick", "sample", "full"])
def test_a_tar_that_is_cut_short_has_the_wrong_size_at_every_level(export, level):
    (export / FILES[3]).write_bytes(b"")
    (export / FILES[1]).write_bytes(b"xx")
    assert problems(export, level) == [(FILES[1], "wrong size"), (FILES[3], "wrong size")]


@pytest.mark.parametrize("kind", ["no table", "absent", "pipe", "folder"])
def test_without_sizes_the_digests_still_count(export, kind):
    table = export / "files.parquet"
    if kind == "absent":
        table.unlink()
    elif kind == "no table":
        table.write_bytes(b"PAR1 and nothing more")
    else:
        put(table, kind)
    (export / FILES[3]).write_bytes(b"")
    found = {"no table": "changed", "absent": "missing", "folder": "missing"}
    own = ("files.parquet", found.get(kind, "not a plain file"))
    assert problems(export, "quick") == [own]
    assert problems(export) == [own, (FILES[3], "changed")]
