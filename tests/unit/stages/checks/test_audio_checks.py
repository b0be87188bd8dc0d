"""Checks of the sound: how it is decoded, measured and sampled."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyloudnorm
import pytest
import soundfile
from pyloudnorm import IIRfilter
from sounds import write_sound

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound.check_settings import MeasureSettings
from drumcorpus.ground.sound.loudness import K_WEIGHTING, integrated_lufs, loudest_at
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.schemas import AUDIO_CHECKS, EVENTS, SESSIONS
from drumcorpus.stages.checks.decoding import decode
from drumcorpus.stages.checks.mix_lag import find_lag
from drumcorpus.stages.checks.session_checks import check_sessions, choose_sessions
from drumcorpus.stages.checks.timing import family_medians, measure_timing

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def settings(repo):
    config = read_yaml(repo / "config/config.yaml")
    return read_settings(MeasureSettings, config["checks"]["measure"])


@pytest.fixture
def sound_of(tmp_path):
    """Decodes samples that are written to a file first."""

    def sound_of(samples, rate_hz=RATE_HZ, subtype="PCM_16"):
        path = tmp_path / "a.wav"
        write_sound(path, samples, rate_hz, subtype=subtype)
        return decode(["a.wav"], [path], -60.0)

    return sound_of


def noise(seconds, n_channels=1, gain=0.1, rate_hz=RATE_HZ, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, gain, (round(seconds * rate_hz), n_channels)).clip(-0.99, 0.99)


def sine(hertz, gain, seconds=3.0):
    return gain * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


def strokes(onsets, seconds, seed=1, gains=None):
    """Bursts of noise that start at their onset, on a faint noise floor, (n_samples,)."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 1e-4, round(seconds * RATE_HZ))
    shape = np.exp(-np.arange(round(0.12 * RATE_HZ)) / (0.02 * RATE_HZ))
    for onset, gain in zip(
        onsets, np.full(len(onsets), 0.2) if gains is None else gains, strict=True
    ):
        start = round(onset * RATE_HZ)
        burst = gain * shape * rng.normal(0, 1, len(shape))
        samples[start : start + len(burst)] += burst[: max(len(samples) - start, 0)]
    return samples.clip(-0.99, 0.99)


def played(seconds, seed=2):
    """Onsets of an uneven rhythm."""
    gaps = np.random.default_rng(seed).choice([0.12, 0.18, 0.25, 0.37], round(seconds / 0.2))
    onsets = 0.3 + np.cumsum(gaps)
    return onsets[onsets < seconds - 0.3]


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_loudness_in_blocks_is_that_of_the_whole(tmp_path, rate_hz, n_channels):
    path = tmp_path / "a.wav"
    samples = noise(7.3, n_channels, rate_hz=rate_hz)
    samples[: 2 * rate_hz] *= 0.01  # which the relative gate leaves out
    write_sound(path, samples, rate_hz, subtype="PCM_24")
    found = integrated_lufs([decode(["a.wav"], [path], -60.0).block_powers])
    meter = pyloudnorm.Meter(rate_hz, filter_class="DeMan")
    # Its test tone is up to 0.041 dB off, as at 11,025 Hz.
    assert found == pytest.approx(meter.integrated_loudness(soundfile.read(path)[0]), abs=0.05)


def test_a_sine_has_the_loudness_of_the_standard(sound_of):
    """997 Hz at full scale in one channel is -3.01 LUFS (BS.1770-4, annex 1)."""
    found = integrated_lufs([sound_of(sine(997, 1.0, 20), subtype="FLOAT").block_powers])
    assert found == pytest.approx(-3.01, abs=0.005)


def test_the_filters_are_those_of_the_standard():
    """The coefficients that BS.1770-4, annex 1, tables for 48 kHz."""
    shelf, high_pass = (IIRfilter(g, q, f, 48_000, kind) for g, q, f, kind in K_WEIGHTING)
    assert shelf.b == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285])
    assert shelf.a == pytest.approx([1, -1.69065929318241, 0.73248077421585])
    assert high_pass.b == pytest.approx([1, -2, 1])
    assert high_pass.a == pytest.approx([1, -1.99004745483398, 0.99007225036621])


