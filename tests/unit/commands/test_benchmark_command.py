"""``benchmark`` scores a submission of a named split and keeps its row."""

import json
import sys

import pytest
import yaml
from checkout import REPO
from command_lines import run_command
from evaluated_corpus import MANIFEST, write_corpus, write_lines

from drumcorpus.__main__ import main
from drumcorpus.commands import benchmark
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.evaluation.named_splits import read_named_split, split_digest
from drumcorpus.stages.evaluation.submissions import (
    read_rows,
    read_submission,
    table_lines,
    with_row,
)

SCHEMA = read_yaml(REPO / benchmark.SCHEMA)
ROWS = REPO / benchmark.ROWS
NAME = "mdb_drums_8"
SAID = {
    "system": "lion",
    "version": "2",
    "license": "MIT",
    "command": "lion *.wav",
    "trained_on": "nothing",
    "split": NAME,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A corpus whose sessions are those of a split, once their digests are taken for right."""
    names = read_named_split(NAME, REPO / "resources/evaluation/splits").sessions
    events = [(1.0, ["kick"]), (2.0, ["snare"]), (3.0, ["hihat_closed"])]
    sessions = {name: {"events": events, "split": "train"} for name in names}
    write_corpus(tmp_path, sessions | {"other": {"events": events}}, monkeypatch)
    for name in names:
        lines = [(1.01, "BD", 0.9), (2.01, "SD", 0.9), (2.5, "TT", 0.9)]
        write_lines(tmp_path / "mine/predictions", **{name: lines[: 2 + (name[-1] == "s")]})
    describe(tmp_path)
    return tmp_path


def describe(folder, **keys):
    document = {key: value for key, value in (SAID | keys).items() if value is not None}
    (folder / "mine/submission.yaml").write_text(yaml.safe_dump(document))


@pytest.fixture
def called(monkeypatch, capsys):
    """A command in this process, for which the split takes whatever hits there are."""
    monkeypatch.setattr("drumcorpus.stages.evaluation.report.check_named_split", lambda *_: None)
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # which `main` replaces

    def call(*arguments):
        status = main([str(word) for word in arguments])
        return status, *capsys.readouterr()

    return call


SCORE = ("benchmark", "--corpus", MANIFEST, "--submission", "mine")


def test_a_row_is_printed_and_kept_once(folder, called):
    status, said, errors = called(*SCORE, "--rows", "rows.json")
    assert (status, errors) == (0, "")
    (row,) = read_rows(folder / "rows.json", SCHEMA)
    assert {key: row[key] for key in SAID} == SAID
    assert (row["sessions"], row["hits"], row["protocol"]) == (8, 24, "adtof5@50/pooled")
    assert row["micro"]["resolvable"] is False
    assert row["micro"]["group_range"] == [0.666667, 0.8]
    assert row["classes"] == {"BD": 1.0, "SD": 1.0, "TT": None, "HH": 0.0, "CY+RD": None}
    assert json.loads(said[: said.index("}\n\n") + 1]) == row
    line = next(each for each in said.splitlines() if each.startswith("| lion 2 |"))
    assert "| none; groups 0.667 to 0.800 |" in line
    called(*SCORE, "--rows", "rows.json")
    assert read_rows(folder / "rows.json", SCHEMA) == [row]
    # Another prediction, another digest; another version, another row.
    before = row["predictions_sha256"]
    write_lines(folder / "mine/predictions", MusicDelta_Rock=[(1.0, "BD", 0.9)])
    describe(folder, version="3")
    called(*SCORE, "--rows", "rows.json")
    rows = read_rows(folder / "rows.json", SCHEMA)
    assert [(each["version"], each["predictions_sha256"] == before) for each in rows] == [
        ("2", True),
        ("3", False),
    ]
    status, said, _ = called("benchmark", "--rows", "rows.json")
    assert said.splitlines() == table_lines(rows)


def test_a_corpus_of_other_hits_is_refused_before_anything_is_scored(folder):
    status, said, errors = run_command(folder, *SCORE, "--rows", "rows.json")
    assert (status, said) == (2, "")
    assert "split mdb_drums_8: 8 of 8 sessions of the corpus are not those" in errors
    assert "MusicDelta_Beatles (other hits)" in errors
    assert not (folder / "rows.json").exists()
    evaluated = ("evaluate", "--corpus", MANIFEST, "--predictions", "mine/predictions")
    status, _, errors = run_command(folder, *evaluated, "--split", NAME)
    assert status == 2
    assert "(other hits)" in errors


def test_evaluate_takes_a_named_split_with_its_class_map_alone(folder, called):
    evaluated = ("evaluate", "--corpus", MANIFEST, "--predictions", "mine/predictions")
    evaluated += ("--resamples", 200, "--split", NAME)
    status, said, errors = called(*evaluated)
    assert (status, errors) == (0, "")
    assert "adtof5@50/pooled on mdb_drums_8 of" in said
    corpus = json.loads((folder / "evaluation.json").read_text())["corpus"]
    split = read_named_split(NAME, REPO / "resources/evaluation/splits")
    assert (corpus["split"], corpus["split_sha256"]) == (NAME, split.sha256)
    status, _, errors = called(*evaluated, "--class-map", "vogl8")
    assert status == 2
    assert "got 'vogl8'; the split mdb_drums_8 is scored by adtof5" in errors
    status, _, errors = called(*evaluated, "--validation", "mine/predictions")
    assert status == 2
    assert "fit before, and evaluate what was fitted" in errors


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"license": None}, "license is missing; wanted: system, version, license"),
        ({"licence": "MIT"}, "unknown key 'licence'"),
        ({"version": 2}, "version: got 2; wanted: text of one line"),
        ({"system": "a|b"}, "wanted: text of one line without |"),
        ({"split": "test"}, "split: got 'test'; wanted: a named split"),
        ({"split": "mdb"}, "no split 'mdb'"),
    ],
    ids=["key missing", "key unknown", "number", "bar", "own split", "no split"],
)
def test_a_description_that_lacks_something_is_refused(folder, keys, words):
    describe(folder, **keys)
    status, _, errors = run_command(folder, *SCORE)
    assert status == 2
    assert words in errors


def test_predictions_are_a_folder_or_a_table_and_not_both(folder):
    (folder / "mine/predictions.parquet").write_bytes(b"")
    status, _, errors = run_command(folder, *SCORE)
    assert status == 2
    assert "mine: has 2 of predictions and predictions.parquet; wanted: one" in errors
    status, _, errors = run_command(folder, "benchmark", "--corpus", MANIFEST)
    assert (status, "--submission and --corpus go together" in errors) == (2, True)


def test_rows_of_two_versions_of_a_split_are_refused(tmp_path):
    rows = json.loads(ROWS.read_text())
    changed = rows[0] | {"system": "another", "split_sha256": "0" * 64}
    (tmp_path / "rows.json").write_text(json.dumps([*rows, changed]))
    with pytest.raises(ValueError, match="another version of the split"):
        read_rows(tmp_path / "rows.json", SCHEMA)


def test_the_rows_that_are_kept_are_of_the_splits_as_they_stand_and_the_page_has_their_table():
    rows = read_rows(ROWS, SCHEMA)
    assert len(rows) >= 8
    for row in rows:
        split = read_named_split(row["split"], REPO / "resources/evaluation/splits")
        assert row["split_sha256"] == split_digest(split.class_map, split.sessions)
        assert row["sessions"] == len(split.sessions)
        assert with_row(rows, row) == rows
    page = (REPO / "docs/benchmark.md").read_text()
    assert "\n".join(table_lines(rows)) in page


@pytest.mark.parametrize("odd", ["\r", "\x1b[2J", "\u2028"], ids=["return", "escape", "line"])
def test_words_that_are_no_line_of_a_table_are_refused(folder, odd):
    describe(folder, system=f"lion{odd}2")
    with pytest.raises(ValueError, match=r"system: got 'lion.*wanted: text of one line"):
        read_submission(folder / "mine")


def test_a_row_is_not_kept_beside_rows_of_another_version_of_its_split(folder, called):
    called(*SCORE, "--rows", "rows.json")
    (row,) = read_rows(folder / "rows.json", SCHEMA)
    earlier = row | {"split_sha256": "0" * 64}
    (folder / "rows.json").write_text(json.dumps([earlier]))
    assert called(*SCORE, "--rows", "rows.json")[0] == 0  # in the place of its own
    assert read_rows(folder / "rows.json", SCHEMA) == [row]
    (folder / "rows.json").write_text(json.dumps([earlier | {"version": "1"}]))
    status, _, errors = called(*SCORE, "--rows", "rows.json")
    assert status == 2
    assert "1 row(s) are of another version of the split mdb_drums_8, such as lion 1" in errors
    assert json.loads((folder / "rows.json").read_text()) == [earlier | {"version": "1"}]


def test_rows_of_a_split_with_other_classes_are_refused(folder, called):
    called(*SCORE, "--rows", "rows.json")
    (row,) = read_rows(folder / "rows.json", SCHEMA)
    other = row | {"version": "3", "classes": {"BD": 1.0}}
    (folder / "rows.json").write_text(json.dumps([row, other]))
    with pytest.raises(ValueError, match=r"1: lion has other classes than a row of mdb_drums_8"):
        read_rows(folder / "rows.json", SCHEMA)
