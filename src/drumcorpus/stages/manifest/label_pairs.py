"""Events of one shard before and after aliasing, side by side: what every component was and is.

Both tables hold the same rows and components in the same order, and only labels, confidence and
history differ; they are read one row group at a time. A change is explained by the crash assignment
of just that component, or else by an alias in the history of its event.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import iter_batches, read_table

ALIAS_STAGE = "alias_labels"  # annotation_stage of an alias in the history of an event
ARROW = " -> "  # between the two labels in the notes of such an entry
# Why an assignment has no component: its event or its place in the event is gone, or another stroke
# stands there, or the stroke is no crash any more.
NO_EVENT, NO_COMPONENT = "no_event", "no_component"
OTHER_SOURCE_LABEL, NO_CRASH = "other_source_label", "no_crash"

# Components of a session by both labels.
PAIRS = pa.schema(
    [
        ("session_id", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("n", pa.int64()),
    ]
)
# One row per component that changed or has an assignment.
JUDGED = pa.schema(
    [
        ("session_id", pa.string()),
        ("event_id", pa.string()),
        ("component_index", pa.int64()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("method", pa.string()),  # that decided the label; null where nothing explains a change
        ("confidence", pa.float64()),
        ("accepted", pa.bool_()),  # of the assignment; null where there is none
        ("assigned_by", pa.string()),  # method of the assignment, accepted or not
    ]
)
_OLD = ["event_id", "session_id", "components.list.element.label"]
_OLD += ["components.list.element.source_label"]
_NEW = ["event_id", "components.list.element.label", "annotation_history"]


@dataclass
class ShardChanges:
    """What aliasing did to one shard."""

    pairs: pa.Table  # PAIRS
    judged: pa.Table  # JUDGED
    gone: pa.Table  # CRASH_ASSIGNMENTS and `reason`: assignments without their component
    n_events: int


def compare_shard(
    events: str | os.PathLike,
    aliased: str | os.PathLike,
    assignments: str | os.PathLike,
    crash_labels: Iterable[str],
) -> ShardChanges:
    """Compare the labels of one shard before and after aliasing.

    Memory is bounded by one row group of each table, and by the crash hits of the shard.

    Parameters
    ----------
    events, aliased : path
        Tables of the schema EVENTS: the same events in the same order.
    assignments : path
        Table of the schema CRASH_ASSIGNMENTS.
    crash_labels : iterable of str
        The labels of the taxonomy that mean a crash.

    Raises
    ------
    ValueError
        If the two tables are not of the same events and components; the message names both.
    """
    given = read_table(assignments).combine_chunks()
    reasons, crash_labels = np.full(len(given), NO_EVENT, dtype=object), pa.array(crash_labels)
    pairs, judged, n_events = [], [], 0
    for old, new in zip_longest(iter_batches(events, _OLD), iter_batches(aliased, _NEW)):
        both = _side_by_side(old, new)
        if both is None:
            raise ValueError(f"{aliased}: its events and components are not those of {events}")
        n_events += old.num_rows
        rows = _find(both, given, crash_labels, reasons)
        pairs.append(_count(both))
        judged.append(_judge(both, new["annotation_history"], given, rows))
    is_gone = pa.array([reason is not None for reason in reasons], pa.bool_())
    gone = given.append_column("reason", pa.array(reasons, pa.string())).filter(is_gone)
    return ShardChanges(
        sum_pairs([PAIRS.empty_table(), *pairs]),
        pa.concat_tables([JUDGED.empty_table(), *judged]),
        gone,
        n_events,
    )


def sum_pairs(tables: list[pa.Table]) -> pa.Table:
    """Tables of the schema PAIRS as one, each session and pair of labels once."""
    keys = ["session_id", "before", "after"]
    summed = pa.concat_tables(tables).group_by(keys).aggregate([("n", "sum")])
    return summed.rename_columns(PAIRS.names).cast(PAIRS)


@dataclass
class _Both:
    """The components of one row group; `owner` is the row of each one's event."""

    event_id: pa.Array
    session_id: pa.Array
    offsets: np.ndarray
    owner: np.ndarray
    source_label: pa.Array
    before: pa.Array
    after: pa.Array


