"""The index of a shard: what became of every sample that was asked for, and of every event."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.event_checks import onsets_of
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.windows import event_outcomes

_CAUSE = ("source_set", "session_id", "split", "audio_path", "outcome")


def index_schema(class_maps: ClassMaps) -> pa.Schema:
    """One row per sample that was asked for: its record, and what became of it.

    Of a sample without sound most fields are null. Of segments and sessions there is a row besides
    for each event that has no place in any, with its `event_id` and the reason.
    """
    return pa.schema(
        [
            *records_schema(class_maps.ids),
            ("audio_path", pa.string()),
            ("outcome", pa.string()),  # the unit, or why there is no sound
            ("n_events", pa.int64()),  # whose onset is inside, each counted in its first sample
        ]
    )


def rows_of_windows(
    schema: pa.Schema, windows: pa.Table, events: pa.Table, unit: str
) -> pa.Table | None:
    """The rows of one recording's windows that have no sound; None where there is none."""
    silent = windows.filter(pc.not_equal(windows["outcome"], unit))
    if not len(silent):
        return None
    ids = events["event_id"].combine_chunks().take(silent["event"].combine_chunks())
    return _rows(schema, silent.select([*_CAUSE, "sample_id"]).append_column("event_id", ids))


def rows_of_events(
    schema: pa.Schema, events: pa.Table, recording: pa.Table, sample_rate_hz: int
) -> pa.Table | None:
    """The rows of the events that stand in no segment or session; None where there is none."""
    outcomes = event_outcomes(events, recording, sample_rate_hz)
    left_out = events.append_column("outcome", outcomes).filter(pc.is_valid(outcomes))
    return _rows(schema, left_out.select([*_CAUSE, "event_id"])) if len(left_out) else None


def events_of_windows(
    windows: pa.Table, events: pa.Table, recording: pa.Table, sample_rate_hz: int
) -> np.ndarray:
    """Events of each segment or session whose onset is in it and in none before, (n_windows,).

    Counted by the sample of the onset, as `windows.event_outcomes` judges, so that each event has
    either a place or a reason, however times are rounded.

    Parameters
    ----------
    windows : pa.Table
        Schema WINDOWS: all of one recording, in order.
    events : pa.Table
        Schema EVENTS: all of the recording.
    recording : pa.Table
        Schema RECORDINGS, one row.
    sample_rate_hz : int
    """
    stands = pc.is_null(event_outcomes(events, recording, sample_rate_hz))
    at = np.floor(onsets_of(events.filter(stands)) * sample_rate_hz + 0.5)
    ends = windows["start_sample"].to_numpy() + windows["n_samples"].to_numpy()
    return np.bincount(np.searchsorted(ends, at, side="right"), minlength=len(windows))


def with_parquet_shards(
    index: pa.Table, column: str, shards_of: Callable[[str], pa.Array]
) -> pa.Table:
    """The index with the Parquet shard of each sample in a column.

    `shards_of` has those of a split, in the order in which its samples stand in the index.
    """
    names = np.array([None] * len(index), dtype=object)
    has_sound = pc.is_valid(index["bytes"]).to_numpy(zero_copy_only=False)
    splits = np.array(index["split"].to_pylist(), dtype=object)
    for split in set(splits):
        names[has_sound & (splits == split)] = shards_of(split).to_pylist()
    place = index.schema.get_field_index(column)
    return index.set_column(place, index.schema.field(place), pa.array(names, pa.string()))


def _rows(schema: pa.Schema, known: pa.Table) -> pa.Table:
    """Rows of the index of which nothing but `known` is known."""
    columns = [
        known[f.name].cast(f.type) if f.name in known.column_names else pa.nulls(len(known), f.type)
        for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
