"""Parquet tables: one way to write them, so that equal rows give equal bytes, and one to read them.

Whatever is wrong with a file is said in the same words everywhere, and names the file.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from drumcorpus.ground.files.atomic import replacing

# Rows of one row group: small enough that a merge can hold one of each of some hundred shards.
ROW_GROUP_ROWS = 16_384
# Rows read at a time: whole row groups of tables that this module wrote, pieces of larger ones.
BATCH_ROWS = 65_536
# Columns whose values hardly repeat: a dictionary of them costs a fifth of the writing time and
# makes the file larger.
UNIQUE_COLUMNS = ("event_id", "onset_time")


def write_table(path: str | os.PathLike, table: pa.Table) -> None:
    """Write one table as zstd Parquet, whole or not at all."""
    write_batches(path, table.schema, table.to_batches())


def write_tables(paths: Iterable[str | os.PathLike], tables: Iterable[pa.Table]) -> None:
    """Write one table to each of the paths, in their order."""
    for path, table in zip(paths, tables, strict=True):
        write_table(path, table)


def write_batches(
    path: str | os.PathLike, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> int:
    """Write batches as one zstd Parquet file of equal row groups; returns the number of rows.

    The row groups do not depend on how the rows were cut into batches, and memory is bounded by
    one row group and one batch.
    """
    n_rows = 0
    repeating = [name for name in _written_leaves(schema) if name not in UNIQUE_COLUMNS]
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
                left_over = table.slice(ROW_GROUP_ROWS)
                pending, n_pending = left_over.to_batches(), left_over.num_rows
        if n_pending:
            writer.write_table(pa.Table.from_batches(pending, schema).combine_chunks())
    return n_rows


def _written_leaves(schema: pa.Schema) -> list[str]:
    """The names under which Arrow writes the columns, those within lists and structs as well."""
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
    """Read a Parquet table, or some of its columns.

    Raises
    ------
    ValueError
        If the file is not Parquet, or has no such column; the message names it.
    """
    _check_names(path, columns)
    with _naming(path):
        return pq.read_table(Path(path), columns=columns, partitioning=None)


def read_tables(paths: Iterable[str], schema: pa.Schema) -> pa.Table:
    """Read tables of one schema, one after the other, into one."""
    return pa.concat_tables([read_table(path) for path in paths] or [schema.empty_table()])


def iter_batches(
    path: str | os.PathLike,
    columns: list[str] | None = None,
    dictionaries: Collection[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Read a Parquet table in batches of at most `BATCH_ROWS` rows, none of two row groups.

    Parameters
    ----------
    columns : list of str, optional
        Columns, or leaves within them (`leaf_columns`); all, if not given.
    dictionaries : collection of str
        Leaves of text to be read as dictionaries, which is several times as fast. Arrow cannot do
        that whatever the encoding of the file; text comes as it is where it cannot.

    Raises
    ------
    ValueError
        If the file is not Parquet, or has no such column; the message names it.
    """
    _check_names(path, columns)
    with _naming(path), pq.ParquetFile(path, read_dictionary=list(dictionaries)) as file:
        for group in range(file.num_row_groups):
            n_read = 0
            try:
                for batch in file.iter_batches(BATCH_ROWS, [group], columns):
                    n_read += 1
                    yield batch
            except (pa.ArrowNotImplementedError, OSError):  # a damaged file is refused again
                with pq.ParquetFile(path, metadata=file.metadata) as plain:
                    batches = plain.iter_batches(BATCH_ROWS, [group], columns)
                    yield from islice(batches, n_read, None)


def leaf_columns(path: str | os.PathLike) -> list[str]:
    """The columns without any other inside, in the file's order: ``components.list.element.label``.

    What stands between a list and its values depends on the writer of the file.
    """
    with _naming(path):
        schema = pq.read_metadata(path).schema
    return [schema.column(place).path for place in range(len(schema))]


def read_schema(path: str | os.PathLike) -> pa.Schema:
    """Names and types of the columns of a Parquet table, from its footer."""
    with _naming(path):
        return pq.read_schema(path)


def count_rows(path: str | os.PathLike) -> int:
    """Number of rows of a Parquet table, from its footer."""
    with _naming(path):
        return pq.read_metadata(path).num_rows


def check_columns(path: str | os.PathLike, schema: pa.Schema) -> None:
    """Refuse a file that is not Parquet, or in which a column of `schema` is missing or another.

    Raises
    ------
    ValueError
        At the first such column; the message names file and column.
    """
    columns = read_schema(path)
    _check_names(path, schema.names)
    for field in schema:
        got = columns.field(field.name).type
        if got != field.type:
            raise ValueError(f"{path}: {field.name} is {got}, it should be {field.type}")


def count_by(path: str | os.PathLike, column: str) -> dict[str, int]:
    """Rows of a Parquet table by the values of one column, in their order; nulls are left out."""
    counts: Counter = Counter()
    for batch in iter_batches(path, [column]):
        counts.update(value for value in batch[column].to_pylist() if value is not None)
    return dict(sorted(counts.items()))


@contextmanager
def _naming(path: str | os.PathLike) -> Iterator[None]:
    """Say in one sentence, which names the file, what Arrow says of a damaged one."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path}: not a readable Parquet table: {error}") from error


def _check_names(path: str | os.PathLike, columns: Collection[str] | None) -> None:
    """Refuse a file that lacks a column, or the column of a leaf."""
    present = set(read_schema(path).names) if columns is not None else ()
    for name in columns or ():
        if name not in present and name.split(".")[0] not in present:
            raise ValueError(f"{path}: the column {name} is missing")
