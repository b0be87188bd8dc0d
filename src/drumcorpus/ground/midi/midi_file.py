"""Standard MIDI files: hits, controllers, and the clock that turns ticks into seconds.

The parser reads what a drum corpus needs, as arrays, in one pass over the bytes: mido, which
builds an object per message, takes ten times as long on the same files. Tests hold both
to the same answer. Format: "Standard MIDI Files 1.0", MIDI Manufacturers Association, 1996.
"""

from dataclasses import dataclass, field

import numpy as np

from drumcorpus.ground.files.limits import MIDI_BYTES, MIDI_EVENTS, MIDI_TICK

DEFAULT_TEMPO = 500_000  # microseconds per quarter note, where the file says none
DEFAULT_METER = (4, 4)
# Bytes that follow a channel status, by its upper four bits; program change and channel
# pressure have one.
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_LARGEST_LENGTH = 0x0FFFFFFF  # four bytes of seven bits: the most that the format allows
_INSTRUMENT_NAME, _END_OF_TRACK, _SET_TEMPO, _TIME_SIGNATURE = 0x04, 0x2F, 0x51, 0x58


@dataclass
class MidiFile:
    """What one MIDI file holds; ticks count from its start, over all tracks, in order.

    `notes` is (n, 4) int64: tick, note number, velocity 1 to 127, channel 0 to 15.
    `controllers` is (n, 4) int64: tick, controller number, value, channel.
    `tempos` holds (tick, microseconds per quarter); `meters` (tick, numerator, denominator).
    """

    ticks_per_quarter: int
    notes: np.ndarray
    controllers: np.ndarray
    tempos: list[tuple[int, int]]
    meters: list[tuple[int, int, int]]
    instrument_names: list[str]


@dataclass
class _Tracks:
    notes: list = field(default_factory=list)
    controllers: list = field(default_factory=list)
    tempos: list = field(default_factory=list)
    meters: list = field(default_factory=list)
    instrument_names: list = field(default_factory=list)

    def take(self, other: "_Tracks") -> None:
        """Append what another track holds."""
        for name, rows in vars(other).items():
            getattr(self, name).extend(rows)


def parse_midi(data: bytes) -> MidiFile:
    """Read a MIDI file of type 0 or 1 from its bytes.

    Where the length that a track's chunk states is not that of its events, its End of Track counts:
    a recorder that could not go back leaves any number there.

    Raises
    ------
    ValueError
        If the bytes are not such a file, or more than `limits` allows; the message gives the byte
        where reading stopped.
    """
    MIDI_BYTES.check(len(data), "MIDI file")
    if data[:4] != b"MThd":
        raise ValueError(f"not a MIDI file: starts with {data[:4]!r}, expected b'MThd'")
    if len(data) < 14:
        raise ValueError(f"truncated MIDI header: {len(data)} bytes of 14")
    header_length = int.from_bytes(data[4:8])
    midi_type, division = int.from_bytes(data[8:10]), int.from_bytes(data[12:14])
    if midi_type not in (0, 1):
        raise ValueError(f"MIDI type {midi_type} has no common clock; types 0 and 1 are read")
    if division == 0 or division & 0x8000:
        raise ValueError(f"time division {division:#06x} is not in ticks per quarter note")
    # A length of the header below the six bytes of its fields is none.
    tracks, position = _Tracks(), 8 + max(header_length, 6)
    n_tracks = int.from_bytes(data[10:12])
    for n_read in range(n_tracks):
        start = _next_track(data, position, n_read, n_tracks)
        track, position = _track_at(data, start)
        tracks.take(track)
        MIDI_EVENTS.check(sum(map(len, vars(tracks).values())), "MIDI file")
    for rows in (tracks.notes, tracks.controllers, tracks.tempos, tracks.meters):
        MIDI_TICK.check(max((row[0] for row in rows), default=0), "MIDI file")
    # The stable sort leaves events of one tick in the order of their tracks, as sequencers merge.
    tracks.tempos.sort(key=lambda change: change[0])
    tracks.meters.sort(key=lambda change: change[0])
    return MidiFile(
        division,
        _by_tick(tracks.notes),
        _by_tick(tracks.controllers),
        tracks.tempos,
        tracks.meters,
        tracks.instrument_names,
    )


def _by_tick(rows: list[tuple[int, int, int, int]]) -> np.ndarray:
    array = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return array[np.argsort(array[:, 0], kind="stable")]


def _next_track(data: bytes, position: int, n_read: int, n_tracks: int) -> int:
    """Where the next track's chunk begins; chunks of other names are to be skipped."""
    while len(data) >= position + 8:
        if data[position : position + 4] == b"MTrk":
            return position
        length = int.from_bytes(data[position + 4 : position + 8])
        if position + 8 + length > len(data):
            raise ValueError(
                f"truncated MIDI file: a chunk at byte {position} claims {length} bytes, "
                f"{len(data) - position - 8} follow"
            )
        position += 8 + length
    raise ValueError(
        f"truncated MIDI file: byte {len(data)} ends it after {n_read} of {n_tracks} tracks"
    )


