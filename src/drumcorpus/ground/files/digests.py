"""SHA-256 of bytes, files and trees."""

import base64
import hashlib
import os
from collections.abc import Iterable
from typing import BinaryIO

from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.files.plain_files import require_plain_file


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of `data`, 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: str | os.PathLike) -> str:
    """SHA-256 of a file's content, 64 lower-case hex digits, read once in bounded memory.

    Raises
    ------
    ValueError
        If it is no plain file.
    """
    require_plain_file(path)
    with naming(path), open(path, "rb") as handle:  # noqa: PTH123 (paths may be bytes that are not UTF-8)
        return sha256_handle(handle)


def sha256_handle(handle: BinaryIO) -> str:
    """SHA-256 of what is left to read of an open file, in bounded memory."""
    return hashlib.file_digest(handle, "sha256").hexdigest()


def content_name(sha256: str) -> str:
    """The name of a file by its content alone, after RFC 6920.

    Examples
    --------
    >>> content_name("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    'ni:///sha-256;47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
    """
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return f"ni:///sha-256;{digest}"


def tree_digest(entries: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 for many files, from (path, sha256) pairs in any order.

    It is the digest of the listing that ``sha256sum`` prints for the files in order of path.
    """
    return sha256_bytes("".join(checksum_line(*entry) for entry in sorted(entries)).encode())


def checksum_line(path: str, sha256: str) -> str:
    """One line of a listing, as ``sha256sum`` prints and reads it."""
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == path else chr(92)}{sha256}  {escaped}\n"
