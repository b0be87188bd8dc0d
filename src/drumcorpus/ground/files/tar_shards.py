"""Tar shards as WebDataset reads them: samples one after the other, bounded, the same every time.

A sample is a key and its members, ``<key>.<extension>``, which stand side by side. WebDataset takes
what is before the first dot of a name for the key, so a key has no dot. Headers are ustar (POSIX
1003.1-1988) without time, owner or anything else of the machine; two blocks of zeros end a shard.
"""

import hashlib
import os
import re
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.atomic import naming, replacing
from drumcorpus.ground.files.shards import SHARDS, check_bounds, remove_after, shard_name

# One row a member, in order.
MEMBERS = pa.schema(
    [
        ("key", pa.string()),
        ("extension", pa.string()),
        ("shard", pa.string()),
        ("offset", pa.int64()),  # byte of the shard at which the content begins
        ("bytes", pa.int64()),
    ]
)

BLOCK = 512
END = bytes(2 * BLOCK)
LONGEST_NAME = 100  # bytes; more would need a folder in the name, and a key has none
LARGEST_MEMBER = 8**11 - 1  # bytes: eleven octal digits
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_EXTENSION = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_BUFFER = 1 << 18

# Fields after the size: mtime, then (left blank) the checksum, kind and the name of a link; magic,
# version, owner, group, device and prefix, with what fills the block.
_MODE = b"0000644\0" + 2 * b"0000000\0"
_TIME = b"00000000000\0"
_REST = b"0" + bytes(100) + b"ustar\0" + b"00" + bytes(BLOCK - 265)
_FIXED_SUM = sum(_MODE) + sum(_TIME) + 8 * ord(" ") + sum(_REST)


