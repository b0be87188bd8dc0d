"""Gates with waivers, drift, comparison and releases, through the real snakemake."""

import json
import subprocess

import pyarrow.parquet as pq
import pytest
import yaml
from small_project import new_project

from drumcorpus.demo.groove_mididataset import write_corpus
from drumcorpus.ground.files.digests import sha256_file

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # each run makes many pages

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


def test_a_verdict_that_was_only_reported_is_asked_again_where_gates_are_enforced(project):
    verdict = project.path("results/gates/prod_combined.json")
    passing = verdict.read_bytes(), project.path(f"{verdict}.manifest.json").read_bytes()
    project.snakemake("--config", "gates=report", "--", "health")
    assert passing == (verdict.read_bytes(), project.path(f"{verdict}.manifest.json").read_bytes())
    project.set_gates(min_count={"kick": MANY})
    project.snakemake("--config", "gates=report", "--", "health")
    assert json.loads(verdict.read_text())["failed"] == ["min_count.kick"]
    done = project.snakemake("health", check=False)
    assert done.returncode == 1
    assert "min_count.kick: The manifest has" in done.said
    assert not verdict.exists()


def test_the_end_of_a_run_that_assembled_an_export_says_what_became_of_the_events(project):
    assert "\nExport " not in project.snakemake("all").said  # nothing to do
    project.configure(release="2026-11")
    lines = project.snakemake("export").said.splitlines()
    last = [n for n, line in enumerate(lines) if line.startswith("Export prod_combined/")]
    assert last == [last[0], last[0] + 1]
    for place, (name, unit) in zip(last, (("clips", "clip"), ("segments", "segment")), strict=True):
        report = json.loads(project.path(f"reports/export/prod_combined/{name}.json").read_text())
        assert report["exported"] > 100 and report["samples"] > 0
        assert lines[place].startswith(
            f"Export prod_combined/{name}: {report['exported']:,} of {report['events']:,} events "
            f"in {report['samples']:,} {unit}s ("
        )
    # What follows are Snakemake's own last words: no job, no other sentence of ours.
    assert [line for line in lines[last[1] + 1 :] if "ob" in line or "rule" in line] == []


