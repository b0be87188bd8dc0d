"""The records of a shard: what stands in Parquet, in label files and beside every sample."""

from collections.abc import Iterator, Mapping
from functools import cache

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.strokes import (
    Struck,
    class_id_lists,
    event_class_id_lists,
    multi_hot,
    strokes_of,
    technique_lists,
)
from drumcorpus.stages.export.windows import UNITS, sorted_windows

# What the writing of the samples found: one row per sample that has sound.
SOUND = pa.schema(
    [
        ("sample_id", pa.string()),
        ("recording", pa.string()),
        ("file", pa.string()),  # as in the records, and so on
        ("shard", pa.string()),
        ("parquet_shard", pa.string()),
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("channels", pa.int32()),
        ("n_clipped", pa.int64()),
        ("gain_db", pa.float64()),
    ]
)
# What a segment or a session has of its session, and what of its events, all of which agree.
_OF_SESSION = ("group_id", "is_synthetic", "kit_id", "drummer_id", "style")
_OF_EVENTS = ("label_method", "license", "redistributable")
_RECORDS_AT_ONCE = 4096


def make_records(
    windows: pa.Table,
    events: pa.Table,
    sessions: pa.Table,
    sound: pa.Table,
    class_maps: ClassMaps,
    *,
    sample_rate_hz: int,
    ring_ms: Mapping[str, float],
    weights: pa.Table | None = None,
    of_set: Mapping | None = None,
) -> pa.Table:
    """The records of the samples of one shard that have sound.

    Parameters
    ----------
    windows : pa.Table
        Schema WINDOWS, settled; those whose outcome is no unit are left out.
    events : pa.Table
        Schema EVENTS: all events of the shard, in the rows that the windows name.
    sessions : pa.Table
        Schema SESSIONS: those of the windows, of one source set.
    sound : pa.Table
        Schema SOUND, in any order.
    class_maps : ClassMaps
    sample_rate_hz : int
        Of the windows.
    ring_ms : mapping of str to float
        As for `strokes.strokes_of`.
    weights : pa.Table, optional
        ``event_id`` and ``weight`` of events; others may be among them. A segment or session has
        the mean over its events that have one.
    of_set : mapping, optional
        ``label_method``, ``license`` and ``redistributable`` for a session without any event.

    Returns
    -------
    records : pa.Table
        Schema `layout.records_schema`, by source set, session and start.

    Raises
    ------
    ValueError
        If a sample has no row in `sound`, or a session none in `sessions`; as of `strokes_of`.
    """
    outcomes = windows["outcome"].combine_chunks()
    windows = sorted_windows(windows.filter(pc.is_in(outcomes, pa.array(UNITS))))
    struck = strokes_of(windows, events, class_maps, sample_rate_hz=sample_rate_hz, ring_ms=ring_ms)
    seconds = {
        name: pa.array(windows[column].to_numpy() / sample_rate_hz)
        for name, column in (("start", "start_sample"), ("duration", "n_samples"))
    }
    own = windows["event"].combine_chunks()
    columns = {
        **{name: windows[name] for name in windows.column_names},
        **seconds,
        **_columns_of_sound(windows, sound),
        **_circumstances(windows, events, sessions, of_set or {}),
        "event_id": events["event_id"].combine_chunks().take(own),
        "sample_rate_hz": pa.array(np.full(len(windows), sample_rate_hz), pa.int32()),
        "strokes": struck.strokes,
        "ringing": struck.ringing,
        "class_ids": class_id_lists(struck, len(windows), class_maps),
        "event_class_ids": event_class_id_lists(windows, events, class_maps),
        "techniques": _techniques(windows, events, struck),
        "negative_example": events["negative_example"].combine_chunks().take(own),
        "components": events["components"].combine_chunks().take(own),
        "weight": _weights(windows, events, struck, weights),
    }
    schema = records_schema(class_maps.ids)
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def json_lines(records: pa.Table, class_maps: ClassMaps) -> Iterator[bytes]:
    """The records as JSON, one at a time: their fields and `multi_hot`, without a line's end.

    `multi_hot` has by class map a list of 0 and 1 by class id. Equal records give equal bytes.

    Raises
    ------
    ValueError
        If a number is not finite, which JSON cannot write.
    """
    for start in range(0, len(records), _RECORDS_AT_ONCE):
        part = records.slice(start, _RECORDS_AT_ONCE).combine_chunks()
        _refuse_non_finite(part)
        for text in _texts(part.append_column("multi_hot", _multi_hot(part, class_maps))):
            yield text.encode()


