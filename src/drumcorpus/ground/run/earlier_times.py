"""How long jobs took in earlier runs: Snakemake's benchmark files, and the run log beside them.

A job that finds its product fresh overwrites its benchmark file with the moment that asking took.
The run log tells which it was.
"""

import contextlib
import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drumcorpus.ground.run.run_log import RUN_LOG


@dataclass(frozen=True)
class EarlierTimes:
    """Seconds that jobs took, by `key_of` a job.

    `worked` are those of jobs that made their products, `asked` those of jobs that found them
    fresh.
    """

    worked: dict[str, float] = field(default_factory=dict)
    asked: dict[str, float] = field(default_factory=dict)


def key_of(rule: str, wildcards: Mapping[str, str]) -> str:
    """One job, whatever run it is of, and in whatever order its wildcards stand."""
    return " ".join([rule, *(wildcards[name] for name in sorted(wildcards))])


def earlier_times(jobs: Iterable[Mapping]) -> EarlierTimes:
    """The times of some jobs of a plan, as of `ask_snakemake.plan_jobs`, that ran here."""
    logged, last = _logged()
    times = EarlierTimes()
    for job in jobs:
        key = key_of(job["rule"], job["wildcards"])
        measured = _benchmarked(job["benchmark"])
        if last.get(key) == "fresh":
            if measured is not None:
                times.asked[key] = measured
            measured = logged.get(key)
        elif measured is None:
            measured = logged.get(key)
        if measured is not None:
            times.worked[key] = measured
    return times


def _benchmarked(path: str | None) -> float | None:
    """Seconds in a benchmark file; None where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, StopIteration):
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return float(next(csv.DictReader(lines, delimiter="\t"))["s"])
    return None


def _logged() -> tuple[dict[str, float], dict[str, str]]:
    """Seconds of the last work of each job by the run log, and what its last run came to."""
    seconds, last = {}, {}
    with contextlib.suppress(OSError), Path(RUN_LOG).open(encoding="utf-8") as lines:
        for line in lines:
            # A line that a killed run has left half is none.
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                row = json.loads(line)
                if "outcome" not in row:
                    continue
                key = key_of(row["rule"], row["wildcards"])
                if row["outcome"] == "made":
                    seconds[key] = float(row["seconds"])
                if row["outcome"] != "failed":
                    last[key] = row["outcome"]
    return seconds, last
