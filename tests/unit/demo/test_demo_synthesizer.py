"""The demo's drums: struck harder they brighten, and a cymbal stays the cymbal it is."""

import numpy as np
import pytest
from checkout import REPO

from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.synthesizer import render

KITS_FILE = REPO / "resources" / "demo" / "kits.yaml"
KITS = read_kits(KITS_FILE)
RATE_HZ = 44100
BOTH_KITS = pytest.mark.parametrize("kit", list(KITS.values()), ids=list(KITS))
TD11_NOTES = {
    36,
    37,
    38,
    40,
    42,
    22,
    46,
    26,
    44,
    48,
    50,
    45,
    47,
    43,
    58,
    51,
    59,
    53,
    49,
    55,
    57,
    52,
}
CRASH_1_EDGE, CRASH_2_EDGE = 55, 52
OPEN_HAT, CLOSED_HAT, PEDAL_HAT, RIDE = 26, 42, 44, 51


def sound(hits, kit, *, duration=3.0, seed=0):
    onsets, notes, velocities = (np.array(column) for column in zip(*hits, strict=True))
    rng = np.random.default_rng(seed)
    return render(
        onsets, notes, velocities, kit, sample_rate_hz=RATE_HZ, duration=duration, rng=rng
    )


def crash(kit, note, velocity, seed=0):
    return sound([(0.0, note, velocity)], kit, duration=1.5, seed=seed)


def centroid_hz(audio):
    power = np.abs(np.fft.rfft(audio)) ** 2
    return np.sum(power * np.fft.rfftfreq(len(audio), 1 / RATE_HZ)) / np.sum(power)