@pytest.mark.parametrize(
    "levels",
    # EBU Tech 3341, signals 1, 3, 4 and 5: 1 kHz in two channels, dBFS
    # and seconds, all of -23 LUFS.
    [
        [(-23, 20)],
        [(-36, 10), (-23, 60), (-36, 10)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
        [(-26, 20), (-20, 20.1), (-26, 20)],
    ],
)
def test_loudness_passes_the_test_signals(sound_of, levels):
    parts = [sine(1000, 10 ** (level / 20), seconds) for level, seconds in levels]
    samples = np.repeat(np.concatenate(parts)[:, None], 2, axis=1)
    found = integrated_lufs([sound_of(samples, subtype="PCM_24").block_powers])
    assert found == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("seconds", [0.05, 0.4, 0.5])
def test_a_short_sound_has_a_loudness(sound_of, seconds):
    assert integrated_lufs([sound_of(noise(seconds)).block_powers]) > -30


def test_silence_has_no_loudness(sound_of):
    assert integrated_lufs([sound_of(np.zeros(RATE_HZ)).block_powers]) is None


@pytest.mark.parametrize("level", [1.0, 0.8, 0.5])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_wave_cut_at_any_level_is_clipped(sound_of, level, subtype):
    found = sound_of(np.clip(sine(100, 1.3 * level), -level, level), subtype=subtype)
    assert 598 <= found.clipping.runs() <= 606  # twice a period; a block may cut one in two
    share = found.clipping.samples() / found.n_samples
    assert share == pytest.approx(1 - 2 * np.arcsin(1 / 1.3) / np.pi, abs=0.01)


@pytest.mark.parametrize("hertz", [20, 60, 1000])
@pytest.mark.parametrize("gain", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_the_flat_crest_of_a_slow_wave_is_not_clipped(sound_of, hertz, gain, subtype):
    assert sound_of(sine(hertz, gain), subtype=subtype).clipping.runs() == 0


def test_the_place_with_most_clipping_and_the_loudest_are_told(sound_of):
    samples = noise(9, gain=0.02)
    for start, n_cut in ((1.0, 20), (4.2, 300), (7.0, 50)):
        first = round(start * RATE_HZ)
        samples[first : first + n_cut] = 1.0
    sound = sound_of(samples)
    assert sound.clipping.densest() == round(4.2 * RATE_HZ)
    assert loudest_at(sound.block_powers) == pytest.approx(4.2, abs=0.2)
    silent = sound_of(np.zeros(3 * RATE_HZ))
    assert (silent.clipping.densest(), loudest_at(silent.block_powers)) == (None, None)


def test_a_plateau_below_a_later_peak_is_no_clipping(sound_of):
    samples = np.clip(sine(100, 1.0), -0.4, 0.4)
    samples[-RATE_HZ // 2] = 0.8
    samples[-RATE_HZ // 2 + 100] = -0.8
    assert sound_of(samples).clipping.runs() == 0


def test_an_offset_is_measured_of_each_channel(sound_of):
    samples = noise(2, 2)
    samples[:, 1] += 0.05
    assert sound_of(samples).offsets == pytest.approx([0.0, 0.05], abs=0.002)


def test_silence_is_told_from_near_silence_whatever_the_offset(sound_of):
    samples = np.full(4 * RATE_HZ, 0.05)  # 1 s digital silence, 1 s near silence, 2 s noise
    samples[RATE_HZ : 2 * RATE_HZ] += sine(100, 0.0005, 1)
    samples[2 * RATE_HZ :] += noise(2)[:, 0]
    silence = sound_of(samples, subtype="FLOAT").silence
    assert silence.n_digital / silence.n_stretches == pytest.approx(0.25, abs=0.01)
    assert silence.n_near / silence.n_stretches == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
def test_figures_are_those_of_the_whole_reckoned_at_once(
    sound_of, tmp_path, n_channels, subtype, rate_hz
):
    samples = noise(5.0003, n_channels, rate_hz=rate_hz)
    samples[: 2 * rate_hz] = np.round(samples[: 2 * rate_hz], 1)
    samples[rate_hz : 2 * rate_hz] = 0.1
    found = sound_of(samples, rate_hz, subtype)
    samples, _ = soundfile.read(tmp_path / "a.wav", always_2d=True)
    n_frame, n_apart = rate_hz // 2000, max(1, round(rate_hz / 44_100))
    n_frames = len(samples) // n_frame
    steps = samples - np.concatenate([samples[:1].repeat(n_apart, axis=0), samples])[:-n_apart]
    framed, stepped = (
        each[: n_frames * n_frame].reshape(n_frames, n_frame, n_channels)
        for each in (samples, steps)
    )
    assert found.n_samples == len(samples)
    assert found.highest == pytest.approx(np.abs(samples).max(), abs=1e-7)
    assert found.sum_squares == pytest.approx(np.square(samples).sum(), rel=1e-6)
    assert found.offsets == pytest.approx(samples.mean(axis=0), abs=1e-8)
    assert found.trace.peak == pytest.approx(np.abs(framed).max(axis=(1, 2)), abs=1e-7)
    assert found.trace.power == pytest.approx(np.square(framed).mean(axis=(1, 2)), rel=1e-5)
    assert found.trace.edge == pytest.approx(np.square(stepped).mean(axis=(1, 2)), rel=1e-4)
    n_stretches = n_frames // 20
    stretches = framed[: 20 * n_stretches].reshape(n_stretches, -1, n_channels)
    is_still = (np.ptp(stretches, axis=1) == 0).all(axis=1)
    assert found.silence.n_stretches == n_stretches
    assert found.silence.n_digital == is_still.sum() >= 99


def test_files_of_one_recording_are_its_channels(tmp_path):
    samples = noise(2, 2)
    for number in (0, 1):
        write_sound(tmp_path / f"{number}.wav", samples[: len(samples) - number, number], RATE_HZ)
    write_sound(tmp_path / "both.wav", samples[:-1], RATE_HZ)
    pair = decode(["0.wav", "1.wav"], [tmp_path / "0.wav", tmp_path / "1.wav"], -60.0)
    both = decode(["both.wav"], [tmp_path / "both.wav"], -60.0)
    assert (pair.n_channels, pair.n_samples) == (2, both.n_samples)
    assert pair.block_powers == pytest.approx(both.block_powers)


def test_a_file_that_is_damaged_past_the_end_of_the_shorter_is_named(tmp_path):
    samples = noise(8)[:, 0].astype(np.float32)
    samples[-1] = np.inf
    write_sound(tmp_path / "long.wav", samples, RATE_HZ, subtype="FLOAT")
    write_sound(tmp_path / "short.wav", samples[:RATE_HZ], RATE_HZ, subtype="FLOAT")
    for names in (["long.wav", "short.wav"], ["short.wav", "long.wav"]):
        with pytest.raises(UnusableFile, match=r"long\.wav") as caught:
            decode(names, [tmp_path / name for name in names], -60.0)
        assert caught.value.reason == "not_finite"


def broken(folder, kind):
    path = folder / "a.wav"
    samples = noise(2)[:, 0].astype(np.float32)
    if kind == "not_finite":
        samples[1000] = np.nan
    write_sound(path, samples, RATE_HZ, subtype="FLOAT")
    if kind == "unreadable_audio":
        path.write_bytes(b"RIFF....WAVEnothing")
    elif kind == "empty_audio":
        path.write_bytes(b"")
    elif kind == "cut_short":
        path = folder / "a.flac"
        write_sound(path, samples, RATE_HZ)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize("kind", ["not_finite", "unreadable_audio", "empty_audio"])
def test_audio_that_cannot_be_measured_says_why(tmp_path, kind):
    path = broken(tmp_path, kind)
    with pytest.raises(UnusableFile) as caught:
        decode([path.name], [path], -60.0)
    assert caught.value.reason == kind
    assert path.name in str(caught.value)


def test_a_file_that_breaks_off_is_refused(tmp_path):
    path = broken(tmp_path, "cut_short")
    with pytest.raises(UnusableFile) as caught:
        decode([path.name], [path], -60.0)
    assert caught.value.reason in ("cut_short", "unreadable_audio")


@pytest.mark.parametrize("shift_ms", [0, 30, -30, 200, -200, 700])
def test_a_shift_of_the_labels_comes_out_as_that_shift(sound_of, settings, shift_ms):
    onsets = played(40)
    trace = sound_of(strokes(onsets, 40)).trace
    labels = onsets + shift_ms / 1000
    timing = measure_timing(trace, labels[(labels > 0) & (labels < 40)], settings)
    assert timing.offset_ms == pytest.approx(shift_ms, abs=0.5)
    assert timing.mad_ms < 1
    assert timing.drift_ms_per_min == pytest.approx(0, abs=1)
    assert timing.n_measured > 100


@pytest.mark.parametrize("drift", [50, -50, 12])
def test_a_drift_of_the_labels_comes_out_as_that_drift(sound_of, settings, drift):
    onsets = played(90)
    trace = sound_of(strokes(onsets, 90)).trace
    timing = measure_timing(trace, onsets * (1 + drift / 60_000), settings)
    assert timing.drift_ms_per_min == pytest.approx(drift, abs=1)
    assert timing.drift_error_ms_per_min < 1
    assert timing.mad_ms < 1


def test_labels_of_another_performance_are_scattered(sound_of, settings):
    trace = sound_of(strokes(played(60, seed=2), 60)).trace
    timing = measure_timing(trace, played(60, seed=9), settings)
    assert timing.reason or timing.mad_ms > 7


def test_onsets_in_silence_are_not_measured(sound_of, settings):
    timing = measure_timing(sound_of(np.zeros(10 * RATE_HZ)).trace, played(10), settings)
    assert (timing.reason, timing.offset_ms) == ("no_sound", None)
    quiet = sound_of(strokes([5.0], 10)).trace
    timing = measure_timing(quiet, np.array([1.0, 2.0, 3.0, 4.0, 6.0, 7.0]), settings)
    assert timing.reason == "too_few_measured"
    assert timing.n_measured + timing.n_unmeasured == 6


def test_no_more_onsets_are_placed_than_asked_for(sound_of, settings):
    onsets = played(40)
    trace = sound_of(strokes(onsets, 40)).trace
    timing = measure_timing(trace, onsets, replace(settings, onsets_per_session=20))
    assert timing.n_measured + timing.n_unmeasured == 20


def test_each_family_has_the_offset_of_its_own_onsets(sound_of, settings):
    onsets = played(40)
    families = ["kick" if n % 2 else "snare" for n in range(len(onsets))]
    families[:4] = ["hihat"] * 4  # too few to say anything of it
    families[4] = None
    labels = onsets + np.array([0.012 if family == "snare" else 0.0 for family in families])
    timing = measure_timing(sound_of(strokes(onsets, 40)).trace, labels, settings)
    kick, snare = family_medians(timing, labels, families)
    assert (kick["family"], snare["family"]) == ("kick", "snare")
    assert kick["offset_ms"] == pytest.approx(0, abs=0.5)
    assert snare["offset_ms"] == pytest.approx(12, abs=0.5)
    assert kick["onsets"] + snare["onsets"] <= timing.n_measured
    assert min(kick["onsets"], snare["onsets"]) > 20


@pytest.mark.parametrize("onsets", [[1.0, 0.5], [np.nan], [[1.0]]])
def test_onsets_that_are_none_are_refused(sound_of, settings, onsets):
    with pytest.raises(ValueError, match="sorted vector"):
        measure_timing(sound_of(noise(1)).trace, np.array(onsets), settings)


def test_each_shard_chooses_its_share_and_a_new_session_moves_one_other_at_most():
    keys = [("a", f"take {number}") for number in range(300)]
    chosen = choose_sessions(keys, 100, n_shards=3)
    assert len(chosen) == 34
    assert choose_sessions(keys[::-1], 100, n_shards=3) == chosen
    more = choose_sessions([*keys, ("a", "take x")], 100, n_shards=3)
    assert len(more - chosen) <= 1
    assert choose_sessions(keys, None, 3) == {name for _, name in keys}
    # Another source set of the same names has a draw of its own.
    assert choose_sessions([("b", name) for _, name in keys], 100, 3) != chosen


def session(name, path, **changed):
    row = dict.fromkeys(SESSIONS.names) | {"source_set": "a", "session_id": name, "notes": []}
    return row | {"audio_path": path, "annotation_path": f"{name}.txt", "files": []} | changed


def event(name, path, onset, *labels):
    row = dict.fromkeys(EVENTS.names) | {"source_set": "a", "session_id": name, "audio_path": path}
    return row | {"onset_time": onset, "components": [{"label": label} for label in labels]}


@pytest.fixture
def check(tmp_path, settings):
    """Checks sessions and events whose audio lies in the temporary folder."""

    def check(sessions, events=(), n_shards=1, **changed):
        table = check_sessions(
            pa.Table.from_pylist(sessions, SESSIONS),
            pa.Table.from_pylist(list(events), EVENTS),
            lambda path: tmp_path / path,
            {"kick": "kick", "snare": "snare", "rimshot": "snare"},
            asdict(settings) | changed,
            n_shards=n_shards,
        )
        assert table.schema.equals(AUDIO_CHECKS)
        return {row["session_id"]: SimpleNamespace(**row) for row in table.to_pylist()}

    return check


def test_isolated_hits_have_the_level_of_their_strokes(tmp_path, check):
    onsets = [0.5, 1.0, 1.5, 2.0, 2.1, 3.0]
    gains = [0.2, 0.1, 0.2, 0.3, 0.3, 0.3]
    write_sound(tmp_path / "a.wav", strokes(onsets, 4, gains=gains), RATE_HZ)
    labels = [["kick"], ["snare"], ["kick"], ["kick"], ["snare"], ["kick", "snare"]]
    events = [event("s", "a.wav", t, *struck) for t, struck in zip(onsets, labels, strict=True)]
    found = {
        level["family"]: level for level in check([session("s", "a.wav")], events)["s"].hit_levels
    }
    assert {family: level["hits"] for family, level in found.items()} == {"kick": 2, "snare": 1}
    assert found["kick"]["rms_dbfs"] - found["snare"]["rms_dbfs"] == pytest.approx(6, abs=1)
    assert found["kick"]["peak_dbfs"] > found["kick"]["rms_dbfs"] + 6


def test_only_sessions_with_audio_have_a_row_and_only_some_are_decoded(tmp_path, check):
    write_sound(tmp_path / "a.wav", noise(1), RATE_HZ)
    rows = [session(f"s{n}", "a.wav") for n in range(6)] + [session("mute", None)]
    found = check(rows, sessions_per_set=3)
    assert sorted(found) == [f"s{n}" for n in range(6)]
    assert sum(row.sampled for row in found.values()) == 3
    assert all((row.peak_dbfs is not None) == row.sampled for row in found.values())


def test_a_session_of_several_files_is_measured_over_all_of_them(tmp_path, check):
    for name, gain in (("loud.wav", 0.1), ("soft.wav", 0.01)):
        write_sound(tmp_path / name, noise(2, gain=gain), RATE_HZ)
    files = [{"path": name, "role": "audio"} for name in ("loud.wav", "soft.wav")]
    row = session("s", None, files=files, annotation_path=None)
    [found] = check([row], [event("s", "loud.wav", 0.5, "kick")]).values()
    assert (found.files, found.duration, found.timing_reason) == (2, 4.0, "labels_from_sound")
    assert found.rms_dbfs == pytest.approx(-20 - 10 * np.log10(2 / 1.01), abs=0.1)


def test_a_broken_file_has_a_row_with_its_reason_and_the_others_go_on(tmp_path, check):
    write_sound(tmp_path / "good.wav", noise(1), RATE_HZ)
    write_sound(tmp_path / "short.wav", noise(0.2), RATE_HZ)
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    found = check([session(name, f"{name}.wav") for name in ("bad", "good", "short")])
    reasons = {name: row.reason for name, row in found.items()}
    assert reasons == {"bad": "unreadable_audio", "good": None, "short": "too_short"}
    assert "bad.wav" in found["bad"].detail
    assert found["bad"].peak_dbfs is None


def mixed(name, path, mix, **changed):
    return session(name, path, mix_path=mix, **changed)


def test_a_mix_is_measured_beside_the_drums_and_held_against_their_labels(tmp_path, check):
    onsets = played(40)
    drums = strokes(onsets, 40)
    write_sound(tmp_path / "drums.wav", drums, RATE_HZ)
    late = np.concatenate([np.zeros(round(0.03 * RATE_HZ)), drums])[: len(drums)]
    for name, sound in (("mix.wav", drums), ("late.wav", late)):
        both = sound + sine(110, 0.05, 40)
        write_sound(tmp_path / name, np.stack([both, both], axis=1), RATE_HZ)
    rows = [mixed("s", "drums.wav", "mix.wav"), mixed("t", "drums.wav", "late.wav")]
    rows.append(session("u", "drums.wav"))
    events = [event(name, "drums.wav", t, "kick") for name in "stu" for t in onsets]
    found = check(rows, events)
    assert found["u"].mix is None
    mix, late_mix = found["s"].mix, found["t"].mix
    assert [mix[name] for name in ("reason", "files", "channels")] == [None, 1, 2]
    assert mix["duration"] == found["s"].duration == 40
    assert mix["loudness_lufs"] > found["s"].loudness_lufs + 3
    assert (mix["lag_ms"], mix["timing_reason"]) == (0.0, None)
    # Of a mix that starts 30 ms later than the drums, the labels are early.
    assert late_mix["lag_ms"] == pytest.approx(30, abs=0.5)
    assert late_mix["offset_ms"] == pytest.approx(found["t"].offset_ms - late_mix["lag_ms"])
    for name in ("onsets_measured", "offset_mad_ms", "drift_ms_per_min"):
        assert mix[name] == getattr(found["s"], name) is not None


def test_of_a_mix_of_other_drums_it_is_said(tmp_path, check):
    onsets = played(40)
    write_sound(tmp_path / "drums.wav", strokes(onsets, 40), RATE_HZ)
    others = strokes(played(40, seed=9), 40, seed=4) + sine(110, 0.05, 40)
    write_sound(tmp_path / "other.wav", others, RATE_HZ)
    write_sound(tmp_path / "silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    rows = [mixed("s", "drums.wav", "other.wav"), mixed("t", "silent.wav", "other.wav")]
    found = check(rows, [event("s", "drums.wav", onset, "kick") for onset in onsets])
    reasons = {name: row.mix["timing_reason"] for name, row in found.items()}
    assert reasons == {"s": "drums_not_in_mix", "t": "no_sound"}
    assert {row.mix["lag_ms"] for row in found.values()} == {None}


@pytest.mark.parametrize("lag", [-0.4, -0.0125, 0.0, 0.2])
@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_a_lag_is_found_whatever_the_rates_and_however_loud_the_others(tmp_path, lag, rate_hz):
    onsets = played(30)
    drums = strokes(onsets, 30)
    others = strokes(played(30, seed=5), 30, seed=8) + noise(30, gain=0.01)[:, 0]
    mix = others + strokes(onsets + lag, 30) if lag else others + drums
    traces = []
    for name, sound, rate in (("a.wav", drums, RATE_HZ), ("b.wav", mix, rate_hz)):
        write_sound(tmp_path / name, resample(sound, RATE_HZ, rate), rate)
        traces.append(decode([name], [tmp_path / name], -60.0).trace)
    assert find_lag(*traces, reach=1.0) == pytest.approx(lag, abs=0.001)


def test_music_that_repeats_is_found_where_it_is_most_like(tmp_path):
    onsets = 0.25 * np.arange(1, 100)
    sound = strokes(onsets, 30)
    for name, samples in (("a.wav", sound), ("b.wav", sound + 0.01 * noise(30)[:, 0])):
        write_sound(tmp_path / name, samples, RATE_HZ)
    traces = [decode([name], [tmp_path / name], -60.0).trace for name in ("a.wav", "b.wav")]
    assert find_lag(*traces, reach=1.0) == 0.0


@pytest.mark.parametrize("lag", [0.0, 0.12])
@pytest.mark.parametrize("is_in", [True, False], ids=["its own mix", "the band alone"])
def test_a_beat_that_repeats_is_found_under_a_band(tmp_path, lag, is_in):
    # 120 bpm, kick and snare louder than the hi-hats between; a beat later it is much like itself.
    onsets = np.arange(0.5, 29, 0.25)
    gains = np.tile([0.2, 0.05], len(onsets))[: len(onsets)]
    band = sum(strokes(played(30, seed), 30, seed) for seed in (11, 12, 13))
    beat = strokes(onsets + lag, 30, 1, gains)
    write_sound(tmp_path / "a.wav", strokes(onsets, 30, 1, gains), RATE_HZ)
    write_sound(tmp_path / "b.wav", (beat + band if is_in else band) / 2, RATE_HZ)
    traces = [decode([name], [tmp_path / name], -60.0).trace for name in ("a.wav", "b.wav")]
    found = find_lag(*traces, reach=1.0)
    assert found == (pytest.approx(lag, abs=0.001) if is_in else None)


@pytest.mark.parametrize("pair", [False, True], ids=["one file", "two microphones"])
def test_a_mix_that_is_a_sum_is_measured_as_that_sum(tmp_path, check, pair):
    left, right, band = noise(3, seed=1), noise(3, seed=2), noise(2, seed=3)
    for name, sound in (("l.wav", left), ("r.wav", right), ("band.wav", band)):
        write_sound(tmp_path / name, sound, RATE_HZ, subtype="FLOAT")
    parts = [{"path": "l.wav", "gain": 0.75}, {"path": "band.wav", "gain": 0.25}]
    channels = {"channel_paths": ["l.wav", "r.wav"] if pair else None}
    row = mixed("s", "l.wav", "band.wav", mix_parts=parts, **channels)
    drums = np.concatenate([left, right], axis=1) if pair else left
    wanted = 0.75 * drums[: len(band)] + 0.25 * band
    write_sound(tmp_path / "sum.wav", wanted, RATE_HZ, subtype="FLOAT")
    alone = check([session("s", "sum.wav")])["s"]
    mix = check([row])["s"].mix
    assert mix["files"] == (3 if pair else 2)
    assert (mix["channels"], mix["duration"]) == (2 if pair else 1, 2.0)
    for name in ("loudness_lufs", "peak_dbfs", "rms_dbfs", "dc_offset"):
        assert mix[name] == pytest.approx(getattr(alone, name), abs=2e-3), name


def test_a_broken_mix_has_its_reason_and_the_drums_their_figures(tmp_path, check):
    write_sound(tmp_path / "good.wav", noise(1), RATE_HZ)
    write_sound(tmp_path / "short.wav", noise(0.2), RATE_HZ)
    write_sound(tmp_path / "other.wav", noise(1), 48_000)
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    rows = [mixed(name, "good.wav", f"{name}.wav") for name in ("bad", "short")]
    parts = [{"path": path, "gain": 0.5} for path in ("good.wav", "other.wav")]
    rows.append(mixed("rates", "good.wav", "other.wav", mix_parts=parts))
    found = check(rows)
    reasons = {name: row.mix["reason"] for name, row in found.items()}
    assert reasons == {
        "bad": "unreadable_audio",
        "rates": "unreadable_audio",
        "short": "too_short",
    }
    assert {row.reason for row in found.values()} == {None}
    assert "bad.wav" in found["bad"].mix["detail"]


def test_of_a_session_that_is_not_decoded_it_is_known_that_it_has_a_mix(tmp_path, check):
    write_sound(tmp_path / "a.wav", noise(1), RATE_HZ)
    found = check([mixed(f"s{n}", "a.wav", "a.wav") for n in range(4)], sessions_per_set=1)
    decoded = {row.sampled: row.mix["peak_dbfs"] for row in found.values()}
    assert decoded[True] is not None and decoded[False] is None


def test_equal_input_gives_equal_rows(tmp_path, check):
    onsets = played(20)
    write_sound(tmp_path / "a.wav", strokes(onsets, 20), RATE_HZ)
    events = [event("s", "a.wav", onset, "kick") for onset in onsets]
    first, second = (check([session("s", "a.wav")], order)["s"] for order in (events, events[::-1]))
    assert first == second
