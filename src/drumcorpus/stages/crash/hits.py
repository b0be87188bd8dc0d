"""The crash hits of a shard: found in its events, and described by their sound."""

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa

from drumcorpus.schemas import CRASH_EMBEDDINGS
from drumcorpus.stages.crash.embeddings import HEARD, SAME_STROKE, embed_hits
from drumcorpus.vocabulary import NO_AUDIO, UNREADABLE_AUDIO


def find_crash_hits(events: pa.Table, crash_labels: Iterable[str]) -> pa.Table:
    """One row per component that is a crash, in the order of the events.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema.
    crash_labels : iterable of str
        The labels of the taxonomy that mean a crash.

    Returns
    -------
    hits : pa.Table
        The columns of CRASH_EMBEDDINGS but `reason` and `embedding`, and `audio_path`. `beside`
        are the labels of the recording's strokes within `SAME_STROKE` of the hit, crashes left out.
    """
    components = pa.concat_arrays(events["components"].chunks or [_no_components(events)])
    offsets = components.offsets.to_numpy()
    flat = components.flatten()
    owner = np.repeat(np.arange(len(events)), np.diff(offsets))
    labels, crashes = flat.field("label").to_pylist(), set(crash_labels)
    rows = np.flatnonzero(np.isin(np.array(labels, dtype=object), list(crashes)))
    taken, of_event = flat.take(pa.array(rows)), events.take(pa.array(owner[rows]))
    return pa.table(
        {
            "event_id": of_event["event_id"],
            "session_id": of_event["session_id"],
            "component_index": pa.array((rows - offsets[owner[rows]]).astype(np.int32)),
            "source_label": taken.field("source_label"),
            "cymbal": taken.field("cymbal"),
            "onset_time": of_event["onset_time"],
            "beside": _struck_beside(events, labels, offsets, owner[rows], crashes),
            "audio_path": of_event["audio_path"],
        }
    )


def embed_crashes(
    events: pa.Table,
    crash_labels: Iterable[str],
    read_audio: Callable[[str, np.ndarray], np.ndarray],
    *,
    sample_rate_hz: int,
    on_session: Callable[[], None] = lambda: None,
) -> pa.Table:
    """Describe every crash hit; each audio file is decoded once, all its hits in one batch.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema, in order of session and onset.
    read_audio
        ``audio_path, spans -> samples (n_samples,)`` at `sample_rate_hz`, of which only the spans
        are listened to (n_spans, 2; start and end in seconds); raises ValueError where the file
        cannot be decoded.
    on_session
        Called after each session with a crash, for progress.

    Returns
    -------
    embeddings : pa.Table
        CRASH_EMBEDDINGS schema; reasons are those of `embed_hits`, `no_audio` and
        `unreadable_audio`.
    """
    hits = find_crash_hits(events, crash_labels)
    vectors: list[np.ndarray | None] = [None] * len(hits)
    reasons: list[str | None] = [None] * len(hits)
    hit_onsets = hits["onset_time"].to_numpy()
    # A session has one recording, or several where its hits were found in files of their own.
    last = None
    for (session_id, audio_path), rows in _rows_by_recording(hits).items():
        descriptions = _embed_recording(
            audio_path,
            hit_onsets[rows],
            read_audio,
            sample_rate_hz,
        )
        for row, (vector, reason) in zip(rows, descriptions, strict=True):
            vectors[row], reasons[row] = vector, reason
        if session_id != last:
            on_session()
            last = session_id
    columns = {name: hits[name] for name in CRASH_EMBEDDINGS.names if name in hits.column_names}
    columns["reason"] = pa.array(reasons, pa.string())
    columns["embedding"] = pa.array(vectors, pa.list_(pa.float32()))
    return pa.table(columns).select(CRASH_EMBEDDINGS.names).cast(CRASH_EMBEDDINGS)


def count_embeddings(embeddings: pa.Table) -> dict[str, int]:
    """Crash hits, and those of them that could not be described.

    Parameters
    ----------
    embeddings : pa.Table
        CRASH_EMBEDDINGS schema.
    """
    n_hits = embeddings.num_rows
    return {"crash_hits": n_hits, "undescribed": n_hits - embeddings["reason"].null_count}


def _struck_beside(events, labels, offsets, hit_events, crashes):
    """Labels struck with each hit, sorted; hits are given by the rows of their events."""
    onsets = events["onset_time"].to_numpy()
    struck: dict[int, list[str]] = {}
    with_hits = set(hit_events.tolist())
    for rows in _rows_by_recording(events).values():
        if with_hits.isdisjoint(rows.tolist()):
            continue
        rows = rows[np.argsort(onsets[rows], kind="stable")]
        first = np.searchsorted(onsets[rows], onsets[rows] - SAME_STROKE)
        stop = np.searchsorted(onsets[rows], onsets[rows] + SAME_STROKE, side="right")
        for row, near in zip(rows.tolist(), map(slice, first, stop), strict=True):
            if row in with_hits:
                near_labels = {n for e in rows[near] for n in labels[offsets[e] : offsets[e + 1]]}
                struck[row] = sorted(near_labels - crashes - {None})
    return pa.array([struck[row] for row in hit_events.tolist()], pa.list_(pa.string()))


def _embed_recording(audio_path, onsets, read_audio, sample_rate_hz):
    if audio_path is None:
        return [(None, NO_AUDIO)] * len(onsets)
    try:
        samples = read_audio(audio_path, onsets[:, None] + np.array(HEARD))
    except ValueError:
        return [(None, UNREADABLE_AUDIO)] * len(onsets)
    vectors, reasons = embed_hits(samples, sample_rate_hz, onsets)
    return [
        (None if reason else vector, reason)
        for vector, reason in zip(vectors, reasons, strict=True)
    ]


def _rows_by_recording(table: pa.Table) -> dict[tuple[str, str | None], np.ndarray]:
    """Rows of each session and audio, in order of their first appearance."""
    keys = zip(table["session_id"].to_pylist(), table["audio_path"].to_pylist(), strict=True)
    rows: dict[tuple[str, str | None], list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return {key: np.array(members) for key, members in rows.items()}


def _no_components(events: pa.Table) -> pa.Array:
    return pa.array([], events.schema.field("components").type)
