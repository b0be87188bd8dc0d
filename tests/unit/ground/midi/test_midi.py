"""The MIDI parser, held to mido's own clock and to the text of the standard."""

import io
import time
from fractions import Fraction

import mido
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drumcorpus.ground.midi.midi_file import (
    MidiFile,
    bars_and_beats,
    controller_at,
    parse_midi,
    tempos_at,
    tick_seconds,
)

MICROSECOND = 1e-6


def midi_bytes(*tracks, ticks_per_quarter=480, midi_type=1):
    """A MIDI file of raw track bodies."""
    header = (6).to_bytes(4) + midi_type.to_bytes(2) + len(tracks).to_bytes(2)
    chunks = [b"MTrk" + len(track).to_bytes(4) + track for track in tracks]
    return b"MThd" + header + ticks_per_quarter.to_bytes(2) + b"".join(chunks)


def saved(file: mido.MidiFile) -> bytes:
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def music(*, ticks_per_quarter=480, meters=(), tempos=(), controllers=()):
    """What the parser would give for a file of these changes and no note."""
    return MidiFile(
        ticks_per_quarter,
        np.zeros((0, 4), np.int64),
        np.array(controllers, dtype=np.int64).reshape(-1, 4),
        list(tempos),
        list(meters),
        [],
    )


def mido_playback(data: bytes):
    """(seconds, message) of everything mido plays, on the clock that mido plays it by."""
    now, played = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(data)):
        now += message.time
        played.append((now, message))
    return played


data_byte = st.integers(0, 127)
channel = st.integers(0, 15)
text = st.text(st.characters(max_codepoint=255), max_size=20)
performed = st.one_of(
    st.builds(
        mido.Message, st.just("note_on"), note=data_byte, velocity=data_byte, channel=channel
    ),
    st.builds(mido.Message, st.just("note_on"), note=data_byte, velocity=st.just(0)),
    st.builds(mido.Message, st.just("note_off"), note=data_byte, velocity=data_byte),
    st.builds(mido.Message, st.just("control_change"), control=data_byte, value=data_byte),
    st.builds(mido.Message, st.just("program_change"), program=data_byte, channel=channel),
    st.builds(mido.Message, st.just("aftertouch"), value=data_byte, channel=channel),
    st.builds(mido.Message, st.just("polytouch"), note=data_byte, value=data_byte),
    st.builds(mido.Message, st.just("pitchwheel"), pitch=st.integers(-8192, 8191)),
    st.builds(mido.Message, st.just("sysex"), data=st.lists(data_byte, max_size=300)),
    st.builds(mido.MetaMessage, st.just("text"), text=text),
    st.builds(mido.MetaMessage, st.just("track_name"), name=text),
    st.builds(mido.MetaMessage, st.just("set_tempo"), tempo=st.integers(60_000, 2**24 - 1)),
    st.builds(
        mido.MetaMessage,
        st.just("time_signature"),
        numerator=st.integers(1, 32),
        denominator=st.sampled_from([1, 2, 4, 8, 16, 32]),
    ),
)
delta = st.one_of(st.just(0), st.integers(0, 2000), st.integers(0, 2**20))
track = st.lists(st.tuples(performed, delta), max_size=25)


@st.composite
def midi_files(draw):
    """A mido file of type 0 or 1 with anything in any track."""
    midi_type = draw(st.integers(0, 1))
    tracks = draw(st.lists(track, min_size=1, max_size=1 if midi_type == 0 else 4))
    file = mido.MidiFile(
        type=midi_type, ticks_per_beat=draw(st.integers(1, 0x7FFF)), charset="latin1"
    )
    for messages in tracks:
        file.tracks.append(mido.MidiTrack(message.copy(time=time) for message, time in messages))
    return file


def running_status(data: bytes) -> bytes:
    """The same file with every status byte left out that the standard lets one leave out."""
    file = mido.MidiFile(file=io.BytesIO(data))
    bodies = []
    for messages in file.tracks:
        body, last = bytearray(), None
        for message in messages:
            body += variable_length(message.time)
            encoded = bytes(message.bytes())
            if message.is_meta:
                body += encoded
                last = None
            elif message.type == "sysex":
                body += b"\xf0" + variable_length(len(encoded) - 1) + encoded[1:]
                last = None
            else:
                body += encoded[1:] if encoded[0] == last else encoded
                last = encoded[0]
        bodies.append(bytes(body))
    return midi_bytes(*bodies, ticks_per_quarter=file.ticks_per_beat, midi_type=file.type)


