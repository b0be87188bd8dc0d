"""Records of Snakemake that it could not read are named and put aside; all others stay."""

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from snakemake.persistence import MetadataRecord
from snakemake.persistence.file import FilePersistence

from drumcorpus.ground.run.snakemake_records import (
    INCOMPLETE,
    METADATA,
    damage_in_words,
    damaged_records,
    put_aside,
)

PRODUCT = "results/events/egmd/000.parquet"
RECORD = {
    "rule": "ingest_sessions",
    "input": ["results/sessions/egmd/000.parquet"],
    "log": ["logs/ingest_sessions/egmd/000.log"],
    "params": ["'a'", "0.5"],
    "code": None,
    "record_format_version": 6,
    "job_hash": -5,
    "starttime": 1.5,
    "endtime": 2.5,
    "incomplete": False,
    "input_checksums": {"results/sessions/egmd/000.parquet": "sha256:00"},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    METADATA.mkdir(parents=True)
    INCOMPLETE.mkdir()


def named(folder, product=PRODUCT):
    return folder / urlsafe_b64encode(product.encode()).decode()


def found():
    return damaged_records(MetadataRecord.model_validate)


def damage(path, content):
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def test_sound_records_are_no_damage():
    damage(named(METADATA), RECORD)
    damage(named(METADATA, "b"), RECORD | {"input_checksums": {"x": None}, "params": None})
    damage(named(INCOMPLETE), {"external_jobid": None})
    damage(named(INCOMPLETE, "b"), {"external_jobid": "4711"})
    (INCOMPLETE / "migration_underway").touch()
    deep = METADATA / "@long"
    deep.mkdir()
    damage(deep / "name", RECORD)
    assert found() == []


def test_sound_records_are_handed_over_by_product_as_snakemake_reads_them():
    long = "results/" + 50 * "long/" + "name.parquet"
    damage(named(METADATA), RECORD)
    damage(named(METADATA, "results/broken"), RECORD | {"input": 5})
    damage(METADATA / "no name of Snakemake's", RECORD)
    damage(named(INCOMPLETE, "results/unfinished"), {"external_jobid": None})
    snakemakes = FilePersistence(path=Path(".snakemake").absolute())
    snakemakes._write_record(long, MetadataRecord(**RECORD))
    whole = {}
    [broken] = damaged_records(MetadataRecord.model_validate, whole)
    assert broken.product == "results/broken"
    assert whole.keys() == {PRODUCT, long}
    assert all(whole[name] == snakemakes._read_record(name) for name in whole)
    assert whole[PRODUCT].rule == "ingest_sessions"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty", id="zero-length"),
        pytest.param(json.dumps(RECORD).encode()[:40], "not JSON at byte", id="truncated"),
        pytest.param(b'{"rule": "\xff"}', "not UTF-8 at byte 10", id="no-utf-8"),
        pytest.param(json.dumps(RECORD).encode().replace(b":", b"\xba", 1), "not UTF-8", id="bit"),
        pytest.param(b"\0" * 4096, "not JSON at byte 0", id="zeros"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="deep"),
        pytest.param([1, 2], "JSON, but no record", id="list"),
        pytest.param("text", "JSON, but no record", id="text"),
        pytest.param(b"null", "JSON, but no record", id="null"),
        pytest.param({}, "JSON, but no record", id="nothing-in-it"),
        pytest.param(RECORD | {"input": 5}, "input: Input should be a valid list", id="input"),
        pytest.param(RECORD | {"starttime": "x"}, "starttime: Input should be", id="time"),
        pytest.param(RECORD | {"params": [["a"]]}, "params: not all of them text", id="params"),
        pytest.param(RECORD | {"input_checksums": {"a": 1}}, "input_checksums: not", id="checksum"),
        pytest.param(b'{"job_hash": 1' + b"0" * 5000 + b"}", "Exceeds the limit", id="number"),
    ],
)
def test_a_damaged_record_is_named_and_put_aside(content, reason):
    path = named(METADATA)
    damage(path, content)
    damage(named(METADATA, "other"), RECORD)
    [one] = found()
    assert one.path == path and one.product == PRODUCT and reason in one.reason
    assert f"{path} (of {PRODUCT}): " in damage_in_words([one])
    before = path.read_bytes()
    folder = put_aside([one])
    assert folder == Path(".drumcorpus/put_aside/001")
    assert (folder / path).read_bytes() == before and not path.exists()
    assert found() == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"5", b'"external_jobid"', b'{"external_jobid": []}', b"{"],
    ids=["empty", "no-utf-8", "number", "text", "wrong-type", "truncated"],
)
def test_a_damaged_mark_stays_a_mark(content):
    path = named(INCOMPLETE)
    damage(path, content)
    folder = put_aside(found())
    assert (folder / path).read_bytes() == content
    assert json.loads(path.read_text()) == {"external_jobid": None}
    assert found() == []


def test_a_folder_a_pipe_and_a_link_in_the_place_of_a_record():
    (named(METADATA) / "inner").mkdir(parents=True)
    os.mkfifo(named(METADATA, "pipe"))
    named(METADATA, "link").symlink_to("nothing")
    (METADATA / "@file").write_text("{}")
    named(INCOMPLETE).mkdir()
    reasons = sorted(one.reason for one in found())
    assert reasons == [
        "a folder, not a file",
        "a folder, not a file",
        "a link to nothing",
        "no folder",
        "no regular file",
    ]
    put_aside(found())
    assert found() == [] and named(INCOMPLETE).is_file()


@pytest.mark.parametrize("name", [".", "metadata", "incomplete", "locks", "auxiliary", "storage"])
def test_a_file_in_the_place_of_a_folder_of_snakemakes(name):
    path = Path(".snakemake") / name
    if path.is_dir():
        for inner in (METADATA, INCOMPLETE, Path(".snakemake")):
            if inner == path or name == ".":
                inner.rmdir()
    path.write_text("x")
    [one] = found()
    assert (one.path, one.reason, one.product) == (path, "no folder", None)
    put_aside([one])
    assert not path.exists() and found() == []


def test_what_is_put_aside_twice_lies_in_two_places():
    for _ in range(2):
        damage(named(METADATA), b"")
        put_aside(found())
    assert len(list(Path(".drumcorpus/put_aside").iterdir())) == 2


def test_of_many_the_first_few_are_shown():
    for number in range(7):
        damage(named(METADATA, f"p{number}"), b"")
    sentence = damage_in_words(found())
    assert sentence.startswith("Snakemake cannot read 7 of its records: ")
    assert sentence.count(": empty") == 5 and sentence.endswith("; and 2 more.")
