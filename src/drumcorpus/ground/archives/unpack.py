"""Archives unpacked into a folder of their own: nothing leaves it, and nothing outgrows its bounds.

Of every member only the content is written, to a new file: owner, mode and time of an archive do
not come along, and no name is taken that `MemberNames` refuses. A link to a file of the archive
becomes a copy of it; all other links, devices and what else is no file are refused. How much is
written is counted as it is written, whatever the archive says of it.
"""

import bz2
import errno
import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from drumcorpus.ground.archives.joined_file import JoinedFile
from drumcorpus.ground.archives.member_names import MemberNames, UnsafeArchive
from drumcorpus.ground.archives.room import free_bytes, require_room
from drumcorpus.ground.archives.zip_volumes import open_zip
from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.pages.shown import data_size

TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
MAX_RATIO = 50  # of what comes out to the archive, where the card does not say what comes out
SLACK = 1.1  # over what the card says
MAX_HEAD = 1 << 20  # bytes of the long name of a member, or of its notes
MAX_MEMBERS = 2_000_000  # the largest published set has 173,000
_BLOCK = 1 << 20
_BYTES_BETWEEN_LOOKS = 64 << 20  # at the disk
# Kinds of members of a tar that are read into memory, for they tell of the next one.
_HEADS = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_ENCRYPTED = 0x1  # a flag of a member of a zip
_SHOWN = 40  # characters of a name that is too long
# What the libraries raise of bytes that are not what they are called.
_DAMAGES = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, OverflowError, ValueError),
)


@dataclass
class Bounds:
    """How much may be unpacked.

    Parameters
    ----------
    most : int
        Bytes of all members together.
    free
        Gives the bytes that are free on the disk of a folder.
    """

    most: int
    free: Callable[[Path], int] = free_bytes
    n_bytes: int = 0
    n_members: int = 0
    _looked: int = field(default=0, repr=False)


def bounds_of(n_bytes: int, unpacked_bytes: int | None) -> Bounds:
    """The bounds of an archive of `n_bytes`, of which about `unpacked_bytes` are said to come."""
    return Bounds(int(unpacked_bytes * SLACK) if unpacked_bytes else n_bytes * MAX_RATIO)


def unpack(
    name: str,
    paths: Sequence[Path],
    folder: Path,
    bounds: Bounds,
    *,
    advance: Callable[[int], None] = lambda n_bytes: None,
) -> dict[str, tuple[str, int]]:
    """Unpack an archive into a folder, which is made.

    Parameters
    ----------
    name : str
        Name of the archive, by whose ending it is read.
    paths : sequence of Path
        The archive, or its pieces in order.
    folder : Path
        It must not be there.
    bounds : Bounds
    advance
        Is told of bytes that are written.

    Returns
    -------
    dict
        SHA-256 and size in bytes of every file, by its path below the folder.

    Raises
    ------
    UnsafeArchive
        If it is damaged, of no kind that is read here, has a member that is not written, or more
        comes out of it than the bounds allow.
    OSError
        If the disk refuses to be written.
    """
    folder.mkdir(parents=True)
    writer = _Writer(name, folder, bounds, advance)
    try:
        with ExitStack() as stack:
            if name.endswith(".zip"):
                _unpack_zip(stack.enter_context(open_zip(paths)), writer)
            elif name.endswith(TAR_ENDINGS):
                pieces = [(path.open("rb"), path.stat().st_size) for path in paths]
                file = stack.enter_context(io.BufferedReader(JoinedFile(pieces), _BLOCK))
                _unpack_tar(stack.enter_context(_plain(name, file)), writer)
            else:
                raise UnsafeArchive(f"{name}: read are .zip and {', '.join(TAR_ENDINGS)}")
    except UnsafeArchive:
        raise
    except _DAMAGES as error:
        raise UnsafeArchive(f"{name}: is damaged, or of a kind not read here: {error}") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UnsafeArchive(_too_long(name, error, folder)) from error
        if error.errno is not None:  # of the disk, and not of a decompressor
            raise
        raise UnsafeArchive(f"{name}: is damaged: {error}") from error
    if not writer.files:
        raise UnsafeArchive(f"{name}: holds no file")
    return writer.files


def _too_long(name: str, error: OSError, folder: Path) -> str:
    path = Path(os.path.relpath(error.filename or folder, folder))
    longest = max(path.parts, key=len)
    return (
        f"{name}: the disk takes no name as long as {visible(longest[:_SHOWN])}… "
        f"({len(os.fsencode(longest)):,} bytes, in a path of {len(os.fsencode(path)):,}); nothing "
        "of it was put in place"
    )


class _Writer:
    """Writes members below a folder, and counts."""

    def __init__(self, name: str, folder: Path, bounds: Bounds, advance: Callable):
        self.folder, self.bounds, self.advance = folder, bounds, advance
        self.names = MemberNames(name)
        self.files: dict[str, tuple[str, int]] = {}

    def count(self, name: str) -> None:
        self.bounds.n_members += 1
        if self.bounds.n_members > MAX_MEMBERS:
            self.names.refuse(name, f"is one of more than {MAX_MEMBERS:,} members")

    def folder_at(self, name: str) -> None:
        if path := self.names.take(name, is_folder=True):
            (self.folder / path).mkdir(parents=True, exist_ok=True)

    def file_at(self, name: str, content: BinaryIO) -> None:
        path = self.names.take(name, is_folder=False)
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        digest, n_bytes = hashlib.sha256(), 0
        with naming(place), place.open("xb") as file:
            while block := content.read(_BLOCK):
                n_bytes += len(block)
                self._measure(name, len(block))
                file.write(block)
                digest.update(block)
        self.files[str(path)] = (digest.hexdigest(), n_bytes)

    def copy_at(self, name: str, target: str) -> None:
        """A link to a file of the archive, as a file of its own."""
        path = str(PurePosixPath(target))
        if path.startswith("/") or ".." in PurePosixPath(path).parts:
            self.names.refuse(name, f"is a link out of its folder, to {target}")
        if not self.names.has_file(path):
            self.names.refuse(name, f"is a link to what is no file before it, {target}")
        with (self.folder / path).open("rb") as content:
            self.file_at(name, content)

    def _measure(self, name: str, n_bytes: int) -> None:
        bounds = self.bounds
        bounds.n_bytes += n_bytes
        if bounds.n_bytes > bounds.most:
            self.names.refuse(
                name, f"goes beyond {data_size(bounds.most)}, the most that may come out of it"
            )
        if bounds.n_bytes - bounds._looked >= _BYTES_BETWEEN_LOOKS:
            bounds._looked = bounds.n_bytes
            require_room(self.folder, _BYTES_BETWEEN_LOOKS, bounds.free)
        self.advance(n_bytes)


