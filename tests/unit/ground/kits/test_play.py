"""What sounds of a performance, when, how loud, and until when."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sounds import write_sound

from drumcorpus.ground.kits.bank import BEFORE, load_bank, load_sound
from drumcorpus.ground.kits.kit_map import Answer, KitMap
from drumcorpus.ground.kits.play import mix, play
from drumcorpus.ground.kits.shots import Instrument, Part, SampledKit, Shot

RATE_HZ = 44_100
NOTES = {"Open": 46, "Closed": 42, "Crash": 49}
LABELS = {"Open": "hihat_open", "Closed": "hihat_closed", "Crash": "crash"}
SILENCES = {"hihat_closed": ["hihat_open"]}


@pytest.fixture
def shot(tmp_path):
    """Make a shot of a file of one level, a second long, with silence before it."""

    def made(name, level=0.5, lead=0, n_samples=RATE_HZ, **how):
        samples = np.concatenate([np.zeros(lead), np.full(n_samples, level)])
        write_sound(tmp_path / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
        return Shot((Part("here", tmp_path / f"{name}.wav"),), **how)

    return made


def played(strokes, instruments, *, seed=1, silences=SILENCES, grabs=(), bodies=None):
    """Voices of the strokes (s, note, velocity) on instruments of the names above."""
    kit = SampledKit("Kit", "test", Path("kit.xml"), Path("/"), tuple(instruments))
    answers = tuple(Answer(e.name, LABELS[e.name], (NOTES[e.name],)) for e in instruments)
    bank = load_bank(kit, [each.name for each in instruments])
    onsets, notes, velocities = zip(*strokes, strict=True)
    made = play(
        np.rint(np.array(onsets) * RATE_HZ).astype(int),
        notes,
        velocities,
        kit=kit,
        bank=bank,
        kit_map=KitMap("general_midi", answers),
        silences=silences,
        rng=np.random.default_rng(seed),
        grabs=[(round(at * RATE_HZ), note) for at, note in grabs],
        bodies=bodies,
    )
    return made, bank


def files(made):
    return [[v.sound.shot.parts[0].sample.stem for v in voices] for voices in made.voices]


def test_the_stroke_begins_at_its_sample_whatever_silence_precedes_it(shot):
    made, bank = played([(0.1, 49, 127)], [Instrument("Crash", (shot("late", lead=700),))])
    samples, gain = mix(made, bank.gain)
    assert made.onsets == [4_410]
    (sound,) = bank.sounds["Crash"]
    assert (sound.lead, sound.cut) == (BEFORE, 700 - BEFORE)
    assert np.flatnonzero(samples)[0] == 4_410
    assert gain == pytest.approx(0.5)
    np.testing.assert_allclose(samples[4_410:40_000], 0.25, atol=1e-6)


def test_a_stroke_at_the_start_loses_what_would_stand_before_it(shot):
    noise = shot("late", lead=0)
    made, bank = played([(0.0, 49, 127)], [Instrument("Crash", (noise,))])
    samples, _ = mix(made, bank.gain)
    assert (samples[0], len(samples)) == (pytest.approx(0.25), RATE_HZ)


def test_layers_are_chosen_by_velocity_and_the_nearest_where_none_fits(shot):
    layers = (shot("soft", 0.1, low=0, high=40), shot("loud", 0.4, low=80, high=127))
    made, _ = played(
        [(n / 2, 49, velocity) for n, velocity in enumerate((1, 40, 50, 70, 127))],
        [Instrument("Crash", layers)],
    )
    assert files(made) == [["soft"], ["soft"], ["soft"], ["loud"], ["loud"]]


def test_gain_follows_velocity_as_the_shot_says(shot):
    square = shot("square", exponent=2.0)
    for each, wanted in (
        (square, (64 / 127) ** 2),
        (replace(square, track=0.0), 1.0),
        (replace(square, track=0.5, exponent=1.0), 0.5 + 0.5 * 64 / 127),
    ):
        made, _ = played([(0, 49, 64)], [Instrument("Crash", (each,))])
        assert made.voices[0][0].gain == pytest.approx(wanted)


def test_recordings_that_fit_alike_take_turns_and_a_seed_decides(shot):
    takes = tuple(shot(name, level) for name, level in zip("abc", (0.1, 0.2, 0.3), strict=True))
    strokes = [(n / 10, 49, 100) for n in range(60)]
    first = files(played(strokes, [Instrument("Crash", takes)])[0])
    assert all(one != other for one, other in pairwise(first))
    assert {name for (name,) in first} == {"a", "b", "c"}
    assert files(played(strokes, [Instrument("Crash", takes)])[0]) == first
    assert files(played(strokes, [Instrument("Crash", takes)], seed=2)[0]) != first


def test_layers_of_sfz_sound_together_in_their_turn_and_by_chance(shot):
    layered = (
        shot("close", 0.1),
        shot("one", 0.2, turn=(1, 2)),
        shot("two", 0.3, turn=(2, 2)),
        shot("low", 0.2, chance=(0.0, 0.5)),
        shot("high", 0.2, chance=(0.5, 1.0)),
        shot("never", 0.2, low=120, high=127),
    )
    made, _ = played(
        [(n, 49, 100) for n in range(40)], [Instrument("Crash", layered, is_layered=True)]
    )
    names = files(made)
    assert [set(each) & {"one", "two"} for each in names[:4]] == [{"one"}, {"two"}] * 2
    assert all("close" in each and len(set(each) & {"low", "high"}) == 1 for each in names)
    assert {name for each in names for name in each} == {"close", "one", "two", "low", "high"}


def test_a_closing_hat_silences_the_open_one_within_30_ms(shot):
    hats = [Instrument("Open", (shot("o", 0.5),)), Instrument("Closed", (shot("c", 1e-4),))]
    made, bank = played([(0, 46, 127), (0.5, 42, 127)], hats)
    samples, _ = mix(made, bank.gain)
    assert samples[22_000] == pytest.approx(0.25)
    assert 0.1 < samples[22_050 + 661] < 0.15
    assert samples[22_050 + 1_400] == pytest.approx(0, abs=1e-4)


def test_a_mute_group_silences_its_other_instruments_and_not_itself(shot):
    group = {"group": "g", "off_by": "g"}
    hats = [Instrument("Open", (shot("o", **group),)), Instrument("Closed", (shot("c", **group),))]
    strokes = [(0, 46, 100), (0.2, 46, 100), (0.4, 42, 100), (0.4, 46, 100)]
    made, _ = played(strokes, hats, silences={})
    assert [voices[0].stop for voices in made.voices] == [17_640, 17_640, None, None]
    layered = [replace(hats[0], is_layered=True)]
    made, _ = played(strokes[:2], layered, silences={})
    assert [voices[0].stop for voices in made.voices] == [8_820, None]


def test_a_kit_says_whom_a_stroke_stops_and_within_which_time(shot):
    hats = [
        Instrument("Open", (shot("o", 0.5),)),
        Instrument("Closed", (shot("c", 1e-4),), chokes={"Open": 0.1, "Closed": 0.0}),
    ]
    strokes = [(0, 46, 127), (0, 42, 127), (0.5, 42, 127), (0.6, 46, 127)]
    made, bank = played(strokes, hats, silences={})
    # Strokes of one instant end none of each other, and the open one does not stop the closed one.
    assert [(voice.stop, voice.fade) for (voice,) in made.voices] == [
        (22_050, 0.1),
        (22_050, 0.0),
        (None, 0.03),
        (None, 0.03),
    ]
    samples, _ = mix(made, bank.gain)
    assert samples[22_050 + 2_205] == pytest.approx(0.125, abs=1e-3)  # half of 0.1 s


CYMBALS = {"crash": "crash", "ride_bow": "ride", "ride_bell": "ride"}


def test_a_hand_ends_what_rings_of_a_cymbal_and_the_last_stroke_of_it_is_choked(shot):
    crash = Instrument("Crash", (shot("a", 0.5),))
    hat = Instrument("Open", (shot("o", 0.1),))
    strokes = [(0, 49, 127), (0.2, 49, 127), (0.3, 46, 127), (0.5, 49, 127)]
    made, bank = played(strokes, [crash, hat], grabs=[(0.4, 49)], bodies=CYMBALS)
    assert [(voice.stop, voice.fade) for (voice,) in made.voices] == [
        (17_640, 0.15),
        (17_640, 0.15),
        (None, 0.03),
        (None, 0.03),
    ]
    assert made.choked == {1: 17_640}
    samples, _ = mix(made, bank.gain)
    both, fading = samples[17_639], samples[17_640 + 4_410]
    assert both == pytest.approx(0.25 * (1 + 1 + 0.2), abs=1e-3)
    # 0.1 of 0.15 s later, where the next stroke begins.
    assert fading == pytest.approx(0.25 * (2 / 3 + 0.2 + 1), abs=1e-3)


@pytest.mark.parametrize(
    ("grabs", "bodies", "choked"),
    [
        ([(0.5, 49)], None, {}),
        ([(0.5, 49)], CYMBALS, {0: 22_050}),
        ([(0.5, 49), (0.5, 49), (0.6, 49)], CYMBALS, {0: 22_050}),
        ([(0.0, 49)], CYMBALS, {}),
        ([(2.0, 49)], CYMBALS, {}),
        ([(0.5, 46)], CYMBALS, {}),
        ([(0.5, 99)], CYMBALS, {}),
    ],
    ids=["no_bodies", "grabbed", "once", "same_instant", "over", "no_cymbal", "no_answer"],
)
def test_a_choke_is_of_a_stroke_that_still_rings(shot, grabs, bodies, choked):
    made, _ = played(
        [(0, 49, 127)], [Instrument("Crash", (shot("a"),))], grabs=grabs, bodies=bodies
    )
    assert made.choked == choked
    assert (made.voices[0][0].stop is not None) == bool(choked)


@pytest.mark.parametrize(("at", "is_choked"), [(5 - 1e-4, True), (5, False)], ids=["in", "after"])
def test_a_hand_that_comes_after_the_recording_chokes_nothing(shot, at, is_choked):
    crash = Instrument("Crash", (shot("a", n_samples=8 * RATE_HZ),))
    made, bank = played([(0, 49, 127)], [crash], grabs=[(at, 49)], bodies=CYMBALS)
    assert bool(made.choked) == is_choked
    samples, _ = mix(made, bank.gain)
    assert max(made.choked.values(), default=0) < len(samples)


@pytest.mark.parametrize(("end", "is_choked"), [(0.006, True), (0.004, False)], ids=["1", "0"])
def test_what_is_no_longer_heard_is_stopped_and_not_choked(tmp_path, end, is_choked):
    samples = np.concatenate([np.full(RATE_HZ // 2, 0.5), np.full(RATE_HZ // 2, end)])
    write_sound(tmp_path / "a.wav", samples, RATE_HZ, subtype="FLOAT")
    crash = Instrument("Crash", (Shot((Part("here", tmp_path / "a.wav"),)),))
    made, _ = played([(0, 49, 127)], [crash], grabs=[(0.6, 49)], bodies=CYMBALS)
    assert made.voices[0][0].stop == 26_460
    assert made.choked == ({0: 26_460} if is_choked else {})


def test_of_two_strokes_at_once_the_one_that_is_heard_is_choked(tmp_path, shot, monkeypatch):
    monkeypatch.setitem(LABELS, "Open", "ride_bell")
    monkeypatch.setitem(LABELS, "Closed", "ride_bow")
    faint = np.concatenate([np.full(RATE_HZ // 10, 0.5), np.full(RATE_HZ, 1e-4)])
    write_sound(tmp_path / "faint.wav", faint, RATE_HZ, subtype="FLOAT")
    bell = Instrument("Open", (Shot((Part("here", tmp_path / "faint.wav"),)),))
    made, _ = played(
        [(0, 46, 100), (0, 42, 100)],
        [bell, Instrument("Closed", (shot("bow"),))],
        silences={},
        grabs=[(0.5, 46)],
        bodies=CYMBALS,
    )
    assert [voice.stop for (voice,) in made.voices] == [22_050, 22_050]
    assert made.choked == {1: 22_050}


def test_a_hand_that_comes_before_the_stroke_or_to_the_other_cymbal_stops_nothing(
    shot, monkeypatch
):
    monkeypatch.setitem(LABELS, "Open", "crash2")
    crashes = [Instrument("Crash", (shot("a"),)), Instrument("Open", (shot("b"),))]
    bodies = {label: label for label in ("crash", "crash2")}
    strokes = [(0.2, 49, 100), (0.3, 46, 100)]
    made, _ = played(strokes, crashes, silences={}, grabs=[(0.1, 49), (0.4, 46)], bodies=bodies)
    assert [voice.stop for (voice,) in made.voices] == [None, 17_640]
    assert made.choked == {1: 17_640}


def test_bow_and_bell_of_a_ride_are_one_cymbal(shot, monkeypatch):
    monkeypatch.setitem(LABELS, "Open", "ride_bell")
    monkeypatch.setitem(LABELS, "Closed", "ride_bow")
    ride = [Instrument("Open", (shot("bell"),)), Instrument("Closed", (shot("bow"),))]
    made, _ = played(
        [(0, 46, 100), (0.1, 42, 100)], ride, silences={}, grabs=[(0.2, 46)], bodies=CYMBALS
    )
    assert [voice.stop for (voice,) in made.voices] == [8_820, 8_820]
    assert made.choked == {1: 8_820}


def test_a_note_that_none_answers_to_is_counted(shot):
    made, _ = played([(0, 49, 100), (0.5, 99, 100)], [Instrument("Crash", (shot("a"),))])
    assert (made.rows, made.unanswered) == ([0], [1])


def test_what_would_clip_is_turned_down_as_a_whole_and_its_gain_said(shot):
    strokes = [(n / 100, 49, 127) for n in range(20)]
    made, bank = played(strokes, [Instrument("Crash", (shot("a"),))])
    samples, gain = mix(made, bank.gain)
    assert np.abs(samples).max() == pytest.approx(0.98, abs=1e-5)
    assert gain == pytest.approx(bank.gain * 0.98 / (20 * 0.25))


def test_the_sound_ends_five_seconds_after_the_last_stroke(shot):
    long = shot("long", n_samples=12 * RATE_HZ)
    made, bank = played([(0, 49, 127), (1, 49, 127)], [Instrument("Crash", (long,))])
    samples, _ = mix(made, bank.gain)
    assert len(samples) == 6 * RATE_HZ
    assert abs(samples[-1]) < 1e-4
    assert len(bank.sounds["Crash"][0].samples) == 10 * RATE_HZ


def test_a_stroke_that_its_velocity_makes_silent_is_no_stroke(shot):
    strong = shot("a", track=2.0, exponent=2.0)
    made, _ = played([(0, 49, 40), (1, 49, 127)], [Instrument("Crash", (strong,))])
    assert (made.rows, made.unanswered) == ([1], [0])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            {"gain": 1e9},
            "peaks at 5e\\+08 of full scale, as the kit amplifies it; all",
        ),
        ({"semitones": 1e9}, "is to sound .*semitones from its recording; allowed: 48"),
        ({"offset": RATE_HZ}, "nothing of loud.wav sounds"),
    ],
    ids=["gain", "pitch", "offset"],
)
def test_what_a_kit_cannot_mean_is_refused(shot, how, said):
    loud = shot("loud")
    with pytest.raises(ValueError, match=rf"here: .*{said}"):
        load_sound(replace(loud, parts=(replace(loud.parts[0], **how),)))


def test_a_silent_sample_is_refused(shot):
    with pytest.raises(ValueError, match=r"here: quiet\.wav is silent"):
        load_sound(shot("quiet", level=0.0))


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000], ids="{} Hz".format)
def test_a_click_of_any_rate_begins_where_it_is(tmp_path, rate_hz):
    # A resampler rings before a click: that is not its beginning.
    click = np.zeros(rate_hz)
    click[rate_hz // 2] = 0.5
    write_sound(tmp_path / "click.wav", click, rate_hz, subtype="FLOAT")
    instrument = Instrument("Crash", (Shot((Part("here", tmp_path / "click.wav"),)),))
    made, bank = played([(0.1, 49, 127)], [instrument])
    samples, _ = mix(made, bank.gain)
    (sound,) = bank.sounds["Crash"]
    assert (sound.lead, sound.cut) == (BEFORE, 22_050 - BEFORE)
    assert np.abs(samples).argmax() == 4_410


def test_a_recording_of_one_sample_sounds_or_is_refused(tmp_path):
    path = tmp_path / "tick.wav"
    one = Shot((Part("here", path),))
    write_sound(path, np.array([0.5]), RATE_HZ, subtype="FLOAT")
    sound = load_sound(one)
    assert (sound.samples.tolist(), sound.lead, sound.cut) == ([0.5], 0, 0)
    write_sound(path, np.array([0.5]), 192_000, subtype="FLOAT")
    with pytest.raises(
        ValueError, match=r"here: tick\.wav is too short: at 44,100 Hz no sample is"
    ):
        load_sound(one)
