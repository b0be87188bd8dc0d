"""A recording as two channels: what is left and what is right of each kind of recording."""

import numpy as np
import pyarrow as pa
import pytest
from sounds import write_sound

from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.ground.sound.stereo import stereo_reader
from drumcorpus.schemas import SESSIONS

RATE = 44_100
STEP = 2.0**-15  # of 16 bit: what is a multiple of it is written as it is


def noise(n_samples, n_channels, seed=0):
    sound = np.random.default_rng(seed).integers(-9_000, 9_000, (n_samples, n_channels))
    return (sound * STEP).astype(np.float32)


def reader(root, *channel_paths, rate=None):
    rows = [
        {"session_id": f"s{n}", "channel_paths": paths} for n, paths in enumerate(channel_paths)
    ]
    rows = [{name: row.get(name) for name in SESSIONS.names} for row in rows]
    sessions = pa.Table.from_pylist(rows, SESSIONS)
    return stereo_reader(sessions, lambda path: root / path, rate)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_a_stereo_file_stays_as_it_is(tmp_path, name):
    sound = noise(100_000, 2)
    write_sound(tmp_path / name, sound, RATE)
    samples, rate = reader(tmp_path, None)(name)
    assert (samples.dtype, rate) == (np.float32, RATE)
    assert np.array_equal(samples, sound)


def test_channels_that_cancel_stay_as_they_are(tmp_path):
    sound = noise(RATE, 1) * np.array([1, -1], np.float32)
    write_sound(tmp_path / "a.wav", sound, RATE)
    assert np.array_equal(reader(tmp_path)("a.wav")[0], sound)


def test_a_mono_file_is_doubled(tmp_path):
    sound = noise(5_000, 1)
    write_sound(tmp_path / "a.wav", sound, RATE)
    assert np.array_equal(reader(tmp_path)("a.wav")[0], np.repeat(sound, 2, axis=1))


def test_a_pair_of_files_is_left_and_right_up_to_the_end_of_the_shorter(tmp_path):
    left, right = noise(5_000, 1, seed=1), noise(4_000, 1, seed=2)
    write_sound(tmp_path / "overhead_L.wav", left, RATE)
    write_sound(tmp_path / "overhead_R.wav", right, RATE)
    open_audio = reader(tmp_path, ["overhead_L.wav", "overhead_R.wav"])
    samples, _ = open_audio("overhead_L.wav")
    assert np.array_equal(samples, np.concatenate([left[:4_000], right], axis=1))


def test_of_more_than_two_channels_their_one_is_doubled(tmp_path):
    sound = noise(RATE, 4)
    write_sound(tmp_path / "a.wav", sound, RATE)
    samples, _ = reader(tmp_path)("a.wav")
    assert np.array_equal(samples, np.stack([read_mono(tmp_path / "a.wav")[0]] * 2, axis=1))
    names = ["1.wav", "2.wav", "3.wav"]
    for place, name in enumerate(names):
        write_sound(tmp_path / name, sound[:, place], RATE)
    samples, _ = reader(tmp_path, names)("1.wav")
    assert samples.shape == (RATE, 2)
    assert samples[:, 0] == pytest.approx(sound[:, :3].mean(axis=1), abs=1e-6)
    assert np.array_equal(samples[:, 0], samples[:, 1])


@pytest.mark.parametrize("n_channels", [1, 2])
def test_each_channel_is_resampled_as_one_alone(tmp_path, n_channels):
    sound = noise(RATE, n_channels)
    write_sound(tmp_path / "a.wav", sound, RATE)
    samples, rate = reader(tmp_path, rate=48_000)("a.wav")
    assert (samples.shape, rate) == ((48_000, 2), 48_000)
    for place in range(2):
        alone = resample(sound[:, place % n_channels].copy(), RATE, 48_000)
        assert samples[:, place] == pytest.approx(alone, abs=1e-6)


def test_files_of_two_rates_are_refused(tmp_path):
    write_sound(tmp_path / "l.wav", noise(1_000, 1), RATE)
    write_sound(tmp_path / "r.wav", noise(1_000, 1), 48_000)
    with pytest.raises(ValueError, match=r"l\.wav: .* have the rates \[44100, 48000\] Hz"):
        reader(tmp_path, ["l.wav", "r.wav"])("l.wav")


def test_a_file_that_is_cut_short_is_refused(tmp_path):
    write_sound(tmp_path / "a.wav", noise(1_000, 2), RATE)
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[:-100])
    with pytest.raises(ValueError, match="header says 4000 bytes of samples, 3900 are there"):
        reader(tmp_path)("a.wav")
