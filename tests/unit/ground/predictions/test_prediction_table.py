"""One table of predictions is held to the same as lines, by row."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.predictions.class_maps import Vocabulary
from drumcorpus.ground.predictions.prediction_table import read_prediction_table

WORDS = Vocabulary("two", {"BD": 0, "SD": 1, "TB": -1})


def read(tmp_path, rows, **types):
    table = pa.Table.from_pylist(rows)
    for name, kind in types.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].cast(kind))
    write_table(tmp_path / "p.parquet", table)
    return read_prediction_table(
        tmp_path / "p.parquet",
        {"a": 0, "b": 1, "silent": -1},
        WORDS,
        lambda where, name: f"{where}: no {name}",
    )


def row(session, time, label="BD", **more):
    return {"session_id": session, "onset_time": time, "label": label, **more}


def test_rows_of_sessions_in_any_order_of_these(tmp_path):
    hits, outside, named = read(
        tmp_path,
        [
            row("b", 1.0, "SD", velocity=0.5),
            row("b", 1.0, "TB", velocity=0.5),
            row("a", 0.25, velocity=1.0),
            row("silent", 0.0, velocity=1.0),
        ],
    )
    assert hits.session.tolist() == [1, 0]
    assert hits.label.tolist() == [1, 0]
    assert hits.onset.tolist() == [1_000_000, 250_000]
    assert hits.velocity.tolist() == [5_000, 10_000]
    assert outside == {"TB": 1}
    assert named == {"a", "b", "silent"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("a", 1.0), row("a", math.nan)], "row 2: onset_time: got nan; wanted: a time from 0"),
        ([row("a", 1.0), row("a", None)], "row 2: onset_time: got null; wanted: a time from 0"),
        (
            [row("a", 1.0, score=0.5), row("a", 2.0, score=None)],
            "row 2: score: got null; wanted: a score .* in every row, or no column score",
        ),
        ([row("a", -1.0)], "row 1: onset_time: got -1.0"),
        ([row("a", 1.0), row("a", 0.5)], "row 2: onset_time 0.5 is before that of the row above"),
        ([row("a", 1.0), row("b", 0.5), row("a", 2.0)], "row 3: session 'a' begins again"),
        ([row("a", 1.0), row("c", 0.5)], "row 2: no c"),
        ([row("a", 1.0), row("a", 1.0, "HH")], "row 2: label 'HH'; allowed in vocabulary two"),
        ([row("a", 1.0, velocity=2.0)], "row 1: velocity: got 2.0"),
        (
            [row("a", 1.0, pitch=36)],
            "columns session_id, onset_time, label, pitch; wanted: session",
        ),
        ([{"session_id": "a", "onset_time": 1.0}], "columns session_id, onset_time; wanted"),
        ([row("a", 1.0), row("a", 1.0, None)], "row 2: label is empty"),
        ([row("a", "1.0")], "column onset_time is string; wanted: numbers"),
    ],
    ids=range(13),
)
def test_a_row_that_is_wrong_is_named(tmp_path, rows, words):
    with pytest.raises(ValueError, match=rf"p\.parquet: {words}"):
        read(tmp_path, rows)


def test_order_holds_from_batch_to_batch(tmp_path, monkeypatch):
    monkeypatch.setattr("drumcorpus.ground.files.tables.BATCH_ROWS", 1)
    with pytest.raises(ValueError, match=r"row 2: onset_time 0\.5 is"):
        read(tmp_path, [row("a", 1.0), row("a", 0.5)])
    hits, _, _ = read(tmp_path, [row("a", 1.0), row("a", 1.0, "SD"), row("b", 0.5)])
    assert hits.onset.tolist() == [1_000_000, 1_000_000, 500_000]


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("label", pa.array([["BD"]]), "column label is list<.*>; wanted: text"),
        ("label", pa.array([b"BD"]), "column label is binary; wanted: text"),
        ("label", pa.array([7]).dictionary_encode(), "column label is int64; wanted: text"),
        ("session_id", pa.array([b"a"]), "column session_id is binary; wanted: text"),
        ("onset_time", pa.array([{"s": 1.0}]), "column onset_time is struct<.*>; wanted: numbers"),
        ("onset_time", pa.array([np.float16(1)]), "column onset_time is halffloat; wanted: num"),
        (
            "onset_time",
            pa.array([np.float32(1)]),
            "column onset_time is float, 32 bits, .*: double",
        ),
        ("onset_time", pa.array([True]), "column onset_time is bool; wanted: numbers"),
    ],
    ids=[
        "list",
        "bytes",
        "coded number",
        "bytes of a session",
        "struct",
        "half a float",
        "float",
        "bool",
    ],
)
def test_a_column_of_another_type_is_refused_by_name(tmp_path, name, values, words):
    columns = {"session_id": ["a"], "onset_time": [1.0], "label": ["BD"]} | {name: values}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    with pytest.raises(ValueError, match=rf"p\.parquet: {words}"):
        read_prediction_table(tmp_path / "p.parquet", {"a": 0}, WORDS, str)


def test_a_column_that_stands_twice_is_refused_with_the_name_of_the_file(tmp_path):
    arrays = [pa.array(["a"]), pa.array([1.0]), pa.array(["BD"]), pa.array(["SD"])]
    names = ["session_id", "onset_time", "label", "label"]
    pq.write_table(pa.Table.from_arrays(arrays, names=names), tmp_path / "p.parquet")
    with pytest.raises(
        ValueError, match=r"p\.parquet: columns .*label, label; wanted: .*each once"
    ):
        read_prediction_table(tmp_path / "p.parquet", {"a": 0}, WORDS, str)


@pytest.mark.parametrize("kind", [pa.uint8(), pa.uint64(), pa.int8()], ids=str)
def test_whole_seconds_are_held_in_order_with_a_sign_and_without(tmp_path, kind):
    hits, _, _ = read(tmp_path, [row("a", 1), row("a", 5)], onset_time=kind)
    assert hits.onset.tolist() == [1_000_000, 5_000_000]
    with pytest.raises(ValueError, match=r"row 2: onset_time 1\.0 is before that of the row above"):
        read(tmp_path, [row("a", 5), row("a", 1)], onset_time=kind)
