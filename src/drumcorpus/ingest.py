"""Ingestion: the strokes of a shard's sessions become events, and every stroke is accounted for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.events import Hits, build_events, double_triggers
from drumcorpus.raw_files import Refusal, UnusableFile
from drumcorpus.schemas import EVENTS, TALLIES
from drumcorpus.taxonomy import LabelMap, Stroke, Taxonomy

IN_EVENT = "in_event"
# What may become of a stroke; of several reasons to drop it the last one counts.
OUTCOMES = (IN_EVENT, "double_trigger", "before_start", "unmapped_label")
# Seconds an onset may lie past the end of its audio: the rounding of a file's last sample.
END_TOLERANCE = 0.001


@dataclass
class Ingested:
    """Tables of the schemas EVENTS and TALLIES, and the files that are not used."""

    events: pa.Table
    tallies: pa.Table
    refusals: list[Refusal]


def ingest_sessions(
    sessions: pa.Table,
    read_hits: Callable[[dict, Callable[[str], bytes], LabelMap], dict[str, np.ndarray]],
    read: Callable[[str], bytes],
    label_map: LabelMap,
    taxonomy: Taxonomy,
    *,
    simultaneous_ms: float,
    double_trigger_ms: float,
    context_ms: dict[str, float],
    license: str,
    redistributable: bool,
    on_session: Callable[[dict], None] = lambda session: None,
) -> Ingested:
    """Read the strokes of sessions and merge them into events.

    A stroke that becomes no part of an event is counted in the tallies under a named reason:
    `unmapped_label` (the label map has no entry), `before_start` (an onset below 0),
    `double_trigger` (the same source label less than `double_trigger_ms` before).

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema, in order of session_id.
    read_hits, read
        The source set's reader, and what opens a raw file by its path.
    on_session
        Called after each session, for progress.
    """
    strokes = list(label_map.strokes.values())
    parts, refusals, silent = [], [], set()
    for row, session in enumerate(sessions.to_pylist()):
        try:
            found = read_hits(session, read, label_map)
        except UnusableFile as error:
            refusals.append(Refusal(error.path, error.reason, error.detail, session["session_id"]))
        else:
            parts.append(_hits_of_session(row, found, label_map))
            refusal = _short_audio(session, found["onset"])
            if refusal is not None:
                refusals.append(refusal)
                silent.add(row)
        on_session(session)
    if not parts:
        return Ingested(EVENTS.empty_table(), TALLIES.empty_table(), refusals)
    hits = Hits.concatenate(parts).in_order()
    del parts
    outcomes = _outcomes(hits, double_trigger_ms / 1000)
    tallies = _tally(sessions, hits, outcomes, strokes)
    hits = hits.take(outcomes == OUTCOMES.index(IN_EVENT))
    events = build_events(
        hits,
        strokes,
        _without_audio(sessions, silent),
        taxonomy,
        simultaneous_ms=simultaneous_ms,
        context_ms=context_ms,
        label_method="midi",
        license=license,
        redistributable=redistributable,
    )
    return Ingested(events, tallies, refusals)


def outcome_counts(tallies: pa.Table) -> dict[str, int]:
    """Strokes by what became of them: in an event, or the reason of the drop."""
    counts = tallies.group_by("outcome").aggregate([("n_hits", "sum")]).sort_by("outcome")
    return dict(zip(counts["outcome"].to_pylist(), counts["n_hits_sum"].to_pylist(), strict=True))


def _hits_of_session(row: int, found: dict[str, np.ndarray], label_map: LabelMap) -> Hits:
    numbers = {label: number for number, label in enumerate(label_map.strokes)}
    names, inverse = np.unique(found["source_label"], return_inverse=True)
    stroke = np.array([numbers.get(str(name), -1) for name in names])[inverse]
    return Hits(session=np.full(len(stroke), row), stroke=stroke, **found)


def _outcomes(hits: Hits, double_trigger: float) -> np.ndarray:
    """Index into OUTCOMES of each hit."""
    reasons = [double_triggers(hits, double_trigger), hits.onset < 0, hits.stroke < 0]
    outcomes = np.zeros(len(hits.onset), dtype=np.int8)
    for number, applies in enumerate(reasons, start=1):
        outcomes[applies] = number
    return outcomes


def _short_audio(session: dict, onsets: np.ndarray) -> Refusal | None:
    """A recording that ends before its last label is cut short or not this session's."""
    duration = session["audio_duration"]
    if duration is None or onsets.max() <= duration + END_TOLERANCE:
        return None
    n_late = int((onsets > duration + END_TOLERANCE).sum())
    detail = (
        f"the audio ends at {duration:.3f} s, and {n_late} of {len(onsets)} labels come later, "
        f"the last at {onsets.max():.3f} s"
    )
    reason = "audio_shorter_than_labels"
    return Refusal(session["audio_path"], reason, detail, session["session_id"])


def _without_audio(sessions: pa.Table, rows: Iterable[int]) -> pa.Table:
    keep = np.ones(len(sessions), dtype=bool)
    keep[list(rows)] = False
    column = sessions.schema.get_field_index("audio_path")
    paths = sessions["audio_path"].to_pylist()
    kept = [path if ok else None for path, ok in zip(paths, keep, strict=True)]
    return sessions.set_column(column, "audio_path", pa.array(kept, pa.string()))


def _tally(sessions: pa.Table, hits: Hits, outcomes: np.ndarray, strokes: list[Stroke]) -> pa.Table:
    keys = {"session": hits.session, "source_label": hits.source_label, "stroke": hits.stroke}
    counts = pa.table(keys | {"outcome": outcomes}).group_by([*keys, "outcome"])
    counts = counts.aggregate([([], "count_all")])
    labels = pa.array([stroke.label for stroke in strokes] + [None], pa.string())
    last = pa.scalar(len(strokes), pa.int64())
    columns = [
        sessions["source_set"].take(counts["session"]),
        sessions["session_id"].take(counts["session"]),
        counts["source_label"],
        labels.take(pc.if_else(pc.less(counts["stroke"], 0), last, counts["stroke"])),
        pa.array(OUTCOMES).take(counts["outcome"]),
        counts["count_all"],
    ]
    table = pa.Table.from_arrays(columns, schema=TALLIES)
    return table.sort_by([(name, "ascending") for name in TALLIES.names[:-1]])
