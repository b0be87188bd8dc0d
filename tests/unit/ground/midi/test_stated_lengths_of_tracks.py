"""The length that a track's chunk states, and the one of its events."""

import struct

import pytest

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.midi.midi_file import parse_midi
from drumcorpus.ground.midi.midi_hits import read_midi_hits

END = b"\x00\xff\x2f\x00"


def notes(*numbers):
    return b"".join(b"\x0a\x99" + bytes([number, 100]) for number in numbers)


def chunk(body, stated=None, name=b"MTrk"):
    return name + struct.pack(">I", len(body) if stated is None else stated) + body


def midi(*chunks, n_tracks=None):
    head = struct.pack(">IHHH", 6, 1, len(chunks) if n_tracks is None else n_tracks, 480)
    return b"MThd" + head + b"".join(chunks)


def numbers_of(data):
    return sorted(parse_midi(data).notes[:, 1].tolist())


FIRST, SECOND = notes(36, 38) + END, notes(42) + END
WRONG = {
    "nothing": 0,
    "one byte": 1,
    "an event less": len(FIRST) - 4,
    "a byte less": len(FIRST) - 1,
    "a byte more": len(FIRST) + 1,
    "up to within the next track": len(FIRST) + 8 + 3,
    "the whole of the next track": len(FIRST) + 8 + len(SECOND),
    "more than the file": 100_000,
    "the most": 0xFFFFFFFF,
    "the most with sign": 0x7FFFFFFF,
}


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_a_track_ends_at_its_end_of_track_whatever_its_chunk_states(kind):
    first = chunk(FIRST, WRONG[kind])
    assert numbers_of(midi(first, chunk(SECOND))) == [36, 38, 42]
    assert numbers_of(midi(chunk(SECOND), first)) == [36, 38, 42]
    assert numbers_of(midi(first)) == [36, 38]


@pytest.mark.parametrize("stated", [0, 5, 100_000, 0xFFFFFFFF])
def test_a_track_without_an_end_is_truncated_where_its_length_is_wrong(stated):
    with pytest.raises(ValueError, match="MIDI"):
        parse_midi(midi(chunk(notes(36, 38), stated)))


def test_a_track_without_an_end_is_read_where_its_length_is_right():
    assert numbers_of(midi(chunk(notes(36, 38)))) == [36, 38]


def test_chunks_of_other_names_are_skipped_by_their_length():
    alien = chunk(b"\x00\x99\x24\x40" * 5, name=b"XFIH")
    assert numbers_of(midi(alien, chunk(FIRST), alien, chunk(SECOND), n_tracks=2)) == [36, 38, 42]


@pytest.mark.parametrize("stated", [0, 5])
def test_a_header_that_states_less_than_its_fields_has_them_all_the_same(stated):
    data = bytearray(midi(chunk(FIRST)))
    data[4:8] = stated.to_bytes(4)
    assert numbers_of(bytes(data)) == [36, 38]


def test_a_file_cut_in_its_last_track_is_refused_at_every_byte():
    data = midi(chunk(FIRST), chunk(SECOND))
    for n_bytes in range(len(data)):
        with pytest.raises(ValueError, match="MIDI"):
            parse_midi(data[:n_bytes])


FAR = b"\xff\xff\xff\x7f\xff\x01\x00"  # the longest time between two events, and a text of nothing
LATE = b"\xbd\x84\x40\xff\x01\x00"  # a million ticks
FASTEST = b"\x00\xff\x51\x03\x00\xea\x60"  # a thousand quarters a minute
SHORTEST = b"\x00\xff\x58\x04\x01\x07\x18\x08"  # bars of a 128th


@pytest.mark.parametrize(
    ("body", "division", "said"),
    [
        pytest.param(FAR * 9 + FIRST, 480, "2,415,919,1.. ticks; allowed: 2,147", id="ticks"),
        pytest.param(FAR * 7 + FIRST, 1, "a note at .* s; wanted: a time from", id="a day"),
        pytest.param(FASTEST + SHORTEST + LATE + FIRST, 1, "a note in bar .* allowed", id="bars"),
    ],
)
def test_a_note_past_all_time_makes_the_file_unreadable_and_no_double_trigger(
    body, division, said, td11
):
    data = midi(chunk(body))
    data = data[:12] + division.to_bytes(2) + data[14:]
    with pytest.raises(UnusableFile, match=said) as refused:
        read_midi_hits("a.mid", data, td11)
    assert refused.value.reason == "unreadable_midi"


@pytest.mark.parametrize("n_tracks", [9, 100, 5_000])
def test_ends_of_tracks_are_not_sought_through_the_whole_file_again_and_again(n_tracks):
    """Tracks without an end, and between them what is a chunk or an event, as one reads it."""
    unended = [chunk(notes(36)), chunk(b"", 0, name=b"\x00\x90\x24\x40")]
    data = midi(*unended * n_tracks, n_tracks=n_tracks)
    with pytest.raises(ValueError, match="9 tracks, the last at byte 174, end neither"):
        parse_midi(data)


def test_some_tracks_without_an_end_are_read_by_their_length():
    unended = [chunk(notes(36)), chunk(b"", 0, name=b"\x00\x90\x24\x40")]
    assert numbers_of(midi(*unended * 8, n_tracks=8)) == [36] * 8
