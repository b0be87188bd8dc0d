"""Groove MIDI Dataset v1.0.0: human performances on a Roland TD-11, with the module's audio.

Layout: ``info.csv`` and ``drummer{n}/{session}/{n}_{style}_{bpm}_{beat|fill}_{meter}.mid`` with
a ``.wav`` of the same name. Gillick et al., "Learning to Groove with Inverse Sequence
Transformations", ICML 2019.
"""

import csv
import io
from collections.abc import Callable

import numpy as np

from drumcorpus.files import printable
from drumcorpus.midi_hits import read_midi_hits
from drumcorpus.raw_files import RawFile, Refusal
from drumcorpus.source_sets import SPLITS, Survey
from drumcorpus.taxonomy import LabelMap

INDEX = "info.csv"
COLUMNS = [
    "drummer",
    "session",
    "id",
    "style",
    "bpm",
    "beat_type",
    "time_signature",
    "midi_filename",
    "audio_filename",
    "split",
]


def survey(files: dict[str, RawFile], read: Callable[[str], bytes]) -> Survey:
    """Which performances there are, by info.csv.

    Refused are: a row without its MIDI file (`missing_annotation`), a row that cannot be read
    (`bad_index_row`) or names a path outside the root (`outside_root`), a second row of one id
    (`duplicate_session`), audio that the row names and the root lacks (`missing_audio`), and
    recordings without a row (`unlisted_file`).

    Raises
    ------
    ValueError
        If info.csv is missing or lacks a column.
    """
    if INDEX not in files:
        raise ValueError(
            f"{INDEX}: not found; the root of groove_mididataset is the folder that holds it"
        )
    found = Survey(roles=dict.fromkeys(files, "other") | {INDEX: "index"})
    # The publisher offers a download without audio: there no single file is missing.
    has_audio = any(path.lower().endswith(".wav") for path in files)
    listed: set[str] = set()
    known: set[str] = set()
    for line, row in _rows(read(INDEX)):
        listed |= {row["midi_filename"], row["audio_filename"]}
        where = f"{INDEX}:{line}"
        refusal = _refused_row(files, known, where, row)
        if refusal is None:
            known |= {row["id"], row["midi_filename"]}
            _add_session(found, files, has_audio, where, row)
        else:
            found.refusals.append(refusal)
    for path in files:
        if path.lower().endswith((".mid", ".midi", ".wav")) and path not in listed:
            detail = f"no row of {INDEX} names this file"
            found.refusals.append(Refusal(path, "unlisted_file", detail))
    return found


def read_hits(session: dict, read: Callable[[str], bytes], label_map: LabelMap) -> dict:
    """The strokes of one performance; see `midi_hits.read_midi_hits`."""
    path = session["annotation_path"]
    return read_midi_hits(path, read(path), label_map)


def _rows(data: bytes) -> list[tuple[int, dict]]:
    # Bytes that are not UTF-8 stay visible, as in the names of files.
    text = data.decode("utf-8-sig", "surrogateescape")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(
                f"{INDEX}:1: column {', '.join(missing)} missing; got {reader.fieldnames}"
            )
        return [
            (reader.line_num, {name: printable(row[name] or "") for name in COLUMNS})
            for row in reader
        ]
    except csv.Error as error:
        raise ValueError(f"{INDEX}:{reader.line_num}: not CSV: {error}") from error


def _add_session(
    found: Survey, files: dict[str, RawFile], has_audio: bool, where: str, row: dict
) -> None:
    session_id, midi_path, audio_path = row["id"], row["midi_filename"], row["audio_filename"]
    notes = [f"{row['beat_type']}, {row['session']}"]
    if not audio_path:
        notes.append("published without audio")
    elif not has_audio:
        notes.append("taken from the distribution without audio")
    elif audio_path not in files:
        detail = f"{where} names this audio and the root has no such file"
        found.refusals.append(Refusal(audio_path, "missing_audio", detail, session_id))
        notes.append("audio missing")
    found.roles[midi_path], found.owners[midi_path] = "annotation", session_id
    if audio_path in files:
        found.roles[audio_path], found.owners[audio_path] = "audio", session_id
    found.sessions.append(
        {
            "session_id": session_id,
            # E-GMD replays the same performances: one group in both sets.
            "group_id": f"gmd/{session_id}",
            "split": row["split"],
            "drummer_id": row["drummer"],
            "style": row["style"],
            "tempo_bpm": float(row["bpm"]),
            "meter": row["time_signature"].replace("-", "/"),
            "annotation_path": midi_path,
            "audio_path": audio_path if audio_path in files else None,
            "notes": notes,
        }
    )


def _refused_row(
    files: dict[str, RawFile], known: set[str], where: str, row: dict
) -> Refusal | None:
    session_id, midi_path = row["id"], row["midi_filename"]
    for path in (midi_path, row["audio_filename"]):
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            return Refusal(path, "outside_root", f"{where} names a path outside the root")
    problem = None
    if row["split"] not in SPLITS:
        problem = f"split {row['split']!r}; allowed: {', '.join(SPLITS)}"
    elif not session_id:
        problem = "no id"
    else:
        try:
            if not 0 < float(row["bpm"]) < np.inf:
                problem = f"bpm {row['bpm']}; a tempo is above 0"
        except ValueError:
            problem = f"bpm {row['bpm']!r} is not a number"
    if problem:
        return Refusal(midi_path or INDEX, "bad_index_row", f"{where}: {problem}", session_id)
    if midi_path in known:
        detail = f"{where}: a second row that names this MIDI file"
        return Refusal(midi_path, "duplicate_session", detail, session_id)
    if session_id in known:
        detail = f"{where}: a second row of id {session_id}"
        return Refusal(midi_path, "duplicate_session", detail, session_id)
    if midi_path not in files:
        detail = f"{where} names this MIDI file and the root has no such file"
        return Refusal(midi_path, "missing_annotation", detail, session_id)
    return None
