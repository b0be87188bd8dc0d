"""Exports that nobody can mean, as the workflow asks of them: each is refused by its key."""

import math

import pytest

from drumcorpus.ground.files.schema_check import check_document, typed
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.command_line import check_overlays
from drumcorpus.ground.run.exports_in_use import exports_in_use
from drumcorpus.stages.export.settings import export_settings

CLIPS = {"manifest": "prod_combined", "unit": "clip", "form": "files"}
SEGMENTS = {
    "manifest": "prod_combined",
    "unit": "segment",
    "form": ["webdataset", "parquet"],
    "seconds": 10,
}
LOUD = {"target_lufs": -23, "ceiling_dbtp": -1}
OUTER = "the name of an export: small letters, digits and _, from a letter on"


@pytest.fixture
def said(repo, workflow_schema, taxonomy):
    """What is said of an export by the checks that come before any job, in their order."""
    base, schema = read_yaml(repo / "config/config.yaml"), workflow_schema("config")

    def check(name, block):
        config = base | {"exports": base["exports"] | {name: block}}
        try:
            config, _ = exports_in_use(config, [config])
            config = typed(config, schema)
            check_document(config, schema, "config")
            for each, own in sorted(config["exports"].items()):
                export_settings(
                    each,
                    own,
                    {"weights": None} | config["export"],
                    taxonomy.families,
                    ["components", "classes_5"],
                )
        except ValueError as error:
            return str(error)
        return None

    return check


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({**SEGMENTS, "form": ["parquet", "parquet"]}, "form: got ['parquet', 'parquet']; wanted"),
        ({**SEGMENTS, "form": []}, "form: got []; wanted: 1 or more"),
        ({**SEGMENTS, "form": "tfrecord"}, "form: got 'tfrecord'; wanted"),
        ({**SEGMENTS, "seconds": 0}, "seconds: got 0; allowed: number from 0.1 to 3600"),
        ({**SEGMENTS, "seconds": -1}, "seconds: got -1; allowed: number from 0.1 to 3600"),
        ({**SEGMENTS, "seconds": 1e9}, "seconds: got 1000000000.0; allowed: number from 0.1"),
        ({**SEGMENTS, "seconds": math.nan}, "seconds: got nan; wanted: a finite number"),
        ({**SEGMENTS, "seconds": math.inf}, "seconds: got inf; wanted: a finite number"),
        ({**SEGMENTS, "overlap": 10}, "overlap: got 10 s; it must be below seconds, 10 s"),
        ({**SEGMENTS, "overlap": -1}, "overlap: got -1; allowed: number from 0 to 3600"),
        ({**SEGMENTS, "shard_samples": 0}, "shard_samples: got 0; allowed: integer from 1"),
        ({**SEGMENTS, "shard_bytes": 0}, "shard_bytes: got 0; allowed: integer from 1000000"),
        ({**CLIPS, "sample_rate_hz": 0}, "sample_rate_hz: got 0; allowed: integer from 8000"),
        ({**CLIPS, "sample_rate_hz": 10**9}, "sample_rate_hz: got 1000000000; allowed: integer"),
        ({**CLIPS, "sample_rate_hz": 44100.5}, "sample_rate_hz: got 44100.5; wanted: integer"),
        ({**CLIPS, "channels": 3}, "channels: got 3; allowed: mono, stereo"),
        ({**CLIPS, "encoding": "mp3"}, "encoding: got 'mp3'; allowed: wav16, wav24, flac"),
        ({**CLIPS, "postroll_ms": 1e9}, "postroll_ms: got 1000000000.0; allowed: number or"),
        ({**CLIPS, "ring_ms": -1}, "ring_ms: got -1; allowed: number or object from 0 to 60000"),
        ({**CLIPS, "ring_ms": {"crash": -1}}, "ring_ms.crash: got -1; allowed: number from 0"),
        ({**CLIPS, "ring_ms": {"crash": math.nan}}, "ring_ms.crash: got nan; wanted: a finite"),
        ({**CLIPS, "loudness": "loud"}, "loudness: got 'loud'; wanted"),
        ({**CLIPS, "loudness": {"target_lufs": -23}}, "loudness: missing ceiling_dbtp"),
        ({**CLIPS, "loudness": LOUD | {"target_lufs": 3}}, "loudness.target_lufs: got 3; allowed"),
        ({**CLIPS, "manifest": None}, "manifest: got None; wanted: string"),
        ({**CLIPS, "manifest": "prod"}, "manifest: 'prod'"),
        ({**CLIPS, "secnds": 1}, ": unknown key 'secnds' (did you mean 'seconds'?); allowed: "),
        ({**CLIPS, "memory_limit": "1GB"}, ": unknown key 'memory_limit'; allowed: "),
        ({"manifest": "prod_combined", "unit": "clip"}, ": missing form"),
        ([CLIPS], ": got [{"),
        ("clips", ": got 'clips'; wanted: object"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_by_its_key(said, block, sentence):
    dot = "" if sentence.startswith(":") else "."
    assert f"config: exports.mine{dot}{sentence}" in said("mine", block)


@pytest.mark.parametrize("name", ["a/b", "a b", "..", "A", "", ".hidden", "a-b", "ä"], ids=repr)
def test_a_name_that_could_be_no_folder_or_target_everywhere_is_refused(said, name):
    sentence = said(name, CLIPS)
    assert sentence == f"config: exports: got {name!r}; wanted: pattern ^[a-z][a-z0-9_]*$ ({OUTER})"


def test_a_name_has_an_end(said):
    assert said("a" * 64, CLIPS) is None
    assert f"exports: got {'a' * 65!r}; wanted: at most 64 characters" in said("a" * 65, CLIPS)


@pytest.mark.parametrize(
    "block",
    [
        {**CLIPS, "preroll_ms": 0},
        {**CLIPS, "loudness": LOUD},
        {**CLIPS, "postroll_ms": 60_000},
        {**SEGMENTS, "seconds": 3600, "overlap": 3599.9},
    ],
    ids=str,
)
def test_what_is_at_the_edge_of_sense_is_taken(said, block):
    assert said("mine", block) is None


@pytest.mark.parametrize(
    "text",
    [
        "exports:\n  mine: {unit: clip}\n  mine: {unit: segment}\n",
        'exports:\n  mine: {unit: clip}\n  "mine": {unit: clip}\n',
        '{"exports": {"mine": {}, "mine": {}}}',
    ],
    ids=["yaml", "quoted", "json"],
)
def test_two_exports_of_one_name_are_refused_where_they_stand(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="mine") as caught:
        check_overlays([str(path)])
    assert str(path) in str(caught.value) and "twice" in str(caught.value)
