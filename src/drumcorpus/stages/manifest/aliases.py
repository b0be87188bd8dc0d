"""Aliasing: every component gets the taxonomy's own label, every crash that of its cymbal."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.schemas import ANNOTATION
from drumcorpus.taxonomy import Taxonomy
from drumcorpus.vocabulary import BY_REVIEW

ALIAS_STAGE, CRASH_STAGE, DOUBT_STAGE = "alias_labels", "crash_dual_label", "crash_in_doubt"
CYMBAL_STAGE, BY_MAP = "crash_cymbal", "cymbal_map"
ARROW = " -> "


@dataclass
class Aliased:
    """Events with their labels settled, and what was done, by name."""

    events: pa.Table
    counters: dict[str, int]


def alias_events(
    events: pa.Table, assignments: pa.Table, taxonomy: Taxonomy, *, hide_cymbals: bool = False
) -> Aliased:
    """Settle the labels of events.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema.
    assignments : pa.Table
        CRASH_ASSIGNMENTS schema. One that is accepted gives its label to its component and to
        no other, with its confidence; one that is not leaves the label and is noted all the same.
        The component's number of the cymbal becomes the assignment's, with a note where it was
        another: a cymbal map or a reviewer then overrides the source.
    taxonomy : Taxonomy
    hide_cymbals : bool
        Take the source's number of the cymbal from every component that has an assignment.

    Returns
    -------
    aliased : Aliased
        Counters: `aliased`, `crash_assigned`, `crash_relabelled`, `crash_renumbered`,
        `crash_doubtful`, `assignments_without_event`.

    Raises
    ------
    ValueError
        If a label is neither the taxonomy's nor one of its aliases.
    """
    components = events["components"].combine_chunks()
    flat = components.flatten()
    offsets = components.offsets.to_numpy() - components.offsets[0].as_py()
    names = pa.array(taxonomy.labels, pa.string())
    labels = flat.field("label")
    settled = _class_ids(labels, taxonomy)
    changed = np.flatnonzero(pc.not_equal(names.take(settled), labels))
    notes = pc.binary_join_element_wise(labels.take(changed), names.take(settled[changed]), ARROW)
    aliased = _entries(ALIAS_STAGE, "taxonomy_alias", 1.0, notes)

    found = _find_components(events["event_id"], offsets, flat, assignments)
    found = _of_one_family(found, settled, assignments, taxonomy)
    assigned, counters = _assign(settled, names, assignments, found, taxonomy)
    flat = _with_field(flat, "label", names.take(settled))
    flat = _judged(flat, assignments, found)
    flat, renumbered, numbered = _number(flat, assignments, found, hide_cymbals)
    noted = np.concatenate([changed, found[found >= 0], renumbered])
    rows = np.searchsorted(offsets, noted, side="right") - 1
    history = events["annotation_history"].combine_chunks()
    history = _append_history(history, rows, aliased, assigned, numbered)
    components = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)
    events = _with_column(events, "components", components)
    events = _with_column(events, "annotation_history", history)
    counters |= {"aliased": len(changed), "crash_renumbered": len(renumbered)}
    return Aliased(events, counters)


def _class_ids(labels: pa.Array, taxonomy: Taxonomy) -> np.ndarray:
    """Class id of each label, in whatever spelling."""
    encoded = labels.dictionary_encode(null_encoding="encode")
    names = [_settle(label, taxonomy) for label in encoded.dictionary.to_pylist()]
    ids = np.array([taxonomy.labels.index(name) for name in names], dtype=np.int64)
    return ids[encoded.indices.to_numpy()]


def _settle(label: str, taxonomy: Taxonomy) -> str:
    if label in taxonomy.families:
        return label
    if label in taxonomy.aliases:
        return taxonomy.aliases[label]
    raise ValueError(
        f"label {label!r} is neither in components.yaml nor an alias there; add it, or correct "
        f"the note map that writes it"
    )


def _find_components(
    event_ids: pa.ChunkedArray, offsets: np.ndarray, flat: pa.StructArray, assignments: pa.Table
) -> np.ndarray:
    """Row in `flat` of each assignment's component; -1 where events have changed meanwhile."""
    rows = pc.index_in(assignments["event_id"].combine_chunks(), event_ids.combine_chunks())
    rows = pc.fill_null(rows, -1).to_numpy()
    index = assignments["component_index"].to_numpy()
    found = np.where((rows >= 0) & (index >= 0), offsets[rows] + index, -1)
    found[found >= offsets[rows + 1]] = -1
    meant = flat.field("source_label").take(pa.array(found, mask=found < 0))
    same = pc.equal(meant, assignments["source_label"].combine_chunks())
    return np.where(pc.fill_null(same, False), found, -1)