def variable_length(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.insert(0, value & 0x7F | 0x80)
    return bytes(digits)


def assert_same_as_mido(data: bytes):
    midi = parse_midi(data)
    played = mido_playback(data)
    struck = [(at, m) for at, m in played if m.type == "note_on" and m.velocity > 0]
    turned = [(at, m) for at, m in played if m.type == "control_change"]
    seconds = tick_seconds(midi, midi.notes[:, 0])
    np.testing.assert_allclose(seconds, [at for at, _ in struck], rtol=1e-13, atol=MICROSECOND)
    assert midi.notes[:, 1:].tolist() == [[m.note, m.velocity, m.channel] for _, m in struck]
    turns = tick_seconds(midi, midi.controllers[:, 0])
    np.testing.assert_allclose(turns, [at for at, _ in turned], rtol=1e-13, atol=MICROSECOND)
    assert midi.controllers[:, 1:].tolist() == [[m.control, m.value, m.channel] for _, m in turned]
    pressed = [(at, m) for at, m in played if m.type == "polytouch"]
    presses = tick_seconds(midi, midi.pressures[:, 0])
    np.testing.assert_allclose(presses, [at for at, _ in pressed], rtol=1e-13, atol=MICROSECOND)
    assert midi.pressures[:, 1:].tolist() == [[m.note, m.value, m.channel] for _, m in pressed]


@settings(deadline=None, max_examples=150)
@given(midi_files())
def test_every_note_and_controller_stands_where_mido_plays_it(file):
    assert_same_as_mido(saved(file))


@settings(deadline=None, max_examples=60)
@given(midi_files())
def test_running_status_changes_nothing(file):
    data = saved(file)
    short = running_status(data)
    assert_same_as_mido(short)
    assert parse_midi(short).notes.tolist() == parse_midi(data).notes.tolist()
    assert parse_midi(short).controllers.tolist() == parse_midi(data).controllers.tolist()


@settings(deadline=None, max_examples=60)
@given(midi_files())
def test_tempo_and_meter_of_every_note_are_the_last_ones_sent_before_it(file):
    data = saved(file)
    midi = parse_midi(data)
    tick, tempos, meters = 0, {0: 500_000}, {0: "4/4"}
    for message in mido.merge_tracks(mido.MidiFile(file=io.BytesIO(data)).tracks):
        tick += message.time
        if message.type == "set_tempo":
            tempos[tick] = message.tempo
        if message.type == "time_signature":
            meters[tick] = f"{message.numerator}/{message.denominator}"
    ticks = midi.notes[:, 0].tolist()
    in_force = [tempos[max(t for t in tempos if t <= tick)] for tick in ticks]
    found = tempos_at(midi, midi.notes[:, 0])
    np.testing.assert_allclose(found, [60e6 / tempo for tempo in in_force], rtol=1e-12)
    named = [meters[max(t for t in meters if t <= tick)] for tick in ticks]
    assert bars_and_beats(midi, midi.notes[:, 0])[2].tolist() == named


def test_a_tempo_change_in_a_later_track_moves_the_notes_of_an_earlier_one():
    notes = b"\x00\x99\x24\x40" + b"\x87\x40\x24\x41"  # ticks 0 and 960, running status
    tempo = b"\x83\x60\xff\x51\x03\x0f\x42\x40"  # at tick 480: 1 s per quarter
    midi = parse_midi(midi_bytes(notes, tempo))
    assert tick_seconds(midi, midi.notes[:, 0]).tolist() == [0.0, 1.5]
    assert tempos_at(midi, midi.notes[:, 0]).tolist() == [120.0, 60.0]
    assert midi.notes.tolist() == [[0, 36, 64, 9], [960, 36, 65, 9]]


def test_of_two_tempos_on_one_tick_the_last_one_holds():
    tempos = b"\x00\xff\x51\x03\x0f\x42\x40" + b"\x00\xff\x51\x03\x07\xa1\x20"
    midi = parse_midi(midi_bytes(tempos + b"\x83\x60\x99\x24\x40"))
    assert tick_seconds(midi, midi.notes[:, 0]).tolist() == [0.5]


def test_a_tempo_of_zero_stops_the_clock_and_has_no_beats_a_minute():
    midi = music(tempos=[(0, 0), (480, 500_000)])
    assert tick_seconds(midi, np.array([0, 480, 960])).tolist() == [0.0, 0.0, 0.5]
    assert np.isnan(tempos_at(midi, np.array([0]))).all()
    assert tempos_at(midi, np.array([480])).tolist() == [120.0]


def test_ten_hours_of_tempo_changes_drift_less_than_a_microsecond():
    changes = [(480 * beat, 400_000 + beat % 7919) for beat in range(72_000)]
    midi = music(tempos=changes)
    exact = sum(Fraction(tempo, 1_000_000) for _, tempo in changes)
    last = tick_seconds(midi, np.array([480 * 72_000]))[0]
    assert abs(Fraction(last) - exact) < Fraction(1, 1_000_000)


def test_a_note_on_of_velocity_zero_is_no_stroke():
    midi = parse_midi(midi_bytes(b"\x00\x99\x24\x40\x10\x24\x00\x10\x24\x01"))
    assert midi.notes[:, [0, 2]].tolist() == [[0, 64], [32, 1]]


def test_instrument_names_are_read_and_foreign_letters_stay_visible():
    name = b"\x00\xff\x04\x08Brooklyn" + b"\x00\xff\x04\x02\xe9!"
    assert parse_midi(midi_bytes(name)).instrument_names == ["Brooklyn", "\\xe9!"]


def test_chunks_of_other_names_are_skipped():
    data = midi_bytes(b"\x00\x99\x24\x40")
    alien = data[:14] + b"XFIH" + (5).to_bytes(4) + b"hello" + data[14:]
    assert parse_midi(alien).notes.tolist() == [[0, 36, 64, 9]]


def test_a_longer_header_is_skipped_to_its_end():
    data = midi_bytes(b"\x00\x99\x24\x40")
    longer = data[:4] + (10).to_bytes(4) + data[8:14] + b"more" + data[14:]
    assert parse_midi(longer).notes.tolist() == [[0, 36, 64, 9]]


def test_what_follows_the_last_track_is_not_read():
    data = midi_bytes(b"\x00\x99\x24\x40")
    assert parse_midi(data + b"\x00garbage").notes.tolist() == [[0, 36, 64, 9]]


def test_a_file_of_no_track_holds_nothing():
    midi = parse_midi(midi_bytes())
    assert midi.notes.shape == (0, 4)
    assert midi.controllers.shape == (0, 4)
    assert tick_seconds(midi, midi.notes[:, 0]).tolist() == []
    assert [values.tolist() for values in bars_and_beats(midi, midi.notes[:, 0])] == [[], [], []]


class TestBarsAndBeats:
    def where(self, midi, ticks):
        bars, beats, meters = bars_and_beats(midi, np.array(ticks))
        return list(zip(bars.tolist(), beats.tolist(), meters.tolist(), strict=True))

    def test_without_a_meter_bars_have_four_quarters(self):
        assert self.where(music(), [0, 240, 1919, 1920]) == [
            (1, 1.0, "4/4"),
            (1, 1.5, "4/4"),
            (1, 1 + 1919 / 480, "4/4"),
            (2, 1.0, "4/4"),
        ]

    def test_a_bar_of_six_eighths_counts_eighths(self):
        # An eighth has 240 ticks, a bar 1,440.
        assert self.where(music(meters=[(0, 6, 8)]), [0, 240, 1200, 1440]) == [
            (1, 1.0, "6/8"),
            (1, 2.0, "6/8"),
            (1, 6.0, "6/8"),
            (2, 1.0, "6/8"),
        ]

    def test_a_change_on_the_bar_line_counts_on(self):
        # Two bars of 4/4, then 3/4.
        midi = music(meters=[(0, 4, 4), (3840, 3, 4)])
        assert self.where(midi, [3839, 3840, 5280]) == [
            (2, 1 + 1919 / 480, "4/4"),
            (3, 1.0, "3/4"),
            (4, 1.0, "3/4"),
        ]

    def test_a_change_within_a_bar_begins_a_new_bar(self):
        # Bar 1 is cut after two of its four quarters.
        midi = music(meters=[(0, 4, 4), (960, 3, 4)])
        assert self.where(midi, [480, 959, 960, 2400]) == [
            (1, 2.0, "4/4"),
            (1, 1 + 959 / 480, "4/4"),
            (2, 1.0, "3/4"),
            (3, 1.0, "3/4"),
        ]

    def test_before_the_first_change_the_default_holds(self):
        midi = music(meters=[(1920, 7, 8)])
        assert self.where(midi, [1440, 1920, 1920 + 7 * 240]) == [
            (1, 4.0, "4/4"),
            (2, 1.0, "7/8"),
            (3, 1.0, "7/8"),
        ]

    def test_an_odd_resolution_keeps_its_fractions(self):
        # A sixteenth of 5 ticks a quarter has 1.25 ticks, a bar of 3/16 has 3.75.
        midi = music(ticks_per_quarter=5, meters=[(0, 3, 16)])
        assert self.where(midi, [0, 1, 3, 4, 15]) == [
            (1, 1.0, "3/16"),
            (1, 1.8, "3/16"),
            (1, 3.4, "3/16"),
            (2, 1.2, "3/16"),
            (5, 1.0, "3/16"),
        ]

    @pytest.mark.parametrize("exponent", [40, 63, 64, 255])
    def test_an_absurd_denominator_is_refused_or_leaves_bars_from_1(self, exponent):
        meter = b"\x00\xff\x58\x04\x04" + bytes([exponent]) + b"\x18\x08"
        later = b"\x60\xff\x58\x04\x04\x02\x18\x08"
        data = midi_bytes(meter + later + b"\x60\x99\x24\x40")
        try:
            midi = parse_midi(data)
            bars, beats, _ = bars_and_beats(midi, midi.notes[:, 0])
        except ValueError:
            return
        assert bars.min() >= 1
        assert beats.dtype == float
        assert beats.min() >= 1


class TestControllers:
    CHANGES = ((10, 4, 90, 9), (20, 4, 0, 9), (20, 4, 64, 9), (15, 16, 127, 9))

    def at(self, controller, ticks, changes=CHANGES):
        midi = music(controllers=sorted(changes, key=lambda change: change[0]))
        return controller_at(midi, controller, np.array(ticks)).tolist()

    def test_a_value_holds_from_its_tick_until_the_next(self):
        assert self.at(4, [10, 19, 20, 9999]) == [90, 90, 64, 64]

    def test_before_the_first_message_the_value_is_unknown(self):
        assert np.isnan(self.at(4, [0, 9])).all()

    def test_another_controller_does_not_matter(self):
        assert self.at(16, [15, 20]) == [127, 127]
        assert np.isnan(self.at(17, [0, 100])).all()

    def test_a_message_on_the_stroke_s_own_tick_counts_even_where_it_comes_later(self):
        midi = parse_midi(midi_bytes(b"\x60\x99\x2a\x40" + b"\x00\xb9\x04\x5a"))
        assert controller_at(midi, 4, midi.notes[:, 0]).tolist() == [90]


def real_ish_file():
    """As a drum module's recording looks, with a second track."""
    drums = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name="MIDI"),
            mido.MetaMessage("instrument_name", name="Brooklyn"),
            mido.MetaMessage("time_signature", numerator=4, denominator=4),
            mido.MetaMessage("set_tempo", tempo=434_783),
            mido.Message("sysex", data=[65, 16, 66, 18, 64, 0, 127, 0, 65]),
        ]
    )
    for step in range(12):
        drums.append(mido.Message("control_change", channel=9, control=4, value=90, time=step * 9))
        drums.append(mido.Message("note_on", channel=9, note=42, velocity=70 + step, time=200))
        drums.append(mido.Message("note_off", channel=9, note=42, velocity=64, time=30))
    drums.append(mido.MetaMessage("end_of_track", time=40_000))
    other = mido.MidiTrack([mido.Message("note_on", channel=9, note=36, velocity=100, time=333)])
    return saved(mido.MidiFile(type=1, ticks_per_beat=480, tracks=[drums, other]))


