"""What aliasing did to the labels: counts before and after, and what decided every change."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import read_tables
from drumcorpus.schemas import LABEL_CHANGES, SESSION_LABELS
from drumcorpus.stages.manifest.label_counts import (
    LABEL_COUNTS,
    changed_rows,
    check_balance,
    count_labels,
)
from drumcorpus.taxonomy import CymbalFamily

N_EXAMPLES = 20
CONFIDENCE_BINS = 10  # of equal width, from 0 to 1
_BINS = range(CONFIDENCE_BINS)


def read_source_sets(
    shards: Mapping[str, int],
    changes: Iterable[str | os.PathLike],
    sessions: Iterable[str | os.PathLike],
) -> Iterator[tuple[str, pa.Table, pa.Table]]:
    """Read what aliasing wrote, one source set after the other.

    Parameters
    ----------
    shards : mapping
        Name of each source set to the number of its shards.
    changes, sessions : iterable of path
        Tables of the schemas LABEL_CHANGES and SESSION_LABELS of all shards, in that order.

    Yields
    ------
    source_set : str
    changes, sessions : pa.Table
        Of all its shards.
    """
    changes, sessions = iter(changes), iter(sessions)
    for source_set, n_shards in shards.items():
        yield (
            source_set,
            read_tables(islice(changes, n_shards), LABEL_CHANGES),
            read_tables(islice(sessions, n_shards), SESSION_LABELS),
        )


def compare_labels(
    source_sets: Iterable[tuple[str, pa.Table, pa.Table]],
    families: Sequence[CymbalFamily],
    on_source_set: Callable[[], None] = lambda: None,
) -> tuple[dict, pa.Table]:
    """Labels of all source sets before and after aliasing; one source set is held at a time.

    Parameters
    ----------
    source_sets : iterable of (str, pa.Table, pa.Table)
        Name, and what aliasing wrote of all its shards: LABEL_CHANGES and SESSION_LABELS schema.
    families : sequence of CymbalFamily
        Those whose cymbals are told apart.
    on_source_set
        Called after each source set, for progress.

    Returns
    -------
    report : dict
        As of `summarise_changes`.
    counts : pa.Table
        LABEL_COUNTS schema, in the order of `source_sets`, then of session and label.

    Raises
    ------
    ValueError
        If the two tables of a source set do not agree.
    """
    described, tables = [], [LABEL_COUNTS.empty_table()]
    for source_set, changes, sessions in source_sets:
        counts = count_labels(source_set, sessions)
        check_balance(source_set, changes, counts)
        n_events = pc.sum(sessions["n_events"]).as_py() or 0
        described.append(describe_source_set(source_set, n_events, changes, counts, families))
        tables.append(counts)
        on_source_set()
    return summarise_changes(described), pa.concat_tables(tables)


def describe_source_set(
    source_set: str,
    n_events: int,
    changes: pa.Table,
    counts: pa.Table,
    families: Iterable[CymbalFamily],
) -> dict:
    """What aliasing did to the labels of one source set.

    Parameters
    ----------
    source_set : str
    n_events : int
    changes : pa.Table
        LABEL_CHANGES schema.
    counts : pa.Table
        `count_labels` of the same shards.
    families : iterable of CymbalFamily
        Those whose cymbals are told apart.

    Returns
    -------
    dict
        JSON document of counts; confidence from 0 to 1.
    """
    has_component = pc.is_null(changes["reason"])
    judged = changes.filter(has_component)
    changed = changed_rows(judged)
    unexplained = changed.filter(pc.is_null(changed["method"]))
    sessions = changed_sessions(counts, judged)
    return {
        "source_set": source_set,
        "events": n_events,
        "sessions": {
            "total": pc.count_distinct(counts["session_id"]).as_py(),
            "changed": len(sessions),
        },
        "components": {
            "total": pc.sum(counts["after"]).as_py() or 0,
            "changed": len(changed),
        },
        "labels": label_totals(counts),
        "changes": list_changes(judged),
        "changed_sessions": sessions,
        "undivided": {family.name: undivided_hits(counts, judged, family) for family in families},
        "gone": gone_assignments(changes.filter(pc.invert(has_component))),
        "unexplained": {
            "components": len(unexplained),
            "first": _first(
                unexplained, ["event_id", "session_id", "component_index", "before", "after"]
            ),
        },
    }


def label_totals(counts: pa.Table) -> dict[str, dict[str, int]]:
    """Components of each label before and after, in order of the label."""
    sums = counts.group_by("label").aggregate([("before", "sum"), ("after", "sum")])
    rows = sums.sort_by("label").to_pylist()
    return {row["label"]: {"before": row["before_sum"], "after": row["after_sum"]} for row in rows}


def changed_sessions(counts: pa.Table, judged: pa.Table) -> list[dict]:
    """Sessions of which a component changed its label, with the labels whose counts differ."""
    sessions = {
        session_id: {"session_id": session_id, "components": n, "labels": {}}
        for session_id, n in _by_name(changed_rows(judged)["session_id"]).items()
    }
    for row in changed_rows(counts).to_pylist():
        sides = {"before": row["before"], "after": row["after"]}
        sessions[row["session_id"]]["labels"][row["label"]] = sides
    return list(sessions.values())


def undivided_hits(counts: pa.Table, judged: pa.Table, family: CymbalFamily) -> dict:
    """Hits of which no cymbal is told: in doubt, by method, or without any assignment."""
    assigned = judged.filter(pc.fill_null(pc.equal(judged["family"], family.name), False))
    doubted = assigned.filter(pc.invert(assigned["accepted"]))
    hits = counts.filter(pc.field("label").isin(list(family.labels)))
    return {
        "in_doubt": _by_name(doubted["assigned_by"]),
        "sessions_in_doubt": pc.count_distinct(doubted["session_id"]).as_py(),
        "without_assignment": (pc.sum(hits["after"]).as_py() or 0) - len(assigned),
    }


def list_changes(judged: pa.Table) -> list[dict]:
    """Components that changed or were judged, by both labels and by what decided.

    Returns
    -------
    list of dict
        before, after, method (None where nothing explains the change), accepted (None where no
        assignment decided), components, and of their confidence min, mean, max and the `bins`
        (components by tenths).
    """
    keys = ["before", "after", "method", "accepted"]
    places = pc.min_element_wise(
        pc.floor(pc.multiply(pc.fill_null(judged["confidence"], 0.0), CONFIDENCE_BINS)),
        CONFIDENCE_BINS - 1,
    )
    figures = [([], "count_all"), ("confidence", "count"), ("confidence", "sum")]
    figures += [("confidence", "min"), ("confidence", "max")]
    table = judged.append_column("bin", places.cast(pa.int64()))
    kinds: dict[tuple, dict] = {}
    # One thread: the order in which floats are summed shows in their last bits.
    grouped = table.group_by([*keys, "bin"], use_threads=False)
    for row in grouped.aggregate(figures).to_pylist():
        parts = kinds.setdefault(tuple(row[key] for key in keys), {})
        parts[row["bin"]] = row
    rows = [
        dict(zip(keys, values, strict=True)) | _spread(parts) for values, parts in kinds.items()
    ]
    order = ("before", "after", "method", "accepted")
    return sorted(rows, key=lambda row: (-row["components"], *(str(row[k]) for k in order)))


def gone_assignments(gone: pa.Table) -> dict:
    """Assignments whose component is not among the events, by reason, and the first of them."""
    keys = ["event_id", "session_id", "component_index", "source_label", "reason"]
    return {
        "assignments": len(gone),
        "by_reason": _by_name(gone["reason"]),
        "first": _first(gone, keys),
    }


def summarise_changes(source_sets: Iterable[Mapping]) -> dict:
    """All source sets in order of name, and their sums."""
    source_sets = sorted(source_sets, key=lambda row: row["source_set"])
    undivided = [each for row in source_sets for each in row["undivided"].values()]
    totals = {
        "source_sets": len(source_sets),
        "events": sum(row["events"] for row in source_sets),
        "gone": sum(row["gone"]["assignments"] for row in source_sets),
        "unexplained": sum(row["unexplained"]["components"] for row in source_sets),
        "in_doubt": sum(sum(each["in_doubt"].values()) for each in undivided),
        "sessions_in_doubt": sum(each["sessions_in_doubt"] for each in undivided),
        "without_assignment": sum(each["without_assignment"] for each in undivided),
    }
    for group in ("sessions", "components"):
        totals[group] = {
            key: sum(row[group][key] for row in source_sets) for key in ("total", "changed")
        }
    return {"schema": "drumcorpus.label_changes/2", "totals": totals, "source_sets": source_sets}


def report_counters(report: Mapping) -> dict[str, int]:
    """What the run manifest says of the report, by name."""
    totals = report["totals"]
    return {
        "components": totals["components"]["total"],
        "changed": totals["components"]["changed"],
        "assignments_gone": totals["gone"],
        "unexplained": totals["unexplained"],
        "hits_in_doubt": totals["in_doubt"],
        "hits_without_assignment": totals["without_assignment"],
    }


def _spread(parts: Mapping[int, Mapping]) -> dict:
    """Components and their confidence, from the figures of each tenth of it."""
    n = sum(row["count_all"] for row in parts.values())
    rated = [row for row in parts.values() if row["confidence_min"] is not None]
    if not rated:
        return {"components": n, "confidence": None}
    n_rated = sum(row["confidence_count"] for row in rated)
    mean = sum(row["confidence_sum"] for row in sorted(rated, key=lambda r: r["bin"])) / n_rated
    return {
        "components": n,
        "confidence": {
            "min": round(min(row["confidence_min"] for row in rated), 6),
            "mean": round(mean, 6),
            "max": round(max(row["confidence_max"] for row in rated), 6),
            "bins": [parts.get(i, {"confidence_count": 0})["confidence_count"] for i in _BINS],
        },
    }


def _by_name(column: pa.ChunkedArray) -> dict[str, int]:
    """How often each value occurs, in order of the values."""
    pairs = column.value_counts().to_pylist()
    return dict(sorted((pair["values"], pair["counts"]) for pair in pairs))


def _first(table: pa.Table, names: list[str]) -> list[dict]:
    """The first rows in order of session and event."""
    order = [(name, "ascending") for name in ("session_id", "event_id", "component_index")]
    return table.select(names).sort_by(order).slice(0, N_EXAMPLES).to_pylist()
