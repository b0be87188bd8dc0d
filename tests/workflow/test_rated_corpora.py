"""Rated shards of the config are aggregated; ratings that are made up are the demo's alone."""

import json

import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.schema_check import document_problems

pytestmark = pytest.mark.workflow

CORPUS = "results/corpora/aggregated/mine.jsonl"
ROWS = {
    "five.jsonl": [
        {"src": "b", "src_sha256": "b1", "mos": 4, "mos_std_dev": 0.5, "corpus": "by me"},
        {"src": "a", "src_sha256": "a1", "mos": 6, "corpus": "by me"},
    ],
    "full.jsonl": [
        {"src": "b", "src_sha256": "b1", "mos": 70, "mos_std_dev": 4.2, "corpus": "lsvq"},
    ],
}


def aggregate(project, inputs, **others):
    others.setdefault("corpus_source", {"./five.jsonl": "reviewer-1-5"})
    block = {"inputs": inputs} | others
    project.configure(corpora={"aggregates": {"mine": block}})


@pytest.fixture
def rated(project):
    for name, rows in ROWS.items():
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        project.path(name).write_text(text)
    aggregate(project, list(ROWS))
    return project


@pytest.mark.long
def test_shards_of_a_person_are_put_on_one_axis_whatever_their_order(rated):
    rated.snakemake("--", CORPUS)
    corpus = rated.path(CORPUS).read_bytes()
    [row] = map(json.loads, corpus.splitlines())
    assert (row["mos"], row["mos_std_dev"], row["corpus_source"]) == (70.0, 4.2, "lsvq")
    manifest = json.loads(rated.path(f"{CORPUS}.manifest.json").read_text())
    schema = yaml.safe_load((REPO / "workflow/schemas/run_manifest.schema.yaml").read_text())
    assert document_problems(manifest, schema) == []
    assert manifest["counters"] == {
        "rows_in": 3,
        "rows_out": 1,
        "duplicates": 0,
        "conflicts": 0,
        "other_corpus": 1,
        "dropped.out_of_range": 1,
        "unique_sources": 1,
        "inputs_seen": 2,
    }
    assert manifest["corpus"]["source_overrides"] == {"five.jsonl": "reviewer-1-5"}
    scales = {entry["path"] for entry in manifest["inputs"] if entry["name"] == "scales"}
    assert "config/corpora/reviewer-1-5.yaml" in scales
    assert str(rated.folder) not in json.dumps(manifest)
    aggregate(rated, list(reversed(ROWS)))
    assert rated.jobs("--", CORPUS) == {"aggregate_corpora mine"}
    assert rated.path(CORPUS).read_bytes() == corpus


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"corpus_source": {"six.jsonl": "lsvq"}}, "six.jsonl: is none of the inputs"),
        ({"corpus_source": {"five.jsonl": "five"}}, "got 'five', which has no scale"),
        ({"natural_keys": ["src"]}, "unknown key 'natural_keys' (did you mean 'natural_key'?)"),
    ],
    ids=["no-input", "no-scale", "unknown-key"],
)
def test_a_wrong_block_is_refused_before_any_job(rated, block, message):
    aggregate(rated, list(ROWS), **block)
    done = rated.snakemake("--", CORPUS, check=False)
    assert done.returncode == 1
    assert message in done.said
    assert "config: " in done.said
    assert not rated.path(CORPUS).exists()


def test_a_bad_row_stops_the_job_by_file_and_line(rated):
    with rated.path("five.jsonl").open("a") as shard:
        shard.write('{"src": "c", "src_sha256": "c1", "mos": "3", "corpus": "by me"}\n')
    done = rated.snakemake("--", CORPUS, check=False)
    assert 'five.jsonl:3: mos: got the text "3"; wanted: number' in done.said
    assert not rated.path(CORPUS).exists()


def test_clips_are_listed_and_no_rating_is_made_up_where_the_sets_are_not_the_demos(project):
    manifest = project.path("results/corpora/review_clips.jsonl.manifest.json")
    counters = json.loads(manifest.read_text())["counters"]
    assert counters["hits"] == counters["clips"] + counters["without_sound"]
    done = project.snakemake("--dry-run", "--forceall", "--", "corpora")
    assert "list_review_clips" in done.said
    assert "rate_review_clips" not in done.said
    assert not project.path("results/corpora/simulated").exists()
