"""`snakemake bless`: it takes what a run has measured, says what that changes, and fails closed."""

import json

import pytest
from small_project import new_project

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # each run makes many pages

CANDIDATE = "results/baselines/prod_combined.audit.json"
BLESSED = "resources/baselines/prod_combined.audit.json"
NOTE = "resources/baselines/prod_combined.blessing.json"
DIFF = "reports/provenance/prod_combined.diff.json"


def test_figures_are_blessed_although_a_gate_fails_and_are_held_to_from_then_on(project):
    project.set_gates(min_count={"kick": 10**9})
    assert project.snakemake("health", check=False).returncode != 0
    assert "new, " in project.snakemake("bless").said
    assert project.path(BLESSED).read_bytes() == project.path(CANDIDATE).read_bytes()
    assert "nothing to bless" in project.snakemake("bless").said
    note = json.loads(project.path(NOTE).read_text())
    assert note["release"] == "demo"
    log = project.path("logs/run_log.jsonl").read_text().splitlines()
    times = [row for row in map(json.loads, log) if "blessed_utc" in row]
    assert [row["blessed"] for row in times] == [{"prod_combined": note["figures"]}] * 2

    blessed = json.loads(project.path(BLESSED).read_text())
    n_events = blessed["n_events"]
    project.path(BLESSED).write_text(json.dumps(blessed | {"n_events": 1}))
    project.snakemake("audit")
    diff = json.loads(project.path(DIFF).read_text())
    assert diff["differences"] == [{"path": "n_events", "old": 1, "new": n_events}]
    said = project.snakemake("bless").said
    assert f"prod_combined.audit.json: n_events: 1 -> {n_events:,}" in said


def test_without_a_candidate_nothing_is_blessed(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    project.path("raw").mkdir()
    done = project.snakemake("bless", check=False)
    assert done.returncode != 0
    assert f"there is no candidate {CANDIDATE}" in done.said
    assert not project.path(BLESSED).exists()
