"""Predictions of a split: none is lost, and none of another split or corpus is taken."""

import json
import unicodedata
from dataclasses import replace

import pyarrow as pa
import pytest
from checkout import REPO
from evaluated_corpus import MANIFEST, SPLIT_TABLE, write_corpus, write_lines

from drumcorpus.commands.evaluate import said
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.schemas import SPLITS
from drumcorpus.stages.evaluation.page import render_evaluation_page
from drumcorpus.stages.evaluation.reference import Corpus, open_corpus, read_reference
from drumcorpus.stages.evaluation.report import evaluate
from drumcorpus.stages.evaluation.settings import make_settings

SESSIONS = {
    "a/1": {"events": [(1.0, ["kick", "crash"]), (2.0, ["snare"], 0.25)], "kit": "k1"},
    "a/2": {"events": [(1.0, ["kick"])], "family": "a/1", "kit": "k2"},
    "b": {"events": [(0.5, ["cowbell"])], "source_set": "another"},
    "silent": {"events": []},
    "learned": {"events": [(1.0, ["kick"])], "split": "train"},
    "dropped": {"events": [], "included": False},
}


@pytest.fixture
def settings():
    return make_settings(REPO / "resources", split="test", class_map="adtof5", vocabulary="corpus")


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    return write_corpus(tmp_path, SESSIONS, monkeypatch)


@pytest.fixture
def predict(tmp_path, manifest, settings):
    def predict(**sessions):
        write_lines(tmp_path / "mine", **sessions)
        return evaluate(open_corpus(manifest), tmp_path / "mine", settings).document

    return predict


def test_the_reference_is_one_split(manifest, settings):
    reference = read_reference(open_corpus(manifest), "test", settings.labels, None)
    assert reference.sessions.ids == ["b", "a/1", "a/2"]  # by source set and id
    assert reference.sessions.families == ["b", "a/1", "a/1"]
    assert reference.sessions.attributes["kit_id"] == [None, "k1", "k2"]
    assert reference.not_scored == ["silent"]
    assert reference.elsewhere["learned"] == "train"
    rows = zip(
        reference.hits.session.tolist(),
        [settings.labels[label] for label in reference.hits.label],
        reference.hits.onset.tolist(),
        reference.hits.velocity.tolist(),
        reference.hits.polyphony.tolist(),
        strict=True,
    )
    assert sorted(rows) == [
        (0, "cowbell", 500_000, -1, 1),
        (1, "crash", 1_000_000, -1, 2),
        (1, "kick", 1_000_000, -1, 2),
        (1, "snare", 2_000_000, 2_500, 1),
        (2, "kick", 1_000_000, -1, 1),
    ]


def test_a_session_without_predictions_counts_as_missed_and_is_named(predict):
    document = predict(
        a__1=[(1.0, "kick"), (1.01, "ride_bow"), (2.0, "snare")], b=[(0.5, "cowbell")]
    )
    system = document["system"]
    assert system["missing_sessions"] == ["a/2"]
    assert system["labels_without_class"] == {"cowbell": 1}
    assert document["corpus"]["hits_without_class"] == 1
    classes = system["scores"]["classes"]
    assert (classes["BD"]["tp"], classes["BD"]["fn"], classes["BD"]["f"]) == (1, 1, 0.666667)
    assert classes["CY+RD"]["f"] == 1.0
    assert (classes["TT"]["f"], system["scores"]["absent"]) == (None, ["TT", "HH"])
    assert system["scores"]["micro"]["f"] == 0.857143
    assert system["scores"]["macro"]["f"] == 0.888889


def test_predictions_of_a_session_without_reference_are_named_and_not_scored(predict):
    document = predict(silent=[(1.0, "kick")], a__1=[(1.0, "kick")])
    assert document["system"]["sessions_not_scored"] == ["silent"]
    assert document["corpus"]["sessions_not_scored"] == ["silent"]
    assert document["system"]["predictions"] == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("learned", "session 'learned' is not of the split test: it is of train; allowed: the 3"),
        ("dropped", "is not of the split test: it is left out of the corpus"),
        ("c", "session 'c' is not of the split test: the corpus has no such session"),
    ],
)
def test_a_session_of_elsewhere_is_refused(predict, name, words):
    with pytest.raises(ValueError, match=words):
        predict(**{name: [(1.0, "kick")]})


