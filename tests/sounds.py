"""Sound files whose bytes depend on the samples alone, for every test that writes one.

libsndfile stamps the time of writing into the PEAK chunk of WAV, RF64 and AIFF files of floats, so
that two equal recordings differ once the second has passed; and a stream in Ogg has a number drawn
anew. Here both are zero.
"""

import io
import struct
from pathlib import Path

import soundfile

from drumcorpus.ground.sound.stated_lengths import crc

# By the first bytes: the order of bytes of a size, and the chunk of the samples, the last to come.
_CHUNKED = {
    b"RIFF": ("<I", b"data"),
    b"RIFX": (">I", b"data"),
    b"RF64": ("<I", b"data"),
    b"FORM": (">I", b"SSND"),
}
_CLOCK_ELSEWHERE = {b"MATL": "its head has a date"}


def write_sound(path, samples, rate_hz, **options):
    """Write a sound file; `options` are those of `soundfile.write`, such as `subtype`.

    Equal samples give equal bytes at any time. ValueError for a format of which that cannot be
    had: MAT5.
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
            f"this format does not repeat itself: {why}; write WAV, AIFF, FLAC, Ogg or MP3"
        )
    if data[:4] == b"OggS":
        return _without_numbers(data)
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


def _without_numbers(data):
    """Ogg pages of stream 0, each with its checksum (RFC 3533, section 6)."""
    pages, place = [], 0
    while place < len(data):
        n_segments = data[place + 26]
        head = place + 27 + n_segments
        stop = head + sum(data[place + 27 : head])
        page = data[place : place + 14] + bytes(4) + data[place + 18 : place + 22] + bytes(4)
        page += data[place + 26 : stop]
        pages.append(page[:22] + crc(page, 32, 0x04C11DB7).to_bytes(4, "little") + page[26:])
        place = stop
    return b"".join(pages)
