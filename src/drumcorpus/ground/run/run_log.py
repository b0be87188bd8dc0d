"""The run log: what changes from run to run, and therefore stands in no product.

One JSON object a line in ``logs/run_log.jsonl``: one for the start of each run or why
it was refused, one for each job.
"""

import contextlib
import json
import os
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from drumcorpus.ground.files.atomic import naming

RUN_LOG = "logs/run_log.jsonl"


def append_line(row: dict) -> None:
    """Add one line: in one write at the end of the file, so that lines of two jobs do not mix.

    A line that a full disk has cut does not take the next one with it.
    """
    Path(RUN_LOG).parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(row).encode() + b"\n"
    handle = os.open(RUN_LOG, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        with naming(RUN_LOG):
            n_bytes = os.fstat(handle).st_size
            if n_bytes and os.pread(handle, 1, n_bytes - 1) != b"\n":
                line = b"\n" + line
            while line:  # what is not taken is offered again, for the system to say why
                line = line[os.write(handle, line) :]
    finally:
        os.close(handle)


def describe_start(checkout: Path, command: list[str]) -> dict:
    """The start of a run: command line, versions, and the commit of the code, if it has one."""
    commit = _git(checkout, "rev-parse", "HEAD")
    return {
        "run": "started",
        "started_utc": utc(time.time()),
        "command": command,
        "commit": commit,
        "dirty": None if commit is None else bool(_git(checkout, "status", "--porcelain")),
        "versions": {name: version(name) for name in ("drumcorpus", "snakemake", "pyarrow")},
        "python": platform.python_version(),
        "host": platform.node(),
    }


def describe_refusal(command: list[str], reason: str) -> dict:
    """A run that did not begin, and why."""
    return {
        "run": "refused",
        "started_utc": utc(time.time()),
        "command": command,
        "reason": reason,
        "host": platform.node(),
    }


def describe_job(rule: str, wildcards: dict, outcome: str, started: float) -> dict:
    """The end of a job: ``made``, ``fresh`` or ``failed``, its duration and its peak memory."""
    return {
        "rule": rule,
        "wildcards": wildcards,
        "outcome": outcome,
        "started_utc": utc(started),
        "seconds": round(time.time() - started, 3),
        "peak_memory_mb": peak_memory_mb(),
        "host": platform.node(),
    }


def peak_memory_mb() -> float:
    """Peak resident memory of this process in megabytes."""
    # On Linux rusage would count the process that started this one; some containers have no VmHWM.
    with contextlib.suppress(OSError, KeyError, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return round(int(fields["VmHWM"].split()[0]) * 1024 / 1e6, 1)
    return round(megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss), 1)


def megabytes(maxrss: int) -> float:
    """Megabytes of the `ru_maxrss` of a system: bytes on macOS, KiB elsewhere."""
    return maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _git(checkout: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:  # no git here, or none that this user may run
        return None
    return done.stdout.strip() if done.returncode == 0 else None
