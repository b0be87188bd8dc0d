"""The tables that the rules of an audit ask.

Python's rows go into duckdb by way of JSON Lines: as Arrow tables they would make pyarrow import
pandas, which takes as long as the audit of a million events.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from drumcorpus.ground.files.database import open_tables, without_wildcards
from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.schemas import EVENTS, INVENTORY, SPLITS

# Column of a table -> its type in duckdb.
_SESSIONS = {
    **{"source_set": "VARCHAR", "session_id": "VARCHAR", "license": "VARCHAR"},
    **{"redistributable": "BOOLEAN", "n_events": "BIGINT"},
}
_FILES = dict.fromkeys(("source_set", "session_id", "path", "sha256"), "VARCHAR")
_SETS = {
    **{"source_set": "VARCHAR", "tier": "VARCHAR", "merged": "BOOLEAN"},
    **{"has_provenance": "BOOLEAN", "has_inventory": "BOOLEAN"},
}
_INVENTORY = dict.fromkeys(("source_set", "path", "sha256"), "VARCHAR")
_SPLITS = dict.fromkeys(("source_set", "session_id", "split"), "VARCHAR") | {"included": "BOOLEAN"}


def load_manifest(con: duckdb.DuckDBPyConnection, manifest: str | os.PathLike) -> None:
    """Make a manifest the view ``manifest``.

    Raises
    ------
    ValueError
        If it has not the schema EVENTS; the message names file and column.
    """
    open_tables(con, "manifest", [manifest], EVENTS)


def load_provenance(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    provenance: Mapping[str, list[dict]],
    inventory_files: Mapping[str, str | os.PathLike],
    merged_sets: list[str],
    tiers: Mapping[str, str],
) -> None:
    """Make the tables ``sets``, ``sessions``, ``files`` and ``inventory``.

    Raises
    ------
    ValueError
        If an inventory has not the schema INVENTORY.
    """
    rows = [row for name in provenance for row in provenance[name]]
    sessions = [{key: row.get(key) for key in _SESSIONS} for row in rows]
    files = [
        {"source_set": row["source_set"], "session_id": row["session_id"]}
        | {"path": file["path"], "sha256": file.get("sha256")}
        for row in rows
        for file in row["hashes"]
    ]
    sets = [
        {"source_set": name, "tier": tiers[name], "merged": name in merged_sets}
        | {"has_provenance": name in provenance, "has_inventory": name in inventory_files}
        for name in sorted({*provenance, *merged_sets})
    ]
    _hand_over(con, folder, "sessions", sessions, _SESSIONS)
    _hand_over(con, folder, "files", files, _FILES)
    _hand_over(con, folder, "sets", sets, _SETS)
    if inventory_files:
        open_tables(con, "inventory", list(inventory_files.values()), INVENTORY)
    else:
        _hand_over(con, folder, "inventory", [], _INVENTORY)


def load_splits(
    con: duckdb.DuckDBPyConnection, folder: Path, splits: str | os.PathLike | None
) -> None:
    """Make the table ``splits``, which is empty where there is none.

    Raises
    ------
    ValueError
        If it has not the schema SPLITS, or names a session twice.
    """
    if splits is None:
        _hand_over(con, folder, "splits", [], _SPLITS)
        return
    open_tables(con, "splits", [splits], SPLITS)
    twice = con.execute(
        """SELECT concat(source_set, '/', session_id) AS session FROM splits
        GROUP BY ALL HAVING count(*) > 1 ORDER BY session LIMIT 1"""
    ).fetchone()
    if twice:
        raise ValueError(f"{splits}: session {twice[0]} has two rows, it should have one")


def _hand_over(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    name: str,
    rows: Iterable[dict],
    columns: Mapping[str, str],
) -> None:
    """Make rows a table, by way of a file in `folder`."""
    path = folder / f"{name}.jsonl"
    write_rows(path, rows)
    types = ", ".join(f"{column}: '{kind}'" for column, kind in columns.items())
    con.execute(
        f"""CREATE TABLE {name} AS FROM read_json(
            ?, format = 'newline_delimited', columns = {{{types}}})""",
        [without_wildcards(str(path))],
    )
