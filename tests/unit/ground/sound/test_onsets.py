"""Onsets in recordings, and whose they are: synthetic strokes whose instants are known."""

import time
import tracemalloc
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from checkout import REPO
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.synthesizer import render
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound import onset_peaks, onsets
from drumcorpus.ground.sound.onset_settings import OnsetSettings
from drumcorpus.ground.sound.onsets import (
    Stem,
    analyse_stem,
    one_shot_onset,
    onset_confidence,
    own_hits,
)
from drumcorpus.stages.onsets.scores import figures, score_onsets

RATE_HZ = 44_100
SETTINGS = read_settings(OnsetSettings, read_yaml(REPO / "config/config.yaml")["onsets"])
KICK, SNARE, CLOSED_HAT, OPEN_HAT, TOM, UNUSED_TOM, RIDE, CRASH = 36, 38, 42, 46, 43, 45, 51, 49


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def kits(repo):
    return read_kits(repo / "resources/demo/kits.yaml")


@pytest.fixture(scope="module")
def play(kits):
    """Strokes of one kit as a recording with a little noise, (n_samples,) float32."""

    def play(onsets, notes, velocities, *, kit="birch", rate_hz=RATE_HZ, seed=3, noise=1e-4):
        rng = np.random.default_rng(seed)
        duration = max(onsets) + 1.0
        strokes = (np.broadcast_to(values, len(onsets)) for values in (notes, velocities))
        audio = render(
            np.asarray(onsets),
            *strokes,
            kits[kit],
            sample_rate_hz=rate_hz,
            duration=duration,
            rng=rng,
        )
        return (audio + rng.normal(0, noise, len(audio))).astype(np.float32)

    return play


def onsets_of(samples, rate_hz=RATE_HZ, **changes):
    return analyse_stem(
        np.asarray(samples, np.float32), rate_hz, replace(SETTINGS, **changes)
    ).onset


def impulses(*rows, n_samples=RATE_HZ, level=0.5):
    samples = np.zeros(n_samples, np.float32)
    samples[list(rows)] = level
    return samples


@pytest.mark.parametrize("note", [KICK, SNARE, CLOSED_HAT, OPEN_HAT, TOM, RIDE, CRASH])
def test_every_stroke_is_found_to_a_fraction_of_a_millisecond(play, note):
    rng = np.random.default_rng(note)
    true = 0.02 + np.cumsum(rng.uniform(0.25, 0.5, 30))
    found = onsets_of(play(true, note, rng.integers(50, 120, 30)))
    assert len(found) == 30
    error_ms = 1000 * (found - true)
    assert abs(np.median(error_ms)) < 0.1
    assert np.abs(error_ms).max() < 1.5


def test_the_level_is_the_transients_peak():
    stem = analyse_stem(impulses(8_000, 24_000), RATE_HZ, SETTINGS)
    np.testing.assert_allclose(stem.level_db, 20 * np.log10(0.5), atol=0.01)
    samples = impulses(8_000, 24_000)
    samples[24_000] = 0.05
    np.testing.assert_allclose(
        analyse_stem(samples, RATE_HZ, SETTINGS).level_db, [-6.02, -26.02], atol=0.01
    )


def test_the_envelope_is_the_mean_power_of_every_hop():
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    stem = analyse_stem(0.1 * tone, RATE_HZ, SETTINGS)
    hop = round(0.005 * RATE_HZ)
    assert stem.envelope_db.shape == (int(np.ceil(RATE_HZ / hop)),)
    assert stem.envelope_db.dtype == np.float32
    np.testing.assert_allclose(stem.envelope_db[:-1], -23.01, atol=0.1)
    assert stem.duration == 1.0


@pytest.mark.parametrize("note", [KICK, SNARE, CLOSED_HAT, TOM])
def test_two_strokes_40_ms_apart_are_two(play, note):
    first = np.arange(10) * 0.8 + 0.1
    true = np.sort(np.concatenate([first, first + 0.04]))
    found = onsets_of(play(true, note, 110))
    assert len(found) == 20
    assert np.abs(found - true).max() < 0.001


