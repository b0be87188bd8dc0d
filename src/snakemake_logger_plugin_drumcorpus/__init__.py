"""What a run says: a bar with the time left on a terminal, else a line for each finished stage.

Snakemake finds this package by its name: ``snakemake --logger drumcorpus``. `drumcorpus run` and
``make run`` ask for it; plain ``snakemake`` keeps its own output. Warnings and errors stand whole.
"""

import logging
import os
import shutil
import sys
import threading
import time

from snakemake_interface_logger_plugins.base import LogHandlerBase

SECONDS_BETWEEN_BARS = 1.0


class LogHandler(LogHandlerBase):
    """Draws the bar anew at every event of Snakemake's, and each second, on standard error."""

    def __post_init__(self) -> None:
        # Here, because Snakemake imports every plug-in that it finds, whoever has asked for it: one
        # that cannot be imported would end runs that want no bar.
        from drumcorpus.ground.run.job_files import titles_at_work
        from drumcorpus.ground.run.last_words import leave
        from drumcorpus.ground.run.progress_bar import ProgressBar
        from drumcorpus.ground.run.stage_lines import StageLines
        from drumcorpus.ground.run.terminal import has_cursor, shown_encoding, write

        self.has_bar = has_cursor(sys.stderr, os.environ)
        self.encoding = shown_encoding(sys.stderr, os.environ)
        self.bar = ProgressBar(time.monotonic, titles_at_work)
        self.stages = StageLines(time.monotonic)
        self.write, self.leave = write, leave
        self.is_drawn = self.is_over = False
        self.said: list[str] = []
        self.ended = threading.Event()
        if self.has_bar:
            threading.Thread(target=self._draw_now_and_then, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take an event into account; a warning or an error is written above the bar."""
        try:
            event = str(getattr(record, "event", None) or "")
            self.bar.hear(event, vars(record))
            if record.levelno >= logging.WARNING and (text := self.format(record)):
                self.said += [text] if text not in self.said else []
                self._say(text)
            for line in self.stages.hear(event, vars(record)):
                if not self.has_bar:
                    self._say(line)
            self._draw()
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Leave the last state of the bar standing, and what was said to be said again."""
        self.ended.set()
        if self.is_drawn:
            self.write(sys.stderr, "\n")
            self.is_drawn = False
        if self.said:
            self.leave(said=self.said)
            self.said = []
        super().close()

    def _say(self, text: str) -> None:
        if self.is_drawn:
            self.write(sys.stderr, "\r\x1b[K")
            self.is_drawn = False
        self.write(sys.stderr, f"{text}\n")

    def _draw_now_and_then(self) -> None:
        while not self.ended.wait(SECONDS_BETWEEN_BARS):
            with self.lock:
                self._draw()

    def _draw(self) -> None:
        if not self.has_bar or not self.bar.total or self.is_over:
            return
        size = shutil.get_terminal_size()
        line = self.bar.line(max(10, size.columns - 1), self.encoding)
        # The run itself speaks next, on a line of its own.
        self.is_over = self.bar.done == self.bar.total
        self.write(sys.stderr, f"\r\x1b[K{line}" + "\n" * self.is_over)
        self.is_drawn = not self.is_over

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
