"""Predictions of drum stems: staged, held against the sound, promoted by a setting, and marked."""

import json
import shutil

import pytest
import yaml
from checkout import REPO
from small_project import new_project

from drumcorpus.demo import musdb18_hq
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.tables import read_table

pytestmark = [pytest.mark.workflow, pytest.mark.long]

KITS, SEED = REPO / "resources/demo/kits.yaml", 7
SONGS = {"Nettle & Thimble - Salt Roof": "train", "Odd Ferry Club - Don't Wake The Tide": "train"}
HELD_OUT = "Quillback Parade - It's Only Winter"
MARKED = "results/predictions/musdb18_hq.json"
REPORT = "reports/predictions/musdb18_hq.json"


def write_predictions(folder):
    """Every onset of the songs 4 ms late, kick and snare by turns, but for the last of each."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, onsets in musdb18_hq.truth(KITS, seed=SEED).items():
        song = path.split("/")[1]
        lines = [
            f"{onset + 0.004:.6f}\t{('kick', 'snare')[number % 2]}\t{1 / (1 + number):.4f}\n"
            for number, onset in enumerate(onsets[:-1])
        ]
        (folder / f"{song}.tsv").write_text("".join(lines))


def configure(project, tier="staged", manifest=False, **keys):
    overlay = {
        "use": ["musdb18_hq"],
        "source_sets": {"musdb18_hq": {"roots": ["raw"], "tier": tier, "shards": 2}},
        "predictions": {
            "musdb18_hq": {"path": "mine", "model": "lion", "version": "2023-11"} | keys
        },
        "exports": {"sessions": None, "shards": None, "segments": None},
    }
    if manifest:
        of_manifest = {"source_sets": ["musdb18_hq"], "gates": "gates.yaml"}
        overlay["manifests"] = {"prod_combined": of_manifest}
    project.path("mine.yaml").write_text(yaml.safe_dump(overlay))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with songs and predictions of them, staged."""
    project = new_project(tmp_path_factory.mktemp("staged") / "project", REPO)
    musdb18_hq.write_corpus(project.path("raw"), KITS, seed=SEED)
    project.set_gates(max_unexplained_hits=0)
    write_predictions(project.path("mine"))
    configure(project)
    project.snakemake("predictions")
    return project


def rows(project, product, *columns):
    return read_table(project.path(product), list(columns)).to_pylist()


def test_predictions_become_events_that_say_who_made_them(project):
    events = rows(
        project, "results/events/musdb18_hq.parquet", "label_method", "session_id", "components"
    )
    assert {row["label_method"] for row in events} == {"model"}
    assert {row["session_id"] for row in events} == {*SONGS, HELD_OUT}
    assert {each["label"] for row in events for each in row["components"]} == {"kick", "snare"}
    assert events[0]["components"][0]["confidence"] == 1.0
    provenance = project.path("results/provenance/musdb18_hq/ingest.jsonl").read_text()
    for row in map(json.loads, provenance.splitlines()):
        assert (row["predictions"]["model"], row["predictions"]["version"]) == ("lion", "2023-11")
        file = project.path(f"mine/{row['session_id']}.tsv")
        assert row["predictions"]["file"]["sha256"] == sha256_file(file)
    staged = json.loads(project.path(MARKED).read_text())
    assert (staged["missing"], staged["place"]) == ([], "mine")


def test_the_onsets_that_are_heard_are_held_against_them(project):
    total = json.loads(project.path(REPORT).read_text())["total"]
    assert total["predicted_with_onset"] > 0.85
    assert total["by_chance"] < total["predicted_with_onset"]
    assert total["onsets_without_prediction"] < 0.15
    assert total["median_offset_ms"] == pytest.approx(4, abs=2)
    assert "lion 2023-11" in project.path("reports/predictions/musdb18_hq.html").read_text()


def test_a_changed_file_reaches_the_events_of_its_session_and_no_other_bytes(project):
    before = project.products()
    path = project.path(f"mine/{HELD_OUT}.tsv")
    kept = path.read_text()
    path.write_text(kept.replace("snare", "kick"))
    assert "stage_predictions musdb18_hq" in project.jobs("predictions")
    after = project.products()
    changed = {name for name in before if before[name] != after[name]}
    shards = {name for name in changed if name.startswith("results/events/musdb18_hq/")}
    assert len({name.split(".")[0] for name in shards}) == 1
    path.write_text(kept)
    project.snakemake("predictions")
    assert project.products() == before


