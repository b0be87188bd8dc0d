"""Baselines: what differs, in words; what blessing writes, and when it refuses."""

import json
from pathlib import Path

import pytest

from drumcorpus.ground.files.blessings import read_blessing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.figures import (
    compare_with_baseline,
    differences,
    figures_of,
    in_words,
    iter_differences,
    read_baseline,
    write_baseline,
)
from drumcorpus.ground.run.run_manifest import SCHEMA, write_manifests
from drumcorpus.stages.baselines.bless import bless

OLD = {"events": 3, "sets": {"egmd": {"licenses": {"CC-BY-4.0": 2}, "merged": True}}}


def test_equal_documents_have_no_difference():
    assert differences(OLD, json.loads(json.dumps(OLD))) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
        ({"a": {"b": 1}}, {"a": {}}, [("a.b", 1, None)]),
        ({}, {"a": {"b": 1}}, [("a.b", None, 1)]),
        ({"a": 1}, {"a": {"b": 1}}, [("a", 1, None), ("a.b", None, 1)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("a", [1, 2], [2, 1])]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": 0}, {"a": None}, [("a", 0, None)]),
        ({"a": 0}, {}, [("a", 0, None)]),
        ({"a": None}, {}, []),
        ({"a": {}}, {}, []),
        ({"a": 1.0}, {"a": 1}, []),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, [("a", 1, 2), ("b", 1, 2)]),
    ],
)
def test_differences_are_flat_and_in_order(old, new, found):
    assert [(row["path"], row["old"], row["new"]) for row in differences(old, new)] == found


def test_two_keys_whose_joined_names_are_equal_are_told_apart():
    assert len(differences({"a.b": 1, "a": {"b": 1}}, {"a.b": 2, "a": {"b": 3}})) == 2


def test_what_is_a_figure_can_be_chosen():
    document = {"b": {"n": 1, "name": "x"}, "a": [2], "c": None}
    assert figures_of(document) == {("b", "n"): 1, ("b", "name"): "x", ("a",): [2]}
    assert figures_of(document, lambda value: value == 1) == {("b", "n"): 1}


def test_figures_that_differ_come_in_order_of_their_keys():
    old, new = {("b",): 1, ("a", "x"): 2, ("c",): 0}, {("b",): 1.5, ("c",): 0}
    assert list(iter_differences(old, new)) == [(("a", "x"), 2, None), (("b",), 1, 1.5)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (1200, 1257, "x: 1,200 -> 1,257"),
        (None, 0.25, "x: none -> 0.25"),
        (True, False, "x: yes -> no"),
        ("staged", None, "x: staged -> none"),
        ([1000, "a"], [], "x: [1,000, a] -> []"),
    ],
)
def test_a_difference_is_said_in_words(old, new, sentence):
    assert in_words({"path": "x", "old": old, "new": new}) == sentence


def test_without_a_baseline_there_is_no_difference_and_it_is_said():
    comparison = compare_with_baseline(OLD, None)
    assert (comparison["baseline"], comparison["n_differences"]) == ("none", 0)
    assert "Nothing is blessed yet" in comparison["sentence"]