@pytest.mark.parametrize("note", [KICK, SNARE, CLOSED_HAT, RIDE])
def test_a_ghost_note_30_db_down_is_found(play, note):
    loud, soft = play([0.1], note, 110, noise=0.0), play([0.1], note, 50, noise=0.0)
    soft *= 10 ** (-30 / 20) * np.abs(loud).max() / np.abs(soft).max()
    samples = np.concatenate([loud, soft, loud, soft])
    samples += np.random.default_rng(1).normal(0, 1e-4, len(samples)).astype(np.float32)
    each = len(loud) / RATE_HZ
    found = onsets_of(samples)
    for start in np.arange(4) * each + 0.1:
        assert np.abs(found - start).min() < 0.002


def test_the_wash_of_a_cymbal_is_one_stroke(play):
    true = np.array([0.2, 3.2, 6.2])
    found = onsets_of(play(true, CRASH, 115))
    assert [np.abs(found - onset).min() < 0.001 for onset in true] == [True] * 3
    assert len(found) <= 4


def test_of_two_onsets_that_are_too_close_one_stays():
    found = onsets_of(impulses(10_000, 10_400))
    assert len(found) == 1


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 48_000, 96_000, 192_000])
def test_any_rate_gives_the_same_onsets(play, rate_hz):
    true = np.array([0.1, 0.5, 0.9, 1.3])
    samples = play(true, [KICK, SNARE, CLOSED_HAT, SNARE], 110, rate_hz=rate_hz)
    found = onsets_of(samples, rate_hz)
    assert len(found) == 4
    np.testing.assert_allclose(found, true, atol=0.001)


@pytest.mark.parametrize("rate_hz", [8_000, 48_000, 192_000])
def test_the_resamplers_ringing_moves_no_onset(rate_hz):
    found = onsets_of(impulses(rate_hz // 2, n_samples=rate_hz), rate_hz)
    np.testing.assert_allclose(found, [0.5], atol=1.5 / rate_hz)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 192_000])
def test_strokes_at_both_ends_of_a_file_are_found(rate_hz):
    found = onsets_of(impulses(0, rate_hz // 2, rate_hz - 1, n_samples=rate_hz), rate_hz)
    np.testing.assert_allclose(found, [0, 0.5, 1 - 1 / rate_hz], atol=1e-9)


def test_a_cut_at_the_end_is_no_stroke():
    times = np.arange(2 * RATE_HZ) / RATE_HZ
    for frequency_hz in (50, 440, 3_000):
        found = onsets_of(0.5 * np.sin(2 * np.pi * frequency_hz * times))
        assert (found < 0.01).all()


def test_an_offset_of_the_zero_line_changes_nothing(play):
    samples = play([0.1, 0.5, 0.9], [KICK, SNARE, CLOSED_HAT], 110)
    np.testing.assert_allclose(onsets_of(samples + 0.2), onsets_of(samples), atol=1e-4)


def test_a_clipped_recording_keeps_its_onsets(play):
    true = np.array([0.1, 0.5, 0.9, 1.3])
    samples = play(true, [KICK, SNARE, KICK, SNARE], 120)
    found = onsets_of(np.clip(samples * 20, -1, 1))
    np.testing.assert_allclose([np.abs(found - onset).min() for onset in true], 0, atol=0.001)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0),
        np.zeros(1),
        np.array([0.5]),
        np.zeros(RATE_HZ),
        np.full(RATE_HZ, 0.3),
        np.full(10, 1e-4),
        np.random.default_rng(0).normal(0, 1e-4, RATE_HZ),
    ],
    ids=["empty", "one zero", "one sample", "silence", "offset", "short", "hiss"],
)
def test_where_nothing_sounds_there_is_no_onset(samples):
    stem = analyse_stem(samples.astype(np.float32), RATE_HZ, SETTINGS)
    assert len(stem.onset) == len(stem.level_db) == len(stem.salience) == 0
    assert stem.duration == len(samples) / RATE_HZ
    assert one_shot_onset(samples.astype(np.float32), RATE_HZ, SETTINGS) is None


