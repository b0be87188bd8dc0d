"""The last words of a run that its surroundings stopped: which file, how much is free, what stays.

Snakemake says such an error as a traceback, in the middle of much else, and each job in its own
lines. What is watched here is what Snakemake says of itself; what jobs say is in their notes.
"""

import atexit
import contextlib
import errno
import logging
import os
import re
import resource
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from drumcorpus.ground.run.job_files import clear_away, read_notes
from drumcorpus.ground.run.last_words import VARIABLE, leave
from drumcorpus.ground.run.run_log import megabytes
from drumcorpus.ground.run.slurm_refusals import (
    ended_before_it_began,
    refusal_in,
    refusal_in_words,
)
from drumcorpus.ground.run.terminal import Terminal, open_standard_streams
from drumcorpus.ground.run.write_failures import (
    LESS_MEMORY,
    OF_WRITING,
    in_words,
    is_full,
    number_in,
    path_in,
)

_KILLED = re.compile(r"SIGKILL|exit status (?:137|-9)\b")
# All products of jobs done together, though what was finished of them comes back by itself; not so
# demo corpora, which are not kept.
_TAKEN_AWAY = re.compile(r"Removing output files of failed job (together_(?!demo_)\S+) ")
# Below the words of one of several jobs done together Snakemake lists all files of all of them.
_TOGETHER = "Error in rule together_"
_HEAD = re.compile(r"^\w+(?:Error|Exception) in file ")


class FailureWatch(logging.Filter):
    """Counts the jobs of a run and remembers what stopped it, from Snakemake's own records.

    A record that holds the number of an error of the operating system is put into words.
    """

    def __init__(self):
        super().__init__()
        self.folder = Path.cwd()  # Snakemake leaves it before its process ends
        self.n_done, self.n_planned = 0, None
        self.refusals: list[tuple[str, str]] = []
        self.has_begun = False
        self.has_failed = self.is_killed = self.is_refused = False
        self.speaks_for_jobs = self.has_failed_together = False
        self.is_asked = VARIABLE in os.environ  # to leave the last words to another process
        self.nodes_that_failed: Callable[[], Iterable[str]] = tuple
        self.not_taken: list[str] = []

    def speak_for_jobs(self, nodes_that_failed: Callable[[], Iterable[str]] = tuple) -> None:
        """From here on jobs work on other machines, and what they say is not on this terminal.

        Parameters
        ----------
        nodes_that_failed
            Gives the names of the nodes on which jobs of this run failed.
        """
        self.speaks_for_jobs = True
        self.nodes_that_failed = nodes_that_failed

    def hear(self, message: str) -> None:
        """Look at what an executor says of a job that failed: was it taken at all?"""
        if (refused := refusal_in(message)) and refused not in self.not_taken:
            self.not_taken.append(refused)

    def jobs_begin(self) -> None:
        """From here on what jobs leave behind is of this run."""
        clear_away()
        self.has_begun = True

    def filter(self, record: logging.LogRecord) -> bool:
        """Look at one record; none is held back."""
        event = getattr(getattr(record, "event", None), "name", "")
        if event == "RUN_INFO":
            leave(begun=True)
            self.n_planned = getattr(record, "stats", {}).get("total", self.n_planned)
        elif event == "JOB_FINISHED":
            self.n_done += 1
        elif taken := _TAKEN_AWAY.match(str(record.msg)):
            record.msg, record.args = f"What {taken[1]} had finished is kept.", ()
        elif record.levelno >= logging.ERROR or (
            isinstance(record.msg, str) and "rrno" in record.msg
        ):
            self._look_at(record)
        return True

    def _look_at(self, record: logging.LogRecord) -> None:
        text = str(record.msg)
        self.has_failed = self.has_failed or record.levelno >= logging.ERROR
        self.has_failed_together = self.has_failed_together or text.startswith(_TOGETHER)
        self.is_refused = self.is_refused or "STOPPED: " in text
        self.is_killed = self.is_killed or bool(_KILLED.search(text))
        number = number_in(text)
        if number is not None:
            own = ".snakemake" if number in OF_WRITING else None  # it does not always say which
            refusal = in_words(number, path_in(text) or own)
            self.refusals.append(refusal)
            record.msg, record.args = f"{refusal[0]}.", ()

    def last_words(self) -> str:
        """One sentence on what stopped the run; empty where the surroundings did not."""
        if not self.has_failed or self.is_refused:
            return ""
        notes = read_notes() if self.has_begun else []
        told = [note for note in notes if "what" in note]
        if told:
            on = f" on {told[0]['node']}" if "node" in told[0] else ""
            what, advice = f"{told[0]['job']}{on}: {told[0]['what']}", told[0]["advice"]
        elif self.refusals:
            what, advice = self.refusals[0]
        elif self.is_killed:
            names = [note["job"] for note in notes if len(note) == 1]
            what, advice = _killed(names)
        elif is_full() and not any(len(note) > 1 for note in notes):
            what, advice = in_words(errno.ENOSPC, None)
        else:
            return ""
        others = len(told) - 1
        also = f" (and {others} more jobs)" if others > 1 else " (and one job more)" * (others == 1)
        return (
            f"STOPPED{also}: {what}; {self._kept()}; {advice}, then run the same command again: it "
            "carries on where it stopped."
        )

    def words_of_jobs(self) -> str:
        """What jobs said when they failed, where that does not stand last on this terminal anyway:
        on other machines, together with others, or where another process says it last. Of other
        machines also who ended without a word.
        """
        is_heard = self.speaks_for_jobs or self.has_failed_together or self.is_asked
        if not is_heard or not self.has_failed or self.is_refused or not self.has_begun:
            return ""
        notes = read_notes()
        said = [
            f"ERROR in {note['job']}:\n  {note['failed']}\n  log: {note.get('log', 'logs/')}"
            for note in notes
            if "failed" in note
        ]
        if not self.speaks_for_jobs:
            return "\n\n".join(said)
        for refused in self.not_taken:
            what, advice = refusal_in_words(refused)
            said.append(
                f"STOPPED: {what}; {self._kept()}; {advice}, then run the same command again: it "
                "carries on where it stopped."
            )
        silent = [note["job"] for note in notes if len(note) == 1]
        if silent:
            said.append(
                f"STOPPED: {', '.join(silent)} ended without a word: the job asked for too little "
                "memory or time, or its node died. SLURM's log of it is in logs/slurm/. State more "
                "(config: resources.rules), then run the same command again: it carries on where "
                "it stopped."
            )
        if not said:
            said.append(ended_before_it_began(self.nodes_that_failed()))
        return "\n\n".join(said)

    def _kept(self) -> str:
        if self.n_planned is None:
            return "what is finished is kept"
        return f"what is finished is kept, {self.n_done:,} of {self.n_planned:,} jobs of this run"


