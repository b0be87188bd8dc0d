"""A table of which some columns change is, to the byte, the one that would be written whole."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drumcorpus.ground.files.changed_columns import write_changed
from drumcorpus.ground.files.parquet_footer import read_footer
from drumcorpus.ground.files.tables import (
    ROW_GROUP_ROWS,
    read_leaves,
    read_table,
    write_batches,
    write_table,
)

STROKE = pa.struct([("label", pa.string()), ("velocity", pa.float64()), ("cymbal", pa.int32())])
SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("session_id", pa.string()),
        ("onset_time", pa.float64()),
        ("is_synthetic", pa.bool_()),
        ("notes", pa.list_(pa.string())),
        ("components", pa.list_(STROKE)),
    ]
)


def table_of(n_rows, salt=0, schema=SCHEMA):
    """Rows with lists of every length and nulls in them; `salt` is another of all but lengths."""
    rows = np.arange(n_rows).tolist()
    columns = {
        "event_id": [f"{row:08x}{salt}" for row in rows],
        "session_id": [None if row % 97 == 3 else f"{salt}:{row // 900}" for row in rows],
        "onset_time": [row / (7.0 + salt) for row in rows],
        "is_synthetic": [(row + salt) % 2 == 0 for row in rows],
        "notes": [None if row % 5 == 4 else [f"{salt}"] * (row % 3) for row in rows],
        "components": [
            [
                {
                    "label": None if (row + place + salt) % 11 == 0 else f"label {row % 20 + salt}",
                    "velocity": (row % 127 + salt) / 127,
                    "cymbal": row % 3 + salt if row % 2 else None,
                }
                for place in range(row % 4)
            ]
            for row in rows
        ],
    }
    return pa.table([pa.array(columns[f.name], f.type) for f in schema], schema=schema)


def parts_of(table, fields):
    """Components with some of their fields alone."""
    lists = table["components"].combine_chunks()
    flat = lists.flatten()
    kinds = [field for field in STROKE if field.name in fields]
    structs = pa.StructArray.from_arrays([flat.field(f.name) for f in kinds], fields=kinds)
    return pa.ListArray.from_arrays(lists.offsets, structs)


def with_fields(table, other, fields):
    """The table with some fields of the components of another one."""
    flat, others = (t["components"].combine_chunks().flatten() for t in (table, other))
    columns = [(others if f.name in fields else flat).field(f.name) for f in STROKE]
    structs = pa.StructArray.from_arrays(columns, fields=list(STROKE))
    lists = pa.ListArray.from_arrays(table["components"].combine_chunks().offsets, structs)
    return table.set_column(table.schema.get_field_index("components"), "components", lists)


@pytest.fixture(scope="module")
def tables():
    return table_of(2 * ROW_GROUP_ROWS + 1_000), table_of(2 * ROW_GROUP_ROWS + 1_000, salt=1)


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (["session_id"], []),
        (["notes", "is_synthetic"], []),
        ([], ["label", "cymbal"]),
        (["event_id", "onset_time"], ["velocity"]),
        (SCHEMA.names[:-1], ["label", "velocity", "cymbal"]),
    ],
    ids=["text", "a list and truth", "fields of structs", "both", "everything"],
)
def test_the_bytes_are_those_of_the_table_written_whole(tmp_path, tables, columns, fields):
    before, other = tables
    changed = other.select(columns)
    after = before
    for name in columns:
        after = after.set_column(SCHEMA.get_field_index(name), SCHEMA.field(name), other[name])
    if fields:
        after = with_fields(after, other, fields)
        changed = changed.append_column("components", parts_of(other, fields))
    write_table(tmp_path / "before.parquet", before)
    write_table(tmp_path / "whole.parquet", after)
    write_changed(tmp_path / "changed.parquet", tmp_path / "before.parquet", changed)
    written = (tmp_path / "changed.parquet").read_bytes()
    assert written == (tmp_path / "whole.parquet").read_bytes()
    assert written != (tmp_path / "before.parquet").read_bytes()


@pytest.mark.parametrize("n_groups", [1, 14, 15, 200])
def test_other_readers_find_every_row_group_at_its_place(tmp_path, n_groups):
    before, other = table_of(n_groups * 20), table_of(n_groups * 20, salt=3)
    source, path = tmp_path / "before.parquet", tmp_path / "after.parquet"
    pq.write_table(before, source, row_group_size=20, use_dictionary=["session_id"])
    changed = pa.table({"components": parts_of(other, ["label"]), "notes": other["notes"]})
    write_changed(path, source, changed)
    place = SCHEMA.get_field_index("notes")
    wanted = with_fields(before, other, ["label"]).set_column(place, "notes", other["notes"])
    assert read_table(path).equals(wanted)
    assert pq.read_metadata(path).num_row_groups == n_groups
    counted = "select count(*), count(notes), sum(onset_time), count(distinct event_id) from"
    found = duckdb.sql(f"{counted} '{path}'").fetchall()
    assert found == duckdb.sql(f"{counted} wanted").fetchall()
    pruned = duckdb.sql(f"select event_id from '{path}' where onset_time > 2").fetchall()
    assert pruned == [(name,) for name in wanted["event_id"].to_pylist()][15:]


def test_sizes_that_the_footer_tells_are_those_of_the_pages(tmp_path):
    before = table_of(3_000)
    write_table(tmp_path / "before.parquet", before)
    changed = table_of(3_000, salt=5).select(["session_id"])
    write_changed(tmp_path / "after.parquet", tmp_path / "before.parquet", changed)
    data = (tmp_path / "after.parquet").read_bytes()
    [chunks] = read_footer(data).groups
    ends = [4, *np.cumsum([chunk.size for chunk in chunks]) + 4]
    assert [chunk.start for chunk in chunks] == ends[:-1]
    group = pq.read_metadata(tmp_path / "after.parquet").row_group(0)
    assert group.total_byte_size == sum(chunk.n_uncompressed for chunk in chunks)


def test_a_table_without_rows_stays_one(tmp_path):
    source, path = tmp_path / "before.parquet", tmp_path / "after.parquet"
    write_batches(source, SCHEMA, [])
    write_changed(path, source, table_of(0).select(["notes"]))
    assert path.read_bytes() == source.read_bytes()


def test_of_lists_of_structs_the_fields_that_are_asked_for_are_read(tmp_path):
    table = table_of(500)
    write_table(tmp_path / "t.parquet", table)
    leaves = ["event_id", "components.list.element.cymbal"]
    read = read_leaves(tmp_path / "t.parquet", leaves)
    assert read["event_id"].equals(table["event_id"])
    assert read["components"].combine_chunks().equals(parts_of(table, ["cymbal"]))


def other_lengths():
    lists = pa.array([[{"label": "kick"}]] * 100, pa.list_(pa.struct([("label", pa.string())])))
    return pa.table({"components": lists})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (table_of(99).select(["notes"]), "100 rows, and 99 of what is to change"),
        (pa.table({"style": ["rock"] * 100}), "the column style is missing"),
        (pa.table({"onset_time": [1] * 100}), "onset_time is double; what is to change is int64"),
        (pa.table({"notes": ["a"] * 100}), "the column notes is list"),
        (other_lengths(), "values instead of"),
    ],
    ids=["rows", "another column", "another type", "no list", "lists of other lengths"],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(tmp_path, changed, says):
    source, path = tmp_path / "before.parquet", tmp_path / "after.parquet"
    write_table(source, table_of(100))
    with pytest.raises(ValueError, match=says) as error:
        write_changed(path, source, changed)
    assert str(error.value).startswith(f"{source}: ")
    assert [file.name for file in tmp_path.iterdir()] == [source.name]


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1", b"{}\n" * 10, b"PAR1" + bytes(100) + b"PAR1", b"PAR1" * 9 + b"\x90\1\0\0PAR1"],
    ids=["empty", "head alone", "lines", "no footer", "a footer that is too long"],
)
def test_a_source_that_is_no_parquet_is_named(tmp_path, content):
    source = tmp_path / "before.parquet"
    source.write_bytes(content)
    with pytest.raises(ValueError) as error:
        write_changed(tmp_path / "after.parquet", source, table_of(3).select(["notes"]))
    assert str(error.value).startswith(f"{source}: ")


def test_a_source_whose_footer_has_other_places_is_refused(tmp_path):
    source = tmp_path / "before.parquet"
    pq.write_table(table_of(100), source, write_page_index=True)
    with pytest.raises(ValueError, match="an index of pages"):
        write_changed(tmp_path / "after.parquet", source, table_of(100).select(["notes"]))
