"""Locks of the operating system on files (`flock`), which end with the process that holds them.

Some network file systems have none. There a run is refused with a sentence, unless the environment
variable `LOCKS` says that it works without.
"""

import fcntl
import os
from typing import IO

LOCKS = "DRUMCORPUS_LOCKS"


class NoLocks(OSError):
    """The file system gives no locks."""


def works_without() -> bool:
    """Whether the person who started this process takes care that nobody else works.

    Raises
    ------
    ValueError
        If the environment variable has another value than ``none``.
    """
    value = os.environ.get(LOCKS, "")
    if value not in ("", "none"):
        raise ValueError(f"environment variable {LOCKS}: {value!r}; allowed: none, or not set")
    return value == "none"


def lock(handle: IO, path: str | os.PathLike, *, shared: bool = False, wait: bool = True) -> None:
    """Lock an open file until it is closed; does nothing where `works_without`.

    Parameters
    ----------
    handle
        The open file.
    path
        What it is called in an error.
    shared
        Whether others may hold a shared lock of it at the same time.
    wait
        Whether to wait for those who hold it.

    Raises
    ------
    BlockingIOError
        If another process holds it, and we do not wait.
    NoLocks
        If the file system has none.
    """
    if works_without():
        return
    operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    try:
        fcntl.flock(handle, operation)
    except BlockingIOError:
        raise
    except OSError as error:
        raise NoLocks(
            f"{path}: its file system gives no lock (flock: {error.strerror}). Let the "
            "products stand on one that does (--directory DIR), or mount it so (Lustre: option "
            f"flock; NFS: not nolock). Or set {LOCKS}=none, and see to it yourself that one run "
            "works here at a time."
        ) from error


def unlock(handle: IO) -> None:
    """Let go of a lock before its file is closed."""
    if not works_without():
        fcntl.flock(handle, fcntl.LOCK_UN)
