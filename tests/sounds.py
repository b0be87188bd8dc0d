"""Sound files whose bytes depend on the samples alone, for every test that writes one.

libsndfile stamps the time of writing into the PEAK chunk of WAV, RF64 and AIFF files of floats, so
that two equal recordings differ once the second has passed. Here the stamp is zero.
"""

import io
import struct
from pathlib import Path

import soundfile

# By the first bytes: the order of bytes of a size, and the chunk of the samples, the last to come.
_CHUNKED = {
    b"RIFF": ("<I", b"data"),
    b"RIFX": (">I", b"data"),
    b"RF64": ("<I", b"data"),
    b"FORM": (">I", b"SSND"),
}
_CLOCK_ELSEWHERE = {b"OggS": "its stream has a number drawn anew", b"MATL": "its head has a date"}


def write_sound(path, samples, rate_hz, **options):
    """Write a sound file; `options` are those of `soundfile.write`, such as `subtype`.

    Equal samples give equal bytes at any time. ValueError for a format of which that cannot be
    had: Ogg and MAT5.
    """
    soundfile.write(path, samples, rate_hz, **options)
    path = Path(path)
    written = path.read_bytes()
    try:
        unstamped = _without_clock(written)
    except ValueError:
        path.unlink()
        raise
    if unstamped != written:
        path.write_bytes(unstamped)


def sound_bytes(samples, rate_hz, *, format="WAV", **options):
    """The content of such a file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=format, **options)
    return _without_clock(buffer.getvalue())


def _without_clock(data):
    if why := _CLOCK_ELSEWHERE.get(data[:4]):
        raise ValueError(
            f"this format does not repeat itself: {why}; write WAV, RF64, W64, AIFF, FLAC or MP3"
        )
    if data[:4] not in _CHUNKED:
        return data
    size_format, last = _CHUNKED[data[:4]]
    place = 12
    while place + 8 <= len(data) and data[place : place + 4] != last:
        (size,) = struct.unpack_from(size_format, data, place + 4)
        if data[place : place + 4] == b"PEAK":  # version, time, then a peak per channel
            return data[: place + 12] + bytes(4) + data[place + 16 :]
        place += 8 + size + size % 2
    return data
