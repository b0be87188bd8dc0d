"""The records of a split with their weights, as tables and as a list in JSON."""

import os
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.event_weights import EventWeights, with_weights
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

    Parameters are those of `labelled_records`, but that `weights` is the path of their table.
    """
    n_records = 0
    with replacing(path) as part, part.open("wb") as handle:
        handle.write(b"[")
        for records in labelled_records(index_tables, split, class_maps, EventWeights(weights)):
            for text in json_lines(records, class_maps):
                handle.write((b",\n" if n_records else b"\n") + text)
                n_records += 1
        handle.write(b"\n]\n")
    return n_records


def labelled_records(
    index_tables: Iterable[str | os.PathLike],
    split: str,
    class_maps: ClassMaps,
    weights: EventWeights,
) -> Iterator[pa.Table]:
    """The records of one split, a table for each row group that has some, with their weights.

    Parameters
    ----------
    index_tables : iterable of path
        Of each shard, as Parquet: what `cut.SampleCutter` returned.
    split : str
    class_maps : ClassMaps
    weights : EventWeights
    """
    schema = records_schema(class_maps.ids)
    for path in index_tables:
        for batch in iter_batches(path, schema.names):
            wanted = pc.and_(pc.is_valid(batch["bytes"]), pc.equal(batch["split"], split))
            records = pa.Table.from_batches([batch.filter(wanted)]).select(schema.names)
            if len(records):
                yield with_weights(records, weights)
