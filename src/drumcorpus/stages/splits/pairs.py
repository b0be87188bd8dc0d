"""Hashes in duckdb: which of them tell sessions apart, and their join with themselves.

Both searches for near-duplicates go over a table of (hash, session), which spills to disk: hashes
that one family alone has, or more families than tell anything, are dropped; the rest is joined with
itself for some sessions at a time. The cost is that of sorting the hashes and of the pairs per
hash, of which there are at most ``max_families`` squared.
"""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

_KEPT = """
    CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM hashes WHERE hash IN (
        SELECT hash FROM (SELECT DISTINCT hash, family FROM hashes)
        GROUP BY hash HAVING count(*) BETWEEN 2 AND $max_families)
"""
_SLICE_ROWS = 200_000  # hashes of the sessions that are compared with all others at a time


def number_sessions(
    database: duckdb.DuckDBPyConnection, keys: list[tuple[str, str]], families: list[int]
) -> None:
    """Tell the database the number and the family of each session, in the order of `keys`."""
    numbered = pa.table(
        {
            "source_set": pa.array([key[0] for key in keys], pa.string()),
            "session_id": pa.array([key[1] for key in keys], pa.string()),
            "number": pa.array(range(len(keys)), pa.int32()),
            "family": pa.array(families, pa.int32()),
        }
    )
    database.register("listed", numbered)
    database.execute("CREATE OR REPLACE TEMP TABLE numbered AS SELECT * FROM listed")
    database.unregister("listed")


def keep_telling_hashes(database: duckdb.DuckDBPyConnection, max_families: int) -> None:
    """Of the table ``hashes`` make the table ``kept``: what 2 to `max_families` families have."""
    database.execute(_KEPT, {"max_families": max_families})
    database.execute("DROP TABLE hashes")


def rows_by_slices(database, query: str, parameters: Mapping) -> list[tuple]:
    """The rows of a query over pairs, in order, for some sessions at a time: it bounds memory.

    The tables ``kept`` and ``sizes`` are dropped then. The query has the parameters ``$first`` and
    ``$last``, which limit its first session.
    """
    counts = database.execute(
        "SELECT number, count(*) FROM kept GROUP BY number ORDER BY number"
    ).fetchall()
    rows, first, n_rows = [], None, 0
    for place, (number, n_hashes) in enumerate(counts):
        first, n_rows = (number if first is None else first), n_rows + n_hashes
        if n_rows >= _SLICE_ROWS or place == len(counts) - 1:
            span = {"first": first, "last": number}
            rows += database.execute(query, {**parameters, **span}).fetchall()
            first, n_rows = None, 0
    for table in ("kept", "sizes"):
        database.execute(f"DROP TABLE {table}")
    return sorted(rows)
