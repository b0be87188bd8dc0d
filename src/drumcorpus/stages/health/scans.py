"""The passes over whole tables with duckdb: what stands twice, and the tables beside the manifest.

Sums of floating-point numbers are not taken here: their last digits would depend on the threads.
"""

import os
from collections.abc import Sequence

import duckdb

from drumcorpus.ground.files.database import open_tables, select
from drumcorpus.schemas import EVENTS, QUARANTINE, SESSIONS, SPLITS, TALLIES
from drumcorpus.vocabulary import IN_EVENT

N_EXAMPLES = 20
N_SESSIONS = 5  # named of each repeated event
PathList = Sequence[str | os.PathLike]


def open_events(database: duckdb.DuckDBPyConnection, paths: PathList) -> None:
    """Make the events the view ``events``; its groups of null get the name ``(none)``."""
    open_tables(database, "manifest", paths, EVENTS)
    database.execute("""
        CREATE VIEW events AS SELECT * REPLACE (
            coalesce(source_set, '(none)') AS source_set,
            coalesce(session_id, '(none)') AS session_id,
            coalesce(split, '(none)') AS split
        ) FROM manifest
    """)


def find_duplicates(
    database: duckdb.DuckDBPyConnection, ids: bool = True, hits: bool = True
) -> tuple[list[dict], list[dict]]:
    """Event ids that stand in several rows, and equal hits at one onset of one recording.

    Parameters
    ----------
    ids, hits : bool
        Whether there may be such; where not, it is not looked.

    Returns
    -------
    same_id, same_hit : list of dict
        One per value with its number of ``copies``, 2 or more, and the first ``sessions``.
    """
    # duckdb's hash of a string can collide for names that differ in two digits; it hardly does so
    # for the reversed name at the same time.
    recording = "audio_path, CASE WHEN audio_path IS NULL THEN session_id END"
    hit_hash = f"hash(source_set, {recording}, reverse(audio_path), onset_time)"
    same_hit = f"""source_set, {recording} AS session_id, onset_time,
        list_sort(list_transform(components, lambda hit: hit.label)) AS labels"""
    return (
        compare_suspects(database, "hash(event_id)", "event_id") if ids else [],
        compare_suspects(database, hit_hash, same_hit) if hits else [],
    )


def compare_suspects(database: duckdb.DuckDBPyConnection, key: str, columns: str) -> list[dict]:
    """Values of `columns` that several rows share, searched where the hash `key` repeats."""
    return select(
        database,
        f"""
        SELECT {columns}, count(*) AS copies,
            list_sort(list(DISTINCT {{'source_set': events.source_set,
                'session_id': events.session_id}}))[:$n]
                AS sessions
        FROM events
        WHERE {key} IN (SELECT {key} FROM events GROUP BY {key} HAVING count(*) > 1)
        GROUP BY ALL
        HAVING copies > 1
        """,
        {"n": N_SESSIONS},
    )


def read_tallies(
    database: duckdb.DuckDBPyConnection, paths: PathList
) -> tuple[list[dict], list[dict]]:
    """Hits by source set, source label and outcome; and those in events, by session."""
    open_tables(database, "tallies", paths, TALLIES)
    by_label = """
        SELECT coalesce(source_set, '(none)') AS source_set,
            coalesce(source_label, '(none)') AS source_label,
            coalesce(trim(outcome), '') AS outcome, sum(n_hits) AS n
        FROM tallies GROUP BY ALL
    """
    by_session = """
        SELECT coalesce(source_set, '(none)') AS source_set,
            coalesce(session_id, '(none)') AS session_id, sum(n_hits) AS n
        FROM tallies WHERE outcome = $outcome GROUP BY ALL
    """
    return select(database, by_label), select(database, by_session, {"outcome": IN_EVENT})


def read_quarantine(database: duckdb.DuckDBPyConnection, paths: PathList) -> list[dict]:
    """Quarantined files by reason and source set, with the first of each as examples."""
    open_tables(database, "quarantine", paths, QUARANTINE)
    return select(
        database,
        """
        SELECT coalesce(reason, '(none)') AS reason, coalesce(source_set, '(none)') AS source_set,
            count(*) AS n,
            list({'path': path, 'stage': stage, 'detail': detail}
                 ORDER BY path, stage, detail)[:$n] AS examples
        FROM quarantine GROUP BY ALL
        """,
        {"n": N_EXAMPLES},
    )


def read_sessions(database: duckdb.DuckDBPyConnection, paths: PathList) -> list[dict]:
    """Every session that was listed: its audio, its length and its mix's, and if it cancels."""
    open_tables(database, "sessions", paths, SESSIONS)
    return select(
        database,
        """
        SELECT coalesce(source_set, '(none)') AS source_set,
            coalesce(session_id, '(none)') AS session_id,
            coalesce(audio_path, '') <> '' AS has_audio,
            coalesce(channels_cancel, false) AS channels_cancel,
            CASE WHEN isfinite(audio_duration) THEN audio_duration END AS duration,
            CASE WHEN isfinite(mix_duration) THEN mix_duration END AS mix_duration
        FROM sessions ORDER BY ALL
        """,
    )


def read_refused(database: duckdb.DuckDBPyConnection, paths: PathList) -> list[dict]:
    """Sessions that the splits leave out of the manifest, each with its reason."""
    open_tables(database, "splits", paths, SPLITS)
    return select(
        database,
        """
        SELECT coalesce(source_set, '(none)') AS source_set,
            coalesce(session_id, '(none)') AS session_id, coalesce(reason, '(none)') AS reason
        FROM splits WHERE NOT included ORDER BY ALL
        """,
    )
