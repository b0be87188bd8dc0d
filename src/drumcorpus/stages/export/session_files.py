"""A session as files: strokes as tab-separated text, and as a MIDI file of General MIDI percussion.

``NAME.tsv`` has a line for every component struck, in order of onset and label, and no header:
onset in seconds with 6 decimals, label (or class), velocity from 0 to 1, empty where it is not
known. ``NAME.mid`` has the same strokes on channel 10. Beside each note, on its tick and before it,
stands a text of two fields parted by a tab, the label and the note or token exactly as the source
has it; a third, `unknown velocity`, where the note's velocity stands for none.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.midi.midi_file import MidiFile
from drumcorpus.ground.midi.midi_writing import LAST_TICK, midi_bytes, nearest_ticks
from drumcorpus.stages.export.layout import check_name
from drumcorpus.stages.export.session_clock import session_clock
from drumcorpus.vocabulary import ONSET_PAST_END

NOTE_SECONDS = 0.05  # of a note whose end is not known: a drum has none
UNKNOWN_VELOCITY = 64  # of 127, as sequencers take it for a key without sense of touch
# Why a stroke is not in one of the files.
NO_CLASS, NO_NOTE = "label_without_class", "label_without_note"
_VELOCITY_REMARK = (
    f"velocity {UNKNOWN_VELOCITY} of a note whose text says so stands for one that is not known"
)
_TEXT_REMARK = "text before a note: label, tab, note or token of the source"


@dataclass(frozen=True)
class SessionFiles:
    """The files of a session.

    `contents` has the bytes of each file by its name; `clock` is one of ``session_clock.CLOCKS``.
    `left_out` counts strokes that are in neither file, or not in one, by reason: `onset_past_end`;
    of the text `label_without_class`; of the notes `label_without_note`, whose text stands in the
    MIDI file all the same.
    """

    contents: dict[str, bytes]
    n_strokes: int
    clock: str
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> list[dict]:
        """`file`, `sha256` and `bytes` of each file."""
        return [
            {"file": file, "sha256": sha256_bytes(data), "bytes": len(data)}
            for file, data in self.contents.items()
        ]


def write_session(folder: str | os.PathLike, name: str, events: pa.Table, **more) -> SessionFiles:
    """Write the files of `make_session` into a folder, each whole or not at all.

    That costs a wait for the disk for every file; who writes a folder of them beside its place may
    rather write the `contents`.
    """
    files = make_session(name, events, **more)
    for file, data in files.contents.items():
        with replacing(Path(folder, file)) as part:
            part.write_bytes(data)
    return files


def make_session(
    name: str,
    events: pa.Table,
    *,
    notes: Mapping[str, int | None],
    classes: Mapping[str, str | None] | None = None,
    source_midi: bytes | None = None,
    duration: float | None = None,
) -> SessionFiles:
    """``NAME.tsv`` and ``NAME.mid`` of one session.

    Parameters
    ----------
    name : str
        File name without its ending, such as a sample id.
    events : pa.Table
        The events of the session's recording, with the columns `onset_time`, `offset_time`,
        `tempo_bpm`, `meter` and `components` of the schema EVENTS.
    notes : mapping
        Label to its note of General MIDI, or None; ``general_midi.read_general_midi``.
    classes : mapping, optional
        Label to its class, or None, of a class map; the text file then has classes for labels.
    source_midi : bytes, optional
        The MIDI file that the labels are from: its tempo map and meters are kept as they are.
    duration : float, optional
        Seconds of the session's sound; strokes from there on are left out.

    Raises
    ------
    ValueError
        If the name cannot be one of a file, an onset is before 0 or no number, a label has no entry
        in `notes` or `classes`, or `source_midi` is no MIDI file; the message names the session.
    """
    check_name(name)
    try:
        strokes = session_strokes(events)
        n_all = strokes.num_rows
        if duration is not None:
            strokes = strokes.filter(pc.less(strokes["onset"], duration))
        left_out = {ONSET_PAST_END: n_all - strokes.num_rows}
        text, left_out[NO_CLASS] = stroke_lines(strokes, classes)
        clock, kind, remarks = session_clock(events, source_midi)
        data, left_out[NO_NOTE] = session_midi(strokes, clock, notes, name=name, remarks=remarks)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    contents = {f"{name}.tsv": text.encode(), f"{name}.mid": data}
    left_out = {reason: n for reason, n in left_out.items() if n}
    return SessionFiles(contents, strokes.num_rows, kind, left_out)


def session_strokes(events: pa.Table) -> pa.Table:
    """One row for every component struck, in order of onset and label.

    Returns
    -------
    strokes : pa.Table
        `onset` and `offset` (null where not known) in seconds, `label`, `velocity` (0 to 1 or
        null), `source_label` (text or null).

    Raises
    ------
    ValueError
        If an onset is before 0, or no number.
    """
    components = events["components"].combine_chunks()
    event = pc.list_parent_indices(components)
    struck = pc.list_flatten(components)
    onsets = events["onset_time"].combine_chunks().take(event)
    wrong = onsets.filter(pc.invert(pc.and_(pc.is_finite(onsets), pc.greater_equal(onsets, 0))))
    if len(wrong):
        raise ValueError(f"an onset at {wrong[0]} s; wanted: from 0 on")
    fields = ("label", "velocity", "source_label")
    table = pa.table(
        {"onset": onsets, "offset": events["offset_time"].combine_chunks().take(event)}
        | {field: pc.struct_field(struck, field) for field in fields}
    )
    return table.sort_by([("onset", "ascending"), ("label", "ascending")])  # stable


def stroke_lines(
    strokes: pa.Table, classes: Mapping[str, str | None] | None = None
) -> tuple[str, int]:
    """The text file of strokes, as of `session_strokes`, and how many have no class.

    Raises
    ------
    ValueError
        If a label is not in `classes`.
    """
    n_strokes = strokes.num_rows
    if classes is not None:
        strokes = strokes.set_column(
            strokes.schema.get_field_index("label"),
            "label",
            pa.chunked_array([_looked_up(strokes["label"], classes, pa.string())]),
        )
        strokes = strokes.filter(pc.is_valid(strokes["label"]))
    lines = pc.binary_join_element_wise(
        _decimals(strokes["onset"]),
        strokes["label"],
        pc.fill_null(_decimals(strokes["velocity"]), ""),
        "\t",
    )
    text = "".join(f"{line}\n" for line in lines.to_pylist())
    return text, n_strokes - strokes.num_rows


def _decimals(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as text, with 6 decimals."""
    return numbers.cast(pa.decimal128(15, 6), safe=False).cast(pa.string())


