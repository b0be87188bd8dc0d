"""Which samples an export has: where each begins in its recording, and how long it is.

A sample is a window of one recording, in samples at the export's rate. Three units:

- *clip*: one per event, from its pre-roll before the onset to its post-roll after it;
- *segment*: equal windows from the start of the recording until all of it is covered, the last
  filled up with zeros. All are whole numbers of samples, so that nothing is left over;
- *session*: the whole recording.

A window without any stroke stays: silence is data. What has no sound stays as a row with the
reason, so that every event and every recording is accounted for.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.event_checks import onsets_of, sample_ids
from drumcorpus.stages.export.layout import SPLIT_FOLDERS, sample_name
from drumcorpus.vocabulary import (
    EMPTY_AUDIO,
    NO_AUDIO,
    ONSET_BEFORE_START,
    ONSET_PAST_END,
)

# One row per recording of a shard. A session may have several; `audio_path` tells them apart as it
# does in the events, whatever file is opened for it.
RECORDINGS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("audio_path", pa.string()),  # null where the session has no sound
        ("split", pa.string()),
        ("n_samples", pa.int64()),  # at the export's rate; null where there is no sound
        ("reason", pa.string()),  # why there is none, in the vocabulary's words; else null
    ]
)

# One row per sample that was asked for.
WINDOWS = pa.schema(
    [
        ("sample_id", pa.string()),
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("audio_path", pa.string()),
        ("split", pa.string()),
        ("event", pa.int64()),  # of a clip: row of its event in the events; else null
        ("start_sample", pa.int64()),  # in the recording; below 0 where it begins before it
        ("n_samples", pa.int64()),
        ("onset_sample", pa.int64()),  # of a clip's own event, from the start; else null
        ("n_padded_front", pa.int64()),
        ("n_padded_back", pa.int64()),
        ("outcome", pa.string()),  # the unit, or why there is no sample; null until settled
    ]
)
UNITS = ("clip", "segment", "session")
_FAR = 2.0**50  # samples: beyond any recording, and within what integers hold


def clip_windows(
    events: pa.Table,
    class_maps: ClassMaps,
    *,
    sample_rate_hz: int,
    preroll_ms: Mapping[str, float],
    postroll_ms: Mapping[str, float],
) -> pa.Table:
    """One window per event, in the order of the events; not settled.

    The start and the length of a clip do not hang on the length of its recording, so that the
    clips can be planned before any sound is read.

    Parameters
    ----------
    events : pa.Table
        Schema EVENTS, each with its split.
    class_maps : ClassMaps
        For the order of the labels.
    sample_rate_hz : int
    preroll_ms, postroll_ms : mapping of str to float
        Milliseconds before and after the onset, by label; of an event's components the longest
        counts. An event without a component has the shortest.

    Returns
    -------
    windows : pa.Table
        Schema WINDOWS.

    Raises
    ------
    ValueError
        If an event has no onset, no known split, a label that is none, an id that cannot
        name a sample or is that of another event; if a post-roll is shorter than a sample.
    """
    ids = sample_ids(events)
    onsets = onsets_of(events)
    before = np.rint(_longest(events, class_maps, preroll_ms) * sample_rate_hz).astype(np.int64)
    after = np.rint(_longest(events, class_maps, postroll_ms) * sample_rate_hz).astype(np.int64)
    if len(after) and after.min() < 1:
        row = int(after.argmin())
        raise ValueError(f"event {ids[row]}: its post-roll is shorter than one sample")
    at = np.floor(np.clip(onsets * sample_rate_hz, -_FAR, _FAR) + 0.5).astype(np.int64)
    start = at - before
    # Without a pre-roll, rounding may put the start after the onset, which would then be outside.
    start -= start / sample_rate_hz > onsets
    return _windows(
        events,
        sample_id=ids,
        event=pa.array(np.arange(len(events))),
        start_sample=pa.array(start),
        n_samples=pa.array(at + after - start),
        onset_sample=pa.array(at - start),
    )


def segment_windows(
    recordings: pa.Table, *, sample_rate_hz: int, seconds: float, overlap: float = 0.0
) -> pa.Table:
    """Equal windows over every recording from its start until all of it is covered.

    The last is as long as the others: what it has too much is padded. A recording without sound has
    one window of no length, with the reason.

    Parameters
    ----------
    recordings : pa.Table
        Schema RECORDINGS.
    sample_rate_hz : int
    seconds, overlap : float
        Length of a window, and how much of it the next one has as well; both are rounded to
        samples.

    Returns
    -------
    windows : pa.Table
        Schema WINDOWS, settled; by recording as given, then by start.

    Raises
    ------
    ValueError
        If the overlap is below 0 or leaves no step, or a window is shorter than a sample.
    """
    length, shared = round(seconds * sample_rate_hz), round(overlap * sample_rate_hz)
    if length < 1 or not 0 <= shared < length:
        raise ValueError(
            f"seconds, overlap: got {seconds} and {overlap}; wanted: at least one sample of "
            f"{1 / sample_rate_hz:.6f} s, and an overlap from 0 that is below seconds"
        )
    audio = pc.fill_null(recordings["n_samples"], 0).to_numpy()
    step = length - shared
    n_windows = np.maximum(1, 1 + -((length - audio) // step))
    rows = np.repeat(np.arange(len(audio)), n_windows)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(n_windows) - n_windows, n_windows)
    lengths = np.where(audio[rows] > 0, length, 0)
    return _of_recordings(recordings, rows, number * step, lengths, sample_rate_hz, "segment")


def session_windows(recordings: pa.Table, *, sample_rate_hz: int) -> pa.Table:
    """One window over each whole recording, in their order; schema WINDOWS, settled."""
    audio = pc.fill_null(recordings["n_samples"], 0).to_numpy()
    rows = np.arange(len(audio))
    return _of_recordings(recordings, rows, 0 * rows, audio, sample_rate_hz, "session")


def settle(windows: pa.Table, recordings: pa.Table, unit: str) -> pa.Table:
    """Say what becomes of each window now that the recordings are known.

    Parameters
    ----------
    windows : pa.Table
        Schema WINDOWS.
    recordings : pa.Table
        Schema RECORDINGS; all that the windows are of.
    unit : str
        What the outcome of a window with sound is called: clip, segment or session.

    Returns
    -------
    windows : pa.Table
        The same rows with `outcome` and the numbers of padded samples. Outcomes besides the unit:
        the recording's `reason`, `no_audio`, `empty_audio`, and of a clip `onset_before_start` and
        `onset_past_end`: its onset is outside of the recording.

    Raises
    ------
    ValueError
        If a recording is missing or stands there twice.
    """
    row = _rows_of(windows, recordings)
    audio = pc.fill_null(recordings["n_samples"], 0).to_numpy()[row]
    start, length = (windows[name].to_numpy() for name in ("start_sample", "n_samples"))
    onset = start + pc.fill_null(windows["onset_sample"], 0).to_numpy()
    is_clip = windows["onset_sample"].is_valid().to_numpy()
    conditions = [is_clip & (onset < 0), is_clip & (onset >= audio)]
    outside = np.select(conditions, [1, 2], 0)
    words = pa.array([unit, ONSET_BEFORE_START, ONSET_PAST_END]).take(pa.array(outside))
    outcome = pc.coalesce(_reasons(recordings).take(pa.array(row)), words)
    sound = pc.equal(outcome, unit).to_numpy(zero_copy_only=False)
    end = start + length
    padded = {
        "n_padded_front": np.where(sound, np.clip(-start, 0, length), 0),
        "n_padded_back": np.where(sound, np.clip(end - audio, 0, length), 0),
        "outcome": outcome,
    }
    columns = [pa.array(padded[n]) if n in padded else windows[n] for n in WINDOWS.names]
    return pa.Table.from_arrays(columns, schema=WINDOWS)


def event_outcomes(events: pa.Table, recordings: pa.Table, sample_rate_hz: int) -> pa.Array:
    """Why each event stands in no sample; null where its onset is inside its recording.

    The words are those of `settle`, whatever the unit: so that segments and sessions leave out no
    stroke without a reason.
    """
    row = _rows_of(events, recordings)
    at = np.floor(onsets_of(events) * sample_rate_hz + 0.5)
    audio = pc.fill_null(recordings["n_samples"], 0).to_numpy()[row]
    outside = np.select([at < 0, at >= audio], [1, 2], 0)
    words = pa.array([None, ONSET_BEFORE_START, ONSET_PAST_END]).take(pa.array(outside))
    return pc.coalesce(_reasons(recordings).take(pa.array(row)), words)


def recording_codes(*tables: pa.Table) -> list[np.ndarray]:
    """A number per row of each table, equal where session and recording are."""
    joined = pa.concat_tables([t.select(["session_id", "audio_path"]) for t in tables])
    sessions, paths = (
        joined[name].combine_chunks().dictionary_encode(null_encoding="encode") for name in (0, 1)
    )
    codes = sessions.indices.to_numpy().astype(np.int64) * max(1, len(paths.dictionary))
    codes += paths.indices.to_numpy()
    return np.split(codes, np.cumsum([len(table) for table in tables])[:-1])


def sorted_windows(windows: pa.Table) -> pa.Table:
    """The windows by set, session, recording, start and id: the order of the records."""
    names = ("source_set", "session_id", "audio_path", "start_sample", "sample_id")
    return windows.sort_by([(name, "ascending") for name in names]).combine_chunks()


def _of_recordings(recordings, rows, start, length, sample_rate_hz, unit) -> pa.Table:
    """Windows of `rows` of the recordings."""
    taken = recordings.take(pa.array(rows))
    keys = (taken[name].to_pylist() for name in ("source_set", "session_id", "audio_path"))
    names = [
        sample_name(*key, at / sample_rate_hz)
        for *key, at in zip(*keys, start.tolist(), strict=True)
    ]
    windows = _windows(
        taken,
        sample_id=pa.array(names, pa.string()),
        start_sample=pa.array(start, pa.int64()),
        n_samples=pa.array(length, pa.int64()),
    )
    return settle(windows, recordings, unit)


def _windows(rows: pa.Table, **own: pa.Array) -> pa.Table:
    """A table of WINDOWS that takes from `rows` whatever `own` does not give."""
    _check_splits(rows)
    columns = [
        own[f.name]
        if f.name in own
        else rows[f.name].cast(f.type)
        if f.name in ("source_set", "session_id", "audio_path", "split")
        else pa.nulls(len(rows), f.type)
        for f in WINDOWS
    ]
    return pa.Table.from_arrays(columns, schema=WINDOWS)


def _check_splits(rows: pa.Table) -> None:
    for split in pc.unique(rows["split"]).to_pylist():
        if split not in SPLIT_FOLDERS:
            row = rows["split"].to_pylist().index(split)
            raise ValueError(
                f"{_named(rows, row)}: split {split!r} is none of {list(SPLIT_FOLDERS)}"
            )


def _longest(
    events: pa.Table, class_maps: ClassMaps, milliseconds: Mapping[str, float]
) -> np.ndarray:
    """Of each event, the longest of what its components' labels have, in seconds."""
    seconds = class_maps.seconds(milliseconds)
    components = events["components"].combine_chunks()
    counts = pc.fill_null(pc.list_value_length(components), 0).to_numpy()
    longest = np.full(len(counts), seconds.min())
    some = np.flatnonzero(counts)
    if len(some):
        of_strokes = seconds[class_maps.label_numbers(components.flatten().field("label"))]
        first = (np.cumsum(counts) - counts)[some]
        longest[some] = np.maximum.reduceat(of_strokes, first)
    return longest


