"""A zip in volumes (``NAME.z01``, ``NAME.z02``, … ``NAME.zip``), read as one zip.

In such a zip a member is said to be at a place of a volume, and the library reads none. The list at
its end is written anew in memory, with every place counted from the beginning of the first volume;
the volumes themselves are read as they are. After the published format (APPNOTE.TXT 6.3.10 of
PKWARE, 4.3.12 to 4.3.16, 4.5.3 and 8).
"""

import io
import struct
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from drumcorpus.ground.archives.joined_file import JoinedFile

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_MEMBER = struct.Struct("<4s6H3L5H2L")
_END_SIGN, _END_64_SIGN, _LOCATOR_SIGN, _MEMBER_SIGN = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2"
_LONGEST_COMMENT = 0xFFFF
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF  # the number stands in the field of large numbers
_LARGE = 0x0001  # that field, among the extra ones of a member
_MOST_OF_A_LIST = 1 << 30  # bytes


def open_zip(paths: Sequence[Path]) -> BinaryIO:
    """A zip as one file: whole, cut into pieces, or in volumes, which its end says.

    Raises
    ------
    ValueError
        If it has volumes that are not here, or its list is none.
    """
    sizes = [path.stat().st_size for path in paths]
    starts = [0, *accumulate(sizes)]
    with JoinedFile(_open(paths, sizes)) as joined:
        place = _place_of_list(joined, starts)
        if place is not None:
            start, n_bytes, n_members = place
            joined.seek(start)
            entries = _members(_read(joined, n_bytes), starts)
            if len(entries) != n_members:
                raise ValueError(f"it lists {len(entries):,} members, and says {n_members:,}")
            tail = _end_of(entries, start)
    if place is None:
        return io.BufferedReader(JoinedFile(_open(paths, sizes)))
    # Of the volumes what stands before the list, and then the list as it is now.
    kept = [min(size, max(start - first, 0)) for size, first in zip(sizes, starts, strict=False)]
    return io.BufferedReader(JoinedFile([*_open(paths, kept), (io.BytesIO(tail), len(tail))]))


def _open(paths: Sequence[Path], sizes: Sequence[int]) -> list[tuple[BinaryIO, int]]:
    return [(path.open("rb"), size) for path, size in zip(paths, sizes, strict=True)]


def _place_of_list(joined: JoinedFile, starts: Sequence[int]) -> tuple[int, int, int] | None:
    """Where the list of a zip in volumes begins, its bytes and members; None of any other zip."""
    first = max(starts[-1] - _LONGEST_COMMENT - _END.size - _LOCATOR.size, 0)
    joined.seek(first)
    end = _read(joined, starts[-1] - first)
    at = end.rfind(_END_SIGN)
    if at < 0 or len(end) - at < _END.size:
        return None
    _, disk, list_disk, _, n_members, n_bytes, offset, _ = _END.unpack_from(end, at)
    if end[max(at - _LOCATOR.size, 0) : at].startswith(_LOCATOR_SIGN):
        _, large_disk, large_offset, n_disks = _LOCATOR.unpack_from(end, at - _LOCATOR.size)
        disk = n_disks - 1
        if disk and large_disk < len(starts) - 1:
            joined.seek(starts[large_disk] + large_offset)
            large = _END_64.unpack(_read(joined, _END_64.size))
            if large[0] != _END_64_SIGN:
                raise ValueError("the end of its list is not where it is said to be")
            list_disk, (n_members, n_bytes, offset) = large[5], large[7:10]
    if disk == 0:
        return None
    if disk + 1 != len(starts) - 1:
        raise ValueError(f"it has {disk + 1:,} volumes, and {len(starts) - 1:,} are here")
    if list_disk > disk or n_bytes > _MOST_OF_A_LIST:
        raise ValueError("the end of its list says what cannot be")
    return starts[list_disk] + offset, n_bytes, n_members


def _members(listed: bytes, starts: Sequence[int]) -> list[bytes]:
    """The entries of a list, with places from the beginning of the first volume."""
    entries, at = [], 0
    while at < len(listed):
        fields = list(_MEMBER.unpack_from(listed, at))
        if fields[0] != _MEMBER_SIGN:
            raise ValueError("its list is damaged")
        n_name, n_extra, n_comment = fields[10:13]
        text = at + _MEMBER.size
        extra = listed[text + n_name : text + n_name + n_extra]
        end = text + n_name + n_extra + n_comment
        numbers, others = _large_numbers(extra, fields[8], fields[9], fields[16], fields[13])
        packed, unpacked, offset, disk = numbers
        if disk >= len(starts) - 1:
            raise ValueError("its list names a volume that is not here")
        large = [
            n for n, short in ((unpacked, fields[9]), (packed, fields[8])) if short == _FULL_32
        ]
        large.append(starts[disk] + offset)
        extra = others + struct.pack(f"<2H{len(large)}Q", _LARGE, 8 * len(large), *large)
        fields[11], fields[13], fields[16] = len(extra), 0, _FULL_32
        name, comment = listed[text : text + n_name], listed[end - n_comment : end]
        entries.append(_MEMBER.pack(*fields) + name + extra + comment)
        at = end
    return entries


def _large_numbers(
    extra: bytes, packed: int, unpacked: int, offset: int, disk: int
) -> tuple[tuple[int, int, int, int], bytes]:
    """Sizes, place and volume of a member, and the extra fields that do not say them."""
    others, at = b"", 0
    while at + 4 <= len(extra):
        kind, n_bytes = struct.unpack_from("<2H", extra, at)
        field = extra[at : at + 4 + n_bytes]
        if kind == _LARGE:
            n_large = [unpacked, packed, offset].count(_FULL_32)
            values = iter(struct.unpack_from(f"<{n_large}Q", field, 4))
            unpacked = next(values) if unpacked == _FULL_32 else unpacked
            packed = next(values) if packed == _FULL_32 else packed
            offset = next(values) if offset == _FULL_32 else offset
            if disk == _FULL_16:
                (disk,) = struct.unpack_from("<L", field, 4 + 8 * n_large)
        else:
            others += field
        at += 4 + n_bytes
    return (packed, unpacked, offset, disk), others


def _end_of(entries: Sequence[bytes], start: int) -> bytes:
    """The list and what stands behind it, of a zip in one file whose list begins at `start`."""
    listed, n = b"".join(entries), len(entries)
    large = _END_64.pack(_END_64_SIGN, 44, 45, 45, 0, 0, n, n, len(listed), start)
    locator = _LOCATOR.pack(_LOCATOR_SIGN, 0, start + len(listed), 1)
    end = _END.pack(_END_SIGN, 0, 0, _FULL_16, _FULL_16, _FULL_32, _FULL_32, 0)
    return listed + large + locator + end


def _read(joined: JoinedFile, n_bytes: int) -> bytes:
    """So many bytes, over the ends of pieces."""
    read = b""
    while len(read) < n_bytes and (block := joined.read(n_bytes - len(read))):
        read += block
    return read
