"""Aliasing: every component gets the taxonomy's own label, and what tells its cymbal."""

import os
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.changed_columns import write_changed
from drumcorpus.ground.files.tables import leaf_columns, read_leaves
from drumcorpus.schemas import ANNOTATION
from drumcorpus.stages.manifest.change_tables import (
    ALIAS_CONFIDENCE,
    count_session_labels,
    list_label_changes,
)
from drumcorpus.stages.manifest.labels import class_ids, component_offsets, owners
from drumcorpus.stages.manifest.matching import Matches, match_assignments
from drumcorpus.taxonomy import Taxonomy
from drumcorpus.vocabulary import (
    ALIAS_LABELS,
    BY_REVIEW,
    CYMBAL_MAP,
    CYMBAL_NUMBER,
    DUAL_LABEL,
    IN_DOUBT,
    OTHER_CYMBAL,
    SOUND_METHODS,
    TAXONOMY_ALIAS,
)

ARROW = " -> "
# What is looked at of events, and of their components; of these the latter are changed. All else
# is copied from table to table as it stands.
LOOKED_AT = ("event_id", "session_id", "annotation_history", "components")
OF_COMPONENTS = ("label", "source_label", "cymbal", "confidence")
CHANGED = ("label", "cymbal", "confidence")


@dataclass
class Aliased:
    """Events with their labels settled, and what was done: one by one, by session, by name."""

    events: pa.Table  # EVENTS, or what of it was given
    changes: pa.Table  # LABEL_CHANGES
    sessions: pa.Table  # SESSION_LABELS
    counters: dict[str, int]


def read_for_aliasing(path: str | os.PathLike) -> pa.Table:
    """Of a table of events the columns that aliasing looks at, and those fields of components.

    Raises
    ------
    ValueError
        If the file is no such table, or an event has no list of components; the message names it.
    """
    names = {(name,) for name in LOOKED_AT} | {("components", name) for name in OF_COMPONENTS}
    paths = [(leaf, leaf.split(".")) for leaf in leaf_columns(path)]
    # What stands between a list and its values is the writer's, and no name of ours.
    wanted = [
        leaf
        for leaf, parts in paths
        if parts[0] == "annotation_history" or {(parts[0],), (parts[0], parts[-1])} & names
    ]
    events = read_leaves(path, wanted)
    if events["components"].null_count:  # of a copied leaf it would be another than of a new one
        raise ValueError(f"{path}: an event has null for its components; without any it has []")
    return events


def write_aliased(path: str | os.PathLike, source: str | os.PathLike, events: pa.Table) -> None:
    """Write the events of `source` as they are aliased: as `write_changed` does.

    Parameters
    ----------
    events : pa.Table
        Those of `Aliased`, of all that `read_for_aliasing` reads of `source`.
    """
    components = events["components"].combine_chunks()
    flat = components.flatten()
    fields = [field for field in flat.type if field.name in CHANGED]
    changed = pa.StructArray.from_arrays([flat.field(f.name) for f in fields], fields=fields)
    lists = pa.ListArray.from_arrays(pa.array(component_offsets(components), pa.int32()), changed)
    columns = {"annotation_history": events["annotation_history"], "components": lists}
    write_changed(path, source, pa.table(columns))


