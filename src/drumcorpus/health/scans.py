"""The passes over the tables: each reads only its columns and returns a small list of counts.

Sums of floating-point numbers are not taken here: their last digits would depend on the threads.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from drumcorpus.schemas import EVENTS, QUARANTINE, SESSIONS, TALLIES

OPENNESS_BINS = 10  # of equal width, from 0 to 1
OUTSIDE = -1  # bin of an openness below 0, above 1, or not a number
TEMPO_BIN_BPM = 10
TEMPO_TOP_BPM = 300  # the last bin holds everything from here on
N_EXAMPLES = 20
CRASH_STAGE = "crash_dual_label"
IN_EVENT = "in_event"  # outcome of a tally: the hit is a component of an event


def open_database(threads: int, memory_limit: str, spill_dir: Path) -> duckdb.DuckDBPyConnection:
    """A duckdb database in memory whose results do not hang on the order of the work."""
    settings = {
        "threads": threads,
        "memory_limit": memory_limit,
        "temp_directory": str(spill_dir),
        "preserve_insertion_order": False,
    }
    return duckdb.connect(config=settings)


def open_events(database: duckdb.DuckDBPyConnection, manifest: str | os.PathLike) -> None:
    """Make the manifest the view ``events``; its groups of null get the name ``(none)``."""
    open_tables(database, "manifest", [manifest], EVENTS)
    database.execute("""
        CREATE VIEW events AS SELECT * REPLACE (
            coalesce(source_set, '(none)') AS source_set,
            coalesce(session_id, '(none)') AS session_id,
            coalesce(split, '(none)') AS split
        ) FROM manifest
    """)


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
    names = [without_wildcards(os.fspath(path)) for path in paths]
    database.read_parquet(names, hive_partitioning=False).create_view(view)


def without_wildcards(path: str) -> str:
    """`path` such that duckdb opens the file of this very name, and searches for no pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def select(database: duckdb.DuckDBPyConnection, sql: str, parameters: dict | None = None):
    """The rows of a query, as dicts."""
    cursor = database.execute(sql, parameters or {})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def count_components(database: duckdb.DuckDBPyConnection) -> list[dict]:
    """Components by source set, split, kind, label, dynamic bucket and bin of openness."""
    return select(
        database,
        """
        SELECT source_set, split, is_synthetic,
            coalesce(hit.label, '(none)') AS label,
            coalesce(hit.dynamic_bucket, '(none)') AS dynamic_bucket,
            CASE  -- NaN is greater than every number here, hence outside
                WHEN hit.openness IS NULL THEN NULL
                WHEN hit.openness BETWEEN 0 AND 1
                    THEN least($bins - 1, floor(hit.openness * $bins)::INTEGER)
                ELSE $outside
            END AS openness_bin,
            count(*) AS n
        FROM (SELECT source_set, split, is_synthetic, unnest(components) AS hit FROM events)
        GROUP BY ALL
        """,
        {"bins": OPENNESS_BINS, "outside": OUTSIDE},
    )


def count_events(database: duckdb.DuckDBPyConnection) -> list[dict]:
    """Events by source set, split, licence, meter, audio and tempo; with the extremes of tempo."""
    return select(
        database,
        """
        SELECT source_set, split,
            coalesce(nullif(trim(license), ''), '(none)') AS license,
            coalesce(nullif(trim(meter), ''), '(none)') AS meter,
            coalesce(audio_path, '') <> '' AS has_audio,
            CASE WHEN tempo IS NOT NULL  -- least() would pass over a null
                THEN floor(least(tempo, $top) / $width)::INTEGER
            END AS tempo_bin,
            min(tempo) AS tempo_min, max(tempo) AS tempo_max, count(*) AS n
        FROM (
            SELECT *, CASE WHEN isfinite(tempo_bpm) AND tempo_bpm > 0 THEN tempo_bpm END AS tempo
            FROM events
        )
        GROUP BY ALL
        """,
        {"top": TEMPO_TOP_BPM, "width": TEMPO_BIN_BPM},
    )


def count_sessions(database: duckdb.DuckDBPyConnection) -> list[dict]:
    """Events by session, group, split and number of simultaneous components.

    Kept as the table ``session_counts``, so that the nested column is read once.
    """
    database.execute("""
        CREATE TABLE session_counts AS
        SELECT source_set, session_id, group_id, split,
            coalesce(len(components), 0) AS n_components, count(*) AS n
        FROM events
        GROUP BY ALL
    """)
    return select(database, "SELECT * FROM session_counts")


