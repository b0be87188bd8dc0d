"""The ledger, the walk and the plan: what must stand, and what is no plain file."""

import os
import socket
from pathlib import Path

import pytest

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.ground.run.ledger import (
    ASKED,
    LEDGER,
    forget,
    ledger_is_lost,
    read_ledger,
    record_asked,
    record_finished,
)
from drumcorpus.ground.run.must_stand import Plan, missing_products
from drumcorpus.ground.run.product_walk import Found, manifest_files, walk_products
from drumcorpus.ground.run.run_manifest import SCHEMA, manifest_path, write_manifests
from drumcorpus.ground.run.state import keep_recorded_products, manifests_stamp, remember_manifests

A, B, C = "results/a.json", "results/b.json", "reports/c.html"
PLAN = Plan({"ingest": [A, B], "health": [A, C]}, lasting=["reports/comparison"])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(product):
    path = Path(product)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[1]\n")
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "script": {}, "params": {}}
    write_manifests(plan | {"inputs": []}, [("x", product)], {})


def missing(standing, used=()):
    problems, not_built = missing_products(PLAN, standing, used)
    return {problem.path for problem in problems}, not_built


def test_a_product_belongs_to_the_first_target_that_asks_for_it():
    assert PLAN.products == {A: "ingest", B: "ingest", C: "health"}


def test_a_product_that_was_finished_and_is_gone_is_missing():
    record_finished([A, C])
    assert missing({A}) == ({C}, {"ingest": 1})


def test_a_product_that_was_never_made_is_not_built():
    record_finished([A])
    assert missing({A}) == (set(), {"ingest": 1, "health": 1})


def test_what_a_standing_product_was_made_from_is_missing():
    record_finished([C])
    assert missing({C}, used=[B, "results/former.json"]) == ({B}, {"ingest": 1})


def test_a_finished_product_that_no_rule_makes_any_more_is_no_matter_unless_it_lasts():
    lasting = "reports/comparison/a_vs_b.json"
    record_finished([A, B, C, "results/former.json", lasting])
    assert missing({A, B, C}) == ({lasting}, {})


def test_what_the_last_run_was_to_make_and_has_not_is_missing():
    record_finished([A])
    record_asked([A, B])
    assert missing({A}) == ({B}, {"health": 1})
    record_asked([])  # `prune` and `bless` make nothing
    assert missing({A}) == ({B}, {"health": 1})
    record_asked([A])
    assert missing({A}) == (set(), {"ingest": 1, "health": 1})


def test_a_damaged_list_of_what_was_asked_is_a_problem():
    record_finished([A, B, C])
    record_asked([A])
    ASKED.write_text(ASKED.read_text().replace("a.json", "b.json"))
    assert missing({A, B, C}) == ({str(ASKED)}, {})


def test_without_a_ledger_a_plan_that_does_not_stand_as_a_whole_is_a_problem():
    assert missing({A, B, C}) == (set(), {})
    assert missing({A, B})[0] == {str(LEDGER)}


@pytest.mark.parametrize("damage", ["hand", "torn", "pipe", "folder"])
def test_a_damaged_ledger_is_a_problem_and_the_next_job_writes_it_anew(damage):
    make(A)
    record_finished([A, B])
    text = LEDGER.read_text()
    LEDGER.unlink()
    if damage == "hand":
        LEDGER.write_text(text.replace("b.json", "d.json"))
    elif damage == "torn":
        LEDGER.write_text(text[:40])
    elif damage == "pipe":
        os.mkfifo(LEDGER)
    else:
        LEDGER.mkdir()
    assert ledger_is_lost()
    assert missing({A}) == ({str(LEDGER)}, {"ingest": 1, "health": 1})
    if damage != "folder":
        record_finished([C])
        assert read_ledger() == {A, C}


def test_the_ledger_is_written_only_when_it_grows():
    record_finished([A, B])
    before = LEDGER.stat()
    record_finished([B])
    assert LEDGER.stat().st_ino == before.st_ino
    forget([B])
    assert read_ledger() == {A}


