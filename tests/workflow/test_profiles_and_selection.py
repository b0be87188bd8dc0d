"""Weights profiles of exports, and the sessions that a manifest selects, by the real snakemake."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_project import GATES, OVERLAY

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.load.exports import open_export

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # each runs the workflow several times

EVEN = {"exponent": 1.0, "smoothing": 0.0, "session_cap": None}
MANIFEST = OVERLAY["manifests"]["prod_combined"]
N_DRAWS = 50_000


def exports_of(weights):
    return {**OVERLAY["exports"], "clips": {"weights": weights}}


def weights_in(path):
    rows = pq.read_table(path, columns=["event_id", "weight"]).to_pylist()
    return {row["event_id"]: row["weight"] for row in rows if row["weight"] is not None}


def test_an_export_has_the_weights_of_its_profile_and_nothing_else_is_made(project):
    project.configure(weights={"even": EVEN}, exports=exports_of("even"))
    assert project.jobs("all") == {
        "derive_weights profiles/prod_combined/even",
        "list_labels prod_combined clips",
        "assemble_export prod_combined clips",
        "file_release",
    }
    weights = project.path("results/sampling/profiles/prod_combined/even.parquet")
    folder = project.path("results/export/prod_combined/clips")
    assert weights_in(folder / "train/train_labels.parquet") == weights_in(weights)
    assert weights_in(weights) != weights_in(project.path("results/sampling/prod_combined.parquet"))
    assert read_json(folder / "metadata.json")["settings"]["weights"] == "even"
    segments = project.path("results/export/prod_combined/segments/metadata.json")
    assert read_json(segments)["settings"]["weights"] == "default"
    index = read_json(project.path("reports/releases/demo/index.json"))
    assert "sampling/profiles/prod_combined/even.json" in {d["path"] for d in index["documents"]}
    assert project.jobs("all") == set()

    project.configure(weights={"even": EVEN | {"exponent": 0.75}})
    assert project.jobs("all") == {
        "derive_weights profiles/prod_combined/even",
        "list_labels prod_combined clips",
        "assemble_export prod_combined clips",
        "file_release",
    }
    # What the manifest itself asks for is its own: the export takes it by its name or by default.
    project.configure(manifests={"prod_combined": MANIFEST | {"weights": "even"}})
    project.snakemake("all")
    own = read_json(project.path("results/sampling/prod_combined.json"))
    assert (own["profile"], own["settings"]["exponent"]) == ("even", 0.75)
    assert read_json(segments)["settings"]["weights"] == "even"


def test_classes_are_drawn_from_an_export_as_often_as_the_profile_says(project):
    bounds = {"snare": {"min": 2.5}}
    project.configure(weights={"snares": {"class_bounds": bounds}}, exports=exports_of("snares"))
    project.snakemake("--", "export_clips")
    said = read_json(project.path("results/sampling/profiles/prod_combined/snares.json"))
    assert said["class_bounds"]["snare"]["n_at_min"] > 0
    split = open_export(project.path("results/export/prod_combined/clips")).split("train")
    assert len(split) == said["n_events"]
    labels = split.class_maps["components"].classes
    # Hits of the clips' own events, by class: one row of it for each clip.
    struck = split.event_multi_hot("components").astype(float)
    drawn = np.fromiter(split.sampler(N_DRAWS, seed=3), int)
    hits = struck[drawn].sum(axis=0)
    chances = split.weights() / split.weights().sum()
    for place, label in enumerate(labels):
        if label not in said["classes"]:
            assert hits[place] == 0
            continue
        assert struck[:, place].sum() == said["classes"][label]["n_hits"]
        share = said["classes"][label]["share_after"]
        # Five standard deviations of a ratio of means over so many independent draws.
        spread = chances @ (struck[:, place] - share * struck.sum(axis=1)) ** 2
        bound = 5 * np.sqrt(spread / N_DRAWS) / (chances @ struck.sum(axis=1))
        assert hits[place] / hits.sum() == pytest.approx(share, abs=bound)
    shares = said["classes"]["snare"]
    assert shares["share_after"] > 1.5 * shares["share_before"]


def test_a_manifest_is_made_of_the_sessions_that_it_selects(project):
    before = pq.read_table(project.path("results/splits/prod_combined.parquet")).to_pylist()
    left_out = next(row["session_id"] for row in before if row["split"] == "train")
    others = [row["session_id"] for row in before if row["session_id"] != left_out]
    project.path("ids.txt").write_text("\n".join(others))
    select = {"groove_mididataset": {"sessions": "ids.txt"}}
    project.configure(manifests={"prod_combined": MANIFEST | {"select": select}})
    made = project.jobs("all")
    assert {"decide_splits prod_combined", "merge_manifest prod_combined"} <= made
    written = {job for job in made if job.startswith("write_samples prod_combined clips")}
    assert len(written) == 1  # of the shard that the session stands in
    after = pq.read_table(project.path("results/splits/prod_combined.parquet")).to_pylist()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [(row["session_id"], row["included"], row["reason"]) for row in changed] == [
        (left_out, False, "not_selected")
    ]
    manifest = pq.read_table(project.path("results/manifests/prod_combined.parquet"))
    assert set(manifest["session_id"].to_pylist()) <= set(others)
    report = read_json(project.path("reports/splits/prod_combined.json"))
    assert report["not_selected"] == {"sessions": 1, "by_source_set": {"groove_mididataset": 1}}
    assert report["leaks"]["refused_sessions"] == 0
    health = read_json(project.path("reports/health/prod_combined.json"))
    assert health["drops"]["refused_by_reason"]["not_selected"]["sessions"] == 1
    assert health["drops"]["unexplained_hits"] == 0
    assert {verdict["gate"] for verdict in health["gates"]} == set(GATES)
    assert all(verdict["status"] == "PASS" for verdict in health["gates"])
    folder = project.path("results/export/prod_combined/segments")
    assert left_out not in pq.read_table(folder / "sessions.parquet")["session_id"].to_pylist()
    assert project.jobs("all") == set()

    project.path("ids.txt").write_text("\n".join([*others, left_out]))  # all of them again
    project.snakemake("all")
    again = pq.read_table(project.path("results/splits/prod_combined.parquet")).to_pylist()
    assert again == before


def test_what_there_is_not_is_refused_by_its_key(project):
    project.configure(weights={"even": EVEN}, exports=exports_of("evn"))
    done = project.snakemake("--dry-run", "all", check=False)
    assert done.returncode == 1
    wanted = (
        "config: exports.clips.weights: 'evn' (did you mean 'even'?); configured: default, even"
    )
    assert wanted in done.said
    select = {"groove_mididataset": {"sessions": "nowhere.txt"}}
    manifest = MANIFEST | {"select": select}
    project.configure(exports=exports_of("even"), manifests={"prod_combined": manifest})
    done = project.snakemake("--dry-run", "all", check=False)
    assert "manifests.prod_combined.select.groove_mididataset.sessions: nowhere.txt" in done.said
    select = {"groove_mididataset": {"style": ["polka"]}}
    project.configure(manifests={"prod_combined": MANIFEST | {"select": select}})
    done = project.snakemake("--", "results/splits/prod_combined.parquet", check=False)
    where = "config: manifests.prod_combined.select.groove_mididataset.style: 'polka'"
    assert f"{where}; its sessions have: " in done.said