def _unpack_zip(file: BinaryIO, writer: _Writer) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        _look_ahead(members, writer)
        for member in members:
            name = _name_in_zip(member)
            writer.count(name)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if member.flag_bits & _ENCRYPTED:
                writer.names.refuse(name, "is encrypted")
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                writer.names.refuse(name, "is a link, a device or another thing that is no file")
            if _is_folder(member):
                writer.folder_at(name)
                continue
            with archive.open(member) as content:
                writer.file_at(name, content)


def _name_in_zip(member: zipfile.ZipInfo) -> str:
    """The name as it stands in the file, which the library would cut at a NUL.

    Some programs of Windows write backslashes between folders, against the format.
    """
    return member.orig_filename.replace("\\", "/")


def _is_folder(member: zipfile.ZipInfo) -> bool:
    mode = stat.S_IFMT(member.external_attr >> 16)
    return _name_in_zip(member).endswith("/") or mode == stat.S_IFDIR


def _look_ahead(members: Sequence[zipfile.ZipInfo], writer: _Writer) -> None:
    """Refuse an archive by what it says of itself, before anything is written."""
    names, n_bytes = MemberNames(writer.names.archive), 0
    for member in members:
        name = _name_in_zip(member)
        names.take(name, is_folder=_is_folder(member))
        n_bytes += member.file_size
        if n_bytes > writer.bounds.most:
            names.refuse(
                name,
                f"goes beyond {data_size(writer.bounds.most)}, the most that may come out of it",
            )
    require_room(writer.folder, n_bytes, writer.bounds.free)


def _unpack_tar(file: BinaryIO, writer: _Writer) -> None:
    with tarfile.open(fileobj=file, mode="r|", tarinfo=_TarMember) as archive:
        for member in archive:
            name = member.name
            writer.count(name)
            if member.isdir():
                writer.folder_at(name)
            elif member.isreg():
                writer.file_at(name, archive.extractfile(member))
            elif member.islnk():
                writer.copy_at(name, member.linkname)
            elif member.issym():
                writer.copy_at(name, _from_beside(name, member.linkname, writer.names))
            else:
                writer.names.refuse(name, "is a device or another thing that is no file")
        _read_to_the_end(archive.fileobj, writer)


def _read_to_the_end(file: BinaryIO, writer: _Writer) -> None:
    """Read what stands behind the end of a tar: the checksum of what is compressed is there."""
    n_behind = 0
    while block := file.read(_BLOCK):
        n_behind += len(block)
        if n_behind > writer.bounds.most:
            raise UnsafeArchive(f"{writer.names.archive}: goes on behind its end")
        if block.strip(b"\0"):
            raise UnsafeArchive(
                f"{writer.names.archive}: more than zeros stands behind its end, such as a second "
                "tar that was appended, which would be passed over; nothing of it was put in place"
            )


class _TarMember(tarfile.TarInfo):
    """A member of a tar, which the library takes for the end where its head is damaged.

    Nor has the library a bound on what it reads into memory of names and notes of members.
    """

    @classmethod
    def frombuf(cls, *arguments):
        member = super().frombuf(*arguments)
        if member.type in _HEADS and member.size > MAX_HEAD:
            raise tarfile.ReadError(
                f"the names or notes of a member are {member.size:,} bytes; at most {MAX_HEAD:,}"
            )
        return member

    @classmethod
    def fromtarfile(cls, tarfile_):
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # its end, as it is marked
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"{error} at byte {tarfile_.offset:,}") from error


def _from_beside(name: str, target: str, names: MemberNames) -> str:
    """The path below the folder that a symbolic link leads to; the link's own folder is known."""
    parts = [] if target.startswith("/") else list(PurePosixPath(name).parts[:-1])
    for part in PurePosixPath(target).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            names.refuse(name, f"is a link out of its folder, to {target}")
    return str(PurePosixPath(*parts)) if not target.startswith("/") else target


@contextmanager
def _plain(name: str, file: BinaryIO) -> Iterator[BinaryIO]:
    """What a compressed tar holds, to be read once from its beginning."""
    if name.endswith(".zst"):
        import pyarrow

        with pyarrow.CompressedInputStream(pyarrow.PythonFile(file, "r"), "zstd") as stream:
            yield stream
        return
    openers = {".gz": gzip.GzipFile, ".tgz": gzip.GzipFile, ".bz2": bz2.BZ2File}
    openers |= {".xz": lzma.LZMAFile}
    opener = openers.get(PurePosixPath(name).suffix)
    if opener is None:
        yield file
        return
    with opener(fileobj=file) if opener is gzip.GzipFile else opener(file) as stream:
        yield stream
