"""Merging: tables that are each in order become one table in order, in bounded memory."""

import heapq
import os
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.tables import (
    iter_batches,
    read_tables,
    repeating_text,
    write_batches,
    write_table,
)

KEYS = ("source_set", "session_id")
# Rows of each input in memory at a time: a few sessions, 3 MB with what reading holds around them.
ROWS_OF_AN_INPUT = 2_048
# Rows of one row group of the merged table: nothing holds one of each of many such tables, and with
# larger ones a dictionary, a page and a compressor serve more rows.
MERGED_GROUP_ROWS = 65_536


def merge_sorted(inputs: list[str], schema: pa.Schema, output: str | os.PathLike) -> int:
    """Merge event tables by source set and session; each session stands in one of them.

    Memory is bounded by `ROWS_OF_AN_INPUT` of each input and two row groups of the output.

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
    return _checked(heapq.merge(*runs, key=lambda run: run[0]), inputs)


def _session_runs(
    number: int, path: str, text: list[str]
) -> Iterator[tuple[tuple, int, pa.RecordBatch]]:
    """Stretches of rows of one session, with the session's key and the number of the input."""
    for batch in iter_batches(path, dictionaries=text, most=ROWS_OF_AN_INPUT, threads=False):
        changes = np.zeros(batch.num_rows, dtype=bool)
        changes[:1] = True
        for name in KEYS:
            changes[1:] |= np.diff(batch[name].dictionary_encode().indices) != 0
        starts = np.flatnonzero(changes).tolist()
        for start, stop in pairwise([*starts, batch.num_rows]):
            key = tuple(batch[name][start].as_py() for name in KEYS)
            yield key, number, batch.slice(start, stop - start)


def _checked(
    merged: Iterator[tuple[tuple, int, pa.RecordBatch]], inputs: list[str]
) -> Iterator[tuple[tuple, pa.RecordBatch]]:
    """Key and batch of each of `merged`, as long as they are in order."""
    last_key, last_number, last_onset = None, None, -np.inf
    for key, number, batch in merged:
        onsets = batch["onset_time"].to_numpy()
        if last_key is not None and key < last_key:
            raise ValueError(f"{inputs[number]}: session {key} after {last_key}: not in order")
        if key != last_key:
            last_onset = -np.inf
        elif number != last_number:
            raise ValueError(
                f"session {key} stands in {inputs[last_number]} and in {inputs[number]}"
            )
        if onsets[0] < last_onset or (np.diff(onsets) < 0).any():
            raise ValueError(f"{inputs[number]}: session {key}: onsets are not in order")
        last_key, last_number, last_onset = key, number, onsets[-1]
        yield key, batch
