"""Channels as one: whatever their polarity, every drum that is in the recording is heard."""

import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import write_sound

from drumcorpus.ground.sound.audio import cancelling_channel, read_mono, read_mono_near
from drumcorpus.ground.sound.loudness import integrated_loudness
from drumcorpus.ground.sound.mixdown import MixMeter, as_one
from drumcorpus.ground.sound.recordings import channels_cancel, recording_reader
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.export.class_maps import make_class_maps
from drumcorpus.stages.export.cut import SampleCutter

RATE = 8_000
SECONDS = 6


def struck(every, offset, pitch, level=0.5):
    """A drum struck again and again; decays within 0.1 s."""
    samples = np.zeros(SECONDS * RATE)
    time = np.arange(RATE // 4) / RATE
    stroke = level * np.exp(-time / 0.03) * np.sin(2 * np.pi * pitch * time)
    for start in range(int(offset * RATE), len(samples) - len(stroke), int(every * RATE)):
        samples[start : start + len(stroke)] += stroke
    return samples


KICK, SNARE, HAT = struck(1.0, 0.0, 70), struck(1.0, 0.5, 220), struck(0.25, 0.125, 2000, 0.05)
KIT = KICK + SNARE + HAT
NOTHING = np.zeros_like(KIT)
NOISE = 0.1 * np.random.default_rng(0).standard_normal((8, SECONDS * RATE))

# Channels, and which one is heard; None is their mean.
CHANNELS = {
    "alike": ([KIT, KIT], None),
    "one silent": ([KIT, NOTHING], None),
    "all silent": ([NOTHING, NOTHING], None),
    "nothing in common": ([NOISE[0], NOISE[1]], None),
    "panned apart": ([KICK + HAT, SNARE], None),
    "a little against": ([KIT, -0.3 * KIT], None),
    "eight of which one sounds": ([NOTHING] * 7 + [KIT], None),
    "eight with nothing in common": (list(NOISE), None),
    "opposite": ([KIT, -KIT], 0),
    "opposite and softer": ([-0.8 * KIT, KIT], 1),
    "opposite at half the level": ([0.5 * KIT, -KIT], 1),
    "opposite beside zero": ([KIT + 0.2, -KIT + 0.2], 0),
    "kick opposite": ([1.1 * KIT, KIT - 2 * KICK], 0),
    "snare opposite": ([KIT - 2 * SNARE, 1.1 * KIT], 1),
    "hi-hat opposite": ([1.1 * KIT, KIT - 2 * HAT], 0),
    "opposite among eight": ([*(0.01 * NOISE[:6]), KIT, -0.9 * KIT], 6),
    "eight that cancel": ([KIT, -KIT] * 4, 0),
}


@pytest.fixture(params=CHANNELS)
def kind(request):
    return request.param


def write(path, channels, subtype="PCM_16"):
    write_sound(path, np.stack(channels, axis=1), RATE, subtype=subtype)
    return path


def test_the_mean_is_taken_unless_it_loses_a_drum(tmp_path, kind):
    channels, expected = CHANNELS[kind]
    path = write(tmp_path / "a.wav", channels, "PCM_24")
    assert cancelling_channel(path) == expected
    assert channels_cancel([path]) is (expected is not None)
    wanted = np.mean(channels, axis=0) if expected is None else channels[expected]
    assert read_mono(path)[0] == pytest.approx(wanted, abs=1e-6)


def test_a_part_is_heard_as_it_is_in_the_whole(tmp_path, kind):
    path = write(tmp_path / "a.wav", CHANNELS[kind][0])
    whole, _ = read_mono(path, 4_000)
    near, _ = read_mono_near(path, 4_000, np.array([[1.4, 1.9], [3.0, 3.2]]))
    for start, stop in ((5600, 7600), (12_000, 12_800)):
        assert near[start:stop] == pytest.approx(whole[start:stop], abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, SECONDS * RATE), max_size=12), st.sampled_from(sorted(CHANNELS)))
