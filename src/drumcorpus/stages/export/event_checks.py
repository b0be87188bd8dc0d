"""What the events of a shard must be, before anything is cut around them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def onsets_of(events: pa.Table) -> np.ndarray:
    """Onsets of the events in seconds, (n_events,).

    Raises
    ------
    ValueError
        If one is missing or not finite; the message names the event.
    """
    onsets = events["onset_time"].to_numpy()
    wrong = np.flatnonzero(~np.isfinite(onsets))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(
            f"event {events['event_id'][row]}: onset_time: expected seconds, got "
            f"{events['onset_time'][row].as_py()}"
        )
    return onsets


def check_events(events: pa.Table, source_set: str) -> None:
    """Refuse events that cannot be those of one shard.

    Raises
    ------
    ValueError
        If one is of another source set, or two have one id.
    """
    wrong = events.filter(pc.not_equal(events["source_set"], source_set))
    if len(wrong):
        raise ValueError(
            f"event {wrong['event_id'][0]} is of {wrong['source_set'][0].as_py()!r}, "
            f"not of {source_set!r}"
        )
    _check_distinct(events["event_id"].combine_chunks())


def sample_ids(events: pa.Table) -> pa.Array:
    """The ids of the events, each a file name without a dot, which ends a key in a tar.

    Raises
    ------
    ValueError
        If one cannot name a sample, or stands twice.
    """
    ids = events["event_id"].combine_chunks()
    safe = pc.match_substring_regex(pc.fill_null(ids, ""), "^[A-Za-z0-9_-]+$")
    if not pc.all(safe, min_count=0).as_py():
        wrong = ids.filter(pc.invert(safe))[0].as_py()
        raise ValueError(
            f"event {wrong!r} cannot name a sample: expected letters, digits, '-', '_'"
        )
    _check_distinct(ids)
    return ids


def _check_distinct(ids: pa.Array) -> None:
    counts = ids.value_counts()
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise ValueError(f"two events of the shard have the id {twice[0]['values']}")