@pytest.mark.parametrize(
    ("form", "other", "words"),
    [("NFD", "NFC", r"composed \(NFC\)"), ("NFC", "NFD", r"decomposed \(NFD\)")],
)
def test_a_session_in_another_unicode_form_is_told_which(
    tmp_path, monkeypatch, settings, form, other, words
):
    session, name = (unicodedata.normalize(each, "\u00e9tude") for each in (other, form))
    sessions = {session: {"events": [(1.0, ["kick"])]}}
    corpus = open_corpus(write_corpus(tmp_path, sessions, monkeypatch))
    write_lines(tmp_path / "mine", **{name: [(1.0, "kick")]})
    with pytest.raises(ValueError, match=f"no such session, but for its Unicode form: .*{words}"):
        evaluate(corpus, tmp_path / "mine", settings)


def test_other_files_and_two_files_of_a_session_are_refused(predict, tmp_path):
    write_lines(tmp_path / "mine", b=[(0.5, "cowbell")])
    (tmp_path / "mine/b.mid").write_bytes(b"")
    with pytest.raises(ValueError, match=r"what do its notes mean|has predictions in b\.mid too"):
        predict()
    (tmp_path / "mine/b.mid").rename(tmp_path / "mine/b.txt")
    with pytest.raises(ValueError, match=r"mine: b\.txt: is no file of predictions; allowed"):
        predict()


def test_predictions_of_another_corpus_are_refused(predict, tmp_path, manifest):
    write_lines(tmp_path / "mine", b=[(0.5, "cowbell")])
    statement = tmp_path / "mine/predictions.json"
    statement.write_text(json.dumps({"system": "me", "corpus": "1" * 64}))
    with pytest.raises(
        ValueError, match=r"predictions\.json: corpus: the predictions are of the m"
    ):
        predict()
    statement.write_text(json.dumps({"system": "me", "corpus": open_corpus(manifest).sha256}))
    assert predict()["system"]["name"] == "me"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('{"name": "me"}', "unknown key 'name'; allowed: system, corpus, trained_on"),
        ('{"corpus": "abc"}', "corpus: got 'abc'; wanted: the SHA-256 of a manifest"),
        ('{"trained_on": "x"}', "trained_on: got 'x'; wanted: a list"),
        ("[]", "got no object; allowed"),
        ('{"system": 3}', "system: got 3; wanted: a name"),
    ],
    ids=range(5),
)
def test_a_statement_that_is_none_is_refused(predict, tmp_path, statement, words):
    write_lines(tmp_path / "mine", b=[(0.5, "cowbell")])
    (tmp_path / "mine/predictions.json").write_text(statement)
    with pytest.raises(ValueError, match=words):
        predict()


def test_a_corpus_that_was_changed_is_refused(manifest):
    manifest.write_bytes(manifest.read_bytes() + b"x")
    with pytest.raises(ValueError, match="is not what the run manifest of the corpus says"):
        open_corpus(manifest)


def test_a_split_without_hits_is_refused(manifest, settings):
    with pytest.raises(ValueError, match="split validation: no session there has a hit"):
        read_reference(open_corpus(manifest), "validation", settings.labels, None)


def test_a_corpus_of_another_taxonomy_is_refused(manifest):
    with pytest.raises(ValueError, match="label 'cowbell' of the corpus is not in components"):
        read_reference(open_corpus(manifest), "test", ["kick", "snare", "crash"], None)


def test_kits_are_listed_the_worst_first(predict):
    document = predict(a__1=[(1.0, "kick")], a__2=[(1.0, "kick")], b=[(0.5, "cowbell")])
    kits = document["system"]["slices"]["kit"]
    assert [(row["name"], row["micro"]["f"]) for row in kits] == [
        ("k1", 0.5),
        ("k2", 1.0),
        ("(none)", None),
    ]
    assert [row["name"] for row in document["system"]["slices"]["set"]] == ["one", "another"]


def test_groups_that_were_met_in_training_are_split_off(predict, tmp_path, manifest):
    write_lines(tmp_path / "mine", a__1=[(1.0, "kick")], b=[(0.5, "cowbell")])
    assert predict()["system"]["contamination"]["training"] == "unknown"
    digest = open_corpus(manifest).sha256
    said = {"trained_on": [digest, "2" * 64]}
    (tmp_path / "mine/predictions.json").write_text(json.dumps(said))
    stated = predict()["system"]["contamination"]
    assert (stated["not_here"], stated["groups_met"]) == (["2" * 64], 0)


def test_a_family_of_which_one_session_was_trained_on_is_split_off_whole(
    tmp_path, manifest, settings, monkeypatch
):
    (tmp_path / "other").mkdir()
    learned = {"a/2": {"events": [(1.0, ["kick"])], "split": "train"}}
    other = open_corpus(write_corpus(tmp_path / "other", learned, monkeypatch))
    write_lines(tmp_path / "mine", a__1=[(1.0, "kick")], b=[(0.5, "cowbell")])
    said = {"trained_on": [other.sha256]}
    (tmp_path / "mine/predictions.json").write_text(json.dumps(said))
    document = evaluate(
        open_corpus(manifest), tmp_path / "mine", settings, trained_on={other.sha256: other}
    ).document
    stated = document["system"]["contamination"]
    assert (stated["groups_met"], stated["without_them"]["sessions"]) == (1, 1)
    assert stated["without_them"]["micro"]["f"] is None


