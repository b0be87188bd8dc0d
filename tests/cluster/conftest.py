"""A SLURM cluster of two nodes, and small projects that are made on it."""

import contextlib
import fcntl
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from checkout import REPO
from slurm_cluster import Cluster, missing_programs
from small_project import Project, build, new_project, write_raw_data

PROFILE = "workflow/profiles/slurm"


class ClusterProject(Project):
    """A project whose jobs go through the cluster."""

    def __init__(self, folder, cluster):
        super().__init__(folder)
        self.cluster, self.python = cluster, sys.executable

    def environment(self):
        environment = self.cluster.environment() | {"PYTHONPATH": str(self.folder / "src")}
        if self.python != sys.executable:  # another name of it, which does not know its packages
            environment["PYTHONPATH"] += ":" + ":".join(path for path in sys.path if path)
        return environment

    def command(self, *arguments):
        profile = [self.python, "-m", "snakemake", "--profile", PROFILE]
        own = ["--configfile", "mine.yaml", "--latency-wait", "20", "--quiet", "rules"]
        return [*profile, *own, *arguments]

    def submit(self, *arguments, check=True):
        """Run snakemake with the profile of SLURM; returns what it said."""
        return self.run(*self.command(*arguments)[1:], check=check)

    @contextlib.contextmanager
    def in_background(self, *arguments):
        """Run snakemake with the profile of SLURM meanwhile; what it says is in `said`."""
        self.said = self.folder.parent / f"{self.folder.name}-said.txt"
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
                    process.terminate()

    @contextlib.contextmanager
    def holding(self, title):
        """Hold a job's lock, so that it waits at its start until this is left."""
        path = self.folder / ".drumcorpus/locks" / f"{title.replace(' ', '-')}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def slurm_jobs(self, rule, *states):
        """The SLURM jobs of a rule in this project, alone or in a group."""
        jobs = [job for job in self.cluster.jobs(*states) if job["folder"] == str(self.folder)]
        return [job for job in jobs if rule in job["comment"]]


@pytest.fixture(scope="session")
def cluster():
    if missing := missing_programs():
        pytest.skip(f"no SLURM on this machine: {', '.join(missing)} (Debian: slurm-wlm, munge)")
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("the executor of SLURM is not installed: make cluster")
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        Path(folder).chmod(0o755)
        with Cluster(Path(folder)) as started:
            yield started


def with_raw_data(folder):
    """A project of which nothing is made."""
    project = new_project(folder, REPO)
    write_raw_data(project)
    return project


@pytest.fixture(scope="session")
def built_here(tmp_path_factory):
    """The small project, of which everything is made on this machine alone."""
    folder = tmp_path_factory.mktemp("local") / "project"
    build(folder)
    return Project(folder)


@pytest.fixture(scope="session")
def shard_here(tmp_path_factory):
    """The same, of which one shard is ingested on this machine alone."""
    project = with_raw_data(tmp_path_factory.mktemp("shard") / "project")
    project.snakemake("--", "results/events/groove_mididataset/000.parquet")
    return project


@pytest.fixture
def project(tmp_path, cluster):
    """A project of the same raw data, of which nothing is made."""
    with_raw_data(tmp_path / "project")
    yield ClusterProject(tmp_path / "project", cluster)
    for job in cluster.jobs("RUNNING", "PENDING"):
        cluster.ask("scancel", job["id"], check=False)
