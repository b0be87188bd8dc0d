"""Ingestion: the strokes of a shard's sessions become events, and every stroke is accounted for."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.events import build_events
from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.files.tables import write_table
from drumcorpus.hits import HitNames, Hits, double_triggers
from drumcorpus.schemas import EVENTS, FLAGS, TALLIES
from drumcorpus.sessions import Refusal, quarantine_table
from drumcorpus.stages.ingest.flags import count_flags, flags_of
from drumcorpus.taxonomy import RESERVED_OUTCOMES, LabelMap, Stroke, Taxonomy
from drumcorpus.vocabulary import (
    AT_INGEST,
    BEFORE_START,
    DOUBLE_TRIGGER,
    IN_EVENT,
    UNMAPPED_LABEL,
)

# What may become of a stroke; of several reasons to drop it the last one counts. The reasons
# that label maps give for labels that are no strokes come after these.
OUTCOMES = RESERVED_OUTCOMES
# Seconds an onset may lie past the end of its audio: the rounding of a file's last sample.
END_TOLERANCE = 0.001

ReadHits = Callable[[dict, Callable[[str], bytes], LabelMap, dict], dict]


@dataclass
class Ingested:
    """Tables of the schemas EVENTS, TALLIES and FLAGS, and the files that are not used."""

    events: pa.Table
    tallies: pa.Table
    refusals: list[Refusal]
    flags: pa.Table


def ingest_sessions(
    sessions: pa.Table,
    read_hits: ReadHits,
    read: Callable[[str], bytes],
    label_maps: Mapping[str, LabelMap],
    taxonomy: Taxonomy,
    options: dict,
    *,
    simultaneous_ms: float,
    double_trigger_ms: float,
    context_ms: dict[str, float],
    label_method: str,
    license: str,
    redistributable: bool,
    on_session: Callable[[dict], None] = lambda session: None,
) -> Ingested:
    """Read the strokes of sessions and merge them into events.

    A stroke that becomes no part of an event is counted in the tallies under a named reason:
    `unmapped_label` (the label map has no entry), `before_start` (an onset below 0),
    `double_trigger` (the same source label less than `double_trigger_ms` before, of strokes that
    nothing else drops), or the reason that the label map gives.

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema, in order of session_id. Those without a label map are left out.
    read_hits, read
        The source set's reader, and what opens a raw file by its path; see
        `.source_sets`.
    label_maps : mapping
        Label map by the name that sessions give it.
    options : dict
        The source set's own settings and reference documents.
    on_session
        Called after each session, for progress.

    Raises
    ------
    ValueError
        If a session names a label map that there is not, or a hit a technique that there is not.
    """
    book = _Book(label_maps, taxonomy)
    parts, refusals, soundless, flags = [], [], set(), []
    licences: dict[str, str] = {}
    for row, session in enumerate(sessions.to_pylist()):
        defects: Mapping[str, int] = {}
        if session["label_map"] is not None:
            try:
                columns = read_hits(session, read, book.map_of(session), options)
            except UnusableFile as error:
                details = (error.path, error.reason, error.detail, session["session_id"])
                refusals.append(Refusal(*details))
            else:
                refusals += columns.pop("refusals", [])
                defects = columns.pop("flags", {})
                if "license" in columns:
                    licences[session["session_id"]] = columns.pop("license")
                refusal = _short_audio(session, columns)
                if refusal is not None:
                    refusals.append(refusal)
                    soundless.add(row)
                parts.append(book.hits_of_session(row, session, columns))
        flags += flags_of(session, defects)
        on_session(session)
    parts = [part for part in parts if len(part.onset)]
    flag_table = pa.Table.from_pylist(flags, FLAGS)
    if not parts:
        return Ingested(EVENTS.empty_table(), TALLIES.empty_table(), refusals, flag_table)
    hits = Hits.concatenate(parts).in_order()
    del parts
    outcomes = _outcomes(hits, double_trigger_ms / 1000)
    tallies = _tally(sessions, hits, outcomes, book)
    hits = hits.take(outcomes == OUTCOMES.index(IN_EVENT))
    events = build_events(
        hits,
        book.strokes,
        _without_audio(sessions, soundless),
        taxonomy,
        simultaneous_ms=simultaneous_ms,
        context_ms=context_ms,
        label_method=label_method,
        license=license,
        redistributable=redistributable,
        names=book.names(),
    )
    events = _with_own_licences(events, licences)
    return Ingested(events, tallies, refusals, flag_table)


def write_ingested(
    ingested: Ingested,
    source_set: str,
    *,
    events: str | os.PathLike,
    tallies: str | os.PathLike,
    quarantine: str | os.PathLike,
    flags: str | os.PathLike,
) -> dict:
    """Write the four tables of a shard; returns how much is in them, for the run manifest."""
    write_table(events, ingested.events)
    write_table(tallies, ingested.tallies)
    write_table(quarantine, quarantine_table(source_set, AT_INGEST, ingested.refusals))
    write_table(flags, ingested.flags)
    return {
        "flags": count_flags(ingested.flags),
        "events": ingested.events.num_rows,
        "quarantined": len(ingested.refusals),
        "hits": outcome_counts(ingested.tallies),
    }


def outcome_counts(tallies: pa.Table) -> dict[str, int]:
    """Strokes by what became of them: in an event, or the reason of the drop."""
    counts = tallies.group_by("outcome").aggregate([("n_hits", "sum")]).sort_by("outcome")
    return dict(zip(counts["outcome"].to_pylist(), counts["n_hits_sum"].to_pylist(), strict=True))


@dataclass
class _Book:
    """Numbers for what hits name: strokes of all label maps, reasons, audio, remarks, techniques.

    The number of a label is the row of its stroke in `strokes`; it is -1 for a label that is not
    mapped, and -2 - (row in `reasons`) for one that its map drops.
    """

    label_maps: Mapping[str, LabelMap]
    taxonomy: Taxonomy
    strokes: list[Stroke] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    audio: dict[str, int] = field(default_factory=dict)
    remark: dict[str, int] = field(default_factory=dict)
    technique: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.numbers: dict[str, dict[str, int]] = {}
        reasons = {reason for each in self.label_maps.values() for reason in each.drops.values()}
        self.reasons = sorted(reasons)
        for name, label_map in sorted(self.label_maps.items()):
            numbers = {label: len(self.strokes) + n for n, label in enumerate(label_map.strokes)}
            self.strokes += label_map.strokes.values()
            drops = {label: -2 - self.reasons.index(r) for label, r in label_map.drops.items()}
            self.numbers[name] = numbers | drops

    def map_of(self, session: dict) -> LabelMap:
        name = session["label_map"]
        if name not in self.label_maps:
            raise ValueError(
                f"session {session['session_id']}: label map {name!r}; the card of "
                f"{session['source_set']} lists: {', '.join(sorted(self.label_maps))}"
            )
        return self.label_maps[name]

    def hits_of_session(self, row: int, session: dict, columns: dict) -> Hits:
        """A session's hits from its reader's columns.

        Values of a missing column are unknown, or those of the session.
        """
        n_hits = len(columns["onset"])
        labels = columns.get("map_label", columns["source_label"])
        names, inverse = np.unique(labels, return_inverse=True)
        numbers = self.numbers[session["label_map"]]
        stroke = np.array([numbers.get(str(name), -1) for name in names], dtype=np.int64)[inverse]
        tempo = np.nan if session["tempo_bpm"] is None else session["tempo_bpm"]
        usual = {
            "velocity": np.full(n_hits, np.nan),
            "openness": np.full(n_hits, np.nan),
            "tempo_bpm": np.full(n_hits, tempo),
            "bar": np.zeros(n_hits, dtype=np.int64),
            "beat": np.full(n_hits, np.nan),
            "meter": np.full(n_hits, session["meter"], dtype=object),
        }
        kept = {
            name: columns[name]
            for name in (*usual, "source_label", "onset", "confidence", "instance")
            if name in columns
        }
        return Hits(
            session=np.full(n_hits, row),
            stroke=stroke,
            audio=self._numbered(self.audio, columns.get("audio_path"), n_hits),
            remark=self._numbered(self.remark, columns.get("remark"), n_hits),
            technique=self._numbered(self.technique, columns.get("extra_technique"), n_hits),
            **{**usual, **kept},
        )

    def _numbered(self, numbering: dict[str, int], values: np.ndarray | None, n_hits: int):
        if values is None or n_hits == 0:
            return np.full(n_hits, -1)
        names, inverse = np.unique(values, return_inverse=True)
        numbers = [numbering.setdefault(str(n), len(numbering)) if n != "" else -1 for n in names]
        return np.array(numbers, dtype=np.int64)[inverse]

    def names(self) -> HitNames:
        for technique in self.technique:
            if technique not in self.taxonomy.techniques:
                allowed = ", ".join(self.taxonomy.techniques)
                raise ValueError(f"technique {technique!r} is not declared; allowed: {allowed}")
        return HitNames(tuple(self.audio), tuple(self.remark), tuple(self.technique))


def _outcomes(hits: Hits, double_trigger: float) -> np.ndarray:
    """Of each hit, the index into OUTCOMES, or beyond them into the reasons of the label maps.

    A hit that is dropped for another reason is no first stroke that a later one could repeat: of a
    run of double triggers one stroke is left, wherever the run begins.
    """
    outcomes = np.zeros(len(hits.onset), dtype=np.int16)
    outcomes[hits.onset < 0] = OUTCOMES.index(BEFORE_START)
    outcomes[hits.stroke == -1] = OUTCOMES.index(UNMAPPED_LABEL)
    dropped = hits.stroke < -1
    outcomes[dropped] = len(OUTCOMES) - 2 - hits.stroke[dropped]
    left = np.flatnonzero(outcomes == OUTCOMES.index(IN_EVENT))
    repeats = double_triggers(hits.take(left), double_trigger)
    outcomes[left[repeats]] = OUTCOMES.index(DOUBLE_TRIGGER)
    return outcomes


def _short_audio(session: dict, columns: dict) -> Refusal | None:
    """A recording that ends before its last label is cut short or not this session's."""
    duration, onsets = session["audio_duration"], columns["onset"]
    if duration is None or "audio_path" in columns or len(onsets) == 0:
        return None
    if onsets.max() <= duration + END_TOLERANCE:
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


