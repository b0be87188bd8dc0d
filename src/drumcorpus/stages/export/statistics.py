"""The figures of an export: its samples, strokes, seconds and bytes, and what a run added to them.

They are counted over the tables of its shards, one row per sample that was asked for. A row without
bytes is a sample without sound, and `outcome` says why. A stroke counts in every sample that lists
it, so that clips and overlapping segments count one stroke several times.
"""

import math
import os
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.tables import check_columns, read_schema
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.amounts import amounts_in_words
from drumcorpus.stages.export.label_methods import label_methods
from drumcorpus.vocabulary import NO_VALUE, SPLITS

# What is read of the tables, beside `strokes`.
COLUMNS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("split", pa.string()),
        ("bytes", pa.int64()),
        ("sample_rate_hz", pa.int32()),
        ("n_samples", pa.int64()),
        ("outcome", pa.string()),
        ("label_method", pa.string()),
        EVENTS.field("components"),  # of a clip's own event; null of other samples
    ]
)
AMOUNTS = ("records", "strokes", "seconds", "bytes", "sessions")

# Whole numbers of samples are added, not seconds, whose sum hangs on the order.
_SUMS = """
SELECT split, source_set, sample_rate_hz, count(*), sum(len(strokes)), sum(n_samples), sum(bytes)
FROM samples WHERE bytes IS NOT NULL GROUP BY ALL ORDER BY ALL
"""
_SESSIONS = """
SELECT split, source_set, count(DISTINCT session_id)
FROM samples WHERE bytes IS NOT NULL GROUP BY ALL ORDER BY ALL
"""
_LABELS = """
SELECT split, label, count(*) FROM (
    SELECT split, unnest(list_transform(strokes, lambda s: s.label)) AS label
    FROM samples WHERE bytes IS NOT NULL
) GROUP BY ALL ORDER BY ALL
"""
_EVENT_LABELS = """
SELECT split, label, count(*) FROM (
    SELECT split, unnest(list_transform(components, lambda c: c.label)) AS label
    FROM samples WHERE bytes IS NOT NULL
) GROUP BY ALL ORDER BY ALL
"""
_METHODS = """
SELECT split, source_set, coalesce(label_method, $no_value), count(*), sum(len(strokes))
FROM samples WHERE bytes IS NOT NULL GROUP BY ALL ORDER BY ALL
"""
_WITHOUT_SOUND = """
SELECT split, source_set, coalesce(outcome, $no_value), count(*)
FROM samples WHERE bytes IS NULL GROUP BY ALL ORDER BY ALL
"""


def measure_samples(
    tables: Iterable[str | os.PathLike],
    *,
    class_maps: Mapping[str, Mapping],
    threads: int,
    memory_limit: str,
) -> dict:
    """The figures of an export, for `metadata.json`.

    Parameters
    ----------
    tables : iterable of path
        What the jobs of its shards made, as Parquet: the schema RECORDS and `outcome`. None gives
        figures that are 0.
    class_maps : mapping
        By map, ``classes`` (names in the order of their ids) and ``of`` (the class id of each
        label, or None), as `components.json` has them.
    threads : int
        Threads of duckdb.
    memory_limit : str
        What it may hold, such as ``"1GB"``, before it goes to disk.

    Returns
    -------
    figures : dict
        ``statistics``: ``records``, ``strokes``, ``seconds``, ``bytes`` and ``sessions`` of all,
        ``by_split``, ``by_source_set`` and ``by_split_and_source_set``; ``label_counts``: strokes
        by split, map and class, those without a class under ``(none)``; ``event_label_counts``:
        the same of the clips' own events, None where there is no clip; ``label_methods``: as of
        `label_methods.label_methods`;
        ``split_durations_seconds``; ``durations_by_source_set``: seconds by split and set;
        ``without_sound``: ``records`` without sound and why, in all, by split and by set;
        ``in_words``: the same totals for people.

    Raises
    ------
    ValueError
        If a table lacks a column, or has a split or a label that is none.
    """
    paths = list(tables)
    names = ("sums", "sessions", "labels", "event_labels", "methods", "without")
    rows = dict.fromkeys(names, ())
    if paths:
        for path in paths:
            _check(path)
        with open_database(threads, memory_limit) as con:
            open_tables(con, "samples", paths)
            rows["sums"] = con.execute(_SUMS).fetchall()
            rows["sessions"] = con.execute(_SESSIONS).fetchall()
            rows["labels"] = con.execute(_LABELS).fetchall()
            rows["event_labels"] = con.execute(_EVENT_LABELS).fetchall()
            rows["methods"] = con.execute(_METHODS, {"no_value": NO_VALUE}).fetchall()
            rows["without"] = con.execute(_WITHOUT_SOUND, {"no_value": NO_VALUE}).fetchall()
    return figures_of(rows, class_maps)


