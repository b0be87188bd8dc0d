"""Files made of chunks, and AU: how many bytes of samples are stated, and are there.

The former are WAV, RF64, W64 and AIFF. libsndfile takes what is left of such a file for the whole.
"""

import os
from dataclasses import dataclass
from typing import BinaryIO

from drumcorpus.ground.sound.sound_limits import UNBELIEVABLE

# What a recorder leaves that could not go back, as bytes of samples: sox has 0x7FFFF000 and of AIFF
# 0x7F000000, arecord 0x80000000, ffmpeg 0xFFFFFFFF, others these less the header.
_UNSTATED_32 = ((0x7EFF0000, 0x80000000), (0xFF000000, 0xFFFFFFFF))
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # of the names of chunks in W64
_AU = {b".snd": "big", b"dns.": "little"}  # first bytes, and the order of bytes of the numbers
_MOST_CHUNKS = 10_000  # before the samples


@dataclass
class SamplesChunk:
    """Where a file has its samples.

    `sizes` are the fields that state their bytes: place, width, order of bytes, and what is added
    to the bytes of the samples there.
    """

    start: int  # byte at which the samples begin
    n_stated: int
    n_there: int
    n_frame: int  # bytes of one sample of all channels; 0 where that is not known
    width: int  # bytes of the field that states the length
    sizes: list[tuple[int, int, str, int]]
    followed_by_chunks: bool = False

    @property
    def is_unstated(self) -> bool:
        """Whether what the header states is no length: nothing, a mark, or more than can be."""
        if self.n_there <= 0 or self.n_stated == self.n_there:
            return False
        if self.n_stated == 0:
            return not self.followed_by_chunks
        if self.n_stated <= self.n_there:
            return False
        is_mark = any(low <= self.n_stated <= high for low, high in _UNSTATED_32)
        return is_mark or self.n_stated >= UNBELIEVABLE * max(self.n_frame, 1)

    def corrections(self) -> dict[int, bytes]:
        """The fields as they are where the length is what is there, by their place."""
        return {
            place: (self.n_there + more).to_bytes(width, order)
            for place, width, order, more in self.sizes
            if self.n_there + more < 1 << 8 * width
        }


def missing_bytes(file: BinaryIO) -> tuple[int, int] | None:
    """Bytes of samples that the header states, and those that are there, if they are fewer.

    Parameters
    ----------
    file : binary file that can seek
        Of any content.

    Returns
    -------
    missing : (int, int) or None
        None also for a file of another format, or one that states no length.
    """
    samples = find_samples(file)
    if samples is None or samples.is_unstated or samples.n_there >= samples.n_stated:
        return None
    return samples.n_stated, samples.n_there


def find_samples(file: BinaryIO) -> SamplesChunk | None:
    """The chunk of the samples; None for a file of another format, or without one."""
    n_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(40)
    if head[:4] == b"riff" and head[28:40] == _W64_TAIL:
        return _find_w64(file, n_bytes)
    if head[:4] in _AU:
        return _find_au(head, n_bytes, _AU[head[:4]])
    kinds = {(b"RIFF", b"WAVE"): "little", (b"RF64", b"WAVE"): "little"}
    kinds |= {(b"FORM", b"AIFF"): "big", (b"FORM", b"AIFC"): "big"}
    order = kinds.get((head[:4], head[8:12]))
    if order is None:
        return None
    return _find_in_chunks(file, n_bytes, order, is_long=head[:4] == b"RF64")


def _find_in_chunks(file, n_bytes, order, *, is_long) -> SamplesChunk | None:
    place, n_frame, n_long = 12, 0, None
    sizes: list[tuple[int, int, str, int]] = []
    for _ in range(_MOST_CHUNKS):
        if place + 8 > n_bytes:
            return None
        file.seek(place)
        name, size = file.read(4), int.from_bytes(file.read(4), order)
        if name == b"ds64" and is_long:
            n_long = int.from_bytes(file.read(16)[8:], "little")
            sizes.append((place + 16, 8, "little", 0))
        elif name == b"fmt ":
            n_frame = int.from_bytes(file.read(14)[12:], "little")
        elif name == b"COMM":
            fields = file.read(8)
            bits = int.from_bytes(fields[6:8], "big")
            n_frame = int.from_bytes(fields[:2], "big") * ((bits + 7) // 8)
        elif name in (b"data", b"SSND"):
            # Of AIFF two fields, where in the chunk the samples begin, come before them.
            before = 8 if name == b"SSND" else 0
            start, stated = place + 8 + before, max(size - before, 0)
            if is_long and size in (0, 0xFFFFFFFF) and n_long is not None:
                stated = n_long
            else:
                sizes = [(place + 4, 4, order, before)]
            follows = _chunks_follow(file, place + 8 + size, n_bytes, order)
            return SamplesChunk(start, stated, n_bytes - start, n_frame, 4, sizes, follows)
        place += 8 + size + size % 2
    return None


def _find_w64(file, n_bytes) -> SamplesChunk | None:
    place, n_frame = 40, 0
    for _ in range(_MOST_CHUNKS):
        # A size has 64 bits: what it leads to may be no place that a file can have.
        if place + 24 > n_bytes:
            return None
        file.seek(place)
        name, size = file.read(16), int.from_bytes(file.read(8), "little")
        if name == b"fmt " + _W64_TAIL:
            n_frame = int.from_bytes(file.read(14)[12:], "little")
        elif name == b"data" + _W64_TAIL:
            start, stated = place + 24, max(size - 24, 0)
            sizes = [(place + 16, 8, "little", 24)]
            return SamplesChunk(start, stated, n_bytes - start, n_frame, 8, sizes)
        if size < 24:
            return None
        place += size + -size % 8
    return None


def _find_au(head, n_bytes, order) -> SamplesChunk | None:
    start, stated = int.from_bytes(head[4:8], order), int.from_bytes(head[8:12], order)
    if not 24 <= start <= n_bytes:
        return None
    return SamplesChunk(start, stated, n_bytes - start, 0, 4, [(8, 4, order, 0)])


def _chunks_follow(file, place, n_bytes, order) -> bool:
    """Whether from here to the end of the file nothing but chunks stands."""
    for _ in range(_MOST_CHUNKS):
        if place >= n_bytes:
            return place - n_bytes <= 1  # the last may lack its filler
        file.seek(place)
        name, size = file.read(4), int.from_bytes(file.read(4), order)
        if len(name) < 4 or not all(0x20 <= byte < 0x7F for byte in name):
            return False
        place += 8 + size + size % 2
    return False
