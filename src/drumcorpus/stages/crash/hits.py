"""The hits of a shard whose cymbals are told apart: found in its events, described by sound."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa

from drumcorpus.schemas import CYMBAL_EMBEDDINGS
from drumcorpus.stages.crash.embeddings import HEARD, SAME_STROKE, embed_hits
from drumcorpus.taxonomy import CymbalFamily
from drumcorpus.vocabulary import NO_AUDIO, UNREADABLE_AUDIO


def find_hits(events: pa.Table, families: Iterable[CymbalFamily]) -> pa.Table:
    """One row per component of one of the families, in the order of the events.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema.
    families : iterable of CymbalFamily

    Returns
    -------
    hits : pa.Table
        The columns of CYMBAL_EMBEDDINGS but `reason` and `embedding`, and `audio_path`. `beside`
        are the labels of the recording's strokes within `SAME_STROKE` of the hit, those of its own
        family left out.
    """
    components = pa.concat_arrays(events["components"].chunks or [_no_components(events)])
    offsets = components.offsets.to_numpy()
    flat = components.flatten()
    owner = np.repeat(np.arange(len(events)), np.diff(offsets))
    family_of = {label: family.name for family in families for label in family.labels}
    labels = flat.field("label").to_pylist()
    rows = np.flatnonzero(np.isin(np.array(labels, dtype=object), list(family_of)))
    taken, of_event = flat.take(pa.array(rows)), events.take(pa.array(owner[rows]))
    return pa.table(
        {
            "event_id": of_event["event_id"],
            "session_id": of_event["session_id"],
            "component_index": pa.array((rows - offsets[owner[rows]]).astype(np.int32)),
            "family": pa.array([family_of[labels[row]] for row in rows], pa.string()),
            "label": taken.field("label"),
            "source_label": taken.field("source_label"),
            "cymbal": taken.field("cymbal"),
            "onset_time": of_event["onset_time"],
            "beside": _struck_beside(events, labels, offsets, rows, owner[rows], family_of),
            "audio_path": of_event["audio_path"],
        }
    )


def embed_cymbals(
    events: pa.Table,
    families: Iterable[CymbalFamily],
    read_audio: Callable[[str, np.ndarray], np.ndarray],
    *,
    sample_rate_hz: int,
    on_session: Callable[[], None] = lambda: None,
) -> pa.Table:
    """Describe every hit; each audio file is decoded once, all hits of a family in one batch.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema, in order of session and onset.
    families : iterable of CymbalFamily
    read_audio
        ``audio_path, spans -> samples (n_samples,)`` at `sample_rate_hz`, of which only the spans
        are listened to (n_spans, 2; start and end in seconds); raises ValueError where the file
        cannot be decoded.
    on_session
        Called after each session with a hit, for progress.

    Returns
    -------
    embeddings : pa.Table
        CYMBAL_EMBEDDINGS schema; reasons are those of `embed_hits`, `no_audio` and
        `unreadable_audio`.
    """
    hits = find_hits(events, families)
    vectors: list[np.ndarray | None] = [None] * len(hits)
    reasons: list[str | None] = [None] * len(hits)
    hit_onsets = hits["onset_time"].to_numpy()
    hit_families = np.array(hits["family"].to_pylist(), dtype=object)
    # A session has one recording, or several where its hits were found in files of their own.
    last = None
    for (session_id, audio_path), rows in _rows_by_recording(hits).items():
        of_family = [rows[hit_families[rows] == name] for name in sorted(set(hit_families[rows]))]
        described = _embed_recording(
            audio_path, [hit_onsets[part] for part in of_family], read_audio, sample_rate_hz
        )
        for part, descriptions in zip(of_family, described, strict=True):
            for row, (vector, reason) in zip(part, descriptions, strict=True):
                vectors[row], reasons[row] = vector, reason
        if session_id != last:
            on_session()
            last = session_id
    columns = {name: hits[name] for name in CYMBAL_EMBEDDINGS.names if name in hits.column_names}
    columns["reason"] = pa.array(reasons, pa.string())
    columns["embedding"] = pa.array(vectors, pa.list_(pa.float32()))
    return pa.table(columns).select(CYMBAL_EMBEDDINGS.names).cast(CYMBAL_EMBEDDINGS)


def count_embeddings(embeddings: pa.Table) -> dict[str, int]:
    """Hits, and those of them that could not be described.

    Parameters
    ----------
    embeddings : pa.Table
        CYMBAL_EMBEDDINGS schema.
    """
    n_hits = embeddings.num_rows
    return {"cymbal_hits": n_hits, "undescribed": n_hits - embeddings["reason"].null_count}


def _struck_beside(events, labels, offsets, hit_rows, hit_events, family_of):
    """Labels struck with each hit, sorted; hits are rows of components and of their events."""
    onsets = events["onset_time"].to_numpy()
    near_labels: dict[int, set[str]] = {}
    with_hits = set(hit_events.tolist())
    for rows in _rows_by_recording(events).values():
        if with_hits.isdisjoint(rows.tolist()):
            continue
        rows = rows[np.argsort(onsets[rows], kind="stable")]
        first = np.searchsorted(onsets[rows], onsets[rows] - SAME_STROKE)
        stop = np.searchsorted(onsets[rows], onsets[rows] + SAME_STROKE, side="right")
        for row, near in zip(rows.tolist(), map(slice, first, stop), strict=True):
            if row in with_hits:
                near_labels[row] = {
                    n for e in rows[near] for n in labels[offsets[e] : offsets[e + 1]]
                } - {None}
    struck = [
        sorted(n for n in near_labels[event] if family_of.get(n) != family_of[labels[hit]])
        for hit, event in zip(hit_rows.tolist(), hit_events.tolist(), strict=True)
    ]
    return pa.array(struck, pa.list_(pa.string()))


def _embed_recording(audio_path, onsets: Sequence[np.ndarray], read_audio, sample_rate_hz):
    """A vector or a reason for each onset of each family; the audio is read once for all."""
    if audio_path is None:
        return [[(None, NO_AUDIO)] * len(part) for part in onsets]
    together = np.sort(np.concatenate(onsets))
    try:
        samples = read_audio(audio_path, together[:, None] + np.array(HEARD))
    except ValueError:
        return [[(None, UNREADABLE_AUDIO)] * len(part) for part in onsets]
    described = []
    for part in onsets:
        vectors, reasons = embed_hits(samples, sample_rate_hz, part)
        described.append(
            [
                (None if reason else vector, reason)
                for vector, reason in zip(vectors, reasons, strict=True)
            ]
        )
    return described


def _rows_by_recording(table: pa.Table) -> dict[tuple[str, str | None], np.ndarray]:
    """Rows of each session and audio, in order of their first appearance."""
    keys = zip(table["session_id"].to_pylist(), table["audio_path"].to_pylist(), strict=True)
    rows: dict[tuple[str, str | None], list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return {key: np.array(members) for key, members in rows.items()}


def _no_components(events: pa.Table) -> pa.Array:
    return pa.array([], events.schema.field("components").type)
