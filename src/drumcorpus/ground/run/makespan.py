"""How long jobs take together on a machine: each starts when those before it are done and fits."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One job: seconds, threads and MB that it holds, and the numbers of those before it."""

    seconds: float
    threads: int = 1
    mem_mb: int = 0
    waits_for: tuple[int, ...] = ()


def makespan(tasks: Sequence[Task], cores: int, memory_mb: int | None = None) -> float:
    """Seconds until the last of some jobs is done.

    Of those that can start, the one with the longest chain behind it goes first. One that asks for
    more than there is has the machine alone, as Snakemake does it.

    Parameters
    ----------
    tasks : sequence of Task
        Each after those that it waits for.
    cores : int
    memory_mb : int, optional
        What the jobs share.
    """
    behind = [task.seconds for task in tasks]
    users: list[list[int]] = [[] for _ in tasks]
    for number in range(len(tasks) - 1, -1, -1):
        behind[number] = tasks[number].seconds + max(
            (behind[user] for user in users[number]), default=0
        )
        for earlier in tasks[number].waits_for:
            users[earlier].append(number)
    left = [len(set(task.waits_for)) for task in tasks]
    ready = [(-behind[number], number) for number in range(len(tasks)) if not left[number]]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    clock, free_cores, free_mb = 0.0, cores, memory_mb
    while ready or running:
        passed = []
        while ready and free_cores:
            item = heapq.heappop(ready)
            threads, mem_mb = _held(tasks[item[1]], cores, memory_mb)
            if threads > free_cores or (free_mb is not None and mem_mb > free_mb):
                passed.append(item)
                continue
            free_cores -= threads
            free_mb = None if free_mb is None else free_mb - mem_mb
            heapq.heappush(running, (clock + tasks[item[1]].seconds, item[1]))
        for item in passed:
            heapq.heappush(ready, item)
        clock, number = heapq.heappop(running)
        threads, mem_mb = _held(tasks[number], cores, memory_mb)
        free_cores += threads
        free_mb = None if free_mb is None else free_mb + mem_mb
        for user in set(users[number]):
            left[user] -= 1
            if not left[user]:
                heapq.heappush(ready, (-behind[user], user))
    return clock


def _held(task: Task, cores: int, memory_mb: int | None) -> tuple[int, int]:
    """Threads and memory that a job holds, of what there is."""
    mem_mb = task.mem_mb if memory_mb is None else min(task.mem_mb, memory_mb)
    return min(task.threads, cores), mem_mb
