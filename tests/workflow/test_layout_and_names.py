"""Folders, roots and names as people have them, through the real make and snakemake."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from small_project import new_project

from drumcorpus.demo.groove_mididataset import write_corpus

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # builds corpora of its own

# Of the demo one source set and no more: what is asked is where things lie.
SMALL = {
    "use": ["groove_mididataset"],
    "manifests": {"prod_combined": {"source_sets": ["groove_mididataset"]}},
    "demo": {"performances": 3},
}


def overlaid(below, above):
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {key: overlaid(below.get(key), value) for key, value in above.items()}


@pytest.fixture
def checkout(tmp_path, repo):
    """A checkout whose demo is small, in which the environment counts as installed."""
    project = new_project(tmp_path / "a checkout", repo)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy2(repo / name, project.folder / name)
    project.path(".venv/bin").mkdir(parents=True)
    python = project.path(".venv/bin/python")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    project.path(".venv/.installed").touch()
    path = project.path("config/config.yaml")
    config = overlaid(yaml.safe_load(path.read_text()), SMALL)
    config["manifests"] = SMALL["manifests"] | {
        "prod_combined": SMALL["manifests"]["prod_combined"]
        | {"gates": config["manifests"]["prod_combined"]["gates"]}
    }
    path.write_text(yaml.safe_dump(config))
    return project


def make(project, *arguments):
    done = subprocess.run(
        ["make", *arguments, "CORES=2"],
        cwd=project.folder,
        env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"} | project.environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    done.said = done.stdout
    return done


def own_data(project, root="own"):
    write_corpus(
        project.path(root), project.path("resources/demo/kits.yaml"), seed=8, n_performances=3
    )
    project.configure(source_sets={"groove_mididataset": {"roots": [root]}})


def test_after_the_demo_own_data_in_the_same_checkout_works(checkout):
    done = make(checkout, "run", "TARGET=inventory")
    assert done.returncode == 0, done.said
    assert checkout.path("demo/reports/inventory.html").is_file()
    assert not checkout.path("results").exists()
    own_data(checkout)
    done = make(checkout, "run", "TARGET=inventory", "CONFIG=mine.yaml")
    assert done.returncode == 0, done.said
    assert checkout.path("reports/inventory.html").is_file()
    assert make(checkout, "clean").returncode == 0
    assert not checkout.path("demo/results").exists()
    assert checkout.path("reports/inventory.html").is_file()


def test_own_data_in_the_folder_of_a_demo_do_not_miss_the_demo_s_files(checkout):
    checkout.run("-m", "snakemake", "--cores", "2", "--", "inventory")
    own_data(checkout)
    checkout.snakemake("inventory")
    listed = {path.name for path in checkout.path("own").rglob("*") if path.is_file()}
    assert len(listed) > 5
    shutil.rmtree(checkout.path("own") / "drummer1")  # but their own they do miss
    assert "are gone from own" in checkout.snakemake("inventory", check=False).said


def test_what_a_mac_leaves_on_a_foreign_disk_is_counted_and_makes_no_other_table(project):
    before = project.products()
    raw = project.path("raw")
    files = [path for path in raw.rglob("*") if path.is_file()]
    for path in files:
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
    (raw / ".DS_Store").touch()
    made = project.jobs("inventory")
    assert made == {"take_inventory groove_mididataset", "summarise_inventory"}
    counted = json.loads(project.path("results/not_of_the_set/groove_mididataset.json").read_text())
    assert counted["files"] == len(files) + 1
    assert counted["by_kind"]["apple_double"]["files"] == len(files)
    assert counted["by_kind"]["macos_folder"]["first"] == [".DS_Store"]
    changed = {name for name, data in project.products().items() if before.get(name) != data}
    tables = {name for name in changed if name.endswith(".parquet")}
    assert tables == set()
    assert "apple_double" in project.path("reports/inventory.html").read_text()
    record = json.loads(
        project.path("results/inventory/groove_mididataset.parquet.manifest.json").read_text()
    )
    assert record["counters"]["not_of_the_set"] == len(files) + 1


@pytest.mark.parametrize(
    ("roots", "sentence"),
    [
        (["."], "source_sets.groove_mididataset.roots: .: is the working folder"),
        (["results/export"], "roots: results/export: lies in results, where products are written"),
        (["link"], "roots: link: is the working folder"),
    ],
    ids=["working_folder", "products", "link"],
)
def test_a_root_that_meets_what_is_made_is_refused_before_any_job(tmp_path, repo, roots, sentence):
    project = new_project(tmp_path / "project", repo)
    project.path("link").symlink_to(".")
    project.configure(source_sets={"groove_mididataset": {"roots": roots}})
    done = project.snakemake("--dry-run", "inventory", check=False)
    assert done.returncode == 1
    assert sentence in done.said
    assert not project.path(".drumcorpus/raw").exists()


def test_the_pages_of_the_inventory_do_not_depend_on_the_name_of_a_root(project):
    before = {p.name: p.read_bytes() for p in project.path("reports").glob("inventory.*")}
    assert len([name for name in before if "manifest" not in name]) == 3
    project.path("raw").rename(project.path("elsewhere"))
    project.configure(source_sets={"groove_mididataset": {"roots": ["elsewhere"], "shards": 2}})
    project.snakemake("inventory")
    after = {p.name: p.read_bytes() for p in project.path("reports").glob("inventory.*")}
    assert after == before


def test_a_root_that_is_not_mounted_is_said_by_name_or_refused(project):
    block = {"roots": ["raw", "second drive"], "shards": 2}
    project.configure(source_sets={"groove_mididataset": block})
    said = project.snakemake("--dry-run", "inventory").said
    assert "source_sets.groove_mididataset.roots: second drive is not there" in said
    project.configure(inventory={"roots": "required"})
    done = project.snakemake("--dry-run", "inventory", check=False)
    assert done.returncode == 1
    assert "second drive is not there" in done.said
    assert "every root is required" in done.said
    assert "Traceback" not in done.said


def test_a_file_that_moves_to_another_drive_makes_its_provenance_anew_and_no_event(project):
    tables = ("results/roots/", "results/provenance/", "reports/inventory.", "reports/provenance/")
    before = project.products()
    project.configure(source_sets={"groove_mididataset": {"roots": ["raw", "second"], "shards": 2}})
    moved = sorted(project.path("raw").rglob("*.wav"))[0]
    shown = moved.relative_to(project.path("raw")).as_posix()
    place = project.path("second") / shown
    place.parent.mkdir(parents=True)
    moved.rename(place)
    made = {job.split()[0] for job in project.jobs("all")}
    assert {"take_inventory", "write_provenance", "annotate_provenance"} <= made
    assert made.isdisjoint({"shard_sessions", "ingest_sessions", "gather_events", "write_samples"})
    assert made.isdisjoint({"embed_crashes", "merge_manifest", "decide_splits", "assemble_export"})
    changed = {name for name, data in project.products().items() if before.get(name) != data}
    data = {name for name in changed if not name.endswith(".manifest.json")}
    assert [name for name in data if not name.startswith((*tables, "reports/releases/"))] == []
    lines = project.path("results/provenance/groove_mididataset.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    places = {f["path"]: (f["root"], f["root_number"]) for row in rows for f in row["hashes"]}
    assert places.pop(shown) == ("secondary", 2)
    assert set(places.values()) == {("primary", 1)}
    [row] = [row for row in rows if shown in row["sample_paths"]]
    assert [(root["root"], root["roles"]) for root in row["roots"]] == [
        ("primary", ["annotation"]),
        ("secondary", ["audio"]),
    ]
    [listed] = json.loads(project.path("reports/inventory.json").read_text())["source_sets"]
    assert [(root["root"], root["files"]) for root in listed["by_root"]] == [
        ("primary", listed["files"]["total"] - 1),
        ("secondary", 1),
    ]
    assert "as recorded" in project.snakemake("verify").said
    # The drives in the other order: the same files have other places, and again no event is made.
    project.configure(source_sets={"groove_mididataset": {"roots": ["second", "raw"], "shards": 2}})
    made = {job.split()[0] for job in project.jobs("ingest_groove_mididataset")}
    assert made == {"take_inventory", "write_provenance"}
    text = project.path("results/provenance/groove_mididataset/ingest.jsonl").read_text()
    assert text.count('"root_number":1') == 2  # of the file, and of its session's roots


def test_a_set_without_data_yet_goes_through_all_when_that_is_allowed(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    own_data(project, "raw")
    project.path("enst").mkdir()
    project.path("enst/.DS_Store").touch()
    sets = ["groove_mididataset", "enst_drums"]
    blocks = {"groove_mididataset": {"roots": ["raw"]}, "enst_drums": {"roots": ["enst"]}}
    manifest = {"prod_combined": {"source_sets": sets, "gates": "gates.yaml"}}
    project.configure(use=sets, source_sets=blocks, manifests=manifest)
    done = project.snakemake("inventory", check=False)
    assert "source_sets.enst_drums.roots: there is no file of the set" in done.said
    assert "allow_empty: true" in done.said
    blocks["enst_drums"]["allow_empty"] = True
    project.configure(source_sets=blocks)
    project.snakemake("all")
    report = json.loads(project.path("reports/inventory.json").read_text())
    by_name = {row["source_set"]: row for row in report["source_sets"]}
    assert by_name["enst_drums"]["sessions"]["total"] == 0
    assert by_name["enst_drums"]["not_of_the_set"]["files"] == 1
    assert by_name["groove_mididataset"]["sessions"]["total"] > 0
    assert project.jobs("all") == set()


def test_a_set_without_data_alone_is_listed_measured_and_weighed(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    project.path("raw").mkdir()
    block = {"groove_mididataset": {"roots": ["raw"], "allow_empty": True}}
    project.configure(source_sets=block, gates="report")
    project.snakemake("ingest", "weights")
    health = project.path("reports/health/source_sets/groove_mididataset.json")
    assert json.loads(health.read_text())["totals"]["events"] == 0
    assert project.path("results/sampling/prod_combined.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "overlay", "sentence"),
    [
        (["ingest_groove_mididatset"], {}, "(did you mean 'ingest_groove_mididataset'?)"),
        (
            ["results/events/groove_midi_dataset.parquet"],
            {},
            "(did you mean results/events/groove_mididataset.parquet?)",
        ),
        (["ingest_egmd"], {}, "egmd is not in `use`"),
        (
            ["all"],
            {"source_sets": {"groove-mididataset": {"roots": ["raw"]}}},
            "there is no such source set (did you mean 'groove_mididataset'?)",
        ),
        (
            ["all"],
            {
                "manifests": {
                    "prod_combined": {"source_sets": ["groove_midi"], "gates": "gates.yaml"}
                }
            },
            "(did you mean 'groove_mididataset'?)",
        ),
        (
            ["all"],
            {"manifests": {"prod_combined": {"gates": "gate.yaml"}}},
            "gate.yaml is not there; did you mean gates.yaml?",
        ),
        (
            ["all"],
            {"manifests": {"prod_combined": {"gates": "{a}.yaml"}}},
            "Snakemake takes braces in the path of an input for a wildcard",
        ),
        (
            ["all"],
            {"manifests": {"prod_combined": {"gates": "a\0b"}}},
            "config: manifests.prod_combined.gates: a\\x00b holds a NUL character",
        ),
        (
            ["all"],
            {"taxonomy": "x" * 300},
            "x/components.yaml is longer than the file system allows",
        ),
        (
            ["all"],
            {"corpora": {"scales": ["y/" * 3000]}},
            "/ is longer than the file system allows",
        ),
        (["y" * 300], {}, "there is none of this name"),
    ],
    ids=[
        *("target", "path", "not_in_use", "block", "manifest", "gates", "braces"),
        *("nul", "long_folder", "long_scales", "long_target"),
    ],
)
def test_a_name_that_is_none_is_told_what_was_meant(tmp_path, repo, arguments, overlay, sentence):
    project = new_project(tmp_path / "project", repo)
    own_data(project, "raw")
    shutil.copy2(project.path("gates.yaml"), project.path("{a}.yaml"))
    config = yaml.safe_load(project.path("mine.yaml").read_text())
    project.path("mine.yaml").write_text(yaml.safe_dump(overlaid(config, overlay)))
    done = project.snakemake("--dry-run", "--", *arguments, check=False)
    assert done.returncode == 1
    assert sentence in done.said
    assert "Traceback" not in done.said


def test_targets_and_rules_are_listed_though_no_drive_is_mounted(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    project.configure(source_sets={"groove_mididataset": {"roots": ["/not/mounted"]}})
    assert "ingest_groove_mididataset" in project.snakemake("--list-target-rules").said
    done = project.snakemake("--dry-run", "all", check=False)
    assert done.returncode == 1
    assert "none of these folders exists: /not/mounted" in done.said


def test_a_key_that_stands_twice_in_an_overlay_is_named_with_its_line(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    text = project.path("mine.yaml").read_text()
    project.path("mine.yaml").write_text(f"{text}use: [egmd]\n")
    done = project.snakemake("--dry-run", "all", check=False)
    assert done.returncode == 1
    line = text.count("\n") + 1
    assert f"mine.yaml:{line}:1: not YAML: the key 'use' stands twice" in done.said


def test_folders_and_files_may_be_called_as_people_call_them(checkout):
    """The checkout has a blank in its name as well."""
    name = 'it\'s "a" $5 #1 b\\c 100% ~ Größe [x] *?'
    own_data(checkout, f"roots/{name}")
    checkout.path("mine.yaml").rename(checkout.path(f"{name}.yaml"))
    arguments = ["TARGET=inventory integrity", f"CONFIG={name}.yaml", f"DIR=work/{name}"]
    config = yaml.safe_load(checkout.path(f"{name}.yaml").read_text())
    config["source_sets"]["groove_mididataset"]["roots"] = [f"../../roots/{name}"]
    checkout.path(f"{name}.yaml").write_text(yaml.safe_dump(config))
    shutil.copy2(checkout.path("resources/gates/basic.yaml"), checkout.path("gates.yaml"))
    done = make(checkout, "run", *arguments)
    assert done.returncode == 0, done.said
    folder = checkout.path(f"work/{name}")
    listed = json.loads((folder / "results/integrity/groove_mididataset.json").read_text())
    assert listed["files"] > 5
    assert json.loads((folder / "reports/inventory.json").read_text())["totals"]["sessions"][
        "total"
    ]
    done = make(checkout, "run", *arguments)
    assert done.returncode == 0, done.said
    assert make(checkout, "clean", f"DIR=work/{name}").returncode == 0
    assert not (folder / "results").exists()


@pytest.mark.parametrize(
    "name",
    [
        "resources/source_sets/groove_mididataset.yaml",
        "resources/taxonomy/note_maps/roland_td11.yaml",
        "resources/taxonomy/components.yaml",
        "resources/not_of_the_set.yaml",
        "gates.yaml",
    ],
    ids=["card", "note_map", "vocabulary", "leftovers", "gates"],
)
def test_a_reviewed_file_that_is_no_yaml_is_named_with_line_and_column(tmp_path, repo, name):
    project = new_project(tmp_path / "project", repo)
    project.path("raw").mkdir()
    path = project.path(name)
    text = path.read_text()
    path.write_text(f"{text}broken: [\n")
    done = project.snakemake("--dry-run", "all", check=False)
    assert done.returncode == 1
    assert re.search(rf"{re.escape(path.name)}:{text.count(chr(10)) + 2}:1: not YAML: ", done.said)
    assert "Traceback" not in done.said
