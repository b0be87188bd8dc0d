"""Plain files: what is a folder, a link, a pipe or a device is told before anything opens it."""

import os
import stat

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def odd_kind(mode: int) -> str:
    """What something is by its `st_mode`, such as ``a pipe``; empty for a plain file."""
    return "" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "no plain file")


def is_plain_file(path: str | os.PathLike) -> bool:
    """Whether a plain file stands there, itself and not by a link."""
    try:
        return not odd_kind(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def require_plain_file(path: str | os.PathLike) -> None:
    """Refuse what is no plain file, before it is opened: to open a pipe is to wait for ever.

    A link counts as what it leads to.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    ValueError
        If it is a folder, a pipe, a socket or a device.
    """
    kind = odd_kind(os.stat(path).st_mode)  # noqa: PTH116 (paths may be bytes)
    if kind:
        shown = os.fsdecode(path)
        raise ValueError(f"{shown}: is {kind}, where a file belongs; move it away")
