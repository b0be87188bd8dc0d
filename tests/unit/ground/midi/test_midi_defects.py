"""What is wrong around notes that are right costs none of them, and is named."""

import io

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.midi.midi_file import parse_midi, tempos_at, tick_seconds
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.taxonomy import LabelMap, Stroke

KIT = LabelMap("kit", {"36": Stroke("kick")}, drops={})
END = b"\x00\xff\x2f\x00"


def midi_bytes(*tracks, division=b"\x01\xe0", midi_type=1, n_tracks=None):
    """A file of raw track bodies; 480 ticks a quarter unless told otherwise."""
    n_tracks = len(tracks) if n_tracks is None else n_tracks
    header = (6).to_bytes(4) + midi_type.to_bytes(2) + n_tracks.to_bytes(2) + division
    return b"MThd" + header + b"".join(map(chunk, tracks))


def chunk(body, name=b"MTrk"):
    return name + len(body).to_bytes(4) + body


def stroke(note=36, velocity=100, delta=96):
    """A note of one tick, in channel 10."""
    on = bytes([delta, 0x99, note, velocity])
    return on + bytes([1, 0x89, note, 64])


def meta(kind, payload):
    return bytes([0, 0xFF, kind, len(payload)]) + payload


def strokes_around(events, end=END):
    """Two strokes, `events` before the first and between them."""
    return midi_bytes(events + stroke() + events + stroke() + end)


WHOLE = midi_bytes(stroke() + stroke() + END)

DEFECTS = {
    "a meter of 2/2^33": (strokes_around(meta(0x58, b"\x02\x21\x18\x08")), {"bad_meter": 2}),
    "a meter of 0/4": (strokes_around(meta(0x58, b"\x00\x02\x18\x08")), {"bad_meter": 2}),
    "half a meter": (strokes_around(meta(0x58, b"\x04")), {"bad_meter": 2}),
    "a tempo of 0": (strokes_around(meta(0x51, bytes(3))), {"bad_tempo": 2}),
    "a tempo of 1 us": (strokes_around(meta(0x51, b"\x00\x00\x01")), {"bad_tempo": 2}),
    "1,001 a minute": (strokes_around(meta(0x51, (59_940).to_bytes(3))), {"bad_tempo": 2}),
    "a tempo of hours": (strokes_around(meta(0x51, b"\x03\x00\x00\x00\x00")), {"bad_tempo": 2}),
    "a tempo of two bytes": (strokes_around(meta(0x51, b"\x07\xa1")), {"bad_tempo": 2}),
    "nine sharps": (strokes_around(meta(0x59, b"\x09\x00")), {"bad_key_signature": 2}),
    "neither major nor minor": (strokes_around(meta(0x59, b"\xff\x02")), {"bad_key_signature": 2}),
    "a key of nothing": (strokes_around(meta(0x59, b"")), {"bad_key_signature": 2}),
    "a text in Latin-1": (strokes_around(meta(0x01, b"caf\xe9")), {"text_not_utf8": 2}),
    "a name of any bytes": (strokes_around(meta(0x03, b"\x80\xff")), {"text_not_utf8": 2}),
    "clock on the wire": (strokes_around(b"\x00\xf8\x00\xfe"), {"system_message": 4}),
    "end of track missing": (strokes_around(b"", end=b""), {"end_of_track_missing": 1}),
    "end of track too early": (
        midi_bytes(stroke() + END + stroke()),
        {"events_after_end_of_track": 1},
    ),
    "running status after a text": (
        midi_bytes(stroke()[:4] + meta(0x01, b"a") + b"\x61\x24\x64" + END),
        {"running_status_after_meta": 1, "note_off_missing": 1},
    ),
    "note-offs missing": (
        midi_bytes(stroke()[:4] + b"\x01" + stroke(note=38, delta=96)[1:4] + END),
        {"note_off_missing": 2},
    ),
    "an unknown chunk before": (
        WHOLE[:14] + chunk(b"anything", b"XFIH") + WHOLE[14:],
        {"unknown_chunk": 1},
    ),
    "an unknown chunk between": (
        midi_bytes(stroke() + END, n_tracks=2)
        + chunk(b"", b"XFKM")
        + chunk(b"\x61" + stroke()[1:] + END),
        {"unknown_chunk": 1},
    ),
    "a track more than stated": (
        midi_bytes(stroke() + END, b"\x61" + stroke()[1:] + END, n_tracks=1),
        {"tracks_not_as_stated": 1},
    ),
    "two tracks of type 0": (
        midi_bytes(stroke() + END, b"\x61" + stroke()[1:] + END, midi_type=0),
        {"tracks_not_as_stated": 1},
    ),
    "a track longer than stated": (
        WHOLE[:18] + (4).to_bytes(4) + WHOLE[22:],
        {"track_length_not_as_stated": 1},
    ),
    "a track shorter than stated": (
        WHOLE[:18] + (4000).to_bytes(4) + WHOLE[22:],
        {"track_length_not_as_stated": 1},
    ),
    "bytes after the tracks": (WHOLE + b"\x00\x00", {"bytes_after_tracks": 1}),
}


@pytest.mark.parametrize("kind", DEFECTS)
def test_what_is_wrong_around_two_strokes_costs_neither_and_is_named(kind):
    data, defects = DEFECTS[kind]
    midi = parse_midi(data)
    assert midi.defects == defects
    assert midi.notes[:, 2].tolist() == [100, 100]
    assert tempos_at(midi, midi.notes[:, 0]).tolist() == [120.0, 120.0]
    hits = read_midi_hits("a.mid", data, KIT)
    assert hits["flags"] == defects
    assert hits["meter"].tolist() == ["4/4", "4/4"]
    assert len(hits["onset"]) == 2


