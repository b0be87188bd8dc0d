"""Parquet tables: one way to write them, so that equal rows give equal bytes, and one to read them.

Whatever is wrong with a file is said in the same words everywhere, and names the file.
"""

import base64
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.coded_text import has_codes, in_order_of_appearance, plain_type

# Rows of one row group: small enough that a merge can hold one of each of some hundred shards.
ROW_GROUP_ROWS = 16_384
# Rows read at a time: whole row groups of tables that this module wrote, pieces of larger ones.
BATCH_ROWS = 65_536
# Columns whose values hardly repeat: a dictionary of them costs a fifth of the writing time and
# makes the file larger.
UNIQUE_COLUMNS = ("event_id", "onset_time")
# What Arrow raises where it cannot give a column as a dictionary; which, depends on the encoding. A
# damaged file is an OSError as well: read without dictionaries, it is refused by its name.
NO_DICTIONARIES = (pa.ArrowNotImplementedError, OSError)


def write_table(path: str | os.PathLike, table: pa.Table) -> None:
    """Write one table as zstd Parquet, whole or not at all; columns of dictionaries as text."""
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    write_batches(path, pa.schema(fields, table.schema.metadata), table.to_batches())


def write_tables(paths: Iterable[str | os.PathLike], tables: Iterable[pa.Table]) -> None:
    """Write one table to each of the paths, in their order."""
    for path, table in zip(paths, tables, strict=True):
        write_table(path, table)


def write_batches(
    path: str | os.PathLike,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    group_rows: int = ROW_GROUP_ROWS,
) -> int:
    """Write batches as one zstd Parquet file of equal row groups; returns the number of rows.

    The row groups do not depend on how the rows were cut into batches, and memory is bounded by
    three row groups and one batch: one is written while the rows of the next are made.

    Parameters
    ----------
    schema : pa.Schema
        The columns of the file.
    batches : iterable of pa.RecordBatch
        Of that schema. Text may come as dictionaries, within lists and structs too, as
        `iter_batches` reads it: it is not looked at then, and the bytes of the file are the same.
    group_rows : int
        Rows of one row group.
    """
    n_rows = 0
    with replacing(path) as part, _GroupWriter(part, schema) as writer:
        pending: list[pa.RecordBatch] = []
        n_pending = 0
        for batch in batches:
            n_rows += batch.num_rows
            rest = writer.as_written(batch)
            while n_pending + rest.num_rows >= group_rows:
                n_missing = group_rows - n_pending
                group = _put_together([*pending, rest.slice(0, n_missing)])
                pending, n_pending, rest = [], 0, rest.slice(n_missing)
                writer.write(group)
            if rest.num_rows:
                pending.append(rest)
                n_pending += rest.num_rows
        if pending:
            writer.write(_put_together(pending))
    return n_rows


