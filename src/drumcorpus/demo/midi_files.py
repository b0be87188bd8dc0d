"""Writes scores as MIDI files, as a drum module's recording looks."""

from collections.abc import Iterable
from pathlib import Path

import mido
import numpy as np

from drumcorpus.demo.grooves import (
    CHANNEL,
    PEDAL_CONTROLLER,
    TICKS_PER_BEAT,
    Score,
    ticks_of_seconds,
)

_OFF_VELOCITY = 64
_TRAILING_STEP = 5.0  # s between pedal messages after the music
# On one tick: first what a note's end or the pedal says, then the new note.
_META, _OFF, _CONTROL, _ON = range(4)
_HELD = TICKS_PER_BEAT  # ticks that a hand holds a cymbal


def write_midi(
    path: Path,
    score: Score,
    *,
    instrument: str,
    trailing: float = 0.0,
    grabs: Iterable[tuple[int, int]] = (),
) -> None:
    """Write a score as a type 0 MIDI file of 480 ticks per quarter note.

    A note that is struck again while it sounds ends by a note-on of velocity 0, every other
    one by a note-off, as in the published recordings.

    Parameters
    ----------
    path : Path
        The file to write.
    score : Score
        What was played.
    instrument : str
        Written as ``instrument_name``.
    trailing : float
        Seconds that pedal messages and the end of the track stand behind the music.
    grabs : iterable of (int, int)
        Tick at which a hand grabs a cymbal, and the note of it.
    """
    timed = [*_meta_messages(score), *_note_messages(score), *_pedal_messages(score, trailing)]
    timed += _hand_messages(grabs)
    timed.sort(key=lambda item: item[:2])
    end = score.end_tick + ticks_of_seconds(trailing, score.end_tick, score.tempos)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name="MIDI", time=0))
    track.append(mido.MetaMessage("instrument_name", name=instrument, time=0))
    now = 0
    for tick, _, message in timed:
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track]).save(path)


def _meta_messages(score: Score) -> list[tuple]:
    meters = [
        (tick, _META, mido.MetaMessage("time_signature", numerator=top, denominator=bottom))
        for tick, top, bottom in score.meters
    ]
    tempos = [
        (tick, _META, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in score.tempos
    ]
    return meters + tempos


def _note_messages(score: Score) -> list[tuple]:
    messages = []
    struck_again = _ticks_of_next_strike(score.notes)
    for (tick, note, velocity), again in zip(score.notes.tolist(), struck_again, strict=True):
        end = score.off_tick(tick)
        on = mido.Message("note_on", channel=CHANNEL, note=note, velocity=velocity)
        if again is not None and again <= end:
            off = on.copy(velocity=0)
            end = again
        else:
            off = mido.Message("note_off", channel=CHANNEL, note=note, velocity=_OFF_VELOCITY)
        messages += [(tick, _ON, on), (end, _OFF, off)]
    return messages


def _hand_messages(grabs: Iterable[tuple[int, int]]) -> list[tuple]:
    return [
        (
            tick + after,
            _CONTROL,
            mido.Message("polytouch", channel=CHANNEL, note=note, value=value),
        )
        for tick, note in grabs
        for after, value in ((0, 127), (_HELD, 0))
    ]


def _ticks_of_next_strike(notes: np.ndarray) -> list[int | None]:
    following: dict[int, int] = {}
    ticks: list[int | None] = []
    for tick, note, _ in notes[::-1].tolist():
        ticks.append(following.get(note))
        following[note] = tick
    return ticks[::-1]


def _pedal_messages(score: Score, trailing: float) -> list[tuple]:
    step = ticks_of_seconds(_TRAILING_STEP, score.end_tick, score.tempos)
    last = score.end_tick + ticks_of_seconds(trailing, score.end_tick, score.tempos)
    rests = [(tick, 0) for tick in range(score.end_tick + step, last + 1, step)]
    return [
        (
            int(tick),
            _CONTROL,
            mido.Message(
                "control_change", channel=CHANNEL, control=PEDAL_CONTROLLER, value=int(position)
            ),
        )
        for tick, position in [*score.pedal.tolist(), *rests]
    ]
