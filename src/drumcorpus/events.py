"""From hits to events: one onset of one session with every component struck at it.

Everything is columnar: a shard's hits are one set of arrays, sorted by session and onset.
"""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.hits import NO_NAMES, HitNames, Hits, group_onsets
from drumcorpus.schemas import ANNOTATION, COMPONENT, EVENTS
from drumcorpus.taxonomy import Stroke, Taxonomy
from drumcorpus.vocabulary import INGEST

# An onset is kept to the nanosecond: finer than any clock here, and short in a text file.
ONSET_DIGITS = 9
VALUE_DIGITS = 6


def event_ids(
    source_set: str,
    session_ids: list[str],
    onsets: np.ndarray,
    audio_paths: list[str | None] | None = None,
) -> list[str]:
    """20 hex digits for each event, from its source set, session and onset to the microsecond.

    The id of an event whose audio is not its session's depends on the path of that audio too. Two
    events of one recording never share a microsecond. Nothing else that may change between
    releases (labels, other events, the order of files) enters the id.
    """
    micros = np.round(onsets * 1e6).astype(np.int64)
    prefix = f"{source_set}\x1f"
    suffixes = [
        "" if path is None else f"\x1f{path}" for path in audio_paths or [None] * len(onsets)
    ]
    texts = (
        f"{prefix}{session_id}\x1f{micro}{suffix}"
        for session_id, micro, suffix in zip(session_ids, micros.tolist(), suffixes, strict=True)
    )
    return [hashlib.blake2b(text.encode(), digest_size=10).hexdigest() for text in texts]


def build_components(hits: Hits, strokes: list[Stroke], taxonomy: Taxonomy) -> pa.Array:
    """One component struct per hit; every hit must have a stroke."""
    velocity = np.round(hits.velocity, VALUE_DIGITS)
    return pa.StructArray.from_arrays(
        [
            _column([stroke.label for stroke in strokes], hits.stroke, pa.string()),
            _nullable(velocity),
            _dynamic_buckets(velocity, taxonomy),
            _nullable(np.round(hits.openness, VALUE_DIGITS)),
            _column([stroke.strike_position for stroke in strokes], hits.stroke, pa.string()),
            _column([stroke.cymbal for stroke in strokes], hits.stroke, pa.int32()),
            pa.array(hits.instance, pa.int32(), mask=hits.instance == 0),
            _nullable(np.round(hits.confidence, VALUE_DIGITS)),
            pa.array(hits.source_label, pa.string()),
        ],
        fields=list(COMPONENT),
    )


def build_techniques(
    hits: Hits,
    first: np.ndarray,
    strokes: list[Stroke],
    taxonomy: Taxonomy,
    more: tuple[str, ...] = (),
) -> pa.Array:
    """Techniques of each event, each once, sorted.

    They come from its strokes, its soft strokes, and `more`, which ``hits.technique`` points into.
    """
    names = sorted(taxonomy.techniques)
    by_stroke = np.zeros((len(strokes), len(names)), dtype=bool)
    for row, stroke in enumerate(strokes):
        by_stroke[row, [names.index(technique) for technique in stroke.techniques]] = True
    played = by_stroke[hits.stroke]
    bucket = _bucket_numbers(np.round(hits.velocity, VALUE_DIGITS), taxonomy)
    for soft_bucket, label, technique in taxonomy.soft_techniques:
        number = [name for name, _ in taxonomy.buckets].index(soft_bucket)
        has_label = np.array([stroke.label == label for stroke in strokes], dtype=bool)
        played[(bucket == number) & has_label[hits.stroke], names.index(technique)] = True
    for number, technique in enumerate(more):
        played[hits.technique == number, names.index(technique)] = True
    return _names_of_events(played, first, pa.array(names, pa.string()))


def build_history(hits: Hits, first: np.ndarray, remarks: tuple[str, ...]) -> pa.Array:
    """What ingestion did to the labels of each event, each remark once."""
    remarked = hits.remark[:, None] == np.arange(len(remarks))[None, :]
    entries = [
        {"annotation_stage": INGEST, "method": remark, "confidence": None, "notes": None}
        for remark in remarks
    ]
    return _names_of_events(remarked, first, pa.array(entries, ANNOTATION))