def test_noise_has_few_onsets_and_they_are_in_doubt():
    stem = analyse_stem(
        np.random.default_rng(2).normal(0, 0.1, 20 * RATE_HZ).astype(np.float32), RATE_HZ, SETTINGS
    )
    later = stem.onset > 0.01  # where it sets in, it does
    assert later.sum() <= 10
    assert (stem.salience[later] < 0.55).all()


def test_a_file_shorter_than_a_frame_has_its_onset():
    samples = np.random.default_rng(0).normal(0, 0.1, 100).astype(np.float32)
    assert onsets_of(samples).tolist() == [0.0]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(wrong):
    samples = impulses(100)
    samples[500] = wrong
    with pytest.raises(ValueError, match="NaN or an infinity"):
        analyse_stem(samples, RATE_HZ, SETTINGS)


def test_what_is_no_mono_float_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 100\).*mix down"):
        analyse_stem(np.zeros((2, 100)), RATE_HZ, SETTINGS)
    with pytest.raises(ValueError, match="int16"):
        analyse_stem(np.zeros(100, np.int16), RATE_HZ, SETTINGS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fmax_hz": 30_000.0}, "fmin_hz 30.0 and fmax_hz 30000.0 must rise"),
        ({"hop_ms": 0.0}, "hop_ms is 0.0; allowed is above 0"),
        ({"hop_ms": 40.0}, "hop_ms is 40.0; allowed is up to 15"),
        ({"n_bands": 300}, r"n_bands is 300, of which \d+ .* stay empty; take fewer"),
        ({"n_bands": 3000}, "n_bands is 3000; allowed is up to 512"),
    ],
)
def test_a_setting_out_of_range_is_named(changes, message):
    with pytest.raises(ValueError, match=f"^onsets: {message}"):
        onsets_of(impulses(100), **changes)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-2, 2, width=32), max_size=60),
    st.integers(0, 3_000),
    st.sampled_from([8_000, 44_100, 96_000]),
)
def test_any_samples_have_onsets_in_order_and_within_the_file(values, n_quiet, rate_hz):
    samples = np.array([*([0.0] * n_quiet), *values, *([0.0] * n_quiet)], np.float32)
    stem = analyse_stem(samples, rate_hz, SETTINGS)
    assert ((stem.onset >= 0) & (stem.onset <= stem.duration)).all()
    assert (np.diff(stem.onset) >= 0.03 - 1e-9).all()
    assert ((stem.salience > 0) & (stem.salience < 1)).all()
    assert np.isfinite(stem.level_db).all()


def test_a_minute_takes_less_than_a_second(play):
    rng = np.random.default_rng(0)
    samples = play(
        np.sort(rng.uniform(0, 59, 400)), rng.choice([36, 38, 42], 400), rng.integers(30, 120, 400)
    )
    onsets_of(samples[:RATE_HZ])  # imports
    start = time.process_time()
    assert len(onsets_of(samples)) > 250
    assert time.process_time() - start < 1.0


