"""Figures of the events of one source set: classes, techniques, hits per session, velocities.

All sums are of whole numbers, so that no figure depends on the order of the work.
"""

import os
from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.schemas import EVENTS, SESSIONS

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
VELOCITY_STEPS = 10_000  # velocities are counted in steps of 1 / VELOCITY_STEPS
DIGITS = 9  # of shares and their errors
_COLUMNS = ("session_id", "techniques", "components")


def measure_events(
    events: Sequence[str | os.PathLike],
    sessions: str | os.PathLike,
    *,
    memory_limit: str,
    threads: int,
) -> dict:
    """Measure the events of one source set.

    Parameters
    ----------
    events : sequence of paths
        Tables of the schema EVENTS.
    sessions : path
        Table of the schema SESSIONS: a session without an event counts, too.
    memory_limit : str
        What duckdb may hold before it spills.
    threads : int
        Threads of duckdb.

    Returns
    -------
    figures : dict
        ``sessions``: ``total``, ``with_hits``, ``names`` (digest of the ids, which tells whether
        two measurements are of the same sessions) and ``audio_duration`` in seconds. ``events`` and
        ``hits``: numbers. ``classes``: by label ``hits`` and ``share_error``, the standard error of
        its share of the hits over sessions. ``techniques``: events by name. ``hits_per_session``:
        quantiles, or None. ``velocity``: ``hits`` that have one, ``mean``, ``mean_error`` and
        quantiles from 0 to 1, or None.

    Raises
    ------
    ValueError
        If a table has not the columns it should have.
    """
    with open_database(threads, memory_limit) as database:
        wanted = pa.schema([EVENTS.field(name) for name in _COLUMNS])
        open_tables(database, "events", events, wanted)
        wanted = pa.schema([SESSIONS.field(name) for name in ("session_id", "audio_duration")])
        open_tables(database, "listed", [sessions], wanted)
        database.execute(
            """
            CREATE TABLE hits AS
            SELECT session_id, hit.label AS label,
                CASE WHEN isfinite(hit.velocity)
                    THEN round(hit.velocity * $steps)::BIGINT END AS velocity,
                count(*) AS n
            FROM (SELECT session_id, unnest(components) AS hit FROM events)
            GROUP BY ALL
        """,
            {"steps": VELOCITY_STEPS},
        )
        per_session = _hits_of_sessions(database)
        return {
            "sessions": _sessions(database, per_session),
            "events": database.execute("SELECT count(*) FROM events").fetchone()[0],
            "hits": sum(per_session.values()),
            "classes": _classes(database, list(per_session.values())),
            "techniques": dict(
                database.execute("""
                    SELECT technique, count(*)
                    FROM (SELECT unnest(list_distinct(techniques)) AS technique FROM events)
                    GROUP BY technique ORDER BY technique
                """).fetchall()
            ),
            "hits_per_session": _quantiles(list(per_session.values())),
            "velocity": _velocity(database),
        }


def _hits_of_sessions(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Hits of every session, listed or not, in order of its id."""
    rows = database.execute("""
        SELECT session_id, coalesce(sum(n), 0)::BIGINT
        FROM (SELECT DISTINCT session_id FROM listed)
        FULL JOIN (SELECT session_id, sum(n) AS n FROM hits GROUP BY session_id)
            USING (session_id)
        GROUP BY session_id ORDER BY session_id
    """)
    return dict(rows.fetchall())


def _sessions(database: duckdb.DuckDBPyConnection, per_session: Mapping[str, int]) -> dict:
    durations = database.execute("""
        SELECT sum(round(audio_duration * 1000)::BIGINT) FROM listed
        WHERE isfinite(audio_duration)
    """)
    names = "\n".join(str(name) for name in per_session)
    return {
        "total": len(per_session),
        "with_hits": sum(n > 0 for n in per_session.values()),
        "names": sha256_bytes(names.encode())[:16],
        "audio_duration": int(durations.fetchone()[0] or 0) / 1000,
    }


def _classes(database: duckdb.DuckDBPyConnection, totals: Sequence[int]) -> dict:
    """Hits of every label, with the standard error of its share of the hits.

    The error is that of a ratio over clusters, for the hits of a session are not drawn one by one
    (W. G. Cochran, "Sampling Techniques", 3rd ed., 1977, section 6.3); that of single draws where
    it is larger.
    """
    rows = database.execute("""
        SELECT label, sum(y)::BIGINT, sum(y * y), sum(y * x)
        FROM (SELECT session_id, coalesce(label, '(none)') AS label, sum(n)::BIGINT AS y
              FROM hits GROUP BY ALL)
        JOIN (SELECT session_id, sum(n)::BIGINT AS x FROM hits GROUP BY session_id)
            USING (session_id)
        GROUP BY label ORDER BY label
    """).fetchall()
    all_hits, squares = sum(totals), sum(n * n for n in totals)
    return {
        label: {
            "hits": hits,
            "share_error": round(
                max(
                    _ratio_error(hits, all_hits, yy, xy, squares, len(totals)),
                    (hits * (all_hits - hits) / all_hits**3) ** 0.5,
                ),
                DIGITS,
            ),
        }
        for label, hits, yy, xy in rows
    }


def _velocity(database: duckdb.DuckDBPyConnection) -> dict | None:
    counts = database.execute("""
        SELECT velocity, sum(n)::BIGINT FROM hits WHERE velocity IS NOT NULL
        GROUP BY velocity ORDER BY velocity
    """).fetchall()
    if not counts:
        return None
    # Squared here, where whole numbers have no end: velocities of a wrong scale must not overflow.
    pairs = database.execute("""
        SELECT sum(n * velocity::HUGEINT), sum(n)
        FROM hits WHERE velocity IS NOT NULL GROUP BY session_id
    """).fetchall()
    y, x = (sum(of) for of in zip(*pairs, strict=True))
    yy, xy, xx = (sum(of) for of in zip(*((a * a, a * b, b * b) for a, b in pairs), strict=True))
    steps, repeats = np.array(counts).T
    cumulated = np.cumsum(repeats)
    spread = {
        name: round(int(steps[np.searchsorted(cumulated, q * x)]) / VELOCITY_STEPS, DIGITS)
        for name, q in QUANTILES.items()
    }
    error = _ratio_error(y, x, yy, xy, xx, len(pairs)) / VELOCITY_STEPS
    mean = round(y / x / VELOCITY_STEPS, DIGITS)
    return {"hits": x, "mean": mean, "mean_error": round(error, DIGITS), **spread}


def _ratio_error(y: int, x: int, yy: int, xy: int, xx: int, n: int) -> float:
    """Standard error of the ratio ``y / x`` of two sums over `n` clusters, from their squares."""
    if n < 2 or not x:
        return 0.0
    # Whole numbers as long as possible: the sum of (y_i - r x_i)², times x².
    residuals = max(yy * x * x - 2 * y * xy * x + y * y * xx, 0)
    return (residuals / x**4 * n / (n - 1)) ** 0.5


def _quantiles(values: Sequence[int]) -> dict | None:
    """Quantiles of some numbers by linear interpolation, with mean, least and largest."""
    if not values:
        return None
    quantiles = np.quantile(np.array(values), list(QUANTILES.values()))
    return {
        "min": min(values),
        **{name: round(float(value), 3) for name, value in zip(QUANTILES, quantiles, strict=True)},
        "max": max(values),
        "mean": round(sum(values) / len(values), 3),
    }
