"""The records of a split with their weights, as tables and as a list in JSON."""

import os
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.tables import iter_batches, read_table
from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.records import json_lines


def write_label_list(
    path: str | os.PathLike,
    index_tables: Iterable[str | os.PathLike],
    split: str,
    class_maps: ClassMaps,
    weights: str | os.PathLike,
) -> int:
    """Write the records of one split as a JSON array, one record a line; how many there are.

    Parameters are those of `labelled_records`.
    """
    n_records = 0
    with replacing(path) as part, part.open("wb") as handle:
        handle.write(b"[")
        for records in labelled_records(index_tables, split, class_maps, weights):
            for text in json_lines(records, class_maps):
                handle.write((b",\n" if n_records else b"\n") + text)
                n_records += 1
        handle.write(b"\n]\n")
    return n_records


def labelled_records(
    index_tables: Iterable[str | os.PathLike],
    split: str,
    class_maps: ClassMaps,
    weights: str | os.PathLike,
) -> Iterator[pa.Table]:
    """The records of one split, a table for each shard that has some, with their weights.

    Parameters
    ----------
    index_tables : iterable of path
        Of each shard, as Parquet: what `cut.SampleCutter` returned.
    split : str
    class_maps : ClassMaps
    weights : path
        Parquet of `event_id` and `weight`.
    """
    schema = records_schema(class_maps.ids)
    for path in index_tables:
        index = read_table(path)
        wanted = pc.and_(pc.is_valid(index["bytes"]), pc.equal(index["split"], split))
        records = index.filter(wanted).select(schema.names).combine_chunks()
        if len(records):
            yield with_weights(records, weights)


def with_weights(records: pa.Table, weights: str | os.PathLike) -> pa.Table:
    """The records with the weight of each clip's event, or the mean of those in other samples.

    A sample none of whose events has a weight has none: its split is not the weighted one.
    """
    strokes = records["strokes"].combine_chunks()
    of_strokes = strokes.flatten().field("event_id")
    own = records["event_id"].combine_chunks()
    ids, values = _weights_of(pa.concat_arrays([of_strokes, own]).unique(), weights)
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


def _weights_of(wanted: pa.Array, weights) -> tuple[pa.Array, np.ndarray]:
    """Ids among those wanted that have a weight, and the weights; the last, NaN, is of no id."""
    ids, values = [pa.array([], pa.string())], []
    for batch in iter_batches(weights, ["event_id", "weight"]):
        part = batch.filter(pc.is_in(batch["event_id"], wanted))
        ids.append(part["event_id"])
        values.append(part["weight"].to_numpy())
    return pa.concat_arrays(ids), np.concatenate([*values, [np.nan]])


def _places(ids: pa.Array, known: pa.Array) -> np.ndarray:
    """The place of each id among those known; -1, the last, where it is none."""
    return pc.fill_null(pc.index_in(ids, known), -1).to_numpy()
