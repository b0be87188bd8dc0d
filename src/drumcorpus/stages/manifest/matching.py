"""Which component every assignment is of: the events may have changed since it was made."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.manifest.labels import class_ids, component_offsets, owners
from drumcorpus.taxonomy import Taxonomy
from drumcorpus.vocabulary import NO_COMPONENT, NO_EVENT, OTHER_FAMILY, OTHER_SOURCE_LABEL

# Why an assignment has no component: its event or its place in the event is gone, or another stroke
# stands there, or the stroke is of another family now.


@dataclass
class Matches:
    """Assignments, divided into those that have their component and those that have none."""

    assignments: pa.Table  # CYMBAL_ASSIGNMENTS
    rows: np.ndarray  # of the component of each, among those of all events; no row stands twice
    gone: pa.Table  # CYMBAL_ASSIGNMENTS and `reason`


def match_assignments(
    assignments: pa.Table,
    event_ids: pa.ChunkedArray,
    components: pa.ListArray,
    component_ids: np.ndarray,
    taxonomy: Taxonomy,
) -> Matches:
    """Find the component of every assignment.

    Parameters
    ----------
    assignments : pa.Table
        CYMBAL_ASSIGNMENTS schema.
    event_ids, components : shape (n_events,)
        Columns of the events.
    component_ids : np.ndarray, shape (n_components,), int
        Class id of every component, aliases settled.
    taxonomy : Taxonomy

    Returns
    -------
    matches : Matches
        An assignment has its component where one of its source label stands at its place, of the
        family of the label that it gives. Else its reason is the first that holds of `no_event`,
        `no_component`, `other_source_label` and `other_family`.

    Raises
    ------
    ValueError
        If two assignments are of one component, or one gives a label that the taxonomy lacks.
    """
    assignments = assignments.combine_chunks()
    events = _events_meant(assignments["event_id"].combine_chunks(), event_ids)
    rows = _rows_meant(events, assignments["component_index"].to_numpy(), components)
    is_same = _has_source_label(rows, components, assignments["source_label"].combine_chunks())
    is_akin = is_same & _is_of_family(rows, component_ids, assignments["label"], taxonomy)
    reasons = np.select(
        [events < 0, rows < 0, ~is_same], [NO_EVENT, NO_COMPONENT, OTHER_SOURCE_LABEL], OTHER_FAMILY
    )
    _check_once(rows[is_akin], event_ids, components)
    gone = assignments.append_column("reason", pa.array(reasons, pa.string()))
    return Matches(
        assignments.filter(pa.array(is_akin)).combine_chunks(),
        rows[is_akin],
        gone.filter(pa.array(~is_akin)),
    )


def _events_meant(wanted: pa.Array, event_ids: pa.ChunkedArray) -> np.ndarray:
    """Row of the first event of each wanted id; -1 where there is none.

    Assignments are few among the events: their ids are looked up, and not those of all events.
    """
    wanted = wanted.dictionary_encode()
    names = pc.index_in(event_ids, wanted.dictionary).combine_chunks()
    rows = np.flatnonzero(names.is_valid())[::-1]
    first = np.full(len(wanted.dictionary) + 1, -1)
    first[names.take(pa.array(rows)).to_numpy()] = rows  # of several the last assignment stays
    return first[pc.fill_null(wanted.indices, -1).to_numpy()]


def _rows_meant(events: np.ndarray, index: np.ndarray, components: pa.ListArray) -> np.ndarray:
    """Row of the component at each place of an event; -1 where there is none."""
    offsets = component_offsets(components)
    rows = np.where((events >= 0) & (index >= 0), offsets[events] + index, -1)
    return np.where(rows < offsets[events + 1], rows, -1)


def _has_source_label(rows: np.ndarray, components: pa.ListArray, wanted: pa.Array) -> np.ndarray:
    labels = components.flatten().field("source_label").take(pa.array(rows, mask=rows < 0))
    return pc.fill_null(pc.equal(labels, wanted), False).to_numpy(zero_copy_only=False)


def _is_of_family(rows, component_ids, labels: pa.ChunkedArray, taxonomy: Taxonomy) -> np.ndarray:
    """Whether each component is of the family of its assignment's label."""
    families = np.array([*taxonomy.families.values(), ""], dtype=object)
    there = np.append(component_ids, -1)[rows]
    return families[there] == families[class_ids(labels.combine_chunks(), taxonomy)]


def _check_once(rows: np.ndarray, event_ids: pa.ChunkedArray, components: pa.ListArray) -> None:
    repeated, counts = np.unique(rows, return_counts=True)
    repeated = repeated[counts > 1]
    if len(repeated):
        offsets = component_offsets(components)
        event = owners(offsets, repeated[0])
        raise ValueError(
            f"event {event_ids[event].as_py()}: several assignments of its component "
            f"{repeated[0] - offsets[event]}; each component may have one: delete the run manifest "
            f"(.parquet.manifest.json) of the shard's table below results/crash/assignments/, and "
            f"run again; the table alone would be put back as it is"
        )
