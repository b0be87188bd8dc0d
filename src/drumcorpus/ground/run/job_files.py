"""Files of a job that are no products: its lock, its last words in it, and its temporary folder.

The last words say why a job failed, to the process that planned it. Their file and the block that
they take are there before the work begins: on a full disk, or with no file descriptor left, nothing
new could be opened for them.
"""

import atexit
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import weakref
from pathlib import Path

from drumcorpus.ground.files.memory_files import make_way
from drumcorpus.ground.run.state_folder import STATE_FOLDER

LOCKS = Path(STATE_FOLDER, "locks")
N_BYTES = 4096
TEMPORARY = "drumcorpus-"
# Folders of files that several jobs write.
STATE_SUBFOLDERS = tuple(f"{STATE_FOLDER}/{name}" for name in ("raw", "digests"))


class JobNote:
    """The lock file of one job, held until its process ends.

    Parameters
    ----------
    title : str
        Names the job among all jobs of the workflow.

    Raises
    ------
    OSError
        If there is no room for the file.
    """

    def __init__(self, title: str):
        name = title.replace("/", "_").replace(" ", "-")
        self.title = title
        self.path = LOCKS / f"{name}.lock"
        make_way(self.path)
        LOCKS.mkdir(parents=True, exist_ok=True)
        self.file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", 0)
        # A killed run leaves jobs that go on writing; the job of the next run waits for them. Some
        # network file systems have no locks: there a job works without.
        with contextlib.suppress(OSError):
            fcntl.flock(self.file, fcntl.LOCK_EX)
        self._write(b"")
        self._words: list[dict] = []
        # Also at the end of the process; a job that is killed never gets there.
        self.close = weakref.finalize(self, _empty, self.file, self._words)

    def leave(self, words: dict) -> None:
        """Write down why the job fails; of what is too long for the file the end is cut off.

        Where SLURM gave this job a node, that stands there too: a disk may be of that node alone.
        """
        self._words.append(words)
        node = os.environ.get("SLURMD_NODENAME")
        where = {"node": node} if node else {}
        with contextlib.suppress(OSError):
            self._write(_fitting({"job": self.title, **words, **where}))

    def _write(self, text: bytes) -> None:
        try:
            n_written = os.pwrite(self.file.fileno(), text.ljust(N_BYTES)[:N_BYTES], 0)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        if n_written < N_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))


def _fitting(words: dict) -> bytes:
    """Words as JSON of at most `N_BYTES`; what is cut is the longest of them."""
    while len(text := json.dumps(words, ensure_ascii=False).encode(errors="replace")) > N_BYTES:
        longest = max(words, key=lambda name: len(words[name]))
        n_over = len(text) - N_BYTES
        kept = max(0, len(words[longest]) - max(1, n_over // 4) - 1)
        words = words | {longest: words[longest][:kept] + "…"}
    return text


def _empty(file, words: list[dict]) -> None:
    """The job has come to its end: nothing is to be said of it, unless it said why it failed."""
    if not words:
        with contextlib.suppress(OSError):
            file.truncate(0)


def clear_away() -> None:
    """Empty all notes, and take away half-written files of the state folder.

    What earlier runs left says nothing of the one that begins, and no other run may be alive.
    """
    for folder in (STATE_FOLDER, *STATE_SUBFOLDERS):
        for path in Path(folder).glob(".*.part"):
            with contextlib.suppress(OSError):
                path.unlink()
    for path in LOCKS.glob("*.lock"):
        with contextlib.suppress(OSError):
            os.truncate(path, 0)


def read_notes() -> list[dict]:
    """The last words of all jobs that did not come to their end; ``{"job": …}`` alone of those
    that ended without a word.
    """
    notes = []
    for path in sorted(LOCKS.glob("*.lock")):
        with contextlib.suppress(OSError, ValueError):
            text = path.read_text()
            if text.strip():
                notes.append(json.loads(text))
            elif text:
                notes.append({"job": path.stem.replace("-", " ")})
    return notes


def titles_at_work() -> list[str]:
    """The jobs that have begun and not ended, by their notes, in the order of their beginning.

    A title is as its note can have it: what stands for a `/` there is a `_`.
    """
    begun = []
    with contextlib.suppress(OSError), os.scandir(LOCKS) as entries:
        for entry in entries:
            stat = entry.stat()
            if stat.st_size and entry.name.endswith(".lock"):
                begun.append((stat.st_mtime_ns, Path(entry.name).stem.replace("-", " ")))
    return [title for _, title in sorted(begun)]


def own_temporary_folder(title: str) -> None:
    """Give this process a folder for temporary files that goes with it.

    Its name follows from the job, so that the job's next start takes away what a killed one left.
    Where there can be none, temporary files go where the system has them.
    """
    name = hashlib.sha256(f"{Path.cwd()} {title}".encode()).hexdigest()[:16]
    with contextlib.suppress(OSError):
        common = Path(tempfile.gettempdir())
        if common.name.startswith(TEMPORARY):  # that of another job in the same process
            common = common.parent
        folder = common / f"{TEMPORARY}{os.getuid()}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)  # refused where somebody else has put one there
        tempfile.tempdir = str(folder)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
