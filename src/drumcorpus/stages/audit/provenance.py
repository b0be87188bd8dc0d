"""Reads provenance rows, and refuses the first one that an audit would count wrongly."""

import os

from drumcorpus.ground.files.jsonl import read_rows


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
        raise ValueError(
            f"{where}: redistributable: expected true or false, got {row['redistributable']!r}"
        )
    for name in ("notes", "techniques"):
        if not _is_list(row.get(name), str):
            raise ValueError(f"{where}: {name}: expected a list of strings, got {row[name]!r}")
    drops = row.get("drops")
    if not isinstance(drops, dict | None) or not _is_list([*(drops or {}).values()], int):
        raise ValueError(f"{where}: drops: expected a number of hits by reason, got {drops!r}")
    _check_hashes(row.get("hashes"), where)


def _check_hashes(hashes, where: str) -> None:
    """Refuse files without a path, or whose size is no number."""
    expected = "expected a list of {path, role, bytes, sha256}"
    if not isinstance(hashes, list):
        raise ValueError(f"{where}: hashes: {expected}, got {hashes!r}")
    for number, file in enumerate(hashes):
        if not isinstance(file, dict) or not isinstance(file.get("path"), str):
            raise ValueError(f"{where}: hashes: {expected}, got {file!r}")
        if type(file.get("bytes")) not in (int, type(None)):
            raise ValueError(
                f"{where}: hashes[{number}].bytes: expected a whole number, got {file['bytes']!r}"
            )


def _is_list(values, kind: type) -> bool:
    """Whether it is a list of values of exactly this type, or None."""
    return values is None or (
        isinstance(values, list) and all(type(value) is kind for value in values)
    )
