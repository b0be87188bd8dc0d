"""Integers of 16 bit as they stand in a file, and that floats of them end in the same bytes."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sounds import sound_bytes

from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.ground.sound.decoding import open_sound
from drumcorpus.ground.sound.encoding import ENCODINGS, EncodedRecording
from drumcorpus.ground.sound.pcm16 import as_floats, read_pcm16

RATE = 44_100
EXTREMES = np.array([-32_768, -32_767, -1, 0, 1, 32_766, 32_767], np.int16)
EVERY = np.arange(-32_768, 32_768).astype(np.int16)  # every value that there is
FORMATS = ["WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_integer_of_a_file_is_read_as_it_was_written(form):
    data = sound_bytes(EVERY, RATE, format=form, subtype="PCM_16")
    samples, rate = read_pcm16(data, 1)
    assert (samples.dtype, samples.shape, rate) == (np.int16, (65_536,), RATE)
    assert np.array_equal(samples, EVERY)


@pytest.mark.parametrize("form", FORMATS)
def test_floats_of_the_integers_are_those_of_the_one_decoder(form):
    data = sound_bytes(EVERY, RATE, format=form, subtype="PCM_16")
    floats, _ = read_mono(data)
    made = as_floats(read_pcm16(data, 1)[0])
    assert made.dtype == np.float32
    assert np.array_equal(made, floats)
    assert made[[0, 32_768, -1]].tolist() == [-1.0, 0.0, 32_767 / 32_768]


def test_floats_stay_what_they_are():
    floats = np.array([0.5, -2.0], np.float32)
    assert as_floats(floats) is floats


def test_a_recording_longer_than_what_is_decoded_at_once_is_whole():
    whole = np.tile(EVERY, 40)  # 2,621,440 samples
    samples, _ = read_pcm16(sound_bytes(whole, RATE, format="FLAC", subtype="PCM_16"), 1)
    assert np.array_equal(samples, whole)


def test_two_channels_stand_side_by_side():
    pair = np.stack([EXTREMES, EXTREMES[::-1]], axis=1)
    data = sound_bytes(pair, RATE, subtype="PCM_16")
    assert np.array_equal(read_pcm16(data, 2)[0], pair)
    assert read_pcm16(data, 1) is None
    assert read_pcm16(sound_bytes(EXTREMES, RATE, subtype="PCM_16"), 2) is None


@pytest.mark.parametrize(
    ("form", "subtype"),
    [("WAV", kind) for kind in ("PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")]
    + [("FLAC", "PCM_S8"), ("FLAC", "PCM_24"), ("OGG", "VORBIS")],
    ids=lambda value: value,
)
def test_what_is_not_of_16_bit_is_not_taken_for_it(form, subtype):
    sound = 0.3 * np.sin(np.arange(4_000) / 30)
    assert read_pcm16(sound_bytes(sound, RATE, format=form, subtype=subtype), 1) is None


def both_ways(samples, encoding, gain_db=0.0):
    """A recording from its integers, and from floats of them."""
    floats = (samples / 32_768).astype(np.float32)
    return [EncodedRecording(of, RATE, encoding, gain_db=gain_db) for of in (samples, floats)]


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
@pytest.mark.parametrize("samples", [EXTREMES, EVERY], ids=["extremes", "every"])
def test_a_window_of_integers_has_the_bytes_of_one_of_floats(samples, encoding):
    integers, floats = both_ways(samples, encoding)
    window = integers.cut(-3, len(samples) + 5)
    assert window == floats.cut(-3, len(samples) + 5)
    assert (window.n_padded_front, window.n_padded_back, window.n_clipped) == (3, 2, 0)
    there, _ = soundfile.read(io.BytesIO(window.content), dtype="int32")
    assert np.array_equal(there[3:-2] >> 16, samples)


@given(
    samples=st.one_of(
        arrays(np.int16, st.integers(1, 300)),
        arrays(np.int16, st.tuples(st.integers(1, 200), st.just(2))),
    ),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    gain_db=st.sampled_from([0.0, -6.0, 0.5, 20.0]),
    start=st.integers(-20, 20),
    length=st.integers(21, 400),
)
def test_any_window_of_integers_is_that_of_floats(samples, encoding, gain_db, start, length):
    if start >= len(samples):
        start = 0
    integers, floats = both_ways(samples, encoding, gain_db)
    assert (integers.n_samples, integers.n_channels) == (floats.n_samples, floats.n_channels)
    assert integers.cut(start, length) == floats.cut(start, length)


def test_a_gain_on_integers_is_counted_where_it_clips():
    integers, _ = both_ways(np.array([20_000, -32_768, 100], np.int16), "wav16", 6.0)
    assert integers.cut(0, 3).n_clipped == 2


@pytest.mark.parametrize("form", FORMATS)
def test_blocks_of_integers_are_the_floats_of_libsndfile(form):
    """What is decoded as integers is no other sound, in blocks, in parts and as it is stored."""
    pair = np.stack([EVERY, np.roll(EVERY, 100)], axis=1)
    data = sound_bytes(np.tile(pair, (3, 1)), RATE, format=form, subtype="PCM_16")
    expected, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    with open_sound(data) as sound:
        blocks = list(sound.blocks(50_000))
    assert [len(block) for block in blocks] == [50_000, 50_000, 50_000, 46_608]
    assert {block.dtype.name for block in blocks} == {"float32"}
    assert np.array_equal(np.concatenate(blocks), expected)
    with open_sound(data) as sound:
        part = np.concatenate(list(sound.blocks_between(1_001, 140_000)))
    assert np.array_equal(part, expected[1_001:140_000])
    with open_sound(data) as sound:
        stored = np.concatenate([block.copy() for block in sound.stored_blocks(50_000)])
    assert stored.dtype == np.int16
    assert np.array_equal(as_floats(stored), expected)


def test_what_is_not_of_16_bit_is_stored_as_floats():
    samples = np.linspace(-0.9, 0.9, 1_000)
    with open_sound(sound_bytes(samples, RATE, subtype="PCM_24")) as sound:
        (stored,) = sound.stored_blocks()
    with open_sound(sound_bytes(samples, RATE, subtype="PCM_24")) as sound:
        (floats,) = sound.blocks()
    assert stored.dtype == np.float32
    assert np.array_equal(stored, floats)
