"""All source sets through the real snakemake: the demo as a user runs it, tiers, licences."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import Project, new_project

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def demo(tmp_path_factory, repo):
    """A project in which the committed configuration has built everything."""
    project = new_project(tmp_path_factory.mktemp("demo") / "project", repo)
    project.path("mine.yaml").write_text("{}\n")
    project.snakemake("all")
    return project


@pytest.fixture(scope="module")
def config(repo):
    return yaml.safe_load((repo / "config/config.yaml").read_text())


def test_all_builds_every_source_set(demo, config):
    for name in config["use"]:
        events = pq.read_metadata(demo.path(f"results/events/{name}.parquet")).num_rows
        assert (events > 0) == (name != "musdb18_hq"), name
        assert demo.path(f"results/provenance/{name}.jsonl").read_text()
    merged = pq.read_table(
        demo.path("results/manifests/prod_combined.parquet"), columns=["source_set"]
    )
    wanted = set(config["manifests"]["prod_combined"]["source_sets"])
    assert set(merged["source_set"].to_pylist()) == wanted


def test_staged_sets_show_in_the_audit_as_unreferenced_and_are_not_merged(demo, config):
    audit = json.loads(demo.path("reports/provenance/prod_combined.json").read_text())
    staged = {n for n, block in config["source_sets"].items() if block["tier"] == "staged"}
    assert staged
    for name in staged:
        figures = audit["sets"][name]
        assert figures["n_events"] == 0
        assert figures["n_unreferenced_sessions"] == figures["n_sessions"] > 0


def test_a_second_run_has_nothing_to_do(demo):
    assert demo.jobs("all") == set()


def test_everything_is_as_recorded(demo):
    assert "as recorded (level full)." in demo.snakemake("verify").said


def test_the_pages_say_what_became_of_every_source_label(demo, config):
    report = json.loads(demo.path("reports/ingest.json").read_text())
    text = json.dumps(report)
    for name in config["use"]:
        assert name in text


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


def test_the_licence_switch_leaves_out_what_may_not_be_passed_on(empty):
    Path(empty.path("raw")).mkdir()
    (empty.path("raw") / "info.csv").write_text("")
    sets = ["groove_mididataset", "enst_drums"]
    blocks = {
        "groove_mididataset": {"roots": ["raw"]},
        "enst_drums": {"roots": ["raw"]},
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