def figures_of(rows: Mapping[str, Sequence[tuple]], class_maps: Mapping[str, Mapping]) -> dict:
    """The figures of `measure_samples`, from sums over samples.

    Parameters
    ----------
    rows : mapping
        ``sums``: split, source set, sample rate, records, strokes, samples of sound and bytes;
        ``sessions``: split, source set and number; ``labels`` and ``event_labels``: split, label
        and strokes; ``methods``, where labels are known: split, source set, label method, records
        and strokes; ``without``: split, source set, reason and records.
    class_maps : mapping
        As of `measure_samples`.

    Raises
    ------
    ValueError
        If a split or a label is none.
    """
    _check_splits(row[0] for found in rows.values() for row in found)
    parts = _parts(rows["sums"], rows["sessions"])
    source_sets = sorted({source_set for _, source_set in parts})
    statistics = {
        **_added(parts.values()),
        "by_split": {split: _added(_of(parts, split)) for split in SPLITS},
        "by_source_set": {name: _added(_of(parts, None, name)) for name in source_sets},
        "by_split_and_source_set": {
            split: {name: part for (where, name), part in parts.items() if where == split}
            for split in SPLITS
        },
    }
    by_split, events = statistics["by_split"], rows["event_labels"]
    return {
        "statistics": statistics,
        "label_counts": _label_counts(rows["labels"], class_maps),
        "event_label_counts": _label_counts(events, class_maps) if events else None,
        **({"label_methods": label_methods(rows["methods"])} if "methods" in rows else {}),
        "split_durations_seconds": {split: by_split[split]["seconds"] for split in SPLITS},
        "durations_by_source_set": {
            split: {name: part["seconds"] for name, part in of_sets.items()}
            for split, of_sets in statistics["by_split_and_source_set"].items()
        },
        "without_sound": _without_sound(rows["without"]),
        "in_words": {
            "total": amounts_in_words(statistics),
            "by_split": {split: amounts_in_words(by_split[split]) for split in SPLITS},
        },
    }


def run_figures(figures: Mapping) -> dict:
    """The figures of the shards that one run made, under the names that `run.json` has for them.

    Parameters
    ----------
    figures : mapping
        As `measure_samples` gives them for these shards alone.
    """
    names = ("statistics", "label_counts", "split_durations_seconds")
    words = figures["in_words"]
    return {f"run_{name}": figures[name] for name in names} | {"run_in_words": words}


def _check(path: str | os.PathLike) -> None:
    """Refuse a table that lacks a column that is read."""
    check_columns(path, COLUMNS)
    if "strokes" not in read_schema(path).names:
        raise ValueError(f"{path}: the column strokes is missing")


def _check_splits(found: Iterable[str | None]) -> None:
    wrong = sorted({repr(split) for split in found if split not in SPLITS})
    if wrong:
        raise ValueError(
            f"the samples have the splits {', '.join(wrong)}; allowed: {', '.join(SPLITS)}"
        )


def _parts(sums: Sequence[tuple], sessions: Sequence[tuple]) -> dict[tuple[str, str], dict]:
    """The amounts by split and source set, in their order."""
    counts = {tuple(keys): n for *keys, n in sessions}
    parts = {}
    for key in sorted(counts):
        rows = [row for row in sums if tuple(row[:2]) == key]
        parts[key] = {
            "records": sum(row[3] for row in rows),
            "strokes": int(sum(row[4] for row in rows)),
            "seconds": math.fsum(int(row[5]) / row[2] for row in rows),
            "bytes": int(sum(row[6] for row in rows)),
            # A session stands in one split, so that these add up.
            "sessions": counts[key],
        }
    return parts


def _of(parts: Mapping[tuple[str, str], dict], split: str | None, name: str | None = None) -> list:
    """The amounts of one split or one source set."""
    return [
        part
        for (where, source_set), part in parts.items()
        if split in (None, where) and name in (None, source_set)
    ]


def _added(parts: Iterable[Mapping]) -> dict:
    parts = list(parts)
    added = {amount: sum(part[amount] for part in parts) for amount in AMOUNTS}
    return added | {"seconds": math.fsum(part["seconds"] for part in parts)}


def _label_counts(rows: Sequence[tuple], class_maps: Mapping[str, Mapping]) -> dict:
    """Strokes by split, map and class; every class is named, also one that never occurs."""
    for name, class_map in class_maps.items():
        unknown = sorted({str(label) for _, label, _ in rows} - class_map["of"].keys())
        if unknown:
            raise ValueError(
                f"the samples have labels that the class map {name} has not: {', '.join(unknown)}"
            )
    counts: dict = {}
    for split in SPLITS:
        for name, class_map in class_maps.items():
            of_map = dict.fromkeys([*class_map["classes"], NO_VALUE], 0)
            for where, label, n in rows:
                if where == split:
                    number = class_map["of"][label]
                    of_map[NO_VALUE if number is None else class_map["classes"][number]] += n
            if None not in class_map["of"].values():
                del of_map[NO_VALUE]
            counts.setdefault(split, {})[name] = of_map
    return counts


def _without_sound(rows: Sequence[tuple]) -> dict:
    by_reason: dict[str, int] = {}
    by_split: dict[str, dict[str, int]] = {}
    by_source_set: dict[str, dict[str, int]] = {}
    for split, source_set, reason, n in rows:
        of_split = by_split.setdefault(split, {})
        of_set = by_source_set.setdefault(source_set, {})
        for counts in (by_reason, of_split, of_set):
            counts[reason] = counts.get(reason, 0) + n
    return {
        "records": sum(by_reason.values()),
        "by_reason": dict(sorted(by_reason.items())),
        "by_split": by_split,
        "by_source_set": by_source_set,
    }
