"""Paths that an index or a checksum list names, found among the files that are there.

Who wrote the list had another system: it may have backslashes, ``./`` in front, blanks at the ends,
or the same characters in another form of Unicode. A file that is named in that way and no other is
that file; what cannot be a path below the root is told by its reason.
"""

import re
import unicodedata
from collections.abc import Iterable

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_BYTES = re.compile(r"\\x[0-9a-f]{2}")  # as `paths.printable` shows what is not UTF-8


class ListedPaths:
    """Finds the files of a root by the paths that a list gives them.

    Parameters
    ----------
    paths : iterable of str
        Of the files that are there, below the root.
    """

    def __init__(self, paths: Iterable[str]):
        self._exact = set(paths)
        self._plain: dict[str, str | None] = {}
        for path in sorted(self._exact):
            key = _plain(path)
            self._plain[key] = None if key in self._plain else path  # of two, neither is meant

    def on_disk(self, written: str) -> str:
        """The path of the file that is meant, as it lies there.

        Where there is none it is the written path with slashes, or as it is written where it leaves
        the root.
        """
        if written in self._exact or why_outside(written):
            return written
        plain = _plain(written)
        found = self._plain.get(plain)
        return found or (plain if "\\" in written and not _BYTES.search(written) else written)


def why_outside(written: str) -> str:
    """Why a path of a list is none below the root; empty where it may be one."""
    if _URL.match(written):
        return "an address and no path below the root"
    if _DRIVE.match(written):
        return "a whole path of Windows; paths here start below the root"
    if written.startswith("\\\\"):
        return "a network path of Windows; paths here start below the root"
    if written.startswith(("/", "\\")):
        return "a whole path; paths here start below the root"
    if ".." in re.split(r"[\\/]", written):
        return "a path outside the root"
    if "\0" in written:
        return "no path: it holds a NUL character"
    return ""


def _plain(path: str) -> str:
    """A path with slashes, composed characters, and nothing that says nothing."""
    path = path if _BYTES.search(path) else path.replace("\\", "/")
    parts = [part for part in path.strip().split("/") if part not in ("", ".")]
    return unicodedata.normalize("NFC", "/".join(parts))