class TarShards:
    """Writes samples, in the order in which they are given, into ``<stem>-000000.tar`` and on.

    The next shard begins before one would pass a bound; one sample larger than `shard_bytes` is a
    shard of its own. A shard has its name when it is whole, and none is written without a sample.
    To be used in a ``with`` statement: on an error the shard in work is removed. At the end the
    shards that an earlier run left under the same stem and higher numbers are removed.

    Parameters
    ----------
    folder : path
        Made with the first shard.
    stem : str
        What the names begin with.
    shard_bytes : int
        Largest size of a shard's file.
    shard_samples : int
        Most samples of a shard.

    Raises
    ------
    ValueError
        If a bound is less than 1.

    Examples
    --------
    >>> with TarShards(folder, "train-groove-000", shard_bytes=10**9, shard_samples=20_000) as tar:
    ...     tar.add("drummer1_0", {"wav": sound, "json": record})  # doctest: +SKIP
    >>> tar.shards, tar.members  # doctest: +SKIP
    """

    def __init__(
        self, folder: str | os.PathLike, stem: str, *, shard_bytes: int, shard_samples: int
    ):
        check_bounds(shard_bytes=shard_bytes, shard_samples=shard_samples)
        self._folder, self._stem = Path(folder), stem
        self._shard_bytes, self._shard_samples = shard_bytes, shard_samples
        self._open = ExitStack()
        self._path: Path | None = None  # of the shard in work
        self._n_bytes = self._n_samples = 0  # of the shard in work
        self._shards: list[dict] = []
        self._keys: dict[str, int] = {}  # number of the sample's shard
        self._extensions: list[tuple[str, ...]] = []  # of each sample
        self._places: list[int] = []  # offset and size of each member

    def __enter__(self) -> "TarShards":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if error is not None:
            self._open.__exit__(kind, error, trace)
            return
        with self._open:
            self._finish_shard()
        remove_after(self._folder, self._stem, ".tar", len(self._shards))

    def shard_for(self, sizes: Collection[int]) -> str:
        """File name of the shard in which a sample comes if it is added next.

        So a member can say in which shard it stands: all names of one stem are of one length.

        Parameters
        ----------
        sizes : collection of int
            Bytes of each of its members.
        """
        n_bytes = sum(BLOCK + _padded(size) for size in sizes)
        return shard_name(self._stem, len(self._shards) + self._is_full(n_bytes), ".tar")

    def add(self, key: str, members: Mapping[str, bytes]) -> None:
        """Write one sample.

        Parameters
        ----------
        key : str
            Letters, digits, minus and underscore; no two samples have the same.
        members : mapping
            Content by extension, such as ``wav``; written in order of extension.

        Raises
        ------
        ValueError
            If a name cannot stand in a shard, or was there before, or a sample has no member.
        OSError
            Naming the shard, if it cannot be written.
        """
        extensions = tuple(sorted(members))
        self._check(key, extensions)
        parts, places, n_bytes = [], [], 0
        for extension in extensions:
            content = members[extension]
            parts += (header(f"{key}.{extension}", len(content)), content)
            parts.append(bytes(-len(content) % BLOCK))
            places += (n_bytes + BLOCK, len(content))
            n_bytes += BLOCK + _padded(len(content))
        if self._is_full(n_bytes):
            self._finish_shard()
        if self._path is None:
            self._start_shard()
        # Of small members a copy is cheaper than a call for each part.
        parts = [b"".join(parts)] if n_bytes < _BUFFER else parts
        with naming(self._path):
            self._file.writelines(parts)
        for part in parts:
            self._digest.update(part)
        places[::2] = [self._n_bytes + offset for offset in places[::2]]
        self._places += places
        self._keys[key] = len(self._shards)
        self._extensions.append(extensions)
        self._n_bytes += n_bytes
        self._n_samples += 1

    @property
    def shards(self) -> pa.Table:
        """Schema SHARDS: the shards that are whole."""
        return pa.Table.from_pylist(self._shards, SHARDS)

    @property
    def members(self) -> pa.Table:
        """Schema MEMBERS: every member of every sample, in order."""
        n_members = list(map(len, self._extensions))
        names = np.array([shard_name(self._stem, n, ".tar") for n in range(len(self._shards) + 1)])
        places = np.array(self._places, dtype=np.int64).reshape(-1, 2)
        columns = [
            np.repeat(np.array(list(self._keys), dtype=object), n_members),
            [extension for each in self._extensions for extension in each],
            np.repeat(names[list(self._keys.values())].astype(object), n_members),
            places[:, 0],
            places[:, 1],
        ]
        kinds = zip(columns, MEMBERS, strict=True)
        return pa.table([pa.array(column, field.type) for column, field in kinds], MEMBERS)

    def _check(self, key: str, extensions: tuple[str, ...]) -> None:
        if not _KEY.fullmatch(key):
            raise ValueError(
                f"{key!r} cannot be the key of a sample in a tar shard: expected letters, digits, "
                "'-', '_'; a dot would end the key"
            )
        if key in self._keys:
            raise ValueError(f"two samples of {self._stem} have the key {key!r}")
        if not extensions:
            raise ValueError(f"sample {key!r} has no member")
        for extension in extensions:
            if not _EXTENSION.fullmatch(extension):
                raise ValueError(
                    f"sample {key!r}: {extension!r} cannot be the extension of a member: expected "
                    "small letters and digits"
                )

    def _is_full(self, n_bytes: int) -> bool:
        """Whether a sample of so many bytes begins another shard."""
        return self._n_samples > 0 and (
            self._n_samples >= self._shard_samples
            or self._n_bytes + n_bytes + len(END) > self._shard_bytes
        )

    def _start_shard(self) -> None:
        path = self._folder / shard_name(self._stem, len(self._shards), ".tar")
        part = self._open.enter_context(replacing(path))
        with naming(path):
            self._file = self._open.enter_context(part.open("wb", buffering=_BUFFER))
        self._path, self._digest = path, hashlib.sha256()

    def _finish_shard(self) -> None:
        if self._path is None:
            return
        with naming(self._path):
            self._file.write(END)
        self._digest.update(END)
        self._open.close()
        self._shards.append(
            {
                "shard": self._path.name,
                "n_samples": self._n_samples,
                "bytes": self._n_bytes + len(END),
                "sha256": self._digest.hexdigest(),
            }
        )
        self._path, self._n_bytes, self._n_samples = None, 0, 0


def header(name: str, n_bytes: int) -> bytes:
    """The ustar header of a regular file of mode 0644, without time and owner.

    Raises
    ------
    ValueError
        If the name is too long or the content too large for the format.
    """
    encoded = name.encode()
    if len(encoded) > LONGEST_NAME:
        raise ValueError(
            f"{name!r} has {len(encoded)} bytes; the name of a member in a tar shard has "
            f"{LONGEST_NAME} at most"
        )
    if n_bytes > LARGEST_MEMBER:
        raise ValueError(
            f"{name!r} has {n_bytes} bytes; a tar shard holds {LARGEST_MEMBER} at most"
        )
    size = b"%011o\0" % n_bytes
    checksum = b"%06o\0 " % (_FIXED_SUM + sum(encoded) + sum(size))
    return b"".join((encoded.ljust(LONGEST_NAME, b"\0"), _MODE, size, _TIME, checksum, _REST))


def _padded(n_bytes: int) -> int:
    """Bytes of the whole blocks that a content fills."""
    return n_bytes + -n_bytes % BLOCK
