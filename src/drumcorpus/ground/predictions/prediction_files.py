"""Predictions of one session in one file: onsets as tab-separated lines, or as MIDI."""

import codecs
import math
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.ranges import Range, number
from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.ground.predictions.class_maps import NO_CLASS, ClassMap, Vocabulary
from drumcorpus.ground.predictions.hit_columns import HitColumns, join_hits, make_hits
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import NO_NOTES

# What a line may have, in this order where no header says another.
FIELDS = ("onset_time", "label", "score", "velocity")
TIME = Range("a time", 0, 86_400, "s from the start of the session's audio")
VELOCITY = Range("a velocity", 0, 1, "")
SCORE = Range("a score", -1e12, 1e12, "")
RANGES = {"onset_time": TIME, "score": SCORE, "velocity": VELOCITY}
# Lines whose fields are held at a time: bounds the memory.
_BLOCK = 20_000
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_tsv(
    path: str,
    data: bytes,
    vocabulary: Vocabulary,
    *,
    with_scores: bool = False,
    ranges: Mapping[str, Range] = RANGES,
) -> tuple[HitColumns, list[str]]:
    """Lines of a time and a label, and optionally a score and a velocity.

    Parameters
    ----------
    path : str
        What to call the file in messages.
    data : bytes
        UTF-8; fields are parted by tabs. A first line that begins with ``onset_time`` names the
        fields.
    with_scores : bool
        Whether the hits get their scores, where there are any.
    ranges : mapping of str to Range
        What `onset_time`, `score` and `velocity` may be.

    Returns
    -------
    hits : HitColumns
        Of session 0, by class of the scored map.
    labels : list of str
        The label of every hit, as it stands in the file.

    Raises
    ------
    ValueError
        If a line is not as it must be; the message has file, line, what was got and is allowed.
    """
    if data.startswith(_MARKS):
        raise ValueError(
            f"{visible(path)}:1: begins with a byte order mark; write it as UTF-8 without one"
        )
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"{visible(path)}:{line}: is not UTF-8") from None
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    names, first = FIELDS, 0
    if lines and (fields := _fields(lines[0]))[0] == FIELDS[0]:
        names, first = _header(path, fields), 1
    parts, labels = [], []
    width, last = len(_fields(lines[first])) if len(lines) > first else 0, -math.inf
    for start in range(first, len(lines), _BLOCK):
        rows = [_fields(line) for line in lines[start : start + _BLOCK]]
        try:
            hits, words = _columns(rows, names, vocabulary, with_scores, width, last, ranges)
        except (ValueError, KeyError):
            _raise_first_problem(path, rows, names, start + 1, vocabulary, width, last, ranges)
            raise
        parts.append(hits)
        labels += words
        last = float(rows[-1][names.index(FIELDS[0])])
    return join_hits(parts), labels


def _fields(line: str) -> list[str]:
    return line.rstrip("\r").split("\t")


def _header(path: str, fields: Sequence[str]) -> Sequence[str]:
    is_odd = len(set(fields)) < len(fields) or not set(FIELDS[:2]) <= set(fields) <= set(FIELDS)
    if is_odd:
        raise ValueError(
            f"{visible(path)}:1: header {visible(' '.join(fields))[:80]!r}; allowed: onset_time "
            "and label, and score and velocity where there are any, each once, parted by tabs"
        )
    return fields


def _columns(
    rows: list[list[str]],
    names: Sequence[str],
    vocabulary: Vocabulary,
    with_scores: bool,
    width: int,
    last: float,
    ranges: Mapping[str, Range],
) -> tuple[HitColumns, list[str]]:
    """All lines at once; any error that names no line is looked for again line by line."""
    if {len(row) for row in rows} != {width} or not 2 <= width <= len(names):
        raise ValueError
    columns = dict(zip(names, zip(*rows, strict=True), strict=False))
    labels = list(map(sys.intern, columns["label"]))
    classes = [vocabulary.class_of[label] for label in labels]
    values = {}
    for name, allowed in ranges.items():
        if name not in columns:
            continue
        text = "".join(columns[name])
        if "_" in text or not text.isascii():  # which `float` takes
            raise ValueError
        values[name] = np.array(list(map(float, columns[name])))
        if not ((values[name] >= allowed.low) & (values[name] <= allowed.high)).all():
            raise ValueError
    if (np.diff(values["onset_time"], prepend=last) < 0).any():
        raise ValueError
    zeros = np.zeros(len(rows), dtype=int)
    score = values.get("score") if with_scores else None
    return make_hits(
        zeros, classes, values["onset_time"], values.get("velocity"), score=score
    ), labels


def _raise_first_problem(
    path: str,
    rows: list[list[str]],
    names: Sequence[str],
    line: int,
    vocabulary: Vocabulary,
    width: int,
    last: float,
    ranges: Mapping[str, Range],
) -> None:
    """Go through the lines as a person would, and stop at the first that is wrong."""
    for row in rows:
        where = f"{visible(path)}:{line}"
        if len(row) != width or not 2 <= width <= len(names):
            raise ValueError(
                f"{where}: {len(row)} fields; wanted: onset_time, label, and score and velocity "
                "where there are any, parted by tabs, as many on every line"
            )
        values = dict(zip(names, row, strict=False))
        for name, allowed in ranges.items():
            if name in values:
                try:
                    number(values[name], allowed)
                except ValueError as error:
                    raise ValueError(f"{where}: {name}: {error}") from None
        if values["label"] not in vocabulary.class_of:
            raise ValueError(f"{where}: {vocabulary.refusal(values['label'])}")
        time = float(values["onset_time"])
        if time < last:
            raise ValueError(
                f"{where}: onset_time {time} is before that of the line above ({last}); wanted: "
                "lines in order of time"
            )
        last, line = time, line + 1


def read_notes(path: str, data: bytes, note_map: LabelMap) -> dict[str, np.ndarray]:
    """Every note-on of a MIDI file, as of `midi_hits.read_midi_hits`; a file without is empty.

    Raises
    ------
    ValueError
        If the file is no MIDI file, or has a note that the map does not know.
    """
    try:
        midi = read_midi_hits(path, data, note_map)
    except UnusableFile as error:
        if error.reason == NO_NOTES:
            return {
                "onset": np.zeros(0),
                "source_label": np.array([], "U1"),
                "velocity": np.zeros(0),
            }
        raise ValueError(f"{visible(path)}: {error.detail}") from None
    allowed = [*note_map.strokes, *note_map.drops]
    for onset, note in zip(midi["onset"].tolist(), midi["source_label"].tolist(), strict=True):
        if note not in note_map.strokes and note not in note_map.drops:
            raise ValueError(
                f"{visible(path)}: note {note} at {onset:.3f} s; allowed by note map "
                f"{note_map.name}: {', '.join(sorted(allowed, key=int))}"
            )
    return midi


def read_midi(
    path: str, data: bytes, note_map: LabelMap, class_map: ClassMap
) -> tuple[HitColumns, list[str]]:
    """Every note-on of a MIDI file by the label that a note map gives it; a file without is empty.

    Raises
    ------
    ValueError
        As of `read_notes`.
    """
    midi = read_notes(path, data, note_map)
    classes, labels = [], []
    for note in midi["source_label"].tolist():
        stroke = note_map.strokes.get(note)
        labels.append(f"note {note} ({note_map.drops[note]})" if stroke is None else stroke.label)
        classes.append(NO_CLASS if stroke is None else class_map.of[stroke.label])
    hits = make_hits(np.zeros(len(labels)), classes, midi["onset"], midi["velocity"])
    return hits, labels
