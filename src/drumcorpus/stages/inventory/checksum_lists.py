"""Checksum lists, of the form that ``sha256sum`` prints and reads: ``<digest>  <path>``.

Paths are below the root. Lists of ``md5sum``, of the binary mode (``*``), with ``--tag``, with
comments (``#``) and with line ends of Windows are read too.

That form has no place for sizes. They stand beside it in a list of their own, ``NAME.sizes``
beside ``NAME.sha256``, as ``<bytes>  <path>``: so the list stays one that every tool reads, and a
truncated file is found among terabytes without reading any.
"""

import codecs
import io
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import checksum_line
from drumcorpus.ground.files.leftovers import Leftovers
from drumcorpus.ground.files.limits import CHECKSUM_BYTES, CHECKSUM_LINE, CHECKSUM_LINES
from drumcorpus.ground.files.listed_paths import ListedPaths
from drumcorpus.ground.files.paths import printable, shown_path, visible
from drumcorpus.ground.files.ranges import FILE_BYTES, whole_number
from drumcorpus.ground.run.run_manifest import describe_file

ALGORITHMS = {32: "md5", 64: "sha256"}  # by the number of hex digits

_PLAIN = re.compile(r"(?P<escaped>\\?)(?P<value>[0-9A-Fa-f]+) [ *]?(?P<path>.+)", re.DOTALL)
_TAGGED = re.compile(
    r"(?P<escaped>\\?)(?:MD5|SHA256) \((?P<path>.+)\) = (?P<value>[0-9A-Fa-f]+)", re.DOTALL
)
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


@dataclass(frozen=True)
class ChecksumList:
    """Digests (lower-case hex, MD5 or SHA-256) by path, and sizes in bytes of those known."""

    digests: dict[str, str]
    sizes: dict[str, int]

    def algorithm(self, path: str) -> str:
        """The algorithm of a listed file's digest."""
        return ALGORITHMS[len(self.digests[path])]

    def as_on_disk(self, paths: Iterable[str]) -> "ChecksumList":
        """The list with the names of the files as they lie there, as of `ListedPaths`."""
        listed = ListedPaths(paths)
        found = {path: listed.on_disk(path) for path in self.digests}
        names = {path: name for path, name in found.items() if name == path or name not in found}
        digests = {names.get(path, path): value for path, value in self.digests.items()}
        return ChecksumList(digests, {names.get(p, p): n for p, n in self.sizes.items()})

    def without(self, leftovers: Leftovers) -> "ChecksumList":
        """The list without the files that are not of a source set."""
        kept = {p: value for p, value in self.digests.items() if not leftovers.kind_of(p)}
        return ChecksumList(kept, {p: n for p, n in self.sizes.items() if p in kept})


# Of a source set that has none; nothing is compared.
NO_LIST = ChecksumList({}, {})


def choose_list(
    source_set: str,
    *,
    named: str | None,
    committed: str,
    written: str,
    locate: Callable[[str], str],
) -> dict[str, str]:
    """Where the list of a source set stands, or is to be written.

    Parameters
    ----------
    named : str, optional
        The list that the config names; if there is one it must be there.
    committed : str
        The list that counts otherwise, if it is there.
    written : str
        The list that counts otherwise, which may have to be written.
    locate
        Gives a path of the config as one of this machine.

    Returns
    -------
    dict
        ``path`` on this machine, ``shown``, the path without the machine, and ``binding``: false
        of the list that the workflow writes itself.

    Raises
    ------
    FileNotFoundError
        If the list that the config names is not there.
    """
    path = named or committed
    if Path(locate(path)).is_file():
        return {"shown": shown_path(path), "path": locate(path), "binding": True}
    if named:
        key = f"config: source_sets.{source_set}.checksums"
        raise FileNotFoundError(f"{key}: {locate(path)} is not there")
    return {
        "shown": shown_path(written),
        "path": str(Path(written).absolute()),
        "binding": False,
    }


def existing_list(path: str) -> list[str]:
    """The list and its sizes, as far as they are there; nothing of no path."""
    paths = [Path(path), sizes_path(Path(path))] if path else []
    return [str(path) for path in paths if path.is_file()]


