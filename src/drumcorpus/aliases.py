"""Aliasing: every component gets the taxonomy's own label, every crash that of its cymbal."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from drumcorpus.schemas import ANNOTATION
from drumcorpus.taxonomy import Taxonomy

ALIAS_STAGE, CRASH_STAGE = "alias_labels", "crash_dual_label"


@dataclass
class Aliased:
    """Events with their labels settled, and what was done, by name."""

    events: pa.Table
    counters: dict[str, int]


def alias_events(events: pa.Table, assignments: pa.Table, taxonomy: Taxonomy) -> Aliased:
    """Settle the labels of events.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema.
    assignments : pa.Table
        CRASH_ASSIGNMENTS schema. One that is accepted gives its label to its component and to
        no other; one that is not leaves the label and is noted all the same.
    taxonomy : Taxonomy

    Returns
    -------
    aliased : Aliased
        Counters: `aliased`, `crash_assigned`, `crash_relabelled`, `crash_doubtful`,
        `assignments_without_event`.

    Raises
    ------
    ValueError
        If a label is neither the taxonomy's nor one of its aliases.
    """
    events = events.combine_chunks()
    components = pa.concat_arrays(events["components"].chunks)
    offsets = components.offsets.to_numpy()
    flat = components.flatten()
    labels = np.array(flat.field("label").to_pylist(), dtype=object)
    owner = np.repeat(np.arange(len(events)), np.diff(offsets))
    rows, entries = [], []

    names, inverse = np.unique(labels.astype(str), return_inverse=True)
    settled = np.array([_settle(name, taxonomy) for name in names], dtype=object)[inverse]
    changed = np.flatnonzero(settled != labels)
    for component in changed:
        rows.append(owner[component])
        note = f"{labels[component]} -> {settled[component]}"
        entries.append(_entry(ALIAS_STAGE, "taxonomy_alias", 1.0, note))

    counters = {"aliased": len(changed)} | _assign(
        events, assignments, offsets, settled, rows, entries
    )
    flat = _with_field(flat, "label", pa.array(settled, pa.string()))
    events = _with_column(events, "components", pa.ListArray.from_arrays(components.offsets, flat))
    history = _append_history(events["annotation_history"], rows, entries)
    return Aliased(_with_column(events, "annotation_history", history), counters)


def _settle(label: str, taxonomy: Taxonomy) -> str:
    if label in taxonomy.families:
        return label
    if label in taxonomy.aliases:
        return taxonomy.aliases[label]
    raise ValueError(
        f"label {label!r} is neither in components.yaml nor an alias there; add it, or correct "
        f"the note map that writes it"
    )


def _assign(events, assignments, offsets, labels, rows, entries) -> dict[str, int]:
    """Write the labels of accepted assignments into `labels`, and note every assignment."""
    row_of = {event_id: row for row, event_id in enumerate(events["event_id"].to_pylist())}
    counters = dict.fromkeys(
        ("crash_assigned", "crash_relabelled", "crash_doubtful", "assignments_without_event"), 0
    )
    for assignment in assignments.to_pylist():
        row = row_of.get(assignment["event_id"])
        if row is None or offsets[row] + assignment["component_index"] >= offsets[row + 1]:
            counters["assignments_without_event"] += 1
            continue
        component = offsets[row] + assignment["component_index"]
        before = labels[component]
        if assignment["accepted"]:
            labels[component] = assignment["label"]
            counters["crash_assigned"] += 1
            counters["crash_relabelled"] += before != assignment["label"]
            note = f"{before} -> {assignment['label']}"
        else:
            counters["crash_doubtful"] += 1
            note = f"in doubt: {before} stays"
        rows.append(row)
        method, confidence = assignment["method"], assignment["confidence"]
        entries.append(_entry(CRASH_STAGE, method, confidence, note))
    return counters


def _entry(stage: str, method: str, confidence: float | None, notes: str) -> dict:
    return {
        "annotation_stage": stage,
        "method": method,
        "confidence": confidence,
        "notes": notes,
    }


def _append_history(column: pa.ChunkedArray, rows: list[int], entries: list[dict]) -> pa.Array:
    earlier = pa.concat_arrays(column.chunks)
    lengths = np.diff(earlier.offsets.to_numpy())
    owner = np.concatenate([np.repeat(np.arange(len(earlier)), lengths), rows]).astype(np.int64)
    values = pa.concat_arrays([earlier.flatten(), pa.array(entries, ANNOTATION)])
    counts = np.bincount(owner, minlength=len(earlier))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    order = pa.array(np.argsort(owner, kind="stable"))
    return pa.ListArray.from_arrays(offsets, values.take(order))


def _with_field(structs: pa.StructArray, name: str, values: pa.Array) -> pa.StructArray:
    fields = list(structs.type)
    arrays = [values if field.name == name else structs.field(field.name) for field in fields]
    return pa.StructArray.from_arrays(arrays, fields=fields)


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
