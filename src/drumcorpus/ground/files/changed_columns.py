"""Tables of which some columns change: the others are copied as they stand in the Parquet file.

To write a column anew costs ten times what it takes to copy its compressed pages.
"""

import mmap
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.parquet_footer import MAGIC, Chunk, Footer, read_footer
from drumcorpus.ground.files.tables import writing_options


def write_changed(path: str | os.PathLike, source: str | os.PathLike, changed: pa.Table) -> None:
    """Write the rows of a Parquet table with other values in some columns, whole or not at all.

    Row groups are those of `source`, and all that `changed` does not hold is copied from it.

    Parameters
    ----------
    source : path
        A table as this project writes them.
    changed : pa.Table
        The columns that change, or of lists of structs only the fields that do: as many rows, in
        the same order, with lists of the same lengths and the same of them null.

    Raises
    ------
    ValueError
        If `source` is no such table, or `changed` does not fit it; the message names the file.
    """
    with Path(source).open("rb") as handle:
        try:
            whole = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # of an empty file
            raise ValueError(f"{source}: not a readable Parquet table: {error}") from error
        with whole, memoryview(whole) as data:
            try:
                footer = read_footer(data)
                anew = _written(changed, footer.n_rows)
                groups = _replaced(footer, read_footer(anew), pq.read_schema(source), changed)
            except ValueError as error:
                raise ValueError(f"{source}: {error}") from error
            with replacing(path) as part, part.open("wb") as out:
                _write_chunks(out, footer, groups, data, anew)


def _written(changed: pa.Table, n_rows: list[int]) -> memoryview:
    """The columns as a Parquet file of row groups of so many rows."""
    if changed.num_rows != sum(n_rows):
        raise ValueError(f"{sum(n_rows)} rows, and {changed.num_rows} of what is to change")
    stream, start = pa.BufferOutputStream(), 0
    with pq.ParquetWriter(stream, changed.schema, **writing_options(changed.schema)) as writer:
        for n in n_rows:
            writer.write_table(changed.slice(start, n).combine_chunks(), row_group_size=n)
            start += n
    return memoryview(stream.getvalue())


def _replaced(
    footer: Footer, anew: Footer, schema: pa.Schema, changed: pa.Table
) -> list[list[tuple[Chunk, bool]]]:
    """The chunks of every row group, and whether each is of the new ones."""
    for field in changed.schema:
        place = schema.get_field_index(field.name)
        if place < 0 or not _is_part(field.type, schema.field(place).type):
            got = schema.field(place).type if place >= 0 else "missing"
            raise ValueError(f"the column {field.name} is {got}; what is to change is {field.type}")
    groups = []
    for chunks, others in zip(footer.groups, anew.groups, strict=True):
        new = {chunk.path: chunk for chunk in others}
        taken = [(new.pop(c.path), True) if c.path in new else (c, False) for c in chunks]
        if new:
            raise ValueError(f"no column of the file is called {' or '.join(sorted(new))}")
        for (mine, _), old in zip(taken, chunks, strict=True):
            if mine.n_values != old.n_values and _has_siblings(old, taken):
                raise ValueError(f"{old.path}: {mine.n_values} values instead of {old.n_values}")
        groups.append(taken)
    return groups


def _has_siblings(chunk: Chunk, taken: list[tuple[Chunk, bool]]) -> bool:
    """Whether other leaves of its column are copied."""
    column = chunk.path.split(".")[0]
    return any(not is_new and own.path.split(".")[0] == column for own, is_new in taken)


def _is_part(part: pa.DataType, whole: pa.DataType) -> bool:
    """Whether a type is another one, or has some of its fields."""
    if pa.types.is_list(part) and pa.types.is_list(whole):
        return _is_part(part.value_type, whole.value_type)
    if pa.types.is_struct(part) and pa.types.is_struct(whole):
        kinds = {field.name: field.type for field in whole}
        return all(f.name in kinds and _is_part(f.type, kinds[f.name]) for f in part)
    return part == whole


def _write_chunks(out, footer: Footer, groups, data: memoryview, anew: memoryview) -> None:
    out.write(MAGIC)
    at, placed = len(MAGIC), []
    for chunks in groups:
        row_group = []
        for chunk, is_new in chunks:
            out.write((anew if is_new else data)[chunk.start : chunk.start + chunk.size])
            row_group.append((chunk, at))
            at += chunk.size
        placed.append(row_group)
    out.write(footer.said_of(placed))