def _looked_up(labels: pa.ChunkedArray, values: Mapping, kind: pa.DataType) -> pa.Array:
    """What `values` has for each label."""
    encoded = labels.combine_chunks().dictionary_encode()
    unknown = [label for label in encoded.dictionary.to_pylist() if label not in values]
    if unknown:
        raise ValueError(f"no entry for the label {unknown[0]!r}; add it to the taxonomy's files")
    return pa.array([values[label] for label in encoded.dictionary.to_pylist()], kind).take(
        encoded.indices
    )


def session_midi(
    strokes: pa.Table,
    clock: MidiFile,
    notes: Mapping[str, int | None],
    *,
    name: str,
    remarks: list[str],
) -> tuple[bytes, int]:
    """The MIDI file of strokes, and how many have no note of General MIDI.

    A note ends with its stroke's `offset`, or after 50 ms, and in any case before the next of its
    number. Strokes of one note number on one tick are a note each, told apart by their texts.

    Raises
    ------
    ValueError
        If a label is not in `notes`, or a stroke comes later than MIDI can count.
    """
    numbers = _looked_up(strokes["label"], notes, pa.int64())
    numbers = pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False)
    onsets = strokes["onset"].to_numpy()
    offsets = _numbers(strokes["offset"])
    ends = np.where(offsets > onsets, offsets, onsets + NOTE_SECONDS)
    first, last = nearest_ticks(clock, onsets), nearest_ticks(clock, ends)
    last = np.minimum(np.maximum(last, first + 1), _next_of_number(first, numbers))
    last = np.where(numbers == -1, first, last)
    velocities = _numbers(strokes["velocity"])
    is_unknown = np.isnan(velocities)
    # Never 0, which would be a note-off.
    levels = np.clip(np.rint(127 * np.nan_to_num(velocities)), 1, 127)
    levels = np.where(is_unknown, UNKNOWN_VELOCITY, levels).astype(np.int64)
    texts = pc.binary_join_element_wise(
        strokes["label"],
        pc.fill_null(strokes["source_label"], ""),
        pa.array(np.where(is_unknown, "unknown velocity", None), pa.string()),
        "\t",
        null_handling="skip",
    )
    texts = texts.combine_chunks().dictionary_encode()
    data = midi_bytes(
        clock,
        np.stack([first, last, numbers, levels], axis=1),
        texts.dictionary.to_pylist(),
        texts.indices.to_numpy(),
        name=name,
        remarks=[*remarks, _TEXT_REMARK, *([_VELOCITY_REMARK] if is_unknown.any() else [])],
    )
    return data, int((numbers == -1).sum())


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64()).to_numpy()


def _next_of_number(first: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The next tick on which a note of the same number begins; the last of all where none does."""
    n_ticks = LAST_TICK + 1
    places, of_note = np.unique(numbers * n_ticks + first, return_inverse=True)
    following = np.append(places[1:], -2 * n_ticks)
    is_same = following // n_ticks == places // n_ticks
    return np.where(is_same, following % n_ticks, LAST_TICK)[of_note]
