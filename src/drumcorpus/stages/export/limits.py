"""Which events of a manifest a limited export holds: some of every source set and split.

Only events count, and are taken, that have the recording which the export is cut from. The limit is
shared out equally among the source sets, and what one gets among its splits; one that has fewer
events leaves the rest to the others. Within a split whole sessions are taken in the order
of a digest of their names, which hangs on no other session. The last one of clips is cut at the
count; of segments and sessions it stays whole, so that a limited export of these may hold more.
"""

import hashlib
import os
from collections.abc import Hashable, Mapping, Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.tables import check_columns, read_table
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.export.audio_choice import MIX, make_chosen_view
from drumcorpus.stages.export.settings import CLIP

LIMITS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("split", pa.string()),
        ("n_events", pa.int64()),  # of the session, in the manifest, that have the recording
        ("n_taken", pa.int64()),  # the first of them, by recording, onset and id
    ]
)
_COLUMNS = ("source_set", "session_id", "split", "audio_path", "onset_time", "event_id")
_NEEDED = pa.schema([EVENTS.field(name) for name in _COLUMNS])
_OF_SESSIONS = ("source_set", "session_id", "audio_path", "mix_path")
_NEEDED_OF_SESSIONS = pa.schema([SESSIONS.field(name) for name in _OF_SESSIONS])

_COUNTS = """
SELECT source_set, session_id, split, count(audio_path) AS n_events FROM {view} GROUP BY ALL
"""
# A session that is cut is put in order, the others stay as they stand: they are many.
_LIMITED = """
CREATE VIEW {limited} AS
SELECT e.* FROM {view} AS e JOIN limits AS l USING (source_set, session_id)
WHERE l.n_taken = l.n_events AND audio_path IS NOT NULL
UNION ALL
SELECT * EXCLUDE (n_taken, place) FROM (
    SELECT e.*, l.n_taken, row_number() OVER (
        PARTITION BY source_set, session_id ORDER BY audio_path, onset_time, event_id
    ) AS place
    FROM {view} AS e JOIN limits AS l USING (source_set, session_id)
    WHERE l.n_taken BETWEEN 1 AND l.n_events - 1 AND audio_path IS NOT NULL
) WHERE place <= n_taken
"""


def share_out(total: int, sizes: Mapping[Hashable, int]) -> dict:
    """Equal shares of a total, none above its size; what one cannot take goes to the others.

    The sum is the total, or that of all sizes where this is less. What does not divide goes to the
    first in order, one to each.

    Parameters
    ----------
    total : int
        At least 0.
    sizes : mapping
        The most that each may get, at least 0.

    Examples
    --------
    >>> share_out(100, {"a": 10, "b": 70, "c": 500})
    {'a': 10, 'b': 45, 'c': 45}
    >>> share_out(5, {"a": 9, "b": 9})
    {'a': 3, 'b': 2}
    """
    shares, left = dict.fromkeys(sizes, 0), min(total, sum(sizes.values()))
    unfilled = list(sizes)
    while left:
        each, more = divmod(left, len(unfilled))
        small = [key for key in unfilled if sizes[key] <= each]
        if not small:
            return shares | {key: each + (n < more) for n, key in enumerate(unfilled)}
        for key in small:
            shares[key] = sizes[key]
            left -= sizes[key]
        unfilled = [key for key in unfilled if sizes[key] > each]
    return shares


def limit_sessions(sessions: pa.Table, limit: int, unit: str) -> pa.Table:
    """How many events of every session a limited export takes.

    Parameters
    ----------
    sessions : pa.Table
        Columns `source_set`, `session_id`, `split` and `n_events`, one row per session.
    limit : int
        Events, at least 1.
    unit : str
        clip, segment or session.

    Returns
    -------
    limits : pa.Table
        Schema LIMITS, in order of source set, split and session; all sessions, of which some have
        no event taken.
    """
    sizes: dict[str, dict[str, int]] = {}
    rows = sorted(sessions.select(LIMITS.names[:4]).to_pylist(), key=_by_split)
    for row in rows:
        of_set = sizes.setdefault(row["source_set"], {})
        of_set[row["split"]] = of_set.get(row["split"], 0) + row["n_events"]
    of_sets = share_out(limit, {name: sum(splits.values()) for name, splits in sizes.items()})
    left = {name: share_out(of_sets[name], splits) for name, splits in sizes.items()}
    for row in sorted(rows, key=_digest):
        of_split = left[row["source_set"]]
        wanted = of_split[row["split"]]
        most = wanted if unit == CLIP else row["n_events"]
        row["n_taken"] = min(row["n_events"], most) if wanted else 0
        of_split[row["split"]] = max(0, wanted - row["n_taken"])
    return pa.Table.from_pylist(rows, LIMITS)


