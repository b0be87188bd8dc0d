"""Parquet shards: their bounds and bytes, read back by Arrow and by `datasets`."""

import errno
import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files.shards import SHARDS
from drumcorpus.ground.sound.encoding import EncodedRecording
from drumcorpus.stages.export import parquet_shards
from drumcorpus.stages.export.parquet_shards import ParquetShards

RATE = 44_100
STROKE = [("onset", pa.float64()), ("label", pa.string()), ("cymbal", pa.int32())]
STROKE += [("techniques", pa.list_(pa.string()))]
RECORDS = pa.schema(
    [
        ("sample_id", pa.string()),
        ("split", pa.string()),
        ("shard", pa.string()),
        ("start", pa.float64()),
        ("n_samples", pa.int64()),
        ("strokes", pa.list_(pa.struct(STROKE))),
        ("ringing", pa.list_(pa.struct(STROKE))),
        ("class_ids", pa.struct([("classes_3", pa.list_(pa.int32()))])),
        ("is_synthetic", pa.bool_()),
    ]
)
WIDE = {"shard_bytes": 10**9, "shard_samples": 10**6}
FULL = Path("/dev/full")


def content(n_bytes, seed=1):
    return np.random.default_rng(seed).bytes(n_bytes)


def records(n_rows, first=0, n_strokes=3):
    rows = [
        {"sample_id": f"s{row:05d}", "split": "train", "shard": None, "start": row / 3}
        | {"n_samples": 12_348, "is_synthetic": row % 2 == 0 or None, "ringing": []}
        | {"strokes": [stroke(row, place) for place in range(n_strokes)]}
        | {"class_ids": {"classes_3": [0, 2]}}
        for row in range(first, first + n_rows)
    ]
    return pa.Table.from_pylist(rows, RECORDS)


def stroke(row, place):
    """A stroke whose values hardly repeat."""
    labels = {"label": ["kick", "snare"][place % 2], "cymbal": None, "techniques": ["flam"] * place}
    return {"onset": row / 7 + place / 11} | labels


def opened(folder, **options):
    form = {"sample_rate_hz": RATE, "extension": "wav", "shard_column": "shard"}
    form |= {"shard_prefix": "train/"}
    return ParquetShards(folder, "train-groove-000", RECORDS, **form | WIDE | options)


def write(folder, table, contents, **options):
    with opened(folder, **options) as shards:
        shards.add(table, contents)
    return shards


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_shard_holds_the_records_and_the_sound(tmp_path):
    table, contents = records(5), [content(1_000 + n, n) for n in range(5)]
    shards = write(tmp_path, table, contents)
    assert names(tmp_path) == ["train-groove-000-000000.parquet"]
    assert shards.shards.schema == SHARDS
    assert shards.shard_of_each.to_pylist() == names(tmp_path) * 5
    read = pq.read_table(tmp_path / "train-groove-000-000000.parquet")
    assert read.column_names == ["audio", *RECORDS.names[:5], "notes", *RECORDS.names[6:]]
    assert read["audio"].to_pylist() == [
        {"bytes": each, "path": f"s{n:05d}.wav"} for n, each in enumerate(contents)
    ]
    assert read["shard"].to_pylist() == ["train/train-groove-000-000000.parquet"] * 5
    for name in ("sample_id", "split", "start", "n_samples", "ringing", "class_ids"):
        assert read[name].to_pylist() == table[name].to_pylist()
    assert read["notes"].to_pylist() == table["strokes"].to_pylist()
    assert read["is_synthetic"].to_pylist() == [True, None, True, None, True]


def test_the_tables_say_what_each_shard_is(tmp_path):
    shards = write(tmp_path, records(7), [content(5_000, n) for n in range(7)], shard_samples=3)
    assert shards.shards["n_samples"].to_pylist() == [3, 3, 1]
    for row in shards.shards.to_pylist():
        whole = (tmp_path / row["shard"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
    whole = pa.concat_tables([pq.read_table(tmp_path / name) for name in names(tmp_path)])
    assert whole["sample_id"].to_pylist() == [f"s{n:05d}" for n in range(7)]


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 60_000), max_size=25),
    n_strokes=st.integers(0, 40),
    shard_bytes=st.integers(1, 400_000),
    shard_samples=st.integers(1, 9),
    n_added=st.integers(1, 9),
)
def test_a_shard_stays_within_its_bounds(
    tmp_path_factory, sizes, n_strokes, shard_bytes, shard_samples, n_added
):
    folder = tmp_path_factory.mktemp("parquet")
    contents = [content(size, n) for n, size in enumerate(sizes)]
    with opened(folder, shard_bytes=shard_bytes, shard_samples=shard_samples) as shards:
        for first in range(0, len(sizes), n_added):
            some = contents[first : first + n_added]
            shards.add(records(len(some), first, n_strokes), some)
    files = names(folder)
    assert files == shards.shards["shard"].to_pylist()
    read = [pq.read_table(folder / name) for name in files]
    assert [each["bytes"] for table in read for each in table["audio"].to_pylist()] == contents
    assert shards.shard_of_each.to_pylist() == [
        Path(place).name for table in read for place in table["shard"].to_pylist()
    ]
    for row, table in zip(shards.shards.to_pylist(), read, strict=True):
        assert 1 <= len(table) == row["n_samples"] <= shard_samples
        assert row["bytes"] == (folder / row["shard"]).stat().st_size
        assert row["bytes"] <= shard_bytes or len(table) == 1


