"""Standard MIDI files written from arrays: tempo map, meters, notes and a text beside each.

Notes of many sessions are written, so the bytes are laid out at once with numpy: mido builds an
object for each of a note's three events. Tests read the bytes with mido and with `midi_file`.
Format: "Standard MIDI Files 1.0", MIDI Manufacturers Association, 1996.
"""

from collections.abc import Sequence

import numpy as np

from drumcorpus.ground.midi.midi_file import MidiFile, tempos_at, tick_seconds

LARGEST_TEMPO = 0xFFFFFF  # microseconds a quarter, of three bytes
LAST_TICK = 0x0FFFFFFF  # what the time between two events can be, so that any may follow any
PERCUSSION = 9  # channel 10, counted from 0
_LARGEST_DIVISION = 0x7FFF
_TEXT, _TRACK_NAME, _END_OF_TRACK, _SET_TEMPO, _TIME_SIGNATURE = 0x01, 0x03, 0x2F, 0x51, 0x58
# Of a time signature: MIDI clocks a click, and 32nd notes a quarter.
_CLICK = bytes((24, 8))


def empty_clock(
    ticks_per_quarter: int, tempos: list[tuple[int, int]], meters: list[tuple[int, int, int]]
) -> MidiFile:
    """A file without notes: the clock by which others are written."""
    return MidiFile(
        ticks_per_quarter,
        np.zeros((0, 4), np.int64),
        np.zeros((0, 4), np.int64),
        list(tempos),
        list(meters),
        [],
    )