def _texts(table: pa.Table) -> list[str]:
    """duckdb writes these bytes twice as fast as orjson does by way of Python objects."""
    database = _database()
    database.register("rows", table)
    texts = database.sql("SELECT to_json(rows)::VARCHAR FROM rows").to_arrow_table()
    database.unregister("rows")
    return texts.column(0).to_pylist()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for all records of a job; to open one takes as long as to write a hundred records."""
    # One thread, and no limit that a few thousand rows could reach.
    return duckdb.connect(config={"threads": 1})


def _multi_hot(records: pa.Table, class_maps: ClassMaps) -> pa.StructArray:
    """By class map, a list of 0 and 1 of each record."""
    ids = records["class_ids"].combine_chunks()
    lists = []
    for name, classes in class_maps.classes.items():
        hot = pa.array(multi_hot(ids.field(name), len(classes)).ravel())
        offsets = pa.array(np.arange(len(records) + 1) * len(classes), pa.int32())
        lists.append(pa.ListArray.from_arrays(offsets, hot))
    return pa.StructArray.from_arrays(lists, names=list(class_maps.classes))


def _refuse_non_finite(records: pa.Table) -> None:
    """Raise ValueError at a NaN or an infinity in any column, however deep."""
    pending = [(name, records[name].combine_chunks()) for name in records.column_names]
    while pending:
        name, values = pending.pop()
        if pa.types.is_list(values.type):
            pending.append((name, values.flatten()))
        elif pa.types.is_struct(values.type):
            pending += [(f"{name}.{f.name}", values.field(f.name)) for f in values.type]
        elif pa.types.is_floating(values.type):
            wrong = values.filter(pc.fill_null(pc.invert(pc.is_finite(values)), False))
            if len(wrong):
                first, last = records["sample_id"][0], records["sample_id"][-1]
                raise ValueError(
                    f"{name}: expected numbers or null, got {wrong[0]} in a record of {first} to "
                    f"{last}"
                )


def _columns_of_sound(windows: pa.Table, sound: pa.Table) -> dict[str, pa.Array]:
    rows = _rows(windows, "sample_id", sound, "the samples whose sound was written")
    return {name: sound[name].combine_chunks().take(rows) for name in SOUND.names[1:]}


def _circumstances(windows, events, sessions, of_set: Mapping) -> dict[str, pa.Array]:
    """What is said of the event of a clip, and of the session of other samples."""
    own = windows["event"].combine_chunks()
    rows = _rows(windows, "session_id", sessions, "the sessions")
    in_session = pc.index_in(windows["session_id"], events["session_id"].combine_chunks())
    any_event = pc.coalesce(own, in_session.combine_chunks().cast(pa.int64()))
    found = {}
    for name in _OF_SESSION:
        of_event = events[name].combine_chunks().take(own)
        of_session = sessions[name].combine_chunks().take(rows)
        found[name] = pc.if_else(own.is_valid(), of_event, of_session)
    for name in _OF_EVENTS:
        of_event = events[name].combine_chunks().take(any_event)
        silent = pa.scalar(of_set.get(name), of_event.type)
        found[name] = pc.if_else(any_event.is_valid(), of_event, silent)
    return found


def _techniques(windows, events, struck: Struck) -> pa.Array:
    """Those of a clip's own event; of all events inside, where there is none."""
    own = windows["event"].combine_chunks()
    of_event = events["techniques"].combine_chunks().take(own)
    return pc.if_else(own.is_valid(), of_event, technique_lists(struck, len(windows), events))


def _weights(windows, events, struck: Struck, weights: pa.Table | None) -> pa.Array:
    if weights is None:
        return pa.nulls(len(windows), pa.float64())
    own = windows["event"].combine_chunks()
    ids = weights["event_id"].combine_chunks()
    rows = pc.index_in(events["event_id"].combine_chunks(), ids)
    of_events = weights["weight"].combine_chunks().take(rows).to_numpy(zero_copy_only=False)
    values = of_events[struck.event[struck.first]]
    weighted = np.isfinite(values)
    window = struck.window[struck.first][weighted]
    n_events = np.bincount(window, minlength=len(windows))
    total = np.bincount(window, values[weighted], minlength=len(windows))
    mean = pa.array(total / np.maximum(n_events, 1), mask=n_events == 0)
    of_clips = pa.array(of_events, from_pandas=True).take(own)
    return pc.if_else(own.is_valid(), of_clips, mean)


def _rows(windows: pa.Table, key: str, table: pa.Table, what: str) -> pa.Array:
    """The row of each window in a table."""
    rows = pc.index_in(windows[key].combine_chunks(), table[key].combine_chunks())
    if rows.null_count:
        missing = windows[key].filter(pc.is_null(rows))[0]
        raise ValueError(f"{missing}: is not among {what}")
    return rows
