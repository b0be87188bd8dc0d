"""A run manifest that lies is named with what is wrong; one that holds is read."""

import copy
import json

import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.run import sidecars
from drumcorpus.ground.run.run_manifest import seal_of
from drumcorpus.ground.run.sidecars import manifest_problems, read_output, read_sidecar

SCHEMA = yaml.safe_load((REPO / "workflow/schemas/run_manifest.schema.yaml").read_text())
SHA = "ab" * 32


def whole():
    document = {
        "schema": "drumcorpus-run-manifest-v1",
        "rule": "merge_manifest",
        "wildcards": {"manifest": "m"},
        "script": {"path": "workflow/scripts/x.py", "code": "0" * 16, "software": {"numpy": "2"}},
        "params": {"n": 1},
        "inputs": [{"name": "i", "path": "in.csv", "kind": "raw", "sha256": SHA, "rows": 3}],
        "outputs": [{"name": "o", "path": "x.csv", "sha256": SHA, "bytes": 2, "rows": None}],
        "counters": {"rows": 3},
    }
    return document | {"seal": seal_of(document)}


def write(tmp_path, data):
    (tmp_path / "x.csv.manifest.json").write_bytes(data)
    return tmp_path / "x.csv"


def test_one_that_holds_is_read(tmp_path):
    product = write(tmp_path, canonical_json(whole()))
    assert read_sidecar(product) == whole()
    assert read_output(product, "x.csv") == (whole(), whole()["outputs"][0])


def changed(place, value):
    """A run manifest with another value at a place, sealed again; ``...`` takes it away."""
    document = copy.deepcopy(whole())
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return document | {"seal": seal_of(document)} if place[0] != "seal" else document


LIES = {
    "schema": (("schema",), "other-v1", "schema: got 'other-v1'; allowed: drumcorpus-run-manifest"),
    "no_rule": (("rule",), ..., "(top level): missing rule"),
    "unknown": (("clock",), "12:00", "(top level): unknown key clock; allowed: "),
    "rule": (("rule",), 3, "rule: got 3; wanted: string"),
    "wildcard": (("wildcards", "manifest"), 3, "wildcards.manifest: got 3; wanted: string"),
    "params": (("params",), [], "params: got an array; wanted: object"),
    "code": (("script", "code"), "0" * 64, "script.code: got "),
    "no_code": (("script", "code"), ..., "script: missing code"),
    "software": (("script", "software"), {"x": None}, "script.software.x: got null"),
    "inputs": (("inputs",), {}, "inputs: got an object; wanted: array"),
    "input": (("inputs", 0), "in.csv", "inputs.0: got a string; wanted: object"),
    "kind": (("inputs", 0, "kind"), "found", "inputs.0.kind: got 'found'; allowed: external, "),
    "rows": (("inputs", 0, "rows"), "3", "inputs.0.rows: got '3'; wanted: integer or null"),
    "true": (("inputs", 0, "rows"), True, "inputs.0.rows: got True; wanted: integer or null"),
    "digest": (("inputs", 0, "sha256"), SHA.upper(), "inputs.0.sha256: got 'ABAB"),
    "no_output": (("outputs",), [], "outputs: is empty; wanted: 1 or more"),
    "bytes": (("outputs", 0, "bytes"), -1, "outputs.0.bytes: got -1; wanted: integer from 0"),
    "no_bytes": (("outputs", 0, "bytes"), ..., "outputs.0: missing bytes"),
    "kind_of_output": (("outputs", 0, "kind"), "raw", "outputs.0: unknown key kind; allowed: "),
    "absolute": (
        ("outputs", 0, "path"),
        "/etc/passwd",
        "outputs.0.path: '/etc/passwd' is absolute",
    ),
    "climbs": (("inputs", 0, "path"), "a/../../b", "inputs.0.path: 'a/../../b' climbs out of the"),
    "empty": (("inputs", 0, "path"), "", "inputs.0.path: '' is empty; wanted: a path below"),
    "seal": (("seal",), "cd" * 32, "its seal is cdcdcdcdcdcd…, and what it holds gives "),
    "no_seal": (("seal",), "none", "seal: got 'none'; wanted: 64 lower-case hex digits"),
}


@pytest.mark.parametrize("name", LIES)
def test_one_that_lies_is_named_with_what_is_wrong(tmp_path, name):
    place, value, words = LIES[name]
    product = write(tmp_path, canonical_json(changed(place, value)))
    with pytest.raises(ValueError) as refused:
        read_sidecar(product)
    assert str(refused.value).startswith(f"{product}.manifest.json: {words}")


@pytest.mark.parametrize("name", [*LIES, "whole"])
def test_the_check_agrees_with_the_schema(name):
    document = changed(*LIES[name][:2]) if name in LIES else whole()
    told = list(manifest_problems(document))
    assert bool(told) == bool(document_problems(document, SCHEMA))


VALUES = [None, 1, -1, True, 1.5, "", "x", "/a", "a/../b", [], {}, SHA, "0" * 16, {"x": "y"}, ...]


