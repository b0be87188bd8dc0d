"""The page of an evaluation says what its report says, and nothing else."""

import json
import re

import pytest
import yaml
from checkout import REPO
from command_lines import run_command
from evaluated_corpus import MANIFEST, write_corpus, write_lines

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.stages.evaluation.evaluate import Resampling
from drumcorpus.stages.evaluation.page import render_evaluation_page
from drumcorpus.stages.evaluation.reference import open_corpus
from drumcorpus.stages.evaluation.report import evaluate
from drumcorpus.stages.evaluation.settings import make_settings

# Of twelve sessions in twelve groups each has kick and crash; a snare is in two of them alone.
SESSIONS = (
    {
        f"s{n}": {
            "events": [(1.0, ["kick", "crash"], 0.5), *([(2.0, ["snare"])] if n < 2 else [])],
            "kit": "<b>dull & dry" if n % 2 else "bright",
        }
        for n in range(12)
    }
    | {"t0": {"events": [(1.0, ["kick"])], "split": "train", "group": "s0"}}
    | {"v0": {"events": [(1.0, ["kick"])], "split": "validation"}}
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write_corpus(tmp_path, SESSIONS, monkeypatch)
    for n in range(11):  # s11 is missing
        dull = [(1.03, "crash"), (1.5, "cowbell")]
        write_lines(tmp_path / "mine", **{f"s{n}": dull if n % 2 else [(1.001, "kick"), *dull]})
        write_lines(tmp_path / "theirs", **{f"s{n}": [(1.0, "kick"), (1.0, "crash")]})
    statement = {"system": "<i>first</i>", "trained_on": ["0" * 64]}
    (tmp_path / "mine/predictions.json").write_text(json.dumps(statement))
    return tmp_path


def report(folder, other=None):
    """The report on the first system, and on another."""
    settings = make_settings(
        REPO / "resources", split="test", class_map="corpus", resampling=Resampling(200, 1)
    )
    corpus = open_corpus(folder / MANIFEST)
    second = None if other is None else folder / other
    return evaluate(corpus, folder / "mine", settings, other=second).document


def cells(html, name):
    """Texts of the cells of the first table row that begins with `name`."""
    line = next(
        line for line in html.splitlines() if re.match(rf"\s*<tr><td[^>]*>(<\w+>)?{name}<", line)
    )
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall("<td[^>]*>(.*?)</td>", line)]


def test_the_page_has_the_figures_of_the_report(folder):
    document = report(folder)
    html = render_evaluation_page(document)
    # kick: 6 of 12 hits; crash: 11 of 12; snare: none of 2; cowbell: 11 false ones.
    name, f, _, precision, recall, hits, predicted, *_ = cells(html, "kick")
    assert (name, f, precision, recall, hits, predicted) == (
        *("kick", "0.667", "1.000", "0.500", "12", "6"),
    )
    assert cells(html, "crash")[1] == "0.957"
    assert re.fullmatch(r"\[0\.\d{3}, 1\.000\]", cells(html, "crash")[2])
    assert cells(html, "snare")[1:3] == ["0.000", "not resolvable"]
    assert cells(html, "cowbell")[1:3] == ["absent", "—"]
    assert "11 of 28 predictions match nothing" in html
    assert "9 of 26 hits are not found" in html
    assert 'aria-label="snare: 0.000, not resolvable"' in html
    assert 'aria-label="cowbell: absent"' in html
    assert 'aria-label="kick: found 6, missed 6"' in html
    assert "kick, 5 ms: 0.667" in html
    assert "crash, 25 ms: 0.000" in html
    assert "crash, 30 ms: 0.957" in html
    assert "has no predictions for 1 of 12 sessions" in html
    assert "<li><code>s11</code></li>" in html
    # the kit without kicks is the worse one, and comes first
    assert html.index("&lt;b&gt;dull &amp; dry") < html.index(">bright<")
    assert "none of the corpora that the system says it was trained on was at hand" in html
    assert "corpus@50/pooled" in html
    assert document["corpus"]["sha256"] in html


def test_the_page_is_escaped_and_takes_nothing_from_elsewhere(folder):
    html = render_evaluation_page(report(folder))
    assert "&lt;i&gt;first&lt;/i&gt;" in html
    assert "<i>" not in html
    assert "<b>" not in html
    assert not re.search(r"""(src|href)=["'](?!#)|url\(|@import|https?://""", html)


