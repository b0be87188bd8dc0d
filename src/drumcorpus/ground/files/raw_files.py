"""Raw data: found below the configured roots, never written, never followed out of them."""

import errno
import os
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.limits import bytes_limit
from drumcorpus.ground.files.paths import printable
from drumcorpus.sessions import Refusal
from drumcorpus.vocabulary import (
    BROKEN_LINK,
    LINK_LOOP,
    NAME_NOT_UTF8,
    NOT_A_REGULAR_FILE,
    NOT_OF_THE_SET,
    OUTSIDE_ROOT,
    TOO_LARGE,
    UNREADABLE_FILE,
    UNREADABLE_FOLDER,
)

Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class RawFile:
    """One raw file: `path` below its root, `location` on this machine, and its stat record.

    `stamp` is (bytes, mtime, ctime, inode): equal stamps mean an unchanged file; ctime shows a
    change whose author has put the modification time back. `root` is the number of its root, from
    1, among those that are configured.
    """

    path: str
    location: Path
    stamp: Stamp
    root: int = 1

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return self.stamp[0]


class RawDataChanged(Exception):
    """A raw file is not what the inventory saw: nothing may be made of it before a new one."""


# What the system says of a file itself; that it says it no more shows in the stat record.
_OF_THE_FILE = {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG}
_GONE = {errno.ENOENT, errno.ENOTDIR}


def require_refusable(
    error: OSError, location: str | os.PathLike, also: Container[int] = ()
) -> None:
    """Stop at an error of reading that is none of the file itself: a drive that failed or is gone.

    Who went on would leave the file out of the corpus, and for good: it is the same by its stat
    record when the drive is back, so that nobody would look at it again.

    Parameters
    ----------
    also
        Numbers of errors at which the caller goes on as well.

    Raises
    ------
    OSError
        Which names the file.
    """
    if error.errno in _OF_THE_FILE or error.errno in also:
        return
    if error.errno in _GONE:
        raise FileNotFoundError(
            f"{printable(os.fspath(location))}: was there when its folder was listed, and is gone. "
            "Put it back, or mount its drive again, and run the same command again"
        ) from error
    with naming(location):
        raise error


class UnusableFile(ValueError):
    """A raw file that cannot be used; carries the named reason that is counted."""

    def __init__(self, path: str, reason: str, detail: str):
        super().__init__(f"{path}: {reason}: {detail}")
        self.path, self.reason, self.detail = path, reason, detail


def scan_roots(
    roots: list[Path],
    kind_left: Callable[[str, bool], str | None] = lambda name, is_folder: None,
    numbers: Sequence[int] | None = None,
) -> tuple[dict[str, RawFile], list[Refusal]]:
    """Every file below the roots, by relative path; of equal paths the first root's file counts.

    Links are followed while they stay below one of the roots. What is not used comes back as a
    refusal: `outside_root`, `link_loop`, `broken_link`, `name_not_utf8`, `not_a_regular_file`,
    `unreadable_folder`, `unreadable_file`; and `not_of_the_set` of what `kind_left` has a kind for,
    by its name and whether it is a folder, as of `leftovers.Leftovers`: into such a folder nobody
    looks. `numbers` are those of the roots, where they are not 1, 2 and so on. A file has that of
    the root below which its path stands, though a link may lead into another one. This is the one
    place that walks through raw data.
    """
    files: dict[str, RawFile] = {}
    refusals: list[Refusal] = []
    real_roots = [Path(os.path.realpath(root)) for root in roots]
    numbered = list(zip(real_roots, numbers or range(1, len(roots) + 1), strict=True))
    for root, number in reversed(numbered):
        # Folders are taken from the end, links put at the front: a link never hides a folder.
        pending, seen = [("", str(root))], set()
        while pending:
            prefix, folder = pending.pop()
            if folder in seen:
                detail = "the link leads to a folder that is read already"
                refusals.append(Refusal(prefix.rstrip("/"), LINK_LOOP, detail))
                continue
            seen.add(folder)
            try:
                with os.scandir(folder) as entries:
                    listing = sorted(entries, key=lambda entry: os.fsencode(entry.name))
            except OSError as error:
                require_refusable(error, folder)
                refusals.append(Refusal(prefix or ".", UNREADABLE_FOLDER, error.strerror))
                continue
            for entry in listing:
                try:
                    _visit(entry, prefix, number, real_roots, kind_left, files, refusals, pending)
                except OSError as error:
                    require_refusable(error, entry.path)
                    path = printable(f"{prefix}{entry.name}")
                    refusals.append(Refusal(path, UNREADABLE_FILE, error.strerror))
    return dict(sorted(files.items())), sorted(refusals, key=lambda refusal: refusal.path)


