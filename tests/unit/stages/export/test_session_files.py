"""A session as tab-separated text and as a MIDI file, read back by those who would read them."""

import importlib.util
import io

import mido
import mir_eval
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.midi.midi_file import parse_midi, tick_seconds
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.session_clock import session_clock
from drumcorpus.stages.export.session_files import (
    session_midi,
    session_strokes,
    stroke_lines,
    write_session,
)

NOTES = {"kick": 36, "snare": 38, "crash2": 57, "crash3": 57, "aux": None}
CLASSES = {"kick": "KD", "snare": "SD", "crash2": "CY", "crash3": "CY", "aux": None}
COLUMNS = ["onset_time", "offset_time", "tempo_bpm", "meter", "components"]


def event(onset, *components, **more):
    """An event of (label, velocity, source label) at an onset."""
    names = ("label", "velocity", "source_label")
    row = dict.fromkeys(EVENTS.names) | {"onset_time": onset} | more
    return row | {"components": [dict(zip(names, part, strict=True)) for part in components]}


def table(*rows):
    return pa.Table.from_pylist(list(rows), EVENTS).select(COLUMNS)


SMALL = table(
    event(0.5, ("snare", 0.25, "38"), ("kick", 1.0, "36"), tempo_bpm=100.0, meter="3/4"),
    event(1.25, ("kick", None, "35"), tempo_bpm=100.0, meter="3/4"),
    event(2.0, ("aux", 0.5, "72"), ("kick", 0.001, "36"), tempo_bpm=50.0, meter="6/8"),
)


def texts_and_notes(data):
    """(text, note number, velocity) of every note, the text being the one before it."""
    found, text = [], None
    for message in mido.MidiFile(file=io.BytesIO(data), charset="utf-8").tracks[1]:
        if message.type == "text":
            text = message.text
        elif message.type == "note_on":
            found.append((text, message.note, message.velocity))
            text = None
    return found


def remarks_of(data):
    return [m.text for m in mido.MidiFile(file=io.BytesIO(data)).tracks[0] if m.type == "text"]


# --- the files


def test_both_files_are_written_and_listed(tmp_path):
    written = write_session(tmp_path / "new", "set_s1", SMALL, notes=NOTES)
    files = [tmp_path / "new" / f"set_s1.{ending}" for ending in ("tsv", "mid")]
    assert sorted((tmp_path / "new").iterdir()) == sorted(files)
    assert written.rows == [
        {"file": file.name, "sha256": sha256_file(file), "bytes": file.stat().st_size}
        for file in files
    ]
    assert written.contents == {file.name: file.read_bytes() for file in files}
    assert (written.n_strokes, written.clock) == (5, "events")
    assert written.left_out == {"label_without_note": 1}
    assert files[0].read_bytes() == (
        b"0.500000\tkick\t1.000000\n"
        b"0.500000\tsnare\t0.250000\n"
        b"1.250000\tkick\t\n"
        b"2.000000\taux\t0.500000\n"
        b"2.000000\tkick\t0.001000\n"
    )


def test_the_notes_and_what_stands_beside_them(tmp_path):
    write_session(tmp_path, "s", SMALL, notes=NOTES)
    data = (tmp_path / "s.mid").read_bytes()
    assert texts_and_notes(data) == [
        ("kick\t36", 36, 127),
        ("snare\t38", 38, 32),
        ("kick\t35\tunknown velocity", 36, 64),
        ("kick\t36", 36, 1),  # not 0, which ends a note
    ]
    drums = mido.MidiFile(file=io.BytesIO(data)).tracks[1]
    assert "aux\t72" in [message.text for message in drums if message.type == "text"]
    assert drums.name == "s"
    assert {message.channel for message in drums if message.type == "note_on"} == {9}


def test_equal_input_gives_equal_bytes(tmp_path):
    first = write_session(tmp_path / "a", "s", SMALL, notes=NOTES)
    second = write_session(tmp_path / "b", "s", SMALL.take([0, 1, 2]), notes=NOTES)
    assert first == second


def test_strokes_past_the_end_of_the_sound_are_left_out_and_counted(tmp_path):
    written = write_session(tmp_path, "s", SMALL, notes=NOTES, duration=2.0)
    assert written.n_strokes == 3
    assert written.left_out == {"onset_past_end": 2}
    assert len((tmp_path / "s.tsv").read_text().splitlines()) == 3
    assert len(texts_and_notes((tmp_path / "s.mid").read_bytes())) == 3


