"""What lies below half the lower rate is as it was, and what lies above it is gone."""

import numpy as np
import pytest
from sounds import write_sound

from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.ground.sound.decimation import Decimator, decimator
from drumcorpus.ground.sound.resampling import Resampler, resample

RATES_HZ = [11_025, 16_000, 22_050, 32_000, 44_056, 44_100, 48_000, 88_200, 96_000]


def decimated(samples, rate_hz, pieces=1):
    decimating = decimator(rate_hz, 8_000, len(samples))
    assert isinstance(decimating, Decimator)
    for part in np.array_split(samples, pieces):
        decimating.add(part)
    return decimating.whole()


def tones(pitches, rate_hz, seconds=2):
    time = np.arange(seconds * rate_hz) / rate_hz
    return np.sum([np.sin(2 * np.pi * f * time + f) for f in pitches], axis=0, dtype=np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_what_is_kept_is_what_soxr_makes_of_it(rate_hz):
    samples = tones([0, 60, 440, 1_500, 2_700, 3_450], rate_hz)
    made, expected = decimated(samples, rate_hz, 5), resample(samples, rate_hz, 8_000)
    assert made.shape == expected.shape
    assert made.dtype == np.float32
    np.testing.assert_allclose(made[100:-100], expected[100:-100], atol=5e-3)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_what_is_beyond_is_gone(rate_hz):
    for pitch in (4_550, 5_000, 5_400):
        made = decimated(tones([pitch], rate_hz), rate_hz)
        assert np.abs(made[100:-100]).max() < 2e-3


@pytest.mark.parametrize("n_samples", [1, 5, 441, 4_410, 44_101, 99_999])
def test_there_are_as_many_samples_as_soxr_makes_and_pieces_do_not_matter(n_samples):
    samples = np.random.default_rng(n_samples).normal(size=n_samples).astype(np.float32)
    whole = decimated(samples, 44_100)
    assert len(whole) == len(resample(samples, 44_100, 8_000))
    rest = Decimator(44_100, 8_000)  # which expects none
    for part in np.array_split(samples, 7):
        rest.add(part)
    np.testing.assert_allclose(rest.whole(), whole, atol=1e-6)


def test_an_impulse_stays_where_it_is():
    for rate_hz in (44_100, 48_000):
        samples = np.zeros(rate_hz, np.float32)
        samples[rate_hz // 4] = 1
        made = decimated(samples, rate_hz)
        assert np.argmax(made) == 2_000
        np.testing.assert_allclose(made[1_980:2_000], made[2_001:2_021][::-1], atol=1e-6)


@pytest.mark.parametrize("rate_hz", [6_000, 8_000, 44_111])
def test_other_ratios_are_left_to_soxr(rate_hz):
    assert isinstance(decimator(rate_hz, 8_000), Resampler)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize("signs", [(1, 0.5), (1, -0.9), (1,)])
def test_a_file_is_mixed_before(tmp_path, signs, subtype):
    tone = 0.3 * tones([440.0], 44_100)
    write_sound(tmp_path / "a.wav", np.stack([s * tone for s in signs], 1), 44_100, subtype=subtype)
    expected, _ = read_mono(tmp_path / "a.wav", 8_000)
    made, rate = read_mono(tmp_path / "a.wav", 8_000, resampler=decimator)
    assert rate == 8_000
    assert np.abs(expected).max() > 0.2
    np.testing.assert_allclose(made[100:-100], expected[100:-100], atol=1e-3)
