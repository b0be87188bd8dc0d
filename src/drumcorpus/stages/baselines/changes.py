"""What is said of the events that differ between two manifests: counts and examples."""

from collections import Counter

import duckdb

SCHEMA = "drumcorpus.manifest_changes/1"
N_EXAMPLES = 20
N_CHANGES = 200  # kinds of change listed, those with most events first
AND = " + "  # between the labels of one event
MICROSECOND = 1e-6  # what an event's id can tell apart
_IN_BOTH = "NOT is_new AND NOT is_gone"
_EVENT = ("source_set", "session_id", "event_id", "onset_time")


def describe_changes(database: duckdb.DuckDBPyConnection) -> dict:
    """What is said of two manifests.

    Parameters
    ----------
    database
        With the manifests `a` and `b`, ``changes`` and ``moved``, as `comparison.manifests` makes
        them.

    Returns
    -------
    comparison : dict
        As of `manifests.compare_manifests`.
    """
    sessions = {
        "added": _sessions_only_in(database, "b", "a"),
        "removed": _sessions_only_in(database, "a", "b"),
        "split_changed": _split_changes(database),
    }
    events = {
        "added": _events_only_in(database, "b"),
        "removed": _events_only_in(database, "a"),
        "moved": _moved(database),
        "relabelled": _called_otherwise(database, "labels"),
        "retagged": _called_otherwise(database, "techniques"),
    }
    n = sum(part["n"] for group in (sessions, events) for part in group.values())
    same = "Both manifests have the same sessions and events."
    return {
        "schema": SCHEMA,
        "kind": "manifests",
        "totals": {side: _totals(database, side) for side in "ab"},
        "sessions": sessions,
        "events": events,
        "labels": _counts(database, "labels"),
        "techniques": _counts(database, "techniques"),
        "n_differences": n,
        "sentence": f"{n:,} sessions and events differ." if n else same,
    }


def _totals(database: duckdb.DuckDBPyConnection, side: str) -> dict:
    row = database.execute(f"""
        SELECT count(*) AS events, count(DISTINCT (source_set, session_id)) AS sessions,
            count(*) FILTER (copy > 1) AS repeated_event_ids
        FROM {side}
    """).fetchone()
    return _named(("events", "sessions", "repeated_event_ids"), row)


def _sessions_only_in(database: duckdb.DuckDBPyConnection, side: str, other: str) -> dict:
    rows = database.execute(f"""
        SELECT source_set, session_id, count(*) FROM {side}
        ANTI JOIN (SELECT DISTINCT source_set, session_id FROM {other})
            USING (source_set, session_id)
        GROUP BY ALL ORDER BY ALL
    """).fetchall()
    names = ("source_set", "session_id", "events")
    return {
        "n": len(rows),
        "by_source_set": dict(Counter(row[0] for row in rows)),
        "examples": [_named(names, row) for row in rows[:N_EXAMPLES]],
    }


def _split_changes(database: duckdb.DuckDBPyConnection) -> dict:
    """Sessions of both manifests whose events stand in another split, or in other splits."""
    a, b = (
        f"(SELECT source_set, session_id, string_agg(DISTINCT split, '{AND}' ORDER BY split) AS "
        f"split FROM {side} GROUP BY ALL)"
        for side in "ab"
    )
    rows = database.execute(f"""
        SELECT source_set, session_id, a.split, b.split
        FROM {a} AS a JOIN {b} AS b USING (source_set, session_id)
        WHERE a.split IS DISTINCT FROM b.split ORDER BY ALL
    """).fetchall()
    names = ("source_set", "session_id", "a", "b")
    return {
        "n": len(rows),
        "by_change": _ranked(Counter(row[2:] for row in rows).items()),
        "examples": [_named(names, row) for row in rows[:N_EXAMPLES]],
    }