def test_a_corpus_without_any_audio_is_no_export(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    write_corpus(project.path("raw"), repo / "resources/demo/kits.yaml", seed=7, n_performances=3)
    for path in project.path("raw").rglob("*.wav"):
        path.unlink()
    project.path("gates.yaml").write_text((repo / "resources/gates/basic.yaml").read_text())
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert "gates fail for the export prod_combined/clips:" in done.said
    assert "max_dropped_share: 100 % of the events stand in no sample (no_audio " in done.said
    assert "max_empty_splits: " in done.said
    export = project.path("results/export/prod_combined")
    assert list(export.rglob("*_labels.json")) == []
    project.snakemake("weights")  # what needs no audio can be had without it
    project.set_gates(min_count={"kick": 1})
    assert project.snakemake("export", check=False).returncode == 1
    said = project.snakemake("--config", "gates=report", "--", "all").said
    for export, unit in (("clips", "clip"), ("segments", "segment")):
        [line] = [
            line
            for line in said.splitlines()
            if line.startswith(f"Export prod_combined/{export}: 0 of ")
        ]
        assert f" events in 0 {unit}s (" in line
        assert line.endswith("Its gates that fail: max_empty_splits.")


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


def contents_of(project):
    return json.loads(project.path(f"{RELEASES}/demo/contents.json").read_text())


def sums_hold(folder, listing):
    command = ["sha256sum", "--check", "--strict", "--quiet", listing]
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def test_a_release_holds_or_lists_data_crash_mapping_and_what_stands_around_the_exports(project):
    folder = project.path(f"{RELEASES}/demo")
    rows = {row["path"]: row for row in contents_of(project)["files"]}
    export = "export/prod_combined"
    whole = {
        *("manifests/prod_combined.parquet", "manifests/prod_combined.jsonl"),
        *(f"provenance/{SET}.jsonl", f"missing/{SET}.jsonl", "splits/prod_combined.parquet"),
        *(f"crash/assignments/{SET}.parquet", "sampling/prod_combined.parquet"),
        *("inventory.html", "ingest.html", f"health/source_sets/{SET}.html"),
        *(f"{export}/clips/train/train_labels.json", f"{export}/segments/croissant.json"),
        *(f"{export}/clips/{name}" for name in ("README.md", "CITE.bib", "components.json")),
        *(f"{export}/segments/{name}" for name in ("metadata.json", "files.parquet", "SHA256SUMS")),
    }
    assert whole <= rows.keys()
    assert "crash/review.html" not in rows  # it has sound
    for path, row in rows.items():
        place = project.path(row["place"])
        assert (row["sha256"], row["bytes"]) == (sha256_file(place), place.stat().st_size), path
        assert (folder / path).is_file() == row["copied"]
    is_shard = {path for path, row in rows.items() if row["what"] == "Shard of sound"}
    assert {path for path, row in rows.items() if not row["copied"]} == is_shard
    suffixes = {path.rpartition(".")[2] for path in is_shard}
    assert suffixes == {"tar", "parquet"}
    manifest = rows["manifests/prod_combined.jsonl"]
    assert manifest["rows"] == rows["manifests/prod_combined.parquet"]["rows"] > 100
    clips, segments = contents_of(project)["exports"]
    n_loose = len([p for p in project.path(clips["place"]).glob("*/clips/**/*") if p.is_file()])
    assert (clips["export"], clips["shards"], clips["loose_files"]) == ("clips", 0, n_loose)
    assert (segments["export"], segments["shards"]) == ("segments", len(is_shard))
    assert sums_hold(folder, "contents.sha256")
    assert sums_hold(project.folder, f"{RELEASES}/demo/elsewhere.sha256")


def test_what_is_large_is_listed_and_a_copy_that_is_gone_or_changed_is_named_and_mended(project):
    folder, before = project.path(f"{RELEASES}/demo"), contents_of(project)
    limit = sorted(row["bytes"] for row in before["files"] if row["copied"])[-3]
    project.configure(releases={"copy_below_mb": limit / 1e6})
    assert {job.split()[0] for job in project.jobs("all")} == {"file_release"}
    rows = contents_of(project)["files"]
    documents = {
        row["path"] for row in json.loads((folder / "index.json").read_text())["documents"]
    }
    data = [row for row in rows if row["path"] not in documents and row["what"] != "Shard of sound"]
    assert [row["path"] for row in data if row["copied"] != (row["bytes"] < limit)] == []
    large = [row for row in data if not row["copied"]]
    assert large
    for row in large:
        assert not (folder / row["path"]).exists()
        assert f"{row['sha256']}  {row['place']}\n" in (folder / "elsewhere.sha256").read_text()
        assert f"<code>{row['place']}</code>" in (folder / "index.html").read_text()
    assert "as recorded" in project.snakemake("verify").said
    copy = folder / f"provenance/{SET}.jsonl"
    kept = copy.read_bytes()
    copy.write_bytes(kept[:-2] + b" \n")
    (folder / "splits/prod_combined.parquet").unlink()
    (folder / "notes.txt").write_text("mine")
    said = project.snakemake("verify", check=False).said
    assert f"{RELEASES}/demo/provenance/{SET}.jsonl: changed" in said
    assert f"{RELEASES}/demo/splits/prod_combined.parquet: missing" in said
    assert f"{RELEASES}/demo/notes.txt: extra" in said
    assert f"--forcerun {RELEASES}/demo/contents.json" in said.replace("'", "")
    (folder / "notes.txt").unlink()
    project.snakemake("all", "--forcerun", f"{RELEASES}/demo/contents.json")
    assert copy.read_bytes() == kept
    assert "as recorded" in project.snakemake("verify").said


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
