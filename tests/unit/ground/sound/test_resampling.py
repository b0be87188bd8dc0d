"""Sound at another rate: in pieces as in one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.sound.decimation import decimator
from drumcorpus.ground.sound.resampling import Resampler, resample


def in_pieces(samples, rate_hz, to_hz, cuts):
    resampler = Resampler(rate_hz, to_hz)
    for part in np.split(samples, sorted(cuts)):
        resampler.add(part)
    return resampler.whole()


@settings(max_examples=60, deadline=None)
@given(
    rate_hz=st.sampled_from([7_999, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000]),
    to_hz=st.sampled_from([8_000, 22_050, 44_100]),
    n_samples=st.one_of(st.integers(0, 50), st.integers(0, 100_000)),
    cuts=st.lists(st.integers(0, 100_000), max_size=6),
    not_a_number=st.booleans(),
)
def test_in_pieces_the_sound_is_that_of_the_whole_to_the_bit(
    rate_hz, to_hz, n_samples, cuts, not_a_number
):
    samples = np.random.default_rng(n_samples).normal(0, 0.1, n_samples).astype(np.float32)
    if not_a_number and n_samples:
        samples[n_samples // 3] = np.nan
    found = in_pieces(samples, rate_hz, to_hz, cuts)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, resample(samples, rate_hz, to_hz))


@pytest.mark.parametrize("make", [Resampler, decimator])
@pytest.mark.parametrize("to_hz", [44_100, 8_000])
def test_samples_that_are_written_in_their_place_are_those_that_are_given(make, to_hz):
    samples = np.random.default_rng(2).normal(0, 0.1, 90_000).astype(np.float32)
    given, written = make(44_100, to_hz), make(44_100, to_hz)
    for part in np.split(samples, [10, 10, 50_000, 61_000]):
        given.add(part)
        written.place(len(part) + 5)[: len(part)] = part  # fewer are taken than there was room for
        written.take(len(part))
    made = written.whole()
    assert len(made) == round(len(samples) * to_hz / 44_100)
    np.testing.assert_array_equal(made, given.whole())


@pytest.mark.parametrize("to_hz", [44_100, 8_000])
def test_of_nothing_there_is_nothing(to_hz):
    assert in_pieces(np.zeros(0, np.float32), 44_100, to_hz, []).shape == (0,)
