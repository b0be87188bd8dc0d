"""What every job of the workflow does around its work: log, freshness, run manifest, run log."""

import contextlib
import errno
import logging
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.run.job_files import JobNote, own_temporary_folder
from drumcorpus.ground.run.job_plan import (
    PRODUCT,
    job_plan,
    kind_of_input,
    named_paths,
    recorded_inputs,
)
from drumcorpus.ground.run.kept import is_kept, keep, kept_path, put_back, standing
from drumcorpus.ground.run.ledger import record_finished
from drumcorpus.ground.run.progress import ProgressByPart
from drumcorpus.ground.run.run_log import append_line, describe_job
from drumcorpus.ground.run.run_manifest import (
    describe_file,
    describe_product,
    is_fresh,
    manifest_path,
    other_software,
    read_manifest,
    write_manifests,
)
from drumcorpus.ground.run.surroundings import prepare_job
from drumcorpus.ground.run.terminal import clear_line, write
from drumcorpus.ground.run.write_failures import cause_of, in_words, is_full

# `software` of the config: products that were made with other versions of libraries count as well.
ANY_SOFTWARE = "recorded"


def start_job(snakemake) -> "Job":
    """Open the job's log and leave at once, with exit status 0, if its products are fresh."""
    job = open_job(snakemake)
    job.leave_if_fresh()
    return job


def open_job(snakemake) -> "Job":
    """Open the job's log: an error from here on reaches it whole, and the terminal in words."""
    job = Job(snakemake)
    sys.excepthook = job.report_error
    logging.raiseExceptions = False  # a log on a full disk must not hide why the job fails
    job.begin()
    prepare_job()
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log, filemode="w", level=logging.INFO, format="%(levelname)s %(message)s"
    )
    logging.captureWarnings(True)
    return job


