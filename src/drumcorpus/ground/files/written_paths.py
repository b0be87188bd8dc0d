# ruff: noqa: PTH100, PTH110, PTH112, PTH113, PTH114, PTH115, PTH116, PTH208
# os.path answers no where a Path raises, such as at a name that is too long.
"""Paths that people write, in a config or on a command line: why one leads nowhere.

A path is taken as it is written: nothing in it is a variable, a pattern or an escape. Where it
leads nowhere, the reason is said, and what would be right where that can be told.
"""

import difflib
import errno
import os
import re
import unicodedata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.unusable_text import why_unusable

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"([A-Za-z]):(?:[\\/]|$)")
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%")
_QUOTES = "'\"`"
_MOUNTED_READ_ONLY = "its file system is mounted read-only"
_REASONS = {
    errno.EACCES: "may not be read: permission denied",
    errno.EPERM: "may not be read: the system does not permit it",
    errno.ELOOP: "is a link that leads to itself",
    errno.ENAMETOOLONG: "is longer than the file system allows",
    errno.EIO: "cannot be read: the disk reports an error",
    errno.ESTALE: "cannot be read: the network drive has lost it; mount it anew",
    errno.ENOTCONN: "cannot be read: the network drive is not connected",
}


def exists(path: str | os.PathLike) -> bool:
    """Whether something is there; nothing is where a path is too long, or can be none."""
    return os.path.exists(path)


def why_no_folder(path: str | os.PathLike) -> str:
    """Why a path is no folder that can be listed, such as ``is not there``; empty where it is one.

    Listing may take as long as the disk does, but reads one entry only.
    """
    return _why_not(os.fspath(path), is_folder=True)


def why_no_file(path: str | os.PathLike) -> str:
    """Why a path is no file that can be read, such as ``is a folder``; empty where it is one."""
    return _why_not(os.fspath(path), is_folder=False)


def why_not_to_make(path: str | os.PathLike) -> str:
    """Why a folder should not be made at a path, such as one that begins with ``~``."""
    path = os.fspath(path)
    if reason := why_unusable(path):
        return reason
    if _is_too_long(path):
        return f"cannot be made: it {_REASONS[errno.ENAMETOOLONG]}"
    reasons = (why(path) for why in (_is_url, _is_of_windows, _is_of_a_shell))
    if reason := next((reason for reason in reasons if reason), ""):
        return reason
    nearest = _nearest(path)
    if not os.path.isdir(nearest):
        return f"cannot be made: {visible(nearest)} is a file and no folder"
    if not os.access(nearest, os.W_OK | os.X_OK):
        why = _MOUNTED_READ_ONLY if is_read_only(nearest) else "permission denied"
        return f"cannot be made: {why} in {visible(nearest)}"
    return ""


def why_not_to_write(folder: str | os.PathLike) -> str:
    """Why nothing may be written in a folder of which the system says that it may not."""
    why = _MOUNTED_READ_ONLY if is_read_only(folder) else "permission denied"
    return f"nothing may be written there: {why}; name another folder (--directory DIR)"


def is_read_only(path: str | os.PathLike) -> bool:
    """Whether a path lies on a file system that is mounted read-only."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except (OSError, AttributeError):  # no Unix
        return False


def _why_not(path: str, *, is_folder: bool) -> str:
    if not path:
        return "is empty"
    if reason := why_unusable(path):
        return reason
    try:
        if is_folder and os.path.isdir(path):
            with os.scandir(path) as entries:
                next(entries, None)
            return ""
        if not is_folder and os.path.isfile(path):
            with Path(path).open("rb"):
                return ""
        os.stat(path)
    except FileNotFoundError:
        return _why_absent(path)
    except NotADirectoryError:
        return f"is not there: {visible(_nearest(path))} is a file and no folder"
    except OSError as error:
        return _REASONS.get(error.errno, f"cannot be read: {error.strerror}")
    if is_folder:
        return "is a file; a folder is wanted"
    return "is a folder; a file is wanted" if Path(path).is_dir() else "is no regular file"


def _why_absent(path: str) -> str:
    return next((reason for why in _ABSENCES if (reason := why(path))), "is not there")


def _is_url(path: str) -> str:
    if not _URL.match(path):
        return ""
    parts = urlsplit(path)
    if parts.scheme.lower() == "file" and parts.netloc in ("", "localhost"):
        return f"is an address; write the path: {unquote(parts.path)}"
    return "is an address; raw data and files are read from folders: fetch it, or mount it"


def _is_of_windows(path: str) -> str:
    if drive := _DRIVE.match(path):
        rest = path[2:].replace("\\", "/")
        return f"is a path of Windows; WSL has it at /mnt/{drive[1].lower()}{rest}"
    if path.startswith("\\\\"):
        return (
            "is a network path of Windows; mount the share, and write the folder it is mounted at"
        )
    if "\\" in path:
        with_slashes = path.replace("\\", "/")
        if os.path.exists(with_slashes):
            return f"is written with backslashes; {visible(with_slashes)} is there"
    return ""


def _is_of_a_shell(path: str) -> str:
    if path.startswith("~"):
        return "begins with ~, which only a shell reads; write the home folder out"
    if found := _VARIABLE.search(path):
        return f"holds {found[0]}, and variables are not read here; write its value"
    return ""


def _is_link_to_nothing(path: str) -> str:
    if os.path.islink(path):
        return f"is a link to {visible(os.readlink(path))}, which is not there"
    return ""


def _has_ends_too_many(path: str) -> str:
    for characters, what in ((None, "a blank"), (_QUOTES, "quotes")):
        bare = path.strip(characters)
        if bare and bare != path and os.path.exists(bare):
            return f"has {what} at its ends; {visible(bare)} is there"
    return ""


def _is_written_otherwise(path: str) -> str:
    """Of a name that is there in another form of Unicode, in another case, or nearly so."""
    parent = PurePosixPath(_nearest(path))
    rest = PurePosixPath(os.path.abspath(path)).relative_to(os.path.abspath(parent))
    try:
        there = os.listdir(parent)
    except OSError:
        return ""
    name = rest.parts[0]
    forms = {unicodedata.normalize("NFC", other): other for other in there}
    if other := forms.get(unicodedata.normalize("NFC", name)):
        kind = "decomposed" if other == unicodedata.normalize("NFD", other) else "composed"
        return f"is not there; {visible(str(parent))} has {visible(other)} in {kind} characters"
    close = [other for other in there if other.casefold() == name.casefold()]
    close = close or difflib.get_close_matches(name, there, 1, 0.75)
    if close:
        return f"is not there; did you mean {visible(str(parent / close[0]))}?"
    if str(parent) in (".", "/"):
        return ""
    return f"is not there; {visible(str(parent))} is, without {visible(name)}"


_ABSENCES = (
    _is_link_to_nothing,
    _is_url,
    _is_of_windows,
    _has_ends_too_many,
    _is_of_a_shell,
    _is_written_otherwise,
)


def _is_too_long(path: str) -> bool:
    """Also where a part of it is too long below folders that are still to be made."""
    nearest = _nearest(path)
    for tried in (path, *(os.path.join(nearest, part) for part in Path(path).parts[1:])):  # noqa: PTH118
        try:
            os.stat(tried)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return True
    return False


def _nearest(path: str) -> str:
    """The longest beginning of a path that is there."""
    nearest = Path(path)
    while nearest != nearest.parent and not os.path.lexists(nearest):
        nearest = nearest.parent
    return str(nearest)
