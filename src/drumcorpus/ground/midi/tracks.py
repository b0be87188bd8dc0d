"""The bytes of a Standard MIDI file: its tracks, and what is wrong around their notes.

What is wrong around notes that are right costs none of them: it is named and left out. What may
cost notes, a file that ends too early or bytes that cannot be told apart, is refused. Format:
"Standard MIDI Files 1.0", MIDI Manufacturers Association, 1996.
"""

from dataclasses import dataclass, field

from drumcorpus.ground.files.limits import MIDI_BYTES, MIDI_EVENTS, MIDI_TICK
from drumcorpus.ground.files.ranges import TEMPO
from drumcorpus.vocabulary import (
    BAD_KEY_SIGNATURE,
    BAD_METER,
    BAD_TEMPO,
    BAD_TEXT,
    BYTES_AFTER_TRACKS,
    END_OF_TRACK_MISSING,
    EVENTS_AFTER_END_OF_TRACK,
    NOTE_OFF_MISSING,
    SMPTE_TIME,
    STATUS_CANCELLED,
    SYSTEM_MESSAGE,
    TRACK_LENGTH_NOT_AS_STATED,
    TRACKS_NOT_AS_STATED,
    UNKNOWN_CHUNK,
)

# Bytes that follow a channel status, by its upper four bits; program change and channel
# pressure have one.
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_LARGEST_LENGTH = 0x0FFFFFFF  # four bytes of seven bits: the most that the format allows
# Clock, active sensing and the like, of one byte: they have no place in a file, but a recorder that
# writes down all that comes over the wire writes them too.
_REAL_TIME = range(0xF8, 0xFF)
_TEXTS = range(0x01, 0x10)  # meta events that hold text
_INSTRUMENT_NAME, _END_OF_TRACK = 0x04, 0x2F
_SET_TEMPO, _TIME_SIGNATURE, _KEY_SIGNATURE = 0x51, 0x58, 0x59
_LARGEST_DENOMINATOR = 7  # as a power of two: no music counts in 256ths
# Frames a second of SMPTE time by the upper byte of the division; -29 is NTSC with dropped numbers.
_SMPTE_FRAMES = {-24: 24.0, -25: 25.0, -29: 30_000 / 1001, -30: 30.0}
# Tracks read to the end of the file in vain, since they end neither with their length nor with an
# End of Track: a file has one where it is damaged, and each costs a reading of the whole.
_MOST_IN_VAIN = 8
_CANCELLED = 0x100  # beside a running status that a meta or system event has cancelled


