"""Where the members of a tar stand, from one pass over its headers; nothing else is read."""

import os
import tarfile

BLOCK = 512
# A plain file, in tars as in those older than POSIX.
_PLAIN = (b"0", b"\0")


def members_of(path: str | os.PathLike) -> dict[str, tuple[int, int]]:
    """(offset, bytes) of the content of every file in an uncompressed tar, by its name.

    Headers are those of POSIX 1003.1-1988 (ustar); a tar that has others, such as those of long
    names, is read by tarfile.

    Raises
    ------
    ValueError
        If it is no tar, or ends within a member.
    """
    file = os.open(path, os.O_RDONLY)
    try:
        return _members(file, os.fstat(file).st_size)
    except _OtherHeaders:
        return _members_by_tarfile(path)
    finally:
        os.close(file)


class _OtherHeaders(Exception):
    """The tar has headers that are read by tarfile."""


def _members(file: int, n_bytes: int) -> dict[str, tuple[int, int]]:
    members, place = {}, 0
    while True:
        header = os.pread(file, BLOCK, place)
        if len(header) < BLOCK:
            raise ValueError(f"the tar ends after {n_bytes} bytes, without its end mark: cut short")
        if not any(header):
            return members
        if header[257:262] != b"ustar":
            raise ValueError(f"no header of a tar at byte {place}")
        if header[156:157] not in _PLAIN or header[124] & 0x80:
            raise _OtherHeaders
        name, prefix = (_text(header[start:stop]) for start, stop in ((0, 100), (345, 500)))
        size = int(_text(header[124:136]).strip() or "0", 8)
        if place + BLOCK + size > n_bytes:
            raise ValueError(f"the tar ends within {name}: cut short")
        members[f"{prefix}/{name}" if prefix else name] = (place + BLOCK, size)
        place += BLOCK + -(-size // BLOCK) * BLOCK


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _members_by_tarfile(path) -> dict[str, tuple[int, int]]:
    try:
        with tarfile.open(path, "r:") as tar:
            return {m.name: (m.offset_data, m.size) for m in tar if m.isreg()}
    except tarfile.TarError as error:
        raise ValueError(f"no tar: {error}") from None