def limits_of_manifest(
    manifest: str | os.PathLike,
    sessions: Sequence[str | os.PathLike],
    limit: int,
    unit: str,
    audio: str,
    *,
    threads: int,
    memory_limit: str,
) -> pa.Table:
    """The same of a manifest, whose events are counted by duckdb and not held.

    An event counts that has the recording which is asked for.

    Parameters
    ----------
    manifest : path
        Parquet in the schema EVENTS; its sessions, splits, recordings and ids are read alone.
    sessions : sequence of path
        Parquet in the schema SESSIONS, of its source sets; read for the mix alone.
    limit, unit
        As of `limit_sessions`.
    audio : str
        drums or mix: which recording.
    threads, memory_limit
        As of `open_database`.
    """
    with open_database(threads, memory_limit) as con:
        open_tables(con, "events", [manifest], _NEEDED)
        if audio == MIX:
            open_tables(con, "sessions", sessions, _NEEDED_OF_SESSIONS)
        make_chosen_view(con, "events", "chosen", audio)
        return _limits(con, "chosen", limit, unit)


def make_limited_view(
    con: duckdb.DuckDBPyConnection, view: str, limited: str, limit: int, unit: str
) -> pa.Table:
    """Make the events of `view` that a limited export takes a view of the name `limited`.

    `view` is as of `audio_choice.make_chosen_view`.

    Returns
    -------
    limits : pa.Table
        Schema LIMITS.
    """
    limits = _limits(con, view, limit, unit)
    con.register("limits_given", limits)
    con.execute(
        "CREATE TABLE limits AS SELECT source_set, session_id, n_events, n_taken FROM limits_given"
    )
    con.execute(_LIMITED.format(view=view, limited=limited))
    return limits


def read_limits(path: str | os.PathLike) -> pa.Table:
    """The sessions of which a limited export takes something.

    Raises
    ------
    ValueError
        If it is not Parquet, or not of the schema LIMITS.
    """
    check_columns(path, LIMITS)
    table = read_table(path)
    return table.filter(pc.greater(table["n_taken"], 0))


def limit_figures(limits: pa.Table, limit: int) -> dict:
    """What a limit takes of how much, for `metadata.json`.

    Returns
    -------
    figures : dict
        ``events``, the limit; ``taken`` and ``of``, events in all; ``sessions``, of which any is
        taken; ``by_split_and_source_set`` the same three, the limit aside.
    """
    parts: dict[str, dict[str, dict[str, int]]] = {}
    total = dict.fromkeys(("taken", "of", "sessions"), 0)
    for row in limits.to_pylist():
        of_split = parts.setdefault(row["split"], {})
        part = of_split.setdefault(row["source_set"], dict.fromkeys(total, 0))
        for amounts in (part, total):
            amounts["taken"] += row["n_taken"]
            amounts["of"] += row["n_events"]
            amounts["sessions"] += row["n_taken"] > 0
    ordered = {split: dict(sorted(parts[split].items())) for split in sorted(parts)}
    return {"events": limit, **total, "by_split_and_source_set": ordered}


def limit_in_words(figures: Mapping, unit: str) -> str:
    """What a limit takes, in a sentence.

    Parameters
    ----------
    figures : mapping
        As of `limit_figures`.
    unit : str
        clip, segment or session.
    """
    text = f"limited to {figures['events']:,} events, spread over all source sets and splits: "
    text += f"{figures['taken']:,} of {figures['of']:,}, of {figures['sessions']:,} sessions"
    if unit != CLIP and figures["taken"] > figures["events"]:
        text += "; sessions stay whole, also where the last one passes the limit"
    return text


def _limits(con: duckdb.DuckDBPyConnection, view: str, limit: int, unit: str) -> pa.Table:
    return limit_sessions(con.sql(_COUNTS.format(view=view)).to_arrow_table(), limit, unit)


def _by_split(row: Mapping) -> tuple[str, str, str]:
    return row["source_set"], row["split"], row["session_id"]


def _digest(row: Mapping) -> bytes:
    return hashlib.sha256(f"{row['source_set']}/{row['session_id']}".encode()).digest()
