"""Predictions that the config names are held against a split by rules, as the command does it."""

import json
import re
import shutil

import pytest
import yaml
from checkout import REPO
from evaluated_corpus import write_lines

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.tables import read_table

pytestmark = [pytest.mark.workflow, pytest.mark.long]

REPORT, PAGE = "reports/evaluation/mine.json", "reports/evaluation/mine.html"
VERDICT = "results/gates/evaluation/mine.json"
JOBS = {f"{rule} mine" for rule in ("evaluate_predictions", "render_evaluation")}
BLOCK = {"predictions": "mine", "manifest": "prod_combined", "resamples": 200}


def write_predictions(project, keep=1):
    """Every `keep`-th hit of one split as predictions, 2 ms late; the split, and how many."""
    rows = read_table(
        project.path("results/manifests/prod_combined.parquet"),
        ["session_id", "split", "onset_time", "components"],
    ).to_pylist()
    split = rows[0]["split"]
    hits = [
        (row["session_id"], row["onset_time"] + 0.002, each["label"])
        for row in rows
        if row["split"] == split
        for each in row["components"]
    ]
    shutil.rmtree(project.path("mine"), ignore_errors=True)
    for name in {session for session, *_ in hits}:
        lines = sorted(hit[1:] for hit in hits[::keep] if hit[0] == name)
        write_lines(project.path("mine"), **{name: lines})
    return split, len({(row["session_id"]) for row in rows if row["split"] == split})


def configure(project, **keys):
    project.configure(evaluations={"mine": BLOCK | keys})


def test_the_rule_and_the_command_write_one_report_and_what_changed_is_made_again(project):
    split, n_sessions = write_predictions(project)
    configure(project, split=split, require=["micro>=0.99"])
    assert project.jobs("evaluate") == JOBS | {"enforce_evaluation mine"}
    by_rule = project.path(REPORT).read_bytes()
    report = json.loads(by_rule)
    assert (report["system"]["scores"]["micro"]["f"], report["system"]["name"]) == (1.0, "mine")
    assert report["corpus"]["sessions"] == n_sessions
    schema = yaml.safe_load((REPO / "workflow/schemas/evaluation.schema.yaml").read_text())
    assert document_problems(report, schema) == []
    manifest = json.loads(project.path(f"{REPORT}.manifest.json").read_text())
    assert str(project.folder) not in json.dumps(manifest)
    assert {row["name"] for row in manifest["inputs"]} >= {"predictions", "manifest", "splits"}
    # The command: the same bytes.
    words = "evaluate --corpus results/manifests/prod_combined.parquet --predictions mine"
    options = ["--split", split, "--resamples", "200", "--require", "micro>=0.99"]
    project.run("-m", "drumcorpus", *words.split(), *options, "--page", "by_hand.html")
    assert project.path("evaluation.json").read_bytes() == by_rule
    # The page, but for the way to the other pages of the corpus.
    page = project.path(PAGE).read_text()
    nav = re.search(r'<nav class="pages".*?</nav>\n', page)[0]
    assert re.findall('href="(.*?)"', nav) == [
        *("../index.html", "../health/prod_combined.html", "../splits/prod_combined.html")
    ]
    assert project.path("by_hand.html").read_text() == page.replace(nav, "")
    assert "holds: " in project.run("-m", "drumcorpus", "verify", REPORT).said
    assert project.jobs("evaluate") == set()
    # What the system was trained on is read once the config names it: this corpus itself.
    sha256 = report["corpus"]["sha256"]
    said = json.dumps({"corpus": sha256, "trained_on": [sha256]})
    project.path("mine/predictions.json").write_text(said)
    configure(project, split=split, require=["micro>=0.99"], trained_on=["prod_combined"])
    assert project.jobs("evaluate") == JOBS | {"enforce_evaluation mine"}
    training = json.loads(project.path(REPORT).read_text())["system"]["contamination"]
    assert (training["training"], training["not_here"]) == ("stated", [])
    manifest = json.loads(project.path(f"{REPORT}.manifest.json").read_text())
    tables = [row["path"] for row in manifest["inputs"] if row["name"] == "trained_on"]
    assert tables == [f"results/{kind}/prod_combined.parquet" for kind in ("manifests", "splits")]
    # Half of the hits: the evaluation is made again and nothing else, and what it requires fails.
    write_predictions(project, keep=2)
    project.path("logs/run_log.jsonl").unlink(missing_ok=True)
    failed = project.snakemake("evaluate", check=False)
    assert failed.returncode != 0
    assert "does not hold: micro>=0.99: is 0." in failed.said
    assert f"See {PAGE}" in failed.said
    assert project.jobs_logged("made") == JOBS
    assert project.jobs_logged("failed") == {"enforce_evaluation mine"}
    assert project.path(PAGE).exists()
    assert not project.path(VERDICT).exists()
    # Without a limit it may stand.
    configure(project, split=split)
    assert project.jobs("evaluate") >= {"enforce_evaluation mine"}
    assert json.loads(project.path(VERDICT).read_text()) == {"required": []}


def test_a_file_that_comes_and_goes_is_noticed(project):
    split, _ = write_predictions(project)
    configure(project, split=split)
    project.snakemake("evaluate")
    statement = project.path("mine/predictions.json")
    statement.write_text('{"system": "lion"}')
    for name in ("lion", "mine"):
        assert project.jobs("evaluate") == JOBS | {"enforce_evaluation mine"}
        assert json.loads(project.path(REPORT).read_text())["system"]["name"] == name
        statement.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"predictions": "mind"}, "evaluations.mine.predictions: mind is not there"),
        ({"manifest": "prod"}, "evaluations.mine: manifest: got 'prod'"),
        ({"class_map": "adtof6"}, "evaluations.mine: no class map 'adtof6'"),
        ({"require": ["micr>=0.5"]}, "evaluations.mine: require: micr>=0.5: no 'micr'"),
        ({"folds": "vogl"}, "evaluations.mine.folds: vogl is not there"),
        ({"split": "dev"}, "evaluations.mine: split: no split 'dev'"),
        ({"predictions": "odd"}, "notes.txt: is no file of predictions"),
        ({"split": "validation", "validation": "mine"}, "cannot be scored there"),
        ({"compare_validation": "mine"}, "compare_validation: there is no other system"),
        ({"trained_on": ["prod"]}, "evaluations.mine.trained_on: prod is not there"),
    ],
    ids=[
        *("path", "manifest", "class map", "figure", "folds", "split", "odd file", "validation"),
        *("validation of nobody", "corpus of training"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_any_job(unmade, keys, words):
    write_lines(unmade.path("mine"), s=[(1.0, "kick")])
    write_lines(unmade.path("odd"), s=[(1.0, "kick")])
    unmade.path("odd/notes.txt").write_text("x")
    configure(unmade, **keys)
    refused = unmade.snakemake("--dry-run", "evaluate", check=False)
    assert refused.returncode != 0
    assert words in refused.said
    assert not unmade.path("results").exists()


def test_without_an_evaluation_the_target_says_what_to_write(unmade):
    unmade.configure(evaluations={})
    refused = unmade.snakemake("--dry-run", "evaluate", check=False)
    assert refused.returncode != 0
    assert "evaluate: the config names no predictions; wanted: evaluations" in refused.said
