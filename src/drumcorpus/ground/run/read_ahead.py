"""Many small files read ahead into memory: on a disk, to wait for each takes longest.

Threads of this process would take turns with the work that is done on the files; another process
does not.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

LEAST = 2_000  # files for which a process is worth its start
LONGEST = 1 << 20  # bytes that are read of one
N_THREADS, PER_TASK = 16, 64


@contextmanager
def reading_ahead(paths: Sequence[str]) -> Iterator[None]:
    """Read files in the order in which they will be asked for, until the block ends.

    What cannot be read is passed over: whoever asks for it will be told.
    """
    if len(paths) < LEAST or "fork" not in multiprocessing.get_all_start_methods():
        yield
        return
    reader = multiprocessing.get_context("fork").Process(target=_read, args=(paths,), daemon=True)
    reader.start()
    try:
        yield
    finally:
        reader.kill()
        reader.join()


def _read(paths: Sequence[str]) -> None:
    tasks = (paths[first : first + PER_TASK] for first in range(0, len(paths), PER_TASK))
    with ThreadPoolExecutor(N_THREADS) as pool:
        for _ in pool.map(_read_each, tasks):
            pass


def _read_each(paths: Sequence[str]) -> None:
    for path in paths:
        with suppress(OSError), open(path, "rb", opener=_without_waiting) as handle:
            handle.read(LONGEST)


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; of a pipe, to open it is to wait for ever."""
    return os.open(path, flags | os.O_NONBLOCK)
