"""What must stand, asked of the real snakemake: what vanished, and what is no file."""

import contextlib
import os
import shutil
import socket

import pyarrow.parquet as pq
import pytest
from small_project import Project

from drumcorpus.ground.run.ledger import LEDGER, read_asked, read_ledger
from drumcorpus.ground.run.must_stand import Plan
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.verify import verify_everything
from drumcorpus.stages.export.verify import absent_files, verify_export

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # makes much of a corpus again
SET = "groove_mididataset"


def take_away(project, product):
    """Remove a product with its run manifest, and all other names of it."""
    for path in (product, f"{product}.manifest.json"):
        project.path(path).unlink()


def finished(project):
    with contextlib.chdir(project.folder):
        return sorted(p for p in read_ledger() if p.startswith(("results/", "reports/")))


def problems(project, planned):
    """What `verify` finds at level quick, as paths."""
    with contextlib.chdir(project.folder):
        verified = verify_everything(
            *(verify_export, absent_files, lambda total, unit: Progress("verify", total, unit)),
            "quick",
            n_sample=1,
            workers=1,
            plan=Plan({"all": planned}),
            roots={SET: ["raw"]},
        )
    return {problem.path: problem.kind for problem in verified.problems}


def test_every_product_that_vanishes_with_its_run_manifest_is_named(project):
    planned = finished(project)
    with contextlib.chdir(project.folder):
        assert f"results/inventory/{SET}.parquet" in read_asked()
    assert len(planned) > 90 and problems(project, planned) == {}
    unnoticed = []
    for product in planned:
        paths = [project.path(product), project.path(f"{product}.manifest.json")]
        for number, path in enumerate(paths):
            path.rename(project.path(f"aside{number}"))
        if problems(project, planned).get(product) != "missing":
            unnoticed.append(product)
        for number, path in enumerate(paths):
            project.path(f"aside{number}").rename(path)
    assert unnoticed == []


def test_verify_names_all_that_vanished_at_once_and_its_command_brings_them_back(project):
    before = project.products()
    gone = [p for p in finished(project) if p.startswith(("reports/", "results/sampling/"))]
    for product in gone:
        take_away(project, product)
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1
    assert [p for p in gone if f"{p}: missing: was made here, and is gone" not in done.said] == []
    mend = done.said.split("To make the products again: snakemake ")[1].splitlines()[0]
    project.run("-m", "snakemake", *mend.split())
    assert project.products().items() >= before.items()
    assert "as recorded" in project.snakemake("verify").said


def test_an_export_that_was_removed_is_missing_and_its_clips_come_back(project):
    clips = sorted(path.name for path in project.path("results/export").rglob("*.wav"))
    shutil.rmtree(project.path("results/export"))
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1
    for export in ("clips", "segments"):
        folder = f"results/export/prod_combined/{export}"
        assert f"{folder}/SHA256SUMS: missing" in done.said
        tables = f"results/samples/prod_combined/{export}/{SET}"
        for shard in ("000", "001"):
            table = f"{tables}/{shard}.files.parquet"
            n_files = pq.read_metadata(project.path(table)).num_rows
            told = f"{table}: stale: {n_files} of its files are not below {folder}" in done.said
            assert told == (n_files > 0)  # all sessions may be of one shard
    mend = done.said.split("To make the products again: snakemake ")[1].splitlines()[0]
    project.run("-m", "snakemake", *mend.split())
    assert sorted(path.name for path in project.path("results/export").rglob("*.wav")) == clips
    assert "2 exports are as recorded" in project.snakemake("verify").said


def test_what_nobody_asked_for_is_not_built_yet(project):
    for top in ("results", "reports", ".drumcorpus", ".snakemake"):
        shutil.rmtree(project.path(top))
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1 and "nothing has been built here" in done.said
    project.snakemake("inventory")
    said = project.snakemake("verify").said
    assert "no export are as recorded" in said or "no export" in said
    assert "Not built yet: " in said and "of export" in said
    take_away(project, "reports/inventory.csv")
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1 and "reports/inventory.csv: missing" in done.said


def make_folder(path):
    path.mkdir()


def make_link(path):
    path.symlink_to("nothing")


def link_to_itself_elsewhere(path):
    path.symlink_to(path.parent.parent.parent / "aside")


def make_socket(path):
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)


