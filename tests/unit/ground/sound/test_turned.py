"""Turned blocks: every sample has its place, and what is asked of a frame is of its samples."""

import numpy as np
import pytest

from drumcorpus.ground.sound.turned import (
    N_FRAMES,
    STRETCH,
    BlockTurner,
    columns_of,
    in_time,
    of_stretches,
)

KINDS = [np.int16, np.float32]


def recording(n_samples, n_channels, kind, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(-32_768, 32_768, (n_samples, n_channels)).astype(kind)


@pytest.mark.parametrize("kind", KINDS, ids=["int16", "float32"])
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("n_frame", [1, 4, 22])
def test_columns_are_frames_and_their_channels(kind, n_channels, n_frame):
    samples = recording(N_FRAMES * n_frame, n_channels, kind)
    block = BlockTurner(n_frame, n_channels)(samples)
    assert (block.stored.dtype, block.floats.dtype) == (kind, np.float32)
    frames = samples.reshape(N_FRAMES, n_frame, n_channels)
    columns = columns_of(np.arange(N_FRAMES), n_channels)  # (n_channels, N_FRAMES)
    for turned in (block.stored, block.floats):
        np.testing.assert_array_equal(turned[:, columns], frames.transpose(1, 2, 0))
    highest = in_time(block.stored.max(axis=0), n_channels)
    np.testing.assert_array_equal(highest, frames.max(axis=1).T)
    lowest = of_stretches(block.stored.min(axis=0), np.minimum, n_channels)
    by_stretch = samples.reshape(-1, STRETCH * n_frame, n_channels)
    np.testing.assert_array_equal(lowest, by_stretch.min(axis=1).T)
    assert block.scale == (2.0**-15 if kind == np.int16 else 1.0)


@pytest.mark.parametrize("n_frame", [3, 22])
@pytest.mark.parametrize("n_before", [1, 2])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_before_each_frame_are_the_last_samples_of_the_one_before(n_frame, n_before, n_channels):
    n_samples = N_FRAMES * n_frame
    samples = recording(2 * n_samples, n_channels, np.int16)
    turn = BlockTurner(n_frame, n_channels, n_before)
    joined = np.concatenate([samples[:1].repeat(n_before, axis=0), samples])
    columns = columns_of(np.arange(N_FRAMES), n_channels)
    for start in (0, n_samples):
        found = turn(samples[start : start + n_samples]).before[:, columns]
        rows = start + np.arange(N_FRAMES)[:, None] * n_frame + np.arange(n_before)
        np.testing.assert_array_equal(found, joined[rows].transpose(1, 2, 0))


def test_beyond_the_end_there_is_nothing():
    turn = BlockTurner(4, 2, n_free=3)
    turn(recording(4 * N_FRAMES, 2, np.int16))
    short = recording(4 * 17 + 3, 2, np.int16)
    block = turn(short)
    assert block.n_samples == 71
    assert block.room.shape == (7, 2 * N_FRAMES)
    frames = block.stored[:, columns_of(np.arange(N_FRAMES), 2)].transpose(2, 0, 1)
    in_order = frames.reshape(-1, 2)
    np.testing.assert_array_equal(in_order[:71], short)
    assert not in_order[71:].any()
