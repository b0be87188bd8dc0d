"""A small project whose jobs go through a cluster."""

import contextlib
import fcntl
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from small_project import Project

PROFILE = "workflow/profiles/slurm"
LACKING = Path(__file__).parent / "lacking"
# A run of one or two SLURM jobs, on a machine that others use.
SECONDS = 300
# A run of everything.
SECONDS_FOR_ALL = 1800


class ClusterProject(Project):
    """A project whose jobs go through the cluster.

    Parameters
    ----------
    folder
        Its working folder, with the code in it.
    cluster
        The cluster.
    said
        Where what a run says is written.
    """

    def __init__(self, folder, cluster, said):
        super().__init__(folder)
        self.cluster, self.said = cluster, said
        self.python, self.variables = sys.executable, {}

    def environment(self):
        path = [str(self.folder / "src"), str(LACKING)]
        if self.python != sys.executable:  # another name of it, which does not know its packages
            path += filter(None, sys.path)
        return self.cluster.environment() | {"PYTHONPATH": ":".join(path)} | self.variables

    def command(self, *arguments):
        profile = [self.python, "-m", "snakemake", "--profile", PROFILE]
        # All on one machine: an end is seen soon, and files are there at once.
        soon = ["--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "20"]
        return [*profile, "--configfile", "mine.yaml", *soon, "--quiet", "rules", *arguments]

    def submit(self, *arguments, check=True, seconds=SECONDS):
        """Run snakemake with the profile of SLURM; returns how it ended and what it said."""
        with self.in_background(*arguments) as run:
            code = run.wait(seconds)
        assert not check or code == 0, self.said.read_text()
        return SimpleNamespace(returncode=code, said=self.said.read_text())

    @contextlib.contextmanager
    def in_background(self, *arguments):
        """Run snakemake with the profile of SLURM meanwhile; what it says is in `said`."""
        with (
            self.said.open("w") as out,
            subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    @contextlib.contextmanager
    def holding(self, title):
        """Hold a job's lock, so that it waits at its start until this is left."""
        path = self._lock_of(title)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def waits(self, title):
        """Whether a job waits for its lock, so that Snakemake has done all before its work."""
        number = self._lock_of(title).stat().st_ino
        lines = Path("/proc/locks").read_text().splitlines()
        return any("->" in line and f":{number} " in line for line in lines)

    def _lock_of(self, title):
        return self.folder / ".drumcorpus/locks" / f"{title.replace(' ', '-')}.lock"

    def slurm_jobs(self, rule, *states):
        """The SLURM jobs of a rule in this project, alone or in a group."""
        jobs = [job for job in self.cluster.jobs(*states) if job["folder"] == str(self.folder)]
        return [job for job in jobs if rule in job["comment"]]
