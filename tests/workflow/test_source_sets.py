"""All source sets through the real snakemake: the demo as a user runs it, tiers, licences."""

import json
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import Project, new_project

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.stages.crash.review_page import REASONS

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


def test_the_page_says_what_became_of_every_source_label(demo, config):
    report = json.loads(demo.path("reports/ingest.json").read_text())
    sets = {row["source_set"]: row for row in report["source_sets"]}
    assert set(sets) == set(config["use"])
    for name, row in sets.items():
        tallies = pq.read_table(demo.path(f"results/tallies/{name}.parquet")).to_pylist()
        by_outcome, by_label = Counter(), Counter()
        for tally in tallies:
            by_outcome[tally["outcome"]] += tally["n_hits"]
            by_label[tally["source_label"]] += tally["n_hits"]
        assert row["by_outcome"] == by_outcome
        listed = Counter()
        for line in row["source_labels"]:
            listed[line["source_label"]] += line["hits"]
        assert listed == by_label
        assert by_outcome.keys() <= {"in_event", "bleed"}


def test_the_demo_shows_crashes_told_apart_one_left_whole_and_doubts_with_their_reasons(demo):
    assigned = pq.read_table(demo.path("results/crash/assignments/mdb_drums.parquet")).to_pylist()
    told = Counter((r["session_id"], r["label"], r["method"], r["accepted"]) for r in assigned)
    sure, by_sound = True, "spectral_cluster"
    assert told == {
        ("MusicDelta_Rock", "crash", by_sound, sure): 4,
        ("MusicDelta_Rock", "crash2", by_sound, sure): 4,
        ("MusicDelta_Rockabilly", "crash", by_sound, sure): 8,
        ("MusicDelta_Zeppelin", "crash", by_sound, not sure): 2,
    }
    merged = pq.read_table(demo.path("results/manifests/prod_combined.parquet")).to_pylist()
    labels = Counter(
        hit["label"]
        for row in merged
        if row["session_id"] == "MusicDelta_Rock"
        for hit in row["components"]
        if hit["source_label"] == "CRC"
    )
    assert labels == {"crash": 4, "crash2": 4}
    page = demo.path("reports/crash/review.html").read_text()
    shown = dict(re.findall(r"<h3>(.*?)</h3>\s*<p class=\"why\">(.*?)</p>", page))
    assert shown == {
        "MusicDelta_Zeppelin": REASONS["too_few_hits"],
        "Cymbal Crashes - Demo": REASONS["doubtful"],
    }


def test_the_demo_sounds_as_its_sources_number_it(demo):
    report = json.loads(demo.path("reports/crash/agreement.json").read_text())
    numbered = {row["source_set"]: row for row in report["source_sets"] if row["numbered"]}
    assert set(numbered) == {"slakh2100", "groove_mididataset", "egmd", "enst_drums"}
    assert all(row["agree"] > 0 and row["differ"] == 0 for row in numbered.values())
    assert report["totals"]["numbered"] == sum(row["numbered"] for row in numbered.values())


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


def test_without_a_checksum_list_of_the_user_s_raw_data_may_change(project):
    assert "check_integrity" not in project.snakemake("--dry-run", "--forceall", "all").said
    readme = project.path("raw/README")
    readme.write_text(f"{readme.read_text()}more\n")
    assert "take_inventory groove_mididataset" in project.jobs("all")


def test_a_checksum_list_of_the_user_s_is_held_before_anything_is_made(project):
    listed = sorted(path for path in project.path("raw").rglob("*") if path.is_file())
    lines = [f"{sha256_file(path)}  {path.relative_to(project.path('raw'))}\n" for path in listed]
    project.path("mine.sha256").write_text("".join(lines))
    block = {"roots": ["raw"], "shards": 2, "checksums": "mine.sha256"}
    small(project, source_sets={"groove_mididataset": block})
    assert "check_integrity groove_mididataset" in project.jobs("all")
    damaged = next(path for path in listed if path.suffix == ".wav")
    data = bytearray(damaged.read_bytes())
    data[1000] ^= 1
    damaged.write_bytes(data)
    said = refusal(project, "all")
    assert damaged.name in said
    assert "mine.sha256" in said
    assert "take_inventory" not in project.jobs_logged("made")


def test_integrity_writes_a_list_and_holds_later_runs_to_it(project):
    said = project.snakemake("integrity").said
    assert "groove_mididataset.sha256" in said
    (project.path("raw") / "LICENSE").write_text("another\n")
    said = refusal(project, "integrity")
    assert "LICENSE" in said