def test_a_session_without_strokes_has_two_files_of_none(tmp_path):
    written = write_session(tmp_path, "s", SMALL.slice(0, 0), notes=NOTES)
    assert (written.n_strokes, written.clock, written.left_out) == (0, "none", {})
    assert (tmp_path / "s.tsv").read_bytes() == b""
    assert len(parse_midi((tmp_path / "s.mid").read_bytes()).notes) == 0


def test_an_event_without_components_is_no_stroke(tmp_path):
    assert write_session(tmp_path, "s", table(event(0.0)), notes=NOTES).n_strokes == 0


@pytest.mark.parametrize(
    ("name", "events", "words", "said"),
    [
        ("a/b", SMALL, {}, "'a/b' cannot be a file name"),
        ("s", table(event(-0.1, ("kick", 1.0, "36"))), {}, "s: an onset at -0.1 s; wanted: from 0"),
        ("s", table(event(float("nan"), ("kick", 1.0, ""))), {}, "s: an onset at nan s"),
        ("s", table(event(0.0, ("gong", 1.0, "9"))), {}, "s: no entry for the label 'gong'"),
        ("s", SMALL, {"classes": {"kick": "KD"}}, "s: no entry for the label 'snare'"),
        ("s", SMALL, {"source_midi": b"RIFF"}, "s: not a MIDI file: starts with b'RIFF'"),
    ],
    ids=["name", "early", "nan", "label", "class", "midi"],
)
def test_what_cannot_be_written_is_refused_and_nothing_is(tmp_path, name, events, words, said):
    with pytest.raises(ValueError, match=said):
        write_session(tmp_path, name, events, **{"notes": NOTES} | words)
    assert list(tmp_path.iterdir()) == []


# --- the text file


def test_classes_of_a_map_stand_for_labels_and_strokes_without_one_are_counted(tmp_path):
    written = write_session(tmp_path, "s", SMALL, notes=NOTES, classes=CLASSES)
    assert written.left_out == {"label_without_class": 1, "label_without_note": 1}
    lines = (tmp_path / "s.tsv").read_text().splitlines()
    assert [line.split("\t")[1] for line in lines] == ["KD", "SD", "KD", "KD"]


def test_mir_eval_reads_times_and_labels(tmp_path):
    write_session(tmp_path, "s", SMALL, notes=NOTES)
    times, labels = mir_eval.io.load_labeled_events(tmp_path / "s.tsv")
    assert times.tolist() == [0.5, 0.5, 1.25, 2.0, 2.0]
    # It takes the rest of a line for the label: the velocity stands behind a tab.
    assert [label.split("\t")[0] for label in labels] == ["kick", "snare", "kick", "aux", "kick"]
    mir_eval.util.validate_events(times)


def test_a_reader_of_time_tab_class_reads_it(tmp_path):
    write_session(tmp_path, "s", SMALL, notes=NOTES, classes=CLASSES)
    with (tmp_path / "s.tsv").open() as lines:
        rows = [line.rstrip("\n").split("\t")[:2] for line in lines]
    assert [(float(time), name) for time, name in rows] == [
        (0.5, "KD"),
        (0.5, "SD"),
        (1.25, "KD"),
        (2.0, "KD"),
    ]


def test_pandas_reads_an_empty_velocity_as_none(tmp_path):
    write_session(tmp_path, "s", SMALL, notes=NOTES)
    names = ["onset", "label", "velocity"]
    read = pd.read_csv(tmp_path / "s.tsv", sep="\t", header=None, names=names)
    assert read["velocity"].isna().tolist() == [False, False, True, False, False]
    assert read["label"].tolist() == ["kick", "snare", "kick", "aux", "kick"]


def test_small_and_large_times_have_six_decimals():
    strokes = session_strokes(
        table(
            event(0.0, ("kick", 0.0, "")),
            event(4e-7, ("kick", 1e-6, "")),
            event(1e-6),
            event(86_399.9999996, ("kick", 2 / 3, "")),
        )
    )
    assert stroke_lines(strokes)[0].splitlines() == [
        "0.000000\tkick\t0.000000",
        "0.000000\tkick\t0.000001",
        "86400.000000\tkick\t0.666667",
    ]


# --- the clock


