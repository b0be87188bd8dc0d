"""A stretch of a recording is what the whole has there, and nothing else is decoded."""

import numpy as np
import pyarrow as pa
import pytest
from sounds import write_sound

from drumcorpus.ground.sound.decoding import UnusableSound
from drumcorpus.ground.sound.excerpts import excerpt_reader, read_excerpt
from drumcorpus.schemas import SESSIONS
from drumcorpus.vocabulary import CUT_SHORT, UNREADABLE_AUDIO

RATE = 8_000
STEP = 2.0**-15


def noise(seconds, n_channels=1, seed=0):
    shape = (round(seconds * RATE), n_channels)
    sound = np.random.default_rng(seed).integers(-9_000, 9_000, shape)
    return (sound * STEP).astype(np.float32)


def reader(folder, *, rate=RATE, **session):
    row = {name: session.get(name) for name in SESSIONS.names}
    sessions = pa.Table.from_pylist([row], SESSIONS)
    return excerpt_reader(sessions, lambda path: folder / path, rate)


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff"])
def test_a_stretch_is_what_the_whole_has_there(tmp_path, kind):
    whole = noise(3)
    path = tmp_path / f"a.{kind}"
    write_sound(path, whole, RATE, subtype="PCM_16")
    assert read_excerpt(path, 1.25, 2.0, RATE).tolist() == whole[10_000:16_000, 0].tolist()
    assert len(read_excerpt(path, 2.5, 9.0, RATE)) == 4_000
    assert len(read_excerpt(path, 7.0, 9.0, RATE)) == 0


def test_channels_are_averaged_or_the_loudest_is_taken_where_they_cancel(tmp_path):
    left = noise(2)[:, 0]
    write_sound(tmp_path / "pair.wav", np.stack([left, 0.5 * left], axis=1), RATE, subtype="FLOAT")
    write_sound(tmp_path / "odd.wav", np.stack([0.5 * left, -left], axis=1), RATE, subtype="FLOAT")
    pair, odd = (read_excerpt(tmp_path / f"{name}.wav", 0.5, 1.0, RATE) for name in ("pair", "odd"))
    np.testing.assert_array_equal(pair, 0.75 * left[4_000:8_000])
    np.testing.assert_array_equal(odd, -left[4_000:8_000])


def test_the_channels_of_one_recording_and_the_parts_of_a_mix_are_put_together(tmp_path):
    sounds = [noise(2, seed=seed)[:, 0] for seed in range(3)]
    for name, sound in zip("abc", sounds, strict=True):
        write_sound(tmp_path / f"{name}.wav", sound[: 16_000 - 100 * (name == "b")], RATE)
    parts = [{"path": "a.wav", "gain": 0.75}, {"path": "c.wav", "gain": 0.25}]
    read = reader(tmp_path, channel_paths=["a.wav", "b.wav"], mix_path="c.wav", mix_parts=parts)
    drums = (sounds[0] + sounds[1])[8_000:15_900] / 2
    np.testing.assert_allclose(read("a.wav", 1.0, 3.0), drums, atol=1e-7)
    mix = 0.75 * drums + 0.25 * sounds[2][8_000:15_900]
    np.testing.assert_allclose(read("c.wav", 1.0, 3.0), mix, atol=1e-7)


def test_what_is_no_number_is_silent(tmp_path):
    whole = noise(1)[:, 0]
    whole[100], whole[200] = np.nan, np.inf
    write_sound(tmp_path / "a.wav", whole, RATE, subtype="FLOAT")
    samples = read_excerpt(tmp_path / "a.wav", 0.0, 1.0, RATE)
    assert samples[[100, 200]].tolist() == [0, 0]
    assert samples[150] == whole[150]


def test_the_result_has_the_rate_that_is_asked_for(tmp_path):
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    write_sound(tmp_path / "a.wav", tone, RATE, subtype="FLOAT")
    samples = read_excerpt(tmp_path / "a.wav", 0.25, 0.75, 16_000)
    assert len(samples) == 8_000
    wanted = np.sin(2 * np.pi * 440 * (0.25 + np.arange(8_000) / 16_000))
    np.testing.assert_allclose(samples[200:-200], wanted[200:-200], atol=1e-3)


def test_damage_elsewhere_is_not_met_and_damage_in_the_stretch_is_named(tmp_path):
    path = tmp_path / "a.flac"
    write_sound(path, noise(20), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert len(read_excerpt(path, 1.0, 3.0, RATE)) == 16_000
    with pytest.raises(UnusableSound) as error:
        read_excerpt(path, 15.0, 17.0, RATE)
    assert error.value.reason in (CUT_SHORT, UNREADABLE_AUDIO)
    path.write_bytes(b"no sound at all")
    with pytest.raises(UnusableSound):
        read_excerpt(path, 0.0, 1.0, RATE)