def test_a_folder_built_before_there_was_a_ledger_gets_all_that_stands():
    make(A)
    make(C)
    record_finished([B])
    assert read_ledger() == {A, B, C}


def test_the_end_of_a_run_adds_what_stands_to_a_ledger_and_begins_none():
    make(A)
    remember_manifests()
    assert read_ledger() is None
    record_finished([B])
    make(C)
    remember_manifests()
    assert read_ledger() == {A, B, C}


def odd_things(folder):
    """One of each kind that is no plain file, by its name."""
    folder.mkdir(parents=True)
    (folder / "folder.manifest.json").mkdir()
    (folder / "dangling.manifest.json").symlink_to("nothing")
    os.mkfifo(folder / "pipe.manifest.json")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(Path(folder, "s").relative_to(Path.cwd())))
    (folder / "s").rename(folder / "socket.manifest.json")
    (folder / "linked").symlink_to(folder, target_is_directory=True)


def test_the_walk_tells_what_is_no_plain_file_and_opens_nothing(folder):
    odd_things(folder / "results/x")
    (folder / "results/plain.json").write_text("{}")
    assert walk_products(["results", "reports"]) == [
        Found("results/plain.json"),
        Found("results/x/dangling.manifest.json", "a link"),
        Found("results/x/folder.manifest.json", "a folder"),
        Found("results/x/linked", "a link"),
        Found("results/x/pipe.manifest.json", "a pipe"),
        Found("results/x/socket.manifest.json", "a socket"),
    ]
    assert manifest_files() == []


def test_the_start_of_a_run_passes_by_what_is_no_plain_file(folder):
    make(A)
    odd_things(folder / "results/x")
    assert len(manifests_stamp()) == 64
    keep_recorded_products(["results", "reports"])
    assert Path(".drumcorpus/kept", A).samefile(A)


def test_the_start_of_a_run_keeps_no_product_that_is_a_link_and_no_pipe(folder):
    make(A)
    make(B)
    Path(A).rename(folder / "elsewhere")
    Path(A).symlink_to(folder / "elsewhere")
    Path(B).unlink()
    os.mkfifo(B)
    keep_recorded_products(["results"])
    assert not Path(".drumcorpus/kept").exists()


@pytest.mark.parametrize("loose", ["clips", "segments", "sessions"])
def test_loose_files_of_an_export_are_not_walked_and_its_shards_are(folder, loose):
    # An export, and a source set, may have the name of a folder of loose files.
    split = "results/export/prod/clips/train"
    for path in (
        f"{split}/{loose}/set/000/ab/0.wav",
        f"{split}/train-clips-000-000000.tar",
        f"{split}/train_labels.parquet",
        "results/samples/prod/clips/sessions/000.files.parquet",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("")
    assert [found.path for found in walk_products(["results"])] == [
        f"{split}/train-clips-000-000000.tar",
        f"{split}/train_labels.parquet",
        "results/samples/prod/clips/sessions/000.files.parquet",
    ]


def test_the_folders_at_the_top_may_be_links_and_nothing_else(folder):
    (folder / "disk").mkdir()
    (folder / "disk/a").write_text("")
    (folder / "results").symlink_to("disk")
    (folder / "reports").write_text("")
    assert walk_products(["results", "reports"]) == [
        Found("reports", "a file"),
        Found("results/a"),
    ]


@pytest.mark.parametrize("read", [read_json, sha256_file])
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_plain_file_is_refused_before_it_is_opened(folder, read, kind):
    path = folder / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(ValueError, match=f"x: is a {kind}, where a file belongs; move it away"):
        read(path)


def test_a_run_manifest_that_is_a_link_is_none(folder):
    make(A)
    sidecar = manifest_path(A)
    sidecar.rename(folder / "elsewhere.json")
    sidecar.symlink_to(folder / "elsewhere.json")
    write_json("other.json", {})
    assert manifest_files() == []