def fine_structure(audio):
    """Log spectrum from 200 Hz to 8 kHz without its slow course, which velocity moves."""
    spectrum = np.log(np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) + 1e-9)
    band = spectrum[int(200 * len(audio) / RATE_HZ) : int(8000 * len(audio) / RATE_HZ)]
    width = int(1000 * len(audio) / RATE_HZ)
    slow = np.convolve(np.pad(band, width // 2, mode="edge"), np.ones(width) / width, "valid")
    return band - slow[: len(band)]


def likeness(audio, other):
    return np.corrcoef(fine_structure(audio), fine_structure(other))[0, 1]


def level_db(audio):
    return 10 * np.log10(np.mean(audio**2) + 1e-20)


@BOTH_KITS
def test_a_kit_plays_every_note_of_the_drum_module(kit):
    assert set(kit.stroke_of_note) == TD11_NOTES


@BOTH_KITS
@pytest.mark.parametrize("note", sorted(TD11_NOTES))
def test_a_note_sounds_within_1_ms_of_its_onset_and_not_before(kit, note):
    onset = 4410
    audio = sound([(0.1, note, 80)], kit, duration=0.3)
    assert np.all(audio[:onset] == 0.0)
    assert level_db(audio[onset : onset + 45]) > -40
    assert np.abs(audio).max() > 0.02


def test_the_same_seed_gives_the_same_samples_and_another_seed_does_not():
    kit = KITS["birch"]
    hits = [(0.0, CRASH_1_EDGE, 100), (0.2, RIDE, 70)]
    assert np.array_equal(sound(hits, kit, seed=4), sound(hits, kit, seed=4))
    assert not np.array_equal(sound(hits, kit, seed=4), sound(hits, kit, seed=5))


def test_the_order_in_which_hits_are_listed_does_not_matter():
    kit = KITS["maple"]
    hits = [(0.3, RIDE, 70), (0.0, 36, 100), (0.3, 38, 90)]
    assert np.array_equal(sound(hits, kit), sound(hits[::-1], kit))


def test_two_hits_alike_differ_a_little_as_on_a_real_drum():
    audio = sound([(0.0, 38, 90), (1.0, 38, 90)], KITS["birch"], duration=2.0)
    first, second = audio[:RATE_HZ], audio[RATE_HZ:]
    assert not np.array_equal(first, second)
    assert abs(level_db(first) - level_db(second)) < 3


@BOTH_KITS
@pytest.mark.parametrize("note", [49, CRASH_1_EDGE, 57, CRASH_2_EDGE])
def test_a_harder_crash_is_brighter_and_rings_longer(kit, note):
    soft, hard = crash(kit, note, 40), crash(kit, note, 120)
    assert centroid_hz(hard) > 1.3 * centroid_hz(soft)
    late = slice(RATE_HZ, None)  # the second second, against the whole
    assert level_db(hard[late]) - level_db(hard) > level_db(soft[late]) - level_db(soft) + 2


@BOTH_KITS
def test_the_high_modes_of_a_soft_crash_build_up_later(kit):
    def rise_db(velocity):
        """Level above 2.5 kHz from 100 to 150 ms against the first 20 ms."""
        audio = crash(kit, CRASH_1_EDGE, velocity)
        spectrum = np.fft.rfft(audio)
        spectrum[: int(2500 * len(audio) / RATE_HZ)] = 0
        high = np.fft.irfft(spectrum, len(audio))
        samples = [int(seconds * RATE_HZ) for seconds in (0.02, 0.1, 0.15)]
        return level_db(high[samples[1] : samples[2]]) - level_db(high[: samples[0]])

    assert rise_db(40) > rise_db(120) + 2


@BOTH_KITS
def test_brightness_tells_how_hard_a_crash_was_struck_better_than_which_one(kit):
    centroids = {
        (note, velocity): centroid_hz(crash(kit, note, velocity))
        for note in (CRASH_1_EDGE, CRASH_2_EDGE)
        for velocity in (40, 120)
    }
    between_cymbals = abs(centroids[CRASH_1_EDGE, 120] - centroids[CRASH_2_EDGE, 120])
    for note in (CRASH_1_EDGE, CRASH_2_EDGE):
        assert centroids[note, 120] - centroids[note, 40] > between_cymbals


@BOTH_KITS
def test_one_crash_soft_and_hard_is_more_alike_than_two_crashes_equally_hard(kit):
    same = [
        likeness(crash(kit, note, 45, seed=1), crash(kit, note, 115, seed=2))
        for note in (CRASH_1_EDGE, CRASH_2_EDGE)
    ]
    different = [
        likeness(crash(kit, CRASH_1_EDGE, velocity, 1), crash(kit, CRASH_2_EDGE, velocity, 2))
        for velocity in (45, 80, 115)
    ]
    assert min(same) > 0.5
    assert max(np.abs(different)) < 0.2


@pytest.mark.parametrize(("bow", "edge"), [(49, CRASH_1_EDGE), (57, CRASH_2_EDGE)])
def test_bow_and_edge_are_one_cymbal_and_the_kits_have_different_ones(bow, edge):
    birch, maple = KITS["birch"], KITS["maple"]
    assert likeness(crash(birch, bow, 90, 1), crash(birch, edge, 90, 2)) > 0.5
    assert abs(likeness(crash(birch, edge, 90, 1), crash(maple, edge, 90, 2))) < 0.2


@pytest.mark.parametrize("closing", [CLOSED_HAT, PEDAL_HAT])
def test_a_closing_hat_stops_the_open_hat(closing):
    kit = KITS["birch"]
    after = slice(int(0.5 * RATE_HZ), int(0.8 * RATE_HZ))
    ringing = sound([(0.0, OPEN_HAT, 110)], kit)[after]
    closed = sound([(0.0, OPEN_HAT, 110), (0.2, closing, 60)], kit)[after]
    assert level_db(ringing) > -60
    assert level_db(closed) < level_db(ringing) - 20


def test_a_ride_does_not_stop_the_open_hat():
    kit = KITS["birch"]
    audio = sound([(0.0, OPEN_HAT, 110), (0.2, RIDE, 60)], kit)
    after = slice(int(0.5 * RATE_HZ), int(0.8 * RATE_HZ))
    assert level_db(audio[after]) > level_db(sound([(0.0, OPEN_HAT, 110)], kit)[after]) - 1


def test_the_loudest_bar_does_not_clip():
    hits = [(0.05 * step, note, 127) for step, note in enumerate(sorted(TD11_NOTES) * 4)]
    assert 0.3 < np.abs(sound(hits, KITS["maple"], duration=6.0)).max() <= 0.95


def test_no_hits_are_silence_of_the_asked_length():
    nothing = np.array([], dtype=int)
    audio = render(
        nothing,
        nothing,
        nothing,
        KITS["birch"],
        sample_rate_hz=48000,
        duration=0.5,
        rng=np.random.default_rng(0),
    )
    assert audio.tolist() == [0.0] * 24000


@pytest.mark.parametrize(
    ("hit", "message"),
    [
        ((0.0, 39, 90), r"does not play the notes \[39\]"),
        ((-0.1, 36, 90), "allowed are 0 s and later"),
        ((0.0, 36, 0), "allowed are 1 to 127"),
        ((0.0, 36, 128), "allowed are 1 to 127"),
    ],
)
def test_a_hit_that_no_drummer_could_play_is_refused(hit, message):
    with pytest.raises(ValueError, match=message):
        sound([hit], KITS["birch"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("note: 36", "note: 136", r"strokes\.kick\.note is 136; allowed are numbers from 0 to 127"),
        ("note: 40", "note: 38", r"kits\.birch: notes \[38\] stand twice"),
        ("corner_hz: 160", "cornerhz: 160", r"holds \['cornerhz'\]; allowed are"),
        ("level: 0.36,", "", r"strokes\.kick needs the key 'level'"),
        ("band_hz: [900, 5000]", "band_hz: [5000, 900]", r"noise\.band_hz is \[5000, 900\]"),
        ("spacing_hz: 98", "spacing_hz: wide", r"hi_hat\.plate\.spacing_hz is 'wide'"),
        ("kits:\n", "kit:\n", "needs the key 'kits'"),
        ("strike: [85, 90]", "strike: [90, 85]", r"pedal\.strike is \[90, 85\]"),
    ],
    ids=[
        "a note above 127",
        "a note that stands twice",
        "an unknown key",
        "a key too few",
        "a band upside down",
        "a word for a number",
        "no kits",
        "a pedal upside down",
    ],
)
def test_a_bad_kits_file_is_refused_with_its_place_and_what_is_allowed(tmp_path, old, new, message):
    text = KITS_FILE.read_text(encoding="utf-8")
    assert old in text
    bad = tmp_path / "kits.yaml"
    bad.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        read_kits(bad)
    assert str(bad) in str(caught.value)