def test_what_is_no_file_is_named_by_its_name_and_all_else_is_still_looked_at(project):
    odd = {
        "results/events/groove_mididataset.parquet": ("a folder", make_folder),
        "reports/health/prod_combined.html": ("a link", make_link),
        "reports/ingest.html": ("a pipe", os.mkfifo),
        "results/tallies/groove_mididataset.parquet": ("a socket", make_socket),
        "reports/ingest.json.manifest.json": ("a pipe", os.mkfifo),
        "results/sampling/prod_combined.parquet": ("a link", link_to_itself_elsewhere),
        "results/new.manifest.json": ("a folder", make_folder),
        "reports/new": ("a link", make_link),
    }
    for name, (_, make) in odd.items():
        if project.path(name).exists():
            project.path(name).rename(project.path("aside"))
        make(project.path(name))
    other = project.path("results/sampling/prod_combined.json")
    other.write_text(other.read_text() + " ")
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1 and "Traceback" not in done.said
    said = [line for line in done.said.splitlines() if ": is a" in line]
    named = [name for name, (kind, _) in odd.items() if is_named(name, kind, said)]
    assert named == list(odd)
    assert "results/sampling/prod_combined.json: changed" in done.said


def is_named(name, kind, lines):
    return any(line.startswith(f"  {name}: ") and f": is {kind}, " in line for line in lines)


def test_without_its_ledger_a_whole_folder_is_as_recorded_and_a_partial_one_is_not(project):
    ledger = project.folder / LEDGER
    ledger.unlink()
    said = project.snakemake("verify").said
    assert "as recorded" in said and "(1 of integrity, 6 of attestations" in said  # nobody asked
    take_away(project, "reports/health/prod_combined.html")
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1
    assert f"{LEDGER}: missing" in done.said and "reports/health/prod_combined.html" in done.said


def test_the_command_that_mends_is_ready_to_be_pasted(project, tmp_path):
    elsewhere = Project(tmp_path / "a folder")
    shutil.copytree(project.folder, elsewhere.folder, symlinks=True)
    take_away(elsewhere, "results/sampling/prod_combined.json")
    given = ("--directory", str(elsewhere.folder), "--config", "verify=quick", "gates=report")
    done = project.snakemake(*given, "--", "verify", check=False)
    assert (
        f"snakemake --cores all --configfile {project.folder}/mine.yaml "
        f"--directory '{elsewhere.folder}' --config verify=quick gates=report --forcerun "
    ) in done.said


def below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_prune_lists_what_no_rule_makes_and_takes_it_away_only_when_told(project):
    project.configure(source_sets={SET: {"roots": ["raw"], "shards": 1}})
    project.path("results/events").joinpath("notes.txt").write_text("mine")
    before = below(project.folder)
    second = [product for product in finished(project) if "/001." in product]
    said = project.snakemake("prune").said
    assert len(second) > 10 and f"would take away {len(second)} products" in said
    assert f"results/events/{SET}/001.parquet" in said
    assert below(project.folder) - {"logs/prune.log"} >= before - {"logs/run_log.jsonl"}
    command = said.split("To do so: snakemake ")[1].splitlines()[0]
    assert command == "--cores all --configfile mine.yaml --config prune=delete -- prune"
    project.run("-m", "snakemake", *command.split())
    gone = before - below(project.folder)
    assert [path for path in gone if "/001." not in path] == []
    assert len(gone) == 3 * len(second)  # with run manifests and kept links
    assert "there is nothing that no rule makes" in project.snakemake("prune").said


def test_prune_after_a_set_was_removed_leaves_a_folder_that_is_as_recorded(project):
    alone = project.path("mine.yaml").read_text()
    other = "musdb18_hq"
    project.configure(use=[SET, other])
    project.snakemake("all")
    assert "as recorded" in project.snakemake("verify").said
    project.path("mine.yaml").write_text(alone)
    project.snakemake("all")
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1 and f"{other}.parquet: extra: no rule makes this" in done.said
    raw = below(project.path("data")) | below(project.path("raw"))
    project.snakemake("--config", "prune=delete", "--", "prune")
    left = below(project.path("results")) | below(project.path("reports"))
    assert [path for path in left if other in path] == []
    assert below(project.path("data")) | below(project.path("raw")) == raw
    assert "as recorded" in project.snakemake("verify").said
