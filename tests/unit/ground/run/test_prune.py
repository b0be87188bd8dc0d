"""Pruning takes away what no rule makes, and nothing else."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.kept import keep, kept_path
from drumcorpus.ground.run.ledger import read_ledger, record_finished
from drumcorpus.ground.run.must_stand import Plan
from drumcorpus.ground.run.prune import find_prunable, in_words, take_away
from drumcorpus.ground.run.run_manifest import SCHEMA, manifest_path, write_manifests

STAYS, GOES = "results/events/a.parquet.json", "results/events/b/000.json"
TABLE = "results/samples/old/clips/b/000.files.parquet"
INDEX = "results/samples/old/clips/b/000.parquet"
LISTING = "results/export/old/clips/SHA256SUMS"
CLIP, TAR = "train/clips/b/000/0b/a0b.wav", "train/train-b-000-000000.tar"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(product, write=lambda path: path.write_text("[1]\n")):
    path = Path(product)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "script": {}, "params": {}}
    write_manifests(plan | {"inputs": []}, [("x", product)], {})
    keep(product)
    record_finished([product])


def find(*planned, lasting=()):
    return find_prunable(Plan({"all": planned}, lasting), lambda table: [(CLIP, 4), (TAR, 4)])


def test_a_product_goes_with_its_run_manifest_its_kept_link_and_its_folder():
    make(STAYS)
    make(GOES)
    found = find(STAYS)
    assert found.products == [GOES]
    take_away(found)
    assert Path(STAYS).is_file() and manifest_path(STAYS).is_file() and kept_path(STAYS).is_file()
    assert not Path("results/events/b").exists() and not kept_path(GOES).exists()
    assert read_ledger() == {STAYS}


def test_listing_takes_nothing_away_and_says_how_to():
    make(GOES)
    said = in_words(find(), "list")
    assert "would take away 1 product" in said and GOES in said
    assert "snakemake --cores all --config prune=delete -- prune" in said
    assert Path(GOES).is_file() and read_ledger() == {GOES}


@pytest.mark.parametrize("edit", ["longer", "same size", "link", "folder"])
def test_what_was_changed_since_is_named_and_stays(folder, edit):
    make(GOES)
    path = Path(GOES)
    path.unlink()
    if edit == "link":
        Path("mine").write_text("[1]\n")
        path.symlink_to(folder / "mine")
    elif edit == "folder":
        path.mkdir()
    else:
        path.write_text("[1, 2]\n" if edit == "longer" else "[2]\n")
    found = find()
    assert (found.products, found.changed) == ([], [GOES])
    take_away(found)
    assert os.path.lexists(GOES) and manifest_path(GOES).is_file()
    assert f"delete them yourself):\n  {GOES}" in in_words(found, "delete")


def test_what_has_no_sound_run_manifest_stays():
    make(GOES)
    sidecar = manifest_path(GOES)
    sidecar.write_text(sidecar.read_text() + " ")
    Path("results/notes.txt").write_text("mine")
    found = find()
    take_away(found)
    assert (found.products, found.changed) == ([], [sidecar.as_posix()])
    assert Path(GOES).is_file() and Path("results/notes.txt").is_file()


def test_a_run_manifest_whose_product_is_gone_goes():
    make(GOES)
    Path(GOES).unlink()
    take_away(find())
    assert not manifest_path(GOES).exists() and read_ledger() == set()


def test_what_lasts_stays_and_is_forgotten_once_it_is_gone():
    stands, gone = "reports/comparison/a.json", "reports/comparison/b.json"
    make(stands)
    make(gone)
    Path(gone).unlink()
    manifest_path(gone).unlink()
    found = find(lasting=["reports/comparison"])
    assert (found.products, found.forgotten) == ([], [gone])
    take_away(found)
    assert Path(stands).is_file() and read_ledger() == {stands}


def make_tables(*products):
    for product in products or (TABLE,):
        make(product, lambda path: write_table(path, pa.table({"x": [1]})))


def put(name=CLIP, size=4):
    path = Path("results/export/old/clips", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


def test_the_files_of_an_export_that_is_made_no_more_go_with_their_table():
    clip, tar = put(), put(TAR)
    make_tables(TABLE, INDEX)
    make(LISTING)
    found = find()
    assert found.files == [clip, tar]  # once, and not for the index as well
    assert "take away 3 products and 2 files of exports that" in in_words(found, "list")
    take_away(found)
    assert not Path("results").exists() or not any(Path("results").rglob("*"))


def test_clips_go_where_the_products_lie_on_another_disk_behind_a_link(folder):
    (folder / "disk").mkdir()
    Path("results").symlink_to("disk", target_is_directory=True)
    clip = put()
    make_tables()
    make(LISTING)
    found = find()
    assert found.files == [clip]
    take_away(found)
    assert not any((folder / "disk").rglob("*"))


def test_the_files_of_an_export_that_is_made_stay():
    clip = put()
    make_tables()
    assert find(LISTING).files == []
    take_away(find(LISTING))
    assert clip.is_file() and not Path(TABLE).exists()


def test_the_files_of_one_export_of_a_manifest_go_and_those_of_another_stay():
    clip = put()
    other = Path("results/export/old/shards/SHA256SUMS")
    make_tables()
    make(other.as_posix())
    found = find(other.as_posix())
    assert (found.products, found.files) == ([TABLE], [clip])
    take_away(found)
    assert other.is_file() and not Path("results/export/old/clips").exists()


def test_what_lies_outside_an_export_stays_whatever_a_table_says(folder):
    make_tables()
    (folder / "results/export/old/mine.wav").parent.mkdir(parents=True)
    (folder / "results/export/old/mine.wav").write_bytes(bytes(4))
    paths = [("../mine.wav", 4), ("train/../../mine.wav", 4)]
    assert find_prunable(Plan({"all": ()}, ()), lambda table: paths).files == []


def test_a_clip_of_another_size_and_one_behind_a_link_stay(folder):
    make_tables()
    clip = put(size=5)
    assert find().files == []
    clip.unlink()
    clip.parent.rmdir()
    (folder / "raw").mkdir()
    (folder / "raw/1.wav").write_bytes(bytes(4))
    clip.parent.symlink_to(folder / "raw", target_is_directory=True)
    assert find().files == []


def test_nothing_to_prune_is_said():
    make(STAYS)
    assert in_words(find(STAYS), "delete") == "there is nothing that no rule makes."


def test_what_the_last_run_added_to_an_export_goes_with_it():
    make(LISTING)
    of_run = [Path(LISTING).with_name(name) for name in ("run.json", "run.log")]
    for path in of_run:
        path.write_text("of the run\n")
    found = find()
    assert (found.products, found.files) == ([LISTING], of_run)
    take_away(found)
    assert not Path("results/export/old").exists()
