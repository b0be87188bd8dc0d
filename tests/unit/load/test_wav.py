"""WAV of 16 and 24 bit is decoded as libsndfile decodes it; what is none is refused."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from small_export import RATE_HZ, wav_bytes
from sounds import sound_bytes

from drumcorpus.load.wav import decode_sound

CASES = [(16, 1), (16, 2), (24, 1), (24, 3)]


@pytest.mark.parametrize(("bits", "channels"), CASES)
@given(data=st.data())
def test_samples_are_those_of_libsndfile(bits, channels, data):
    n_bytes = data.draw(st.integers(0, 40)) * channels * bits // 8
    content = wav_bytes(
        data.draw(st.binary(min_size=n_bytes, max_size=n_bytes)), bits=bits, channels=channels
    )
    samples, rate = decode_sound(content)
    expected, expected_rate = soundfile.read(io.BytesIO(content), dtype="float32")
    np.testing.assert_array_equal(samples, expected)
    assert (samples.shape, samples.dtype, rate) == (expected.shape, np.float32, expected_rate)


def test_the_lowest_sample_is_minus_one():
    assert decode_sound(wav_bytes(b"\x00\x80", bits=16))[0].tolist() == [-1]
    assert decode_sound(wav_bytes(b"\x00\x00\x80", bits=24))[0].tolist() == [-1]


def test_other_chunks_and_the_extensible_head_are_read_over():
    note = b"LIST\x03\x00\x00\x00abc\x00"
    content = wav_bytes(b"\x00\x40", bits=16, code=0xFFFE, before=note)
    assert decode_sound(content)[0].tolist() == [0.5]
    assert decode_sound(memoryview(content))[1] == RATE_HZ


@pytest.mark.parametrize("format", ["FLAC", "OGG"])
def test_all_else_is_left_to_libsndfile(format):
    content = sound_bytes(np.linspace(-0.5, 0.5, 800), RATE_HZ, format=format)
    expected, _ = soundfile.read(io.BytesIO(content), dtype="float32")
    np.testing.assert_array_equal(decode_sound(content)[0], expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "no sound that libsndfile reads", id="empty"),
        pytest.param(wav_bytes(b"abcd", bits=16)[:-1], "cut short: 3 bytes of 4", id="cut_short"),
        pytest.param(wav_bytes(b"", bits=32), "format 1 with 32 bit; wanted: PCM", id="32_bit"),
        pytest.param(wav_bytes(b"", bits=16, code=3), "WAV of format 3", id="float"),
        pytest.param(b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "format does not come before", id="order"),
        pytest.param(b"RIFF\0\0\0\0WAVE", "no chunk of samples", id="no_samples"),
    ],
)
def test_what_is_no_sound_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        decode_sound(content)


@pytest.mark.parametrize(
    ("body", "n_bytes"), [(bytes(8), 8), (b"\xfe\xff" + bytes(22), 24)], ids=["plain", "extensible"]
)
def test_a_format_that_is_too_short_is_named(body, n_bytes):
    content = b"RIFF" + bytes(4) + b"WAVEfmt " + n_bytes.to_bytes(4, "little") + body
    with pytest.raises(ValueError, match=f"'fmt ' has {n_bytes} bytes, fewer than it needs"):
        decode_sound(content)


@given(places=st.lists(st.tuples(st.integers(4, 43), st.integers(0, 255)), max_size=3))
def test_a_damaged_head_is_sound_or_a_value_error(places):
    content = bytearray(wav_bytes(bytes(40), bits=16))
    for place, value in places:
        content[place] = value
    try:
        samples, _ = decode_sound(bytes(content))
    except ValueError:
        return
    assert samples.dtype == np.float32
