"""Values of a binary column are where they are said to be, or nothing is said."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.load.parquet_index import places_of_values

PLAIN = {"compression": "NONE", "use_dictionary": False}
VALUES = st.lists(st.binary(max_size=300), max_size=40)


def audio_type(*, struct_null, bytes_null):
    """The column of the sound, as a shard has it or without one of its two nulls."""
    audio = pa.struct([pa.field("bytes", pa.binary(), bytes_null), ("path", pa.string())])
    return pa.schema([("sample_id", pa.string()), pa.field("audio", audio, struct_null)])


NULLABLE = audio_type(struct_null=True, bytes_null=True)


def write(path, values, schema=NULLABLE, **options):
    rows = [
        {"sample_id": str(n), "audio": value if value is None else {"bytes": value, "path": "a"}}
        for n, value in enumerate(values)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema), path, **PLAIN | options)


def places(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        return places_of_values(handle, pq.ParquetFile(path), "audio.bytes")
    finally:
        os.close(handle)


@settings(deadline=None)
@given(
    values=VALUES,
    group=st.integers(1, 20),
    page=st.sampled_from([1, 200, 10**6]),
    batch=st.sampled_from([1, 7, 1024]),
    nulls=st.tuples(st.booleans(), st.booleans()),
    statistics=st.booleans(),
    checksum=st.booleans(),
)
def test_values_are_where_they_are_said_to_be(
    tmp_path_factory, values, group, page, batch, nulls, statistics, checksum
):
    path = tmp_path_factory.mktemp("plain") / "a.parquet"
    schema = audio_type(struct_null=nulls[0], bytes_null=nulls[1])
    pages = {"data_page_size": page, "write_batch_size": batch}
    pages |= {"write_statistics": statistics, "write_page_checksum": checksum}
    write(path, values, schema, row_group_size=group, **pages)
    content = path.read_bytes()
    got = places(path)
    assert got.shape == (len(values), 2)
    assert [content[offset : offset + size] for offset, size in got.tolist()] == values


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zstd"},
        {"compression": "snappy"},
        {"use_dictionary": True},
        {"data_page_version": "2.0"},
        {"column_encoding": {"audio.bytes": "DELTA_LENGTH_BYTE_ARRAY"}},
        {"column_encoding": {"audio.bytes": "DELTA_BYTE_ARRAY"}},
    ],
    ids=["zstd", "snappy", "dictionary", "pages of version 2", "lengths apart", "prefixes apart"],
)
def test_of_a_column_that_is_written_otherwise_nothing_is_said(tmp_path, options):
    write(tmp_path / "a.parquet", [b"abc", b"abcd"], **options)
    assert places(tmp_path / "a.parquet") is None


@pytest.mark.parametrize("row", [0, 1, 2, 60])
@pytest.mark.parametrize("lacks", [None, {"bytes": None, "path": "a"}], ids=["struct", "bytes"])
def test_of_a_column_with_a_null_nothing_is_said(tmp_path, row, lacks):
    values = [{"bytes": b"abc", "path": "a"}] * 61
    values[row] = lacks
    table = pa.table({"audio": pa.array(values, NULLABLE.field("audio").type)})
    pq.write_table(table, tmp_path / "a.parquet", **PLAIN)
    assert places(tmp_path / "a.parquet") is None


@pytest.mark.parametrize("byte", range(4, 45))
def test_of_a_page_that_was_damaged_nothing_is_said_or_what_stands_within_it(tmp_path, byte):
    """Its header, its levels and the length of its first value; 4 bytes before them are a mark."""
    path = tmp_path / "a.parquet"
    write(path, [b"abc", b"abcd"])
    content = bytearray(path.read_bytes())
    content[byte] ^= 0xFF
    path.write_bytes(content)
    got = places(path)
    assert got is None or (got.sum(axis=1) < len(content)).all()


@given(place=st.integers(0, 60), value=st.integers(0, 255))
def test_of_a_damaged_page_header_places_are_said_or_nothing(tmp_path_factory, place, value):
    path = tmp_path_factory.mktemp("damaged") / "a.parquet"
    write(path, [bytes([n]) * 90 for n in range(12)], write_batch_size=2, data_page_size=300)
    file = pq.ParquetFile(path)
    content = bytearray(path.read_bytes())
    number = [file.schema.column(n).path for n in range(len(file.schema))].index("audio.bytes")
    content[file.metadata.row_group(0).column(number).data_page_offset + place] = value
    path.write_bytes(content)
    handle = os.open(path, os.O_RDONLY)
    try:
        found = places_of_values(handle, file, "audio.bytes")
    finally:
        os.close(handle)
    assert found is None or found.shape == (12, 2)
