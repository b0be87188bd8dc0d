"""What aliasing did, as tables: every change of a label, and the labels of every session."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.schemas import LABEL_CHANGES, SESSION_LABELS
from drumcorpus.stages.manifest.labels import component_offsets, owners
from drumcorpus.stages.manifest.matching import Matches
from drumcorpus.vocabulary import TAXONOMY_ALIAS

ALIAS_CONFIDENCE = 1.0


def list_label_changes(
    events: pa.Table, components: pa.ListArray, after: pa.Array, matches: Matches
) -> pa.Table:
    """Every component that changed its label or has an assignment; assignments without component.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema, before aliasing.
    components : pa.ListArray, shape (n_events,)
        Their components, in one piece.
    after : pa.Array of string, shape (n_components,)
        Label of every component after aliasing.
    matches : Matches

    Returns
    -------
    changes : pa.Table
        LABEL_CHANGES schema: first the components in their order, then the assignments that have
        none. The assignment decided where it was accepted or where the label stayed; an alias did
        elsewhere.
    """
    flat, offsets = components.flatten(), component_offsets(components)
    before = flat.field("label")
    differs = pc.not_equal(before, after).to_numpy(zero_copy_only=False)
    rows = np.union1d(np.flatnonzero(differs), matches.rows)
    places = np.full(len(flat), -1)
    places[matches.rows] = np.arange(len(matches.rows))
    assigned = matches.assignments.take(pa.array(places[rows], mask=places[rows] < 0))
    stays = pa.array(~differs[rows])
    is_assigned = pc.fill_null(pc.or_kleene(assigned["accepted"], stays), False)
    at, event = pa.array(rows), owners(offsets, rows)
    columns = {
        "event_id": events["event_id"].take(pa.array(event)),
        "session_id": events["session_id"].take(pa.array(event)),
        "component_index": pa.array(rows - offsets[event], pa.int32()),
        "family": assigned["family"],
        "source_label": flat.field("source_label").take(at),
        "before": before.take(at),
        "after": after.take(at),
        "method": pc.if_else(is_assigned, assigned["method"], TAXONOMY_ALIAS),
        "confidence": pc.if_else(is_assigned, assigned["confidence"], ALIAS_CONFIDENCE),
        "accepted": assigned["accepted"],
        "assigned_by": assigned["method"],
        "reason": pa.nulls(len(rows), pa.string()),
    }
    return pa.concat_tables([pa.table(columns, LABEL_CHANGES), _list_gone(matches.gone)])


def _list_gone(gone: pa.Table) -> pa.Table:
    """The assignments that have no component: nothing was there, and nothing was decided."""
    nothing = pa.nulls(len(gone), pa.string())
    columns = {name: gone[name] for name in LABEL_CHANGES.names if name in gone.column_names}
    columns |= {"before": nothing, "after": nothing, "method": nothing}
    columns["assigned_by"] = gone["method"]
    return pa.table([columns[name] for name in LABEL_CHANGES.names], schema=LABEL_CHANGES)


def count_session_labels(
    session_ids: pa.ChunkedArray, components: pa.ListArray, after: pa.Array
) -> pa.Table:
    """Events of every session, and its components by label before and after aliasing.

    Parameters
    ----------
    session_ids, components : shape (n_events,)
        Columns of the events before aliasing.
    after : pa.Array of string, shape (n_components,)
        Label of every component after aliasing.

    Returns
    -------
    sessions : pa.Table
        SESSION_LABELS schema, in order of the session; labels in their order.
    """
    before = components.flatten().field("label")
    sessions = pa.array(sorted(session_ids.unique().to_pylist()), pa.string())
    labels = {*before.unique().to_pylist(), *after.unique().to_pylist()}
    labels = pa.array(sorted(labels), pa.string())
    session = pc.index_in(session_ids.combine_chunks(), sessions).to_numpy()
    owner = np.repeat(session, np.diff(component_offsets(components)))
    counts = [_count_pairs(owner, column, sessions, labels) for column in (before, after)]
    present = counts[0] + counts[1] > 0
    _, columns = np.nonzero(present)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    fields = list(SESSION_LABELS.field("labels").type.value_type)
    figures = [labels.take(pa.array(columns)), *(pa.array(side[present]) for side in counts)]
    structs = pa.StructArray.from_arrays(figures, fields=fields)
    n_events = np.bincount(session, minlength=len(sessions))
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)
    return pa.table([sessions, pa.array(n_events), lists], schema=SESSION_LABELS)


def _count_pairs(
    owner: np.ndarray, column: pa.Array, sessions: pa.Array, labels: pa.Array
) -> np.ndarray:
    """Components of every session and label, shape (n_sessions, n_labels)."""
    label = pc.index_in(column, labels).to_numpy()
    shape = len(sessions), len(labels)
    return np.bincount(owner * shape[1] + label, minlength=shape[0] * shape[1]).reshape(shape)
