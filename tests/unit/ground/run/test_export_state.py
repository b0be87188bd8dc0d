"""Files of an export that are gone or cut short are seen at the start, and their job is asked."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.export_state import (
    ask_again,
    in_words,
    lacking_files,
    lacking_outputs,
    stamp_path,
    strays,
    strays_in_words,
)
from drumcorpus.ground.run.run_manifest import SCHEMA, manifest_path, write_manifests

TAR, PARQUET = "train/train-set-000-000000.tar", "val/validation-set-000-000000.parquet"
CLIPS = [f"train/clips/set/000/{name[-2:]}/{name}.wav" for name in ("xab", "yab", "zcd")]
SEGMENT, SESSION = "val/segments/set/000/ef/xef.flac", "test/sessions/set/000/a.tsv"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path, size=3):
    path = Path("export", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


def lacking(*paths, size=3):
    write_table("t.parquet", pa.table({"path": list(paths), "bytes": [size] * len(paths)}))
    return lacking_files("t.parquet", "export")


def test_nothing_lacks_of_an_export_that_stands():
    paths = [TAR, PARQUET, *CLIPS, SEGMENT, SESSION]
    for path in paths:
        put(path)
    assert lacking(*paths) == []


def test_shards_are_looked_at_one_by_one_for_their_size():
    put(TAR, size=2)
    assert lacking(PARQUET, TAR) == [TAR, PARQUET]
    put(TAR)
    assert lacking(PARQUET, TAR) == [PARQUET]


def test_loose_files_are_looked_at_by_the_folder_of_their_shard_alone():
    assert lacking(*CLIPS, SEGMENT, SESSION) == [
        "test/sessions/set/000",
        "train/clips/set/000",
        "val/segments/set/000",
    ]
    put(CLIPS[0], size=1)  # `verify` finds what lacks within it
    assert lacking(*CLIPS) == []


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "file in the way"])
def test_what_is_no_plain_file_lacks(folder, kind):
    path = put(TAR)
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        (folder / "mine").write_bytes(bytes(3))
        path.symlink_to(folder / "mine")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.parent.rmdir()
        path.parent.write_bytes(b"")
    assert lacking(TAR) == [TAR]


@pytest.mark.parametrize("kind", ["gone", "no table", "empty", "other columns", "folder", "pipe"])
def test_of_a_table_that_cannot_be_read_nothing_is_known(kind):
    path = Path("t.parquet")
    if kind == "no table":
        path.write_bytes(b"PAR1 and nothing else")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "other columns":
        write_table(path, pa.table({"path": [TAR]}))
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    assert lacking_files(path, "export") == []


def made(*products):
    for product in products:
        Path(product).write_text("[1]\n")
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "script": {}, "params": {}}
    write_manifests(plan | {"inputs": []}, [(name, name) for name in products], {})


def test_products_of_another_size_than_recorded_lack_and_what_is_gone_is_left_to_snakemake():
    made("a.json", "b.json", "c.json")
    assert lacking_outputs("a.json") == []
    Path("b.json").write_text("")
    Path("c.json").unlink()
    assert lacking_outputs("a.json") == ["b.json"]
    Path("a.json").unlink()
    Path("a.json").symlink_to("nowhere")
    assert lacking_outputs("a.json") == ["a.json", "b.json"]


@pytest.mark.parametrize("edit", ["gone", "damaged"])
def test_of_a_product_without_a_sound_record_nothing_is_known(edit):
    made("a.json")
    Path("a.json").write_text("")
    if edit == "gone":
        manifest_path("a.json").unlink()
    else:
        manifest_path("a.json").write_text("{")
    assert lacking_outputs("a.json") == []


def test_a_stamp_has_the_place_of_what_it_asks_for():
    shard = stamp_path("prod", "clips", "set", "000")
    assert shard.as_posix() == ".drumcorpus/exports/prod/clips/set/000.json"
    assert stamp_path("prod", "clips").as_posix() == ".drumcorpus/exports/prod/clips.json"


def test_each_stamp_has_another_content_than_the_one_before():
    stamp = stamp_path("prod", "clips")
    assert ask_again(stamp) == stamp
    assert json.loads(stamp.read_text()) == {"n_asked": 1}
    assert ask_again(stamp) == stamp
    assert json.loads(stamp.read_text()) == {"n_asked": 2}


def test_who_only_looks_writes_a_stamp_aside_and_leaves_the_real_one(folder):
    stamp, aside = stamp_path("prod", "clips", "set", "000"), folder / "aside"
    ask_again(stamp)
    looked = ask_again(stamp, aside)
    assert looked == aside / ".drumcorpus-exports-prod-clips-set-000.json"
    assert json.loads(looked.read_text()) == {"n_asked": 2}
    assert json.loads(stamp.read_text()) == {"n_asked": 1}


@pytest.mark.parametrize("content", ["", "{cut", "[3]", '{"n_asked": "x"}', None])
def test_a_damaged_stamp_is_written_anew(content):
    stamp = stamp_path("prod", "clips")
    stamp.parent.mkdir(parents=True)
    if content is None:
        stamp.mkdir()
    else:
        stamp.write_text(content)
    ask_again(stamp)
    assert json.loads(stamp.read_text()) == {"n_asked": 1}


def test_a_stamp_of_an_export_stands_beside_those_of_its_shards():
    names = [("prod", "clips"), ("prod", "clips", "labels"), ("prod", "clips", "set", "000")]
    stamps = [ask_again(stamp_path(*each)) for each in names]
    assert all(stamp.is_file() for stamp in stamps) and len(set(stamps)) == 3


def test_what_is_made_again_is_named_at_most_five_of_it():
    folder = "results/export/prod/clips"
    assert in_words(folder, [TAR]) == (
        f"{folder}: 1 file is gone or cut short; the export makes them again: {TAR}"
    )
    said = in_words(folder, [f"{n}.tar" for n in range(1200)])
    assert said == (
        f"{folder}: 1,200 files are gone or cut short; the export makes them again: 0.tar, 1.tar, "
        "2.tar, 3.tar, 4.tar and others"
    )


def test_shards_of_no_set_or_number_that_the_export_has_are_strays():
    here = {("set", "000"), ("set", "001")}
    for path in (TAR, PARQUET, *CLIPS, SEGMENT, SESSION, "train/train_labels.parquet"):
        put(path)
    put("train/clips/set/.000.part/ab/xab.wav")
    put("train/.train-set-002-000000.tar.part")
    assert strays("export", here) == []
    assert strays("gone", here) == []
    put("train/train-set-002-000000.tar")
    put("val/validation-other-000-000000.parquet")
    put("test/segments/other/000/ab/xab.flac")
    stray = [
        "test/segments/other/000",
        "train/train-set-002-000000.tar",
        "val/validation-other-000-000000.parquet",
    ]
    assert strays("export", here) == stray
    assert strays_in_words("export", stray) == (
        "export: of 3 shards and folders the configuration knows nothing; the export takes them "
        f"away: {', '.join(stray)}"
    )
