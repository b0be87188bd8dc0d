"""Peaks of a spectrogram are the highest of what stands around them."""

import numpy as np
import pytest
from scipy.fft import rfft
from scipy.ndimage import maximum_filter, uniform_filter1d

from drumcorpus.ground.sound import landmarks
from drumcorpus.ground.sound.landmarks import find_landmarks, highest_around


@pytest.mark.parametrize("n_frames", [1, 3, 40, 400])
@pytest.mark.parametrize("n_bins", [7, 252])
def test_the_highest_around_is_that_of_scipys_filter(n_frames, n_bins):
    rng = np.random.default_rng(3)
    levels = rng.normal(size=(n_frames, n_bins)).astype(np.float32)
    levels[rng.random(levels.shape) < 0.3] = 0  # plateaus
    around = highest_around(highest_around(levels, 9).T, 15).T
    np.testing.assert_array_equal(around, maximum_filter(levels, size=(9, 15)))
    assert around.dtype == np.float32


@pytest.mark.parametrize("n_frames", [3, 40])
@pytest.mark.parametrize("n_bins", [20, 252])
def test_a_rise_is_that_of_scipys_filter_at_every_bin(n_frames, n_bins):
    levels = np.random.default_rng(5).normal(size=(n_frames, n_bins)).astype(np.float32)
    before = np.concatenate([levels[:1].repeat(5, axis=0), levels])[:n_frames]
    expected = uniform_filter1d(levels - before, 17, axis=1)
    frame, band = (part.ravel() for part in np.indices(levels.shape))
    found = landmarks._rise(levels, frame, band).reshape(levels.shape)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("n_samples", [512, 8_000, 70_000])
def test_levels_are_the_logarithms_of_one_spectrum_after_the_other(n_samples):
    samples = np.random.default_rng(6).normal(0, 0.1, n_samples).astype(np.float32)
    samples[: n_samples // 3] = 0
    rows = np.arange(0, n_samples - 511, 64)[:, None] + np.arange(512)
    spectra = rfft(samples[rows] * np.hanning(512).astype(np.float32), axis=1)
    expected = np.log(np.abs(spectra[:, 4:-1]) + np.float32(1e-6))
    np.testing.assert_array_equal(landmarks._levels(samples), expected)


def test_silence_before_a_stroke_and_after_it_has_no_landmark():
    """Where nothing sounds every bin is as high as what is around, and none is a peak."""
    rng = np.random.default_rng(7)
    strokes = np.zeros(8_000 * 30, np.float32)
    for start in range(8_000 * 12, 8_000 * 18, 1_500):
        strokes[start : start + 800] += rng.normal(0, 0.3, 800) * np.exp(-np.arange(800) / 150)
    hashes, frames = find_landmarks(strokes, max_landmarks=10_000)
    assert len(hashes) > 50
    assert frames.min() >= 12 * 125 - 8
    n_cut = 16 * 62  # frames: whole blocks, of which the loudest peaks are kept
    alone, at = find_landmarks(strokes[n_cut * 64 :], max_landmarks=10_000)
    np.testing.assert_array_equal(alone, hashes)
    np.testing.assert_array_equal(np.sort(at + n_cut), np.sort(frames))
    assert len(find_landmarks(np.zeros(80_000, np.float32), max_landmarks=10)[0]) == 0