def test_the_pieces_in_which_it_is_read_do_not_matter(cuts, kind):
    samples = np.stack(CHANNELS[kind][0], axis=1).astype(np.float32)
    meter = MixMeter(RATE, samples.shape[1])
    for part in np.split(samples, sorted(cuts)):
        meter.add(part)
    assert meter.surviving_channel() == CHANNELS[kind][1]


@pytest.mark.parametrize("n_channels", [2, 3, 8])
@pytest.mark.parametrize("kind", [np.float32, np.float64], ids=["float32", "float64"])
def test_mean_squares_are_those_of_every_block_less_its_offset(n_channels, kind):
    rng = np.random.default_rng(n_channels)
    samples = rng.normal(0, 0.1, (RATE, n_channels)) * 10.0 ** -np.arange(n_channels) + 0.05
    samples = samples[: RATE - 123].astype(kind)  # the last block is shorter
    meter = MixMeter(RATE, n_channels)
    for part in np.split(samples, [100, 1_700, 1_701]):
        meter.add(part)
    meter.surviving_channel()
    channels, means = meter._mean_squares()
    blocks = np.split(samples.astype(np.float64), range(400, RATE - 123, 400))
    expected = np.array([block.var(axis=0) for block in blocks])
    # Single precision of the loudest channel is the measure of the others.
    limit = 1e-6 * (expected.max(axis=1, keepdims=True) + 0.05**2)
    assert (np.abs(channels - expected) < limit).all()
    mean = np.array([block.mean(axis=1).var() for block in blocks])
    assert means == pytest.approx(mean, abs=1e-6 * (mean.max() + 0.05**2))


@pytest.mark.parametrize("n_samples", [1, 7, 399, 401])
def test_a_recording_shorter_than_a_block_is_judged_too(n_samples):
    tone = np.sin(np.arange(n_samples) + 1.0)
    expected = 0 if n_samples > 1 else None  # of one sample nobody knows what is offset
    meter = MixMeter(RATE, 2)
    meter.add(np.stack([tone, -tone], axis=1))
    assert meter.surviving_channel() == expected


def test_one_channel_is_left_as_it_is(tmp_path):
    path = write(tmp_path / "a.wav", [KIT])
    assert (cancelling_channel(path), channels_cancel([path])) == (None, None)


def test_what_is_not_a_number_is_not_judged(tmp_path):
    channels = [KIT.copy(), -KIT]
    channels[0][100] = np.nan
    path = tmp_path / "a.wav"
    write(path, channels, "FLOAT")
    assert cancelling_channel(path) == 0  # the block with the gap counts for neither
    assert np.isnan(read_mono(path, allow_not_finite=True)[0]).sum() == 1
    with pytest.raises(ValueError, match="NaN"):
        read_mono(path)


def reader(folder, paths, rate=None):
    sessions = pa.Table.from_pylist([{"session_id": "a", "channel_paths": paths}], SESSIONS)
    return recording_reader(sessions, lambda path: (folder / path).read_bytes(), rate)


def test_of_files_that_cancel_the_loudest_is_heard(tmp_path):
    write(tmp_path / "l.wav", [0.5 * KIT])
    write(tmp_path / "r.wav", [-0.9 * KIT])
    assert channels_cancel([tmp_path / "l.wav", tmp_path / "r.wav"]) is True
    samples, _ = reader(tmp_path, ["l.wav", "r.wav"])("l.wav")
    assert samples == pytest.approx(-0.9 * KIT, abs=1e-4)
    whole, rate = reader(tmp_path, ["l.wav", "r.wav"], 4_000)("l.wav")
    near, _ = reader(tmp_path, ["l.wav", "r.wav"], 4_000)("l.wav", np.array([[1.0, 2.0]]))
    assert rate == 4_000
    assert near[4000:8000] == pytest.approx(whole[4000:8000], abs=1e-5)


