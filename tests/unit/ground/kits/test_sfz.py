"""SFZ instruments read as they would sound."""

from itertools import pairwise

import numpy as np
import pytest
from sounds import write_sound

from drumcorpus.ground.kits import sfz

RATE_HZ = 44_100


@pytest.fixture
def write(tmp_path):
    """Write an instrument beside samples of a level each, 1,000 samples long."""
    for name, level in {"soft": 0.1, "mid": 0.2, "loud": 0.4, "room": 0.05}.items():
        write_sound(tmp_path / f"{name}.wav", np.full(1_000, level), RATE_HZ, subtype="FLOAT")

    def written(text, name="kit.sfz"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return written


def levels(layers):
    return [round(float(layer.samples[500]), 6) for layer in layers]


# --- what sounds


def test_layers_come_soft_to_loud_whatever_their_order(write):
    path = write(
        "<region> sample=loud.wav key=49 lovel=100\n"
        "<region> sample=soft.wav key=49 hivel=49\n"
        "<region> sample=mid.wav key=49 lovel=50 hivel=99\n"
    )
    notes = sfz.read_notes(path)
    assert list(notes) == [49]
    assert [(layer.velocity, layer.name) for layer in notes[49]] == [
        (0, "soft.wav"),
        (50, "mid.wav"),
        (100, "loud.wav"),
    ]
    assert levels(notes[49]) == [0.1, 0.2, 0.4]
    assert [len(layer.samples) for layer in notes[49]] == [1_000] * 3
    assert [layer.rate_hz for layer in notes[49]] == [RATE_HZ] * 3


def test_what_a_header_says_holds_below_it_until_the_next_of_its_kind(write):
    path = write(
        "<global> volume=-6\n<master> key=57\n<group> hivel=63\n<region> sample=soft.wav\n"
        "<group> lovel=64\n<region> sample=loud.wav volume=0\n"
        "<master>\n<region> sample=mid.wav key=49\n"
        "<global>\n<region> sample=mid.wav key=51\n"
    )
    notes = sfz.read_notes(path)
    assert list(notes) == [49, 51, 57]
    assert levels(notes[57]) == [round(0.1 * 10 ** (-6 / 20), 6), 0.4]
    assert [layer.velocity for layer in notes[57]] == [0, 64]
    assert levels(notes[49]) == [round(0.2 * 10 ** (-6 / 20), 6)]
    assert levels(notes[51]) == [0.2]


def test_turns_and_chances_are_layers_side_by_side(write):
    path = write(
        "<group> key=49 seq_length=2 lovel=64\n"
        "<region> sample=loud.wav seq_position=2\n<region> sample=mid.wav seq_position=1\n"
        "<group> key=49 hivel=63\n"
        "<region> sample=soft.wav hirand=0.5\n<region> sample=room.wav lorand=0.5\n"
    )
    layers = sfz.read_notes(path)[49]
    assert [layer.name for layer in layers] == ["soft.wav", "room.wav", "mid.wav", "loud.wav"]


def test_regions_of_one_stroke_are_microphones_and_add_up(write):
    path = write(
        "<region> sample=loud.wav key=49 <region> sample=room.wav key=49 amplitude=50 offset=400\n"
    )
    (layer,) = sfz.read_notes(path)[49]
    np.testing.assert_allclose(layer.samples[:600], 0.4 + 0.025, atol=1e-7)
    np.testing.assert_allclose(layer.samples[600:], 0.4, atol=1e-7)


def test_offset_and_end_cut_the_sample(write):
    (layer,) = sfz.read_notes(write("<region> sample=mid.wav key=49 offset=100 end=299\n"))[49]
    assert len(layer.samples) == 200


@pytest.mark.parametrize(
    ("opcodes", "semitones"),
    [
        ("key=49", 0),
        ("lokey=49 hikey=49 pitch_keycenter=37", 12),
        ("lokey=49 hikey=49 pitch_keycenter=37 pitch_keytrack=0", 0),
        ("key=49 transpose=-2 tune=50", -1.5),
    ],
    ids=["its own key", "an octave above its centre", "no tracking", "tuned"],
)
def test_pitch_is_a_rate(write, opcodes, semitones):
    (layer,) = sfz.read_notes(write(f"<region> sample=mid.wav {opcodes}\n"))[49]
    assert layer.rate_hz == pytest.approx(RATE_HZ * 2 ** (semitones / 12))


@pytest.mark.parametrize(
    ("name", "number"),
    [("49", 49), ("c4", 60), ("C#3", 49), ("db3", 49), ("b-1", 11), ("-1", -1)],
    ids=["number", "middle c", "sharp", "flat", "lowest octave", "no key"],
)
def test_notes_have_numbers_and_names(name, number):
    assert sfz.note_number(name) == number


def test_keys_shift_by_what_control_says(write):
    path = write("<control> note_offset=1 octave_offset=-1\n<region> sample=mid.wav key=60\n")
    assert list(sfz.read_notes(path)) == [49]


# --- how it is written


def test_samples_are_found_below_the_default_path_in_any_spelling(write, tmp_path):
    folder = tmp_path / "Samples/Crash 1"
    folder.mkdir(parents=True)
    write_sound(folder / "Hit 01.wav", np.full(1_000, 0.3), RATE_HZ, subtype="FLOAT")
    path = write(
        "<control> default_path=Samples\\\n"
        "<region> sample=Crash 1\\Hit 01.wav key=49 // a comment\n"
        "<region> key=57 sample=crash 1/hit 01.WAV\n"
    )
    notes = sfz.read_notes(path)
    assert [levels(notes[key]) for key in (49, 57)] == [[0.3], [0.3]]


def test_definitions_and_includes_are_put_in(write, tmp_path):
    (tmp_path / "parts").mkdir()
    write("<region> sample=loud.wav key=$CRASH$EDGE lovel=$CRASHVEL\n", "parts/crash.sfz")
    path = write(
        "#define $CRASH 4\n#define $EDGE 9\n#define $CRASHVEL 80\n"
        '/* two\nlines */\n#include "parts\\crash.sfz"\n<region> sample=mid.wav key=51\n'
    )
    notes = sfz.read_notes(path)
    assert {key: layers[0].velocity for key, layers in notes.items()} == {49: 80, 51: 0}


def test_what_does_not_count_is_counted(write):
    path = write(
        "<control> set_cc7=100 set_cc4=127\n"
        "<global> ampeg_release=2 loop_mode=one_shot\n"
        "<region> sample=mid.wav key=49 locc4=64 pan=-20\n"
        "<region> sample=mid.wav key=49 locc1=1\n"
        "<region> sample=mid.wav key=49 trigger=release\n"
        "<region> sample=mid.wav key=49 on_locc64=127\n"
        "<region> sample=mid.wav hikey=-1\n"
        "<region> sample=*silence key=49\n"
        "<region> sample=mid.wav key=49 end=-1\n"
        "<curve> curve_index=7 v000=0 v127=1\n"
    )
    instrument = sfz.read_instrument(path)
    assert len(instrument.regions) == 1
    assert instrument.silent == {
        "a controller at rest": 1,
        "trigger=release": 1,
        "set off by a controller": 1,
        "no key": 1,
        "silence": 1,
        "end=-1": 1,
    }
    assert instrument.unplayed == {"ampeg_release": 1, "loop_mode": 1, "pan": 1}


# --- what is broken is said with its place


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<region> sample=mid.wav\nlovel=loud", 2, "lovel=loud is not a whole number"),
        ("<region> sample=mid.wav key=h4", 1, "key=h4 is not a note"),
        ("<region> sample=mid.wav key=200", 1, "key=200 is not a note"),
        ("<region> sample=mid.wav volume=nan", 1, "volume=nan is not a number"),
        ("\n<region> key=49", 2, "this region has no sample"),
        ("<region> key=49 sample=gong.wav", 1, "no sample"),
        ("<region> key=49 sample=*sine", 1, r"\*sine is made by the player"),
        ("<region> sample=mid.wav key=49\n<regoin> key=51", 2, "<regoin> is no header"),
        ("key=49\n<region> sample=mid.wav", 1, "key stands before any header"),
        ("<region> sample=mid.wav lokey=50 hikey=49", 1, "keys from 50 to 49"),
        ("<region> sample=mid.wav key=49 lovel=90 hivel=60", 1, "velocities from 90 to 60"),
        ("<region> sample=mid.wav key=49 hivel=128", 1, "velocities from 0 to 128"),
        ("<region> sample=mid.wav key=49 seq_position=3 seq_length=2", 1, "turn .* from 3 to 2"),
        ("<region> sample= key=49", 1, "sample has no value"),
        ("<region>\nhello\nsample=mid.wav", 2, "'hello' is neither a header"),
        ("<region> hello sample=mid.wav", 1, "'hello' behind <region>"),
        ("\n#include parts.sfz", 2, "neither #define"),
        ('#include "parts.sfz"', 1, "includes .*parts.sfz, which is not there"),
    ],
    ids=[
        *("no number", "no note", "no key of MIDI", "not a number", "no sample named"),
        *("no such file", "made by the player", "no header", "before any header"),
        *("keys reversed", "velocities reversed", "no velocity of MIDI", "no such turn"),
        *("no value", "no opcode", "no opcode behind a header", "no include", "nothing included"),
    ],
)
def test_what_is_broken_is_refused_with_file_and_line(write, text, line, said):
    with pytest.raises(sfz.SfzError, match=rf"kit\.sfz:{line}: .*{said}"):
        sfz.read_notes(write(text))


