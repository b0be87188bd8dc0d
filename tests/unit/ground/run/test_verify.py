"""Verification of a folder: what is named, what is said when all stands, and the commands."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from checkout import REPO

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.ledger import record_asked, record_finished
from drumcorpus.ground.run.must_stand import Plan
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.run_manifest import SCHEMA, write_manifests
from drumcorpus.ground.run.verify import (
    export_problem,
    in_words,
    report_problems,
    verify_everything,
)
from drumcorpus.stages.export.verify import absent_files, verify_export

SCRIPT = {"path": "workflow/scripts/r.py", "code": "0" * 16, "software": {}}
A, B = "results/a.json", "reports/b.html"
LISTING = "results/export/prod/clips/SHA256SUMS"
REVIEWED = REPO / "resources/not_of_the_set.yaml"
INTEGRITY = "results/integrity/set.json"
INVENTORY, REFUSED = "results/inventory/set.parquet", "results/quarantine/set/inventory.parquet"
PLAN = Plan(
    {"ingest": [A, INVENTORY, REFUSED], "health": [B, LISTING], "integrity": [INTEGRITY]},
    lasting=["reports/comparison"],
    apart=["integrity"],
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(product, write=lambda path: path.write_text("[1]\n")):
    path = Path(product)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "script": SCRIPT, "params": {}}
    write_manifests(plan | {"inputs": []}, [("x", product)], {})
    record_finished([product])


def verified(level="full", plan=PLAN, roots=(), not_of_the_set=None):
    return verify_everything(
        *(verify_export, absent_files, lambda total, unit: Progress("verify", total, unit)),
        level,
        n_sample=1,
        workers=1,
        plan=plan,
        roots={"set": roots} if roots else {},
        not_of_the_set=not_of_the_set,
    )


def found(**options):
    return {problem.path: problem.kind for problem in verified(**options).problems}


def refusal(plan=PLAN):
    with pytest.raises(ValueError, match="problem") as error:
        report_problems(verified(plan=plan), plan, level="full")
    return str(error.value)


@pytest.mark.parametrize("folders", [[], ["results", "reports", ".drumcorpus"]], ids=str)
def test_where_nothing_was_built_nothing_is_as_recorded(folders):
    for folder in folders:
        Path(folder).mkdir()
    if "reports" in folders:  # as in a checkout
        Path("reports/README.md").write_text("")
    with pytest.raises(ValueError, match="nothing has been built here: of the 6 products"):
        verified()


def test_a_run_that_was_stopped_before_its_first_product_built_nothing():
    record_asked(PLAN.products)
    with pytest.raises(ValueError, match="nothing has been built here"):
        verified()


def test_what_a_stopped_run_has_not_made_is_missing_and_the_command_makes_it():
    make(A)
    record_asked([A, B])
    assert found() == {B: "missing"}
    assert "the last run was to make this" in refusal()


def test_what_is_not_built_yet_is_said_by_target():
    make(A)
    said = in_words(verified(), PLAN, level="full")
    assert said.startswith("1 products, 0 raw files and no export are as recorded (level full).")
    assert "5 of the 6 products of this config (2 of ingest, 2 of health, 1 of integrity)" in said
    assert said.endswith("snakemake --cores all -- all integrity")


def test_a_command_names_the_targets_that_all_does_not_make():
    make(A)
    make(INTEGRITY)
    Path(A).write_text("[2]\n")
    Path(INTEGRITY).write_text("[2]\n")
    assert f"--forcerun {A} {INTEGRITY} -- all integrity" in refusal()


def test_a_command_names_nothing_that_the_config_cannot_make():
    former = "results/former.json"
    make(A)
    make(former)
    Path(A).write_text("[2]\n")
    Path(former).write_text("[2]\n")
    said = refusal()
    assert f"{former}: changed" in said and f"--forcerun {A} -- all" in said
    assert "To see what `prune` would take away: snakemake --cores all -- prune" in said


def test_a_product_without_its_run_manifest_can_be_made_again_if_a_rule_makes_it():
    make(A)
    make(B)
    Path(f"{A}.manifest.json").unlink()
    Path("reports/mine.txt").write_text("")
    assert found() == {A: "extra", "reports/mine.txt": "extra"}
    assert f"--forcerun {A} -- all" in refusal()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_named():
    make(A)
    make(B)
    Path(A).chmod(0)
    Path("reports/x").mkdir(mode=0)
    assert found() == {A: "missing", "reports/x": "extra"}


def inventory(*used, refused=()):
    columns = {"path": list(used), "bytes": [1] * len(used), "sha256": ["0" * 64] * len(used)}
    make(INVENTORY, lambda path: write_table(path, pa.table(columns)))
    make(REFUSED, lambda path: write_table(path, pa.table({"path": list(refused)})))


def test_a_raw_file_that_the_inventory_refused_is_not_extra(folder):
    (folder / "raw").mkdir()
    for name in ("used", "refused", "new"):
        (folder / "raw" / name).write_text("x")
    inventory("used", refused=["refused"])
    assert found(roots=["raw"], level="quick") == {f"{folder}/raw/new": "extra"}


def test_an_inventory_of_the_right_size_that_is_no_table_ends_nothing(folder):
    inventory("used")
    path = Path(INVENTORY)
    path.write_bytes(bytes(path.stat().st_size))
    (folder / "raw").mkdir()
    assert found(roots=["raw"], level="quick") == {INVENTORY: "changed"}


def test_an_export_without_listing_or_table_is_extra():
    make(A)
    clip = Path("results/export/former/clips/train/clips/set/000/00/1.wav")
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"x")
    assert found() == {"results/export/former/clips": "extra"}


CLIP, TAR = "train/clips/set/000/01/1.wav", "train/train-set-000-000000.tar"
TABLE = "results/samples/prod/clips/set/000.files.parquet"


def test_files_that_are_gone_with_their_export_are_told_by_their_table():
    plan = Plan({"export": [TABLE, LISTING]})
    table = pa.table({"path": [CLIP, TAR], "bytes": [1, 1]})
    make(TABLE, lambda path: write_table(path, table))
    (problem,) = verified(plan=plan).problems
    assert (problem.path, problem.kind, problem.target) == (TABLE, "stale", TABLE)
    assert "2 of its files are not below results/export/prod/clips" in problem.sentence
    for name in (CLIP, TAR):
        path = Path("results/export/prod/clips", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert found(plan=plan) == {}


def test_shards_of_an_export_that_is_not_assembled_are_extra_unless_their_table_stands():
    make(TABLE, lambda path: write_table(path, pa.table({"path": [TAR], "bytes": [1]})))
    folder = Path("results/export/prod/clips/train")
    folder.mkdir(parents=True)
    names = ["train-set-000-000000.tar", "train-set-001-000000.tar", "notes.txt"]
    for name in names:
        (folder / name).write_bytes(b"x")
    extra = {f"{folder}/{name}": "extra" for name in names[1:]}
    assert found(plan=Plan({"export": [TABLE, LISTING]})) == extra


@pytest.mark.parametrize(
    ("path", "shard"),
    [
        ("train/clips/set/000/ab/xab.wav", "set/000"),
        ("val/segments/my-set/012/ab/xab.flac", "my-set/012"),
        ("test/sessions/set/001/x.tsv", "set/001"),
        ("train/train-set-000-000000.tar", "set/000"),
        ("val/validation-my-set-2-012-000003.parquet", "my-set-2/012"),
    ],
)
def test_a_file_of_sound_is_made_again_by_its_shard_and_a_label_table_by_itself(path, shard):
    export = "results/export/prod/clips"
    target = f"results/samples/prod/clips/{shard}.files.parquet"
    assert export_problem(export, path, "missing").target == target
    assert export_problem(export, path, "extra").target == ""
    for own in ("train/train_labels.parquet", "metadata.json", "train/clips/notes.txt"):
        assert export_problem(export, own, "changed").target == f"{export}/{own}"


def test_a_file_that_a_person_put_beside_an_export_is_extra():
    make(A)
    Path("results/export").mkdir()
    Path("results/export/notes.txt").write_text("")
    assert found() == {"results/export/notes.txt": "extra"}


@pytest.mark.parametrize("name", ["pipe", "folder", "link"])
def test_a_listing_that_is_no_file_is_named_and_not_opened(name):
    make(A)
    make(LISTING)
    path = Path(LISTING)
    path.unlink()
    if name == "pipe":
        os.mkfifo(path)
    elif name == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    assert found() == {LISTING: "changed"} | {LISTING: "not a plain file"}


def test_a_name_can_neither_break_a_line_nor_end_the_walk():
    make(A)
    Path("reports").mkdir()
    Path("reports/x\n  a.json: missing").write_text("")
    Path(os.fsdecode(b"reports/caf\xe9")).write_text("")
    said = refusal()
    assert "\n  reports/x\\n  a.json: missing: extra: no run manifest" in said
    assert "\n  reports/caf\\xe9: extra: no run manifest" in said
    assert "2 problem(s) among 1 recorded" in said


LEFT = [
    ("reports/.DS_Store", "macos_folder"),
    ("reports/deep/._b.html", "apple_double"),
    ("results/THUMBS.DB", "windows_folder"),
    ("results/.Trash-1000/info/x", "linux_trash"),
    ("results/@eaDir/a.json@SynoEAStream", "server_index"),
    ("results/export/@eaDir/x", "server_index"),
    ("results/export/former/clips/desktop.ini", "windows_folder"),
]


@pytest.mark.parametrize(("path", "kind"), LEFT)
def test_what_another_program_has_left_among_the_products_is_counted_and_no_problem(path, kind):
    make(A)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("x")
    assert path in found()  # where there is no reviewed list
    result = verified(not_of_the_set=REVIEWED)
    assert result.problems == []
    line = f"\n  Left among the products by other programs, and no problem: 1 (1 {kind})."
    if "export/@eaDir" not in path:  # the folder is an export's by its place, and counts beside it
        assert result.left == {kind: 1}
        assert line in in_words(result, PLAN, level="full")


def test_a_link_that_an_editor_has_left_is_no_problem():
    make(A)
    Path("results/.#a.json").symlink_to("someone@somewhere.1234")
    assert verified(not_of_the_set=REVIEWED).left == {"editor": 1}


@pytest.mark.parametrize(
    "path", ["results/.a.json.part", "results/a.json.tmp", "results/export/x/SHA256SUMS"]
)
def test_what_a_job_may_have_left_is_a_problem_whatever_the_list_says(path):
    make(A)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("x")
    assert path in found(not_of_the_set=REVIEWED)


def test_what_a_record_names_or_a_rule_makes_is_a_problem_whatever_its_name():
    recorded, planned = "results/.directory", "reports/.hidden"
    make(A)
    make(recorded)
    Path("reports").mkdir()
    Path(planned).write_text("x")
    plan = Plan({"ingest": [A, planned]})
    assert found(plan=plan, not_of_the_set=REVIEWED) == {recorded: "extra", planned: "extra"}
    Path(recorded).write_text("y")
    kinds = {
        (each.path, each.kind) for each in verified(plan=plan, not_of_the_set=REVIEWED).problems
    }
    assert (recorded, "changed") in kinds


def test_what_is_left_is_said_beside_the_problems_too():
    make(A)
    Path(A).write_text("[2]\n")
    for name in ("._x", "._y", ".DS_Store"):
        Path(f"results/{name}").write_text("")
    with pytest.raises(ValueError, match="1 problem") as error:
        report_problems(verified(not_of_the_set=REVIEWED), PLAN, level="full")
    assert "no problem: 3 (2 apple_double, 1 macos_folder)." in str(error.value)