def _side_by_side(old: pa.RecordBatch | None, new: pa.RecordBatch | None) -> _Both | None:
    """None where the two are not of the same events with as many components."""
    if old is None or new is None or not old["event_id"].equals(new["event_id"]):
        return None
    offsets, after = (batch["components"].offsets.to_numpy() for batch in (old, new))
    if not np.array_equal(offsets - offsets[0], after - after[0]):
        return None
    flat = old["components"].flatten()
    return _Both(
        old["event_id"],
        old["session_id"],
        offsets - offsets[0],
        np.repeat(np.arange(len(old)), np.diff(offsets)),
        flat.field("source_label"),
        flat.field("label"),
        new["components"].flatten().field("label"),
    )


def _count(both: _Both) -> pa.Table:
    columns = [both.session_id.take(pa.array(both.owner)), both.before, both.after]
    table = pa.table(columns, names=PAIRS.names[:3])
    counts = table.group_by(PAIRS.names[:3]).aggregate([([], "count_all")])
    return counts.rename_columns(PAIRS.names).cast(PAIRS)


def _find(both: _Both, given: pa.Table, crash_labels: pa.Array, reasons: np.ndarray) -> np.ndarray:
    """The component of each assignment, or -1; says in `reasons` why one has none."""
    event = pc.index_in(given["event_id"].combine_chunks(), both.event_id)
    event = pc.fill_null(event, -1).to_numpy()
    index = given["component_index"].to_numpy()
    found = np.where((event >= 0) & (index >= 0), both.offsets[event] + index, -1)
    found[found >= both.offsets[event + 1]] = -1
    reasons[event >= 0] = NO_COMPONENT
    meant = both.source_label.take(pa.array(found, mask=found < 0))
    same = pc.fill_null(pc.equal(meant, given["source_label"].combine_chunks()), False)
    same = same.to_numpy(zero_copy_only=False)
    reasons[found >= 0] = OTHER_SOURCE_LABEL
    reasons[same] = NO_CRASH
    is_crash = pc.is_in(both.after, crash_labels).to_numpy(zero_copy_only=False)
    same[same] = is_crash[found[same]]
    reasons[same] = None
    return np.where(same, found, -1)


def _judge(both: _Both, history: pa.ListArray, given: pa.Table, found: np.ndarray) -> pa.Table:
    """The components that changed or have an assignment, with what decided."""
    differs = pc.not_equal(both.before, both.after).to_numpy(zero_copy_only=False)
    rows = np.union1d(np.flatnonzero(differs), found[found >= 0])
    assignment = np.full(len(both.owner), -1)
    assignment[found[found >= 0]] = np.flatnonzero(found >= 0)
    assignment = pa.array(assignment[rows], mask=assignment[rows] < 0)
    owner = both.owner[rows]
    before, after = both.before.take(pa.array(rows)), both.after.take(pa.array(rows))
    label, accepted, assigned_by, confidence = (
        given[name].combine_chunks().take(assignment)
        for name in ("label", "accepted", "method", "confidence")
    )
    decided = pc.or_(pc.equal(before, after), pc.and_(accepted, pc.equal(label, after)))
    decided = pc.fill_null(decided, False)
    alias_method, alias_confidence = _explain_by_alias(history, owner, before, after)
    return pa.table(
        [
            both.session_id.take(pa.array(owner)),
            both.event_id.take(pa.array(owner)),
            pa.array(rows - both.offsets[owner], pa.int64()),
            before,
            after,
            pc.if_else(decided, assigned_by, alias_method),
            pc.if_else(decided, confidence, alias_confidence),
            accepted,
            assigned_by,
        ],
        schema=JUDGED,
    )


def _explain_by_alias(
    history: pa.ListArray, owner: np.ndarray, before: pa.Array, after: pa.Array
) -> tuple[pa.Array, pa.Array]:
    """Method and confidence of the alias that stands in the history; null where none does."""
    owners = np.unique(owner)
    lists = history.take(pa.array(owners))
    entries = lists.flatten()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    is_alias = pc.equal(entries.field("annotation_stage"), ALIAS_STAGE)
    notes = pc.if_else(is_alias, entries.field("notes"), pa.scalar(None, pa.string()))
    stated = _keyed(np.repeat(owners, lengths), notes)
    wanted = _keyed(owner, pc.binary_join_element_wise(before, after, ARROW))
    at = pc.index_in(wanted, stated, skip_nulls=True)
    return entries.field("method").take(at), entries.field("confidence").take(at)


def _keyed(owner: np.ndarray, text: pa.Array) -> pa.Array:
    """One text for an event and a note; null where the note is."""
    return pc.binary_join_element_wise(pa.array(owner).cast(pa.string()), text, " ")
