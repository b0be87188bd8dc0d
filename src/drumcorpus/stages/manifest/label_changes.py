"""What aliasing did to the labels: counts before and after, and what decided every change."""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.manifest.label_pairs import JUDGED, ShardChanges, sum_pairs

N_EXAMPLES = 20
CONFIDENCE_BINS = 10  # of equal width, from 0 to 1
_BINS = range(CONFIDENCE_BINS)
NONE = "(none)"  # where a component has no label

# Components of each session by label.
LABEL_COUNTS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("label", pa.string()),
        ("before", pa.int64()),
        ("after", pa.int64()),
    ]
)


def count_labels(source_set: str, shards: Sequence[ShardChanges]) -> pa.Table:
    """Components by label before and after, of every session of a source set.

    Returns
    -------
    counts : pa.Table
        LABEL_COUNTS schema, in order of session and label.
    """
    pairs = sum_pairs([shard.pairs for shard in shards])
    nothing = pa.repeat(pa.scalar(0, pa.int64()), len(pairs))
    sides = [
        [pairs["session_id"], pairs["before"], pairs["n"], nothing],
        [pairs["session_id"], pairs["after"], nothing, pairs["n"]],
    ]
    keys, names = LABEL_COUNTS.names[1:3], LABEL_COUNTS.names[1:]
    table = pa.concat_tables([pa.table(columns, names=names) for columns in sides])
    summed = table.group_by(keys).aggregate([("before", "sum"), ("after", "sum")])
    summed = summed.rename_columns(names).sort_by([(name, "ascending") for name in keys])
    source_sets = pa.repeat(pa.scalar(source_set, pa.string()), len(summed))
    return summed.add_column(0, "source_set", source_sets).cast(LABEL_COUNTS)


def describe_source_set(
    source_set: str,
    shards: Sequence[ShardChanges],
    counts: pa.Table,
    crash_labels: Iterable[str],
) -> dict:
    """What aliasing did to the labels of one source set.

    Parameters
    ----------
    counts : pa.Table
        `count_labels` of `shards`.
    crash_labels : iterable of str
        The labels of the taxonomy that mean a crash.

    Returns
    -------
    dict
        JSON document of counts; confidence from 0 to 1.
    """
    judged = pa.concat_tables([JUDGED.empty_table(), *(shard.judged for shard in shards)])
    differs = pc.not_equal(judged["before"], judged["after"])
    unexplained = judged.filter(pc.and_(differs, pc.is_null(judged["method"])))
    sessions = changed_sessions(counts, judged)
    return {
        "source_set": source_set,
        "events": sum(shard.n_events for shard in shards),
        "sessions": {
            "total": pc.count_distinct(counts["session_id"]).as_py(),
            "changed": len(sessions),
        },
        "components": {
            "total": pc.sum(counts["after"]).as_py() or 0,
            "changed": pc.sum(differs).as_py() or 0,
        },
        "labels": label_totals(counts),
        "changes": list_changes(judged),
        "changed_sessions": sessions,
        "undivided": undivided_crashes(counts, judged, crash_labels),
        "gone": gone_assignments([shard.gone for shard in shards]),
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
    return {
        row["label"] or NONE: {"before": row["before_sum"], "after": row["after_sum"]}
        for row in rows
    }


def changed_sessions(counts: pa.Table, judged: pa.Table) -> list[dict]:
    """Sessions of which a component changed its label, with the labels whose counts differ."""
    changed = judged.filter(pc.not_equal(judged["before"], judged["after"]))
    sessions = {
        session_id: {"session_id": session_id, "components": n, "labels": {}}
        for session_id, n in _by_name(changed["session_id"]).items()
    }
    differs = pc.not_equal(counts["before"], counts["after"])
    for row in counts.filter(differs).to_pylist():
        sides = {"before": row["before"], "after": row["after"]}
        sessions[row["session_id"]]["labels"][row["label"] or NONE] = sides
    return list(sessions.values())


def undivided_crashes(counts: pa.Table, judged: pa.Table, crash_labels: Iterable[str]) -> dict:
    """Crashes that keep an undivided label: in doubt, by method, or without any assignment."""
    doubted = judged.filter(pc.fill_null(pc.invert(judged["accepted"]), False))
    crashes = counts.filter(pc.field("label").isin(list(crash_labels)))
    n_assigned = len(judged) - judged["assigned_by"].null_count
    return {
        "in_doubt": _by_name(doubted["assigned_by"]),
        "sessions_in_doubt": pc.count_distinct(doubted["session_id"]).as_py(),
        "without_assignment": (pc.sum(crashes["after"]).as_py() or 0) - n_assigned,
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
    found: dict[tuple, dict] = {}
    # One thread: the order in which floats are summed shows in their last bits.
    grouped = table.group_by([*keys, "bin"], use_threads=False)
    for row in grouped.aggregate(figures).to_pylist():
        parts = found.setdefault(tuple(row[key] for key in keys), {})
        parts[row["bin"]] = row
    rows = [
        dict(zip(keys, values, strict=True)) | _spread(parts) for values, parts in found.items()
    ]
    order = ("before", "after", "method", "accepted")
    return sorted(rows, key=lambda row: (-row["components"], *(str(row[k]) for k in order)))


def gone_assignments(tables: Sequence[pa.Table]) -> dict:
    """Assignments whose component is not among the events, by reason, and the first of them."""
    if not any(len(table) for table in tables):
        return {"assignments": 0, "by_reason": {}, "first": []}
    gone = pa.concat_tables(tables)
    keys = ["event_id", "session_id", "component_index", "source_label", "reason"]
    return {
        "assignments": len(gone),
        "by_reason": _by_name(gone["reason"]),
        "first": _first(gone, keys),
    }


def summarise_changes(source_sets: Iterable[Mapping]) -> dict:
    """All source sets in order of name, and their sums."""
    source_sets = sorted(source_sets, key=lambda row: row["source_set"])
    totals = {
        "source_sets": len(source_sets),
        "events": sum(row["events"] for row in source_sets),
        "gone": sum(row["gone"]["assignments"] for row in source_sets),
        "unexplained": sum(row["unexplained"]["components"] for row in source_sets),
        "in_doubt": sum(sum(row["undivided"]["in_doubt"].values()) for row in source_sets),
        "sessions_in_doubt": sum(row["undivided"]["sessions_in_doubt"] for row in source_sets),
        "without_assignment": sum(row["undivided"]["without_assignment"] for row in source_sets),
    }
    for group in ("sessions", "components"):
        totals[group] = {
            key: sum(row[group][key] for row in source_sets) for key in ("total", "changed")
        }
    return {"schema": "drumcorpus.label_changes/1", "totals": totals, "source_sets": source_sets}


def _spread(parts: Mapping[int, Mapping]) -> dict:
    """Components and their confidence, from the figures of each tenth of it."""
    n = sum(row["count_all"] for row in parts.values())
    known = [row for row in parts.values() if row["confidence_min"] is not None]
    if not known:
        return {"components": n, "confidence": None}
    n_known = sum(row["confidence_count"] for row in known)
    mean = sum(row["confidence_sum"] for row in sorted(known, key=lambda r: r["bin"])) / n_known
    return {
        "components": n,
        "confidence": {
            "min": round(min(row["confidence_min"] for row in known), 6),
            "mean": round(mean, 6),
            "max": round(max(row["confidence_max"] for row in known), 6),
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
