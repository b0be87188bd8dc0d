"""Performances by an index of the Groove MIDI Dataset's kind.

The dataset and its expansion E-GMD have such a CSV file: a row names one recording of one
performance, its MIDI file and its audio.
"""

from collections.abc import Callable, Iterable

from drumcorpus.ground.files.documents import parse_csv
from drumcorpus.ground.files.listed_paths import ListedPaths, why_outside
from drumcorpus.ground.files.ranges import TEMPO, meter, number
from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.vocabulary import (
    ANNOTATION,
    AUDIO,
    BAD_INDEX_ROW,
    DUPLICATE_SESSION,
    INDEX,
    MISSING_ANNOTATION,
    MISSING_AUDIO,
    OTHER_FILE,
    OUTSIDE_ROOT,
    SPLIT_CONFLICT,
    SPLITS,
    UNLISTED_FILE,
)

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
"""What every index of this kind has, in the order of the Groove MIDI Dataset."""

_FILES = ("midi_filename", "audio_filename")


def read_index(
    source_set: str,
    index: str,
    columns: list[str],
    files: dict[str, RawFile],
    read: Callable[[str], bytes],
) -> list[tuple[int, dict[str, str]]]:
    """The rows of the index, each with its line; files are named as they lie there.

    Raises
    ------
    ValueError
        If the index is missing, is not CSV, or lacks a column.
    """
    if index not in files:
        raise ValueError(
            f"{index}: not found; the root of {source_set} is the folder that holds it"
        )
    listed = ListedPaths(files)
    return [
        (line, row | {name: listed.on_disk(row[name]) for name in _FILES})
        for line, row in parse_csv(read(index), columns, index)
    ]


def survey_performances(
    index: str,
    rows: Iterable[tuple[int, dict[str, str]]],
    files: dict[str, RawFile],
    describe: Callable[[dict[str, str]], dict],
) -> Survey:
    """Which sessions the rows of an index make up.

    All recordings of one performance are one group, of the same name in every data set that
    replays it. Refused are: a row without its MIDI file (`missing_annotation`), a row that cannot
    be read (`bad_index_row`) or names a path outside the root (`outside_root`), a second row of
    one session, one MIDI file or one recording (`duplicate_session`), a row that has its
    performance in another split than the row before (`split_conflict`), audio that the row names
    and the root lacks (`missing_audio`), and recordings without a row (`unlisted_file`).

    Parameters
    ----------
    index : str
        Path of the index, for the messages.
    rows
        Line and row; as of `read_index`.
    files
        Every file below the root.
    describe
        The `session_id` of a row, and what else is peculiar to the source set's sessions.
    """
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE) | {index: INDEX})
    # The publisher offers a download without audio: there no single file is missing.
    has_audio = any(path.lower().endswith(".wav") for path in files)
    listed: set[str] = set()
    taken: set[str] = set()
    splits: dict[str, tuple[str, str]] = {}
    for line, row in rows:
        listed |= {row["midi_filename"], row["audio_filename"]}
        where, own = f"{index}:{line}", describe(row)
        refusal = _unreadable_row(index, where, row, own["session_id"]) or _unwanted_row(
            where, row, own["session_id"], taken, splits, files
        )
        if refusal is None:
            taken |= {own["session_id"], *(row[name] for name in _FILES)}
            splits.setdefault(row["id"], (row["split"], where))
            _add_session(survey, files, has_audio, where, row, own)
        else:
            survey.refusals.append(refusal)
    for path in files:
        if path.lower().endswith((".mid", ".midi", ".wav")) and path not in listed:
            detail = f"no row of {index} names this file"
            survey.refusals.append(Refusal(path, UNLISTED_FILE, detail))
    return survey


def _add_session(
    survey: Survey, files: dict[str, RawFile], has_audio: bool, where: str, row: dict, own: dict
) -> None:
    midi_path, audio_path = row["midi_filename"], row["audio_filename"]
    session_id = own["session_id"]
    notes = [f"{row['beat_type']}, {row['session']}"]
    if not audio_path:
        notes.append("published without audio")
    elif not has_audio:
        notes.append("taken from the distribution without audio")
    elif audio_path not in files:
        detail = f"{where} names this audio and the root has no such file"
        survey.refusals.append(Refusal(audio_path, MISSING_AUDIO, detail, session_id))
        notes.append("audio missing")
    survey.roles[midi_path], survey.owners[midi_path] = ANNOTATION, session_id
    if audio_path in files:
        survey.roles[audio_path], survey.owners[audio_path] = AUDIO, session_id
    survey.sessions.append(
        performance_of(row)
        | {
            "annotation_path": midi_path,
            "audio_path": audio_path if audio_path in files else None,
            "notes": notes,
        }
        | own
    )


def performance_of(row: dict[str, str]) -> dict:
    """What a row without a problem tells of its performance, by the columns of SESSIONS."""
    return {
        "group_id": f"gmd/{row['id']}",
        "split": row["split"],
        "drummer_id": row["drummer"],
        "style": row["style"],
        "tempo_bpm": number(row["bpm"], TEMPO),
        "meter": meter(row["time_signature"]),
    }


def _unreadable_row(index: str, where: str, row: dict, session_id: str) -> Refusal | None:
    for path in (row[name] for name in _FILES):
        if reason := why_outside(path):
            return Refusal(path, OUTSIDE_ROOT, f"{where} names {reason}")
    problem = problem_of_row(row)
    if problem is None:
        return None
    path = row["midi_filename"] or index
    return Refusal(path, BAD_INDEX_ROW, f"{where}: {problem}", session_id)


def problem_of_row(row: dict[str, str]) -> str | None:
    """Why a row cannot be read; None where it can."""
    if row["split"] not in SPLITS:
        return f"split {row['split']!r}; allowed: {', '.join(SPLITS)}"
    if not row["id"]:
        return "no id"
    if not row["midi_filename"]:
        return "no midi_filename"
    for name, read in (("bpm", lambda text: number(text, TEMPO)), ("time_signature", meter)):
        try:
            read(row[name])
        except ValueError as error:
            return f"{name}: {error}"
    return None


def _unwanted_row(
    where: str,
    row: dict,
    session_id: str,
    taken: set[str],
    splits: dict[str, tuple[str, str]],
    files: dict[str, RawFile],
) -> Refusal | None:
    """Why a readable row is not used: it is a second one, lacks its MIDI, or has another split."""
    midi_path = row["midi_filename"]
    for path in (row[name] for name in _FILES):
        if path and path in taken:
            detail = f"{where}: a second row that names {path}"
            return Refusal(midi_path, DUPLICATE_SESSION, detail, session_id)
    if session_id in taken:
        detail = f"{where}: a second row of id {session_id}"
        return Refusal(midi_path, DUPLICATE_SESSION, detail, session_id)
    if midi_path not in files:
        detail = f"{where} names this MIDI file and the root has no such file"
        return Refusal(midi_path, MISSING_ANNOTATION, detail, session_id)
    split, first = splits.get(row["id"], (row["split"], where))
    if row["split"] != split:
        detail = f"{where}: split {row['split']!r}; {first} has the same performance in {split!r}"
        return Refusal(midi_path, SPLIT_CONFLICT, detail, session_id)
    return None
