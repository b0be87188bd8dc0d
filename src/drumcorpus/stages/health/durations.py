"""How long the sessions are that hold a class: seconds by source set, split and class."""

from collections.abc import Mapping

import numpy as np

from drumcorpus.stages.health.figures import group_by
from drumcorpus.stages.health.one_pass import Counts
from drumcorpus.stages.health.rows import cell_columns
from drumcorpus.stages.health.tally import as_rows, joint, sum_equal


def durations(counts: Counts, listed: list[dict], per_session: Mapping) -> dict:
    """Seconds of the sessions of the manifest, and of those in which a class occurs.

    Parameters
    ----------
    listed : list of dict
        As of `scans.read_sessions`; where a session is listed twice the first counts.
    per_session : mapping
        By source set and session id: ``split``.

    Returns
    -------
    report : dict
        ``by_set_and_split``, and ``by_label`` with ``audio_duration``, ``sessions``,
        ``sessions_with_duration``, ``by_source_set``, ``by_split`` and ``by_set_and_split``.
        Seconds to the millisecond; a session counts with its whole duration for each of its
        classes.
    """
    lengths: dict[tuple[str, str], int] = {}
    for row in listed:
        if row["duration"] is not None:  # whole milliseconds add up alike in any order
            key = (row["source_set"], row["session_id"])
            lengths.setdefault(key, round(1000 * row["duration"]))
    whole = [
        {"source_set": key[0], "split": row["split"], "known": key in lengths}
        | {"ms": lengths.get(key, 0), "sessions": 1}
        for key, row in per_session.items()
    ]
    by_label = group_by(label_rows(counts, lengths, per_session), "label")
    return {
        **duration_of(whole),
        "by_label": {label: duration_of(rows) for label, rows in by_label.items()},
    }


def label_rows(counts: Counts, lengths: Mapping, per_session: Mapping) -> list[dict]:
    """Milliseconds and sessions by label, source set and split."""
    cells = cell_columns(counts)
    sets, ids = (counts.names[name].shown() for name in ("source_set", "session_id"))
    splits = sorted({row["split"] for row in per_session.values()})
    cell, label, _ = counts.components.counted()
    place = [cells[name][cell] for name in ("source_set", "session_id")]
    # A session may have several cells; it counts once.
    _, first = np.unique(joint([*place, label]), return_index=True)
    source_set, session, label = (column[first] for column in (*place, label))
    pair, inverse = np.unique(np.stack([source_set, session]), axis=1, return_inverse=True)
    keys = [(sets[a], ids[b]) for a, b in pair.T.tolist()]
    has_length = np.array([key in lengths for key in keys], dtype=int)[inverse]
    ms = np.array([lengths.get(key, 0) for key in keys], dtype=np.int64)[inverse]
    split = np.array([splits.index(per_session[key]["split"]) for key in keys], dtype=int)[inverse]
    columns = [label, source_set, split, has_length]
    names = {"label": counts.names["label"].shown(), "source_set": sets, "split": splits}
    names["known"] = (False, True)
    rows = as_rows(np.stack(sum_equal(columns, ms)), **names)
    sessions = sum_equal(columns, np.ones(len(ms)))[-1].tolist()
    return [row | {"ms": row["n"], "sessions": n} for row, n in zip(rows, sessions, strict=True)]


def duration_of(rows: list[dict]) -> dict:
    """Seconds and sessions of rows, in all and by their place."""
    return {
        "audio_duration": seconds(rows),
        "sessions": sum(row["sessions"] for row in rows),
        "sessions_with_duration": sum(row["sessions"] for row in rows if row["known"]),
        "by_source_set": {
            name: seconds(part) for name, part in group_by(rows, "source_set").items()
        },
        "by_split": {name: seconds(part) for name, part in group_by(rows, "split").items()},
        "by_set_and_split": {
            name: {split: seconds(cell) for split, cell in group_by(part, "split").items()}
            for name, part in group_by(rows, "source_set").items()
        },
    }


def seconds(rows: list[dict]) -> float:
    """Sum of the milliseconds, in seconds."""
    return sum(row["ms"] for row in rows) / 1000