def alias_events(
    events: pa.Table, assignments: pa.Table, taxonomy: Taxonomy, *, hide_cymbals: bool = False
) -> Aliased:
    """Settle the labels of events.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema, or of it what `read_for_aliasing` reads.
    assignments : pa.Table
        CYMBAL_ASSIGNMENTS schema. One that is accepted gives its label to its component and to
        no other, with its confidence; one that is not leaves the label, lowers the component's
        confidence to its own, and is noted.
        The component's number of the cymbal becomes the assignment's, with a note where it was
        another: a cymbal map or a reviewer then overrides the source. Where the labels of a family
        do not tell its cymbals, the number is all that changes.
    taxonomy : Taxonomy
    hide_cymbals : bool
        Take the source's number of the cymbal from every component that has an assignment; what
        was found without it stays.

    Returns
    -------
    aliased : Aliased
        Counters: `aliased`, `cymbals_assigned`, `cymbals_relabelled`, `cymbals_renumbered`,
        `cymbals_doubtful`, `assignments_without_event`.

    Raises
    ------
    ValueError
        If a label is neither the taxonomy's nor one of its aliases, or two assignments are of one
        component.
    """
    components = events["components"].combine_chunks()
    flat, names = components.flatten(), pa.array(taxonomy.labels, pa.string())
    settled = class_ids(flat.field("label"), taxonomy)
    respelled, aliased = _note_aliases(flat.field("label"), names.take(settled))
    matches = match_assignments(assignments, events["event_id"], components, settled, taxonomy)
    assigned, counters = _assign(settled, names, matches, taxonomy)
    after = names.take(settled)
    tells = _labels_tell_cymbals(matches, taxonomy)
    flat = _judged(_with_field(flat, "label", after), matches, tells)
    flat, renumbered, numbered = _number(flat, matches, hide_cymbals & tells, ~tells)
    counters |= {"aliased": len(respelled), "cymbals_renumbered": len(renumbered)}

    offsets = component_offsets(components)
    rows = owners(offsets, np.concatenate([respelled, matches.rows, renumbered]))
    history = events["annotation_history"].combine_chunks()
    history = _append_history(history, rows, aliased, assigned, numbered)
    struck = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)
    return Aliased(
        _with_column(_with_column(events, "components", struck), "annotation_history", history),
        list_label_changes(events, components, after, matches),
        count_session_labels(events["session_id"], components, after),
        counters,
    )


def _note_aliases(before: pa.Array, after: pa.Array) -> tuple[np.ndarray, pa.StructArray]:
    """The rows of components whose label was spelled otherwise, and a note of each."""
    rows = np.flatnonzero(pc.not_equal(after, before))
    notes = pc.binary_join_element_wise(before.take(rows), after.take(rows), ARROW)
    return rows, _entries(ALIAS_LABELS, TAXONOMY_ALIAS, ALIAS_CONFIDENCE, notes)


def _labels_tell_cymbals(matches: Matches, taxonomy: Taxonomy) -> np.ndarray:
    """Of which assignments the label says which cymbal it is, shape (n_assignments,), bool."""
    numbered = np.array([label in taxonomy.cymbals for label in taxonomy.labels])
    return numbered[class_ids(matches.assignments["label"].combine_chunks(), taxonomy)]


def _assign(
    settled: np.ndarray, names: pa.Array, matches: Matches, taxonomy: Taxonomy
) -> tuple[pa.StructArray, dict[str, int]]:
    """Write the labels of accepted assignments into `settled`; returns a note of each one."""
    assignments, rows = matches.assignments, matches.rows
    tells, accepted = _labels_tell_cymbals(matches, taxonomy), assignments["accepted"].to_numpy()
    before = settled[rows]
    assigned = class_ids(assignments["label"].combine_chunks(), taxonomy)
    settled[rows[accepted & tells]] = assigned[accepted & tells]
    counters = {
        "cymbals_assigned": int(accepted.sum()),
        "cymbals_relabelled": int((accepted & tells & (assigned != before)).sum()),
        "cymbals_doubtful": int((~accepted).sum()),
        "assignments_without_event": len(matches.gone),
    }
    was, is_now = names.take(before), names.take(assigned)
    number = pc.cast(assignments["cymbal"].combine_chunks(), pa.string())
    kinds = np.select([~accepted, tells], [IN_DOUBT, DUAL_LABEL], CYMBAL_NUMBER)
    stages = pc.binary_join_element_wise(assignments["family"], pa.array(kinds), "_")
    notes = pc.if_else(
        pa.array(tells),
        pc.if_else(
            pa.array(accepted),
            pc.binary_join_element_wise(was, is_now, ARROW),
            pc.binary_join_element_wise("in doubt: ", was, " stays", ""),
        ),
        pc.if_else(
            pa.array(accepted),
            pc.fill_null(pc.binary_join_element_wise("cymbal ", number, ""), "one cymbal"),
            "in doubt: no number",
        ),
    )
    return _entries(stages, assignments["method"], assignments["confidence"], notes), counters


