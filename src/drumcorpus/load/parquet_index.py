"""Where the values of a binary column stand in a Parquet file, so that one is read without others.

Arrow reads a row group whole and copies each value. Where a column is written plainly, its values
stand in the file one after another, each behind its length: Apache Parquet format 2.10, "Data
Pages" and "Plain"; page headers are Thrift structs in the compact protocol. What is written in any
other way is left to Arrow.
"""

import os
import struct

import numpy as np
import pyarrow.parquet as pq

from drumcorpus.ground.files.thrift import signed, varint

# Bytes of a page that are read to find its first value: its header and levels; they take less than
# a tenth of it.
_HEAD_BYTES = 1024
_PLAIN, _DATA_PAGE = 0, 0
# Fields of a page header, and of the header of a data page within it.
_KIND, _STORED_BYTES, _OF_DATA = 1, 3, 5
_N_VALUES, _ENCODING = 1, 2
# Kinds of a field in the compact protocol.
_TRUE, _FALSE, _INTEGERS, _BINARY, _STRUCT = 1, 2, (4, 5, 6), 8, 12


def places_of_values(handle: int, file: pq.ParquetFile, column: str) -> np.ndarray | None:
    """Offset and size of every value of a column, in order of the rows.

    Parameters
    ----------
    handle : int
        Descriptor of the same file.
    file : pq.ParquetFile
    column : str
        Path of a binary column that stands in no list, such as ``audio.bytes``.

    Returns
    -------
    places : ndarray, shape (n_rows, 2), int64; or None
        None where the column is compressed, encoded otherwise, or has a null.
    """
    places, names = [], [file.schema.column(n).path for n in range(len(file.schema))]
    number = names.index(column)
    level = file.schema.column(number).max_definition_level
    try:
        for group in range(file.num_row_groups):
            part = _places_in(handle, file.metadata.row_group(group).column(number), level)
            if len(part) != file.metadata.row_group(group).num_rows:
                return None
            places += part
    except (_WrittenOtherwise, AttributeError, IndexError, KeyError, TypeError, struct.error):
        return None
    return np.array(places, np.int64).reshape(-1, 2)


class _WrittenOtherwise(Exception):
    """The column is no plain one; Arrow reads it."""


def _places_in(file: int, chunk: pq.ColumnChunkMetaData, level: int) -> list[tuple[int, int]]:
    """Places of the values in the data pages of one chunk.

    `level` is the definition level of a value that is there: how many of the column and the structs
    around it may be null.
    """
    if chunk.compression != "UNCOMPRESSED" or chunk.has_dictionary_page:
        raise _WrittenOtherwise
    if chunk.physical_type != "BYTE_ARRAY":
        raise _WrittenOtherwise
    places, place = [], chunk.data_page_offset
    end = place + chunk.total_compressed_size
    while place < end:
        head = os.pread(file, _HEAD_BYTES, place)
        header, n_head = _struct(head, 0)
        of_data = header.get(_OF_DATA, {})
        if header.get(_KIND) != _DATA_PAGE or of_data.get(_ENCODING) != _PLAIN:
            raise _WrittenOtherwise
        n_values, stop = of_data[_N_VALUES], place + n_head + header[_STORED_BYTES]
        first = place + _after_levels(head, n_head, n_values, level)
        places += _walk(file, first, stop, n_values)
        place = stop
    return places


def _walk(file: int, place: int, stop: int, n_values: int) -> list[tuple[int, int]]:
    """Places of values that stand one after another, up to `stop`."""
    places = []
    for _ in range(n_values):
        size = int.from_bytes(os.pread(file, 4, place), "little")
        places.append((place + 4, size))
        place += 4 + size
    if place != stop:
        raise _WrittenOtherwise
    return places


def _after_levels(head: bytes, place: int, n_values: int, level: int) -> int:
    """Where the values begin: past the levels, which are one run if no value is null."""
    if not level:
        return place
    (n_bytes,) = struct.unpack_from("<I", head, place)
    run, after = varint(head, place + 4)
    if run != n_values << 1 or head[after] != level:
        raise _WrittenOtherwise
    return place + 4 + n_bytes


def _struct(data: bytes, place: int) -> tuple[dict, int]:
    """A Thrift struct as values by the number of the field, and where it ends."""
    values, number = {}, 0
    while data[place]:
        step, kind = data[place] >> 4, data[place] & 15
        place += 1
        if step:
            number += step
        else:
            number, place = signed(data, place)
        values[number], place = _value(data, place, kind)
    return values, place + 1


def _value(data: bytes, place: int, kind: int):
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, place
    if kind in _INTEGERS:
        return signed(data, place)
    if kind == _STRUCT:
        return _struct(data, place)
    if kind == _BINARY:
        n_bytes, place = varint(data, place)
        return data[place : place + n_bytes], place + n_bytes
    raise _WrittenOtherwise
