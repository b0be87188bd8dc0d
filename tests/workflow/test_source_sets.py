"""Source sets through the real snakemake: cards, tiers, licences, checksum lists."""

import shutil
from pathlib import Path

import pytest
import yaml
from small_project import Project, new_project

from drumcorpus.ground.files.digests import sha256_file

pytestmark = pytest.mark.workflow


def small(project, **sections):
    overlay = yaml.safe_load(project.path("mine.yaml").read_text()) | sections
    project.path("mine.yaml").write_text(yaml.safe_dump(overlay))
    return project


@pytest.fixture
def empty(tmp_path, repo):
    return new_project(tmp_path / "project", repo)


def refusal(project: Project, *arguments):
    done = project.snakemake(*arguments, check=False)
    assert done.returncode == 1
    return done.said


def test_a_card_without_a_licence_stops_the_run(empty):
    card = empty.path("resources/source_sets/groove_mididataset.yaml")
    lines = card.read_text().splitlines(keepends=True)
    card.write_text("".join(line for line in lines if not line.startswith("license:")))
    said = refusal(empty, "--dry-run", "all")
    assert "groove_mididataset.yaml" in said
    assert "license" in said


def test_errata_of_no_session_are_said_of_data_and_not_of_the_demo(empty):
    roots = {"groove_mididataset": {"roots": ["data/demo/groove_mididataset"]}}
    small(empty, use=["groove_mididataset"], source_sets=roots)
    wanted = "results/inventory/groove_mididataset.parquet"
    assert "errata are of no session here" not in empty.snakemake("--", wanted).said
    shutil.copytree(empty.path("data/demo/groove_mididataset"), empty.path("data/mine"))
    small(empty, source_sets={"groove_mididataset": {"roots": ["data/mine"]}})
    assert "errata are of no session here" in empty.snakemake("--", wanted).said


def test_the_licence_switch_leaves_out_what_may_not_be_passed_on(empty):
    for root in ("raw", "enst"):
        Path(empty.path(root)).mkdir()
    (empty.path("raw") / "info.csv").write_text("")
    sets = ["groove_mididataset", "enst_drums"]
    blocks = {
        "groove_mididataset": {"roots": ["raw"]},
        "enst_drums": {"roots": ["enst"]},
    }
    manifest = {"prod_combined": {"source_sets": sets, "gates": "gates.yaml"}}
    small(empty, use=sets, source_sets=blocks, manifests=manifest, redistributable_only=True)
    said = empty.snakemake("--dry-run", "all").said
    assert "results/events/groove_mididataset" in said
    assert "enst_drums" not in said.replace("enst_drums.smk", "")
    small(
        empty,
        use=sets[1:],
        manifests={"prod_combined": manifest["prod_combined"] | {"source_sets": sets[1:]}},
    )
    assert "redistributable_only leaves nothing of prod_combined" in refusal(empty, "-n", "all")


def test_a_set_of_tier_inventory_is_listed_and_nothing_more(empty):
    sets = ["groove_mididataset", "telefunken_sessions"]
    blocks = {
        "groove_mididataset": {"roots": ["data/demo/groove_mididataset"]},
        "telefunken_sessions": {"tier": "inventory"},
    }
    small(empty, use=sets, source_sets=blocks)
    said = empty.snakemake("--dry-run", "all").said
    assert "results/inventory/telefunken_sessions.parquet" in said
    assert "results/events/telefunken_sessions" not in said


def test_a_setting_of_another_set_is_refused_before_any_job(empty):
    blocks = {"groove_mididataset": {"roots": ["raw"], "mix": "wet_mix"}}
    said = refusal(small(empty, source_sets=blocks), "--dry-run", "all")
    assert "source_sets.groove_mididataset" in said
    assert "unknown ['mix']" in said


@pytest.mark.long  # runs on a built corpus
def test_without_a_checksum_list_of_the_user_s_raw_data_may_change(project):
    assert "check_integrity" not in project.snakemake("--dry-run", "--forceall", "all").said
    readme = project.path("raw/README")
    readme.write_text(f"{readme.read_text()}more\n")
    assert "take_inventory groove_mididataset" in project.jobs("inventory")


@pytest.mark.long  # runs on a built corpus
def test_a_checksum_list_of_the_user_s_is_held_before_anything_is_made(project):
    listed = sorted(path for path in project.path("raw").rglob("*") if path.is_file())
    lines = [f"{sha256_file(path)}  {path.relative_to(project.path('raw'))}\n" for path in listed]
    project.path("mine.sha256").write_text("".join(lines))
    block = {"roots": ["raw"], "shards": 2, "checksums": "mine.sha256"}
    small(project, source_sets={"groove_mididataset": block})
    assert "check_integrity groove_mididataset" in project.jobs("inventory")
    damaged = next(path for path in listed if path.suffix == ".wav")
    data = bytearray(damaged.read_bytes())
    data[1000] ^= 1
    damaged.write_bytes(data)
    said = refusal(project, "all")
    assert damaged.name in said
    assert "mine.sha256" in said
    assert "take_inventory" not in project.jobs_logged("made")


@pytest.mark.long  # runs on a built corpus
def test_integrity_writes_a_list_and_holds_later_runs_to_it(project):
    said = project.snakemake("integrity").said
    assert "groove_mididataset.sha256" in said
    (project.path("raw") / "LICENSE").write_text("another\n")
    said = refusal(project, "integrity")
    assert "LICENSE" in said
