"""Reads provenance rows, and refuses the first one that an audit would count wrongly."""

import os

from drumcorpus.jsonl import read_rows


def read_provenance(path: str | os.PathLike, source_set: str) -> list[dict]:
    """The provenance rows of one source set.

    Raises
    ------
    ValueError
        If a row is not JSON, lacks a field, is of another set or repeats a session; the message
        begins with ``file:line``.
    """
    rows, line_of = [], {}
    for number, row in enumerate(read_rows(path), start=1):
        where = f"{path}:{number}"
        _check_names(row, where, source_set)
        _check_figures(row, where)
        first = line_of.setdefault(row["session_id"], number)
        if first != number:
            raise ValueError(
                f"{where}: session {row['session_id']!r} stands already in line {first}"
            )
        rows.append(row)
    return rows


def _check_names(row: dict, where: str, source_set: str) -> None:
    """Refuse a row of another set, or of no session."""
    if row.get("source_set") != source_set:
        raise ValueError(
            f"{where}: source_set: expected {source_set!r}, got {row.get('source_set')!r}"
        )
    if not isinstance(row.get("session_id"), str):
        raise ValueError(f"{where}: session_id: expected a string, got {row.get('session_id')!r}")


def _check_figures(row: dict, where: str) -> None:
    """Refuse fields that the audit would count wrongly."""
    if type(row.get("n_events")) is not int:
        raise ValueError(f"{where}: n_events: expected a whole number, got {row.get('n_events')!r}")
    if not isinstance(row.get("license"), str | None):
        raise ValueError(f"{where}: license: expected a string, got {row['license']!r}")
    if not isinstance(row.get("redistributable"), bool | None):
        raise ValueError(f"{where}: redistributable: expected true or false")
    hashes = row.get("hashes")
    if not isinstance(hashes, list) or not all(
        isinstance(file, dict) and isinstance(file.get("path"), str) for file in hashes
    ):
        raise ValueError(f"{where}: hashes: expected a list of {{path, role, bytes, sha256}}")