def _events_only_in(database: duckdb.DuckDBPyConnection, side: str) -> dict:
    """Events that only one manifest has, less those that moved."""
    which, event_id, copy = {
        "a": ("is_gone", "gone_id", "gone_copy"),
        "b": ("is_new", "event_id", "copy"),
    }[side]
    unmoved = f"""
        FROM changes ANTI JOIN (SELECT {event_id} AS event_id, {copy} AS copy FROM moved)
            USING (event_id, copy)
        WHERE {which}
    """
    counts = database.execute(
        f"SELECT source_set, count(*) {unmoved} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    examples = database.execute(f"""
        SELECT source_set, session_id, event_id, onset_{side} AS onset_time,
            labels_{side} AS labels
        {unmoved} ORDER BY source_set, session_id, onset_time, event_id LIMIT {N_EXAMPLES}
    """).fetchall()
    return {
        "n": sum(n for _, n in counts),
        "by_source_set": dict(counts),
        "examples": [_named((*_EVENT, "labels"), row) for row in examples],
    }


def _moved(database: duckdb.DuckDBPyConnection) -> dict:
    """Events at another onset: of the same id, or of the same session and labels and close."""
    moved = f"""
        SELECT source_set, session_id, event_id, changes.onset_b, moved.onset_a
        FROM changes JOIN moved USING (event_id, copy) WHERE is_new
        UNION ALL
        SELECT source_set, session_id, event_id, onset_b, onset_a
        FROM changes WHERE {_IN_BOTH} AND abs(onset_b - onset_a) > {MICROSECOND}
    """
    n, middle, least, largest = database.execute(f"""
        SELECT count(*), median(ms), min(ms), max(ms)
        FROM (SELECT (onset_b - onset_a) * 1000 AS ms FROM ({moved}))
    """).fetchone()
    examples = database.execute(f"""
        SELECT source_set, session_id, event_id, onset_b AS onset_time,
            round((onset_b - onset_a) * 1000, 3)
        FROM ({moved}) ORDER BY source_set, session_id, onset_time, event_id LIMIT {N_EXAMPLES}
    """).fetchall()
    spread = {"median": middle, "min": least, "max": largest}
    return {
        "n": n,
        "by_ms": {name: round(ms, 3) for name, ms in spread.items()} if n else None,
        "examples": [_named((*_EVENT, "ms"), row) for row in examples],
    }


def _called_otherwise(database: duckdb.DuckDBPyConnection, what: str) -> dict:
    """Events of both manifests that have other labels, or other techniques."""
    changed = f"FROM changes WHERE {_IN_BOTH} AND {what}_a <> {what}_b"
    kinds = database.execute(f"""
        SELECT {what}_a, {what}_b, count(*) AS n {changed} GROUP BY ALL
        ORDER BY n DESC, {what}_a, {what}_b
    """).fetchall()
    examples = database.execute(f"""
        SELECT source_set, session_id, event_id, onset_b AS onset_time, {what}_a, {what}_b
        {changed} ORDER BY source_set, session_id, onset_time, event_id LIMIT {N_EXAMPLES}
    """).fetchall()
    return {
        "n": sum(n for _, _, n in kinds),
        "by_change": _ranked(((a, b), n) for a, b, n in kinds),
        "examples": [_named((*_EVENT, "a", "b"), row) for row in examples],
    }


def _counts(database: duckdb.DuckDBPyConnection, what: str) -> dict:
    """How often each label, or technique, stands in either manifest; those that differ only."""
    counts: dict[str, dict[str, int]] = {}
    for side in "ab":
        rows = database.execute(f"SELECT {what}, count(*) FROM {side} GROUP BY ALL").fetchall()
        for together, n in rows:
            for name in together.split(AND) if together else []:
                row = counts.setdefault(name, {"a": 0, "b": 0})
                row[side] += n
    return {name: row for name, row in sorted(counts.items()) if row["a"] != row["b"]}


def _ranked(kinds) -> list[dict]:
    """Kinds of change with their number, the most frequent first."""
    rows = sorted(kinds, key=lambda item: (-item[1], item[0]))
    return [{"a": a, "b": b, "n": n} for (a, b), n in rows[:N_CHANGES]]


def _named(names: tuple[str, ...], row: tuple) -> dict:
    return dict(zip(names, row, strict=True))