def _killed(names: list[str]) -> tuple[str, str]:
    who = ", ".join(names) if names else "a job"
    peak = megabytes(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return (
        f"{who} was killed from outside (signal 9), as the system does when memory runs out; the "
        f"largest job of this run took {peak:,.0f} MB{_memory_there()}",
        LESS_MEMORY,
    )


def _memory_there() -> str:
    with contextlib.suppress(OSError, ValueError):
        n_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return f" of the {n_bytes / 1e6:,.0f} MB of this machine"
    return ""


def watch(logger: logging.Logger) -> FailureWatch:
    """Watch Snakemake's logger from here on, and say the last words when the process ends.

    A log file that cannot be written, on a full disk, or a terminal that is gone is no traceback.
    """
    logging.raiseExceptions = False
    open_standard_streams()
    for handler in logger.handlers:
        stream = getattr(handler, "stream", None)
        if stream is not None and stream in (sys.stdout, sys.stderr):
            handler.stream = Terminal(stream)
    watching = FailureWatch()
    logger.addFilter(watching)
    atexit.register(say_last_words, watching)
    return watching


def say_last_words(watching: FailureWatch) -> None:
    """Write the last words to the terminal, past all buffers; one that is gone hears none."""
    with contextlib.suppress(OSError):
        with contextlib.chdir(watching.folder):
            words = watching.last_words() or watching.words_of_jobs()
        if words and not leave(words=words):
            os.write(2, f"\n{words}\n".encode(errors="replace"))
