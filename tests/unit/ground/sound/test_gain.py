"""True peak and the gain to a loudness, against the standard's own interpolator and meter."""

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly, upfirdn

from drumcorpus.ground.sound import gain
from drumcorpus.ground.sound.gain import loudness_gain_db, true_peak

RATE = 48_000


def tone(frequency, amplitude, seconds=1.0, phase=0.0):
    """A sine, (n_samples,) float32."""
    times = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * frequency * times + phase)).astype(np.float32)


def lufs(samples):
    return pyloudnorm.Meter(RATE, filter_class="DeMan").integrated_loudness(samples)


def db(value):
    return 20 * np.log10(value)


# EBU Tech 3341, cases 15 to 19: a quarter of the rate and others, half of full scale or at +3 dB;
# what it allows is +0.2 and -0.4 dB.
@pytest.mark.parametrize(
    ("divisor", "degrees", "amplitude", "expected_dbtp"),
    [(4, 0, 0.5, -6), (4, 45, 0.5, -6), (6, 60, 0.5, -6), (8, 67.5, 0.5, -6), (4, 45, 1.41, 3)],
)
def test_the_true_peak_of_a_tone_lies_between_its_samples(
    divisor, degrees, amplitude, expected_dbtp
):
    samples = tone(RATE / divisor, amplitude, phase=np.deg2rad(degrees))
    ramp = np.minimum(1, np.minimum(np.arange(RATE), np.arange(RATE)[::-1]) / 2_000)
    assert expected_dbtp - 0.4 < db(true_peak(samples * ramp.astype(np.float32)))
    assert db(true_peak(samples * ramp.astype(np.float32))) < expected_dbtp + 0.2


@settings(max_examples=60, deadline=None)
@given(
    n_samples=st.integers(1, 3_000),
    seed=st.integers(0, 1_000),
    sparse=st.booleans(),
    n_channels=st.integers(1, 3),
    block=st.sampled_from([128, 256, 1 << 17]),
)
def test_what_is_passed_over_holds_no_peak(n_samples, seed, sparse, n_channels, block):
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=(n_samples, n_channels)).astype(np.float32)
    if sparse:
        samples *= rng.uniform(size=samples.shape) ** 20
    whole = [upfirdn(taps, samples.astype(float), axis=0) for taps in gain._TAPS]
    expected = max(np.abs(samples).max(), *(np.abs(each).max() for each in whole))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gain, "_BLOCK", block)
        assert true_peak(samples) == pytest.approx(expected, rel=1e-5)


def test_a_recording_is_brought_to_its_loudness():
    samples = tone(997, 0.1, 3.0)
    gain_db = loudness_gain_db(samples, RATE, target_lufs=-23, ceiling_dbtp=-1)
    assert gain_db == pytest.approx(-23 - (-23.01), abs=0.05)
    assert lufs(samples * 10 ** (gain_db / 20)) == pytest.approx(-23, abs=0.001)
    assert gain_db == round(gain_db, 4)


def test_two_equal_channels_are_three_decibels_louder_than_one():
    mono = tone(997, 0.1, 3.0)
    stereo = np.stack([mono, mono], axis=1)
    gains = [
        loudness_gain_db(each, RATE, target_lufs=-30, ceiling_dbtp=-1) for each in (mono, stereo)
    ]
    assert gains[0] - gains[1] == pytest.approx(10 * np.log10(2), abs=0.001)


@pytest.mark.parametrize("ceiling_dbtp", [-1.0, -6.5])
def test_the_true_peak_stays_below_the_ceiling_and_the_loudness_below_the_target(ceiling_dbtp):
    samples = tone(997, 0.02, 3.0)
    # Half-way between two samples: no sample is as large as the peak.
    samples[RATE : RATE + 400] += tone(RATE / 4, 0.7, 400 / RATE, np.pi / 4)
    gain_db = loudness_gain_db(samples, RATE, target_lufs=-5, ceiling_dbtp=ceiling_dbtp)
    louder = samples * 10 ** (gain_db / 20)
    assert ceiling_dbtp - 0.001 < db(true_peak(louder)) <= ceiling_dbtp
    assert db(np.abs(louder).max()) < ceiling_dbtp - 1
    assert db(np.abs(resample_poly(louder.astype(float), 8, 1)).max()) < ceiling_dbtp + 0.5
    assert lufs(louder) < -5


@pytest.mark.parametrize("level", [0.0, 1e-5], ids=["silence", "below_the_gate"])
def test_silence_gets_no_gain(level):
    samples = np.stack([tone(997, level)] * 2, axis=1)
    assert loudness_gain_db(samples, RATE, target_lufs=-23, ceiling_dbtp=-1) == 0
