"""Peaks of a spectrogram are the highest of what stands around them."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from drumcorpus.ground.sound.landmarks import highest_around


@pytest.mark.parametrize("n_frames", [1, 3, 40, 400])
@pytest.mark.parametrize("n_bins", [7, 252])
def test_the_highest_around_is_that_of_scipys_filter(n_frames, n_bins):
    rng = np.random.default_rng(3)
    levels = rng.normal(size=(n_frames, n_bins)).astype(np.float32)
    levels[rng.random(levels.shape) < 0.3] = 0  # plateaus
    around = highest_around(highest_around(levels, 9).T, 15).T
    np.testing.assert_array_equal(around, maximum_filter(levels, size=(9, 15)))
    assert around.dtype == np.float32