def test_no_clip_of_channels_that_cancel_is_silent(tmp_path, kind):
    channels, _ = CHANNELS[kind]
    if kind == "all silent":
        return
    write(tmp_path / "a.wav", channels)
    onsets = [0.0, 0.5, 1.125, 2.0, 2.5, 3.125]
    rows = [
        {
            "event_id": f"e{number}",
            "source_set": "s",
            "session_id": "a",
            "split": "train",
            "audio_path": "a.wav",
            "onset_time": onset,
        }
        for number, onset in enumerate(onsets)
    ]
    settings = {
        **{"audio": "drums", "unit": "clip", "form": ["files"], "encoding": "wav16"},
        **{"loudness": "as_is", "preroll_ms": 0, "postroll_ms": 60, "ring_ms": 0},
        "sample_rate_hz": RATE,
    }
    cutter = SampleCutter(
        tmp_path / "export",
        settings,
        **{"source_set": "s", "shard": "000", "notes": {}, "families": {"kick": "kick"}},
        class_maps=make_class_maps(["kick"], {}),
    )
    sessions = pa.Table.from_pylist([{"session_id": "a"}], SESSIONS)
    index, _ = cutter.write(
        pa.Table.from_pylist(rows, EVENTS),
        sessions,
        open_audio=reader(tmp_path, None),
        read_raw=None,
    )
    assert index["outcome"].to_pylist() == ["clip"] * 6
    for path in index["file"].to_pylist():
        clip, _ = soundfile.read(tmp_path / "export" / path)
        assert np.abs(clip).max() > 0.003  # 5 % of the softest drum in one of eight channels


@pytest.mark.parametrize("n_channels", [2, 8])
def test_channels_that_cancel_are_as_loud_as_those_that_agree(tmp_path, n_channels):
    alike = write(tmp_path / "alike.wav", [KIT] * n_channels)
    against = write(tmp_path / "against.wav", [KIT, -KIT] * (n_channels // 2))
    assert integrated_loudness(against) == pytest.approx(integrated_loudness(alike), abs=0.01)


@pytest.mark.parametrize("n_channels", [2, 3])
def test_files_of_many_lengths_leave_nothing_in_memory(n_channels):
    def measure(n_samples):
        meter = MixMeter(192_000, n_channels)
        meter.add(np.zeros((n_samples, n_channels), np.float32))
        assert meter.surviving_channel() is None

    measure(9_000)
    tracemalloc.start()
    for n_samples in range(8_000, 9_500, 10):
        measure(n_samples)
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 1_000_000  # a hundred and fifty of them would be 5 to 10 MB


@pytest.mark.parametrize("n_channels", [1, 2, 3, 8])
@pytest.mark.parametrize("channel", [None, 0])
@pytest.mark.parametrize("scale", [1.0, 2.0**-15])
def test_one_channel_is_written_where_it_is_to_lie(n_channels, channel, scale):
    samples = np.float32(NOISE[:n_channels, :5_000].T)
    one = np.full(5_000, np.nan, np.float32)
    as_one(samples, channel, scale, out=one)
    expected = samples.mean(axis=1) if channel is None else samples[:, channel]
    np.testing.assert_allclose(one, expected * scale, rtol=1e-4, atol=1e-7 * scale)
    np.testing.assert_array_equal(one, as_one(samples, channel, scale))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_a_file_of_many_parts_is_the_mean_of_all_its_samples(tmp_path, subtype, n_channels):
    n_samples = 3 * MixMeter(44_100, n_channels).whole_blocks + 1_234
    samples = np.random.default_rng(6).integers(-9_000, 9_000, (n_samples, n_channels)) / 2**15
    write_sound(tmp_path / "long.wav", samples, 44_100, subtype=subtype)
    mono, _ = read_mono(tmp_path / "long.wav")
    np.testing.assert_allclose(mono, samples.mean(axis=1), atol=1e-7)
