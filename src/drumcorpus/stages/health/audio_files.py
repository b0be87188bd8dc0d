"""What the headers of the audio files tell of all sessions: rates, and labels past the end."""

import duckdb

from drumcorpus.ground.files.database import select
from drumcorpus.stages.health.scans import N_EXAMPLES

KEY = ("source_set", "session_id")


def find_past_end(database: duckdb.DuckDBPyConnection) -> dict:
    """Events whose onset is at or after the end of their audio.

    Parameters
    ----------
    database : duckdb.DuckDBPyConnection
        With the views ``events`` and ``audio_files``, the latter of the schema `INVENTORY`.

    Returns
    -------
    past_end : dict
        ``events``, ``sessions`` and ``by_source_set`` (events); ``events_of_unknown_end``: those
        whose audio the inventory does not list, or without a duration; ``events_past_or_unknown``:
        both, which is what the gate reads; ``examples`` of either, with the seconds by which the
        last onset is past the end. Events that name no audio have none to be past.
    """
    rows = select(
        database,
        """
        SELECT events.source_set, events.session_id,
            count(*) FILTER (onset_time >= duration) AS events,
            count(*) FILTER (duration IS NULL) AS unknown,
            max(onset_time - duration) AS seconds
        FROM events LEFT JOIN audio_files
            ON events.source_set = audio_files.source_set AND audio_path = path
        WHERE audio_path IS NOT NULL
        GROUP BY ALL
        HAVING count(*) FILTER (onset_time >= duration OR duration IS NULL) > 0
        """,
    )
    rows.sort(key=lambda row: (-row["events"] - row["unknown"], *(row[name] for name in KEY)))
    past_end = [row for row in rows if row["events"]]
    by_source_set: dict[str, int] = {}
    for row in sorted(past_end, key=lambda row: row["source_set"]):
        name = row["source_set"]
        by_source_set[name] = by_source_set.get(name, 0) + row["events"]
    n_past, n_unknown = sum(by_source_set.values()), sum(row["unknown"] for row in rows)
    return {
        "events": n_past,
        "sessions": len(past_end),
        "by_source_set": by_source_set,
        "events_of_unknown_end": n_unknown,
        "events_past_or_unknown": n_past + n_unknown,
        "examples": [_past_end_example(row) for row in rows[:N_EXAMPLES]],
    }


def _past_end_example(row: dict) -> dict:
    seconds = round(row["seconds"], 3) if row["events"] else None
    counts = {"events": row["events"], "events_of_unknown_end": row["unknown"]}
    return {**{name: row[name] for name in KEY}, **counts, "seconds": seconds}


def count_rates(database: duckdb.DuckDBPyConnection) -> dict:
    """Sample rates and channels of all audio files in use, without decoding one.

    Parameters
    ----------
    database : duckdb.DuckDBPyConnection
        With the view ``audio_files``.

    Returns
    -------
    census : dict
        ``files`` and ``channels`` count the files of each value; ``by_source_set`` has the same by
        set, its most common rate as ``usual_hz`` and the number of ``other_files``, whose rate is
        another, with ``examples`` of those over all sets, lowest rate first.
    """
    rows = select(
        database,
        """
        SELECT source_set, sample_rate_hz, channels, count(*) AS n FROM audio_files
        WHERE role = 'audio' AND sample_rate_hz IS NOT NULL GROUP BY ALL
        """,
    )
    by_source_set = {
        name: _census([row for row in rows if row["source_set"] == name])
        for name in sorted({row["source_set"] for row in rows})
    }
    for census in by_source_set.values():
        rates = census["files"]
        census["usual_hz"] = int(max(rates, key=lambda rate: (rates[rate], int(rate))))
        census["other_files"] = sum(rates.values()) - rates[str(census["usual_hz"])]
    odd = [
        select(
            database,
            """
            SELECT source_set, session_id, path, sample_rate_hz FROM audio_files
            WHERE source_set = $name AND role = 'audio' AND sample_rate_hz != $usual
            ORDER BY sample_rate_hz, path LIMIT $n
            """,
            {"name": name, "usual": census["usual_hz"], "n": N_EXAMPLES},
        )
        for name, census in by_source_set.items()
    ]
    odd_files = [row for of_set in odd for row in of_set]
    examples = sorted(odd_files, key=lambda row: row["sample_rate_hz"])[:N_EXAMPLES]
    return {
        **_census(rows),
        "other_files": sum(census["other_files"] for census in by_source_set.values()),
        "by_source_set": by_source_set,
        "examples": examples,
    }


def _census(rows: list[dict]) -> dict:
    """Files of every rate and of every number of channels, in order."""
    census: dict[str, dict[int, int]] = {"files": {}, "channels": {}}
    for row in rows:
        for kind, column in (("files", "sample_rate_hz"), ("channels", "channels")):
            census[kind][row[column]] = census[kind].get(row[column], 0) + row["n"]
    return {
        kind: {str(value): n for value, n in sorted(counts.items())}
        for kind, counts in census.items()
    }
