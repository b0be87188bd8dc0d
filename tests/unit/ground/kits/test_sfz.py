"""SFZ instruments read as they would sound."""

import numpy as np
import pytest
from sounds import write_sound

from drumcorpus.ground.kits import sfz

RATE_HZ = 44_100


def levels(layers):
    return [round(float(layer.samples[500]), 6) for layer in layers]


def test_layers_come_soft_to_loud_whatever_their_order(write_sfz):
    path = write_sfz(
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


def test_what_a_header_says_holds_below_it_until_the_next_of_its_kind(write_sfz):
    path = write_sfz(
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


def test_turns_and_chances_are_layers_side_by_side(write_sfz):
    path = write_sfz(
        "<group> key=49 seq_length=2 lovel=64\n"
        "<region> sample=loud.wav seq_position=2\n<region> sample=mid.wav seq_position=1\n"
        "<group> key=49 hivel=63\n"
        "<region> sample=soft.wav hirand=0.5\n<region> sample=room.wav lorand=0.5\n"
    )
    layers = sfz.read_notes(path)[49]
    assert [layer.name for layer in layers] == ["soft.wav", "room.wav", "mid.wav", "loud.wav"]


def test_regions_of_one_stroke_are_microphones_and_add_up(write_sfz):
    path = write_sfz(
        "<region> sample=loud.wav key=49 <region> sample=room.wav key=49 amplitude=50 offset=400\n"
    )
    (layer,) = sfz.read_notes(path)[49]
    np.testing.assert_allclose(layer.samples[:600], 0.4 + 0.025, atol=1e-7)
    np.testing.assert_allclose(layer.samples[600:], 0.4, atol=1e-7)


def test_offset_and_end_cut_the_sample(write_sfz):
    (layer,) = sfz.read_notes(write_sfz("<region> sample=mid.wav key=49 offset=100 end=299\n"))[49]
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
def test_pitch_is_a_rate(write_sfz, opcodes, semitones):
    (layer,) = sfz.read_notes(write_sfz(f"<region> sample=mid.wav {opcodes}\n"))[49]
    assert layer.rate_hz == pytest.approx(RATE_HZ * 2 ** (semitones / 12))


def test_keys_shift_by_what_control_says(write_sfz):
    path = write_sfz("<control> note_offset=1 octave_offset=-1\n<region> sample=mid.wav key=60\n")
    assert list(sfz.read_notes(path)) == [49]


def test_samples_are_found_below_the_default_path_in_any_spelling(write_sfz, tmp_path):
    folder = tmp_path / "Samples/Crash 1"
    folder.mkdir(parents=True)
    write_sound(folder / "Hit 01.wav", np.full(1_000, 0.3), RATE_HZ, subtype="FLOAT")
    path = write_sfz(
        "<control> default_path=Samples\\\n"
        "<region> sample=Crash 1\\Hit 01.wav key=49 // a comment\n"
        "<region> key=57 sample=crash 1/hit 01.WAV\n"
    )
    notes = sfz.read_notes(path)
    assert [levels(notes[key]) for key in (49, 57)] == [[0.3], [0.3]]


def test_sounds_of_two_rates_do_not_add_up(write_sfz, tmp_path):
    write_sound(tmp_path / "slow.wav", np.full(1_000, 0.2), 48_000, subtype="FLOAT")
    path = write_sfz("<region> sample=mid.wav key=49\n<region> sample=slow.wav key=49\n")
    with pytest.raises(ValueError, match=r"kit\.sfz:1: .*differ in rate or pitch"):
        sfz.read_notes(path)
