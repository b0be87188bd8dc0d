"""Merging: tables that are each in order become one table in order, in bounded memory."""

import heapq
import os
from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.coded_text import in_order_of_appearance
from drumcorpus.ground.files.columns import numbers
from drumcorpus.ground.files.tables import (
    ROW_GROUP_ROWS,
    iter_batches,
    read_tables,
    repeating_text,
    write_batches,
    write_table,
)

KEYS = ("source_set", "session_id")
# Rows of each input in memory at a time: a row group, which is read at once, and of which nothing
# but the rows is kept, 4 MB. A quarter of them, read on and on, is as much with the pages and what
# decodes these; and hundreds of decoders scatter the heap, so that each allocation costs more.
ROWS_OF_AN_INPUT = ROW_GROUP_ROWS
# Sessions of a batch that share dictionaries; shards have fewer in a row group, as a rule.
SESSIONS_AT_ONCE = 512
# Rows of one row group of the merged table: nothing holds one of each of many such tables, and with
# larger ones a dictionary, a page and a compressor serve more rows.
MERGED_GROUP_ROWS = 65_536


def merge_sorted(inputs: list[str], schema: pa.Schema, output: str | os.PathLike) -> int:
    """Merge event tables by source set and session; each session stands in one of them.

    Memory is bounded by `ROWS_OF_AN_INPUT` of each input and three row groups of the output.

    Parameters
    ----------
    inputs : list of path
        Parquet tables, each in order of source set, session and onset.
    output : path
        The merged table.

    Returns
    -------
    n_rows : int

    Raises
    ------
    ValueError
        If an input is out of order, onsets included, or a session stands in two inputs.
    """
    batches = (batch for _, batch in _merged(inputs, schema))
    return write_batches(output, schema, batches, MERGED_GROUP_ROWS)


def merge_small(inputs: list[str], schema: pa.Schema, output: str | os.PathLike) -> int:
    """Merge tables that fit into memory, in order of all their columns; returns the rows."""
    table = read_tables(inputs, schema)
    table = table.sort_by([(name, "ascending") for name in schema.names])
    write_table(output, table)
    return table.num_rows


def _merged(inputs: list[str], schema: pa.Schema) -> Iterator[tuple[tuple, pa.RecordBatch]]:
    """Key and rows of every session in order; text that repeats as dictionaries."""
    text = repeating_text(schema)
    runs = [_session_runs(number, path, text) for number, path in enumerate(inputs)]
    last_key, last_number = None, None
    for key, number, batch in heapq.merge(*runs, key=itemgetter(0)):
        if key == last_key and number != last_number:
            raise ValueError(
                f"session {key} stands in {inputs[last_number]} and in {inputs[number]}"
            )
        last_key, last_number = key, number
        yield key, batch


def _session_runs(
    number: int, path: str, text: list[str]
) -> Iterator[tuple[tuple, int, pa.RecordBatch]]:
    """Stretches of rows of one session, with the session's key and the number of the input.

    Raises
    ------
    ValueError
        If the sessions, or the onsets of one, are out of order.
    """
    last_key, last_onset = None, -np.inf
    for batch in _read(path, text):
        columns = [_coded(batch[name]) for name in KEYS]
        changes = np.zeros(batch.num_rows, dtype=bool)
        changes[:1] = True
        for codes, _ in columns:
            changes[1:] |= codes[1:] != codes[:-1]
        onsets = numbers(batch["onset_time"], null=np.nan)
        is_behind = np.zeros(batch.num_rows, dtype=bool)  # the row before it is later
        is_behind[1:] = (onsets[1:] < onsets[:-1]) & ~changes[1:]
        starts = np.flatnonzero(changes)
        keys = zip(*([names[c] for c in codes[starts]] for codes, names in columns), strict=True)
        places = pairwise([*starts.tolist(), batch.num_rows])
        for key, (start, stop) in zip(keys, places, strict=True):
            if last_key is not None and key < last_key:
                raise ValueError(f"{path}: session {key} after {last_key}: not in order")
            goes_on = key == last_key
            if (goes_on and onsets[start] < last_onset) or is_behind[start:stop].any():
                raise ValueError(f"{path}: session {key}: onsets are not in order")
            last_key, last_onset = key, onsets[stop - 1]
            rows = batch.slice(start, stop - start)
            if stop == batch.num_rows:  # the batch goes, however long these rows are waited for
                batch = rows = _copied(rows) if start else rows
            yield key, number, rows


def _read(path: str, text: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a table, some at a time, each by dictionaries of few names.

    Where stretches are put together, the names of all their dictionaries are, however few occur: of
    sessions of a few rows that would be nearly all of the work.
    """
    for batch in iter_batches(path, dictionaries=text, most=ROWS_OF_AN_INPUT, threads=False):
        n_sessions = len(batch["session_id"].dictionary_encode().dictionary)
        n_rows = max(SESSIONS_AT_ONCE * batch.num_rows // max(n_sessions, 1), 1)
        parts = [_copied(batch.slice(n, n_rows)) for n in range(0, batch.num_rows, n_rows)]
        del batch
        if len(parts) > 1:
            parts = [_of_own_names(part) for part in parts]
        while parts:
            yield parts.pop(0)


def _of_own_names(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows by dictionaries of the names that occur in them."""
    columns = [in_order_of_appearance(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _copied(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows in memory of their own: no longer batch, nor room left over from reading."""
    columns = [pa.concat_arrays([column]) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _coded(column: pa.Array) -> tuple[np.ndarray, list[str | None]]:
    """The codes of a column of text, and the text of each; that of a null is the last."""
    coded = column.dictionary_encode()
    return numbers(coded.indices, null=-1), [*coded.dictionary.to_pylist(), None]
