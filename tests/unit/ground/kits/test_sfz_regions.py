"""Which regions a plain stroke sounds, and what is broken, with file and line."""

import pytest

from drumcorpus.ground.kits import sfz_regions
from drumcorpus.ground.kits.sfz_regions import note_number, read_instrument
from drumcorpus.ground.kits.sfz_text import SfzError


@pytest.mark.parametrize(
    ("name", "number"),
    [("49", 49), ("c4", 60), ("C#3", 49), ("db3", 49), ("b-1", 11), ("-1", -1)],
    ids=["number", "middle c", "sharp", "flat", "lowest octave", "no key"],
)
def test_notes_have_numbers_and_names(name, number):
    assert note_number(name) == number


def test_what_does_not_count_is_counted(write_sfz):
    path = write_sfz(
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
    instrument = read_instrument(path)
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
def test_what_is_broken_is_refused_with_file_and_line(write_sfz, text, line, said):
    with pytest.raises(SfzError, match=rf"kit\.sfz:{line}: .*{said}"):
        read_instrument(write_sfz(text))


@pytest.mark.parametrize(
    "text", ["", "<region> sample=mid.wav key=49 end=-1"], ids=["empty", "silent"]
)
def test_an_instrument_that_plays_nothing_is_refused(write_sfz, text):
    with pytest.raises(SfzError, match="no region that a plain stroke sounds"):
        read_instrument(write_sfz(text))


def test_includes_that_grow_without_end_are_stopped(write_sfz, monkeypatch):
    monkeypatch.setattr(sfz_regions, "MOST_WORDS", 100)
    write_sfz("<region> sample=mid.wav key=49\n" * 8, "0.sfz")
    for number in range(1, 8):
        write_sfz(f'#include "{number - 1}.sfz"\n' * 8, f"{number}.sfz")
    with pytest.raises(SfzError, match="more than 100 headers and opcodes, includes put in"):
        read_instrument(write_sfz('#include "7.sfz"\n'))
