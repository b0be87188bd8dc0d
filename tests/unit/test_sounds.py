"""Sound files of tests: equal samples give equal bytes, whatever the clock says."""

import io
import time

import numpy as np
import pytest
import soundfile
from sounds import sound_bytes, write_sound

RATE_HZ = 8000
SAMPLES = 0.3 * np.random.default_rng(0).standard_normal((800, 2)).clip(-2, 2)
FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("WAVEX", "FLOAT"),
    ("RF64", "FLOAT"),
    ("W64", "FLOAT"),
    ("AIFF", "PCM_24"),
    ("AIFF", "FLOAT"),
    ("AIFF", "DOUBLE"),
    ("CAF", "FLOAT"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
]


@pytest.fixture(scope="module")
def a_second_apart():
    """The same sound in every format, twice."""
    written = []
    for _ in range(2):
        written.append(
            {
                each: sound_bytes(SAMPLES, RATE_HZ, format=each[0], subtype=each[1])
                for each in FORMATS
            }
        )
        time.sleep(1.1)
    return written


@pytest.mark.parametrize("kind", FORMATS, ids="-".join)
def test_equal_samples_give_equal_bytes(a_second_apart, kind):
    first, second = a_second_apart
    assert first[kind] == second[kind]


@pytest.mark.parametrize("kind", FORMATS, ids="-".join)
def test_the_samples_are_those_that_soundfile_writes(a_second_apart, kind):
    plain = io.BytesIO()
    soundfile.write(plain, SAMPLES, RATE_HZ, format=kind[0], subtype=kind[1])
    plain.seek(0)
    expected, rate = soundfile.read(plain)
    got, got_rate = soundfile.read(io.BytesIO(a_second_apart[0][kind]))
    assert got_rate == rate
    assert np.array_equal(got, expected)


def test_the_peaks_stay_beside_the_time_of_none():
    data = sound_bytes(SAMPLES, RATE_HZ, subtype="FLOAT")
    place = data.index(b"PEAK")
    assert data[place + 12 : place + 16] == bytes(4)
    peaks = np.frombuffer(data[place + 16 : place + 32], "<f4")[::2]
    assert peaks == pytest.approx(np.abs(SAMPLES).max(axis=0), rel=1e-6)


def test_a_peak_among_the_samples_is_no_chunk():
    samples = np.frombuffer(b"PEAK" * 100, "<i2").astype("int16")
    data = sound_bytes(samples, RATE_HZ, subtype="PCM_16")
    assert data.endswith(b"PEAK" * 100)


def test_a_file_has_the_bytes_of_its_content(tmp_path):
    for name, options in [
        ("a.wav", {"subtype": "FLOAT"}),
        ("b.flac", {}),
        ("c.aiff", {"subtype": "FLOAT"}),
    ]:
        write_sound(tmp_path / name, SAMPLES, RATE_HZ, **options)
        form = name.partition(".")[2].upper()
        assert (tmp_path / name).read_bytes() == sound_bytes(
            SAMPLES, RATE_HZ, format=form, **options
        )


def test_a_format_that_does_not_repeat_itself_is_refused(tmp_path):
    with pytest.raises(ValueError, match="does not repeat itself: its head has a date"):
        write_sound(tmp_path / "a.mat", SAMPLES, RATE_HZ, format="MAT5")
    assert list(tmp_path.iterdir()) == []