def peak_of(samples, rate_hz):
    onsets_of(samples[:rate_hz], rate_hz)  # imports
    tracemalloc.start()
    onsets_of(samples, rate_hz)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_beside_the_samples_memory_grows_by_the_levels_of_the_bands_only():
    """By 80 bands of 200 frames a second, and what the flux and its peaks take; not by copies."""
    burst = np.exp(-np.arange(RATE_HZ // 10) / 900)
    rng = np.random.default_rng(0)
    strokes = (burst * rng.normal(0, 0.2, (1200, len(burst)))).astype(np.float32).ravel()
    n_short = len(strokes) // 4
    growth = peak_of(strokes, RATE_HZ) - peak_of(strokes[:n_short], RATE_HZ)
    of_levels = 4 * SETTINGS.n_bands * 200 * (len(strokes) - n_short) / RATE_HZ
    assert growth < 1.15 * of_levels


def test_memory_is_a_few_times_the_audio_at_the_rate_of_the_analysis():
    samples = np.random.default_rng(0).normal(0, 0.1, 20 * 192_000).astype(np.float32)
    fixed = 60e6  # one batch of spectra
    assert peak_of(samples, 192_000) < fixed + 2 * 4 * 20 * RATE_HZ


@pytest.mark.parametrize("n_frames", [9, 100, 3000])
def test_the_flux_is_that_of_librosa(n_frames):
    from librosa.onset import onset_strength

    magnitudes = np.random.default_rng(n_frames).gamma(0.3, 1.0, (40, n_frames)).astype(np.float32)
    levels_db = 20 * np.log10(1 + 10 ** (SETTINGS.range_db / 20) / magnitudes.max() * magnitudes)
    n_rise = onset_peaks._rise_frames(SETTINGS)
    theirs = onset_strength(S=levels_db, lag=n_rise, max_size=3, center=False, detrend=False)
    found = onset_peaks._flux(magnitudes, SETTINGS)
    np.testing.assert_allclose(found, theirs, rtol=1e-6)
    assert found.max() > 1


@pytest.mark.parametrize("wait", [1, 6, 14])
def test_peaks_are_those_of_librosa_that_stand_out_of_the_median_too(wait):
    from librosa.util import peak_pick

    flux = np.random.default_rng(wait).gamma(0.5, 1.0, 4000)
    now = replace(SETTINGS, wait_ms=5.0 * wait, delta_db=0.1)
    found, rise_db = onset_peaks._pick_peaks(flux, now)
    reach = {"pre_max": 4, "post_max": 5, "pre_avg": 40, "post_avg": 7}
    theirs = peak_pick(flux, **reach, delta=0.1, wait=wait)
    median = np.array([np.median(np.pad(flux, 40)[row : row + 81]) for row in theirs])
    stands_out = flux[theirs] - 2 * median >= 0.1
    assert found.tolist() == theirs[stands_out].tolist()
    assert (rise_db >= 0.1).all()


def test_batches_change_nothing(play, monkeypatch):
    samples = play([0.1, 0.5, 0.52, 3.0, 5.9], [KICK, SNARE, TOM, CRASH, SNARE], 110) + 0.05
    whole = analyse_stem(samples, RATE_HZ, SETTINGS)
    for n_frames in (1, 7, 100):
        monkeypatch.setattr(onset_peaks, "BATCH_FRAMES", n_frames)
        monkeypatch.setattr(onsets, "BATCH_FRAMES", n_frames)
        stem = analyse_stem(samples, RATE_HZ, SETTINGS)
        assert stem.onset.tolist() == whole.onset.tolist()
        np.testing.assert_allclose(stem.salience, whole.salience, atol=1e-5)
        np.testing.assert_allclose(stem.envelope_db, whole.envelope_db, atol=1e-4)


def test_a_one_shots_onset_is_its_start(play):
    samples = play([0.25], SNARE, 110)
    onset, confidence = one_shot_onset(samples, RATE_HZ, SETTINGS)
    assert abs(onset - 0.25) < 0.0005
    assert confidence > 0.95


def test_handling_noise_before_a_one_shot_is_not_its_onset(play):
    samples = play([0.5], TOM, 120)
    samples[5_000] += 0.02 * np.abs(samples).max()
    onset, _ = one_shot_onset(samples, RATE_HZ, SETTINGS)
    assert abs(onset - 0.5) < 0.001


def test_a_one_shot_that_swells_starts_where_it_is_heard_and_is_in_doubt():
    rng = np.random.default_rng(0)
    swell = rng.normal(0, 0.2, 3 * RATE_HZ) * np.linspace(0, 1, 3 * RATE_HZ)
    onset, confidence = one_shot_onset(swell.astype(np.float32), RATE_HZ, SETTINGS)
    assert 0.1 < onset < 0.8
    assert confidence == 0.0


def test_confidence_rises_with_salience_from_0_to_1():
    confidence = onset_confidence(np.linspace(0, 1, 101))
    assert (np.diff(confidence) > 0).all()
    assert confidence[0] == 0
    assert confidence[-1] == pytest.approx(1)


# One drummer, a microphone at every drum.

PATTERN = {  # quarter notes of a bar: kick, snare and hat
    KICK: [(0, 105), (1.5, 75), (2, 105)],
    SNARE: [(0.75, 40), (1, 110), (2.25, 40), (3, 110)],
    CLOSED_HAT: [(quarter / 2, 100 - 25 * (quarter % 2)) for quarter in range(8)],
}
FILL = [(2, 100), (2.5, 100), (3, 100), (3.25, 100), (3.5, 100)]


def perform(rng, notes, *, bars=12, tempo_bpm=104, with_kick=False):
    """Onsets and velocities of each note's strokes, as human as 4 ms and 8 steps of velocity."""
    strokes = {note: [] for note in notes}
    for bar in range(bars):
        plan = dict(PATTERN)
        if bar % 4 == 3:
            plan[TOM] = FILL
        if with_kick or bar % 4 == 0:
            plan[CRASH] = [(q, v + 5) for q, v in PATTERN[KICK] if with_kick or q == 0]
        for note in set(notes) & set(plan):
            strokes[note] += [(4 * bar + quarter, v) for quarter, v in plan[note]]
    return {
        note: [
            (0.05 + 60 / tempo_bpm * beat + rng.normal(0, 0.004), round(rng.normal(v, 8)))
            for beat, v in sorted(plan)
        ]
        for note, plan in strokes.items()
    }


def record(kits, notes, *, seed, bleed_db=(-25, -12), **how):
    """Stems by note, and the true onsets: each microphone hears the others late and softer."""
    rng = np.random.default_rng(seed)
    strokes = perform(rng, notes, **how)
    duration = max(s[-1][0] for s in strokes.values() if s) + 1.5
    n_samples = round(duration * RATE_HZ)
    sounds = {note: np.zeros(n_samples) for note in notes}
    for note, played in strokes.items():
        if played:
            onsets, velocities = (np.array(values) for values in zip(*played, strict=True))
            sound = render(
                onsets,
                np.full(len(onsets), note),
                np.clip(velocities, 10, 127),
                kits[["birch", "maple"][seed % 2]],
                sample_rate_hz=RATE_HZ,
                duration=duration,
                rng=rng,
            )
            sounds[note] = 0.5 * sound / np.abs(sound).max()
    stems = {}
    for note in notes:
        heard = sounds[note] + rng.normal(0, 1e-4, n_samples)
        for other in set(notes) - {note}:
            late = round(rng.uniform(0.001, 0.006) * RATE_HZ)
            heard[late:] += 10 ** (rng.uniform(*bleed_db) / 20) * sounds[other][:-late]
        gain = 10 ** (rng.uniform(-9, 0) / 20)
        stems[note] = analyse_stem((gain * heard).astype(np.float32), RATE_HZ, SETTINGS)
    return stems, {note: np.array([onset for onset, _ in s]) for note, s in strokes.items()}


def gate(kits, notes, seeds=range(3), **how):
    """Before and after the gate: figures over some sessions, of each note and in all."""
    before, after = {note: [] for note in notes}, {note: [] for note in notes}
    for seed in seeds:
        stems, true = record(kits, notes, seed=seed, **how)
        for note, stem in stems.items():
            is_own, _ = own_hits(stem, [s for n, s in stems.items() if n != note], SETTINGS)
            level_db = np.zeros(len(true[note]))
            before[note].append(score_onsets(true[note], stem.onset, level_db)["all"])
            after[note].append(score_onsets(true[note], stem.onset[is_own], level_db)["all"])
    return SimpleNamespace(
        before={note: figures(matches) for note, matches in before.items()},
        after={note: figures(matches) for note, matches in after.items()},
        total=figures([match for matches in after.values() for match in matches]),
    )


def test_bleed_is_told_from_own_hits(kits):
    gated = gate(kits, [KICK, SNARE, CLOSED_HAT])
    assert gated.before[SNARE]["precision"] < 0.5
    assert gated.total["precision"] >= 0.98
    assert gated.total["recall"] >= 0.99


def test_drums_that_are_seldom_struck_keep_their_hits(kits):
    gated = gate(kits, [KICK, SNARE, CLOSED_HAT, TOM, CRASH])
    assert gated.before[CRASH]["precision"] < 0.05
    assert gated.after[TOM]["recall"] == gated.after[CRASH]["recall"] == 1
    assert gated.total["precision"] >= 0.95
    assert gated.total["recall"] >= 0.97


def test_a_crash_that_always_falls_on_the_kick_is_both_own_hits(kits):
    gated = gate(kits, [KICK, SNARE, CRASH], with_kick=True)
    assert gated.after[KICK]["recall"] >= 0.98
    assert gated.after[CRASH]["recall"] >= 0.98
    assert gated.total["precision"] >= 0.97


def test_a_drum_that_is_never_struck_has_no_hits(kits):
    gated = gate(kits, [KICK, SNARE, CLOSED_HAT, UNUSED_TOM])
    assert gated.before[UNUSED_TOM]["n_estimated"] > 300
    assert gated.after[UNUSED_TOM]["n_estimated"] == 0


def test_own_hits_are_more_confident_than_bleed(kits):
    stems, _ = record(kits, [KICK, SNARE, CLOSED_HAT], seed=1)
    is_own, confidence = own_hits(stems[SNARE], [stems[KICK], stems[CLOSED_HAT]], SETTINGS)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert np.median(confidence[is_own]) > 0.85
    assert (confidence[~is_own] < 0.5).all()


def test_a_stems_gain_changes_no_verdict(kits):
    stems, _ = record(kits, [KICK, SNARE, CLOSED_HAT], seed=2)
    snare = stems[SNARE]
    louder = Stem(
        snare.onset, snare.level_db + 12, snare.salience, snare.envelope_db + 12, snare.duration
    )
    others = [stems[KICK], stems[CLOSED_HAT]]
    same, again = own_hits(snare, others, SETTINGS)[0], own_hits(louder, others, SETTINGS)[0]
    assert same.tolist() == again.tolist()


def test_without_other_stems_every_hit_is_own_and_as_sure_as_it_is_clear(play):
    stem = analyse_stem(play([0.1, 0.5, 0.9], SNARE, [110, 30, 90]), RATE_HZ, SETTINGS)
    is_own, confidence = own_hits(stem, [], SETTINGS)
    assert is_own.tolist() == [True] * 3
    np.testing.assert_allclose(confidence, onset_confidence(stem.salience))


def test_a_silent_neighbour_sends_nothing(play):
    stem = analyse_stem(play([0.1, 0.5], SNARE, 110), RATE_HZ, SETTINGS)
    silent = analyse_stem(np.zeros(RATE_HZ, np.float32), RATE_HZ, SETTINGS)
    assert own_hits(stem, [silent], SETTINGS)[0].tolist() == [True, True]
    is_own, confidence = own_hits(silent, [stem], SETTINGS)
    assert len(is_own) == len(confidence) == 0


def test_stems_of_other_lengths_are_compared_as_far_as_they_go(play):
    long = analyse_stem(play([0.1, 0.5, 3.0], SNARE, 110), RATE_HZ, SETTINGS)
    short = analyse_stem(play([0.1], KICK, 110), RATE_HZ, SETTINGS)
    assert own_hits(long, [short], SETTINGS)[0].tolist() == [True] * 3
