"""Runs work in fresh processes and says what it took, start and imports included."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from taken import taken

from drumcorpus.ground.run.surroundings import keep_freed_memory


@dataclass
class Figures:
    """What a process took, its children with it: seconds on the clock and of CPU, peak memory in
    MB of the largest, its result, and bytes that were read and written."""

    wall: float
    cpu: float
    peak_mb: float
    result: object
    read_bytes: int = 0
    written_bytes: int = 0


def run_fresh(work: Callable, *args) -> Figures:
    """Run ``work(*args)`` in a process of its own, as a job of the workflow does."""
    keep_freed_memory()
    start = time.perf_counter()
    receiver, sender = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_report, args=(sender, work, args))
    process.start()
    sender.close()
    try:
        used, result = receiver.recv()
    except EOFError:
        process.join()
        raise SystemExit(f"{work.__name__} ended with status {process.exitcode}") from None
    process.join()
    return Figures(wall=time.perf_counter() - start, result=result, **used)


def run_jobs(work: Callable, tasks: Iterable[tuple], n_processes: int) -> Figures:
    """Run ``work(*task)`` for each task, each in a process of its own, some at a time.

    The wall time is that of the whole, the CPU time the sum, the peak that of the largest process.
    """
    start = time.perf_counter()
    with ThreadPoolExecutor(n_processes) as pool:
        jobs = list(pool.map(lambda task: run_fresh(work, *task), tasks))
    wall, cpu = time.perf_counter() - start, sum(job.cpu for job in jobs)
    return Figures(wall, cpu, max(job.peak_mb for job in jobs), [job.result for job in jobs])


def print_figures(name: str, figures: Figures, note: str = "") -> None:
    """One line."""
    print(
        f"{name:<34} {figures.wall:7.2f} s  {figures.cpu:7.2f} s CPU  {figures.peak_mb:6.0f} MB"
        f"  {note}",
        flush=True,
    )


def _report(sender, work: Callable, args: tuple) -> None:
    result = work(*args)
    sender.send((taken(), result))
