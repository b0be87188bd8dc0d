"""What a SLURM cluster says of itself: partitions, settings, and jobs that an earlier run has left.

Asked are `sinfo`, `squeue` and `scontrol`, which need no accounting. Snakemake's executor waits
without a word for a request that no node can meet, so that requests are held against the cluster
before a run begins; and jobs of a run that was killed go on, so that the next one waits for them.
"""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# Where the profile has the logs of SLURM jobs; a folder that is not there has had no such run.
SLURM_LOGS = Path("logs/slurm")
SECONDS_BETWEEN_LOOKS = 5.0
SECONDS_BETWEEN_LINES = 60.0
SECONDS_TO_ANSWER = 60
# The least `MinJobAge` with which `squeue` tells the end of every job: the executor looks every
# 10 s at first, and takes `sacct` instead where three such looks are longer than that.
LEAST_JOB_AGE = 30
# States of jobs that are not done. Those of a node that died wait for another one.
PENDING = {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
AT_WORK = {
    *("CONFIGURING", "COMPLETING", "RUNNING", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED"),
    "SUSPENDED",
}
# States of nodes that take no job until a person sees to them.
_GONE = ("down", "drain", "fail", "unk", "future", "maint", "power")


class NoSlurm(Exception):
    """The cluster could not be asked: why, and what to do."""


@dataclass(frozen=True)
class Node:
    """What one node of a partition has: threads and megabytes, and whether it takes jobs."""

    cpus: int
    memory_mb: int
    is_there: bool = True


@dataclass(frozen=True)
class Partition:
    """One partition: its nodes, and the minutes that a job may take; None without a limit."""

    name: str
    nodes: tuple[Node, ...]
    minutes: int | None = None
    is_up: bool = True
    is_default: bool = False


@dataclass(frozen=True)
class Request:
    """What one job will ask for; `partition` is None for the default one."""

    job: str
    cpus: int
    memory_mb: int
    minutes: int
    partition: str | None = None


@dataclass(frozen=True)
class LeftJob:
    """A job that an earlier run has left in the queue."""

    number: str
    state: str
    what: str


def ask(*command: str) -> str:
    """What a command of SLURM answers.

    Raises
    ------
    NoSlurm
        If it is not there, fails or does not answer in a minute.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS_TO_ANSWER, check=False
        )
    except FileNotFoundError as error:
        raise NoSlurm(
            f"{command[0]}: there is no such command on this machine; start the run where jobs are "
            "submitted, or without --profile workflow/profiles/slurm"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise NoSlurm(
            f"{command[0]} does not answer within {SECONDS_TO_ANSWER} s; see whether the cluster "
            "is up (scontrol ping), then run the same command again"
        ) from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no word"]
        raise NoSlurm(
            f"{command[0]} fails: {said[-1]}; see whether the cluster is up (scontrol ping), then "
            "run the same command again"
        )
    return done.stdout


def partitions(answer: Callable[..., str] = ask) -> list[Partition]:
    """The partitions of the cluster with their nodes, in its own order."""
    text = answer("sinfo", "--noheader", "--Node", "--format=%P|%a|%l|%c|%m|%T")
    nodes: dict[tuple, list[Node]] = {}
    for line in text.splitlines():
        name, state, limit, cpus, memory, node_state = line.strip().split("|")
        is_there = not node_state.lower().startswith(_GONE)
        node = Node(int(cpus.rstrip("+")), int(memory.rstrip("+")), is_there)
        nodes.setdefault((name, state, limit), []).append(node)
    return [
        Partition(
            name.rstrip("*"), tuple(of_it), minutes_in(limit), state == "up", name.endswith("*")
        )
        for (name, state, limit), of_it in nodes.items()
    ]


def minutes_in(text: str) -> int | None:
    """Whole minutes of a time of SLURM's, `days-hours:minutes:seconds`; None of no limit."""
    matched = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", text.strip())
    if matched is None:
        return None
    days, hours, minutes, _ = (int(part or 0) for part in matched.groups())
    return (days * 24 + hours) * 60 + minutes


def partition_of(name: str | None, there: Iterable[Partition]) -> Partition:
    """The partition of a name, or the default one.

    Raises
    ------
    ValueError
        If there is none, or it takes no job.
    """
    there = list(there)
    listed = ", ".join(partition.name for partition in there) or "none"
    chosen = [p for p in there if (p.is_default if name is None else p.name == name)]
    if not chosen:
        which = "no default partition" if name is None else f"no partition {name!r}"
        raise ValueError(
            f"this cluster has {which}; there are: {listed}. Name one: --default-resources "
            "slurm_partition=NAME"
        )
    if not chosen[0].is_up:
        raise ValueError(
            f"partition {chosen[0].name!r} takes no jobs at present; there are: {listed}. Name "
            "another one (--default-resources slurm_partition=NAME), or wait until it is up"
        )
    return chosen[0]


def grants(there: Iterable[Partition], name: str | None) -> dict[str, int | None]:
    """The most that a partition grants to a job: `threads`, `mem_mb`, `runtime` in minutes."""
    partition = partition_of(name, there)
    return {
        "threads": max((node.cpus for node in partition.nodes), default=1),
        "mem_mb": max((node.memory_mb for node in partition.nodes), default=None),
        "runtime": partition.minutes,
    }


def unmeetable(requests: Iterable[Request], there: Iterable[Partition]) -> list[str]:
    """One sentence for each kind of request that would wait for ever; empty where all can be met.

    Raises
    ------
    ValueError
        As of `partition_of`.
    """
    there, said = list(there), {}
    for request in requests:
        partition = partition_of(request.partition, there)
        fits = [
            node
            for node in partition.nodes
            if node.cpus >= request.cpus and node.memory_mb >= request.memory_mb
        ]
        where = f"partition {partition.name!r}"
        if not fits:
            cpus = max((node.cpus for node in partition.nodes), default=0)
            memory = max((node.memory_mb for node in partition.nodes), default=0)
            why = (
                f"asks for {request.cpus} threads and {request.memory_mb:,} MB, and no node of "
                f"{where} has both (at most {cpus} threads, {memory:,} MB)"
            )
        elif not any(node.is_there for node in fits):
            why = (
                f"asks for {request.cpus} threads and {request.memory_mb:,} MB, and every node of "
                f"{where} that has both is down or drained (sinfo -R says why)"
            )
        elif partition.minutes is not None and request.minutes > partition.minutes:
            why = f"asks for {request.minutes:,} minutes, and {where} grants {partition.minutes:,}"
        else:
            continue
        said.setdefault(why, []).append(request.job)
    return [
        f"{jobs[0]}{f' (and {len(jobs) - 1} more jobs)' if jobs[1:] else ''} {why}"
        for why, jobs in said.items()
    ]


def no_end_is_told(answer: Callable[..., str] = ask) -> str:
    """Why the end of a job would never be learnt here, as a sentence; empty where it will."""
    lines = answer("scontrol", "show", "config").splitlines()
    settings = {
        key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)
    }
    age = re.match(r"\d+", settings.get("MinJobAge", ""))
    if age is None or int(age[0]) >= LEAST_JOB_AGE:
        return ""
    if settings.get("AccountingStorageType", "").endswith(("/none", "(null)")):
        return (
            f"this cluster forgets a job {age[0]} s after its end (MinJobAge) and has no "
            f"accounting, so that no run would learn how its jobs ended; wanted: MinJobAge of at "
            f"least {LEAST_JOB_AGE} s in slurm.conf (300 s is SLURM's own), or accounting"
        )
    return ""


def left_jobs(folder: Path, answer: Callable[..., str] = ask) -> list[LeftJob]:
    """Jobs of this user that work, or wait, for a run in a folder; in the order of the queue."""
    text = answer("squeue", "--noheader", "--me", "--states=all", "--format=%i|%T|%k|%Z")
    jobs = []
    for line in text.splitlines():
        number, state, comment, work_folder = line.strip().split("|", 3)
        is_ours = comment.startswith(("rule_", "group_")) and _same(work_folder, folder)
        if is_ours and state in PENDING | AT_WORK:
            what = comment.removeprefix("rule_").replace("_wildcards_", " ")
            jobs.append(LeftJob(number, state, what))
    return jobs


def wait_for_left_jobs(
    folder: Path,
    say: Callable[[str], object],
    answer: Callable[..., str] = ask,
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Take back what an earlier run has queued, and wait until what it started has ended.

    A job that waits has done nothing yet, and the run that begins will ask for it anew. One that
    works is left alone: what it makes is found when the plan is made.

    Returns
    -------
    n_waited
        Jobs that were waited for.

    Raises
    ------
    NoSlurm
        If the cluster could not be asked.
    """
    jobs, since_said, n_waited = left_jobs(folder, answer), None, 0
    while jobs:
        waiting = [job.number for job in jobs if job.state in PENDING]
        if waiting:
            answer("scancel", *waiting)
            say(f"{_n_jobs(len(waiting))} of an earlier run, not begun yet: taken back.\n")
        working = [job for job in jobs if job.state in AT_WORK]
        n_waited = max(n_waited, len(working))
        if working and (since_said is None or since_said >= SECONDS_BETWEEN_LINES):
            since_said = 0.0
            shown = ", ".join(f"{job.number} {job.what}" for job in working[:5])
            more = ", …" if working[5:] else ""
            say(
                f"{_n_jobs(len(working))} of an earlier run, at work for this folder ({shown}"
                f"{more}): waiting, so that nothing is made twice. To end them: scancel "
                f"{' '.join(job.number for job in working)}\n"
            )
        sleep(SECONDS_BETWEEN_LOOKS)
        since_said = None if since_said is None else since_said + SECONDS_BETWEEN_LOOKS
        jobs = left_jobs(folder, answer)
    return n_waited


def nodes_that_failed(run: str, answer: Callable[..., str] = ask) -> list[str]:
    """Names of the nodes on which jobs of a run failed; none where SLURM does not say.

    Parameters
    ----------
    run
        The name that the jobs of the run have in the queue.
    """
    states = "--states=FAILED,NODE_FAIL,BOOT_FAIL"
    try:
        text = answer("squeue", "--noheader", "--me", f"--name={run}", states, "--format=%N")
    except NoSlurm:  # what else is said must not depend on it
        return []
    return sorted({line.strip() for line in text.splitlines() if line.strip()})


def was_used_here() -> bool:
    """Whether a run in this folder has handed jobs to SLURM."""
    return SLURM_LOGS.is_dir()


def threads_of_this_job() -> int | None:
    """Threads that SLURM gave to the job in which this process works; None outside of one."""
    value = os.environ.get("SLURM_CPUS_ON_NODE", "")
    return int(value) if value.isdecimal() else None


def requests_of(jobs: Iterable[Mapping]) -> list[Request]:
    """The requests of jobs: mappings with `job`, `threads`, and resources by Snakemake's names."""
    return [
        Request(
            job["job"],
            job["threads"],
            _whole(job.get("mem_mb")),
            _whole(job.get("runtime")),
            job.get("slurm_partition"),
        )
        for job in jobs
    ]


def _whole(value) -> int:
    return value if isinstance(value, int) else 0  # not known before its inputs are there


def _same(one: str, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _n_jobs(number: int) -> str:
    return f"{number} SLURM job{'s' if number != 1 else ''}"
