"""Frames of MPEG audio, layer III: how many there are, where the file's own count is none.

A file of a variable bit rate begins with a frame that holds no sound but their number (Xing, or
Info). Who writes to a pipe leaves 0 there, and a decoder then guesses. Headers: ISO/IEC 11172-3,
2.4.1.3, and 13818-3.
"""

from typing import BinaryIO

from drumcorpus.ground.sound.sound_limits import UNBELIEVABLE

_KBIT = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2, and 2.5
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LARGEST_FRAME = 2_881  # bytes: 320 kbit a second at 16 kHz
_MOST_FRAMES = 1_000_000  # seven hours


def correct_count(file: BinaryIO) -> dict[int, bytes]:
    """The number of frames as it is, by its place, where the file states none or too many to be.

    Parameters
    ----------
    file : binary file that can seek
        Of any content.
    """
    place = _after_id3(file)
    file.seek(place)
    first = file.read(_LARGEST_FRAME)
    length = _frame_length(first[:4])
    if length is None:
        return {}
    is_mono, version = first[3] >> 6 == 3, first[1] >> 3 & 3
    tag = 4 + ((17 if is_mono else 32) if version == 3 else (9 if is_mono else 17))
    is_counted = first[tag : tag + 4] in (b"Xing", b"Info") and len(first) >= tag + 12
    if not is_counted or not first[tag + 7] & 1:
        return {}
    stated = int.from_bytes(first[tag + 8 : tag + 12])
    if 0 < stated < UNBELIEVABLE // 1152:
        return {}
    n_frames = _count(file, place + length)
    return {place + tag + 8: n_frames.to_bytes(4)} if n_frames else {}


def _after_id3(file: BinaryIO) -> int:
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame_length(header: bytes) -> int | None:
    """Bytes of a frame of layer III, from its first four; None if it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version, kbit, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version not in _RATES_HZ or kbit in (0, 15) or rate == 3:
        return None
    n_samples = 144 if version == 3 else 72  # of a frame, an eighth of them
    bits = 1000 * _KBIT[3 if version == 3 else 2][kbit]
    return n_samples * bits // _RATES_HZ[version][rate] + (header[2] >> 1 & 1)


def _count(file: BinaryIO, place: int) -> int:
    n_frames = 0
    while n_frames < _MOST_FRAMES:
        file.seek(place)
        length = _frame_length(file.read(4))
        if length is None:
            break
        n_frames, place = n_frames + 1, place + length
    return n_frames
