"""Writing to a terminal that may be gone: closed, a pipe that nobody reads, of another alphabet."""

import errno
import os
import sys
from collections.abc import Mapping
from typing import TextIO

# What the system says where the other end of a pipe is gone.
NOBODY_READS = (errno.EPIPE, errno.ECONNRESET)


def write(stream: TextIO | None, text: str, *, answer: str = "") -> None:
    """Write and flush `text`; where nobody reads any more, nothing is said from then on.

    What is said beside the work, such as of a job, is lost too where it cannot be written. What
    somebody has asked for is not: with `answer`, the name of the stream, any failure but a gone
    reader, as a full disk, raises an OSError that has this name.
    """
    if stream is None:  # closed before this process began
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
        stream.flush()
    except (OSError, ValueError) as error:  # ValueError: the stream was closed
        is_terminal = _is_terminal(stream)
        _hang_up(stream)
        if not answer or not isinstance(error, OSError) or error.errno in NOBODY_READS:
            return
        if error.errno == errno.EIO and is_terminal:  # a terminal that was closed
            return
        raise OSError(error.errno, os.strerror(error.errno), answer) from error


class Terminal:
    """A stream that falls silent, instead of failing, where nobody reads it any more.

    `answer` is as of `write`.
    """

    def __init__(self, stream: TextIO, answer: str = ""):
        self.stream, self.answer = stream, answer

    def write(self, text: str) -> int:
        """Write `text`, if somebody reads."""
        write(self.stream, text, answer=self.answer)
        return len(text)

    def flush(self) -> None:
        """Every `write` flushes."""

    def isatty(self) -> bool:
        """Whether a person may be reading."""
        return self.stream.isatty()


def has_cursor(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Whether a line can be written over: a terminal, and not one that only types."""
    return stream is not None and _is_terminal(stream) and environment.get("TERM") != "dumb"


def shown_encoding(stream: TextIO | None, environment: Mapping[str, str]) -> str:
    """The encoding of what a terminal can show.

    Under ``LC_ALL=C`` Python writes UTF-8, which who says so does not want to see.
    """
    if environment.get("LC_ALL") in ("C", "POSIX"):
        return "ascii"
    return getattr(stream, "encoding", None) or "ascii"


def clear_line(stream: TextIO | None) -> str:
    """What takes away a bar that stands on the last line, where there may be one."""
    return "\r\x1b[K" if has_cursor(stream, os.environ) else ""


def open_standard_streams() -> None:
    """Give the three standard streams a file where they are closed, here and in what is started.

    Else the next file that is opened, such as a product, takes the place of the terminal.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            os.set_inheritable(opened, True)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 (until the end)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # it was closed
        return False


def _hang_up(stream: TextIO) -> None:
    """Let a stream, and what else writes to its file, end in nothing: also the flush at the end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        if stream is sys.stderr:
            sys.stderr = None
