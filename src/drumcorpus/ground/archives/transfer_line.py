"""How far a transfer is: a line on a terminal that is written over; off it a line at its end."""

import os
import sys
import time
from collections.abc import Callable

from drumcorpus.ground.pages.shown import data_size
from drumcorpus.ground.run.terminal import clear_line, has_cursor, write

_SECONDS_BETWEEN_LINES = 0.25
_SECONDS_OF_THE_RATE = 1.0  # before that no rate is said


class TransferLine:
    """Says how much of a piece of work is done, how fast, and how long it still takes.

    Parameters
    ----------
    stream : text file, optional
        Standard error.
    columns
        Gives the width of the terminal.
    """

    def __init__(
        self,
        stream=None,
        clock: Callable[[], float] = time.monotonic,
        columns: Callable[[], int] = lambda: os.get_terminal_size(2).columns,
    ):
        self.stream = sys.stderr if stream is None else stream
        self.clock, self.columns = clock, columns
        self.is_terminal = has_cursor(self.stream, os.environ)
        self.what, self.total, self.done, self.before = "", None, 0, 0
        self.started = self.said = 0.0

    def begin(self, what: str, total: int | None, done: int = 0) -> None:
        """A piece of work begins, of `total` bytes, of which `done` are done."""
        if what != self.what:  # and not one more try of the same
            self.end()
        self.what, self.total, self.done, self.before = what, total, done, done
        self.started = self.said = self.clock()

    def advance(self, n_bytes: int) -> None:
        """So many bytes more are done."""
        self.done += n_bytes
        now = self.clock()
        if self.is_terminal and now - self.said >= _SECONDS_BETWEEN_LINES:
            self.said = now
            write(self.stream, clear_line(self.stream) + self.line(now - self.started))

    def say(self, sentence: str) -> None:
        """Something to know, on a line of its own."""
        write(self.stream, f"{clear_line(self.stream)}{sentence}\n")

    def end(self) -> None:
        """The piece of work is over; says how much was done."""
        if self.what:
            self.say(f"{self.what}: {data_size(self.done)}")
        self.what = ""

    def clear(self) -> None:
        """Take the line away, where one stands."""
        write(self.stream, clear_line(self.stream))

    def line(self, elapsed: float) -> str:
        """The line to show after `elapsed` seconds, in the width of the terminal."""
        text = f"{self.what}  {data_size(self.done)}"
        if self.total:
            text += f" of {data_size(self.total)}  {self.done / self.total:.0%}"
        if elapsed >= _SECONDS_OF_THE_RATE and self.done > self.before:
            rate = (self.done - self.before) / elapsed
            text += f"  {data_size(int(rate))}/s"
            if self.total:
                text += f"  {_time((self.total - self.done) / rate)} left"
        try:
            width = self.columns() - 1
        except OSError:  # it is gone
            return text
        return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
