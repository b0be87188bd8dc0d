"""Predictions of the sessions of a source set: read, known to be of its recordings, and listed."""

import os
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.digests import sha256_bytes, sha256_file, tree_digest
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.plain_files import require_plain_file
from drumcorpus.ground.files.ranges import Range
from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.ground.predictions.hit_columns import (
    NO_VELOCITY,
    VELOCITY_PARTS,
    HitColumns,
    by_session,
)
from drumcorpus.ground.predictions.meanings import Meanings
from drumcorpus.ground.predictions.prediction_files import RANGES, TIME, read_notes, read_tsv
from drumcorpus.ground.predictions.prediction_listing import TABLE, TSV, files_below
from drumcorpus.ground.predictions.prediction_table import read_prediction_table
from drumcorpus.ground.predictions.statement import (
    StatedAudio,
    Statement,
    read_statement,
    statement_name,
)
from drumcorpus.schemas import PREDICTED_HITS
from drumcorpus.sessions import shard_of
from drumcorpus.stages.predictions.recordings import Recording, recording_of

SCHEMA = "drumcorpus.predictions/1"
# A score becomes a confidence, so that it must be one.
SCORE = Range("a score", 0, 1, "(it becomes the confidence of the label)")
# Seconds an onset may lie past the end of its recording: the rounding of a file's last sample.
END_TOLERANCE = 0.001


@dataclass(frozen=True)
class Staged:
    """`hits` is a table of the schema PREDICTED_HITS, by session and onset.

    `document` says of what they are: the model, the digest of the files, and of every session its
    file and its recording.
    """

    hits: pa.Table
    document: dict


@dataclass(frozen=True)
class _Sessions:
    """The sessions of a source set that predictions may name, by id, in order."""

    source_set: str
    rows: Mapping[str, Mapping]
    seconds_of: Mapping[str, float | None]
    statement: Statement
    shown_statement: str

    def recording(self, name: str) -> Recording:
        said = self.statement.audio.get(name, StatedAudio())
        return recording_of(self.rows[name], said, self.seconds_of, self.shown_statement)

    def refusal(self, where: str, name: str) -> str:
        # Some systems write an accent as a character of its own, which looks the same.
        forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
        hint = did_you_mean(name, self.rows)
        if any(form in self.rows for form in forms):
            hint = " (a session has this name with its accents in another Unicode form; rename it)"
        return (
            f"{where}: session {visible(name)[:100]!r} is none of {self.source_set}"
            f"{hint}; allowed: its {len(self.rows):,} sessions"
            + (f", such as {visible(next(iter(self.rows)))!r}" if self.rows else "")
        )


def stage_predictions(
    path: str | os.PathLike,
    sessions: pa.Table,
    files: pa.Table,
    meanings: Meanings,
    *,
    model: str,
    version: str,
    place: str = "",
) -> Staged:
    """Read the predictions of a source set, and hold them against its sessions and recordings.

    Parameters
    ----------
    path : path
        A folder with ``<session_id>.tsv`` or ``<session_id>.mid``, where a session's id may lead
        through folders, or one Parquet table; beside it or in it may be a statement.
    sessions, files : pa.Table
        Of the source set, in the schemas SESSIONS and INVENTORY.
    meanings : Meanings
        What predictions may say.
    model, version : str
        The name of the system, and which version of it has made them.
    place : str
        What to call the place of the files, which is no path of a machine.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If a session is none of the set or has two files, if predictions are of other audio than the
        set's, or a line is not as it must be: the message has the file and, where it has any, the
        line or row, what was got and what is allowed.
    """
    path = Path(path)
    is_folder = path.is_dir()
    if not is_folder:
        require_plain_file(path)
        if path.suffix != TABLE:
            raise ValueError(
                f"{visible(str(path))}: is neither a folder of predictions nor a Parquet table"
            )
    beside = (path if is_folder else path.parent) / statement_name(path)
    shown = visible(str(beside))
    statement = read_statement(beside)
    known = _Sessions(
        sessions["source_set"][0].as_py() if len(sessions) else "the source set",
        {row["session_id"]: row for row in sessions.to_pylist()},
        _lengths(files),
        statement,
        shown,
    )
    _check_statement(statement, known, model)
    parts, of_files = (_read_folder if is_folder else _read_table)(path, known, meanings)
    hits = pa.concat_tables([PREDICTED_HITS.empty_table(), *parts.values()])
    entries = {file["path"]: file["sha256"] for file in of_files.values()}
    if statement.path is not None:
        entries[statement.path.name] = sha256_file(statement.path)
    document = {
        "schema": SCHEMA,
        "source_set": known.source_set,
        "model": model,
        "version": version,
        "label_map": meanings.label_map.name,
        "labels": _labels(hits, meanings),
        "place": place,
        "trained_on": None if statement.trained_on is None else list(statement.trained_on),
        "files_sha256": tree_digest(entries.items()),
        "n_hits": hits.num_rows,
        "sessions": [_described(name, of_files[name], known, parts) for name in sorted(of_files)],
        "missing": [name for name in known.rows if name not in of_files],
    }
    return Staged(hits, document)


