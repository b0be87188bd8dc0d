"""duckdb over Parquet: one way to open it, whatever the stage."""

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def open_database(threads: int, memory_limit: str, spill_dir: Path) -> duckdb.DuckDBPyConnection:
    """A duckdb database in memory whose results do not hang on the order of the work.

    Parameters
    ----------
    threads : int
        Threads of duckdb.
    memory_limit : str
        What duckdb may hold, such as ``"1GB"``, before it spills to `spill_dir`.
    spill_dir : path
        Folder for what is spilled.
    """
    settings = {
        "threads": threads,
        "memory_limit": memory_limit,
        "temp_directory": str(spill_dir),
        "preserve_insertion_order": False,
    }
    return duckdb.connect(config=settings)


def open_tables(
    database: duckdb.DuckDBPyConnection,
    view: str,
    paths: Sequence[str | os.PathLike],
    schema: pa.Schema,
) -> None:
    """Make Parquet files of one schema a view.

    Raises
    ------
    ValueError
        If a file is not Parquet or a column of `schema` is missing in it or of another type.
    """
    for path in paths:
        check_columns(path, schema)
    names = [without_wildcards(os.fspath(path)) for path in paths]
    database.read_parquet(names, hive_partitioning=False).create_view(view)


def check_columns(path: str | os.PathLike, schema: pa.Schema) -> None:
    """Refuse a file that is not Parquet, or in which a column of `schema` is missing or another.

    Raises
    ------
    ValueError
        At the first such column; the message names file and column.
    """
    try:
        found = pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a readable Parquet table: {error}") from error
    for field in schema:
        index = found.get_field_index(field.name)
        if index < 0:
            raise ValueError(f"{path}: the column {field.name} is missing")
        if found.field(index).type != field.type:
            got = found.field(index).type
            raise ValueError(f"{path}: {field.name} is {got}, it should be {field.type}")


def without_wildcards(path: str) -> str:
    """`path` such that duckdb opens the file of this very name, and searches for no pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