def _judged(flat: pa.StructArray, matches: Matches, tells: np.ndarray) -> pa.StructArray:
    """The components with the confidence of their assignment; one in doubt never raises it.

    A number beside the label says nothing of how sure the label is.
    """
    accepted = matches.assignments["accepted"].to_numpy()[tells]
    confidence = flat.field("confidence").to_numpy(zero_copy_only=False).copy()
    assigned, rows = matches.assignments["confidence"].to_numpy()[tells], matches.rows[tells]
    confidence[rows] = np.where(accepted, assigned, np.fmin(confidence[rows], assigned))
    return _with_field(flat, "confidence", pa.array(confidence, mask=np.isnan(confidence)))


def _number(
    flat: pa.StructArray, matches: Matches, hidden: np.ndarray, by_number: np.ndarray
) -> tuple[pa.StructArray, np.ndarray, pa.StructArray]:
    """The components with their assignment's number; the renumbered rows, and a note of each."""
    assignments = matches.assignments
    before = pc.fill_null(flat.field("cymbal"), 0).to_numpy()
    after = before.copy()
    numbers = pc.fill_null(assignments["cymbal"], 0).to_numpy()
    after[matches.rows] = np.where(hidden, 0, numbers)
    flat = _with_field(flat, "cymbal", pa.array(after, pa.int32(), mask=after == 0))
    # A note of what is hidden would tell it; a number by sound has a note of its own.
    by_sound = pc.is_in(assignments["method"], pa.array(SOUND_METHODS)).to_numpy().astype(bool)
    differs = (after != before)[matches.rows] & ~hidden & ~(by_number & by_sound)
    rows = matches.rows[differs]
    numbers = (n[rows] for n in (before, after))
    was, is_now = (pa.array(np.where(n == 0, "none", n.astype(str))) for n in numbers)
    notes = pc.binary_join_element_wise("cymbal ", was, ARROW, is_now, "")
    chosen = assignments.filter(pa.array(differs))
    stages = pc.binary_join_element_wise(chosen["family"], OTHER_CYMBAL, "_")
    methods = pc.if_else(pc.equal(chosen["method"], BY_REVIEW), BY_REVIEW, CYMBAL_MAP)
    return flat, rows, _entries(stages, methods, 1.0, notes)


def _entries(stage: str, method, confidence, notes: pa.Array) -> pa.StructArray:
    """One ANNOTATION per note; what is no column holds for all."""
    columns = [
        value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value
        for value in (stage, method, confidence)
    ]
    columns = [
        value if isinstance(value, pa.Array) else pa.repeat(value, len(notes)) for value in columns
    ]
    return pa.StructArray.from_arrays([*columns, notes], fields=list(ANNOTATION))


def _append_history(earlier: pa.ListArray, rows: np.ndarray, *entries: pa.Array) -> pa.Array:
    """The history of each event with the `entries` that belong to `rows` after it."""
    lengths = np.diff(earlier.offsets.to_numpy())
    owner = np.concatenate([np.repeat(np.arange(len(earlier)), lengths), rows])
    values = pa.concat_arrays([earlier.flatten(), *entries])
    counts = np.bincount(owner, minlength=len(earlier))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, values.take(np.argsort(owner, kind="stable")))


def _with_field(structs: pa.StructArray, name: str, values: pa.Array) -> pa.StructArray:
    fields = list(structs.type)
    arrays = [values if field.name == name else structs.field(field.name) for field in fields]
    return pa.StructArray.from_arrays(arrays, fields=fields)


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
