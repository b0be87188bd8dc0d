"""What the process of a run leaves to the one that started it, which can then say it last."""

import json
import os
from typing import BinaryIO

# An environment variable: number, device and inode of a file that is open for it.
VARIABLE = "DRUMCORPUS_LAST_WORDS"


def asked_for(file: BinaryIO) -> dict[str, str]:
    """The variable of the environment that asks a process to leave its words in an open file."""
    stat = os.fstat(file.fileno())
    return {VARIABLE: f"{file.fileno()}:{stat.st_dev}:{stat.st_ino}"}


def leave(**words) -> bool:
    """Leave some words, in what JSON has.

    Returns
    -------
    is_left : bool
        False where nobody asked, and where they cannot be written: a full disk, or another process
        than the one that was asked, in which the number is that of another file or of none.
    """
    try:
        number, *place = map(int, os.environ.get(VARIABLE, "").split(":"))
        stat = os.fstat(number)
        if place != [stat.st_dev, stat.st_ino]:
            return False
        line = json.dumps(words).encode() + b"\n"
        return os.write(number, line) == len(line)
    except (OSError, ValueError):
        return False


def words_left(file: BinaryIO) -> dict:
    """All that was left, the last of each name; a line that a full disk has cut is passed over."""
    words: dict = {}
    file.seek(0)
    for line in file.read().splitlines():
        try:
            words |= json.loads(line)
        except (ValueError, TypeError):
            continue
    return words
