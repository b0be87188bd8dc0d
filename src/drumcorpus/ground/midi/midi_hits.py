"""The strokes in a drum track's MIDI file."""

import numpy as np

from drumcorpus.ground.files.ranges import ONSET
from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.midi.midi_file import (
    bars_and_beats,
    controller_at,
    parse_midi,
    tempos_at,
    tick_seconds,
)
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import NO_NOTES, UNREADABLE_MIDI

_NOTE_NAMES = np.array([str(note) for note in range(128)])


def read_midi_hits(path: str, data: bytes, label_map: LabelMap) -> dict[str, np.ndarray]:
    """Every note-on of a MIDI file as a hit.

    The length of a note means nothing on a drum pad, and an end of track padded past the last
    note nothing at all: both are left unread.

    Returns
    -------
    hits : dict
        Arrays of shape (n_hits,) under the names of the fields of ``hits.Hits``, without
        `session` and `stroke`. `onset` in seconds of the file's own clock. Also `flags`: what is
        wrong around the notes, of `midi_file.MidiFile.defects`. A file in SMPTE time has no tempo,
        bar, beat and meter.

    Raises
    ------
    UnusableFile
        `unreadable_midi` if the bytes are no MIDI file, `no_notes` if no note is in it.
    """
    try:
        midi = parse_midi(data)
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_MIDI, str(error)) from error
    if len(midi.notes) == 0:
        raise UnusableFile(path, NO_NOTES, "the MIDI file holds no note-on")
    ticks, notes = midi.notes[:, 0], midi.notes[:, 1]
    onsets = tick_seconds(midi, ticks)
    if not onsets.max() <= ONSET.high:
        detail = f"a note at {onsets.max():,.0f} s; wanted: {ONSET.wanted()}"
        raise UnusableFile(path, UNREADABLE_MIDI, detail)
    openness = np.full(len(ticks), np.nan)
    if label_map.openness is not None:
        controller, closed, opened = label_map.openness
        pedal = (controller_at(midi, controller, ticks) - closed) / (opened - closed)
        is_pedalled = np.isin(_NOTE_NAMES, sorted(label_map.pedalled))[notes]
        openness = np.where(is_pedalled, pedal, np.nan)
    hits = {
        "source_label": _NOTE_NAMES[notes],
        "onset": onsets,
        "velocity": midi.notes[:, 2] / 127,
        "openness": np.clip(openness, 0.0, 1.0) + 0.0,  # and no minus zero
        "flags": midi.defects,
    }
    if midi.ticks_per_second is not None:  # a clock without beats
        return hits
    try:
        bars, beats, meters = bars_and_beats(midi, ticks)
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_MIDI, str(error)) from error
    return hits | {
        "tempo_bpm": tempos_at(midi, ticks),
        "bar": bars,
        "beat": beats,
        "meter": meters,
    }
