"""What told the crashes apart stands in the provenance, and ingestion does not wait for it."""

import json
import math
from collections import Counter

import pyarrow.parquet as pq
import pytest
import yaml

from drumcorpus.ground.files.jsonl import row_problems
from drumcorpus.ground.files.yaml_files import read_yaml

pytestmark = pytest.mark.workflow
SET = "groove_mididataset"


def provenance(project, name):
    lines = project.path(f"results/provenance/{name}.jsonl").read_text().splitlines()
    return {row["session_id"]: row for row in map(json.loads, lines)}


def hits_by_session_and_method(project):
    hits = {}
    path = project.path(f"results/crash/assignments/{SET}.parquet")
    for row in pq.read_table(path).to_pylist():
        hits.setdefault((row["session_id"], row["method"]), []).append(row)
    return hits


def check_annotations(project):
    """Every annotation against the hits themselves; returns the methods that were met."""
    rows, hits = provenance(project, SET), hits_by_session_and_method(project)
    told = {
        (name, entry["method"]): entry for name, row in rows.items() for entry in row["annotations"]
    }
    assert told.keys() == hits.keys()
    for key, entry in told.items():
        accepted = [hit for hit in hits[key] if hit["accepted"]]
        labels = Counter(hit["label"] for hit in accepted)
        assert entry["annotation_stage"] == "crash_dual_label"
        assert (entry["n_hits"], entry["n_accepted"]) == (len(hits[key]), len(accepted))
        assert entry["labels"] == dict(labels)
        if accepted:
            mean = math.fsum(hit["confidence"] for hit in accepted) / len(accepted)
            assert entry["confidence"] == pytest.approx(mean, abs=1e-6)
        else:
            assert entry["confidence"] is None
    for row in rows.values():
        labels = {label for entry in row["annotations"] for label in entry["labels"]}
        assert ("crash_dual_label" in row["techniques"]) is (len(labels) > 1)
    return {method for _, method in told}


def test_the_provenance_says_what_told_the_crashes_apart(project):
    assert check_annotations(project) == {"metadata_override"}
    before, after = provenance(project, f"{SET}/ingest"), provenance(project, SET)
    assert list(before) == list(after)
    for name, row in before.items():
        kept = {key: after[name][key] for key in row}
        kept["techniques"] = [tag for tag in kept["techniques"] if tag != "crash_dual_label"]
        chain = row["processing_chain"]
        assert kept["processing_chain"][: len(chain)] == chain
        assert kept | {"processing_chain": chain} == row
    techniques = yaml.safe_load(project.path("resources/taxonomy/techniques.yaml").read_text())
    assert {tag for row in after.values() for tag in row["techniques"]} <= set(techniques)
    audit = json.loads(project.path("reports/provenance/prod_combined.json").read_text())
    n_told = sum("crash_dual_label" in row["techniques"] for row in after.values())
    assert audit["sets"][SET]["techniques"]["crash_dual_label"] == n_told > 0


@pytest.mark.long
def test_another_clustering_reaches_the_provenance_and_not_ingestion(project):
    project.configure(crash={"use_metadata": False})
    assert project.jobs(f"ingest_{SET}") == set()
    made = {job.split()[0] for job in project.jobs("provenance")}
    assert {"cluster_crashes", "annotate_provenance"} <= made
    assert made.isdisjoint({"ingest_sessions", "gather_events", "write_provenance"})
    assert check_annotations(project) == {"kit_mixture"}


@pytest.mark.long
def test_events_are_published_as_lines_where_they_are_asked_for_and_only_there(project):
    lines, table = (project.path(f"results/events/{SET}.{ext}") for ext in ("jsonl", "parquet"))
    assert not lines.exists()  # `all` has run
    assert project.jobs(lines.relative_to(project.folder).as_posix()) == {f"publish_events {SET}"}
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert rows == pq.read_table(table).to_pylist()
    assert len(rows) > 100
    schema = read_yaml(project.path("workflow/schemas/event.schema.yaml"))
    assert row_problems(lines, schema) == []
    record = json.loads(project.path(f"results/events/{SET}.jsonl.manifest.json").read_text())
    assert record["outputs"][0]["rows"] == record["counters"]["events"] == len(rows)
    assert [row["path"] for row in record["inputs"]] == [f"results/events/{SET}.parquet"]
    assert project.jobs("event_lines") == project.jobs("all") == set()
    assert "as recorded" in project.snakemake("verify").said
    assert "nothing that no rule makes" in project.snakemake("prune").said


@pytest.mark.long  # a raw file is taken away and carried through the chain
def test_a_session_whose_sound_is_gone_is_named_in_data_and_on_pages(project):
    lost = sorted(project.path("raw").rglob("*.wav"))[0]
    path = lost.relative_to(project.path("raw")).as_posix()
    lost.unlink()
    project.set_gates(max_audit_findings=0)
    project.snakemake("--config", "inventory={vanished: accept}", "--", "audit")
    lines = project.path(f"results/missing/{SET}.jsonl").read_text().splitlines()
    [missing] = [row for row in map(json.loads, lines) if row["reason"] == "missing_audio"]
    assert (missing["kind"], missing["paths"]) == ("audio", [path])
    session_id = missing.pop("session_id")
    rows = provenance(project, SET)
    assert rows[session_id]["missing"] == [missing]
    assert path not in rows[session_id]["sample_paths"]
    documents = {
        "inventory": lambda report: report["source_sets"][0]["missing"],
        "ingest": lambda report: report["source_sets"][0]["missing"],
        "provenance/prod_combined": lambda audit: audit["sets"][SET]["missing"],
    }
    for name, listed in documents.items():
        found = listed(json.loads(project.path(f"reports/{name}.json").read_text()))
        assert {"session_id": session_id, **missing} in found, name
        assert f"<code>{session_id}</code>" in project.path(f"reports/{name}.html").read_text()
    assert session_id in project.path("reports/provenance/prod_combined.md").read_text()