class _GroupWriter:
    """Writes row groups in a thread of its own, one at a time, in their order."""

    def __init__(self, path: Path, schema: pa.Schema):
        self._path, self._schema = path, schema
        self._types: pa.Schema | None = None  # as they come: of the schema, or dictionaries of it

    def __enter__(self) -> "_GroupWriter":
        self._file: pq.ParquetWriter | None = None
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future | None = None
        return self

    def __exit__(self, error, *_) -> None:
        try:
            with self._thread:
                if error is None:
                    self._wait()
                    self._open()
        finally:
            if self._file is not None:
                self._file.close()

    def as_written(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with every column as that of the first one came: as text or as dictionary."""
        if self._types is None:
            names = [field.name for field in batch.schema]
            fields = [_kept_type(self._schema.field(name), batch[name].type) for name in names]
            self._types = pa.schema(fields)
        if batch.schema.equals(self._types):
            return batch
        columns = [
            column
            if column.type == field.type
            else column.dictionary_encode()
            if pa.types.is_dictionary(field.type)
            else column.cast(field.type)
            for column, field in zip(batch.columns, self._types, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self._types)

    def write(self, group: pa.RecordBatch) -> None:
        """Begin to write one row group, as soon as the one before it stands."""
        self._wait()
        self._open()
        self._writing = self._thread.submit(self._write, group)

    def _write(self, group: pa.RecordBatch) -> None:
        columns = [in_order_of_appearance(column) for column in group.columns]
        self._file.write_table(pa.Table.from_arrays(columns, schema=group.schema))

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def _open(self) -> None:
        if self._file is not None:
            return
        types = self._types or self._schema
        is_plain = types.equals(self._schema)
        options = writing_options(self._schema) | {"store_schema": is_plain}
        self._file = pq.ParquetWriter(self._path, types, **options)
        if not is_plain:  # readers are to see text, and not what it was written from
            text = base64.b64encode(self._schema.serialize().to_pybytes()).decode()
            self._file.add_key_value_metadata({"ARROW:schema": text})


def _put_together(group: list[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows of batches as one, no slice of a longer one that would be kept alive with it.

    Where there is one batch alone, columns are not copied but those of dictionaries within lists.
    """
    columns = []
    for place, field in enumerate(group[0].schema):
        pieces = [batch.column(place) for batch in group]
        is_kept = len(pieces) == 1 and not (field.type.num_fields and has_codes(field.type))
        columns.append(pieces[0] if is_kept else pa.concat_arrays(pieces))
    return pa.RecordBatch.from_arrays(columns, schema=group[0].schema)


def _kept_type(field: pa.Field, kind: pa.DataType) -> pa.Field:
    """The field as its column is written: as text, or as the dictionary of text that it came as."""
    is_coded = has_codes(kind) and plain_type(kind) == field.type
    return field.with_type(kind) if is_coded else field


def repeating_text(schema: pa.Schema) -> list[str]:
    """The leaves of text whose values repeat, which pay as dictionaries, as they are written."""
    return [name for name, kind in repeating_leaves(schema) if pa.types.is_string(kind)]


def writing_options(schema: pa.Schema) -> dict:
    """How columns of a schema are written, for Arrow's `ParquetWriter`."""
    repeating = [name for name, _ in repeating_leaves(schema)]
    return {"compression": "zstd", "use_dictionary": repeating}


def repeating_leaves(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    """Names under which Arrow writes the leaves whose values repeat, and their types."""
    pending = [(field.name, field.type) for field in schema]
    leaves = []
    while pending:
        name, kind = pending.pop()
        if pa.types.is_struct(kind):
            pending += [(f"{name}.{child.name}", child.type) for child in kind]
        elif pa.types.is_list(kind):
            pending.append((f"{name}.list.element", kind.value_type))
        elif name not in UNIQUE_COLUMNS:
            leaves.append((name, kind))
    return sorted(leaves, key=lambda leaf: leaf[0])


def read_table(
    path: str | os.PathLike,
    columns: list[str] | None = None,
    dictionaries: Collection[str] = (),
) -> pa.Table:
    """Read a Parquet table, or some of its columns.

    Parameters
    ----------
    columns : list of str, optional
        All, if not given.
    dictionaries : collection of str
        Columns of text to be read as dictionaries, as of `iter_batches`.

    Raises
    ------
    ValueError
        If the file is not Parquet, or has no such column; the message names it.
    """
    _check_names(path, columns)
    options = {"columns": columns, "partitioning": None}
    with _naming(path):
        if dictionaries:
            try:
                return pq.read_table(Path(path), read_dictionary=list(dictionaries), **options)
            except NO_DICTIONARIES:
                pass
        return pq.read_table(Path(path), **options)


def read_leaves(path: str | os.PathLike, leaves: list[str]) -> pa.Table:
    """Read some leaves of a Parquet table (`leaf_columns`): structs come with these fields alone.

    Raises
    ------
    ValueError
        If the file is not Parquet, or has no such column; the message names it.
    """
    _check_names(path, leaves)
    with _naming(path), pq.ParquetFile(path) as file:
        return file.read(columns=leaves)


def read_tables(paths: Iterable[str], schema: pa.Schema) -> pa.Table:
    """Read tables of one schema, one after the other, into one."""
    return pa.concat_tables([read_table(path) for path in paths] or [schema.empty_table()])


def iter_batches(
    path: str | os.PathLike,
    columns: list[str] | None = None,
    dictionaries: Collection[str] = (),
    most: int = BATCH_ROWS,
    threads: bool = True,
) -> Iterator[pa.RecordBatch]:
    """Read a Parquet table in batches of at most `most` rows, none of two row groups.

    Parameters
    ----------
    columns : list of str, optional
        Columns, or leaves within them (`leaf_columns`); all, if not given.
    dictionaries : collection of str
        Leaves of text to be read as dictionaries, which is several times as fast. Arrow cannot do
        that whatever the encoding of the file; text comes as it is where it cannot.
    threads : bool
        Read columns side by side. Of batches of a few thousand rows that costs more than it saves.

    Raises
    ------
    ValueError
        If the file is not Parquet, or has no such column; the message names it.
    """
    _check_names(path, columns)
    with (
        _naming(path),
        pq.ParquetFile(path, read_dictionary=list(dictionaries), pre_buffer=threads) as file,
    ):
        for group in range(file.num_row_groups):
            n_read = 0
            try:
                batches = file.iter_batches(most, [group], columns, use_threads=threads)
                if file.metadata.row_group(group).num_rows <= most:
                    whole = list(batches)  # its pages and what decodes them go at once
                    while whole:
                        yield whole.pop(0)
                    continue
                for batch in batches:
                    n_read += 1
                    yield batch
            except NO_DICTIONARIES:
                with pq.ParquetFile(path, metadata=file.metadata) as plain:
                    batches = plain.iter_batches(most, [group], columns, use_threads=threads)
                    yield from islice(batches, n_read, None)


def read_ahead(items: Iterator) -> Iterator:
    """The same items, the next being read while one is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


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


def count_values(path: str | os.PathLike, leaf: str) -> int:
    """The number of values of a leaf (`leaf_columns`), nulls and empty lists included."""
    _check_names(path, [leaf])
    with _naming(path):
        metadata = pq.read_metadata(path)
    names = [metadata.schema.column(n).path for n in range(metadata.num_columns)]
    groups = (metadata.row_group(n) for n in range(metadata.num_row_groups))
    place = names.index(leaf)
    return sum(group.column(place).num_values for group in groups)


def release_unused() -> None:
    """Give the system back what reading tables has left unused, which allocators keep else."""
    pa.default_memory_pool().release_unused()


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
    except KeyError as error:  # what is to be read as a dictionary is asked of the file at once
        name = os.fsdecode(error.args[0])
        raise ValueError(f"{path}: the column {name} is missing") from error
    except (pa.ArrowInvalid, OSError) as error:
        number = getattr(error, "errno", None)
        if number is not None:  # the system's own, and no damage of the file
            raise OSError(number, os.strerror(number), os.fspath(path)) from error
        raise ValueError(f"{path}: not a readable Parquet table: {error}") from error


def _check_names(path: str | os.PathLike, columns: Collection[str] | None) -> None:
    """Refuse a file that lacks a column, or the column of a leaf."""
    present = set(read_schema(path).names) if columns is not None else ()
    for name in columns or ():
        if name not in present and name.split(".")[0] not in present:
            raise ValueError(f"{path}: the column {name} is missing")