def test_training_data_of_which_none_is_here_is_not_called_unmet(predict, tmp_path):
    write_lines(tmp_path / "mine", b=[(0.5, "cowbell")])
    (tmp_path / "mine/predictions.json").write_text(json.dumps({"trained_on": ["2" * 64]}))
    assert predict()["system"]["contamination"] == {
        "training": "stated",
        "not_here": ["2" * 64],
        "groups_met": None,
        "without_them": None,
    }


def test_a_link_to_a_folder_of_predictions_is_not_passed_over(tmp_path, predict):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/1.tsv").write_text("1.0\tkick\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a").symlink_to(tmp_path / "other")
    with pytest.raises(ValueError, match="mine: a: is a link to a folder, which is not followed"):
        predict(b=[(0.5, "kick")])


def test_a_folder_that_is_named_like_a_file_is_not_passed_over(tmp_path, predict):
    (tmp_path / "mine/b.tsv").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"mine/b\.tsv: is a folder, and named as predictions"):
        predict(a__1=[(1.0, "kick")])


def test_a_folder_that_is_named_like_a_table_has_its_statement_in_it(tmp_path, manifest, settings):
    write_lines(tmp_path / "mine.parquet", a__1=[(1.0, "kick")])
    (tmp_path / "mine.parquet/predictions.json").write_text('{"system": "third"}')
    document = evaluate(open_corpus(manifest), tmp_path / "mine.parquet", settings).document
    assert document["system"]["name"] == "third"


def test_two_systems_of_one_name_are_told_apart(tmp_path, manifest, settings):
    for place in ("old/mine", "new/mine"):
        write_lines(tmp_path / place, a__1=[(1.0, "kick")])
    document = evaluate(
        open_corpus(manifest), tmp_path / "old/mine", settings, other=tmp_path / "new/mine"
    ).document
    assert document["system"]["name"] == "mine (first)"
    assert document["other"]["name"] == "mine (second)"


@pytest.mark.parametrize("name", ["system_v1.2", "system"])
def test_a_system_is_called_as_its_folder(tmp_path, manifest, settings, name):
    write_lines(tmp_path / name, b=[(0.5, "kick")])
    document = evaluate(open_corpus(manifest), tmp_path / name, settings).document
    assert document["system"]["name"] == name


@pytest.mark.parametrize("split", ["test", "train"])
def test_an_id_that_two_sets_have_is_refused(tmp_path, manifest, settings, split):
    """The hits of both would count as those of one, even where the other is not in the split."""
    rows = read_table(SPLIT_TABLE, SPLITS.names).to_pylist()
    (row,) = [row for row in rows if row["session_id"] == "b"]
    rows.append({**row, "source_set": "one", "split": split})
    write_table(SPLIT_TABLE, pa.Table.from_pylist(rows, SPLITS))
    corpus = Corpus(tmp_path, MANIFEST, "0" * 64, SPLIT_TABLE, "0" * 64)
    with pytest.raises(ValueError, match="session 'b' is of another and of one; predictions name"):
        read_reference(corpus, "test", settings.labels, None)


def test_a_split_that_a_model_labelled_is_refused_or_said_to_be_no_truth(
    tmp_path, settings, monkeypatch
):
    by_model = {"label_method": "model"}
    sessions = {
        "a": {"events": [(1.0, ["kick"]), (2.0, ["kick"], None, by_model)], "source_set": "mixes"},
        "b": {"events": [(1.0, ["kick"], None, {"label_method": "midi"})]},
        "c": {"events": [(1.0, ["kick"], None, by_model)], "split": "train"},
    }
    corpus = open_corpus(write_corpus(tmp_path, sessions, monkeypatch))
    write_lines(tmp_path / "mine", a=[(1.0, "kick")], b=[(1.0, "kick")])
    with pytest.raises(ValueError, match=r"test: a model made the labels of 1 events .mixes 1"):
        evaluate(corpus, tmp_path / "mine", settings)
    document = evaluate(corpus, tmp_path / "mine", replace(settings, model_labels=True)).document
    assert document["corpus"]["model_labels"] == {"mixes": 1}
    assert "A model made the labels of 1 events of this split" in render_evaluation_page(document)
    assert any("NOT TRUTH" in line for line in said(document))