def test_a_file_cut_anywhere_is_refused():
    data = real_ish_file()
    assert len(parse_midi(data).notes) == 13
    for length in range(len(data)):
        with pytest.raises(ValueError, match=r"truncated|not a MIDI file"):
            parse_midi(data[:length])


def assert_sound(midi):
    """What the dataclass promises of any file that was read."""
    assert midi.notes.dtype == midi.controllers.dtype == np.int64
    for rows in (midi.notes, midi.controllers, midi.pressures):
        assert (np.diff(rows[:, 0]) >= 0).all()
        assert rows[:, 0].min(initial=0) >= 0
        assert ((rows[:, 1:3] >= 0) & (rows[:, 1:3] <= 127)).all()
        assert ((rows[:, 3] >= 0) & (rows[:, 3] <= 15)).all()
    assert midi.notes[:, 2].min(initial=1) >= 1
    ticks = midi.notes[:, 0]
    assert (np.diff(tick_seconds(midi, ticks)) >= 0).all()
    assert bars_and_beats(midi, ticks)[0].min(initial=1) >= 1
    tempos_at(midi, ticks)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
@example(b"")
@example(b"MThd")
def test_random_bytes_are_refused(data):
    with pytest.raises(ValueError, match="MIDI"):
        parse_midi(data)


