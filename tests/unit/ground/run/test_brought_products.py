"""Products brought here from elsewhere are kept before Snakemake takes them away."""

import os
import shutil
from pathlib import Path

import pytest

from drumcorpus.ground.run.kept import is_kept, keep, kept_path
from drumcorpus.ground.run.run_manifest import SCHEMA, write_manifests
from drumcorpus.ground.run.state import keep_recorded_products, nothing_is_kept

PRODUCT = "results/a.json"


@pytest.fixture(autouse=True)
def product(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    Path(PRODUCT).write_text("[1]")
    plan = {"schema": SCHEMA, "rule": "count", "wildcards": {}, "script": {}}
    write_manifests(plan | {"params": {}, "inputs": []}, [("table", PRODUCT)], {})


def test_a_product_that_is_not_kept_is_kept():
    keep_recorded_products(["results", "reports"])
    assert kept_path(PRODUCT).samefile(PRODUCT)


def test_it_takes_the_place_of_what_cannot_be_it():
    kept_path(PRODUCT).parent.mkdir(parents=True)
    kept_path(PRODUCT).write_text("[1, 2]")
    keep_recorded_products(["results"])
    assert kept_path(PRODUCT).samefile(PRODUCT)


def test_what_is_kept_stays_where_the_product_cannot_be_what_is_recorded():
    keep(PRODUCT)
    Path(PRODUCT).unlink()
    Path(PRODUCT).write_text("[1, 2]")
    keep_recorded_products(["results"])
    assert kept_path(PRODUCT).read_text() == "[1]"


def test_what_has_no_product_or_no_record_is_left_alone():
    Path(PRODUCT).unlink()
    Path("results/b.json").write_text("[1]")
    Path("results/b.json.manifest.json").write_text("{")
    keep_recorded_products(["results"])
    assert not any(path.is_file() for path in Path(".drumcorpus").rglob("*"))


def test_it_takes_the_place_of_another_of_its_size():
    kept_path(PRODUCT).parent.mkdir(parents=True)
    kept_path(PRODUCT).write_text("[2]")
    os.utime(kept_path(PRODUCT), (1, 1))
    keep_recorded_products(["results"])
    assert kept_path(PRODUCT).samefile(PRODUCT)


def test_a_damaged_product_of_the_recorded_size_does_not_take_the_place_of_what_is_kept():
    keep(PRODUCT)
    Path(PRODUCT).unlink()
    Path(PRODUCT).write_text("[2]")
    os.utime(PRODUCT, (1, 1))
    keep_recorded_products(["results"])
    assert kept_path(PRODUCT).read_text() == "[1]"


def test_a_copy_counts_as_kept_where_there_are_no_links():
    kept_path(PRODUCT).parent.mkdir(parents=True)
    shutil.copy2(PRODUCT, kept_path(PRODUCT))
    assert is_kept(PRODUCT)
    keep_recorded_products(["results"])
    assert not kept_path(PRODUCT).samefile(PRODUCT)


def test_without_the_folder_of_what_is_kept_nothing_is():
    assert nothing_is_kept()
    keep(PRODUCT)
    assert not nothing_is_kept()