@pytest.mark.parametrize(("micros", "tempo"), [(60_000, 1000.0), (2**24 - 1, 60e6 / (2**24 - 1))])
def test_the_fastest_and_the_slowest_tempo_that_can_be_are_followed(micros, tempo):
    data = strokes_around(meta(0x51, micros.to_bytes(3)))
    hits = read_midi_hits("a.mid", data, KIT)
    assert hits["flags"] == {}
    assert hits["tempo_bpm"].tolist() == [tempo, tempo]
    assert hits["onset"].tolist() == pytest.approx([micros / 5e6, 193 * micros / 480e6])


def test_a_file_without_defects_has_none():
    assert parse_midi(WHOLE).defects == {}
    assert read_midi_hits("a.mid", WHOLE, KIT)["flags"] == {}


@pytest.mark.parametrize(
    ("division", "ticks_per_second"),
    [
        pytest.param(b"\xe7\x28", 1000.0, id="25 frames of 40 ticks"),
        pytest.param(b"\xe8\x50", 1920.0, id="24 frames of 80 ticks"),
        pytest.param(b"\xe3\x64", 3_000_000 / 1001, id="29.97 frames of 100 ticks"),
        pytest.param(b"\xe2\x04", 120.0, id="30 frames of 4 ticks"),
    ],
)
def test_smpte_time_is_a_clock_without_beats(division, ticks_per_second):
    tempo = meta(0x51, b"\x01\x00\x00")  # which means nothing there
    data = midi_bytes(tempo + stroke() + stroke() + END, division=division)
    midi = parse_midi(data)
    assert midi.defects == {"smpte_time": 1}
    seconds = np.array([96, 193]) / ticks_per_second
    assert tick_seconds(midi, midi.notes[:, 0]) == pytest.approx(seconds, abs=1e-12)
    hits = read_midi_hits("a.mid", data, KIT)
    assert hits["onset"] == pytest.approx(seconds, abs=1e-12)
    assert not hits.keys() & {"tempo_bpm", "bar", "beat", "meter"}


def test_the_last_meter_and_tempo_that_can_be_hold_on():
    good = meta(0x58, b"\x03\x02\x18\x08") + meta(0x51, b"\x0f\x42\x40")  # 3/4, 60 a minute
    bad = meta(0x58, b"\x00\x02\x18\x08") + meta(0x51, bytes(3))
    hits = read_midi_hits("a.mid", midi_bytes(good + stroke() + bad + stroke() + END), KIT)
    assert hits["meter"].tolist() == ["3/4", "3/4"]
    assert hits["tempo_bpm"].tolist() == [60.0, 60.0]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(WHOLE[:-7], id="cut short"),
        pytest.param(midi_bytes(stroke() + END, n_tracks=2), id="a track that is not there"),
        pytest.param(strokes_around(b"\x00\xf3\x01"), id="a status of the wire with data"),
        pytest.param(strokes_around(b"\x00\x99\x24\xc0"), id="a data byte over 127"),
    ],
)
def test_what_may_lack_strokes_is_refused(data):
    with pytest.raises(UnusableFile, match="unreadable_midi"):
        read_midi_hits("a.mid", data, KIT)


AROUND = st.sampled_from(
    [
        *(meta(0x58, bytes(meter)) for meter in ([0, 2], [2, 33], [4], [3, 2, 24, 8])),
        *(meta(0x59, bytes(key)) for key in ([9, 0], [0, 0], [])),
        *(meta(0x51, tempo) for tempo in (bytes(3), b"\x01", b"")),
        *(meta(0x04, name) for name in (b"\xff", b"kit")),
        b"\x00\xf8",
        b"\x00\xf0\x02\x01\xf7",
        b"",
    ]
)
NOTES = st.lists(st.tuples(st.integers(0, 127), st.integers(0, 127), AROUND), min_size=1)


@settings(deadline=None, max_examples=200)
@given(st.lists(NOTES, min_size=1, max_size=3), st.booleans())
def test_no_note_is_lost_whatever_stands_between_them(tracks, has_end):
    clean, bodies = mido.MidiFile(type=1, ticks_per_beat=480), []
    for notes in tracks:
        clean.tracks.append(mido.MidiTrack())
        body = b""
        for note, velocity, around in notes:
            body += around + stroke(note, velocity)
            for kind, value, time in (("note_on", velocity, 96), ("note_off", 64, 1)):
                message = mido.Message(kind, channel=9, note=note, velocity=value, time=time)
                clean.tracks[-1].append(message)
        bodies.append(body + END * has_end)
    buffer = io.BytesIO()
    clean.save(file=buffer)
    data = midi_bytes(*bodies)
    found, expected = parse_midi(data), parse_midi(buffer.getvalue())
    assert found.notes.tolist() == expected.notes.tolist()
    assert tick_seconds(found, found.notes[:, 0]).tolist() == (
        tick_seconds(expected, expected.notes[:, 0]).tolist()
    )
    played = [m for m in mido.MidiFile(file=io.BytesIO(buffer.getvalue())) if m.type == "note_on"]
    assert len(found.notes) == sum(message.velocity > 0 for message in played)