@settings(deadline=None, max_examples=500)
@given(st.binary(max_size=200))
@example(b"\x00\xff\x58\x02\x04\xff\x60\x99\x24\x40")
def test_a_track_of_random_bytes_is_refused_or_read_soundly(body):
    try:
        midi = parse_midi(midi_bytes(body, midi_type=0))
    except ValueError:
        return
    assert_sound(midi)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_soundly(data):
    damaged = bytearray(real_ish_file())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        midi = parse_midi(bytes(damaged))
    except ValueError:
        return
    assert_sound(midi)


def test_a_delta_time_of_more_than_four_bytes_is_refused():
    # "The largest number which is allowed is 0FFFFFFF so that the variable-length
    # representations must fit in 32 bits": Standard MIDI Files 1.0.
    for n_bytes in (4, 9, 40):
        body = b"\xff" * n_bytes + b"\x7f\x99\x24\x40"
        with pytest.raises(ValueError, match="byte"):
            parse_midi(midi_bytes(body))


def test_the_longest_delta_time_is_read():
    midi = parse_midi(midi_bytes(b"\xff\xff\xff\x7f\x99\x24\x40"))
    assert midi.notes[0, 0] == 0x0FFFFFFF


def test_a_track_of_continuation_bytes_is_refused_at_once():
    started = time.process_time()
    with pytest.raises(ValueError):
        parse_midi(midi_bytes(b"\xff" * 150_000))
    with pytest.raises(ValueError):
        parse_midi(midi_bytes(b"\x00\xf0" + b"\xff" * 150_000))
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x00\x99\x24\xc0", id="velocity"),
        pytest.param(b"\x00\x99\xa4\x40", id="note"),
        pytest.param(b"\x00\xb9\x04\xff", id="controller value"),
        pytest.param(b"\x00\xb9\x84\x40", id="controller number"),
    ],
)
def test_a_data_byte_over_127_is_refused(body):
    with pytest.raises(ValueError, match="data byte"):
        parse_midi(midi_bytes(body))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"not a MIDI file: starts with b''"),
        (b"RIFF" + bytes(40), r"not a MIDI file: starts with b'RIFF'"),
        (b"MThd\x00\x00\x00\x06\x00", r"truncated MIDI header: 9 bytes of 14"),
        (midi_bytes(b"", midi_type=2), r"MIDI type 2 has no common clock"),
        (midi_bytes(b"", midi_type=300), r"MIDI type 300"),
        (midi_bytes(b"", ticks_per_quarter=0), r"time division 0x0000"),
        (midi_bytes(b"", ticks_per_quarter=0xE628), r"time division 0xe628 is not in ticks"),
        (midi_bytes(b"", ticks_per_quarter=0xE700), r"time division 0xe700 is not in ticks"),
        (midi_bytes(b"\x00\x24\x40"), r"data byte 0x24 without a status"),
        (midi_bytes(b"\x00\xf2\x01\x02"), r"status 0xf2 .* has no place in a file"),
        (midi_bytes(b"\x00\x99\x24"), r"truncated MIDI file"),
        (midi_bytes(b"\x00\x99\x24", b"\x00\x99\x24\x40"), r"damaged MIDI track"),
        (midi_bytes(b"\x00\xff\x03\x7fshort"), r"truncated MIDI file: a text"),
        (midi_bytes(b"\x00"), r"truncated MIDI file"),
    ],
    ids=[
        "empty",
        "RIFF",
        "header cut",
        "type 2",
        "type 300",
        "no ticks",
        "SMPTE time of 26 frames",
        "SMPTE time without ticks",
        "data byte first",
        "system status",
        "event cut",
        "second track cut",
        "text cut",
        "time alone",
    ],
)
def test_each_kind_of_damage_has_its_sentence(data, message):
    with pytest.raises(ValueError, match=message):
        parse_midi(data)


def test_fewer_tracks_than_the_header_says_is_a_truncated_file():
    data = midi_bytes(b"\x00\x99\x24\x40")
    claims_two = data[:11] + b"\x02" + data[12:]
    with pytest.raises(ValueError, match="after 1 of 2 tracks"):
        parse_midi(claims_two)
