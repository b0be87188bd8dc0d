"""Progress of long work: a line every few seconds on a terminal, and silence in a log file."""

import sys
import time
from collections.abc import Callable

from drumcorpus.ground.run.terminal import write

SECONDS_BETWEEN_LINES = 3.0


class Progress:
    """Says how far the work is: items, rate and time left.

    Parameters
    ----------
    what : str
        Begins each line, such as ``ingest groove_mididataset 003``.
    total : int
        Number of units in all.
    unit : str
        Plural noun of what is counted.
    stream : text file, optional
        Standard error; nothing is written unless it is a terminal.
    """

    def __init__(self, what: str, total: int, unit: str, stream=None, clock=time.monotonic):
        self.what, self.total, self.unit = what, total, unit
        self.stream = sys.stderr if stream is None else stream
        self.clock = clock
        self.done = 0
        self.started = self.said = clock()
        self.is_shown = self.stream is not None and self.stream.isatty()

    def advance(self, n_units: int = 1) -> None:
        """Count `n_units` as done, and say so if the last line is some seconds old."""
        self.done += n_units
        now = self.clock()
        if self.is_shown and now - self.said >= SECONDS_BETWEEN_LINES:
            self.said = now
            write(self.stream, self.line(now - self.started) + "\n")

    def counting(self, function: Callable) -> Callable:
        """`function`, which counts one unit as done at each call."""

        def counted(*arguments):
            self.advance()
            return function(*arguments)

        return counted

    def line(self, elapsed: float) -> str:
        """The line to show after `elapsed` seconds."""
        rate = self.done / elapsed if elapsed > 0 else 0.0
        left = f"{(self.total - self.done) / rate:,.0f} s left" if rate > 0 else "time unknown"
        return (
            f"  {self.what}: {self.done:,} of {self.total:,} {self.unit}, {rate:,.0f} a second, "
            f"{left}"
        )
