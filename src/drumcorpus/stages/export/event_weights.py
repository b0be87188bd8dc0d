"""The sampling weights of a manifest's events, as the records of an export get them."""

import os
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import iter_batches


class EventWeights:
    """The weights of all events, by session.

    They are read once and held, some 40 bytes of each event: the records of an export come shard by
    shard, and the events of a shard's sessions stand all over the table.

    Parameters
    ----------
    path : path
        Parquet of `event_id`, `session_id` and `weight`. The events of a session stand together, or
        in a few stretches.

    Raises
    ------
    ValueError
        If the table cannot be read or lacks a column.
    """

    def __init__(self, path: str | os.PathLike):
        self._ids: list[pa.Array] = []
        self._values: list[np.ndarray] = []
        self._stretches: dict[str, list[tuple[int, int, int]]] = {}  # batch, first row, stop
        columns = ["event_id", "session_id", "weight"]
        for number, batch in enumerate(iter_batches(path, columns, dictionaries=columns[1:2])):
            self._ids.append(batch["event_id"])
            self._values.append(batch["weight"].to_numpy())
            sessions = batch["session_id"].dictionary_encode()
            starts = np.flatnonzero(np.diff(sessions.indices.to_numpy(), prepend=-1))
            names = sessions.take(pa.array(starts)).to_pylist()
            ends = pairwise([*starts.tolist(), batch.num_rows])
            for name, (start, stop) in zip(names, ends, strict=True):
                self._stretches.setdefault(name, []).append((number, start, stop))

    def of_sessions(self, session_ids: Iterable[str]) -> tuple[pa.Array, np.ndarray]:
        """Ids of the events of sessions, and their weights; the last, NaN, is of no id."""
        stretches = [part for name in session_ids for part in self._stretches.get(name, ())]
        ids = [self._ids[batch].slice(first, stop - first) for batch, first, stop in stretches]
        values = [self._values[batch][first:stop] for batch, first, stop in stretches]
        return pa.concat_arrays([pa.array([], pa.string()), *ids]), np.concatenate(
            [*values, [np.nan]]
        )


def with_weights(records: pa.Table, weights: EventWeights) -> pa.Table:
    """The records with the weight of each clip's event, or the mean of those in other samples.

    A sample none of whose events has a weight has none: its split is not the weighted one.
    """
    strokes = records["strokes"].combine_chunks()
    of_strokes = strokes.flatten().field("event_id")
    own = records["event_id"].combine_chunks()
    ids, values = weights.of_sessions(pc.unique(records["session_id"]).to_pylist())
    of_clip = values[_places(own, ids)]
    parent = pc.list_parent_indices(strokes).to_numpy()
    # An event counts once, however many components it has; they stand side by side.
    is_first = np.ones(len(parent), bool)
    if len(parent) > 1:
        same = pc.equal(of_strokes.slice(1), of_strokes.slice(0, len(of_strokes) - 1))
        same = pc.fill_null(same, False).to_numpy(zero_copy_only=False)
        is_first[1:] = ~(same & (parent[1:] == parent[:-1]))
    found = values[_places(of_strokes, ids)]
    counted = is_first & np.isfinite(found)
    n_events = np.bincount(parent[counted], minlength=len(records))
    total = np.bincount(parent[counted], found[counted], minlength=len(records))
    mean = np.where(n_events > 0, total / np.maximum(n_events, 1), np.nan)
    weight = np.where(own.is_valid().to_numpy(zero_copy_only=False), of_clip, mean)
    column = pa.array(weight, pa.float64(), from_pandas=True)
    place = records.schema.get_field_index("weight")
    return records.set_column(place, records.schema.field(place), column)


def _places(ids: pa.Array, known: pa.Array) -> np.ndarray:
    """The place of each id among those known; -1, the last, where it is none."""
    return pc.fill_null(pc.index_in(ids, known), -1).to_numpy()
