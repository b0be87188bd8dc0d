"""Peaks of a spectrogram are the highest of what stands around them."""

import numpy as np
import pytest
from scipy.fft import rfft
from scipy.ndimage import maximum_filter, uniform_filter1d

from drumcorpus.ground.sound import landmarks
from drumcorpus.ground.sound.landmarks import find_landmarks


def spectrogram_of(amplitudes):
    spectrogram = landmarks._Spectrogram(len(amplitudes))
    spectrogram.make_room(len(amplitudes))
    spectrogram.amplitudes[:] = amplitudes
    return spectrogram


@pytest.mark.parametrize("n_frames", [1, 3, 40, 400])
def test_the_highest_around_are_those_of_scipys_filter(n_frames):
    rng = np.random.default_rng(3)
    amplitudes = rng.exponential(size=(n_frames, 252)).astype(np.float32)
    amplitudes[rng.random(amplitudes.shape) < 0.3] = 0  # plateaus
    amplitudes[: n_frames // 3] = 0
    spectrogram = spectrogram_of(amplitudes)
    expected = np.nonzero(amplitudes == maximum_filter(amplitudes, size=(9, 15)))
    np.testing.assert_array_equal(spectrogram.highest_around(), expected)


@pytest.mark.parametrize("n_frames", [3, 40])
def test_a_rise_is_that_of_scipys_filter_at_every_bin(n_frames):
    levels = np.random.default_rng(5).normal(size=(n_frames, 252)).astype(np.float32)
    before = np.concatenate([levels[:1].repeat(5, axis=0), levels])[:n_frames]
    expected = uniform_filter1d(levels - before, 17, axis=1)
    frame, band = (part.ravel() for part in np.indices(levels.shape))
    spectrogram = spectrogram_of(np.exp(levels))
    found = spectrogram.rise(frame, band).reshape(levels.shape)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(spectrogram.level(frame, band), levels.ravel(), atol=1e-4)


def test_amplitudes_are_those_of_one_spectrum_after_the_other():
    rng = np.random.default_rng(6)
    spectrogram = landmarks._Spectrogram(1200)
    for n_samples in (512, 8_000, 70_000, 8_000):  # in the same memory
        samples = rng.normal(0, 0.1, n_samples).astype(np.float32)
        samples[: n_samples // 3] = 0
        rows = np.arange(0, n_samples - 511, 64)[:, None] + np.arange(512)
        expected = np.abs(rfft(samples[rows] * np.hanning(512).astype(np.float32), axis=1))
        spectrogram.take(samples)
        np.testing.assert_array_equal(spectrogram.amplitudes, expected[:, 4:-1])
        assert spectrogram.highest == expected[:, 4:-1].max()
        assert not spectrogram.is_even()
    spectrogram.take(np.zeros(8_000, np.float32))
    assert spectrogram.is_even()


def test_the_frames_that_are_looked_at_together_do_not_matter(monkeypatch):
    rng = np.random.default_rng(8)
    samples = rng.normal(0, 0.1, 8_000 * 20).astype(np.float32)
    samples *= (np.arange(len(samples)) % 3_000 < 900) * np.linspace(0.1, 1, len(samples))
    whole = find_landmarks(samples, max_landmarks=10_000)
    assert len(whole[0]) > 200
    for n_frames in (97, 500):
        monkeypatch.setattr(landmarks, "_CHUNK_FRAMES", n_frames)
        np.testing.assert_array_equal(find_landmarks(samples, max_landmarks=10_000), whole)


def test_the_loudest_of_a_block_are_those_of_a_plain_sort():
    rng = np.random.default_rng(4)
    frame, band = np.divmod(np.sort(rng.choice(700 * 252, 5_000, replace=False)), 252)
    level = np.round(rng.normal(0, 2, 5_000), 1).astype(np.float32)  # many are equal
    block = frame // 62
    order = np.lexsort((band, frame, -level, block))
    kept = [row for rank, row in enumerate(order) if (block[order[:rank]] == block[row]).sum() < 12]
    found = landmarks._strongest(frame, band, level)
    np.testing.assert_array_equal(found, (frame[np.sort(kept)], band[np.sort(kept)]))


def test_samples_of_double_precision_or_not_in_one_place_have_the_same_landmarks():
    rng = np.random.default_rng(8)
    samples = rng.normal(0, 0.1, 8_000 * 5).astype(np.float32)
    samples *= np.arange(len(samples)) % 3_000 < 900
    alone = find_landmarks(samples, max_landmarks=10_000)
    assert len(alone[0]) > 50
    for same in (samples.astype(np.float64), np.repeat(samples, 2)[::2]):
        np.testing.assert_array_equal(find_landmarks(same, max_landmarks=10_000), alone)


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