class Job:
    """One run of one rule; `title` names it to people."""

    def __init__(self, snakemake):
        self.snakemake = snakemake
        self.started = time.time()
        wildcards = dict(snakemake.wildcards.items())
        self.title = " ".join([snakemake.rule, *wildcards.values()])
        self.outputs = named_paths(snakemake.output)
        self.plan: dict | None = None
        self.code = dict(getattr(snakemake.params, "code", {}))
        self.note: JobNote | None = None

    def begin(self) -> None:
        """Wait until no other process makes the same products; take away what a killed one left.

        A killed run leaves jobs that go on writing; the job of the next run waits for them, finds
        their work done and leaves. The operating system frees the lock with its process.
        """
        self.note = JobNote(self.title)
        for _, path in self.outputs:
            for written in (Path(path), manifest_path(path), kept_path(path)):
                self.take_away(
                    written.with_name(f".{written.name}.{ending}") for ending in ("part", "link")
                )
        own_temporary_folder(self.title)

    def take_away(self, leftovers: Iterable[Path]) -> None:
        """Remove temporary files and folders of this job, where a killed one has left them."""
        for path in leftovers:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def say(self, sentence: str) -> None:
        """Say one sentence on the terminal and in the log."""
        logging.info(sentence)
        write(sys.stderr, f"{clear_line(sys.stderr)}\n{self.title}: {sentence}\n\n")

    def progress(self, totals: Mapping[str, int], unit: str) -> ProgressByPart:
        """Progress by parts, on the terminal and in the log; within `with` a callable of both."""
        return ProgressByPart(self.title, totals, unit, log=logging.info)

    def leave_if_fresh(
        self, raw_inputs: Iterable[dict] = (), also: Callable[[], bool] = lambda: True
    ) -> None:
        """Exit with status 0 if the products stand as this job would make them.

        Parameters
        ----------
        raw_inputs : iterable of dict
            Descriptions of raw data that are no inputs in Snakemake's sense.
        also
            Whether what the job makes beside its products is whole too.

        Raises
        ------
        ValueError
            If an input is not what the run that made it has recorded.
        """
        self.plan = self._plan(list(raw_inputs))
        earlier = {path: standing(path) for _, path in self.outputs}
        any_software = self.code.get("accepts") == ANY_SOFTWARE
        if is_fresh(self.plan, self.outputs, earlier, any_software=any_software) and also():
            for path in earlier:
                put_back(path)
                if not is_kept(path):
                    keep(path)
            record_finished(earlier)
            logging.info("fresh: inputs, parameters, code and products are as recorded")
            self._log_other_software()
            self._write_run_log("fresh")
            self.note.close()
            sys.exit(0)

    def finish(self, counters: dict | None = None, sections: dict | None = None) -> None:
        """Write the run manifests of the products, which are complete, and the run log.

        Parameters
        ----------
        counters : dict, optional
            What was counted, by name.
        sections : dict, optional
            What the run manifests say beyond what all of them do; the schema has their names.
        """
        if self.plan is None:
            self.plan = self._plan([])
        for _, path in self.outputs:
            keep(path)
        write_manifests(self.plan | (sections or {}), self.outputs, counters or {})
        record_finished(path for _, path in self.outputs)
        for name, value in (counters or {}).items():
            logging.info("%s: %s", name, value)
        self._write_run_log("made")
        self.note.close()

    def report_error(self, kind, error, traceback) -> None:
        """Log an uncaught error whole, and say it in one paragraph on the terminal."""
        if logging.getLogger().handlers:  # else there is no log to hold the trace
            logging.critical("uncaught error", exc_info=(kind, error, traceback))
        refused = _refused_by_the_surroundings(error)
        if refused:
            message = "; ".join(refused)
            words = {"what": refused[0], "advice": refused[1]}
        else:
            # Not its class: that loads pyarrow, which takes as long as all else in a short job.
            speaks = isinstance(error, ValueError | OSError) or kind.__name__ == "RawDataChanged"
            message = str(error) if speaks else f"{kind.__name__}: {error}"
            words = {"failed": message, "log": self.snakemake.log[0]}
        if self.note is not None:
            self.note.leave(words)
        said = f"\nERROR in {self.title}:\n  {message}\n  log: {self.snakemake.log[0]}\n\n"
        write(sys.stderr, f"{clear_line(sys.stderr)}{said}")
        with contextlib.suppress(OSError):  # a full disk must not hide the error itself
            self._write_run_log("failed")

    def _log_other_software(self) -> None:
        for _, path in self.outputs:
            made_with = other_software(read_manifest(path), self.code["software"])
            for name, version in made_with.items():
                here = self.code["software"].get(name, "none")
                logging.info("%s: made with %s %s, here is %s", path, name, version, here)

    def _plan(self, raw_inputs: list[dict]) -> dict:
        snakemake = self.snakemake
        workflow_folder = Path(snakemake.scriptdir).resolve().parent.parent
        inputs = recorded_inputs(named_paths(snakemake.input))
        described = [_describe_input(name, path, workflow_folder) for name, path in inputs]
        return job_plan(
            snakemake.rule,
            dict(snakemake.wildcards.items()),
            dict(snakemake.params.items()),
            [*described, *raw_inputs],
        )

    def _write_run_log(self, outcome: str) -> None:
        wildcards = dict(self.snakemake.wildcards.items())
        append_line(describe_job(self.snakemake.rule, wildcards, outcome, self.started))


def _refused_by_the_surroundings(error: BaseException) -> tuple[str, str] | None:
    """(what happened, what to do) where a disk, a right or memory is to blame, and not the data."""
    cause = cause_of(error)
    if cause is not None:
        return in_words(*cause)
    if not isinstance(error, ValueError | FileNotFoundError) and is_full():
        return in_words(errno.ENOSPC, None)  # a library that says no number
    return None


def _describe_input(name: str, path: str, workflow_folder: Path) -> dict:
    kind, shown = kind_of_input(path, workflow_folder)
    if kind == PRODUCT:
        return describe_product(name, path)
    return describe_file(name, path, shown, kind)
