"""Written MIDI files, read back with mido and with the reader of the library."""

import io

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.midi.midi_file import parse_midi, tick_seconds
from drumcorpus.ground.midi.midi_writing import (
    LAST_TICK,
    empty_clock,
    finer_clock,
    midi_bytes,
    nearest_ticks,
)

CLOCK = empty_clock(480, [(0, 500_000)], [(0, 4, 4)])


def written(notes, texts=("",), text_of_note=None, clock=CLOCK, **words):
    notes = np.array(notes, dtype=np.int64).reshape(-1, 4)
    places = np.zeros(len(notes), int) if text_of_note is None else np.array(text_of_note)
    return midi_bytes(clock, notes, texts, places, **{"name": "drums"} | words)


def events_of(data, track):
    """(tick, message) of a track, as mido reads it."""
    now, found = 0, []
    for message in mido.MidiFile(file=io.BytesIO(data), charset="utf-8").tracks[track]:
        now += message.time
        found.append((now, message))
    return found


def test_the_bytes_of_a_small_file():
    data = written([[0, 96, 36, 100]], ["kick\t36"], clock=empty_clock(96, [(0, 500_000)], []))
    assert data == (
        b"MThd\0\0\0\x06\0\x01\0\x02\0\x60"
        b"MTrk\0\0\0\x0b\0\xff\x51\x03\x07\xa1\x20\x60\xff\x2f\0"
        b"MTrk\0\0\0\x20\0\xff\x03\x05drums\0\xff\x01\x07kick\t36\0\x99\x24\x64"
        b"\x60\x89\x24\x40\0\xff\x2f\0"
    )


def test_a_text_stands_before_its_note_and_notes_of_one_number_and_tick_are_kept():
    notes = [[480, 528, 57, 100], [480, 528, 57, 60], [528, 600, 57, 70]]
    data = written(notes, ["crash2\t57", "crash3\t55", "crash2\t52"], [0, 1, 2])
    read = [
        (tick, message.type, getattr(message, "text", getattr(message, "velocity", None)))
        for tick, message in events_of(data, 1)[1:-1]
    ]
    assert read == [
        (480, "text", "crash2\t57"),
        (480, "note_on", 100),
        (480, "text", "crash3\t55"),
        (480, "note_on", 60),
        (528, "note_off", 64),
        (528, "note_off", 64),
        (528, "text", "crash2\t52"),
        (528, "note_on", 70),
        (600, "note_off", 64),
    ]
    assert parse_midi(data).notes.tolist() == [
        [480, 57, 100, 9],
        [480, 57, 60, 9],
        [528, 57, 70, 9],
    ]
    assert parse_midi(data).defects == {}


def test_a_text_without_a_note():
    data = written([[7, 7, -1, 0]], ["aux_percussion\t72"])
    assert [(tick, message.type) for tick, message in events_of(data, 1)] == [
        (0, "track_name"),
        (7, "text"),
        (7, "end_of_track"),
    ]


def test_remarks_meters_and_tempos_stand_in_the_first_track():
    clock = empty_clock(480, [(0, 400_000), (960, 16_777_215)], [(0, 6, 8), (720, 255, 128)])
    data = written([], clock=clock, remarks=["said", "Größe"])
    assert [(tick, message.type) for tick, message in events_of(data, 0)] == [
        (0, "text"),
        (0, "text"),
        (0, "time_signature"),
        (0, "set_tempo"),
        (720, "time_signature"),
        (960, "set_tempo"),
        (960, "end_of_track"),
    ]
    assert events_of(data, 0)[1][1].text == "Größe"
    read = parse_midi(data)
    assert (read.tempos, read.meters) == (clock.tempos, clock.meters)


def test_long_texts_and_long_times():
    data = written([[LAST_TICK - 1, LAST_TICK, 36, 1]], ["x" * 20_000])
    assert events_of(data, 1)[1] == (
        LAST_TICK - 1,
        mido.MetaMessage("text", text="x" * 20_000, time=LAST_TICK - 1),
    )
    assert parse_midi(data).notes.tolist() == [[LAST_TICK - 1, 36, 1, 9]]