def finer_clock(midi: MidiFile, longest: float = 1e-3) -> MidiFile:
    """The tempo map and the meters of a file, exactly, with ticks shorter than `longest` seconds.

    Every tick is divided by a whole number, the least that will do at the slowest tempo, so that
    each change keeps its time. No division is above 32,767 ticks a quarter, which leaves ticks of
    1 ms and more only below 3.7 quarters a minute.

    Raises
    ------
    ValueError
        If the file is in SMPTE time, which has no tempo.
    """
    if midi.ticks_per_second is not None:
        raise ValueError("a file in SMPTE time has no tempo map")
    slowest = 60.0 / tempos_at(midi, _tempo_starts(midi)).min()  # s a quarter
    factor = int(slowest / (longest * midi.ticks_per_quarter)) + 1
    factor = max(1, min(factor, _LARGEST_DIVISION // midi.ticks_per_quarter))
    return empty_clock(
        midi.ticks_per_quarter * factor,
        [(factor * tick, tempo) for tick, tempo in midi.tempos],
        [(factor * tick, *meter) for tick, *meter in midi.meters],
    )


def nearest_ticks(midi: MidiFile, seconds: np.ndarray) -> np.ndarray:
    """The tick nearest to each time, through every tempo change before it; of `tick_seconds`.

    Parameters
    ----------
    seconds : np.ndarray, shape (n,), float
        From the file's start, not before it.

    Returns
    -------
    ticks : np.ndarray, shape (n,), int64

    Examples
    --------
    Two quarter notes at 120 a minute, the third at 60:

    >>> clock = empty_clock(480, tempos=[(0, 500_000), (960, 1_000_000)], meters=[])
    >>> nearest_ticks(clock, np.array([0.0, 0.5, 1.0, 2.0])).tolist()
    [0, 480, 960, 1440]
    """
    starts = _tempo_starts(midi)
    ticks_per_second = tempos_at(midi, starts) * midi.ticks_per_quarter / 60.0
    origins = tick_seconds(midi, starts)
    segment = np.searchsorted(origins, seconds, side="right") - 1
    offsets = (seconds - origins[segment]) * ticks_per_second[segment]
    return starts[segment] + np.rint(offsets).astype(np.int64)


def _tempo_starts(midi: MidiFile) -> np.ndarray:
    return np.unique(np.array([0, *(tick for tick, _ in midi.tempos)], dtype=np.int64))


def midi_bytes(
    clock: MidiFile,
    notes: np.ndarray,
    texts: Sequence[str],
    text_of_note: np.ndarray,
    *,
    name: str,
    remarks: Sequence[str] = (),
) -> bytes:
    """A MIDI file of type 1: a track of tempos, meters and remarks, and one of percussion.

    Parameters
    ----------
    clock : MidiFile
        Ticks a quarter, tempos and meters; written as they are.
    notes : np.ndarray, shape (n, 4), int64
        First tick, tick of the note-off, note number and velocity. A note number of -1 is a text
        without a note. On one tick notes come in their order, note-offs before them.
    texts : sequence of str
        What stands beside notes, each once.
    text_of_note : np.ndarray, shape (n,), int
        The text of each note, which comes before it on its tick.
    name : str
        Of the percussion track.
    remarks : sequence of str
        Texts at the start of the first track.

    Raises
    ------
    ValueError
        If a note-off is not after its note, or a tick, note or velocity is none of MIDI.
    """
    _check_notes(notes)
    conductor = [(0, _meta(_TEXT, remark.encode())) for remark in remarks]
    conductor += [
        (tick, _meta(_TIME_SIGNATURE, bytes((count, unit.bit_length() - 1)) + _CLICK))
        for tick, count, unit in clock.meters
    ]
    conductor += [(tick, _meta(_SET_TEMPO, tempo.to_bytes(3))) for tick, tempo in clock.tempos]
    conductor.sort(key=lambda event: event[0])
    last_tick = int(notes[:, 1].max(initial=0))
    tracks = [
        _track(
            np.array([tick for tick, _ in conductor], dtype=np.int64),
            np.arange(len(conductor)),
            [message for _, message in conductor],
            last_tick,
        ),
        _percussion(notes, texts, text_of_note, name, last_tick),
    ]
    header = (6).to_bytes(4) + (1).to_bytes(2) + len(tracks).to_bytes(2)
    chunks = [b"MTrk" + len(track).to_bytes(4) + track for track in tracks]
    return b"MThd" + header + clock.ticks_per_quarter.to_bytes(2) + b"".join(chunks)


def _check_notes(notes: np.ndarray) -> None:
    first, last, number, velocity = notes.T
    sounds = number != -1
    wrong = (first < 0) | (last < first) | (last > LAST_TICK)
    wrong |= sounds & (
        (last == first) | (number < 0) | (number > 127) | (velocity < 1) | (velocity > 127)
    )
    if wrong.any():
        raise ValueError(
            f"got the note {notes[wrong][0].tolist()}; wanted: ticks from 0 to {LAST_TICK:,}, the "
            "note-off after the note, a number from 0 to 127, a velocity from 1 to 127"
        )


def _percussion(
    notes: np.ndarray, texts: Sequence[str], text_of_note: np.ndarray, name: str, last_tick: int
) -> bytes:
    """The track of notes; note-offs, then texts and notes in turn, on every tick."""
    is_note = notes[:, 2] != -1
    struck = notes[is_note]
    ons, on_codes = np.unique(struck[:, 2] * 128 + struck[:, 3], return_inverse=True)
    offs, off_codes = np.unique(struck[:, 2], return_inverse=True)
    messages = [_meta(_TRACK_NAME, name.encode())]
    messages += [_meta(_TEXT, text.encode()) for text in texts]
    messages += [bytes((0x90 | PERCUSSION, *divmod(int(on), 128))) for on in ons]
    messages += [bytes((0x80 | PERCUSSION, int(off), 64)) for off in offs]
    places = np.arange(len(notes))
    # Rows of tick, place on the tick, and message: the name before all, then as said above.
    rows = [
        np.array([[0, -2, 0]]),
        np.stack([struck[:, 1], np.full(len(struck), -1), 1 + len(texts) + len(ons) + off_codes]),
        np.stack([notes[:, 0], 2 * places, 1 + np.asarray(text_of_note, np.int64)]),
        np.stack([struck[:, 0], 2 * places[is_note] + 1, 1 + len(texts) + on_codes]),
    ]
    events = np.concatenate([rows[0].T, *rows[1:]], axis=1)
    ticks, _, codes = events[:, np.lexsort((events[2], events[1], events[0]))]
    return _track(ticks, codes, messages, last_tick)


def _meta(kind: int, payload: bytes) -> bytes:
    length = np.array([len(payload)])
    sizes, matrix = _variable_length(length)
    return bytes((0xFF, kind)) + matrix[0, 4 - sizes[0] :].tobytes() + payload


def _track(ticks: np.ndarray, codes: np.ndarray, messages: list[bytes], last_tick: int) -> bytes:
    """The body of a track from events in order: the tick of each, and its message's number."""
    messages = [*messages, _meta(_END_OF_TRACK, b"")]
    ticks = np.append(ticks, max(last_tick, int(ticks[-1]) if len(ticks) else 0))
    codes = np.append(codes, len(messages) - 1)
    time_lengths, times = _variable_length(np.diff(ticks, prepend=0))
    lengths = np.array([len(message) for message in messages])
    starts = np.cumsum(lengths) - lengths + times.size
    pool = np.concatenate([times.ravel(), np.frombuffer(b"".join(messages), np.uint8)])
    # Pieces of the pool in turn: the time of an event, from the end of its four bytes, and its
    # message.
    piece_lengths = np.stack([time_lengths, lengths[codes]], axis=1).ravel()
    piece_starts = np.stack([4 * np.arange(1, len(ticks) + 1) - time_lengths, starts[codes]], 1)
    written = np.cumsum(piece_lengths) - piece_lengths
    shifts = np.repeat(piece_starts.ravel() - written, piece_lengths)
    return pool[shifts + np.arange(len(shifts))].tobytes()


def _variable_length(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bytes that each value takes in groups of seven bits, and the groups, (n, 4) uint8.

    The last group ends the value; all others have their highest bit set.
    """
    if values.size and not 0 <= values.min() <= values.max() <= LAST_TICK:
        raise ValueError(f"a length of {values.max():,}; MIDI has {LAST_TICK:,} at most")
    groups = values[:, None] >> np.array([21, 14, 7, 0]) & 0x7F
    groups[:, :3] |= 0x80
    lengths = 1 + sum((values >= 1 << bits).astype(np.int64) for bits in (7, 14, 21))
    return lengths, groups.astype(np.uint8)
