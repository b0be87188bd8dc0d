"""A run on a terminal: one bar with the time left, and what runs now; warnings and errors whole.

Snakemake finds this package by its name: ``snakemake --logger drumcorpus``. `drumcorpus run` and
``make run`` ask for it where they write to a terminal; plain ``snakemake`` keeps its own output.
"""

import logging
import shutil
import sys
import time

from snakemake_interface_logger_plugins.base import LogHandlerBase


class LogHandler(LogHandlerBase):
    """Draws the bar anew at every event of Snakemake's, on one line of standard error."""

    def __post_init__(self) -> None:
        # Here, because Snakemake imports every plug-in that it finds, whoever has asked for it: one
        # that cannot be imported would end runs that want no bar.
        from drumcorpus.ground.run.progress_bar import ProgressBar
        from drumcorpus.ground.run.terminal import write

        self.bar, self.write = ProgressBar(clock=time.monotonic), write
        self.is_drawn = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take an event into account; a warning or an error is written above the bar."""
        try:
            event = str(getattr(record, "event", None) or "")
            self.bar.hear(event, vars(record))
            if record.levelno >= logging.WARNING and (text := self.format(record)):
                self._erase()
                self.write(sys.stderr, f"{text}\n")
            if self.bar.total:
                self._draw()
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Leave the last state of the bar standing."""
        if self.is_drawn:
            self.write(sys.stderr, "\n")
            self.is_drawn = False
        super().close()

    def _draw(self) -> None:
        size = shutil.get_terminal_size()
        encoding = getattr(sys.stderr, "encoding", None) or "ascii"
        line = self.bar.line(max(10, size.columns - 1), encoding)
        self.write(sys.stderr, f"\r\x1b[K{line}")
        self.is_drawn = True

    def _erase(self) -> None:
        if self.is_drawn:
            self.write(sys.stderr, "\r\x1b[K")
            self.is_drawn = False

    @property
    def writes_to_stream(self) -> bool:
        """It takes the place of Snakemake's own lines."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """The log file is Snakemake's own."""
        return False

    @property
    def has_filter(self) -> bool:
        """Every event is wanted, whatever ``--quiet`` says."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Warnings and errors look as ever."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """No graph is drawn."""
        return False
