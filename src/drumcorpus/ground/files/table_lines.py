"""Tables as JSON Lines, column by column: no row is ever an object of Python.

Every column becomes a column of JSON texts, structs and lists from the texts of what they hold, and
the texts of a row are put together to its line. What repeats is written once: the texts of a
dictionary, and the numbers of a column in one piece.
"""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.atomic import reaching_the_disk, replacing
from drumcorpus.ground.files.columns import column_of, distinct_numbers, numbers
from drumcorpus.ground.files.tables import UNIQUE_COLUMNS, iter_batches, leaf_columns, read_ahead

# Rows put together at a time, some 1 kB of text each.
ROWS_AT_ONCE = 16_384
# Rows that a value stays the same, on the whole, so that its text is made once for all of them.
ROWS_PER_RUN = 16
# Rows of a number, on the whole, so that its text is made once.
ROWS_PER_VALUE = 4
# Pieces made at once; they wait for their turn to be written.
THREADS = 2
ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)")


def write_table_as_lines(table: str | os.PathLike, lines: str | os.PathLike) -> int:
    """Write the rows of a Parquet file as JSON Lines, in their order; returns their number.

    Fields stand in the order of the columns. Numbers are the shortest that read back as the same
    value; one that is not finite is null, as JSON has no other way. Memory is bounded by a few
    pieces of a row group.

    Raises
    ------
    ValueError
        If the file is not Parquet, or has a column that is no text, number, truth value, struct or
        list of such.
    """
    n_rows = 0
    with (
        replacing(lines) as part,
        part.open("wb") as handle,
        reaching_the_disk(handle),
        ThreadPoolExecutor(THREADS) as pool,
    ):
        waiting: deque[Future] = deque()
        for piece in _pieces(table):
            n_rows += piece.num_rows
            waiting.append(pool.submit(lines_of, piece))
            if len(waiting) > 2 * THREADS:
                handle.write(waiting.popleft().result())
        for piece_lines in waiting:
            handle.write(piece_lines.result())
    return n_rows


def _pieces(table: str | os.PathLike) -> Iterator[pa.RecordBatch]:
    text = [leaf for leaf in leaf_columns(table) if leaf not in UNIQUE_COLUMNS]
    for batch in read_ahead(iter_batches(table, dictionaries=text)):
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            yield batch.slice(start, ROWS_AT_ONCE)


def lines_of(batch: pa.RecordBatch) -> memoryview:
    """The lines of some rows, one after the other, each with its end."""
    joined = _joined(batch.schema, batch.columns, "}\n")
    first, last = joined.offset, joined.offset + len(joined)
    offsets = np.frombuffer(joined.buffers()[1], np.int32)[first : last + 1]
    return memoryview(joined.buffers()[2])[offsets[0] : offsets[-1]]


def _joined(fields: Iterable[pa.Field], columns: list[pa.Array], end: str) -> pa.Array:
    """An object of each row: the names of the fields with the text of their values."""
    pieces: list = []
    literal = "{"
    for keys, members, changes in _neighbours(fields, columns):
        if changes is None:
            coded = _coded(members[0])
            if coded is None:
                pieces += [literal + keys[0], as_json(members[0])]
            else:
                texts, places = coded
                pieces.append(_taken([literal + keys[0] + text for text in texts], places))
            literal = ""
            continue
        starts = column_of(np.flatnonzero(changes))
        texts = [as_json(column.take(starts)).to_pylist() for column in members]
        runs = [
            literal + "".join(map("".join, zip(keys, row, strict=True)))
            for row in zip(*texts, strict=True)
        ]
        pieces.append(_taken(runs, np.cumsum(changes) - 1))
        literal = ""
    return _side_by_side(*pieces, literal + end)


def _neighbours(
    fields: Iterable[pa.Field], columns: list[pa.Array]
) -> Iterator[tuple[list[str], list[pa.Array], np.ndarray | None]]:
    """Keys and columns of neighbours that hardly change from row to row, and where they do.

    Those that do change come alone, without saying where.
    """
    keys: list[str] = []
    members: list[pa.Array] = []
    changes = None
    for number, (field, column) in enumerate(zip(fields, columns, strict=True)):
        key = ("," if number else "") + _quoted(field.name) + ":"
        own = _changes(column)
        most = len(column) // ROWS_PER_RUN + 1
        if own is not None and changes is not None and (own | changes).sum() <= most:
            keys, members, changes = [*keys, key], [*members, column], own | changes
            continue
        if members:
            yield keys, members, changes
        keys, members, changes = [key], [column], own
        if own is not None and own.sum() > most:
            changes = None
    if members:
        yield keys, members, changes


def _changes(column: pa.Array) -> np.ndarray | None:
    """Which rows differ from the one before, the first included; None where that is not known."""
    kind = column.type
    changes = np.zeros(len(column), bool)
    changes[:1] = True
    if pa.types.is_dictionary(kind):
        changes[1:] = np.diff(numbers(column.indices, null=-1)) != 0
    elif pa.types.is_boolean(kind):
        changes[1:] = np.diff(numbers(column, null=2).astype(np.int8)) != 0
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values = np.ascontiguousarray(numbers(column))
        values = values.view(f"u{values.itemsize}")  # by their bits: 0.0 and -0.0 are two
        changes[1:] = values[1:] != values[:-1]
        if column.null_count:
            changes[1:] |= np.diff(numbers(column.is_valid()).astype(np.int8)) != 0
    elif pa.types.is_struct(kind) and not column.null_count:
        for child in column.flatten():
            own = _changes(child)
            if own is None:
                return None
            changes |= own
    elif not (pa.types.is_list(kind) and not column.null_count and not len(column.flatten())):
        return None
    return changes


