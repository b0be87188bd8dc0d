"""Two manifests, event by event: what came, what went, what is called otherwise or lies elsewhere.

Events are the same where their ids are. Each manifest is read once into a small table on disk, one
join finds the events that differ, and all else is counted from these.
"""

import os
import tempfile
from pathlib import Path

import duckdb

from drumcorpus.ground.files.database import in_quotes, open_database, open_tables
from drumcorpus.ground.files.manifest_files import as_parquet
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.baselines.changes import AND, MICROSECOND, describe_changes

# An event that went and one of the same labels in its session that came, this close in time, are
# one event that moved; s. Two strokes of one drum are seldom closer.
MOVED_WITHIN = 0.05


def compare_manifests(
    a: str | os.PathLike,
    b: str | os.PathLike,
    *,
    memory_limit: str,
    threads: int,
) -> dict:
    """Compare two manifests.

    Parameters
    ----------
    a, b : path
        Parquet or JSON Lines; `a` is the earlier one.
    memory_limit : str
        What duckdb may hold before it spills.
    threads : int
        Threads of duckdb.

    Returns
    -------
    comparison : dict
        ``totals`` of `a` and `b`; ``sessions`` ``added``, ``removed`` and ``split_changed``;
        ``labels`` and ``techniques`` whose counts differ; ``events`` ``added``, ``removed``,
        ``moved`` (ms), ``relabelled``, ``retagged`` (other techniques). Each has its number
        ``n``, its kinds and its first examples. ``n_differences`` is the sum of all ``n``.

    Raises
    ------
    ValueError
        If a line or table is no manifest; nothing is compared then.
    """
    with tempfile.TemporaryDirectory() as spill:
        folder = Path(spill)
        for side, path in (("a", a), ("b", b)):
            (folder / side).mkdir()
            _copy_columns(as_parquet(path, folder / side), folder, side, memory_limit, threads)
        with open_database(threads, memory_limit, folder) as database:
            for side in "ab":
                open_tables(database, side, [folder / f"{side}.parquet"])
            _make_changes(database, folder)
            return describe_changes(database)


def _copy_columns(manifest: Path, folder: Path, side: str, memory_limit: str, threads: int):
    """What is compared of a manifest, as a small table; rows of one id are numbered."""
    columns = f"""
        event_id, source_set, session_id, split, onset_time,
        array_to_string(list_sort(list_transform(
            components, lambda hit: coalesce(hit.label, '(none)'))), '{AND}') AS labels,
        coalesce(array_to_string(list_sort(list_distinct(techniques)), '{AND}'), '') AS techniques
    """
    with open_database(threads, memory_limit, folder) as database:
        open_tables(database, "events", [manifest], EVENTS)
        n_repeated = database.execute(
            "SELECT count(*) - count(DISTINCT event_id) FROM events"
        ).fetchone()[0]
        # By all that is compared: rows that are equal in it may take each other's number.
        order = "source_set, session_id, onset_time, labels, techniques, split"
        copy = f"row_number() OVER (PARTITION BY event_id ORDER BY {order})" if n_repeated else "1"
        target = in_quotes(folder / f"{side}.parquet")
        database.execute(
            f"COPY (SELECT *, {copy}::INTEGER AS copy FROM (SELECT {columns} FROM events)) "
            f"TO {target}"
        )


def _make_changes(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make the view ``changes`` of events that differ, and the table ``moved`` of those that moved.

    An event of ``changes`` is in one manifest only (``is_new``, ``is_gone``), or in both with other
    labels, techniques or another onset.
    """
    target = in_quotes(folder / "changes.parquet")
    database.execute(f"""
        COPY (
            SELECT coalesce(b.event_id, a.event_id) AS event_id,
                coalesce(b.copy, a.copy) AS copy,
                coalesce(b.source_set, a.source_set) AS source_set,
                coalesce(b.session_id, a.session_id) AS session_id,
                a.event_id IS NULL AS is_new, b.event_id IS NULL AS is_gone,
                a.labels AS labels_a, b.labels AS labels_b,
                a.techniques AS techniques_a, b.techniques AS techniques_b,
                a.onset_time AS onset_a, b.onset_time AS onset_b
            FROM a FULL JOIN b ON a.event_id = b.event_id AND a.copy = b.copy
            WHERE a.event_id IS NULL OR b.event_id IS NULL OR a.labels <> b.labels
                OR a.techniques <> b.techniques
                OR abs(a.onset_time - b.onset_time) > {MICROSECOND}
        ) TO {target}
    """)
    open_tables(database, "changes", [folder / "changes.parquet"])
    # For each event that is gone, the nearest new one at or after it and the nearest at or before
    # it; of these two the nearer. Where two that are gone share a new one, the nearer has it.
    pairs = " UNION ALL ".join(
        f"""
        SELECT gone.event_id AS gone_id, gone.copy AS gone_copy, came.event_id, came.copy,
            gone.onset_a, came.onset_b
        FROM (SELECT * FROM changes WHERE is_gone) AS gone
        ASOF JOIN (SELECT * FROM changes WHERE is_new) AS came
            ON gone.source_set = came.source_set AND gone.session_id = came.session_id
            AND gone.labels_a = came.labels_b AND gone.onset_a {sign} came.onset_b
        """
        for sign in ("<=", ">=")
    )
    database.execute(
        f"""
        CREATE TABLE moved AS
        SELECT gone_id, gone_copy, event_id, copy, onset_a, onset_b FROM ({pairs})
        WHERE abs(onset_b - onset_a) <= $within
        QUALIFY row_number() OVER (PARTITION BY gone_id, gone_copy
                ORDER BY abs(onset_b - onset_a), onset_b, event_id, copy) = 1
            AND row_number() OVER (PARTITION BY event_id, copy
                ORDER BY abs(onset_b - onset_a), onset_a, gone_id, gone_copy) = 1
        """,
        {"within": MOVED_WITHIN},
    )
