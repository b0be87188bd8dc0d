"""What became of the events of an export: how many are clips, and why the others are none."""

import os
from collections import Counter
from collections.abc import Iterable

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.stages.export.layout import INDEX
from drumcorpus.vocabulary import CLIP, UNREADABLE_AUDIO

SCHEMA = "drumcorpus.export_report/1"
N_EXAMPLES = 10  # sessions named of each source set whose recordings could not be decoded

_COUNTS = "SELECT source_set, split, outcome, count(*) FROM index GROUP BY ALL ORDER BY ALL"
_UNREADABLE = """
SELECT source_set, session_id, count(*) FROM index WHERE outcome = $outcome
GROUP BY ALL ORDER BY ALL
"""


def measure_export(
    index_tables: Iterable[str | os.PathLike], *, threads: int, memory_limit: str
) -> dict:
    """Count the events of an export by split, by source set and by what became of them.

    Parameters
    ----------
    index_tables : iterable of path
        The tables `clips.cut_clips` returned for all shards, as Parquet.
    threads : int
        Threads of duckdb.
    memory_limit : str
        What it may hold before it goes to disk.

    Returns
    -------
    report : dict
        ``events``, ``clips``; ``without_clip``: events by reason; ``dropped_share``: their share
        of the events, 0 to 1, or None where there is no event; ``empty_splits``: the splits that
        have events and no clip; ``by_split`` and ``by_source_set``: ``events``, ``clips`` and
        ``without_clip`` of each; ``unreadable``: events and sessions of which a recording could not
        be decoded, sessions by source set, and the first of them.

    Raises
    ------
    ValueError
        If a table has not the schema it should have.
    """
    with open_database(threads, memory_limit) as con:
        open_tables(con, "index", list(index_tables), INDEX)
        rows = con.execute(_COUNTS).fetchall()
        unreadable = con.execute(_UNREADABLE, {"outcome": UNREADABLE_AUDIO}).fetchall()
    whole = _outcomes((outcome, n) for *_, outcome, n in rows)
    by_split, by_source_set = (
        {
            name: _outcomes((row[2], row[3]) for row in rows if row[place] == name)
            for name in sorted({row[place] for row in rows})
        }
        for place in (1, 0)
    )
    n_events = whole["events"]
    return {
        "schema": SCHEMA,
        **whole,
        "dropped_share": (n_events - whole["clips"]) / n_events if n_events else None,
        "empty_splits": [name for name, found in by_split.items() if not found["clips"]],
        "by_split": by_split,
        "by_source_set": by_source_set,
        "unreadable": {
            "events": sum(n for *_, n in unreadable),
            "sessions": len(unreadable),
            "by_source_set": dict(Counter(name for name, *_ in unreadable)),
            "examples": {
                name: [row[1] for row in unreadable if row[0] == name][:N_EXAMPLES]
                for name in sorted({row[0] for row in unreadable})
            },
        },
    }


def _outcomes(pairs: Iterable[tuple[str, int]]) -> dict:
    """Events, clips, and events without a clip by reason."""
    counts: Counter = Counter()
    for outcome, n in pairs:
        counts[outcome] += n
    return {
        "events": counts.total(),
        "clips": counts[CLIP],
        "without_clip": {reason: counts[reason] for reason in sorted(counts.keys() - {CLIP})},
    }
