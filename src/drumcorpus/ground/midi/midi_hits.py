"""The strokes in a drum track's MIDI file."""

import numpy as np

from drumcorpus.ground.files.ranges import ONSET
from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.midi.midi_file import (
    MidiFile,
    bars_and_beats,
    controller_at,
    parse_midi,
    tempos_at,
    tick_seconds,
)
from drumcorpus.taxonomy import Grabs, LabelMap
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
        wrong around the notes, of `midi_file.MidiFile.defects`, and, where the map says what a hand
        on a cymbal means, `extra_technique`. A file in SMPTE time has no tempo, bar, beat and
        meter.

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
    if label_map.grabs is not None:
        hits["extra_technique"] = _of_grabbed(midi, hits, label_map.grabs)
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


def _of_grabbed(midi: MidiFile, hits: dict[str, np.ndarray], grabs: Grabs) -> np.ndarray:
    """The technique of the strokes whose cymbal a hand grabs, "" of the others, (n_hits,).

    A pad of several zones sends the hand for each of them: what is grabbed is the cymbal.
    """
    techniques = np.full(len(hits["onset"]), "", dtype=f"U{len(grabs.technique)}")
    pressed = midi.pressures[midi.pressures[:, 2] > 0]
    at = tick_seconds(midi, pressed[:, 0])
    for cymbal in grabs.cymbals:
        struck = np.flatnonzero(np.isin(hits["source_label"], sorted(cymbal)))
        hands = at[np.isin(_NOTE_NAMES[pressed[:, 1]], sorted(cymbal))]
        # A stroke of the same instant comes from the hand that strikes, and rings on.
        last = np.searchsorted(hits["onset"][struck], hands) - 1
        last, hands = last[last >= 0], hands[last >= 0]
        grabbed = struck[last]
        techniques[grabbed[hands - hits["onset"][grabbed] <= grabs.seconds]] = grabs.technique
    return techniques