def _visit(entry, prefix, number, real_roots, kind_left, files, refusals, pending) -> None:
    path = f"{prefix}{entry.name}"
    if kind := kind_left(entry.name, _is_folder(entry)):
        refusals.append(Refusal(printable(path), NOT_OF_THE_SET, kind))
        return
    if printable(path) != path:
        detail = "the name is not UTF-8; rename the file"
        refusals.append(Refusal(printable(path), NAME_NOT_UTF8, detail))
        return
    location = entry.path
    if entry.is_symlink():
        location = os.path.realpath(entry.path)
        if not any(Path(location).is_relative_to(root) for root in real_roots):
            detail = "the link leaves the roots; add its target's folder to the roots"
            refusals.append(Refusal(path, OUTSIDE_ROOT, detail))
            return
        if not _is_there(location):
            refusals.append(Refusal(path, BROKEN_LINK, "the link's target does not exist"))
            return
    if entry.is_dir():
        pending.insert(0 if entry.is_symlink() else len(pending), (f"{path}/", location))
    elif entry.is_file():
        files[path] = RawFile(path, Path(location), stat_stamp(entry.stat()), number)
    else:
        entry.stat()  # of one that is gone meanwhile it says so; the questions above say no
        refusals.append(Refusal(path, NOT_A_REGULAR_FILE, "neither a file nor a folder"))


def _is_there(location: str) -> bool:
    """Whether a link's target exists; `Path.exists` takes a drive that fails for a no (3.14)."""
    try:
        Path(location).stat()
    except OSError as error:
        if error.errno not in (*_GONE, errno.ELOOP):
            raise
        return False
    return True


def _is_folder(entry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def stat_stamp(stat: os.stat_result) -> Stamp:
    """The part of a stat record that stands for a file's content."""
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def listing_stamp(files: dict[str, RawFile], refusals: list[Refusal]) -> str:
    """One digest of everything that a scan sees, without reading a file's content."""
    rows = [[path, file.root, *file.stamp] for path, file in files.items()]
    return sha256_bytes(canonical_json([rows, [[r.path, r.reason] for r in refusals]]))


def read_as_digested(file: RawFile, sha256: str) -> bytes:
    """The content of a raw file that still has this digest.

    Raises
    ------
    RawDataChanged
        If it has changed since.
    UnusableFile
        As of `require_size`.
    """
    require_size(file.path, file.bytes)
    with naming(file.location):
        data = file.location.read_bytes()
    require_digest(file.path, sha256_bytes(data), sha256)
    return data


def require_size(path: str, n_bytes: int) -> None:
    """Stop where a raw file is too large to be read whole, before anything of it is read.

    Raises
    ------
    UnusableFile
        `too_large`, by `limits.bytes_limit`.
    """
    try:
        bytes_limit(path).check(n_bytes, "the file")
    except ValueError as error:
        raise UnusableFile(path, TOO_LARGE, str(error)) from error


def require_digest(path: str, actual: str, sha256: str) -> None:
    """Stop where the SHA-256 of a raw file is not the one that the inventory gives.

    Raises
    ------
    RawDataChanged
        If it has changed since.
    """
    if actual != sha256:
        raise RawDataChanged(
            f"{path}: changed since the inventory was taken (sha256 {sha256[:12]}… there, "
            f"{actual[:12]}… now). Run again to take the inventory anew."
        )