def test_a_comparison_counts_its_differences(tmp_path):
    write_baseline(tmp_path / "b.json", OLD)
    same = compare_with_baseline(OLD, tmp_path / "b.json")
    assert (same["baseline"], same["n_differences"]) == ("blessed", 0)
    other = compare_with_baseline(OLD | {"events": 4}, tmp_path / "b.json")
    assert other["differences"] == [{"path": "events", "old": 3, "new": 4}]
    assert other["sentence"].startswith("1 figure differs")


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_a_baseline_that_is_no_json_object_is_refused_and_named(tmp_path, text):
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"b\.json"):
        read_baseline(path)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A working folder with two candidates as a run has left them, and a plan to bless them."""
    monkeypatch.chdir(tmp_path)
    for name, document in (("m.audit.json", OLD), ("m.health.json", {"hits": 7})):
        path = f"results/baselines/{name}"
        write_baseline(path, document)
        plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "inputs": []}
        write_manifests(plan, [("candidate", path)], {})
    return {
        name: {
            "candidate": f"results/baselines/{name}",
            "blessed": None,
            "target": f"resources/baselines/{name}",
        }
        for name in ("m.audit.json", "m.health.json")
    }


def test_what_is_new_is_written_and_said(shelf, tmp_path):
    assert bless(shelf, {}, "2026.1") == [
        "m.audit.json: new, 3 figures",
        "m.health.json: new, 1 figure",
    ]
    for row in shelf.values():
        assert (tmp_path / row["target"]).read_bytes() == (tmp_path / row["candidate"]).read_bytes()


def test_what_changes_is_said_figure_by_figure_and_the_rest_is_left(shelf, tmp_path):
    write_baseline(tmp_path / "blessed.json", OLD | {"events": 2000})
    write_baseline(tmp_path / "same.json", {"hits": 7})
    shelf["m.audit.json"]["blessed"] = tmp_path / "blessed.json"
    shelf["m.health.json"]["blessed"] = tmp_path / "same.json"
    assert bless(shelf, {}, "2026.1") == ["m.audit.json: events: 2,000 -> 3"]
    assert (tmp_path / "resources/baselines/m.audit.json").is_file()
    assert not (tmp_path / "resources/baselines/m.health.json").exists()


def test_blessing_twice_changes_nothing_the_second_time(shelf):
    bless(shelf, {}, "2026.1")
    for row in shelf.values():
        row["blessed"] = row["target"]
    assert bless(shelf, {}, "2026.1") == []


def test_a_missing_candidate_is_refused_and_nothing_is_blessed(shelf, tmp_path):
    (tmp_path / "results/baselines/m.health.json").unlink()
    with pytest.raises(ValueError, match=r"no candidate results/baselines/m\.health\.json"):
        bless(shelf, {}, "2026.1")
    assert not (tmp_path / "resources").exists()


def test_a_candidate_that_somebody_changed_is_refused_and_nothing_is_blessed(shelf, tmp_path):
    write_baseline(tmp_path / "results/baselines/m.health.json", {"hits": 8})
    with pytest.raises(ValueError, match="is not what its run manifest says"):
        bless(shelf, {}, "2026.1")
    assert not (tmp_path / "resources").exists()


def test_a_blessed_file_that_cannot_be_read_is_refused_and_nothing_is_blessed(shelf, tmp_path):
    (tmp_path / "broken.json").write_text("{")
    shelf["m.health.json"]["blessed"] = tmp_path / "broken.json"
    with pytest.raises(ValueError, match=r"broken\.json:1"):
        bless(shelf, {}, "2026.1")
    assert not (tmp_path / "resources").exists()


def test_a_manifest_has_a_note_on_the_release_at_which_it_was_blessed(shelf, tmp_path):
    table, target = "results/manifests/m.jsonl", "resources/baselines/m.blessing.json"
    Path(table).parent.mkdir(parents=True)
    Path(table).write_text('{"event_id": "a"}\n')
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "inputs": []}
    write_manifests(plan, [("manifest", table)], {})
    notes = {"m": {"table": table, "figures": "m.health.json", "target": target}}
    assert bless(shelf, notes, "2026.1")[2:] == ["m: blessed at release 2026.1"]
    assert read_blessing(target) == {
        "schema": "drumcorpus.blessing/1",
        "release": "2026.1",
        "figures": sha256_file("resources/baselines/m.health.json"),
        "manifest": sha256_file(table),
    }
    for row in shelf.values():
        row["blessed"] = row["target"]
    before = Path(target).read_bytes()
    assert bless(shelf, notes, "2026.1") == [] and Path(target).read_bytes() == before
    # Somebody has looked again.
    assert bless(shelf, notes, "2026.2") == ["m: blessed at release 2026.2"]
    Path(table).write_text("")
    with pytest.raises(ValueError, match=r"m\.jsonl: is not what its run manifest says"):
        bless(shelf, notes, "2026.3")
    assert read_blessing(target)["release"] == "2026.2"
    Path(table).unlink()
    with pytest.raises(ValueError, match=r"^there is no manifest results/manifests/m\.jsonl: noth"):
        bless(shelf, notes, "2026.3")
    assert read_blessing(target)["release"] == "2026.2"