def _track_at(data: bytes, position: int) -> tuple[_Tracks, int]:
    """What the track at a byte holds, and the byte after it.

    The stated length counts where the events end with it. Otherwise the track ends at its End of
    Track; one that has none, and whose events do not end with its length, is refused.
    """
    length = int.from_bytes(data[position + 4 : position + 8])
    start, stop = position + 8, position + 8 + length
    problem = None
    if stop > len(data):
        problem = ValueError(
            f"truncated MIDI file: a chunk at byte {position} claims {length} bytes, "
            f"{len(data) - start} follow"
        )
    else:
        track = _Tracks()
        try:
            end, has_ended = _read_track(data, start, stop, track)
        except ValueError as error:
            problem = error
        else:
            if has_ended or stop == len(data) or data[stop : stop + 4].isalpha():
                return track, end
    unstated = _Tracks()
    try:
        end, has_ended = _read_track(data, start, len(data), unstated, to_its_end=True)
    except ValueError:
        has_ended = False
    if has_ended:
        return unstated, end
    if problem is not None:
        raise problem
    return track, stop


def _read_track(
    data: bytes, position: int, stop: int, tracks: _Tracks, *, to_its_end: bool = False
) -> tuple[int, bool]:
    """Append the events of one track; the hot loop of ingestion, hence written flat.

    Returns the byte after it, and whether it has come to its End of Track. What stands behind that
    is read up to `stop`, as sequencers do, unless it is another track or `to_its_end` is set.
    """
    notes, controllers = tracks.notes, tracks.controllers
    tick, running, has_ended = 0, 0, False
    try:
        while position < stop:
            byte = data[position]
            position += 1
            delta = byte & 0x7F
            while byte & 0x80:
                byte = data[position]
                position += 1
                delta = delta << 7 | byte & 0x7F
                if delta > _LARGEST_LENGTH:
                    raise ValueError(f"a time of more than four bytes at byte {position}")
            tick += delta
            status = data[position]
            if status & 0x80:
                position += 1
            else:
                status = running
            kind = status & 0xF0
            if kind == 0x90:
                running = status
                if data[position + 1]:  # velocity 0 is a note-off
                    row = (tick, data[position], data[position + 1], status & 0x0F)
                    notes.append(row)
                    if (row[1] | row[2]) & 0x80:
                        raise ValueError(f"data byte over 127 at byte {position}")
                position += 2
            elif kind == 0xB0:
                running = status
                row = (tick, data[position], data[position + 1], status & 0x0F)
                controllers.append(row)
                if (row[1] | row[2]) & 0x80:
                    raise ValueError(f"data byte over 127 at byte {position}")
                position += 2
            elif status < 0x80:
                raise ValueError(f"data byte {data[position]:#04x} without a status at {position}")
            elif kind < 0xF0:
                running = status
                position += _DATA_BYTES[kind]
            else:
                is_end = status == 0xFF and data[position] == _END_OF_TRACK
                position = _read_system_event(data, position, status, tick, tracks)
                if is_end and position <= stop:
                    has_ended = True
                    if to_its_end or data[position : position + 4] == b"MTrk":
                        return position, True
    except IndexError:
        raise ValueError(f"truncated MIDI file: the event at byte {position} has no end") from None
    if position != stop:
        raise ValueError(f"damaged MIDI track: its last event ends at {position}, not at {stop}")
    return position, has_ended


def _read_system_event(data: bytes, position: int, status: int, tick: int, tracks: _Tracks) -> int:
    if status == 0xFF:
        meta = data[position]
        position += 1
    elif status in (0xF0, 0xF7):
        meta = None
    else:
        raise ValueError(f"status {status:#04x} at byte {position - 1} has no place in a file")
    length = 0
    while True:
        byte = data[position]
        position += 1
        length = length << 7 | byte & 0x7F
        if length > _LARGEST_LENGTH:
            raise ValueError(f"a length of more than four bytes at byte {position}")
        if not byte & 0x80:
            break
    payload = data[position : position + length]
    if len(payload) != length:
        raise ValueError(f"truncated MIDI file: a text at byte {position} claims {length} bytes")
    if meta == _SET_TEMPO and length == 3:
        tracks.tempos.append((tick, int.from_bytes(payload)))
    elif meta == _TIME_SIGNATURE and length >= 2:
        if payload[0] == 0 or payload[1] > 7:
            raise ValueError(f"a meter of {payload[0]}/2^{payload[1]} at byte {position}")
        tracks.meters.append((tick, payload[0], 1 << payload[1]))
    elif meta == _INSTRUMENT_NAME:
        tracks.instrument_names.append(payload.decode("utf-8", "backslashreplace"))
    return position + length


