"""A crew: processes that take tasks by turns, so that work in pure Python uses several cores.

    python -m drumcorpus.stages.corpora.crew

reads a task a line from standard input, and answers with a line, which bytes may follow; it ends
when its input does, and so with the process that started it, however that ends. No process is
forked: a program with threads could not be.
"""

import contextlib
import gc
import json
import os
import queue
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

CHUNK_BYTES = 1 << 17
PIPE_BYTES = 1 << 20  # that a worker can write before they are read
# A worker takes and leaves megabytes again and again. That it keeps them saves a fifth of its time,
# which else goes into pages that the system clears. Another C library than that of GNU ignores it.
MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 28),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
_STAGE = "drumcorpus.stages.corpora"
_PACKAGE_PARENT = Path(__file__).resolve().parents[3]


class Crew:
    """Processes that work at once; with one, this process works itself. To be used in ``with``."""

    def __init__(self, n_workers: int):
        self._idle: queue.Queue = queue.Queue()
        self._workers: list[subprocess.Popen] = []
        self._pool = None
        if n_workers > 1:
            self._pool = ThreadPoolExecutor(n_workers)
            for _ in range(n_workers):
                self._workers.append(_start())
                self._idle.put(self._workers[-1])

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *error) -> None:
        for worker in self._workers:
            worker.kill()
            self._idle.put(None)  # for a thread that waits for one
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.communicate()

    def map(self, function: str, tasks: Iterable[list]) -> Iterator:
        """What a function returns for each of its lists of arguments, in order.

        Parameters
        ----------
        function : str
            Module of this stage and name, such as ``runs.write_runs``. Arguments and results are
            values that JSON can hold, and tuples, which become lists.

        Raises
        ------
        ValueError, OSError
            As the function raised it; of several, that of the first task.
        """
        for result, chunks in self.stream(function, tasks):
            for _ in chunks:
                raise TypeError(f"{function} returns bytes")
            yield result

    def stream(self, function: str, tasks: Iterable[list]) -> Iterator[tuple[object, Iterator]]:
        """The same of a function that returns bytes too, as a pair with them.

        What is given is the result, and the bytes in chunks, of which each must be used before the
        next is asked for, and all before the next result is. The processes wait with theirs until
        then, so that few are held.
        """
        if self._pool is None:
            return (_in_chunks(*_called(function, arguments)) for arguments in tasks)
        return self._pool.map(lambda arguments: self._hand_over(function, arguments), tasks)

    def _hand_over(self, function: str, arguments: list) -> tuple[object, Iterator[memoryview]]:
        worker = self._idle.get()
        answer = None
        if worker is not None:
            with contextlib.suppress(BrokenPipeError):
                worker.stdin.write(json.dumps([function, arguments]).encode() + b"\n")
                worker.stdin.flush()
                answer = worker.stdout.readline()
        if not answer:
            raise ValueError(
                "a process that worked at the corpus was ended from outside, as for want of "
                "memory; run it again with fewer workers"
            )
        result, refused, failed, n_bytes = json.loads(answer)
        if refused is not None:
            raise ValueError(refused)
        if failed is not None:
            raise OSError(*failed)
        if n_bytes:
            return result, self._bytes_of(worker, n_bytes)
        self._idle.put(worker)
        return result, iter(())

    def _bytes_of(self, worker: subprocess.Popen, n_bytes: int) -> Iterator[memoryview]:
        # One buffer for all chunks, which stays in the cache of the core.
        buffer = memoryview(bytearray(CHUNK_BYTES))
        while n_bytes:
            n_read = worker.stdout.readinto(buffer[:n_bytes])
            if not n_read:
                raise ValueError("a process that worked at the corpus was ended from outside")
            n_bytes -= n_read
            yield buffer[:n_read]
        self._idle.put(worker)


def _start() -> subprocess.Popen:
    paths = [str(_PACKAGE_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", f"{_STAGE}.crew"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pipesize=PIPE_BYTES,
        env=os.environ | MEMORY | {"PYTHONPATH": os.pathsep.join(paths)},
    )


def _in_chunks(result, data: memoryview) -> tuple[object, Iterator[memoryview]]:
    return result, iter([data] if data else [])


def _called(function: str, arguments: list) -> tuple[object, memoryview]:
    """What a function returns, and the bytes that it returns with it."""
    module, _, name = function.partition(".")
    result = getattr(import_module(f"{_STAGE}.{module}"), name)(*arguments)
    is_pair = type(result) is tuple and len(result) == 2 and isinstance(result[1], memoryview)
    return result if is_pair else (result, memoryview(b""))


def main() -> None:
    """Answer each task on standard input."""
    gc.disable()  # rows refer to nothing: looking for circles among them takes a third of the time
    answers = sys.stdout.buffer
    for line in sys.stdin.buffer:
        function, arguments = json.loads(line)
        result, data, refused, failed = None, memoryview(b""), None, None
        try:
            result, data = _called(function, arguments)
        except ValueError as error:
            refused = str(error)
        except OSError as error:
            failed = [error.errno, error.strerror, error.filename]
        answers.write(json.dumps([result, refused, failed, len(data)]).encode() + b"\n")
        answers.write(data)
        answers.flush()


if __name__ == "__main__":
    main()