def test_a_shard_is_nearly_as_large_as_its_bound(tmp_path):
    contents = [content(50_000, n) for n in range(200)]
    shards = write(tmp_path, records(200), contents, shard_bytes=3_000_000)
    for row in shards.shards.to_pylist()[:-1]:
        assert row["bytes"] > 0.8 * 3_000_000


def test_row_groups_are_small_enough_to_stream(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_shards, "GROUP_BYTES", 100_000)
    monkeypatch.setattr(parquet_shards, "GROUP_ROWS", 12)
    write(tmp_path, records(30), [content(n % 10 * 4_000, n) for n in range(30)])
    metadata = pq.read_metadata(tmp_path / "train-groove-000-000000.parquet")
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    assert sum(group.num_rows for group in groups) == 30
    assert all(group.num_rows <= 12 for group in groups)
    assert all(group.column(0).total_uncompressed_size < 101_000 for group in groups)
    assert len(groups) >= 6


def test_equal_samples_give_equal_bytes_however_they_are_added(tmp_path):
    table, contents = records(40), [content(3_000, n) for n in range(40)]
    write(tmp_path / "one", table, contents, shard_samples=15)
    with opened(tmp_path / "two", shard_samples=15) as shards:
        for place in range(40):
            shards.add(table.slice(place, 1), contents[place : place + 1])
    assert len(names(tmp_path / "one")) == 3
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_without_a_sample_nothing_is_written_and_what_was_there_goes(tmp_path):
    assert len(write(tmp_path / "new", records(0), []).shards) == 0
    assert not (tmp_path / "new").exists()
    write(tmp_path, records(5), [b"1"] * 5, shard_samples=2)
    (tmp_path / "train-groove-000-000000.tar").touch()
    assert len(names(tmp_path)) == 4
    write(tmp_path, records(0), [])
    assert names(tmp_path) == ["train-groove-000-000000.tar"]


def test_an_error_leaves_no_shard_in_work_and_the_old_one_as_it_was(tmp_path):
    write(tmp_path, records(2), [b"1", b"2"], shard_samples=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with (
        pytest.raises(RuntimeError, match="in its middle"),
        opened(tmp_path, shard_samples=2) as shards,
    ):
        shards.add(records(3), [content(10**5)] * 3)
        raise RuntimeError("unreadable in its middle")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("n_bytes", [10, 3 * 10**6], ids=["small", "large"])
def test_a_full_disk_is_an_error_that_names_the_shard(tmp_path, monkeypatch, n_bytes):
    class Full(parquet_shards._HashedFile):
        def __init__(self, path):
            super().__init__(FULL)

    monkeypatch.setattr(parquet_shards, "_HashedFile", Full)
    place = re.escape(os.fspath(tmp_path / "train-groove-000-000000.parquet"))
    with pytest.raises(OSError, match=place) as failed:
        write(tmp_path, records(1), [content(n_bytes)])
    assert failed.value.errno == errno.ENOSPC
    assert names(tmp_path) == []


def test_records_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ValueError, match="train-groove-000: 2 records, 1 sounds"):
        write(tmp_path, records(2), [b""])
    with pytest.raises(ValueError, match="columns of the records are not those stated"):
        write(tmp_path, records(1).drop_columns(["start"]), [b""])


@pytest.mark.parametrize("bound", ["shard_bytes", "shard_samples"])
def test_a_bound_of_nothing_is_refused_by_its_name(tmp_path, bound):
    with pytest.raises(ValueError, match=f"{bound}: 0; a shard has 1 at least"):
        opened(tmp_path, **{bound: 0})


def test_the_features_are_those_of_datasets(tmp_path):
    write(tmp_path, records(1), [b"1"])
    schema = pq.read_schema(tmp_path / "train-groove-000-000000.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == schema.names
    assert features["audio"] == {"sampling_rate": RATE, "_type": "Audio"}
    assert features["start"] == {"dtype": "float64", "_type": "Value"}
    assert features["is_synthetic"] == {"dtype": "bool", "_type": "Value"}
    (note,) = features["notes"]
    assert note["cymbal"] == {"dtype": "int32", "_type": "Value"}
    assert note["techniques"] == [{"dtype": "string", "_type": "Value"}]
    assert features["class_ids"] == {"classes_3": [{"dtype": "int32", "_type": "Value"}]}


@pytest.mark.parametrize("streaming", [False, True], ids=["map", "streaming"])
def test_datasets_opens_the_shards(tmp_path, monkeypatch, streaming):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    sound = (np.sin(np.arange(3 * RATE) / 20) * 0.5).astype(np.float32)
    recording = EncodedRecording(sound, RATE, "wav16")
    contents = [recording.cut(place * RATE, 500).content for place in range(3)]
    shards = write(tmp_path / "shards", records(3), contents, shard_samples=2)
    paths = [str(tmp_path / "shards" / name) for name in shards.shards["shard"].to_pylist()]
    options = {"split": "train", "streaming": streaming, "cache_dir": str(tmp_path / "cache")}
    found = datasets.load_dataset("parquet", data_files=paths, **options)
    assert found.features["audio"] == datasets.Audio(sampling_rate=RATE)
    described = found.features.arrow_schema
    for name, field in (("notes", "strokes"), ("class_ids", "class_ids"), ("start", "start")):
        assert described.field(name).type == RECORDS.field(field).type
    rows = list(found.cast_column("audio", datasets.Audio(decode=False)))
    assert [row["audio"]["bytes"] for row in rows] == contents
    assert [row["notes"] for row in rows] == records(3)["strokes"].to_pylist()
    assert [row["sample_id"] for row in rows] == ["s00000", "s00001", "s00002"]