def tick_seconds(midi: MidiFile, ticks: np.ndarray) -> np.ndarray:
    """Seconds from the file's start of each tick, through every tempo change before it.

    Parameters
    ----------
    ticks : np.ndarray, shape (n,), int

    Returns
    -------
    seconds : np.ndarray, shape (n,), float

    Examples
    --------
    Two quarter notes at 120 a minute, the third at 60:

    >>> tempos = [(0, 500_000), (960, 1_000_000)]
    >>> midi = MidiFile(480, [], [], tempos, meters=[], instrument_names=[])
    >>> tick_seconds(midi, np.array([0, 480, 960, 1440])).tolist()
    [0.0, 0.5, 1.0, 2.0]
    """
    starts, tempos = _segments(midi.tempos, (DEFAULT_TEMPO,))
    seconds_per_tick = tempos[:, 0] / (1e6 * midi.ticks_per_quarter)
    origins = np.concatenate([[0.0], np.cumsum(np.diff(starts) * seconds_per_tick[:-1])])
    segment = np.searchsorted(starts, ticks, side="right") - 1
    return origins[segment] + (ticks - starts[segment]) * seconds_per_tick[segment]


def tempos_at(midi: MidiFile, ticks: np.ndarray) -> np.ndarray:
    """Tempo in quarter notes per minute at each tick, shape (n,); NaN where a tempo is 0.

    Examples
    --------
    The tempo that starts at tick 960 holds from that tick on:

    >>> tempos = [(0, 500_000), (960, 1_000_000)]
    >>> midi = MidiFile(480, [], [], tempos, meters=[], instrument_names=[])
    >>> tempos_at(midi, np.array([0, 959, 960])).tolist()
    [120.0, 120.0, 60.0]
    """
    starts, tempos = _segments(midi.tempos, (DEFAULT_TEMPO,))
    tempo = tempos[np.searchsorted(starts, ticks, side="right") - 1, 0].astype(float)
    return 60e6 / np.where(tempo > 0, tempo, np.nan)


def bars_and_beats(midi: MidiFile, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each tick stands in the music.

    A change of meter within a bar begins a new bar, as notation programs read it.

    Returns
    -------
    bars : np.ndarray, shape (n,), int
        Counted from 1.
    beats : np.ndarray, shape (n,), float
        Position in the bar in units of the meter's denominator, from 1.
    meters : np.ndarray, shape (n,), str
        Such as ``6/8``.

    Examples
    --------
    A bar of four quarter notes, then bars of six eighths:

    >>> meters = [(0, 4, 4), (1920, 6, 8)]
    >>> midi = MidiFile(480, [], [], tempos=[], meters=meters, instrument_names=[])
    >>> bars, beats, meters = bars_and_beats(midi, np.array([0, 720, 1920, 2160]))
    >>> bars.tolist(), beats.tolist(), meters.tolist()
    ([1, 1, 2, 2], [1.0, 2.5, 1.0, 2.0], ['4/4', '4/4', '6/8', '6/8'])
    """
    starts, meters = _segments(midi.meters, DEFAULT_METER)
    beat_ticks = midi.ticks_per_quarter * 4 / meters[:, 1]
    bar_ticks = beat_ticks * np.maximum(meters[:, 0], 1)
    first_bars = np.concatenate([[0], np.cumsum(np.ceil(np.diff(starts) / bar_ticks[:-1]))])
    segment = np.searchsorted(starts, ticks, side="right") - 1
    offset = ticks - starts[segment]
    bars = 1 + first_bars[segment] + offset // bar_ticks[segment]
    beats = 1 + offset % bar_ticks[segment] / beat_ticks[segment]
    names = np.array([f"{numerator}/{denominator}" for numerator, denominator in meters])
    return bars.astype(np.int32), beats, names[segment]


def controller_at(midi: MidiFile, controller: int, ticks: np.ndarray) -> np.ndarray:
    """Value 0 to 127 of a controller in force at each tick, shape (n,); NaN before its first.

    Examples
    --------
    The hi-hat pedal, controller 4, is pressed down at tick 480:

    >>> pedal = np.array([[100, 4, 0, 9], [480, 4, 127, 9]])
    >>> midi = MidiFile(480, [], pedal, tempos=[], meters=[], instrument_names=[])
    >>> controller_at(midi, 4, np.array([0, 240, 480])).tolist()
    [nan, 0.0, 127.0]
    """
    changes = midi.controllers[midi.controllers[:, 1] == controller]
    if len(changes) == 0:
        return np.full(len(ticks), np.nan)
    latest = np.searchsorted(changes[:, 0], ticks, side="right") - 1
    return np.where(latest < 0, np.nan, changes[latest, 2])


def _segments(changes: list[tuple], default: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Start ticks and values of the stretches between changes; the last change of a tick holds."""
    values = {0: default} | {change[0]: change[1:] for change in changes}
    ticks = sorted(values)
    return np.array(ticks, dtype=np.int64), np.array([values[tick] for tick in ticks])
