"""Windows of a recording as the content of sound files, read back by others."""

import io
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.sound.encoding import ENCODINGS, EncodedRecording, wav_header

RATE = 44_100


def drum(n_samples, n_channels=1, seed=0):
    """Noise that dies away again and again, float32; (n_samples,) for one channel."""
    rng = np.random.default_rng(seed)
    envelope = 0.5 * np.exp(-(np.arange(n_samples) % 2_000) / 400)
    sound = rng.uniform(-1, 1, (n_samples, n_channels)) * envelope[:, None]
    return sound.astype(np.float32)[:, 0 if n_channels == 1 else slice(None)]


def read(content):
    """Integers (n_samples, n_channels) as libsndfile finds them, left-aligned in 32 bits."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int32", always_2d=True)
    assert rate == RATE
    return samples


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_window_holds_the_rounded_samples_between_zeros(encoding, n_channels):
    samples = drum(1_000, n_channels)
    recording = EncodedRecording(samples, RATE, encoding)
    bits = ENCODINGS[encoding].bits
    rounded = np.rint(samples.reshape(1_000, -1).astype(float) * 2 ** (bits - 1)).astype(np.int32)
    for start, n_samples in ((0, 1_000), (250, 333), (-7, 50), (990, 31), (-5, 1_011)):
        window = recording.cut(start, n_samples)
        padded = np.pad(rounded, ((100, 100), (0, 0)))[start + 100 : start + 100 + n_samples]
        assert np.array_equal(read(window.content) >> (32 - bits), padded)
        assert window.n_padded_front == max(0, -start)
        assert window.n_padded_back == max(0, start + n_samples - 1_000)
        assert window.n_clipped == 0


@pytest.mark.parametrize(
    ("encoding", "format_", "subtype"),
    [("wav16", "WAV", "PCM_16"), ("wav24", "WAV", "PCM_24"), ("flac", "FLAC", "PCM_16")],
)
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("n_samples", [1, 2, 333])
def test_the_header_says_what_the_file_holds(encoding, format_, subtype, n_channels, n_samples):
    recording = EncodedRecording(drum(400, n_channels), RATE, encoding)
    content = recording.cut(3, n_samples).content
    info = soundfile.info(io.BytesIO(content))
    assert (info.format, info.subtype, info.samplerate) == (format_, subtype, RATE)
    assert (info.channels, info.frames) == (n_channels, n_samples)
    assert ENCODINGS[encoding].extension == format_.lower()
    if format_ == "WAV":
        assert int.from_bytes(content[4:8], "little") == len(content) - 8
        assert len(content) % 2 == 0  # a chunk of odd length is followed by a byte


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_the_standard_library_reads_the_header(width, n_channels):
    content = wav_header(10, 48_000, n_channels, 8 * width) + bytes(10 * n_channels * width)
    assert len(content) == 44 + 10 * n_channels * width
    with wave.open(io.BytesIO(content), "rb") as file:
        assert file.getparams()[:5] == (n_channels, width, 48_000, 10, "NONE")


def test_numbers_beyond_full_scale_are_counted_in_each_window_and_clipped():
    samples = np.zeros((100, 2), np.float32)
    samples[10] = (1.5, -1.25)
    samples[20] = (1.0, -1.0)  # full scale itself is not beyond it
    samples[30, 1] = -1.0001
    recording = EncodedRecording(samples, RATE, "wav16")
    counts = [recording.cut(start, 10).n_clipped for start in (0, 10, 20, 30)]
    assert counts == [0, 2, 0, 1]
    assert recording.cut(-5, 200).n_clipped == 3
    assert (read(recording.cut(10, 1).content) >> 16).tolist() == [[32_767, -32_768]]


def test_gain_is_applied_before_rounding_and_counting():
    samples = np.full(10, 0.75, np.float32)
    twice = EncodedRecording(samples, RATE, "wav16", gain_db=20 * np.log10(2)).cut(0, 10)
    assert twice.n_clipped == 10
    half = EncodedRecording(samples, RATE, "wav16", gain_db=-20 * np.log10(2)).cut(0, 10)
    assert (read(half.content) >> 16).ravel().tolist() == [12_288] * 10


@settings(max_examples=40, deadline=None)
@given(
    encoding=st.sampled_from(sorted(ENCODINGS)),
    n_channels=st.integers(1, 2),
    n_samples=st.integers(1, 70_000),
    start=st.integers(-100, 69_999),
    length=st.integers(1, 5_000),
    level=st.floats(0.1, 4),
)
def test_equal_sound_gives_equal_bytes_wherever_it_lies(
    encoding, n_channels, n_samples, start, length, level
):
    samples = level * drum(n_samples, n_channels)
    recording = EncodedRecording(samples, RATE, encoding)
    if start + length <= 0 or start >= n_samples:
        with pytest.raises(ValueError, match="holds no sound"):
            recording.cut(start, length)
        return
    window = recording.cut(start, length)
    first, last = max(start, 0), min(start + length, n_samples)
    assert window.n_padded_front + window.n_padded_back + last - first == length
    assert window.n_clipped == np.count_nonzero(np.abs(samples[first:last]) > 1)
    alone = np.zeros((length, n_channels), np.float32)
    alone[first - start : last - start] = samples[first:last].reshape(last - first, -1)
    assert EncodedRecording(alone, RATE, encoding).cut(0, length).content == window.content


def test_flac_repeats_itself_and_is_smaller():
    samples = drum(20_000, 2)
    contents = [EncodedRecording(samples, RATE, "flac").cut(5, 10_000).content for _ in range(3)]
    assert contents[0] == contents[1] == contents[2]
    assert len(contents[0]) < len(EncodedRecording(samples, RATE, "wav16").cut(5, 10_000).content)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf], ids=["nan", "inf", "minus_inf"])
def test_a_sample_that_is_no_number_is_refused(number):
    samples = drum(100)
    samples[50] = number
    with pytest.raises(ValueError, match="not a finite number"):
        EncodedRecording(samples, RATE, "wav16")


def test_an_encoding_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="encoding 'mp3'; allowed: wav16, wav24, flac"):
        EncodedRecording(drum(10), RATE, "mp3")


def test_a_wav_beyond_four_gibibytes_is_refused():
    with pytest.raises(ValueError, match="4294967250 at most: use flac"):
        wav_header(1 << 30, 192_000, 2, 24)