def as_json(column: pa.Array) -> pa.Array:
    """The JSON text of each value of a column; none is null.

    Raises
    ------
    ValueError
        If its type is none of those of `write_table_as_lines`.
    """
    coded = _coded(column)
    if coded is not None:
        return _taken(*coded)
    kind = column.type
    if pa.types.is_string(kind):
        return _of_text(column)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _of_numbers(column)
    if pa.types.is_struct(kind):
        texts = _joined(kind, column.flatten(), "}")
    elif pa.types.is_list(kind):
        texts = _of_lists(column)
    else:
        raise ValueError(f"a column of {_plain(kind)} has no form as JSON Lines")
    return _with_nulls(texts, column)


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _coded(column: pa.Array) -> tuple[list[str], np.ndarray] | None:
    """The texts that repeat in a column, null the last, and which of them each value has.

    None where it is not known, or not true, that they repeat.
    """
    kind = column.type
    if pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type):
        texts = [_quoted(value) for value in column.dictionary.to_pylist()]
        return [*texts, "null"], numbers(column.indices, null=-1)
    if pa.types.is_null(kind):
        return ["null"], np.zeros(len(column), np.int32)
    if pa.types.is_boolean(kind):
        return ["false", "true", "null"], numbers(column, null=2)
    if len(column) and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        values = np.ascontiguousarray(numbers(column))
        distinct, places = distinct_numbers(values.view(f"u{values.itemsize}"))
        if len(distinct) <= len(column) // ROWS_PER_VALUE:
            texts = _listed(distinct.view(values.dtype))[1:-1].decode().split(",")
            if column.null_count:
                places = np.where(numbers(column.is_valid()) > 0, places, -1)
            return [*texts, "null"], places
    return None


def _listed(values: np.ndarray) -> bytes:
    """The numbers as one list of JSON."""
    text = orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)
    if b"e" not in text:  # of an exponent; true, false and null are no numbers
        return text
    texts = (_digits(part) for part in text.decode()[1:-1].split(","))
    return f"[{','.join(texts)}]".encode()


def _digits(text: str) -> str:
    """A number from 1e-6 to below 1e21 in digits alone, as JavaScript has it; 1e21, 1e-7 stay."""
    if "e" not in text:
        return text
    if 1e16 <= abs(float(text)) < 1e21:
        return f"{Decimal(text):f}.0"
    return f"{Decimal(text):f}" if 1e-6 <= abs(float(text)) < 1 else text.replace("e+", "e")


def _quoted(value: str) -> str:
    """Text in quotes; control characters by capital digits."""
    text = orjson.dumps(value).decode()
    if "\\u" not in text:
        return text
    return ESCAPE.sub(lambda part: part[0][:2] + part[0][2:].upper(), text)


def _taken(texts: list[str], places: np.ndarray) -> pa.Array:
    """The text at each place; at -1 the last one."""
    places = np.where(places < 0, len(texts) - 1, places)
    return _text_column(texts).take(column_of(places))


def _text_column(texts: list[str]) -> pa.Array:
    """The texts as a column; `pa.array` would import pandas."""
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def _side_by_side(*pieces: pa.Array | str) -> pa.Array:
    """The texts of each row in one; a text alone stands in every row."""
    columns = [_text_column([each])[0] if isinstance(each, str) else each for each in pieces]
    return pc.binary_join_element_wise(*columns, _text_column([""])[0])


def _of_text(column: pa.Array) -> pa.Array:
    """Text in quotes; only where something in it must be escaped, value by value."""
    content = column.buffers()[2]
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    first, last = offsets[column.offset], offsets[column.offset + len(column)]
    letters = np.frombuffer(content, np.uint8)[first:last] if content else np.zeros(0, np.uint8)
    if ((letters < 0x20) | (letters == ord('"')) | (letters == ord("\\"))).any():
        return _taken(*_coded(column.dictionary_encode()))
    return _with_nulls(_side_by_side('"', column, '"'), column)


def _of_numbers(column: pa.Array) -> pa.Array:
    """All numbers as one list of JSON, which is cut at its commas."""
    text = _listed(np.ascontiguousarray(numbers(column)))
    letters = np.frombuffer(text, np.uint8)
    ends = np.append(np.flatnonzero(letters == ord(",")), len(text) - 1)
    # Without the bracket and the commas every text follows the one before it.
    bare = np.delete(letters, np.concatenate([[0], ends])) if len(column) else letters[:0]
    offsets = np.concatenate([[0], ends - np.arange(1, len(ends) + 1)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(bare)]
    return _with_nulls(pa.Array.from_buffers(pa.string(), len(column), buffers), column)


def _of_lists(column: pa.ListArray) -> pa.Array:
    lengths = numbers(column.value_lengths()).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    texts = pa.ListArray.from_arrays(column_of(offsets), as_json(column.flatten()))
    return _side_by_side("[", pc.binary_join(texts, _text_column([","])[0]), "]")


def _with_nulls(texts: pa.Array, column: pa.Array) -> pa.Array:
    """The texts, and ``null`` where the column is null."""
    if not column.null_count:
        return texts
    return pc.if_else(column.is_valid(), texts, _text_column(["null"])[0])