@dataclass
class Tracks:
    """Events of all tracks, each track in order; what they are, `midi_file.MidiFile` says."""

    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    controllers: list[tuple[int, int, int, int]] = field(default_factory=list)
    pressures: list[tuple[int, int, int, int]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    instrument_names: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    def take(self, other: "Tracks") -> None:
        """Append what another track holds."""
        for name, rows in vars(other).items():
            getattr(self, name).extend(rows)


def read_tracks(data: bytes) -> tuple[Tracks, int, float | None]:
    """The tracks of a MIDI file of type 0 or 1, its ticks a quarter, and a second in SMPTE time.

    Where the length that a track's chunk states is not that of its events, its End of Track counts:
    a recorder that could not go back leaves any number there. Tracks that the header does not count
    are read too.

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
    ticks_per_second = _smpte_rate(division)
    if division == 0 or (division & 0x8000 and ticks_per_second is None):
        raise ValueError(f"time division {division:#06x} is not in ticks per quarter note")
    tracks, n_tracks, n_read, n_in_vain = Tracks(), int.from_bytes(data[10:12]), 0, 0
    # A length of the header below the six bytes of its fields is none.
    position = 8 + max(header_length, 6)
    while n_read < n_tracks or data[position : position + 4] == b"MTrk":
        start = _next_track(data, position, n_read, n_tracks, tracks.defects)
        track, position, is_in_vain = _track_at(data, start)
        tracks.take(track)
        n_read, n_in_vain = n_read + 1, n_in_vain + is_in_vain
        if n_in_vain > _MOST_IN_VAIN:
            raise ValueError(
                f"damaged MIDI file: {n_in_vain} tracks, the last at byte {start}, end neither "
                f"with their length nor with an End of Track; allowed: {_MOST_IN_VAIN}"
            )
        MIDI_EVENTS.check(sum(map(len, vars(tracks).values())), "MIDI file")
    timed = (tracks.notes, tracks.controllers, tracks.pressures, tracks.tempos, tracks.meters)
    for rows in timed:
        MIDI_TICK.check(max((row[0] for row in rows), default=0), "MIDI file")
    if n_read > (n_tracks if midi_type else 1):
        tracks.defects.append(TRACKS_NOT_AS_STATED)
    if position < len(data):
        tracks.defects.append(BYTES_AFTER_TRACKS)
    if ticks_per_second is not None:
        tracks.defects.append(SMPTE_TIME)
    return tracks, division, ticks_per_second


def _smpte_rate(division: int) -> float | None:
    """Ticks a second of a division in SMPTE time; None for one that is none."""
    frames = _SMPTE_FRAMES.get((division >> 8) - 0x100)
    return frames * (division & 0xFF) if frames and division & 0xFF else None


def _next_track(data: bytes, position: int, n_read: int, n_tracks: int, defects: list[str]) -> int:
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
        defects.append(UNKNOWN_CHUNK)
        position += 8 + length
    raise ValueError(
        f"truncated MIDI file: byte {len(data)} ends it after {n_read} of {n_tracks} tracks"
    )


def _track_at(data: bytes, position: int) -> tuple[Tracks, int, bool]:
    """What the track at a byte holds, the byte after it, and whether its end was sought in vain.

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
        track = Tracks()
        try:
            end, has_ended = _read_track(data, start, stop, track)
        except ValueError as error:
            problem = error
        else:
            if has_ended or stop == len(data) or data[stop : stop + 4].isalpha():
                if end != stop:
                    track.defects.append(TRACK_LENGTH_NOT_AS_STATED)
                return track, end, False
    unstated = Tracks()
    try:
        end, has_ended = _read_track(data, start, len(data), unstated, to_its_end=True)
    except ValueError:
        has_ended = False
    if has_ended:
        unstated.defects.append(TRACK_LENGTH_NOT_AS_STATED)
        return unstated, end, False
    if problem is None and length > 0:
        return track, stop, True
    if problem is None:
        problem = ValueError(f"truncated MIDI file: the track at byte {position} has no end")
    raise problem


def _read_track(
    data: bytes, position: int, stop: int, tracks: Tracks, *, to_its_end: bool = False
) -> tuple[int, bool]:
    """Append the events of one track; the hot loop of ingestion, hence written flat.

    Returns the byte after it, and whether it has come to its End of Track. What stands behind that
    is read up to `stop`, as sequencers do, unless it is another track or `to_its_end` is set.
    """
    notes, controllers = tracks.notes, tracks.controllers
    tick, running, has_ended, end = 0, 0, False, stop
    sounding: set[tuple[int, int]] = set()  # channel and note
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
                if status & _CANCELLED:
                    tracks.defects.append(STATUS_CANCELLED)
                    status = running = status & 0xFF
            kind = status & 0xF0
            if kind == 0x90:
                running = status
                if data[position + 1]:  # velocity 0 is a note-off
                    row = (tick, data[position], data[position + 1], status & 0x0F)
                    notes.append(row)
                    if (row[1] | row[2]) & 0x80:
                        raise ValueError(f"data byte over 127 at byte {position}")
                    sounding.add((row[3], row[1]))
                else:
                    sounding.discard((status & 0x0F, data[position]))
                position += 2
            elif kind == 0x80:
                running = status
                sounding.discard((status & 0x0F, data[position]))
                position += 2
            elif kind == 0xB0:
                running = status
                row = (tick, data[position], data[position + 1], status & 0x0F)
                controllers.append(row)
                if (row[1] | row[2]) & 0x80:
                    raise ValueError(f"data byte over 127 at byte {position}")
                position += 2
            elif kind == 0xA0:
                running = status
                row = (tick, data[position], data[position + 1], status & 0x0F)
                if not (row[1] | row[2]) & 0x80:  # no note rests on it
                    tracks.pressures.append(row)
                position += 2
            elif status < 0x80:
                raise ValueError(f"data byte {data[position]:#04x} without a status at {position}")
            elif kind < 0xF0:
                running = status
                position += _DATA_BYTES[kind]
            else:
                running |= _CANCELLED
                is_end = status == 0xFF and data[position] == _END_OF_TRACK
                position = _read_system_event(data, position, status, tick, tracks)
                if is_end and position <= stop:
                    has_ended, end = True, position
                    if to_its_end or data[position : position + 4] == b"MTrk":
                        stop = position
    except IndexError:
        raise ValueError(f"truncated MIDI file: the event at byte {position} has no end") from None
    if position != stop:
        raise ValueError(f"damaged MIDI track: its last event ends at {position}, not at {stop}")
    tracks.defects += [NOTE_OFF_MISSING] * len(sounding)
    if not has_ended:
        tracks.defects.append(END_OF_TRACK_MISSING)
    elif end != position:
        tracks.defects.append(EVENTS_AFTER_END_OF_TRACK)
    return position, has_ended


def _read_system_event(data: bytes, position: int, status: int, tick: int, tracks: Tracks) -> int:
    if status == 0xFF:
        meta = data[position]
        position += 1
    elif status in (0xF0, 0xF7):
        meta = None
    elif status in _REAL_TIME:
        tracks.defects.append(SYSTEM_MESSAGE)
        return position
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
    if meta is not None:
        _read_meta(meta, payload, tick, tracks)
    return position + length


def _read_meta(meta: int, payload: bytes, tick: int, tracks: Tracks) -> None:
    """Take a meta event; what it cannot mean is named, and changes nothing."""
    if meta == _SET_TEMPO:
        tempo = int.from_bytes(payload)
        # Three bytes of microseconds a quarter hold nothing slower than 3.6 quarters a minute.
        if len(payload) == 3 and TEMPO.low * tempo <= 60e6 <= TEMPO.high * tempo:
            tracks.tempos.append((tick, tempo))
        else:
            tracks.defects.append(BAD_TEMPO)
    elif meta == _TIME_SIGNATURE:
        if len(payload) >= 2 and payload[0] > 0 and payload[1] <= _LARGEST_DENOMINATOR:
            tracks.meters.append((tick, payload[0], 1 << payload[1]))
        else:
            tracks.defects.append(BAD_METER)
    elif meta == _KEY_SIGNATURE:
        # Seven flats to seven sharps, major or minor; nothing here rests on it.
        sharps = int.from_bytes(payload[:1], signed=True)
        if len(payload) != 2 or abs(sharps) > 7 or payload[1] > 1:
            tracks.defects.append(BAD_KEY_SIGNATURE)
    elif meta in _TEXTS:
        text = payload.decode("utf-8", "backslashreplace")
        if text.encode() != payload:
            tracks.defects.append(BAD_TEXT)
        if meta == _INSTRUMENT_NAME:
            tracks.instrument_names.append(text)
