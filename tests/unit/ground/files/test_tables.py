"""Parquet tables are read in one way: batches, dictionaries, errors that name the file."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drumcorpus.ground.files.tables import (
    BATCH_ROWS,
    check_columns,
    count_by,
    count_rows,
    iter_batches,
    leaf_columns,
    read_schema,
    read_table,
    read_tables,
    write_table,
)

READERS = {
    "read_table": read_table,
    "read_tables": lambda path: read_tables([path], pa.schema([])),
    "iter_batches": lambda path: list(iter_batches(path)),
    "iter_batches of a column": lambda path: list(iter_batches(path, ["a"])),
    "count_rows": count_rows,
    "count_by": lambda path: count_by(path, "a"),
    "leaf_columns": leaf_columns,
    "read_schema": read_schema,
    "check_columns": lambda path: check_columns(path, pa.schema([("a", pa.int64())])),
}


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1", b"{}\n", b"PAR1" + bytes(100) + b"PAR1"],
    ids=["empty", "head alone", "JSON", "no footer"],
)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_file_that_is_no_parquet_is_named_in_one_sentence(tmp_path, read, content):
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: not a readable Parquet table: ")


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path, read):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "t.parquet")


def test_a_row_group_that_is_damaged_names_the_file(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(path, pa.table({"a": list(range(1000))}))
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396  # behind the magic bytes, before the footer
    path.write_bytes(content)
    for read in (lambda: list(iter_batches(path)), lambda: read_table(path)):
        with pytest.raises(ValueError, match=r"t\.parquet: not a readable Parquet table: "):
            read()


@pytest.mark.parametrize(
    "read",
    [read_table, lambda path, names: list(iter_batches(path, names))],
    ids=["read_table", "iter_batches"],
)
def test_a_missing_column_is_named_and_not_passed_over(tmp_path, read):
    write_table(tmp_path / "t.parquet", pa.table({"a": [1]}))
    with pytest.raises(ValueError, match=r"t\.parquet: the column b is missing"):
        read(tmp_path / "t.parquet", ["a", "b"])


@pytest.mark.parametrize("name", ["a[1]*", "?", "release=1"])
@pytest.mark.parametrize(
    "read", [read_table, lambda path: next(iter_batches(path))], ids=["read_table", "iter_batches"]
)
def test_a_path_is_that_of_one_file(tmp_path, name, read):
    for folder in ("a1", name):
        write_table(tmp_path / folder / "t.parquet", pa.table({"a": [len(folder)]}))
    assert read(tmp_path / name / "t.parquet").to_pydict() == {"a": [len(name)]}


def test_what_the_user_of_a_batch_raises_is_no_damage(tmp_path):
    write_table(tmp_path / "t.parquet", pa.table({"a": [1]}))
    with pytest.raises(pa.ArrowInvalid, match="mine"):
        for _ in iter_batches(tmp_path / "t.parquet"):
            raise pa.ArrowInvalid("mine")


def test_a_large_row_group_comes_in_batches(tmp_path):
    table = pa.table({"a": range(2 * BATCH_ROWS + 10)})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2 * BATCH_ROWS)
    batches = list(iter_batches(tmp_path / "t.parquet"))
    assert [batch.num_rows for batch in batches] == [BATCH_ROWS, BATCH_ROWS, 10]
    assert pa.Table.from_batches(batches).equals(table)


def test_leaves_are_named_as_their_writer_names_them(tmp_path):
    hits = pa.array([[{"label": "x", "velocity": 0.5}]])
    table = pa.table({"id": ["1"], "hits": hits})
    write_table(tmp_path / "new", table)
    pq.write_table(table, tmp_path / "old", use_compliant_nested_type=False)
    for name, inner in (("new", "element"), ("old", "item")):
        leaves = [f"hits.list.{inner}.{field}" for field in ("label", "velocity")]
        assert leaf_columns(tmp_path / name) == ["id", *leaves]
        [batch] = iter_batches(tmp_path / name, leaves[:1])
        assert batch.to_pylist() == [{"hits": [{"label": "x"}]}]


@pytest.mark.parametrize("encoding", ["PLAIN_DICTIONARY", "DELTA_BYTE_ARRAY"])
def test_text_comes_as_dictionaries_where_that_works_and_is_the_same(tmp_path, encoding):
    names = [f"name {row % 7}" for row in range(30_000)]
    table = pa.table({"flat": names, "nested": [[name] for name in names]})
    path, leaves = tmp_path / "t.parquet", ["flat", "nested.list.element"]
    is_coded = encoding == "PLAIN_DICTIONARY"
    encodings = None if is_coded else dict.fromkeys(leaves, encoding)
    options = {"use_dictionary": is_coded, "column_encoding": encodings}
    pq.write_table(table, path, row_group_size=25_000, **options)
    batches = list(iter_batches(path, leaves, dictionaries=leaves))
    assert [row for batch in batches for row in batch.to_pylist()] == table.to_pylist()
    for batch in batches:
        assert pa.types.is_dictionary(batch["flat"].type) == is_coded
        assert pa.types.is_dictionary(batch["nested"].type.value_type) == is_coded