@pytest.mark.parametrize(
    "note",
    [
        pytest.param([0, 0, 36, 1], id="ends as it begins"),
        pytest.param([0, 1, 36, 0], id="velocity 0"),
        pytest.param([0, 1, 36, 128], id="velocity 128"),
        pytest.param([0, 1, 128, 1], id="note 128"),
        pytest.param([-1, 1, 36, 1], id="before the start"),
        pytest.param([0, LAST_TICK + 1, 36, 1], id="later than MIDI counts"),
    ],
)
def test_what_is_no_note_is_refused(note):
    with pytest.raises(ValueError, match=r"got the note \[.*a velocity from 1 to 127"):
        written([note])


def test_a_finer_clock_keeps_every_change_at_its_time():
    coarse = empty_clock(96, [(0, 500_000), (100, 900_000)], [(0, 3, 4), (100, 7, 8)])
    fine = finer_clock(coarse)
    assert fine.ticks_per_quarter == 960  # of 0.94 ms at 900,000 microseconds a quarter
    assert fine.tempos == [(0, 500_000), (1000, 900_000)]
    assert fine.meters == [(0, 3, 4), (1000, 7, 8)]
    ticks = np.array([50, 100, 777])
    assert tick_seconds(fine, 10 * ticks) == pytest.approx(tick_seconds(coarse, ticks), abs=1e-12)


@pytest.mark.parametrize(
    ("ticks", "tempo", "expected"),
    [
        (480, 500_000, 960),
        (480, 480_000, 960),  # a tick of exactly 1 ms is not shorter
        (480, 479_999, 480),
        (1024, 500_000, 1024),
        (32_767, 16_777_215, 32_767),
        (20_000, 16_777_215, 20_000),
        (1, 1, 1),
    ],
)
def test_the_least_division_with_ticks_below_a_millisecond(ticks, tempo, expected):
    assert finer_clock(empty_clock(ticks, [(0, tempo)], [])).ticks_per_quarter == expected


def test_a_clock_without_a_tempo_is_at_120_a_minute():
    assert finer_clock(empty_clock(240, [], [])).ticks_per_quarter == 720
    assert finer_clock(empty_clock(240, [(10, 100_000)], [])).ticks_per_quarter == 720


def test_smpte_time_has_no_tempo_map():
    midi = empty_clock(0, [], [])
    midi.ticks_per_second = 1000.0
    with pytest.raises(ValueError, match="SMPTE time has no tempo map"):
        finer_clock(midi)


changes = st.lists(
    st.tuples(st.integers(0, 100_000), st.integers(20_000, 0xFFFFFF)), max_size=8
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@given(
    st.integers(24, 16_383),
    changes,
    st.lists(st.floats(0, 300), max_size=30),
)
def test_times_come_back_within_half_a_tick(division, tempos, seconds):
    clock = finer_clock(empty_clock(division, tempos, []))
    seconds = np.array(seconds, dtype=float)
    ticks = nearest_ticks(clock, seconds)
    # Half a tick of the slowest tempo is below 0.5 ms; 1e-9 for the arithmetic.
    assert (np.abs(tick_seconds(clock, ticks) - seconds) < 0.5e-3 + 1e-9).all()
    assert nearest_ticks(clock, tick_seconds(clock, ticks)).tolist() == ticks.tolist()


note = st.tuples(
    st.integers(0, 5_000), st.integers(1, 300), st.integers(0, 127), st.integers(1, 127)
)


@given(st.lists(st.tuples(note, st.text(st.characters(codec="utf-8"), max_size=200)), max_size=40))
def test_every_note_and_text_is_read_back_by_mido(rows):
    rows = sorted(rows, key=lambda row: row[0][0])
    texts = sorted({text for _, text in rows})
    data = written(
        [(first, first + length, number, level) for (first, length, number, level), _ in rows],
        texts,
        [texts.index(text) for _, text in rows],
    )
    read = events_of(data, 1)
    ons = [(tick, m.note, m.velocity) for tick, m in read if m.type == "note_on"]
    offs = sorted((tick, m.note) for tick, m in read if m.type == "note_off")
    assert ons == [(first, number, level) for (first, _, number, level), _ in rows]
    assert offs == sorted((first + length, number) for (first, length, number, _), _ in rows)
    assert [(t, m.text) for t, m in read if m.type == "text"] == [(r[0][0], r[1]) for r in rows]
    assert all(m.channel == 9 for _, m in read if m.type.startswith("note"))
    assert parse_midi(data).notes[:, :3].tolist() == [list(each) for each in ons]
