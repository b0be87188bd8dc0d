"""Recursive filters as products of matrices, beside scipy's."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from drumcorpus.ground.sound.block_filter import BlockFilter
from drumcorpus.ground.sound.turned import N_FRAMES, BlockTurner, columns_of

HUM = butter(2, 38, "highpass", fs=192_000, output="sos")  # its poles lie near the unit circle
TWO = np.concatenate([HUM, butter(2, 1_700, fs=44_100, output="sos")])


def filtered(sections, samples, n_frame):
    """What comes out, (n_samples, n_channels), of blocks as they come."""
    n_samples, n_channels = samples.shape
    turn = BlockTurner(n_frame, n_channels, n_free=2 * len(sections))
    through, parts = BlockFilter(sections, n_frame, n_channels), []
    for start in range(0, n_samples, turn.n_samples):
        block = turn(samples[start : start + turn.n_samples])
        n_columns = block.stored.shape[1]
        through.begin(n_columns)
        for columns, rows in block.parts():
            through.gather(columns, rows[through.n_states :])
        through.advance()
        powers = np.concatenate([through.powers(columns, rows) for columns, rows in block.parts()])
        every = np.arange(n_columns)
        out = through.filtered(every, block.stored)
        squares = np.square(out).sum(axis=0)
        np.testing.assert_allclose(powers, squares, rtol=3e-3, atol=1e-6 * squares.max())
        columns = columns_of(np.arange(n_columns // n_channels), n_channels, n_columns)
        in_order = (out * np.float32(block.scale))[:, columns]
        parts.append(in_order.transpose(2, 0, 1).reshape(-1, n_channels))
    return np.concatenate(parts)[:n_samples]


@pytest.mark.parametrize("sections", [HUM, TWO], ids=["one section", "two"])
@pytest.mark.parametrize("n_frame", [1, 4, 22, 24, 31])
@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_blocks_are_filtered_as_by_scipy(sections, n_frame, n_channels):
    rng = np.random.default_rng(n_frame)
    n_samples = 2 * N_FRAMES * n_frame + 777
    samples = rng.normal(0, 0.3, (n_samples, n_channels)).astype(np.float32)
    expected = sosfilt(sections, samples.astype(np.float64), axis=0)
    assert np.abs(filtered(sections, samples, n_frame) - expected).max() < 1e-5


@pytest.mark.parametrize("n_frame", [4, 22, 96])
def test_a_faint_sound_on_a_high_offset_is_left_as_it_is(n_frame):
    """At 106 dB below full scale, far below the gate of -70, single precision makes no noise."""
    rng = np.random.default_rng(1)
    faint = np.round(rng.normal(0, 8, (N_FRAMES * n_frame * 2, 1)))
    samples = (faint + 29_491).astype(np.int16)
    expected = sosfilt(TWO, samples / 32_768, axis=0)[N_FRAMES * n_frame :]
    found = filtered(TWO, samples, n_frame)[N_FRAMES * n_frame :]
    assert np.abs(expected).max() > 1e-4
    assert np.abs(found - expected).max() < 5e-6


def test_what_rings_on_is_that_of_a_stroke_long_ago():
    stroke = np.zeros((2 * N_FRAMES, 1), np.float32)
    stroke[N_FRAMES - 500] = 1.0
    expected = sosfilt(HUM, stroke[:, 0].astype(np.float64))[N_FRAMES:]
    ringing = filtered(HUM, stroke, 1)[N_FRAMES:, 0]
    assert np.abs(expected).max() > 1e-4
    np.testing.assert_allclose(ringing, expected, atol=1e-8)
