"""Measure where the time of a small run goes: the demo, with its jobs together and each alone.

    python bench/small_run.py OUT [--target all] [--together 2 null] [--cores 2]

OUT is a folder of the runs, each made anew. Of each is printed how long it took, what CPU Snakemake
itself took and what its jobs did, and what of that is the start of their processes: the interpreter
with what Snakemake has every script import.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START = "import pickle; from snakemake.logging import logger"
N_STARTS = 5
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Read the command line, run, print one line for each run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--target", default="all")
    parser.add_argument("--together", nargs="+", default=["2", "null"], metavar="GROUPS")
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    start = min(cpu_of_a_start() for _ in range(N_STARTS))
    print(f"{'together':<9} {'wall':>7} {'CPU':>7} {'Snakemake':>9} {'jobs':>7} {'starts':>14}")
    for together in args.together:
        folder = args.out / f"together_{together}"
        shutil.rmtree(folder, ignore_errors=True)
        wall, own, of_jobs = measure_run(folder, args.target, together, args.cores)
        n_processes = count_processes(folder, args.target)
        print(
            f"{together:<9} {wall:5.0f} s {own + of_jobs:5.0f} s {own:7.1f} s {of_jobs:5.0f} s "
            f"{n_processes:5} {n_processes * start:6.1f} s",
            flush=True,
        )


def cpu_of_a_start() -> float:
    """Seconds of CPU of a process that does nothing but begin."""
    before = os.times()
    subprocess.run([sys.executable, "-c", START], check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def measure_run(folder: Path, target: str, together: str, cores: int) -> tuple[float, float, float]:
    """Seconds of a run, of CPU of Snakemake itself, and of CPU of its jobs.

    The system counts the CPU of jobs that have ended apart from that of who started them.
    """
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--cores", str(cores), "--quiet", "rules"]
    command += ["--config", f"demo={{together: {together}}}", "--", target]
    began, own, of_jobs = time.perf_counter(), 0.0, 0.0
    with (folder / "said.txt").open("wb") as said:
        run = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        while run.poll() is None:
            fields = Path(f"/proc/{run.pid}/stat").read_text().rpartition(")")[2].split()
            ticks = [int(field) for field in fields[11:15]]
            own = max(own, sum(ticks[:2]) / TICKS)  # one that has ended is no longer told of jobs
            of_jobs = max(of_jobs, sum(ticks[2:]) / TICKS)
            time.sleep(0.1)
    if run.returncode:
        sys.exit(f"the run failed; see {folder / 'said.txt'}")
    return time.perf_counter() - began, own, of_jobs


def count_processes(folder: Path, target: str) -> int:
    """Jobs that Snakemake said were finished, but for the target, which has no process."""
    said = (folder / "said.txt").read_text(errors="replace")
    return len(re.findall(rf"Finished jobid: \d+ \(Rule: (?!{target}\))", said))


if __name__ == "__main__":
    main()