def hits_of_shard(hits: pa.Table, shard: int, n_shards: int) -> pa.Table:
    """The predictions of the sessions of one shard, in their order.

    Parameters
    ----------
    hits : pa.Table
        Schema PREDICTED_HITS.
    shard, n_shards : int
        As of `sessions.shard_of`.
    """
    ids = hits["session_id"].unique()
    here = [name for name in ids.to_pylist() if shard_of(name, n_shards) == shard]
    return hits.filter(pc.is_in(hits["session_id"], pa.array(here, pa.string())))


def _lengths(files: pa.Table) -> dict[str, float]:
    rows = zip(files["path"].to_pylist(), files["duration"].to_pylist(), strict=True)
    return {path: seconds for path, seconds in rows if seconds is not None}


def _check_statement(statement: Statement, known: _Sessions, model: str) -> None:
    shown = known.shown_statement
    if statement.corpus is not None:
        raise ValueError(
            f"{shown}: corpus: these are predictions of the manifest {statement.corpus[:12]}…; "
            "predictions that become labels are of recordings: name these under audio"
        )
    if statement.system not in (None, model):
        raise ValueError(
            f"{shown}: system: got {statement.system!r:.80}; the config says model {model!r}"
        )
    for name in statement.audio:
        if name not in known.rows:
            raise ValueError(known.refusal(f"{shown}: audio", name))


def _read_folder(
    folder: Path, known: _Sessions, meanings: Meanings
) -> tuple[dict[str, pa.Table], dict[str, dict]]:
    """By session the predictions, and the file that they are from."""
    parts, files = {}, {}
    for relative in files_below(folder):
        name, suffix = os.path.splitext(relative)  # noqa: PTH122 (ids have folders in them)
        place = folder / relative
        shown = visible(str(place))
        if name not in known.rows:
            raise ValueError(known.refusal(shown, name))
        if name in files:
            raise ValueError(
                f"{shown}: session {visible(name)!r} has predictions in {files[name]['path']} too; "
                "leave one of the two"
            )
        require_plain_file(place)
        data = place.read_bytes()
        files[name] = {"path": relative, "sha256": sha256_bytes(data), "bytes": len(data)}
        read = _tsv_columns if suffix == TSV else _midi_columns
        recording = known.recording(name)
        parts[name] = _table(name, recording, **read(str(place), data, recording, meanings))
    return dict(sorted(parts.items())), files


def _tsv_columns(shown: str, data: bytes, recording: Recording, meanings: Meanings) -> dict:
    if meanings.vocabulary is None:
        raise ValueError(
            f"{visible(shown)}: is text, and note_map {meanings.label_map.name} means the notes of "
            "MIDI; allowed beside it: .mid, .midi"
        )
    ranges = RANGES | {"score": SCORE, "onset_time": _times(recording)}
    hits, words = read_tsv(shown, data, meanings.vocabulary, with_scores=True, ranges=ranges)
    return _columns(hits, words)


def _midi_columns(shown: str, data: bytes, recording: Recording, meanings: Meanings) -> dict:
    if meanings.vocabulary is not None:
        raise ValueError(
            f"{visible(shown)}: is MIDI, and class_map {meanings.label_map.name} means words; say "
            "what its notes mean with note_map, and leave class_map out"
        )
    notes = read_notes(shown, data, meanings.label_map)
    allowed = _times(recording)
    for onset, note in zip(notes["onset"].tolist(), notes["source_label"].tolist(), strict=True):
        if onset > allowed.high:
            raise ValueError(
                f"{visible(shown)}: note {note} at {onset:.6f} s; wanted: {allowed.wanted()}"
            )
    return {
        "onset_time": notes["onset"],
        "source_label": notes["source_label"].tolist(),
        "score": np.full(len(notes["onset"]), np.nan),
        "velocity": notes["velocity"],
    }


