"""Make the demo on a SLURM cluster of two nodes, and on this machine alone, and hold both together.

    python bench/demo_on_a_cluster.py OUT [--target TARGET]

It starts the cluster of the tests (Debian: slurm-wlm, munge; executor: make cluster) and ends it.
Times are wall times of the whole run; CPU is that of the submitting process and its commands.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPO / "tests/cluster"), str(REPO / "tests")]

from slurm_cluster import Cluster  # noqa: E402
from small_project import Project  # noqa: E402

SNAKEMAKE = (sys.executable, "-m", "snakemake", "--snakefile", str(REPO / "Snakefile"))
PROFILE = str(REPO / "workflow/profiles/slurm")


def main() -> None:
    """Read the command line, print the figures; exit with 1 where the products differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that is not there yet")
    parser.add_argument("--target", default="all", metavar="TARGET")
    args = parser.parse_args()
    out = args.out.resolve()
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder))
        try:
            cluster.start()
            seconds, cpu = run(
                out / "cluster", cluster.environment(), args.target, "--profile", PROFILE
            )
            lines = cluster.ask("squeue", "-h", "--states=all", "-o", "%T|%S|%e").stdout.split()
        finally:
            cluster.stop()
    jobs = [line.split("|") for line in lines]
    at_work = sum((time_of(end) - time_of(start)).total_seconds() for _, start, end in jobs)
    print(f"jobs of the workflow {len(Project(out / 'cluster').jobs_logged('made')):>8,}")
    print(f"SLURM jobs           {len(jobs):>8,}")
    print(f"  not completed      {sum(state != 'COMPLETED' for state, _, _ in jobs):>8,}")
    print(f"  seconds of all     {at_work:>8,.0f}")
    print(f"on the cluster       {seconds:>8,.0f} s, submitting {cpu:,.0f} s of CPU")
    seconds, cpu = run(out / "local", dict(os.environ), args.target, "--cores", "2")
    print(f"on this machine      {seconds:>8,.0f} s, {cpu:,.0f} s of CPU")
    here, there = Project(out / "local").products(), Project(out / "cluster").products()
    differing = sorted(path for path in here.keys() | there if here.get(path) != there.get(path))
    n_bytes = sum(map(len, here.values()))
    print(f"products             {len(here):>8,}, {n_bytes / 1e6:,.0f} MB, {len(differing)} differ")
    sys.exit("\n".join(differing) or 0)


def run(folder: Path, environment: dict, target: str, *options: str) -> tuple[float, float]:
    """Make a target in a folder; wall seconds, and seconds of CPU of the process and its own."""
    folder.mkdir()
    path = os.pathsep.join([str(REPO / "src"), *filter(None, [environment.get("PYTHONPATH")])])
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with (folder.parent / f"{folder.name}.txt").open("w") as said:
        subprocess.run(
            [*SNAKEMAKE, *options, "--directory", str(folder), "--quiet", "rules", "--", target],
            env=environment | {"PYTHONPATH": path},
            cwd=folder,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


def time_of(text: str) -> datetime:
    """A time as `squeue` writes it."""
    return datetime.fromisoformat(text)


if __name__ == "__main__":
    main()