def _of_one_family(
    found: np.ndarray, settled: np.ndarray, assignments: pa.Table, taxonomy: Taxonomy
) -> np.ndarray:
    """`found`, with -1 where the component is not of the family of the label it would be given."""
    families = np.array([*taxonomy.families.values(), ""], dtype=object)
    given = _class_ids(assignments["label"].combine_chunks(), taxonomy)
    same = families[np.where(found >= 0, np.append(settled, -1)[found], -1)] == families[given]
    return np.where(same, found, -1)


def _assign(settled, names, assignments, found, taxonomy) -> tuple[pa.Array, dict[str, int]]:
    """Write the labels of accepted assignments into `settled`; returns a note of each one."""
    known = assignments.filter(pa.array(found >= 0)).combine_chunks()
    component, accepted = found[found >= 0], known["accepted"].to_numpy()
    before = settled[component]
    given = _class_ids(known["label"].combine_chunks(), taxonomy)
    settled[component[accepted]] = given[accepted]
    counters = {
        "crash_assigned": int(accepted.sum()),
        "crash_relabelled": int((accepted & (given != before)).sum()),
        "crash_doubtful": int((~accepted).sum()),
        "assignments_without_event": int((found < 0).sum()),
    }
    was, is_now = names.take(before), names.take(given)
    stages = pc.if_else(pa.array(accepted), CRASH_STAGE, DOUBT_STAGE)
    notes = pc.if_else(
        pa.array(accepted),
        pc.binary_join_element_wise(was, is_now, ARROW),
        pc.binary_join_element_wise("in doubt: ", was, " stays", ""),
    )
    return _entries(stages, known["method"], known["confidence"], notes), counters


def _judged(flat: pa.StructArray, assignments: pa.Table, found: np.ndarray) -> pa.StructArray:
    """The components with the confidence of their accepted assignment."""
    accepted = assignments["accepted"].to_numpy() & (found >= 0)
    confidence = flat.field("confidence").to_numpy(zero_copy_only=False).copy()
    confidence[found[accepted]] = assignments["confidence"].to_numpy()[accepted]
    return _with_field(flat, "confidence", pa.array(confidence, mask=np.isnan(confidence)))


def _number(
    flat: pa.StructArray, assignments: pa.Table, found: np.ndarray, hide_cymbals: bool
) -> tuple[pa.StructArray, np.ndarray, pa.StructArray]:
    """The components with their assignment's number; the renumbered rows, and a note of each."""
    component, known = found[found >= 0], assignments.filter(pa.array(found >= 0)).combine_chunks()
    before = pc.fill_null(flat.field("cymbal"), 0).to_numpy()
    after = before.copy()
    after[component] = 0 if hide_cymbals else pc.fill_null(known["cymbal"], 0).to_numpy()
    flat = _with_field(flat, "cymbal", pa.array(after, pa.int32(), mask=after == 0))
    # A note of what is hidden would tell it.
    differs = (after != before)[component] & (not hide_cymbals)
    rows = component[differs]
    was, is_now = (pa.array(np.where(n == 0, "none", n.astype(str))) for n in (before, after))
    notes = pc.binary_join_element_wise("cymbal ", was.take(rows), ARROW, is_now.take(rows), "")
    by_review = pc.equal(known["method"].filter(pa.array(differs)), BY_REVIEW)
    return flat, rows, _entries(CYMBAL_STAGE, pc.if_else(by_review, BY_REVIEW, BY_MAP), 1.0, notes)


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
