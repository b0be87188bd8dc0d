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
    block = BlockTurner(n_frame, n_channels, n_free=3)(samples)
    floats = np.full(block.stored.shape, np.nan, np.float32)
    for columns, rows in block.parts():
        assert (rows.dtype, len(rows)) == (np.float32, 3 + n_frame)
        assert rows[3:].nbytes <= 400_000
        floats[:, columns] = rows[3:]
    assert block.stored.dtype == kind
    frames = samples.reshape(N_FRAMES, n_frame, n_channels)
    n_columns = N_FRAMES * n_channels
    columns = columns_of(np.arange(N_FRAMES), n_channels, n_columns)  # (n_channels, N_FRAMES)
    for turned in (block.stored, floats):
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
    columns = columns_of(np.arange(N_FRAMES), n_channels, N_FRAMES * n_channels)
    for start in (0, n_samples):
        found = turn(samples[start : start + n_samples]).before[:, columns]
        rows = start + np.arange(N_FRAMES)[:, None] * n_frame + np.arange(n_before)
        np.testing.assert_array_equal(found, joined[rows].transpose(1, 2, 0))


@pytest.mark.parametrize("n_given", [1, 71, 200 * 4, 200 * 4 + 1, N_FRAMES * 4 - 1])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_the_last_block_is_as_long_as_it_needs_and_beyond_its_end_there_is_nothing(
    n_given, n_channels
):
    turn = BlockTurner(4, n_channels, n_before=1)
    whole = recording(4 * N_FRAMES, n_channels, np.int16, seed=1)
    turn(whole)
    short = recording(n_given, n_channels, np.int16)
    block = turn(short)
    n_frames = 200 * -(-n_given // 800)  # whole groups of groups
    assert (block.n_samples, block.stored.shape) == (n_given, (4, n_frames * n_channels))
    columns = columns_of(np.arange(n_frames), n_channels, n_frames * n_channels)
    in_order = block.stored[:, columns].transpose(2, 0, 1).reshape(-1, n_channels)
    np.testing.assert_array_equal(in_order[:n_given], short)
    assert not in_order[n_given:].any()
    before = block.before[0, columns]  # (n_channels, n_frames)
    np.testing.assert_array_equal(before[:, 0], whole[-1])
    np.testing.assert_array_equal(before[:, 1:], in_order[3:-1:4].T)
    lowest = of_stretches(block.stored.min(axis=0), np.minimum, n_channels)
    by_stretch = in_order.reshape(-1, STRETCH * 4, n_channels)
    np.testing.assert_array_equal(lowest, by_stretch.min(axis=1).T)