def source_file(ticks=480, tempos=((0, 500_000),), meters=((0, 4, 4),)):
    track = mido.MidiTrack()
    changes = [(t, mido.MetaMessage("set_tempo", tempo=tempo)) for t, tempo in tempos]
    changes += [
        (t, mido.MetaMessage("time_signature", numerator=n, denominator=d)) for t, n, d in meters
    ]
    now = 0
    for tick, message in sorted(changes, key=lambda change: change[0]):
        track.append(message.copy(time=tick - now))
        now = tick
    buffer = io.BytesIO()
    mido.MidiFile(ticks_per_beat=ticks, tracks=[track]).save(file=buffer)
    return buffer.getvalue()


def test_the_source_s_tempo_map_and_meters_are_kept_exactly(tmp_path):
    source = source_file(
        tempos=[(0, 487_805), (961, 1_200_000), (10_000, 333_333)],
        meters=[(0, 7, 8), (1680, 4, 4)],
    )
    written = write_session(tmp_path, "s", SMALL, notes=NOTES, source_midi=source)
    assert written.clock == "source"
    before, after = parse_midi(source), parse_midi((tmp_path / "s.mid").read_bytes())
    factor = after.ticks_per_quarter // before.ticks_per_quarter
    assert factor == 3  # 1.2 s a quarter: 480 ticks are of 2.5 ms, 1440 of 0.83 ms
    assert after.tempos == [(factor * tick, tempo) for tick, tempo in before.tempos]
    assert after.meters == [(factor * tick, n, d) for tick, n, d in before.meters]
    assert remarks_of((tmp_path / "s.mid").read_bytes())[0] == (
        "tempo map and meters: as in the source's MIDI file"
    )


def test_tempo_and_meter_of_the_events_hold_from_the_first_that_has_them():
    clock, kind, remarks = session_clock(SMALL)
    assert kind == "events"
    assert remarks == ["tempo map and meters: as the source says them of its strokes"]
    # The slower tempo asks for 1440 ticks a quarter; 2 s at 100 a minute are 4800 of them.
    assert clock.ticks_per_quarter == 1440
    assert clock.tempos == [(0, 600_000), (4800, 1_200_000)]
    assert clock.meters == [(0, 3, 4), (4800, 6, 8)]


def test_a_tempo_that_is_missing_in_between_changes_nothing():
    rows = [event(float(n), tempo_bpm=tempo) for n, tempo in enumerate([None, 90.0, None, 90.0])]
    clock, _, remarks = session_clock(table(*rows))
    assert clock.tempos == [(0, 666_667)]
    assert clock.meters == [(0, 4, 4)]
    assert remarks[1:] == ["no meter is known; 4/4 stands for it"]


def test_a_meter_without_a_tempo():
    clock, kind, remarks = session_clock(table(event(1.0, meter="5/4")))
    assert (clock.tempos, clock.meters, kind) == ([(0, 500_000)], [(0, 5, 4)], "events")
    assert remarks[1:] == ["no tempo is known; 120 a minute stands for it"]


def test_without_a_tempo_120_a_minute_and_4_4_are_said(tmp_path):
    events = table(event(0.0, ("kick", 1.0, "KD")))
    written = write_session(tmp_path, "s", events, notes=NOTES)
    data = (tmp_path / "s.mid").read_bytes()
    assert written.clock == "none"
    assert (parse_midi(data).tempos, parse_midi(data).meters) == ([(0, 500_000)], [(0, 4, 4)])
    assert remarks_of(data)[0] == (
        "tempo map and meters: the source says none; 120 a minute and 4/4 stand for it"
    )


def test_smpte_time_and_a_map_of_too_many_ticks_give_way_to_the_events():
    smpte = bytearray(source_file())
    smpte[12:14] = (0xE7, 40)  # 25 frames a second of 40 ticks
    assert session_clock(SMALL, bytes(smpte))[1] == "events"
    fast = source_file(32_767, tempos=[(0, 60_000)])  # 1,000 a minute: 491 s to the last tick
    late = table(event(0.0, tempo_bpm=90.0), event(500.0, tempo_bpm=90.0))
    assert session_clock(SMALL, fast)[1] == "source"
    assert session_clock(late, fast)[1] == "events"


def test_a_tempo_that_midi_cannot_hold_is_none():
    assert session_clock(table(event(0.0, tempo_bpm=2.0)))[1] == "none"


# --- the length of notes


def offs_of(data):
    now, found = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(data)):
        now += message.time
        if message.type == "note_off":
            found.append((round(now, 3), message.note))
    return found


