"""duckdb over Parquet: one way to open a database and its tables, whatever the stage."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from drumcorpus.ground.files.tables import check_columns


@contextmanager
def open_database(
    threads: int,
    memory_limit: str,
    spill_dir: str | os.PathLike | None = None,
    *,
    in_order: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A duckdb database in memory whose results do not hang on the order of the work.

    Parameters
    ----------
    threads : int
        Threads of duckdb.
    memory_limit : str
        What duckdb may hold, such as ``"1GB"``, before it spills.
    spill_dir : path, optional
        Folder in which a folder for what is spilled is made, and removed at the end; that of the
        system for temporary files, if not given.
    in_order : bool
        Whether rows keep the order in which they stand in a table, where a query asks for none.
    """
    with tempfile.TemporaryDirectory(dir=spill_dir) as spill:
        settings = {
            "threads": threads,
            "memory_limit": memory_limit,
            "temp_directory": spill,
            "preserve_insertion_order": in_order,
        }
        with duckdb.connect(config=settings) as database:
            yield database


def open_tables(
    database: duckdb.DuckDBPyConnection,
    view: str,
    paths: Sequence[str | os.PathLike],
    schema: pa.Schema | None = None,
) -> None:
    """Make Parquet files a view. Each path is that of one file, whatever its name looks like.

    Parameters
    ----------
    paths : sequence of path
        At least one; a path with a star, a bracket or a question mark is no pattern, and a folder
        such as ``release=1`` adds no column.
    schema : pa.Schema, optional
        Columns that each must have; without it, they must be Parquet.

    Raises
    ------
    ValueError
        If a file is not Parquet or a column of `schema` is missing in it or of another type.
    """
    for path in paths:
        check_columns(path, pa.schema([]) if schema is None else schema)
    names = [without_wildcards(os.fspath(path)) for path in paths]
    database.read_parquet(names, hive_partitioning=False).create_view(view)


def select(
    database: duckdb.DuckDBPyConnection, query: str, parameters: Mapping | None = None
) -> list[dict]:
    """The rows of a query, as dicts."""
    cursor = database.execute(query, parameters or {})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def without_wildcards(path: str) -> str:
    """`path` such that duckdb opens the file of this very name, and searches for no pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def in_quotes(path: str | os.PathLike) -> str:
    """`path` as SQL writes a text, where no parameter can stand."""
    return "'" + os.fspath(path).replace("'", "''") + "'"