def test_a_merge_is_refused_until_the_set_is_promoted(project):
    for tier, words in (
        ("staged", "'musdb18_hq' has tier 'staged'; only sets of tier 'production' may be merged"),
        ("production", "predictions.musdb18_hq: musdb18_hq is of tier 'production', and a model"),
    ):
        configure(project, tier, manifest=True)
        refused = project.snakemake("--dry-run", "manifest", check=False)
        assert refused.returncode != 0
        assert words in refused.said
    configure(project)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"path": "mind"}, "config: predictions.musdb18_hq.path: mind is not there"),
        ({"class_map": "adtof"}, "predictions.musdb18_hq: no class map 'adtof' (did you mean"),
        ({"class_map": "adtof5"}, "predictions.musdb18_hq: labels: says nothing of classes of adt"),
        ({"splits": ["dev"]}, "predictions.musdb18_hq.splits"),
        ({"modle": "x"}, "predictions.musdb18_hq"),
    ],
    ids=["path", "class map", "labels", "split", "key"],
)
def test_what_the_config_says_wrongly_is_refused_before_any_job(project, keys, words):
    configure(project, **keys)
    refused = project.snakemake("--dry-run", "predictions", check=False)
    configure(project)
    assert refused.returncode != 0
    assert words in refused.said


def test_promoted_they_are_merged_into_training_alone_and_marked_in_exports(project):
    configure(project, "production", manifest=True, promote=True)
    project.snakemake("export")
    splits = rows(
        project, "results/splits/prod_combined.parquet", "session_id", "included", "reason", "split"
    )
    by_session = {row.pop("session_id"): row for row in splits}
    assert by_session[HELD_OUT] == {
        "included": False,
        "reason": "model_labels_not_for_this_split",
        "split": "test",
    }
    assert all(by_session[song]["included"] for song in SONGS)
    merged = rows(project, "results/manifests/prod_combined.parquet", "session_id", "label_method")
    assert {(row["session_id"], row["label_method"]) for row in merged} == {
        (song, "model") for song in SONGS
    }
    folder = "results/export/prod_combined/clips"
    labels = rows(project, f"{folder}/train/train_labels.parquet", "label_method", "event_id")
    assert {row["label_method"] for row in labels} == {"model"}
    metadata = json.loads(project.path(f"{folder}/metadata.json").read_text())
    assert metadata["models"] == {"musdb18_hq": {"model": "lion", "version": "2023-11"}}
    (marked,) = metadata["label_methods"]["train"]["musdb18_hq"].items()
    assert marked == ("model", {"records": len(labels), "strokes": marked[1]["strokes"]})
    assert metadata["label_methods"]["test"] == {}
    sentence = f"A model made the labels of {len(labels)} samples of musdb18_hq"
    assert sentence in project.path(f"{folder}/README.md").read_text()
    croissant = json.loads(project.path(f"{folder}/croissant.json").read_text())
    assert sentence in croissant["description"]
    assert croissant["rai:machineAnnotationTools"] == ["lion 2023-11"]
    sessions = rows(project, f"{folder}/sessions.parquet", "label_method")
    assert sessions == [{"label_method": "model"}] * len(SONGS)
    # From a label back to the file that it was predicted in.
    traced = project.run(
        *("-m", "drumcorpus", "trace", f"{folder}/train/train_labels.parquet"),
        *("--event", labels[0]["event_id"]),
    )
    digests = [sha256_file(project.path(f"mine/{song}.tsv")) for song in SONGS]
    assert sum(digest in traced.said for digest in digests) == 1
    # A split of such labels is no truth.
    words = "evaluate --corpus results/manifests/prod_combined.parquet --split train --predictions"
    project.path(f"mine/{HELD_OUT}.tsv").unlink()
    refused = project.run("-m", "drumcorpus", *words.split(), "mine", check=False)
    assert (refused.returncode, "a model made the labels of" in refused.said) == (2, True)
    told = project.run("-m", "drumcorpus", *words.split(), "mine", "--model-labels")
    assert "NOT TRUTH: a model made the labels of" in told.said