def test_notes_end_where_it_is_known_else_soon_and_before_the_next_of_their_number(tmp_path):
    events = table(
        event(1.0, ("kick", 1.0, "")),
        event(1.02, ("snare", 1.0, ""), offset_time=1.5),
        event(1.03, ("kick", 1.0, "")),
        event(2.0, ("crash2", 1.0, ""), offset_time=2.0),  # no length: none is known
        event(3.0, ("crash2", 1.0, ""), offset_time=9.0),
        event(4.0, ("crash3", 1.0, "")),
    )
    write_session(tmp_path, "s", events, notes=NOTES)
    assert offs_of((tmp_path / "s.mid").read_bytes()) == [
        (1.03, 36),
        (1.08, 36),
        (1.5, 38),
        (2.05, 57),
        (4.0, 57),
        (4.05, 57),
    ]


def test_two_labels_on_one_note_at_one_moment_are_both_kept(tmp_path):
    events = table(event(1.0, ("crash3", 0.5, "55"), ("crash2", 1.0, "57")))
    write_session(tmp_path, "s", events, notes=NOTES)
    data = (tmp_path / "s.mid").read_bytes()
    assert texts_and_notes(data) == [("crash2\t57", 57, 127), ("crash3\t55", 57, 64)]
    assert parse_midi(data).notes[:, 1:3].tolist() == [[57, 127], [57, 64]]
    assert offs_of(data) == [(1.05, 57), (1.05, 57)]


# --- any session

velocity = st.one_of(st.none(), st.floats(0, 1))
component = st.tuples(
    st.sampled_from([label for label in NOTES if label != "aux"]),
    velocity,
    st.one_of(st.none(), st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=5)),
)
events = st.lists(
    st.tuples(
        st.floats(0, 600),
        st.lists(component, max_size=4),
        st.one_of(st.none(), st.floats(1, 1000)),
        st.sampled_from([None, "4/4", "3/4", "12/8", "99/128"]),
        st.one_of(st.none(), st.floats(0, 700)),
    ),
    max_size=30,
).map(
    lambda rows: table(
        *(
            event(onset, *parts, tempo_bpm=tempo, meter=meter, offset_time=offset)
            for onset, parts, tempo, meter, offset in sorted(rows, key=lambda row: row[0])
        )
    )
)
sources = st.one_of(
    st.none(),
    st.builds(
        source_file,
        st.integers(24, 16_383),
        st.lists(st.tuples(st.integers(0, 100_000), st.integers(60_000, 0xFFFFFF)), max_size=5),
        st.lists(
            st.tuples(st.integers(0, 100_000), st.integers(1, 255), st.sampled_from([1, 4, 128])),
            max_size=5,
        ),
    ),
)


@given(events, sources)
def test_every_stroke_comes_back_from_the_midi_file(events, source):
    strokes = session_strokes(events)
    clock, _, remarks = session_clock(events, source)
    data, n_without = session_midi(strokes, clock, NOTES, name="s", remarks=remarks)
    assert n_without == 0
    read = parse_midi(data)
    assert read.defects == {}
    onsets = strokes["onset"].to_numpy()
    assert np.abs(tick_seconds(read, read.notes[:, 0]) - onsets).max(initial=0) < 0.5e-3 + 1e-9
    expected = [
        (
            "\t".join(
                [
                    row["label"],
                    row["source_label"] or "",
                    *(["unknown velocity"] if row["velocity"] is None else []),
                ]
            ),
            NOTES[row["label"]],
            64 if row["velocity"] is None else max(1, round(127 * row["velocity"])),
        )
        for row in strokes.to_pylist()
    ]
    assert texts_and_notes(data) == expected
    # No note of a number sounds when another begins, but for those that begin with it.
    now, sounding = 0, {}
    for message in mido.MidiFile(file=io.BytesIO(data)).tracks[1]:
        now += message.time
        if message.type == "note_on":
            sounding.setdefault(message.note, []).append(now)
            assert set(sounding[message.note]) == {now}
        if message.type == "note_off":
            sounding[message.note].pop()
    assert not any(sounding.values())


def test_pretty_midi_reads_notes_and_times(tmp_path):
    if importlib.util.find_spec("pretty_midi") is None:
        pytest.skip("pretty_midi is not installed")
    import pretty_midi

    write_session(tmp_path, "s", SMALL, notes=NOTES)
    (drums,) = pretty_midi.PrettyMIDI(str(tmp_path / "s.mid")).instruments
    assert drums.is_drum
    read = sorted((round(note.start, 3), note.pitch, note.velocity) for note in drums.notes)
    assert read == [(0.5, 36, 127), (0.5, 38, 32), (1.25, 36, 64), (2.0, 36, 1)]