def sizes_path(checksums: Path) -> Path:
    """Where the sizes of a checksum list stand: beside it, with the ending ``.sizes``."""
    return checksums.with_suffix(".sizes")


def read_checksum_list(path: Path) -> ChecksumList:
    """The digests of a list, and the sizes beside it if they are there.

    Raises
    ------
    ValueError
        If a line is not of the form, a path leaves the root, or two lines contradict each other;
        the message names file and line.
    """
    digests: dict[str, str] = {}
    for where, value, name in _entries(path):
        if len(value) not in ALGORITHMS:
            allowed = " or ".join(f"{n} ({kind})" for n, kind in ALGORITHMS.items())
            raise ValueError(f"{where}: a digest of {len(value)} hex digits; allowed: {allowed}")
        if digests.setdefault(name, value) != value:
            raise ValueError(f"{where}: another digest of {visible(name)} than on a line before")
    if not digests:
        raise ValueError(f"{path}: the list names no file")
    sizes: dict[str, int] = {}
    if sizes_path(path).is_file():
        for where, value, name in _entries(sizes_path(path)):
            try:
                size = whole_number(value, FILE_BYTES)
            except ValueError as error:
                raise ValueError(f"{where}: {value[:60]} is no number of bytes: {error}") from None
            if name in digests:  # what the list does not name is not compared
                sizes[name] = size
    return ChecksumList(digests, sizes)


def write_checksum_list(path: Path, sizes: Mapping[str, int], digests: Mapping[str, str]) -> None:
    """Write a list: first the sizes, then the digests, each whole or not at all.

    Raises
    ------
    FileExistsError
        If there is a list: it is never written over.
    """
    if path.exists():
        raise FileExistsError(f"{path}: there is a checksum list, and none is written over")
    lines = [checksum_line(name, str(sizes[name])) for name in sorted(digests)]
    write_text(sizes_path(path), "".join(lines))
    write_text(path, "".join(checksum_line(name, digests[name]) for name in sorted(digests)))


def describe_list(checksums: Path | None, shown: str) -> list[dict]:
    """A list and its sizes as inputs of a run manifest; `shown` is its path without the machine."""
    if checksums is None:
        return []
    kind = "resource" if shown.startswith("resources/") else "external"
    inputs = [describe_file("checksums", checksums, shown, kind)]
    if sizes_path(checksums).is_file():
        shown = sizes_path(Path(shown)).as_posix()
        inputs.append(describe_file("sizes", sizes_path(checksums), shown, kind))
    return inputs


def _utf8(file: BinaryIO) -> BinaryIO:
    """A list as UTF-8: PowerShell of Windows writes UTF-16, which its mark tells."""
    is_utf16 = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    file.seek(0)
    return io.BytesIO(file.read().decode("utf-16", "replace").encode()) if is_utf16 else file


def _entries(path: Path) -> Iterator[tuple[str, str, str]]:
    """(file:line, value in lower case, path below the root) of every line of a list."""
    CHECKSUM_BYTES.check(path.stat().st_size, str(path))
    for number, raw in enumerate(_lines(path), start=1):
        CHECKSUM_LINES.check(number, str(path))
        CHECKSUM_LINE.check(len(raw), f"{path}:{number}")
        line = raw.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path}:{number}"
        match = _TAGGED.fullmatch(line) or _PLAIN.fullmatch(line)
        if match is None:
            raise ValueError(
                f"{where}: expected '<digest>  <path>' as sha256sum prints it, got "
                f"'{visible(line[:60])}'"
            )
        name = match["path"]
        if match["escaped"]:
            name = re.sub(r"\\[\\nr]", lambda escape: _ESCAPES[escape.group()], name)
        name = posixpath.normpath(printable(name))  # as a scan names what is not UTF-8
        if "\0" in name or name.startswith(("/", "../")) or name in (".", ".."):
            raise ValueError(f"{where}: {visible(name)} is no path below the root")
        yield where, match["value"].lower(), name


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file without their ends; of a longer one than is allowed, the beginning."""
    with path.open("rb") as opened:
        file = _utf8(opened)
        if file.read(3) != b"\xef\xbb\xbf":
            file.seek(0)
        while line := file.readline(CHECKSUM_LINE.most + 2):
            yield line.removesuffix(b"\n")