def _with_own_licences(events: pa.Table, licences: Mapping[str, str]) -> pa.Table:
    """Events with the licence of their session, where it has one of its own."""
    if not licences:
        return events
    rows = zip(events["session_id"].to_pylist(), events["license"].to_pylist(), strict=True)
    own = pa.array([licences.get(session_id, licence) for session_id, licence in rows], pa.string())
    return events.set_column(events.schema.get_field_index("license"), "license", own)


def _tally(sessions: pa.Table, hits: Hits, outcomes: np.ndarray, book: _Book) -> pa.Table:
    keys = {"session": hits.session, "source_label": hits.source_label, "stroke": hits.stroke}
    counts = pa.table(keys | {"outcome": outcomes}).group_by([*keys, "outcome"])
    counts = counts.aggregate([([], "count_all")])
    labels = pa.array([stroke.label for stroke in book.strokes] + [None], pa.string())
    last = pa.scalar(len(book.strokes), pa.int64())
    columns = [
        sessions["source_set"].take(counts["session"]),
        sessions["session_id"].take(counts["session"]),
        counts["source_label"],
        labels.take(pc.if_else(pc.less(counts["stroke"], 0), last, counts["stroke"])),
        pa.array([*OUTCOMES, *book.reasons]).take(counts["outcome"]),
        counts["count_all"],
    ]
    table = pa.Table.from_arrays(columns, schema=TALLIES)
    return table.sort_by([(name, "ascending") for name in TALLIES.names[:-1]])
