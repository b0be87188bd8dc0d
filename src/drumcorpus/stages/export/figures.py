"""What became of the events of an export: how many stand in a sample, and why the others do not."""

import os
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.tables import check_columns
from drumcorpus.vocabulary import NO_MIX, UNREADABLE_AUDIO

SCHEMA = "drumcorpus.export_report/2"
N_EXAMPLES = 10  # sessions named of each source set whose recordings could not be decoded

# What is read of an index.
COLUMNS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("split", pa.string()),
        ("event_id", pa.string()),
        ("outcome", pa.string()),
        ("n_events", pa.int64()),
    ]
)
# Null is the outcome of events that stand in a sample. Of a recording without sound that has no
# event there is nothing to count.
_COUNTS = """
SELECT source_set, split, CASE WHEN outcome = $unit THEN NULL ELSE outcome END AS reason,
       sum(CASE WHEN outcome = $unit THEN n_events ELSE (event_id IS NOT NULL)::INT END)::BIGINT,
       count_if(outcome = $unit)
FROM index GROUP BY ALL ORDER BY ALL
"""
_UNREADABLE = """
SELECT source_set, session_id, count(*) FROM index
WHERE outcome = $outcome AND event_id IS NOT NULL GROUP BY ALL ORDER BY ALL
"""


def measure_export(
    index_tables: Iterable[str | os.PathLike], *, unit: str, threads: int, memory_limit: str
) -> dict:
    """Count the events of an export by split, by source set and by what became of them.

    Parameters
    ----------
    index_tables : iterable of path
        The indexes that `cut.SampleCutter` returned for all shards, as Parquet.
    unit : str
        What one sample is: the outcome of one that has sound.
    threads : int
        Threads of duckdb.
    memory_limit : str
        What it may hold before it goes to disk.

    Returns
    -------
    report : dict
        ``unit``; ``events``; ``exported``, the events that stand in a sample; ``samples``;
        ``not_exported``: the other events by reason; ``dropped_share``: their share of the events,
        0 to 1, or None where there is no event, without those of `no_mix`: a source set without
        mixes has none to lose; ``empty_splits``: the splits that have events and
        no sample with one; ``by_split`` and ``by_source_set``: the counts of each; ``unreadable``:
        events and sessions of which a recording could not be decoded, sessions by source set, and
        the first of them.

    Raises
    ------
    ValueError
        If a table has not the columns it should have.
    """
    paths = list(index_tables)
    for path in paths:
        check_columns(path, COLUMNS)
    with open_database(threads, memory_limit) as con:
        open_tables(con, "index", paths)
        rows = con.execute(_COUNTS, {"unit": unit}).fetchall()
        unreadable = con.execute(_UNREADABLE, {"outcome": UNREADABLE_AUDIO}).fetchall()
    whole = _outcomes(row[2:] for row in rows)
    by_split, by_source_set = (
        {
            name: _outcomes(row[2:] for row in rows if row[place] == name)
            for name in sorted({row[place] for row in rows})
        }
        for place in (1, 0)
    )
    n_events = whole["events"] - whole["not_exported"].get(NO_MIX, 0)
    return {
        "schema": SCHEMA,
        "unit": unit,
        **whole,
        "dropped_share": (n_events - whole["exported"]) / n_events if n_events else None,
        "empty_splits": [
            name for name, found in by_split.items() if found["events"] and not found["exported"]
        ],
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


def _outcomes(rows: Iterable[tuple[str | None, int, int]]) -> dict:
    """Events, those that stand in a sample, the samples, and the others by reason."""
    counts, n_samples = Counter(), 0
    for reason, n_events, n_of_samples in rows:
        counts[reason] += n_events
        n_samples += n_of_samples
    exported = counts.pop(None, 0)
    return {
        "events": exported + counts.total(),
        "exported": exported,
        "samples": n_samples,
        "not_exported": {reason: counts[reason] for reason in sorted(counts) if counts[reason]},
    }