def _read_table(
    path: Path, known: _Sessions, meanings: Meanings
) -> tuple[dict[str, pa.Table], dict[str, dict]]:
    if meanings.vocabulary is None:
        raise ValueError(
            f"{visible(str(path))}: is a table of words, and note_map {meanings.label_map.name} "
            "means the notes of MIDI files; leave it out"
        )
    ids = list(known.rows)
    places = {name: number for number, name in enumerate(ids)}
    hits, _, named = read_prediction_table(
        path,
        places,
        meanings.vocabulary,
        known.refusal,
        with_scores=True,
        ranges=RANGES | {"score": SCORE},
    )
    if not named:
        raise ValueError(f"{visible(str(path))}: holds no predictions")
    words = np.array(list(meanings.vocabulary.class_of))
    recordings = {name: known.recording(name) for name in ids if name in named}
    ends = np.array([_times(recordings.get(name, Recording())).high for name in ids])
    is_late = hits.onset / 1e6 > ends[hits.session]
    if is_late.any():
        row = int(np.argmax(is_late))
        allowed = _times(recordings[ids[hits.session[row]]])
        raise ValueError(
            f"{visible(str(path))}: row {row + 1}: onset_time: got {hits.onset[row] / 1e6}; "
            f"wanted: {allowed.wanted()}"
        )
    hits, parts = by_session(hits), {}
    starts = np.searchsorted(hits.session, np.arange(len(ids) + 1))
    for name, recording in recordings.items():
        own = hits.take(slice(starts[places[name]], starts[places[name] + 1]))
        parts[name] = _table(name, recording, **_columns(own, words[own.label].tolist()))
    file = {"path": path.name, "sha256": sha256_file(path), "bytes": path.stat().st_size}
    return parts, dict.fromkeys(recordings, file)


def _times(recording: Recording) -> Range:
    """The times that a prediction may have: those of its recording."""
    if recording.seconds is None:
        return TIME
    end = round(recording.seconds + END_TOLERANCE, 6)
    return Range("a time", 0, end, "s, for there its recording ends")


def _columns(hits: HitColumns, words: list[str]) -> dict:
    velocity = np.where(hits.velocity == NO_VELOCITY, np.nan, hits.velocity / VELOCITY_PARTS)
    score = np.full(len(hits), np.nan) if hits.score is None else hits.score
    return {
        "onset_time": hits.onset / 1e6,
        "source_label": words,
        "score": score,
        "velocity": velocity,
    }


def _table(name: str, recording: Recording, **columns) -> pa.Table:
    n_hits = len(columns["onset_time"])
    columns |= {"session_id": [name] * n_hits, "audio_path": [recording.path] * n_hits}
    for optional in ("score", "velocity"):
        values = columns[optional]
        columns[optional] = pa.array(values, pa.float64(), mask=np.isnan(values))
    arrays = [pa.array(columns[field.name], field.type) for field in PREDICTED_HITS]
    table = pa.Table.from_arrays(arrays, schema=PREDICTED_HITS)
    return table.sort_by([("onset_time", "ascending"), ("source_label", "ascending")])


def _labels(hits: pa.Table, meanings: Meanings) -> dict[str, dict]:
    """Of every word or note that occurs: how often, and its label, or the reason for none."""
    counts = Counter(hits["source_label"].to_pylist())
    label_map, said = meanings.label_map, {}
    for word in [*label_map.strokes, *label_map.drops]:
        if counts[word]:
            stroke = label_map.strokes.get(word)
            said[word] = {
                "label": None if stroke is None else stroke.label,
                "dropped": label_map.drops.get(word),
                "n_hits": counts[word],
            }
    return said


def _described(name: str, file: Mapping, known: _Sessions, parts: Mapping[str, pa.Table]) -> dict:
    recording, session = known.recording(name), known.rows[name]
    digests = {each["path"]: each["sha256"] for each in session["files"]}
    audio = recording.path or session["audio_path"]
    return {
        "session_id": name,
        "file": dict(file),
        "audio_path": audio,
        "audio_sha256": digests.get(audio),
        "stated_sha256": recording.sha256,
        "n_hits": parts[name].num_rows,
    }