def _names_of_events(applies: np.ndarray, first: np.ndarray, names: pa.Array) -> pa.Array:
    """The `names` that apply to any hit of each event; `applies` is (n_hits, n_names), bool."""
    if len(first) == 0:
        return pa.array([], pa.list_(names.type))
    per_event = np.logical_or.reduceat(applies, first, axis=0)
    offsets = np.concatenate([[0], np.cumsum(per_event.sum(axis=1))])
    values = names.take(pa.array(np.nonzero(per_event)[1], pa.int64()))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def build_events(
    hits: Hits,
    strokes: list[Stroke],
    sessions: pa.Table,
    taxonomy: Taxonomy,
    *,
    simultaneous_ms: float,
    context_ms: dict[str, float],
    label_method: str,
    license: str,
    redistributable: bool,
    names: HitNames = NO_NAMES,
) -> pa.Table:
    """Merge simultaneous hits and lay out the event table.

    Parameters
    ----------
    hits : Hits
        In order, every one with a stroke.
    strokes : list of Stroke
        What ``hits.stroke`` points into.
    sessions : pa.Table
        SESSIONS schema, in order of session_id; what ``hits.session`` points into.
    simultaneous_ms : float
        Hits up to this long after an event's first hit belong to it.
    context_ms : dict
        ``pre`` and ``post``: how much audio around the onset describes it.
    names : HitNames
        What the numbers of the hits stand for.

    Returns
    -------
    events : pa.Table
        EVENTS schema, sorted by session and onset.
    """
    first = group_onsets(hits.recording, hits.onset, simultaneous_ms / 1000)
    n_events = len(first)
    offsets = pa.array(np.append(first, len(hits.onset)), pa.int32())
    columns = _session_columns(sessions, hits.session[first])
    onset = np.round(hits.onset[first], ONSET_DIGITS)
    source_set = sessions["source_set"][0].as_py() if len(sessions) else ""
    references = [f"provenance:{source_set}/{name.as_py()}" for name in sessions["session_id"]]
    own_audio = _column([*names.audio, None], hits.audio[first] % (len(names.audio) + 1))
    ids = event_ids(source_set, columns["session_id"].to_pylist(), onset, own_audio.to_pylist())
    columns |= {
        "audio_path": pc.coalesce(own_audio, columns["audio_path"]),
        "event_id": pa.array(ids, pa.string()),
        "onset_time": pa.array(onset),
        "offset_time": pa.nulls(n_events, pa.float64()),
        "tempo_bpm": _nullable(np.round(hits.tempo_bpm[first], VALUE_DIGITS)),
        "meter": pa.array(hits.meter[first], pa.string()),
        "bar": pa.array(hits.bar[first], pa.int32(), mask=hits.bar[first] == 0),
        "beat": _nullable(np.round(hits.beat[first], VALUE_DIGITS)),
        "label_method": _constant(label_method, n_events),
        "license": _constant(license, n_events),
        "redistributable": pa.array(np.full(n_events, redistributable)),
        "context_ms": _constant(
            {name: float(context_ms[name]) for name in ("pre", "post")},
            n_events,
            EVENTS.field("context_ms").type,
        ),
        "metadata_ref": _column(references, hits.session[first], pa.string()),
        "negative_example": pa.array(np.zeros(n_events, dtype=bool)),
        "techniques": build_techniques(hits, first, strokes, taxonomy, names.technique),
        "annotation_history": build_history(hits, first, names.remark),
        "components": pa.ListArray.from_arrays(offsets, build_components(hits, strokes, taxonomy)),
    }
    events = pa.Table.from_arrays([columns[name] for name in EVENTS.names], schema=EVENTS)
    if not names.audio:
        return events
    order = np.lexsort((hits.audio[first], onset, hits.session[first]))
    return events.take(pa.array(order))


def _session_columns(sessions: pa.Table, rows: np.ndarray) -> dict[str, pa.Array]:
    shared = [
        name
        for name in sessions.column_names
        if name in EVENTS.names and name not in ("tempo_bpm", "meter")
    ]
    taken = sessions.select(shared).take(pa.array(rows, pa.int64()))
    return {name: taken[name].combine_chunks() for name in shared}


def _constant(value, n_rows: int, kind: pa.DataType | None = None) -> pa.Array:
    return _column([value], np.zeros(n_rows, dtype=np.int64), kind or pa.string())


def _column(values: list, rows: np.ndarray, kind: pa.DataType | None = None) -> pa.Array:
    return pa.array(values, kind or pa.string()).take(pa.array(rows, pa.int64()))


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def _bucket_numbers(velocity: np.ndarray, taxonomy: Taxonomy) -> np.ndarray:
    """Index of each velocity's bucket; past the last bucket where the velocity is NaN."""
    return np.searchsorted([up_to for _, up_to in taxonomy.buckets], velocity, side="left")


def _dynamic_buckets(velocity: np.ndarray, taxonomy: Taxonomy) -> pa.Array:
    names = [name for name, _ in taxonomy.buckets] + [None]
    return _column(names, _bucket_numbers(velocity, taxonomy), pa.string())
