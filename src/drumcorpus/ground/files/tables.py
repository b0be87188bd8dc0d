"""Parquet tables: one way to write them, so that equal rows give equal bytes."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from drumcorpus.ground.files.atomic import replacing

# Rows of one row group: small enough that a merge can hold one of each of some hundred shards.
ROW_GROUP_ROWS = 16_384
# Columns whose values hardly repeat: a dictionary of them costs a fifth of the writing time and
# makes the file larger.
UNIQUE_COLUMNS = ("event_id", "onset_time")


def write_table(path: str | os.PathLike, table: pa.Table) -> None:
    """Write one table as zstd Parquet, whole or not at all."""
    write_batches(path, table.schema, table.to_batches())


def write_batches(
    path: str | os.PathLike, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> int:
    """Write batches as one zstd Parquet file of equal row groups; returns the number of rows.

    The row groups do not depend on how the rows were cut into batches, and memory is bounded by
    one row group and one batch.
    """
    n_rows = 0
    repeating = [name for name in _leaf_columns(schema) if name not in UNIQUE_COLUMNS]
    options = {"compression": "zstd", "use_dictionary": repeating}
    with replacing(path) as part, pq.ParquetWriter(part, schema, **options) as writer:
        pending: list[pa.RecordBatch] = []
        n_pending = 0
        for batch in batches:
            n_rows += batch.num_rows
            pending.append(batch)
            n_pending += batch.num_rows
            while n_pending >= ROW_GROUP_ROWS:
                table = pa.Table.from_batches(pending, schema)
                writer.write_table(table.slice(0, ROW_GROUP_ROWS).combine_chunks())
                rest = table.slice(ROW_GROUP_ROWS)
                pending, n_pending = rest.to_batches(), rest.num_rows
        if n_pending:
            writer.write_table(pa.Table.from_batches(pending, schema).combine_chunks())
    return n_rows


def _leaf_columns(schema: pa.Schema) -> list[str]:
    """The names under which Parquet knows the columns, those within lists and structs as well."""
    pending = [(field.name, field.type) for field in schema]
    leaves = []
    while pending:
        name, kind = pending.pop()
        if pa.types.is_struct(kind):
            pending += [(f"{name}.{child.name}", child.type) for child in kind]
        elif pa.types.is_list(kind):
            pending.append((f"{name}.list.element", kind.value_type))
        else:
            leaves.append(name)
    return sorted(leaves)


def read_table(path: str | os.PathLike, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet table.

    Raises
    ------
    ValueError
        If the file is not Parquet; the message names it.
    """
    try:
        return pq.read_table(Path(path), columns=columns, partitioning=None)
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path}: not a readable Parquet table: {error}") from error


def read_tables(paths: Iterable[str], schema: pa.Schema) -> pa.Table:
    """Read tables of one schema, one after the other, into one."""
    return pa.concat_tables([read_table(path) for path in paths] or [schema.empty_table()])


def iter_batches(path: str | os.PathLike, columns=None) -> Iterator[pa.RecordBatch]:
    """Read a Parquet table one row group at a time."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group, columns=columns).to_batches()


def count_rows(path: str | os.PathLike) -> int:
    """Number of rows of a Parquet file, from its footer."""
    return pq.read_metadata(path).num_rows


def count_by(path: str | os.PathLike, column: str) -> dict[str, int]:
    """Rows of a Parquet table by the values of one column, in their order; nulls are left out."""
    counts: Counter = Counter()
    for batch in iter_batches(path, [column]):
        counts.update(value for value in batch[column].to_pylist() if value is not None)
    return dict(sorted(counts.items()))