def components_per_session(database: duckdb.DuckDBPyConnection) -> list[dict]:
    """Events, components and split of every session, after `count_sessions`."""
    return select(
        database,
        """
        SELECT source_set, session_id, sum(n) AS n_events, sum(n * n_components) AS n_components,
            CASE WHEN min(split) = max(split) THEN min(split) ELSE '(several)' END AS split
        FROM session_counts
        GROUP BY source_set, session_id
        """,
    )


def count_techniques(database: duckdb.DuckDBPyConnection) -> list[dict]:
    """Events by technique, source set and split; an event counts once for each of its own."""
    return select(
        database,
        """
        SELECT source_set, split, technique, count(*) AS n
        FROM (
            SELECT source_set, split, unnest(list_distinct(techniques)) AS technique
            FROM events WHERE len(techniques) > 0
        )
        GROUP BY ALL
        """,
    )


def count_variants(database: duckdb.DuckDBPyConnection) -> list[dict]:
    """Components of events that the crash stage has judged, by label and its last method."""
    return select(
        database,
        """
        SELECT hit.label AS label, coalesce(verdict.method, '(none)') AS method, count(*) AS n
        FROM (
            SELECT unnest(components) AS hit,
                list_filter(annotation_history, lambda note: note.annotation_stage = $stage)[-1]
                    AS verdict
            FROM events WHERE len(annotation_history) > 0
        )
        WHERE verdict IS NOT NULL AND hit.label IS NOT NULL
        GROUP BY ALL
        """,
        {"stage": CRASH_STAGE},
    )


def find_duplicates(
    database: duckdb.DuckDBPyConnection, n_events: int
) -> tuple[list[dict], list[dict]]:
    """Event ids that stand in several rows, and equal hits at one onset of one recording.

    Hashes are counted first, which is fast and can only overrate; where fewer are distinct than
    there are rows, the suspects are compared value by value.

    Returns
    -------
    same_id, same_hit : list of dict
        One per value with its number of ``copies``, 2 or more.
    """
    # duckdb's hash of a string can collide for names that differ in two digits; it hardly does so
    # for the reversed name at the same time.
    id_hash = "hash(event_id)"
    recording = "audio_path, CASE WHEN audio_path IS NULL THEN session_id END"
    hit_hash = f"hash(source_set, {recording}, reverse(audio_path), onset_time)"
    same_hit = f"""source_set, {recording} AS session_id, onset_time,
        list_sort(list_transform(components, lambda hit: hit.label)) AS labels"""
    found = []
    for key, columns in ((id_hash, "event_id"), (hit_hash, same_hit)):
        [n_distinct] = database.execute(f"SELECT count(DISTINCT {key}) FROM events").fetchone()
        found.append(compare_suspects(database, key, columns) if n_distinct < n_events else [])
    return found[0], found[1]


def compare_suspects(database: duckdb.DuckDBPyConnection, key: str, columns: str) -> list[dict]:
    """Values of `columns` that several rows share, searched where the hash `key` repeats."""
    return select(
        database,
        f"""
        SELECT {columns}, count(*) AS copies
        FROM events
        WHERE {key} IN (SELECT {key} FROM events GROUP BY {key} HAVING count(*) > 1)
        GROUP BY ALL
        HAVING copies > 1
        """,
    )


def read_tallies(
    database: duckdb.DuckDBPyConnection, paths: Sequence[str | os.PathLike]
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
        FROM tallies WHERE outcome = $in_event GROUP BY ALL
    """
    return select(database, by_label), select(database, by_session, {"in_event": IN_EVENT})


def read_quarantine(
    database: duckdb.DuckDBPyConnection, paths: Sequence[str | os.PathLike]
) -> list[dict]:
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


def read_sessions(
    database: duckdb.DuckDBPyConnection, paths: Sequence[str | os.PathLike]
) -> list[dict]:
    """Source set, id, audio path and duration of every session that was listed."""
    open_tables(database, "sessions", paths, SESSIONS)
    return select(
        database,
        """
        SELECT coalesce(source_set, '(none)') AS source_set,
            coalesce(session_id, '(none)') AS session_id,
            coalesce(audio_path, '') <> '' AS has_audio,
            CASE WHEN isfinite(audio_duration) THEN audio_duration END AS duration
        FROM sessions ORDER BY ALL
        """,
    )
