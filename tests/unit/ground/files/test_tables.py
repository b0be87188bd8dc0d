"""Parquet tables are read in one way: batches, dictionaries, errors that name the file."""

import errno
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drumcorpus.ground.files.coded_text import in_order_of_appearance
from drumcorpus.ground.files.tables import (
    BATCH_ROWS,
    ROW_GROUP_ROWS,
    check_columns,
    count_by,
    count_rows,
    iter_batches,
    leaf_columns,
    read_schema,
    read_table,
    read_tables,
    repeating_text,
    write_batches,
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
    [
        read_table,
        lambda path, names: list(iter_batches(path, names)),
        lambda path, names: list(iter_batches(path, dictionaries=names)),
    ],
    ids=["read_table", "iter_batches", "dictionaries"],
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


TEXT = pa.schema([("name", pa.string()), ("hits", pa.list_(pa.string())), ("n", pa.int64())])


def coded(table: pa.Table, names: list[str | None]) -> pa.Table:
    """The table with its names by a dictionary in this order, whether they occur or not."""
    places = {None: None} | {name: place for place, name in enumerate(names)}
    codes = pa.array([places[name] for name in table["name"].to_pylist()], pa.int32())
    return table.set_column(0, "name", pa.DictionaryArray.from_arrays(codes, pa.array(names)))


def drawn_text(n_rows: int, seed: int) -> pa.Table:
    """Names in long runs and short ones, some missing."""
    rng = np.random.default_rng(seed)
    names = np.array(["b", "a", "", "ü", None], dtype=object)
    runs = np.repeat(rng.integers(0, 5, n_rows), rng.integers(1, 400, n_rows))[:n_rows]
    hits = [[str(number % 3)] * (number % 4) for number in range(n_rows)]
    return pa.table([names[runs], hits, range(n_rows)], schema=TEXT)


@pytest.mark.parametrize(
    "cut", [ROW_GROUP_ROWS, 1_000, 40_000], ids=["row groups", "smaller", "larger"]
)
def test_text_that_comes_as_dictionaries_gives_the_bytes_of_text(tmp_path, cut):
    table = drawn_text(40_000, seed=3)
    plain = table.to_batches()
    orders = [["z", "a", "b", "ü", "", "y"], ["", "b", "ü", "a"]]
    pieces = [table.slice(start, cut) for start in range(0, len(table), cut)]
    batches = [
        batch
        for number, piece in enumerate(pieces)
        for batch in coded(piece, orders[number % 2]).combine_chunks().to_batches()
    ]
    mixed = [batches[0], *table.slice(batches[0].num_rows).to_batches()]
    for name, rows in (("plain", plain), ("coded", batches), ("mixed", mixed)):
        assert write_batches(tmp_path / name, TEXT, rows) == 40_000
    content = (tmp_path / "plain").read_bytes()
    assert (tmp_path / "coded").read_bytes() == content
    assert (tmp_path / "mixed").read_bytes() == content
    assert read_schema(tmp_path / "coded") == TEXT
    assert read_table(tmp_path / "coded").equals(table)


def test_a_dictionary_is_of_the_names_that_occur_in_their_order():
    names = pa.array(["x", "a", "y", "b"])
    column = pa.DictionaryArray.from_arrays(
        pa.array([2, 3, None, 1, 3], pa.int32()).slice(1), names
    )
    ordered = in_order_of_appearance(column)
    assert ordered.dictionary.to_pylist() == ["b", "a"]
    assert ordered.indices.to_pylist() == [0, None, 1, 0]
    assert in_order_of_appearance(ordered) is ordered
    nothing = in_order_of_appearance(column.slice(1, 1))
    assert (len(nothing.dictionary), nothing.to_pylist()) == (0, [None])


def test_text_is_read_as_dictionaries_and_written_on_with_the_same_bytes(tmp_path):
    write_table(tmp_path / "t", drawn_text(40_000, seed=4))
    leaves = repeating_text(TEXT)
    assert leaves == ["hits.list.element", "name"]
    batches = list(iter_batches(tmp_path / "t", dictionaries=leaves))
    assert all(pa.types.is_dictionary(batch["name"].type) for batch in batches)
    assert all(pa.types.is_dictionary(batch["hits"].type.value_type) for batch in batches)
    write_batches(tmp_path / "again", TEXT, batches)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "t").read_bytes()


