"""The sessions behind the figures: of each figure and source set the few that have most of it."""

from collections.abc import Mapping

import numpy as np

from drumcorpus.stages.health.one_pass import TEMPO_NONE, Counts
from drumcorpus.stages.health.rows import cell_columns
from drumcorpus.stages.health.tally import joint, sum_equal

N_SESSIONS = 3  # of one figure in one source set
N_EXTREMES = 10  # sessions with most and with fewest hits


def find_examples(counts: Counts, per_session: Mapping[tuple[str, str], Mapping]) -> dict:
    """Sessions with what a figure counts, most first, then in order of their name.

    Returns
    -------
    examples : dict
        ``labels``, ``techniques`` and ``events``; in each by name and source set a list of
        ``session_id`` and ``n``. ``sessions`` has the ``most_hits`` and ``fewest_hits``.
    """
    cells = cell_columns(counts)
    labels, techniques = (counts.names[name].shown() for name in ("label", "technique"))
    return {
        "labels": top_sessions(counts, cells, counts.components.counted(), labels),
        "techniques": top_sessions(counts, cells, counts.techniques.counted(), techniques),
        "events": top_sessions(counts, cells, *lacking(counts, cells)),
        "sessions": extremes(per_session),
    }


def lacking(counts: Counts, cells: Mapping[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Counts of (cell, figure) of events that lack something, and the names of the figures."""
    names = ["openness_outside", "velocity_outside", "without_tempo"]
    parts = [counts.odd_values.counted()]
    cell, tempo_bin, n = counts.tempi.counted()
    rows = tempo_bin == TEMPO_NONE
    parts.append(np.stack([cell[rows], np.full(rows.sum(), 2), n[rows]]))
    cell, _, n = counts.events.counted()
    for column in ("license", "meter", "has_audio", "group_id"):
        rows = cells[column][cell] == 0
        parts.append(np.stack([cell[rows], np.full(rows.sum(), len(names)), n[rows]]))
        names.append(f"without_{column.removeprefix('has_')}")
    return np.concatenate(parts, axis=1), names


def top_sessions(
    counts: Counts, cells: Mapping[str, np.ndarray], counted: np.ndarray, names: list[str]
) -> dict[str, dict[str, list[dict]]]:
    """Of counts of (cell, value) the largest sessions by value and source set."""
    sets, sessions = (counts.names[name].shown() for name in ("source_set", "session_id"))
    place = [cells[name][counted[0]] for name in ("source_set", "session_id")]
    source_set, session, value, n = sum_equal([*place, counted[1]], counted[2])
    rank = np.argsort(np.argsort(np.array(sessions)))  # order of the names
    order = np.lexsort((rank[session], -n, source_set, value))
    source_set, session, value, n = (column[order] for column in (source_set, session, value, n))
    group = joint([value, source_set])
    starts = np.flatnonzero(np.diff(group, prepend=-1) != 0)
    nth = np.arange(len(n)) - np.repeat(starts, np.diff([*starts, len(n)]))
    report: dict[str, dict[str, list[dict]]] = {}
    for row in np.flatnonzero(nth < N_SESSIONS).tolist():
        of_value = report.setdefault(names[value[row]], {})
        example = {"session_id": sessions[session[row]], "n": int(n[row])}
        of_value.setdefault(sets[source_set[row]], []).append(example)
    return {name: dict(sorted(report[name].items())) for name in sorted(report)}


def extremes(per_session: Mapping[tuple[str, str], Mapping]) -> dict[str, list[dict]]:
    """The sessions with most and with fewest hits."""
    hits = sorted((int(row["n_components"]), *key) for key, row in per_session.items())
    most = sorted(hits, key=lambda row: (-row[0], row[1:]))
    keys = ("n", "source_set", "session_id")
    return {
        name: [dict(zip(keys, row, strict=True)) for row in rows[:N_EXTREMES]]
        for name, rows in {"most_hits": most, "fewest_hits": hits}.items()
    }
