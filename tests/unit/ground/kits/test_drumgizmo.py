"""Kits of DrumGizmo: powers, microphones and notes."""

import numpy as np
import pytest
from sounds import write_sound

from drumcorpus.ground.kits import drumgizmo
from drumcorpus.ground.kits.open_kit import open_kit
from drumcorpus.ground.kits.shots import read_layer

RATE_HZ = 44_100
KIT = (
    "<drumkit name='Small'><metadata><license>CC BY 4.0</license></metadata><instruments>"
    "<instrument name='Crash_left' group='crashes' file='Crash/Crash.xml'/>"
    "<instrument name='Empty' file='Crash/Empty.xml'/></instruments></drumkit>"
)
MAP = "<midimap><map note='49' instr='Crash_left'/><map note='55' instr='Crash_left'/></midimap>"


def sample(name, power, file, channels=(1, 2)):
    files = "".join(
        f"<audiofile channel='c{n}' file='{file}' filechannel='{n}'/>" for n in channels
    )
    stated = "" if power is None else f" power='{power}'"
    return f"<sample name='{name}'{stated}>{files}</sample>"


@pytest.fixture
def write(tmp_path):
    """Write a kit; samples have 0.2 and 0.4 on their two channels."""

    def written(samples, after=""):
        folder = tmp_path / "Crash"
        folder.mkdir(exist_ok=True)
        levels = np.tile([0.2, 0.4], (1_000, 1))
        for name in ("soft", "mid", "loud"):
            write_sound(folder / f"{name}.wav", levels, RATE_HZ, subtype="FLOAT")
        (tmp_path / "kit.xml").write_text(KIT)
        (tmp_path / "Midimap.xml").write_text(MAP)
        text = f"<instrument name='Crash'><samples>{samples}</samples>{after}</instrument>"
        (folder / "Crash.xml").write_text(text)
        (folder / "Empty.xml").write_text("<instrument name='Empty'/>")
        return tmp_path / "kit.xml"

    return written


THREE = "".join(
    sample(name, power, f"{name}.wav")
    for name, power in (("loud", 0.9), ("soft", 0.1), ("mid", 0.5))
)


def test_a_kit_is_known_by_its_root_and_read_with_its_notes_and_its_licence(write, tmp_path):
    write(THREE)
    kit = open_kit(tmp_path)
    assert (kit.name, kit.form, kit.file.name) == ("Small", "drumgizmo", "kit.xml")
    assert kit.licence == ("CC BY 4.0", "kit.xml")
    (crash,) = kit.instruments
    assert (crash.name, crash.own_note, crash.shots[0].off_by) == ("Crash_left", 49, "crashes")
    assert kit.unplayed == {"instrument without a sample": 1}


def test_two_samples_fit_every_velocity_the_nearest_in_power(write):
    (crash,) = drumgizmo.read_kit(write(THREE)).instruments
    files = [shot.parts[0].sample.stem for shot in crash.shots]
    assert files == ["soft", "mid", "loud"]
    assert [(round(shot.low, 1), round(shot.high, 1)) for shot in crash.shots] == [
        (0, 63.5),
        (0, 127),
        (63.5, 127),
    ]
    assert [shot.gain(20) for shot in crash.shots] == [1, 1, 1]


def with_chokes(path, chokes):
    path.write_text(
        KIT.replace("Crash.xml'/>", f"Crash.xml'><chokes>{chokes}</chokes></instrument>")
    )
    return path


def test_chokes_are_of_those_that_stop_others(write):
    chokes = "<choke instrument='Empty' choketime='250'/><choke instrument='Crash_left'/>"
    (crash,) = drumgizmo.read_kit(with_chokes(write(THREE), chokes)).instruments
    assert crash.chokes == {"Empty": 0.25, "Crash_left": 0.068}


@pytest.mark.parametrize(
    ("choke", "said"),
    [
        (
            "<choke instrument='Hat'/>",
            r"kit\.xml, instrument 'Crash_left': chokes 'Hat', which the kit has not; it has: "
            "Crash_left, Empty",
        ),
        ("<choke/>", "chokes '', which the kit has not"),
        ("<choke instrument='Empty' choketime='soon'/>", "choketime is 'soon', not a number"),
        ("<choke instrument='Empty' choketime='-1'/>", "choketime is -1 ms; allowed: 0 to 10,000"),
    ],
    ids=["absent", "unnamed", "no_number", "negative"],
)
def test_a_choke_that_cannot_be_meant_is_refused(write, choke, said):
    with pytest.raises(ValueError, match=said):
        drumgizmo.read_kit(with_chokes(write(THREE), choke))


def test_one_sample_follows_velocity(write):
    (crash,) = drumgizmo.read_kit(write(sample("one", 0.5, "soft.wav"))).instruments
    assert crash.shots[0].gain(127) == 1
    assert crash.shots[0].gain(64) == pytest.approx(64 / 127)


def test_microphones_are_averaged(write):
    (crash,) = drumgizmo.read_kit(write(sample("one", 0.5, "soft.wav"))).instruments
    np.testing.assert_allclose(read_layer(crash.shots[0]).samples, 0.3, atol=1e-7)
    (left,) = drumgizmo.read_kit(write(sample("one", 0.5, "soft.wav", (1,)))).instruments
    np.testing.assert_allclose(read_layer(left.shots[0]).samples, 0.2, atol=1e-7)


def test_version_1_states_velocities(write):
    samples = sample("a", None, "soft.wav") + sample("b", None, "loud.wav")
    velocities = "".join(
        f"<velocity lower='{low}' upper='{low + 0.5}'><sampleref name='{name}'/></velocity>"
        for low, name in ((0.5, "b"), (0, "a"))
    )
    path = write(samples, f"<velocities>{velocities}</velocities>")
    (crash,) = drumgizmo.read_kit(path).instruments
    assert [(shot.low, shot.high, shot.parts[0].sample.stem) for shot in crash.shots] == [
        (0, 63.5, "soft"),
        (63.5, 127, "loud"),
    ]


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (sample("one", "x", "soft.wav"), r"Crash\.xml, instrument 'Crash_left': power is 'x'"),
        (sample("one", 0.5, "../../a.wav"), r"'Crash_left': a\.wav lies outside of"),
        (sample("one", 0.5, "soft.wav", (0,)), "filechannel is 0; wanted: a whole number from 1"),
    ],
    ids=["power", "climbing", "channel"],
)
def test_what_is_broken_is_refused_with_its_place(write, samples, said):
    with pytest.raises(ValueError, match=said):
        drumgizmo.read_kit(write(samples))


def test_a_channel_that_the_file_lacks_is_refused_where_it_is_read(write):
    (crash,) = drumgizmo.read_kit(write(sample("one", 0.5, "soft.wav", (3,)))).instruments
    with pytest.raises(ValueError, match=r"soft\.wav has 2 channel\(s\), and number 3"):
        read_layer(crash.shots[0])