def drawn_nested(n_rows: int, seed: int) -> pa.Table:
    """Lists of hits, and single ones, with nulls at every depth."""
    rng = np.random.default_rng(seed)
    hit = pa.struct([("label", pa.string()), ("velocity", pa.float64()), ("n", pa.int32())])
    schema = pa.schema([("hits", pa.list_(hit)), ("one", hit), ("tags", pa.list_(pa.string()))])

    def drawn(depth):
        kind = rng.integers(0, 9)
        if kind == 0:
            return None
        if depth == 0:
            label = None if kind == 1 else f"label {kind}"
            return {"label": label, "velocity": float(kind), "n": int(kind)}
        return [drawn(0) for _ in range(rng.integers(0, 4))]

    rows = [
        {"hits": drawn(1), "one": drawn(0), "tags": [f"tag {n % 5}" for n in range(row % 4)]}
        for row in range(n_rows)
    ]
    return pa.Table.from_pylist(rows, schema)


@pytest.mark.parametrize(
    ("read_rows", "cut"),
    [(450, 5), (450, 100), (450, 450), (3_000, 3_000)],
    ids=["few", "parts", "less than a group", "several groups"],
)
def test_text_within_lists_may_come_as_dictionaries_and_gives_the_bytes_of_text(
    tmp_path, read_rows, cut
):
    table = drawn_nested(3_000, seed=5)
    pq.write_table(table, tmp_path / "source", row_group_size=read_rows)
    leaves = repeating_text(table.schema)
    assert leaves == ["hits.list.element.label", "one.label", "tags.list.element"]
    read = list(iter_batches(tmp_path / "source", dictionaries=leaves))
    assert not any(batch.schema.equals(table.schema) for batch in read)
    coded = [batch.slice(n, cut) for batch in read for n in range(0, batch.num_rows, cut)]
    some = coded[: len(coded) // 2]
    results = {
        "plain": table.to_batches(),
        "coded": coded,
        "coded, then plain": [*some, *table.slice(sum(map(len, some))).to_batches()],
        "plain, then coded": [*table.slice(0, cut).to_batches(), *coded[1:]],
    }
    for name, batches in results.items():
        assert write_batches(tmp_path / name, table.schema, batches, 700) == 3_000
        assert (tmp_path / name).read_bytes() == (tmp_path / "plain").read_bytes()
    assert read_schema(tmp_path / "coded") == table.schema
    assert read_table(tmp_path / "coded").equals(table)


@pytest.mark.parametrize("n_good", [0, 1, 3])
def test_whoever_makes_the_rows_may_fail_and_no_file_is_left(tmp_path, n_good):
    def batches():
        for _ in range(n_good):
            yield pa.RecordBatch.from_pydict({"a": range(ROW_GROUP_ROWS)})
        raise ValueError("no more rows")

    with pytest.raises(ValueError, match="no more rows"):
        write_batches(tmp_path / "t", pa.schema([("a", pa.int64())]), batches())
    assert list(tmp_path.iterdir()) == []


def test_a_row_group_that_cannot_be_written_is_an_error_and_no_file_is_left(tmp_path, monkeypatch):
    def full(self, table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space left on device") as error:
        write_table(tmp_path / "t", pa.table({"a": range(3 * ROW_GROUP_ROWS)}))
    assert error.value.filename == str(tmp_path / "t")
    assert list(tmp_path.iterdir()) == []


def test_no_batch_is_a_file_without_rows(tmp_path):
    assert write_batches(tmp_path / "t", TEXT, []) == 0
    assert read_table(tmp_path / "t").equals(TEXT.empty_table())


@pytest.mark.parametrize("number", ["EIO", "ENOTCONN"])
def test_a_drive_that_fails_to_read_a_table_is_no_damage_of_it(tmp_path, monkeypatch, number):
    number = getattr(errno, number)

    def failing(path):
        raise OSError(number, f"Error reading bytes from file. {os.strerror(number)}")

    monkeypatch.setattr(pq, "read_schema", failing)
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        read_schema(tmp_path / "events.parquet")
    assert caught.value.filename == str(tmp_path / "events.parquet")
