"""Merging source sets into a manifest, each session into its split."""

import os
from collections.abc import Iterator

import pyarrow as pa

from drumcorpus.ground.files.merging import MERGED_GROUP_ROWS, _merged
from drumcorpus.ground.files.split_table import SplitTable
from drumcorpus.ground.files.tables import write_batches


def merge_by_splits(
    inputs: list[str], schema: pa.Schema, output: str | os.PathLike, splits: SplitTable
) -> tuple[int, int]:
    """Merge as `merge_sorted` does, each session into the split that a table says.

    Memory is bounded as that of `merge_sorted`, and by the table of splits.

    Parameters
    ----------
    inputs, schema, output
        As of `merge_sorted`.
    splits : SplitTable
        The split of each session, instead of that of its events, and what is left out.

    Returns
    -------
    n_rows, n_refused : int
        Rows of the output, and rows that are left out.

    Raises
    ------
    ValueError
        As `merge_sorted`, and if `splits` does not know a session.
    """
    refused: list[int] = []
    batches = _in_their_splits(_merged(inputs, schema), splits, refused)
    n_rows = write_batches(output, schema, batches, MERGED_GROUP_ROWS)
    return n_rows, sum(refused)


def _in_their_splits(
    merged: Iterator[tuple[tuple, pa.RecordBatch]], splits: SplitTable, refused: list[int]
) -> Iterator[pa.RecordBatch]:
    """The batches with the split of their session; of those left out, the rows go to `refused`."""
    for key, batch in merged:
        split = splits.split_of(*key)
        if split is None:
            refused.append(batch.num_rows)
        else:
            column = batch.schema.get_field_index("split")
            codes = pa.repeat(pa.scalar(0, pa.int32()), batch.num_rows)
            names = pa.repeat(pa.scalar(split, pa.string()), 1)
            same = pa.DictionaryArray.from_arrays(codes, names)
            yield batch.set_column(column, "split", same)
