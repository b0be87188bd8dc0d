"""The hits of a shard whose cymbals are told apart: found in its events, described by sound."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.schemas import CYMBAL_EMBEDDINGS
from drumcorpus.stages.crash.companions import Companion, embed_beside
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
        The columns of CYMBAL_EMBEDDINGS but those of the sound, and `audio_path`. `beside`
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
            "velocity": taken.field("velocity"),
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
    companion: Collection[str],
    on_session: Callable[[], None] = lambda: None,
) -> pa.Table:
    """Describe every hit; each audio file is decoded once, all hits of a family in one batch.

    The sound of the companion is taken out of the hits that it reaches (`crash.companions`), in
    families whose labels number their cymbals: what it does to others has not been measured.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema, in order of session and onset.
    families : iterable of CymbalFamily
    read_audio
        ``audio_path, spans -> samples (n_samples,)`` at `sample_rate_hz`, of which only the spans
        are listened to (n_spans, 2; start and end in seconds); raises ValueError where the file
        cannot be decoded.
    companion : collection of str
        Labels of the cymbal whose strokes are taken out of others' hits; none for none.
    on_session
        Called after each session with a hit, for progress.

    Returns
    -------
    embeddings : pa.Table
        CYMBAL_EMBEDDINGS schema; reasons are those of `embed_hits`, `no_audio` and
        `unreadable_audio`.
    """
    families = list(families)
    hits = find_hits(events, families)
    vectors: list[np.ndarray | None] = [None] * len(hits)
    reasons: list[str | None] = [None] * len(hits)
    n_taken_out = np.zeros(len(hits), dtype=np.int32)
    onsets, velocities = hits["onset_time"].to_numpy(), hits["velocity"].to_numpy()
    hit_families = np.array(hits["family"].to_pylist(), dtype=object)
    recordings = _rows_by_recording(hits)
    numbered = {family.name for family in families if family.is_numbered and companion}
    companions = _companions(events, companion, recordings) if numbered else {}
    # A session has one recording, or several where its hits were found in files of their own.
    last = None
    for recording, rows in recordings.items():
        of_family = [rows[hit_families[rows] == name] for name in sorted(set(hit_families[rows]))]
        parts = [
            _Part(
                onsets[part],
                velocities[part],
                companions.get(recording) if hit_families[part[0]] in numbered else None,
            )
            for part in of_family
        ]
        described = _embed_recording(recording[1], parts, read_audio, sample_rate_hz)
        for part, descriptions in zip(of_family, described, strict=True):
            for row, (vector, reason, n_directions) in zip(part, descriptions, strict=True):
                vectors[row], reasons[row], n_taken_out[row] = vector, reason, n_directions
        if recording[0] != last:
            on_session()
            last = recording[0]
    columns = {name: hits[name] for name in CYMBAL_EMBEDDINGS.names if name in hits.column_names}
    columns["reason"] = pa.array(reasons, pa.string())
    columns["n_taken_out"] = pa.array(n_taken_out)
    columns["embedding"] = pa.array(vectors, pa.list_(pa.float32()))
    return pa.table(columns).select(CYMBAL_EMBEDDINGS.names).cast(CYMBAL_EMBEDDINGS)


def count_embeddings(embeddings: pa.Table) -> dict[str, int]:
    """Hits, those of them that could not be described, and those less another cymbal's sound.

    Parameters
    ----------
    embeddings : pa.Table
        CYMBAL_EMBEDDINGS schema.
    """
    n_hits = embeddings.num_rows
    return {
        "cymbal_hits": n_hits,
        "undescribed": n_hits - embeddings["reason"].null_count,
        "less_their_companion": pc.sum(pc.greater(embeddings["n_taken_out"], 0)).as_py() or 0,
    }


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


@dataclass(frozen=True)
class _Part:
    """The hits of one family in one recording, and the cymbal beside them."""

    onsets: np.ndarray
    velocities: np.ndarray
    companion: Companion | None

    @cached_property
    def is_reached(self) -> bool:
        """Whether the companion sounds in one of the hits."""
        of = self.companion
        return of is not None and bool(of.reaches(self.onsets, self.velocities).any())


def _embed_recording(audio_path, parts: Sequence[_Part], read_audio, sample_rate_hz):
    """Of each hit of each part a vector or a reason, and how many directions were taken out.

    The audio is read once for all.
    """
    if audio_path is None:
        return [[(None, NO_AUDIO, 0)] * len(part.onsets) for part in parts]
    heard = [part.onsets for part in parts]
    heard += [part.companion.learned_from(part.onsets) for part in parts if part.is_reached]
    together = np.sort(np.concatenate(heard))
    try:
        samples = read_audio(audio_path, together[:, None] + np.array(HEARD))
    except ValueError:
        return [[(None, UNREADABLE_AUDIO, 0)] * len(part.onsets) for part in parts]
    described = []
    for part in parts:
        if not part.is_reached:
            vectors, reasons = embed_hits(samples, sample_rate_hz, part.onsets)
            n_taken_out = np.zeros(len(reasons), dtype=np.int32)
        else:
            vectors, reasons, n_taken_out = embed_beside(
                samples, sample_rate_hz, part.onsets, part.velocities, part.companion
            )
        described.append(
            [
                (None if reason else vector, reason, n_directions)
                for vector, reason, n_directions in zip(vectors, reasons, n_taken_out, strict=True)
            ]
        )
    return described


def _companions(
    events: pa.Table, labels: Collection[str], recordings: Collection[tuple]
) -> dict[tuple[str, str | None], Companion]:
    """The strokes on the companion in each of some recordings; those without one are left out."""
    components = pa.concat_arrays(events["components"].chunks or [_no_components(events)])
    offsets = components.offsets.to_numpy()
    flat = components.flatten()
    wanted = pa.array(sorted(labels), pa.string())
    is_companion = pc.is_in(flat.field("label"), wanted).to_numpy(zero_copy_only=False)
    velocities = flat.field("velocity").to_numpy(zero_copy_only=False)
    onsets = events["onset_time"].to_numpy()
    found = {}
    for recording, rows in _rows_by_recording(events).items():
        if recording not in recordings:
            continue
        rows = rows[np.argsort(onsets[rows], kind="stable")]
        counts = offsets[rows + 1] - offsets[rows]
        of_stroke = np.repeat(offsets[rows] - np.cumsum(counts) + counts, counts)
        strokes = of_stroke + np.arange(counts.sum())
        if is_companion[strokes].any():
            at = np.repeat(onsets[rows], counts)
            found[recording] = Companion.among(at, velocities[strokes], is_companion[strokes])
    return found


def _rows_by_recording(table: pa.Table) -> dict[tuple[str, str | None], np.ndarray]:
    """Rows of each session and audio, in order of their first appearance."""
    keys = zip(table["session_id"].to_pylist(), table["audio_path"].to_pylist(), strict=True)
    rows: dict[tuple[str, str | None], list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return {key: np.array(members) for key, members in rows.items()}


def _no_components(events: pa.Table) -> pa.Array:
    return pa.array([], events.schema.field("components").type)
