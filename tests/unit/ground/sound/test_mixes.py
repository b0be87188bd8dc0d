"""Mixes that are sums: what is added, at which rate, and how far."""

import numpy as np
import pyarrow as pa
import pytest
from sounds import write_sound

from drumcorpus.ground.sound.mixes import with_sums
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.ground.sound.stereo import stereo_reader
from drumcorpus.schemas import SESSIONS
from drumcorpus.vocabulary import CUT_SHORT

RATE = 44_100
STEP = 2.0**-15  # of 16 bit: what is a multiple of it is written as it is


def noise(n_samples, n_channels=1, seed=0):
    sound = np.random.default_rng(seed).integers(-9_000, 9_000, (n_samples, n_channels))
    return (sound * STEP).astype(np.float32).squeeze()


def opened(root, parts, channels=None, *, reader=recording_reader, rate=None, keep_pcm16=False):
    mix = {"mix_path": "band.wav", "mix_parts": [{"path": p, "gain": g} for p, g in parts]}
    rows = [
        {"session_id": "backed", "channel_paths": channels, **mix},
        {"session_id": "alone", "mix_path": "whole.wav"},
    ]
    rows = [{name: row.get(name) for name in SESSIONS.names} for row in rows]
    sessions = pa.Table.from_pylist(rows, SESSIONS)
    options = {"keep_pcm16": keep_pcm16}
    return with_sums(sessions, reader(sessions, lambda path: root / path, rate, **options))


PARTS = [("drums.wav", 0.75), ("band.wav", 0.25)]


def test_recordings_are_added_with_their_gains_up_to_the_end_of_the_shorter(tmp_path):
    drums, band = noise(5_000, seed=1), noise(4_000, seed=2)
    write_sound(tmp_path / "drums.wav", drums, RATE)
    write_sound(tmp_path / "band.wav", band, RATE)
    open_audio = opened(tmp_path, PARTS)
    mix, rate = open_audio("band.wav")
    assert (mix.dtype, rate) == (np.float32, RATE)
    assert np.array_equal(mix, drums[:4_000] * np.float32(0.75) + band * np.float32(0.25))
    turned = opened(tmp_path, PARTS[::-1])("band.wav")[0]
    assert np.allclose(turned, mix, atol=1e-7)
    assert np.array_equal(open_audio("drums.wav")[0], drums)


@pytest.mark.parametrize("reader", [recording_reader, stereo_reader], ids=["mono", "stereo"])
def test_a_sum_of_integers_is_that_of_floats(tmp_path, reader):
    for seed, (name, _) in enumerate(PARTS):
        write_sound(tmp_path / name, noise(3_000, seed=seed), RATE, subtype="PCM_16")
    whole, kept = (opened(tmp_path, PARTS, reader=reader, keep_pcm16=k) for k in (False, True))
    mix, of_floats = kept("band.wav")[0], whole("band.wav")[0]
    assert mix.dtype == np.float32
    assert np.array_equal(mix, of_floats)
    assert 0.1 < np.abs(mix).max() < 1  # and not 32,768 times that
    assert kept("drums.wav")[0].dtype == np.int16


def test_a_mix_in_one_file_is_that_file(tmp_path):
    write_sound(tmp_path / "whole.wav", noise(900), RATE)
    assert np.array_equal(opened(tmp_path, PARTS)("whole.wav")[0], noise(900))


def test_two_microphones_are_one_recording_of_the_sum(tmp_path):
    sounds = {name: noise(3_000, seed=n) for n, name in enumerate(("l.wav", "r.wav", "band.wav"))}
    for name, sound in sounds.items():
        write_sound(tmp_path / name, sound, RATE)
    parts, pair = [("l.wav", 0.5), ("band.wav", 0.5)], ["l.wav", "r.wav"]
    left, right, band = sounds.values()
    mono, _ = opened(tmp_path, parts, pair)("band.wav")
    assert np.allclose(mono, 0.25 * left + 0.25 * right + 0.5 * band, atol=1e-6)
    stereo, _ = opened(tmp_path, parts, pair, reader=stereo_reader)("band.wav")
    wanted = np.stack([0.5 * left + 0.5 * band, 0.5 * right + 0.5 * band], axis=1)
    assert np.allclose(stereo, wanted, atol=1e-6)


def test_recordings_of_two_rates_are_no_sum_unless_another_is_asked_for(tmp_path):
    drums, band = noise(8_820, seed=1), noise(9_600, seed=2)
    write_sound(tmp_path / "drums.wav", drums, RATE)
    write_sound(tmp_path / "band.wav", band, 48_000)
    with pytest.raises(ValueError, match=r"band.wav: .* have the rates \[44100, 48000\] Hz"):
        opened(tmp_path, PARTS)("band.wav")
    mix, rate = opened(tmp_path, PARTS, rate=22_050)("band.wav")
    wanted = 0.75 * resample(drums, RATE, 22_050) + 0.25 * resample(band, 48_000, 22_050)
    assert rate == 22_050
    assert np.allclose(mix, wanted, atol=1e-6)


@pytest.mark.parametrize("damaged", ["drums.wav", "band.wav"])
def test_damage_in_either_recording_is_said(tmp_path, damaged):
    for name in ("drums.wav", "band.wav"):
        write_sound(tmp_path / name, noise(5_000), RATE)
    data = (tmp_path / damaged).read_bytes()
    (tmp_path / damaged).write_bytes(data[:-2_000])
    with pytest.raises(ValueError) as raised:
        opened(tmp_path, PARTS)("band.wav")
    assert raised.value.reason == CUT_SHORT
