"""Raw files as jobs read them: what the inventory has seen, or an error."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.files.digests import sha256_bytes, sha256_handle
from drumcorpus.ground.files.paths import printable
from drumcorpus.ground.files.raw_files import (
    RawDataChanged,
    Stamp,
    require_digest,
    require_size,
    stat_stamp,
)


class RawReader:
    """Opens raw files of one source set by their path below the roots.

    A file which has changed since the inventory is an error and never a label. It has not if its
    stat record is the one under which the inventory hashed it; any other file is hashed.

    Parameters
    ----------
    roots : iterable of paths
    digests : mapping
        The SHA-256 that the inventory gives, by path.
    hashed : mapping, optional
        Stat records under which it was taken, as of `FactCache.hashed_files`.
    """

    def __init__(
        self,
        roots: Iterable[str | os.PathLike],
        digests: Mapping[str, str],
        hashed: Mapping[str, tuple[Stamp, str]] | None = None,
    ):
        self.roots = [Path(root) for root in roots]
        self.digests = digests
        self.hashed = hashed or {}

    def location(self, path: str) -> Path:
        """Where the file lies on this machine.

        Raises
        ------
        RawDataChanged
            If no root holds it any more.
        """
        for root in self.roots:
            place = root / path
            if place.is_file() and any(
                place.resolve().is_relative_to(other.resolve()) for other in self.roots
            ):
                return place
        raise RawDataChanged(
            f"{path}: was there when the inventory was taken, and is gone. Put it back, or run "
            f"again to take the inventory anew."
        )

    def read(self, path: str) -> bytes:
        """The content of the file.

        Raises
        ------
        RawDataChanged
            If it is not the content that the inventory saw.
        UnusableFile
            `too_large`; sound is not to be read so, but where `verified` says.
        """
        place = self.location(path)
        with naming(place), place.open("rb") as file:
            # The very file that is read: another may take its place, or it may change meanwhile.
            before = stat_stamp(os.fstat(file.fileno()))
            require_size(path, before[0])
            data = file.read()
            after = stat_stamp(os.fstat(file.fileno()))
        if before != after or not self._is_hashed(path, place, after):
            require_digest(path, sha256_bytes(data), self.digests[path])
        return data

    def verified(self, path: str) -> Path:
        """Where the file lies, once it is known to be unchanged; for files of any length.

        Raises
        ------
        RawDataChanged
            As `read`.
        """
        place = self.location(path)
        with naming(place), place.open("rb") as file:
            if not self._is_hashed(path, place, stat_stamp(os.fstat(file.fileno()))):
                require_digest(path, sha256_handle(file), self.digests[path])
        return place

    __call__ = read

    def _is_hashed(self, path: str, place: Path, stamp: Stamp) -> bool:
        return self.hashed.get(printable(os.path.realpath(place))) == (stamp, self.digests[path])


def sound_source(read: Callable[[str], bytes], path: str) -> Path | bytes:
    """What to decode a raw file of sound from: where it lies, if `read` is a `RawReader`.

    Of a file that is decoded where it lies, no more is held than a block.
    """
    return read.verified(path) if isinstance(read, RawReader) else read(path)
