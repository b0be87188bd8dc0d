"""The commands on the small project: from a clip to the raw files that lie there, and back."""

import hashlib
import json

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.workflow

MANIFEST = "results/manifests/prod_combined.jsonl"
EXPORT = "results/export/prod_combined/clips"
ROOT = ("--root", "groove_mididataset=raw")


def command(project, *arguments, status=0):
    """What a command says, which ends with a status."""
    done = project.run("-m", "drumcorpus", *arguments, check=False)
    assert done.returncode == status, done.said
    return done.said


def labels(project):
    tables = sorted(project.path(EXPORT).glob("*/*_labels.parquet"))
    return [row for table in tables for row in pq.read_table(table).to_pylist()]


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_clip_leads_to_the_files_that_lie_there_and_they_lead_back_to_it(project):
    rows = labels(project)
    session = rows[0]["session_id"]
    clip = f"{EXPORT}/{rows[0]['file']}"
    (origin,) = json.loads(command(project, "trace", clip, "--json"))["origins"]
    assert (origin["session_id"], origin["problems"]) == (session, [])
    assert sorted(file["role"] for file in origin["files"]) == ["annotation", "audio"]
    for file in origin["files"]:
        assert file["sha256"] == sha256(project.path("raw") / file["path"])
    event = rows[0]["event_id"]
    (same,) = json.loads(command(project, "trace", MANIFEST, "--event", event, "--json"))["origins"]
    assert {file["sha256"] for file in same["files"]} == {f["sha256"] for f in origin["files"]}
    sound = next(file["path"] for file in origin["files"] if file["role"] == "audio")
    users = json.loads(command(project, "trace", "--raw", f"raw/{sound}", "--json"))
    exported = {each["folder"]: each["files"] for each in users["exports"]}
    clips = {row["file"]: 1 for row in rows if row["session_id"] == session}
    assert exported[EXPORT] == clips
    held = {holder["path"]: holder["n_rows"] for holder in users["holders"]}
    lines = [json.loads(line) for line in project.path(MANIFEST).read_text().splitlines()]
    assert held[MANIFEST] == sum(row["session_id"] == session for row in lines)
    assert held["results/sessions/groove_mididataset.parquet"] == 1


def test_all_that_stands_holds_and_what_does_not_is_named(project):
    said = command(project, "verify", ".", *ROOT)
    n_products = len(list(project.path("results").rglob("*.manifest.json")))
    n_products += len(list(project.path("reports").rglob("*.manifest.json")))
    n_raw = len([path for path in project.path("raw").rglob("*") if path.is_file()])
    words = f".: holds: {n_products} product(s) and {n_raw} other file(s) are as recorded"
    assert said.splitlines()[-1] == f"{words} (level full)"
    raw = sorted(project.path("raw").rglob("*.wav"))[0]
    raw.write_bytes(b"RIFF")
    clip = project.path(EXPORT) / labels(project)[0]["file"]
    clip.write_bytes(clip.read_bytes()[:-1] + b"\0\1")
    product = project.path("results/splits/prod_combined.parquet")
    product.write_bytes(product.read_bytes() + b"\0")
    said = command(project, "verify", ".", "--quick", *ROOT, status=1)
    for path in (raw, clip, product):
        assert f"{path.relative_to(project.folder).as_posix()}: " in said
    assert "3 problem(s) among " in said.splitlines()[-1]
    assert "results/splits/prod_combined.parquet: changed: " in command(
        project, "verify", MANIFEST, status=1
    )


def test_the_tree_of_the_release_ends_in_the_raw_data(project):
    tree = json.loads(command(project, "trace", "reports/releases/demo/index.json", "--json"))
    assert [each["source_set"] for each in tree["raw"]] == ["groove_mididataset"]
    assert tree["missing"] == []
    assert {"file_release", "merge_manifest", "take_inventory"} <= {
        each["rule"] for each in tree["products"]
    }