def test_the_command_writes_the_page_of_its_report_and_a_record(folder):
    arguments = ("--predictions", "mine", "--compare", "theirs", "--resamples", 200)
    status, said, errors = run_command(
        folder, "evaluate", "--corpus", MANIFEST, *arguments, "--page", "e.html"
    )
    assert (status, errors) == (0, "")
    assert said.splitlines()[2:4] == ["e.html: written", "e.html.manifest.json: written"]
    html = (folder / "e.html").read_text()
    assert render_evaluation_page(json.loads((folder / "evaluation.json").read_text())) == html
    assert render_evaluation_page(report(folder, "theirs")) == html
    assert run_command(folder, "verify", "e.html")[0] == 0


def test_what_was_met_in_training_is_said_first_and_has_a_column(folder):
    statement = {"trained_on": [open_corpus(folder / MANIFEST).sha256, "0" * 64]}
    (folder / "mine/predictions.json").write_text(json.dumps(statement))
    html = render_evaluation_page(report(folder))
    assert "mine has met 1 of 12 groups of this split in training." in html
    assert "has met 1 in training, as far as its corpora were at hand. Without them: 11 " in html
    assert cells(html, "kick")[7] == "0.625"  # 5 of 11 hits, and none of them false
    assert f'<code title="{"0" * 64}">000000000000…</code>' in html


def test_a_comparison_has_its_paired_intervals(folder):
    html = render_evaluation_page(report(folder, "theirs"))
    assert "theirs less &lt;i&gt;first&lt;/i&gt;" in html
    kick = cells(html, "kick")
    assert kick[:4] == ["kick", "0.667", "0.957", "+0.290"]
    assert re.fullmatch(r"\[\+0\.\d{3}, \+0\.\d{3}\]", kick[4])
    assert cells(html, "snare")[3:] == ["+0.000", "not resolvable", "—", "—"]
    assert "Unknown: the system does not say what it was trained on" in html  # the second


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../e.html", "--page: '../e.html' lies outside the present folder"),
        ("evaluation.json", "--page: 'evaluation.json' is written by --output already"),
    ],
    ids=["elsewhere", "the report"],
)
def test_a_page_that_cannot_be_is_refused_before_anything_is_read(folder, path, words):
    arguments = ("--corpus", "none.parquet", "--predictions", "none", "--page", path)
    status, _, errors = run_command(folder, "evaluate", *arguments)
    assert (status, words in errors) == (2, True), errors


def test_the_page_has_what_validation_fits(folder):
    write_lines(folder / "fitted_on", v0=[(1.03, "kick", 0.9), (1.5, "kick", 0.2)])
    for n in range(11):
        write_lines(folder / "mine", **{f"s{n}": [(1.03, "kick", 0.9), (1.6, "kick", 0.1)]})
    status, said, errors = run_command(
        folder,
        *("evaluate", "--corpus", MANIFEST, "--predictions", "mine", "--resamples", 200),
        *("--validation", "fitted_on", "--page", "evaluation.html", "--calibration"),
        *("--another-seed", "theirs"),
    )
    assert (status, errors) == (0, "")
    document = json.loads((folder / "evaluation.json").read_text())
    schema = yaml.safe_load((REPO / "workflow/schemas/evaluation.schema.yaml").read_text())
    assert document_problems(document, schema) == []
    assert document["system"]["tuning"]["lags"]["one"]["lag_ms"] == 30.0
    assert "with the thresholds of validation: micro F 0.5946; ceiling, with those of test" in said
    page = (folder / "evaluation.html").read_text()
    assert re.search(r"<td>one</td><td[^>]*>\+30.00</td><td[^>]*>1</td>", page)
    assert document["system"]["calibration"]["all"]["bins"] == [
        {"n": 11, "mean_score": 0.1, "right": 0.0},
        {"n": 11, "mean_score": 0.9, "right": 1.0},
    ]
    assert "expected calibration error 0.1000, of all predictions" in said
    assert "<title>0.900: 1.000 right of 11</title>" in page
    seeds = document["system"]["seeds"]
    assert (seeds["runs"], seeds["micro"]["f_of_runs"]) == (2, [0.458333, 0.916667])
    assert "2 seeds: mean micro F 0.6875" in said
    assert "2 runs of one system, trained with other seeds" in page
    assert "no system reaches it without seeing the answers" in page
    status, _, errors = run_command(
        folder,
        *("evaluate", "--corpus", MANIFEST, "--predictions", "fitted_on", "--split", "validation"),
        *("--validation", "fitted_on"),
    )
    assert status == 2
    assert "what is fitted on validation cannot be scored there" in errors
