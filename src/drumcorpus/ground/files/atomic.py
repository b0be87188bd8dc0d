"""Files: whole or not at all, inside their root or refused."""

import errno
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_REACH_SECONDS = 0.25
# Bytes of a file that is written up to which whoever reads it next finds it in memory.
_MOST_REMEMBERED = 4 << 30


@contextmanager
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Let an error of the system that names no file, as one of a full disk, name `path`."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = os.fspath(path)
        raise


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`; at the end it takes the place of `path`.

    The content reaches the disk before the name does, so that a kill or a full disk leaves either
    the old file or the new one. On an error the temporary file is removed, and an error of the
    system that names no file names this one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with naming(path):
            yield part
            with part.open("rb+") as handle:
                _reach_the_disk(handle.fileno())
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _reach_the_disk(handle: int) -> None:
    """Wait until a file's content is on the disk, where the file system knows how to."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            raise


def _forget(handle: int, n_bytes: int) -> None:
    """Let the system forget the first bytes of a file, which stand on the disk."""
    with suppress(OSError, AttributeError):  # no Linux, or a file system that knows no advice
        os.posix_fadvise(handle, 0, n_bytes, os.POSIX_FADV_DONTNEED)


@contextmanager
def reaching_the_disk(file: IO) -> Iterator[None]:
    """Bring what is written to a large file to the disk meanwhile.

    So `replacing` waits for little at its end, where no other work is left. Of a file that is
    larger than `_MOST_REMEMBERED` the system need not remember what stands on the disk: memory that
    it must first look for costs as much as the writing itself.

    Raises
    ------
    OSError
        At the end, if the disk has refused something.
    """
    is_over = threading.Event()

    def reach() -> None:
        while not is_over.wait(_REACH_SECONDS):
            n_written = os.fstat(file.fileno()).st_size
            _reach_the_disk(file.fileno())
            if n_written > _MOST_REMEMBERED:
                _forget(file.fileno(), n_written)

    with ThreadPoolExecutor(1) as pool:
        reached = pool.submit(reach)
        try:
            yield
        finally:
            is_over.set()
        reached.result()


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write `text` as UTF-8 with LF line ends, whole or not at all."""
    with replacing(path) as part:
        part.write_bytes(text.encode())