def _rows_of(table: pa.Table, recordings: pa.Table) -> np.ndarray:
    """The row of its recording of each row of a table."""
    wanted, known = recording_codes(table, recordings)
    order = np.argsort(known, kind="stable")
    known = known[order]
    if len(known) > 1 and (known[1:] == known[:-1]).any():
        row = int(order[np.flatnonzero(known[1:] == known[:-1])[0]])
        raise ValueError(f"{_named(recordings, row)}: stands twice among the recordings")
    place = np.searchsorted(known, wanted)
    found = place < len(known)
    found[found] = known[place[found]] == wanted[found]
    if not found.all():
        row = int(np.flatnonzero(~found)[0])
        raise ValueError(f"{_named(table, row)}: is not among the recordings of the shard")
    return order[place]


def _named(table: pa.Table, row: int) -> str:
    return f"{table['session_id'][row]}, {table['audio_path'][row]}"


def _reasons(recordings: pa.Table) -> pa.Array:
    """Why a recording has no sound; null where it has some."""
    n_samples = recordings["n_samples"]
    missing = pc.or_(pc.is_null(recordings["audio_path"]), pc.is_null(n_samples))
    empty = pc.fill_null(pc.less(n_samples, 1), False)
    own = pc.if_else(
        missing, NO_AUDIO, pc.if_else(empty, EMPTY_AUDIO, pa.scalar(None, pa.string()))
    )
    return pc.coalesce(recordings["reason"], own).combine_chunks()