def test_a_circle_of_includes_is_refused(write):
    write('#include "kit.sfz"', "parts.sfz")
    with pytest.raises(sfz.SfzError, match=r"kit.sfz: includes itself, by way of parts.sfz"):
        sfz.read_notes(write('#include "parts.sfz"'))


def test_a_broken_line_of_an_include_is_named_there(write):
    write("\n\n<region> sample=mid.wav key=x", "parts.sfz")
    with pytest.raises(sfz.SfzError, match=r"parts\.sfz:3: key=x"):
        sfz.read_notes(write('#include "parts.sfz"'))


@pytest.mark.parametrize(
    "text", ["", "<region> sample=mid.wav key=49 end=-1"], ids=["empty", "silent"]
)
def test_an_instrument_that_plays_nothing_is_refused(write, text):
    with pytest.raises(sfz.SfzError, match="no region that a plain stroke sounds"):
        sfz.read_notes(write(text))


def test_sounds_of_two_rates_do_not_add_up(write, tmp_path):
    write_sound(tmp_path / "slow.wav", np.full(1_000, 0.2), 48_000, subtype="FLOAT")
    path = write("<region> sample=mid.wav key=49\n<region> sample=slow.wav key=49\n")
    with pytest.raises(ValueError, match=r"kit\.sfz:1: .*differ in rate or pitch"):
        sfz.read_notes(path)


def test_includes_and_definitions_that_grow_without_end_are_stopped(write, monkeypatch):
    monkeypatch.setattr(sfz, "MOST_WORDS", 100)
    write("<region> sample=mid.wav key=49\n" * 8, "0.sfz")
    for number in range(1, 8):
        write(f'#include "{number - 1}.sfz"\n' * 8, f"{number}.sfz")
    with pytest.raises(sfz.SfzError, match="more than 100 headers and opcodes, includes put in"):
        sfz.read_instrument(write('#include "7.sfz"\n'))
    names = [f"${'A' * (30 - n)}" for n in range(30)]
    pairs = pairwise(names)
    text = "".join(f"#define {name} {after * 9}\n" for name, after in pairs)
    with pytest.raises(sfz.SfzError, match="makes a line longer than 100,000 characters"):
        sfz.read_instrument(write(f"{text}<region> sample={names[0]}\n"))
