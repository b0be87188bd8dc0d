"""Lengths that no one states: sound written to a pipe, whose writer could not go back.

What such a writer leaves in the header is none: sox writes 0x7FFFF000 bytes, ffmpeg 0xFFFFFFFF,
others 0, and FLAC has 0 for an unknown number of samples. libsndfile takes some of these for
nothing, and refuses others. Here what is there counts, and `open_corrected` shows libsndfile the
header as it would be, had the writer gone back. A length that a file can have is believed, and the
file is cut short where it has less.

FLAC also where it states fewer samples than its last whole frame ends with: each frame says where
it stands ("Free Lossless Audio Codec", RFC 9639, section 9).
"""

import io
import os
from typing import BinaryIO

from drumcorpus.ground.sound.chunks import find_samples
from drumcorpus.ground.sound.mp3_frames import correct_count
from drumcorpus.ground.sound.sound_limits import UNBELIEVABLE

_TAG_BYTES = 128  # of ID3v1
# Beginnings of frames whose checksums are computed, from the end: behind the last whole frame there
# is the damaged one, and by chance one more in a hundred megabytes.
_MOST_CHECKED = 8


class Corrected(io.RawIOBase):
    """A binary file of which some bytes read as others."""

    def __init__(self, file: BinaryIO, patches: dict[int, bytes]):
        super().__init__()
        self._file, self._patches = file, patches

    def readable(self) -> bool:
        """As of `io.RawIOBase`."""
        return True

    def seekable(self) -> bool:
        """As of `io.RawIOBase`."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of `io.RawIOBase`."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of `io.RawIOBase`."""
        return self._file.tell()

    def readinto(self, buffer) -> int:
        """As of `io.RawIOBase`."""
        start = self._file.tell()
        data = bytearray(self._file.read(len(buffer)))
        for place, patch in self._patches.items():
            for n, byte in enumerate(patch):
                if 0 <= place + n - start < len(data):
                    data[place + n - start] = byte
        buffer[: len(data)] = data
        return len(data)


def corrections(file: BinaryIO) -> dict[int, bytes]:
    """What its header must read where it states no length, or one that the file cannot have.

    Parameters
    ----------
    file : binary file that can seek
        Of any content.

    Returns
    -------
    patches : dict
        Bytes by their place; empty where the header is to be believed, or nobody can say better.
    """
    file.seek(0)
    if file.read(4) == b"fLaC":
        return _correct_flac(file)
    samples = find_samples(file)
    if samples is not None:
        return samples.corrections() if samples.is_unstated else {}
    return correct_count(file)


def _correct_flac(file: BinaryIO) -> dict[int, bytes]:
    file.seek(0)
    head = file.read(42)
    if len(head) < 42 or head[4] & 0x7F:  # no STREAMINFO comes first
        return {}
    fields, block_size = int.from_bytes(head[18:26]), int.from_bytes(head[10:12])
    stated, n_channels = fields & ((1 << 36) - 1), (fields >> 41 & 7) + 1
    # No frame is longer: 32 bits a sample, one more for the difference of two channels.
    possible = 5 * block_size * n_channels + 256
    largest = min(int.from_bytes(head[15:18]) or possible, possible)
    n_bytes = file.seek(0, os.SEEK_END)
    file.seek(max(n_bytes - largest - _TAG_BYTES, 42))
    found = _last_sample(file.read(), stated, block_size)
    if found is None or found == stated or found < stated < UNBELIEVABLE:
        return {}
    return {18: ((fields >> 36 << 36) | found).to_bytes(8)}


def _last_sample(tail: bytes, stated: int, block_size: int) -> int | None:
    """How many samples of each channel there are by the last frame, if that is whole."""
    if tail[-_TAG_BYTES:].startswith(b"TAG"):  # ID3v1 stands behind what it describes
        tail = tail[:-_TAG_BYTES]
    place, n_checked = len(tail), 0
    while n_checked < _MOST_CHECKED and (place := tail.rfind(b"\xff", 0, place)) >= 0:
        end = _frame_end(tail[place : place + 16].ljust(16, b"\0"), block_size)
        if end is None:
            continue
        if end == stated or crc(tail[place:], 16, 0x8005) == 0:
            return end
        n_checked += 1
    return None


def _frame_end(header: bytes, block_size: int) -> int | None:
    """The number of samples up to the end of a frame, from its first 16 bytes; None if it is none.

    Of a stream of one block size the frames are numbered, of others the samples.
    """
    size_code, rate_code = header[2] >> 4, header[2] & 0x0F
    is_frame = header[1] & 0xFE == 0xF8 and size_code > 0 and rate_code < 15
    n_ones = 8 - (header[4] ^ 0xFF).bit_length()  # the number is written as UTF-8 writes it
    if not is_frame or header[3] >> 4 > 10 or header[3] & 1 or n_ones in (1, 8):
        return None
    number, at = header[4] & 0x7F >> n_ones, 4 + max(n_ones, 1)
    for byte in header[5:at]:
        number = number << 6 | byte & 0x3F
    if size_code in (6, 7):
        n_samples = int.from_bytes(header[at : at + size_code - 5]) + 1
        at += size_code - 5
    elif size_code == 1:
        n_samples = 192
    else:
        n_samples = 576 << size_code - 2 if size_code < 6 else 256 << size_code - 8
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if at >= len(header) or crc(header[: at + 1], 8, 0x07):
        return None
    return (number if header[1] & 1 else number * block_size) + n_samples


def crc(data: bytes, n_bits: int, polynomial: int) -> int:
    """Cyclic redundancy check; 0 of data that end with their own."""
    table, mask, shift = _table(n_bits, polynomial), (1 << n_bits) - 1, n_bits - 8
    value = 0
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> shift ^ byte]
    return value


_TABLES: dict[tuple[int, int], list[int]] = {}


def _table(n_bits: int, polynomial: int) -> list[int]:
    if (n_bits, polynomial) not in _TABLES:
        table = []
        for byte in range(256):
            value = byte << n_bits - 8
            for _ in range(8):
                carries = value >> n_bits - 1
                value = value << 1 ^ (polynomial | 1 << n_bits) if carries else value << 1
            table.append(value)
        _TABLES[n_bits, polynomial] = table
    return _TABLES[n_bits, polynomial]
