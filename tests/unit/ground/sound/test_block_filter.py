"""Recursive filters as products of matrices, beside scipy's."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from drumcorpus.ground.sound.block_filter import BlockFilter

HUM = butter(2, 38, "highpass", fs=192_000, output="sos")  # its poles lie near the unit circle
TWO = np.concatenate([HUM, butter(2, 1_700, fs=44_100, output="sos")])


@pytest.mark.parametrize("sections", [HUM, TWO], ids=["one section", "two"])
@pytest.mark.parametrize(
    "sizes",
    [[1], [31, 33, 32, 5], [512, 513], [8_192, 8_200, 8_200], [40_000, 7, 1]],
    ids=lambda sizes: " ".join(map(str, sizes)),
)
def test_pieces_of_any_length_are_filtered_as_by_scipy(sections, sizes):
    rng = np.random.default_rng(sum(sizes))
    blocks, state = BlockFilter(sections, 3), np.zeros((len(sections), 3, 2))
    for size in sizes:
        samples = rng.normal(0, 0.3, (3, size)).astype(np.float32)
        expected, state = sosfilt(sections, samples, axis=1, zi=state)
        assert np.abs(blocks(samples) - expected).max() < 1e-8


def test_what_rings_on_is_that_of_a_stroke_long_ago():
    blocks = BlockFilter(HUM, 1)
    stroke = np.zeros((1, 3_000))
    stroke[0, 0] = 1.0
    blocks(stroke)
    ringing = blocks(np.zeros((1, 3_000)))[0].copy()
    expected = sosfilt(HUM[0][None], np.concatenate([stroke[0], np.zeros(3_000)]))[3_000:]
    assert np.abs(ringing).max() > 1e-4
    np.testing.assert_allclose(ringing, expected, atol=1e-12)


def test_no_sample_changes_nothing():
    blocks, samples = BlockFilter(TWO, 2), np.ones((2, 100))
    assert blocks(np.zeros((2, 0))).shape == (2, 0)
    np.testing.assert_array_equal(blocks(samples), BlockFilter(TWO, 2)(samples))
