"""Merging: tables that are each in order become one table in order, in bounded memory."""

import heapq
import os
from collections.abc import Iterator

import pyarrow as pa

from drumcorpus.tables import iter_batches, read_tables, write_batches, write_table

KEYS = ("source_set", "session_id")


def merge_sorted(inputs: list[str], schema: pa.Schema, output: str | os.PathLike) -> int:
    """Merge event tables by source set and session; each session stands in one of them.

    Memory is bounded by one row group of each input.

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
        If an input is out of order, or a session stands in two inputs.
    """
    runs = [_session_runs(path) for path in inputs]
    merged = heapq.merge(*runs, key=lambda run: run[0])
    return write_batches(output, schema, _checked(merged))


def merge_small(inputs: list[str], schema: pa.Schema, output: str | os.PathLike) -> int:
    """Merge tables that fit into memory, in order of all their columns; returns the rows."""
    table = read_tables(inputs, schema)
    table = table.sort_by([(name, "ascending") for name in schema.names])
    write_table(output, table)
    return table.num_rows


def _session_runs(path: str) -> Iterator[tuple[tuple, str, pa.RecordBatch]]:
    """Stretches of rows of one session, with the session's key; a session may come in several."""
    for batch in iter_batches(path):
        keys = list(zip(*(batch[name].to_pylist() for name in KEYS), strict=True))
        start = 0
        for row in range(1, len(keys) + 1):
            if row == len(keys) or keys[row] != keys[start]:
                yield keys[start], path, batch.slice(start, row - start)
                start = row


def _checked(merged: Iterator[tuple[tuple, str, pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    last_key, last_path = None, None
    for key, path, batch in merged:
        if last_key is not None and key < last_key:
            raise ValueError(f"{path}: session {key} comes after {last_key}: not in order")
        if key == last_key and path != last_path:
            raise ValueError(f"session {key} stands in {last_path} and in {path}")
        last_key, last_path = key, path
        yield batch
