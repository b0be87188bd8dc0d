"""Many files in one folder, spread over folders of their own, that are replaced as a whole."""

import errno
import os
import re
import shutil
from pathlib import Path

from drumcorpus.ground.files.atomic import naming

FAN_OUT = 2  # characters: the last of an id, which is a digest or ends in a number
_ID = re.compile(r"[A-Za-z0-9_-]{2,}")


class FanOutFolder:
    """Writes files into ``<folder>/<xx>/<id>.<extension>``; ``xx`` is the end of the id.

    They are gathered beside the folder and take its place at the end, so that what an earlier run
    left for ids that are gone, goes; without a file there is no folder. To be used in a ``with``
    statement: on an error the folder stays as it was. What a killed process left is cleared by the
    next. Only one process may write a folder at a time.

    Nothing is deleted before the new files are there: ext4 takes ten times as long to make a file
    in the half minute after others were deleted.

    Parameters
    ----------
    folder : path
    spread : bool
        False leaves the files in the folder itself, where they are few.

    Examples
    --------
    >>> with FanOutFolder(folder) as files:  # doctest: +SKIP
    ...     files.add("5f3a", "wav", content)
    '3a/5f3a.wav'
    """

    def __init__(self, folder: str | os.PathLike, *, spread: bool = True):
        self._folder, self._spread = Path(folder), spread
        self._part = part_of(self._folder)
        self._made: set[str] = set()  # the folders of the ids

    def __enter__(self) -> "FanOutFolder":
        _remove(self._part)
        return self

    def __exit__(self, kind, error, trace) -> None:
        if error is not None:
            _remove(self._part)
            return
        old = old_of(self._folder)
        if self._folder.exists():
            _remove(old)
            self._folder.rename(old)
        if self._part.exists():
            self._part.rename(self._folder)
        _remove(old)

    def add(self, sample_id: str, extension: str, content: bytes) -> str:
        """Write one file; its path below the folder.

        Raises
        ------
        ValueError
            If the id cannot be the name of a file, or was there before.
        OSError
            Naming the file, if it cannot be written.
        """
        path = fan_out_path(sample_id, extension)
        if not self._spread:
            path = path[FAN_OUT + 1 :]
        self._make(path[:FAN_OUT] if self._spread else "")
        whole = f"{self._part}/{path}"
        try:
            handle = open(whole, "xb", buffering=0)  # noqa: PTH123, SIM115 (a Path costs as much as the file)
        except FileExistsError:
            raise ValueError(f"{self._folder}: two files have the name {path}") from None
        with naming(whole), handle:
            if handle.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), whole)
        return path

    def _make(self, name: str) -> None:
        if name not in self._made:
            Path(self._part, name).mkdir(parents=True, exist_ok=True)
            self._made.add(name)


def fan_out_path(sample_id: str, extension: str) -> str:
    """Where the file of an id stands below its folder.

    Raises
    ------
    ValueError
        If the id has other characters than letters, digits, minus and underscore, or less than two.
    """
    if not _ID.fullmatch(sample_id):
        raise ValueError(
            f"{sample_id!r} cannot be the name of a file: expected letters, digits, '-', '_', and "
            f"{FAN_OUT} of them at least"
        )
    return f"{sample_id[-FAN_OUT:]}/{sample_id}.{extension}"


def part_of(folder: Path) -> Path:
    """Where the next content of a folder is gathered."""
    return folder.with_name(f".{folder.name}.part")


def old_of(folder: Path) -> Path:
    """Where a folder waits until the next one has its place."""
    return folder.with_name(f".{folder.name}.old")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
