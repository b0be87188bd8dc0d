"""Paths and names: inside their root or refused, and shown without what does not print."""

import os
import unicodedata
from pathlib import Path, PurePosixPath

# Endings of the names of sound files, whatever they are for.
SOUND_ENDINGS = (".wav", ".wave", ".flac", ".mp3", ".ogg", ".aif", ".aiff", ".aifc")
# How the recorded path begins of a file that lies elsewhere: nobody looks it up as a path.
ELSEWHERE = "…/"
# Categories of Unicode that do not print, or that turn the text around them: controls, formats
# (among them the bidirectional ones), surrogates, line and paragraph separators.
UNPRINTED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def printable(name: str) -> str:
    """`name` with every byte that is not UTF-8 as ``\\xNN``, so that any table can hold it."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def inside_root(root: Path, relative: str) -> Path | None:
    """The file `relative` below `root`, or None where the path or a link in it leaves the root."""
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or "\\" in relative or "\0" in relative:
        return None
    path = root / pure
    try:
        is_inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link to itself; the kind depends on Python's version
        return None
    return path if is_inside else None


def visible(name: str) -> str:
    """`name` with every character that does not print, or that turns the text, as its escape.

    A line end becomes ``\\n``, a right-to-left override ``\\u202e``: the name of a file can then
    neither break a line of a log nor show itself as another.
    """
    if name.isascii() and name.isprintable():
        return name
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in UNPRINTED else char
        for char in name
    )


def shown_path(path: str | os.PathLike) -> str:
    """A path for a product, which names no folder of this machine.

    A relative path stays; of an absolute one the last part is left, such as ``…/groove``.
    """
    path = Path(path)
    return f"{ELSEWHERE}{path.name}" if path.is_absolute() else path.as_posix()


def is_sound_file(path: str) -> bool:
    """Whether a file is one of sound, by the ending of its name."""
    return PurePosixPath(path).suffix.lower() in SOUND_ENDINGS
