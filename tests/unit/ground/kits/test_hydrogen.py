"""Kits of Hydrogen, of old and new form, read as they would sound."""

import numpy as np
import pytest
from sounds import write_sound

from drumcorpus.ground.kits import hydrogen

RATE_HZ = 44_100


@pytest.fixture
def write(tmp_path):
    """Write a kit beside samples of a level each, 1,000 samples long."""
    for name, level in {"soft": 0.1, "loud": 0.4, "room": 0.05}.items():
        write_sound(tmp_path / f"{name}.wav", np.full(1_000, level), RATE_HZ, subtype="FLOAT")

    def written(instruments, before=""):
        path = tmp_path / "drumkit.xml"
        path.write_text(
            "<drumkit_info xmlns='http://www.hydrogen-music.org/drumkit'>"
            f"{before}<instrumentList>{instruments}</instrumentList></drumkit_info>"
        )
        return path

    return written


def instrument(name, inner):
    return f"<instrument><id>0</id><name>{name}</name>{inner}</instrument>"


def layer(file, low, high, gain=1, pitch=0):
    return (
        f"<layer><filename>{file}.wav</filename><min>{low}</min><max>{high}</max>"
        f"<gain>{gain}</gain><pitch>{pitch}</pitch></layer>"
    )


def described(layers):
    return [(each.velocity, each.name, round(float(each.samples[500]), 6)) for each in layers]


TWO = layer("loud", 0.5, 1) + layer("soft", 0, 0.5, gain=2)


@pytest.mark.parametrize(
    ("inner", "volumes"),
    [
        (f"<volume>0.5</volume>{TWO}", ""),
        (
            "<volume>0.5</volume><instrumentComponent><component_id>0</component_id>"
            f"<gain>2</gain>{TWO}</instrumentComponent>",
            "<componentList><drumkitComponent><id>0</id><name>Main</name><volume>0.5</volume>"
            "</drumkitComponent></componentList>",
        ),
    ],
    ids=["layers of the instrument", "layers of a component"],
)
def test_layers_come_soft_to_loud_at_their_gain(write, inner, volumes):
    kit = hydrogen.read_instruments(write(instrument("Crash", inner), volumes))
    assert described(kit["Crash"]) == [(0, "soft.wav", 0.1), (64, "loud.wav", 0.2)]


def test_components_of_one_velocity_are_microphones_and_add_up(write):
    components = "".join(
        f"<instrumentComponent><component_id>{number}</component_id><gain>1</gain>"
        f"{layer(file, 0, 1)}</instrumentComponent>"
        for number, file in enumerate(("loud", "room"))
    )
    kit = hydrogen.read_instruments(write(instrument("Crash", components)))
    assert described(kit["Crash"]) == [(0, "loud.wav", 0.45)]


def test_equal_velocities_of_one_component_are_turns(write):
    inner = layer("soft", 0, 1) + layer("room", 0, 1)
    kit = hydrogen.read_instruments(write(instrument("Crash", inner)))
    assert described(kit["Crash"]) == [(0, "soft.wav", 0.1), (0, "room.wav", 0.05)]


def test_an_instrument_of_the_oldest_kits_is_one_file(write):
    inner = "<filename>loud.wav</filename><volume>0.5</volume><gain>0.5</gain>"
    kit = hydrogen.read_instruments(write(instrument("Crash", inner)))
    assert described(kit["Crash"]) == [(0, "loud.wav", 0.1)]


def test_pitch_is_a_rate(write):
    inner = f"<pitchOffset>2</pitchOffset>{layer('loud', 0, 1, pitch=10)}"
    (each,) = hydrogen.read_instruments(write(instrument("Crash", inner)))["Crash"]
    assert each.rate_hz == pytest.approx(2 * RATE_HZ)


def test_only_what_is_wanted_and_has_a_sample_is_read(write):
    instruments = (
        instrument("Crash", layer("loud", 0, 1))
        + instrument("Crash", layer("soft", 0, 1))
        + instrument("Gong", layer("missing", 0, 1))
        + instrument("Empty", "")
    )
    kit = hydrogen.read_instruments(write(instruments), {"Crash", "Empty"})
    assert {name: described(layers) for name, layers in kit.items()} == {
        "Crash": [(0, "loud.wav", 0.4)]
    }


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (layer("gong", 0, 1), r"instrument 'Crash': no sample .*gong\.wav"),
        ("<layer><min>0</min></layer>", "instrument 'Crash': a layer without a filename"),
        (layer("loud", 0.5, 0.25), "velocities 0.5 to 0.25"),
        (layer("loud", 0, 127), "velocities 0 to 127; they are from 0 to 1"),
        (layer("loud", 0, 1, gain="much"), "gain is 'much', not a number"),
        (f"<volume>x</volume>{TWO}", "volume is 'x', not a number"),
    ],
    ids=["sample", "filename", "empty range", "MIDI velocities", "gain", "volume"],
)
def test_what_is_broken_is_refused_with_its_place(write, inner, said):
    with pytest.raises(ValueError, match=rf"drumkit\.xml, .*{said}"):
        hydrogen.read_instruments(write(instrument("Crash", inner)))


def test_components_of_two_rates_do_not_add_up(write):
    components = "".join(
        f"<instrumentComponent>{layer('loud', 0, 1, pitch=pitch)}</instrumentComponent>"
        for pitch in (0, 1)
    )
    with pytest.raises(ValueError, match="'Crash': samples that sound together differ in rate"):
        hydrogen.read_instruments(write(instrument("Crash", components)))


@pytest.mark.parametrize(
    ("text", "said"),
    [("<song></song>", "<song> is no drum kit"), ("drums", "not XML")],
    ids=["another document", "no XML"],
)
def test_what_is_no_kit_is_refused(tmp_path, text, said):
    (tmp_path / "drumkit.xml").write_text(text)
    with pytest.raises(ValueError, match=said):
        hydrogen.read_instruments(tmp_path / "drumkit.xml")
