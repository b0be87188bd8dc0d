"""Performances played otherwise than they were: copies of MIDI files.

Conventions: a stroke is a note-on with a velocity; its note-off moves with it. Nothing is drawn but
from the generator that is given.
"""

from pathlib import Path

import mido
import numpy as np

SOFTER = 0.5  # what velocities are multiplied by
QUARTER_US = 500_000  # tempo until a file states one


def soften(source: Path, target: Path) -> None:
    """Copy with every stroke at half its velocity, 1 at least."""
    file = mido.MidiFile(source)
    for track in file.tracks:
        for message in track:
            if _is_stroke(message):
                message.velocity = max(1, int(message.velocity * SOFTER))
    file.save(target)


def shift_strokes(source: Path, target: Path, spread_s: float, rng: np.random.Generator) -> None:
    """Copy with every stroke moved by a normal error of standard deviation `spread_s`, on its own.

    Errors are cut at twice the deviation. No stroke moves before the start of the file.
    """
    file = mido.MidiFile(source)
    ticks_per_s = _ticks_per_s(file)
    for track in file.tracks:
        events, now, sounding = [], 0, {}
        for message in track:
            now += message.time
            shift = 0
            if _is_stroke(message):
                error_s = float(np.clip(rng.normal(0.0, spread_s), -2 * spread_s, 2 * spread_s))
                shift = max(-now, round(error_s * ticks_per_s(now)))
                sounding[message.channel, message.note] = shift
            elif message.type in ("note_on", "note_off"):
                shift = sounding.get((message.channel, message.note), 0)
            events.append((max(0, now + shift), message))
        if events:  # what ends the track stays last
            events[-1] = (max(at for at, _ in events), events[-1][1])
        track.clear()
        before = 0
        for at, message in sorted(events, key=lambda event: event[0]):
            track.append(message.copy(time=at - before))
            before = at
    file.save(target)


def _is_stroke(message: mido.Message) -> bool:
    return message.type == "note_on" and message.velocity > 0


def _ticks_per_s(file: mido.MidiFile):
    """Ticks of one second at a tick, by the tempo in force there."""
    changes = [(0, QUARTER_US)]
    for track in file.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "set_tempo":
                changes.append((now, message.tempo))
    changes.sort(key=lambda change: change[0])

    def at(tick: int) -> float:
        tempo = next(tempo for start, tempo in reversed(changes) if start <= tick)
        return file.ticks_per_beat * 1e6 / tempo

    return at
