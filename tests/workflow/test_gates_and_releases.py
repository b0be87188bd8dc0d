"""Gates with waivers, drift, comparison and releases, through the real snakemake."""

import json

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import new_project

pytestmark = pytest.mark.workflow

SET = "groove_mididataset"
MANY = 10**6
WAIVER = {"gate": "min_count.kick", "reason": "a small corpus of tests", "expires": "2030-01-31"}
HEALTH = "reports/health/prod_combined"
RELEASES = "reports/releases"


def waive(project, **more):
    project.set_gates(min_count={"kick": MANY, "snare": 1}, waivers=[WAIVER | more])


def test_a_failing_gate_stops_until_it_is_waived_and_again_when_the_waiver_expires(project):
    waive(project, gate="min_count.snare")
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert "1 of 2 gates fail for prod_combined" in done.said
    assert "min_count.kick: The manifest has" in done.said
    for product in (
        f"{HEALTH}.html",
        f"{HEALTH}.diff.json",
        "results/manifests/prod_combined.jsonl",
    ):
        assert project.path(product).is_file()
    assert not project.path("results/gates/prod_combined.json").exists()
    assert "not needed any more" in project.path(f"{HEALTH}.html").read_text()

    waive(project)
    said = project.snakemake("--config", "gates_as_of=2030-01-31", "--", "release").said
    assert "min_count.kick (WAIVED, waiver in force)" in said
    verdict = json.loads(project.path("results/gates/prod_combined.json").read_text())
    assert (verdict["failed"], verdict["waived"]) == ([], ["min_count.kick"])
    page = project.path(f"{HEALTH}.html").read_text()
    assert "WAIVED" in page and WAIVER["reason"] in page
    assert "1 is waived" in project.path(f"{RELEASES}/demo/index.html").read_text()

    done = project.snakemake("--config", "gates_as_of=2030-02-01", "--", "health", check=False)
    assert done.returncode == 1
    assert "Its waiver expired on 2030-01-31: a small corpus of tests" in done.said
    project.snakemake("--config", "gates_as_of=2030-02-01", "gates=report", "--", "release")
    assert "1 gate fails" in project.path(f"{RELEASES}/demo/index.html").read_text()


def test_a_waiver_that_cannot_hold_is_refused_before_any_job(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    project.path("raw").mkdir()
    for change, message in (
        ({"gate": "max_dups"}, "gates.yaml: waivers.0.gate: 'max_dups' is no gate of this file"),
        ({"reason": "short"}, "gates.yaml: waivers.0.reason: got 'short'"),
        ({"expires": "2030-02-30"}, "gates.yaml: waivers.0.expires: got '2030-02-30'"),
    ):
        waive(project, **change)
        done = project.snakemake("--dry-run", "all", check=False)
        assert done.returncode == 1
        assert message in done.said


def test_another_release_is_filed_beside_the_first_which_stays_as_it_is(project):
    first = project.path(f"{RELEASES}/demo")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in first.rglob("*.*")}
    assert "There is one release so far" in project.path(f"{RELEASES}/trend.html").read_text()
    project.configure(release="2026-11", gates="report")
    project.set_gates(min_count={"kick": MANY})
    project.snakemake("all")
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in first.rglob("*.*")}
    assert after == before
    index = json.loads(project.path(f"{RELEASES}/2026-11/index.json").read_text())
    assert [v["status"] for v in index["manifests"]["prod_combined"]["gates"]] == ["FAIL"]
    assert f"metrics/{SET}.json" in [row["path"] for row in index["documents"]]
    trend = project.path(f"{RELEASES}/trend.html").read_text()
    assert trend.index(">2026-11<") < trend.index(">demo<")
    assert "as recorded" in project.snakemake("verify").said
    assert project.jobs("all") == set()


def test_what_differs_from_the_blessed_figures_is_shown_and_a_drift_fails(project):
    project.set_gates(max_drifted_classes=0)
    project.snakemake("bless")
    health, distribution = (
        project.path(f"resources/baselines/{name}.json")
        for name in ("prod_combined.health", f"{SET}.distribution")
    )
    figures, frozen = (json.loads(path.read_text()) for path in (health, distribution))
    n_kicks = figures["labels"]["kick"]["total"]
    figures["labels"]["kick"]["total"] = 1
    health.write_text(json.dumps(figures))
    frozen["classes"]["cowbell"] = frozen["classes"].pop("tom_low")
    distribution.write_text(json.dumps(frozen))

    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert f"{SET}: cowbell is gone: 0 % of the hits (0)" in done.said
    assert f"{SET}: tom_low is new:" in done.said
    diff = json.loads(project.path(f"{HEALTH}.diff.json").read_text())
    assert diff["baseline"] == "blessed"
    changed = {row["figure"]: (row["a"], row["b"]) for row in diff["differences"] if row["beyond"]}
    assert changed == {"labels.kick.total": (1, n_kicks)}

    said = project.snakemake("bless").said
    assert f"{SET}.distribution.json: classes.cowbell.hits:" in said
    assert f"prod_combined.health.json: labels.kick.total: 1 -> {n_kicks}" in said
    project.snakemake("health")
    assert json.loads(project.path(f"{HEALTH}.diff.json").read_text())["n_differences"] == 0


def test_two_manifests_and_two_reports_are_compared(project, tmp_path):
    manifest = "results/manifests/prod_combined.parquet"
    old = tmp_path / "old.parquet"
    table = pq.read_table(project.path(manifest))
    pq.write_table(table.slice(0, table.num_rows - 1), old)
    compared = yaml.safe_dump({"a": str(old), "b": manifest}, default_flow_style=True).strip()
    said = project.snakemake("--config", f"compare={compared}", "--", "compare").said
    assert "1 sessions and events differ." in said
    found = json.loads(project.path("reports/comparison/old_vs_prod_combined.json").read_text())
    assert found["events"]["added"]["n"] == 1
    assert str(tmp_path) not in json.dumps(found)

    compared = f"{{a: {HEALTH}.json, b: {HEALTH}.json, name: same}}"
    said = project.snakemake("--config", f"compare={compared}", "--", "compare").said
    assert "figures agree" in said
    assert project.path("reports/comparison/same.html").is_file()

    done = project.snakemake("compare", check=False)
    assert done.returncode == 1
    assert "compare: nothing is named; wanted: --config" in done.said
    compared = f"{{a: nowhere.json, b: {HEALTH}.json}}"
    done = project.snakemake("--config", f"compare={compared}", "--", "compare", check=False)
    assert "compare.a: nowhere.json is not there" in done.said
