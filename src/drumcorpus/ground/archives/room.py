"""Room on a disk, asked for before it is used."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

from drumcorpus.ground.pages.shown import data_size


def free_bytes(folder: Path) -> int:
    """Bytes that are free on the disk of a folder."""
    return shutil.disk_usage(folder).free


def require_room(folder: Path, n_bytes: int, free: Callable[[Path], int] = free_bytes) -> None:
    """Refuse to write `n_bytes` where they have no room.

    Raises
    ------
    OSError
        Of a full disk, with the folder.
    """
    if (there := free(folder)) < n_bytes:
        raise OSError(
            errno.ENOSPC,
            f"{data_size(n_bytes)} are needed, and {data_size(there)} are free",
            str(folder),
        )
