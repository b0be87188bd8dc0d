"""Progress of long work: a line every few seconds on a terminal, and in a log that is named."""

import sys
import time
from collections.abc import Callable, Mapping

from drumcorpus.ground.run.terminal import clear_line, write

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
    log : callable, optional
        Takes the same lines, whatever the stream is.
    """

    def __init__(
        self,
        what: str,
        total: int,
        unit: str,
        stream=None,
        clock=time.monotonic,
        log: Callable[[str], None] | None = None,
    ):
        self.what, self.total, self.unit = what, total, unit
        self.stream = sys.stderr if stream is None else stream
        self.clock = clock
        self.done = 0
        self.started = self.said = clock()
        self.is_shown = self.stream is not None and self.stream.isatty()
        self.log = log

    def advance(self, n_units: int = 1) -> None:
        """Count `n_units` as done, and say so if the last line is some seconds old."""
        self.done += n_units
        now = self.clock()
        if (self.is_shown or self.log) and now - self.said >= SECONDS_BETWEEN_LINES:
            self.said = now
            line = self.line(now - self.started)
            if self.is_shown:
                write(self.stream, f"{clear_line(self.stream)}{line}\n")
            if self.log:
                self.log(line.strip())

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


class ProgressByPart(Progress):
    """The same of work that has parts with totals of their own, such as the splits.

    Parameters
    ----------
    totals : mapping of str to int
        About how many units each part has; a part that grows beyond that takes its total along.
    what, unit, stream, clock, log
        As of `Progress`.
    """

    def __init__(self, what: str, totals: Mapping[str, int], unit: str, **options):
        super().__init__(what, sum(totals.values()), unit, **options)
        self.totals = dict(totals)
        self.done_of = dict.fromkeys(totals, 0)

    def advance_part(self, part: str, n_units: int) -> None:
        """Count `n_units` of a part as done."""
        self.done_of[part] = self.done_of.get(part, 0) + n_units
        self.totals[part] = max(self.totals.get(part, 0), self.done_of[part])
        self.total = sum(self.totals.values())
        self.advance(n_units)

    def line(self, elapsed: float) -> str:
        """The line to show after `elapsed` seconds: of all, then of each part."""
        parts = (f"{part} {n:,} of {self.totals[part]:,}" for part, n in self.done_of.items())
        return f"{super().line(elapsed)} ({', '.join(parts)})"

    def __enter__(self) -> Callable[[str, int], None]:
        return self.advance_part

    def __exit__(self, *failure) -> None:
        """Say in the log how much was done, how fast, however short the work was."""
        elapsed = self.clock() - self.started
        parts = ", ".join(f"{part} {n:,}" for part, n in self.done_of.items())
        of_parts = f" ({parts})" if parts else ""
        text = f"{self.what}: {self.done:,} {self.unit}{of_parts} in {elapsed:,.1f} s"
        if self.log:
            self.log(f"{text}, {self.done / elapsed:,.0f} a second" if elapsed > 0 else text)