def places(document, above=()):
    """The place of every value in a document, from the outermost in."""
    pairs = document.items() if isinstance(document, dict) else ()
    pairs = enumerate(document) if isinstance(document, list) else pairs
    for key, value in pairs:
        yield (*above, key)
        yield from places(value, (*above, key))


@pytest.mark.parametrize("place", list(places(whole())))
def test_the_quick_look_and_the_schema_agree_whatever_stands_in_a_place(place):
    for value in VALUES:
        document = changed(place, value)
        sound = document_problems(document, SCHEMA) == []
        assert (list(manifest_problems(document)) == []) == sound, value
        assert sidecars._is_sound(document) == sound, value


CORPUS = {
    "kind": "merge",
    "input_shards": [{"path": "a.jsonl", "sha256": SHA, "rows": 3}],
    "arguments": {"given": {"inputs": ["a.jsonl"]}, "complete": {}},
    "output_paths": ["x.csv"],
    "required_keys": ["id"],
    "natural_key": ["id"],
    "duplicates": "first",
    "conflicts_shown": ["one"],
    "scale_conversions": [{"name": "mos"}],
    "source_overrides": {"a.jsonl": "mos"},
    "command_line": ["python"],
}


@pytest.mark.parametrize("place", list(places({"corpus": CORPUS})))
def test_the_section_of_a_corpus_is_checked_as_the_schema_does(place):
    for value in VALUES:
        document = whole() | {"corpus": copy.deepcopy(CORPUS)}
        inner = document
        for key in place[:-1]:
            inner = inner[key]
        if value is ...:
            del inner[place[-1]]
        else:
            inner[place[-1]] = value
        sound = document_problems(document, SCHEMA) == []
        assert (list(manifest_problems(document)) == []) == sound, value


def test_the_check_knows_every_key_of_the_schema():
    corpus = SCHEMA["properties"]["corpus"]
    assert corpus["properties"].keys() == set(corpus["required"]) == sidecars.CORPUS_KEYS
    assert list(sidecars.CORPUS_KINDS) == corpus["properties"]["kind"]["enum"]
    row = {name: SCHEMA["properties"][name]["items"] for name in ("inputs", "outputs")}
    assert set(SCHEMA["required"]) == sidecars.KEYS
    assert SCHEMA["properties"].keys() <= sidecars.KEYS | sidecars.OPTIONAL
    assert row["inputs"]["properties"].keys() == sidecars.INPUT_KEYS
    assert row["outputs"]["properties"].keys() == sidecars.OUTPUT_KEYS
    assert SCHEMA["properties"]["script"]["properties"].keys() == sidecars.SCRIPT_KEYS
    assert sorted(sidecars.KINDS) == sorted(row["inputs"]["properties"]["kind"]["enum"])


TEXT = canonical_json(whole()).decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace('"n": 1', '"n": NaN'), ":24:10: not JSON: "),
        (TEXT.replace('"n": 1', '"n": -Infinity'), "NaN and Infinity are no numbers of JSON"),
        (TEXT.replace('"n": 1', '"n": 1,\n    "n": 2'), ":25:5: the key 'n' stands twice"),
        (TEXT[:200], "not JSON: "),
        ("", ":1:1: not JSON: "),
        ("[]\n", ": is no run manifest: wanted an object, got an array"),
        ("\x00" * 30, "not JSON: "),
        (json.dumps(whole()), ": is not as a run manifest is written (white space, order of keys)"),
        (TEXT + "\n", ": is not as a run manifest is written (white space, order of keys)"),
        (TEXT.replace('"n": 1', f'"n": {"[" * 400}{"]" * 400}'), ": is not as a run manifest is"),
    ],
    ids=[
        *("nan", "infinity", "key_twice", "cut", "empty", "list", "zeros", "one_line", "more"),
        "deep",
    ],
)
def test_what_is_no_sound_json_is_named_with_its_line(tmp_path, text, words):
    product = write(tmp_path, text.encode())
    with pytest.raises(ValueError) as refused:
        read_sidecar(product)
    assert str(refused.value).startswith(f"{product}.manifest.json")
    assert words in str(refused.value)


def test_a_folder_or_a_link_in_its_place_is_named(tmp_path):
    (tmp_path / "x.csv.manifest.json").mkdir()
    with pytest.raises(ValueError, match=r"json: is a folder, where a run manifest belongs"):
        read_sidecar(tmp_path / "x.csv")
    (tmp_path / "true.json").write_bytes(canonical_json(whole()))
    (tmp_path / "y.csv.manifest.json").symlink_to("true.json")
    with pytest.raises(ValueError, match=r"json: is a link, where a run manifest belongs"):
        read_sidecar(tmp_path / "y.csv")


def test_none_is_told_from_one_that_lies(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_sidecar(tmp_path / "x.csv")


def test_one_of_another_file_is_named(tmp_path):
    product = write(tmp_path, canonical_json(whole()))
    with pytest.raises(ValueError, match=r"does not name the file it stands beside, but x\.csv"):
        read_output(product, "y.csv")
