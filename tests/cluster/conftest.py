"""A SLURM cluster of two nodes, and small projects that are made on it."""

import importlib.util
import subprocess
import tempfile
from pathlib import Path

import pytest
from checkout import REPO
from cluster_project import ClusterProject
from mounts import unmounted_at_last
from slurm_cluster import Cluster, missing_programs
from small_project import Project, build, copy_tree, new_project, write_raw_data


@pytest.fixture(scope="session")
def cluster():
    if missing := missing_programs():
        pytest.skip(f"no SLURM on this machine: {', '.join(missing)} (Debian: slurm-wlm, munge)")
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("the executor of SLURM is not installed: make cluster")
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        started = Cluster(Path(folder))
        try:
            started.start()
        except (OSError, TimeoutError) as error:
            started.stop()
            pytest.skip(f"no cluster can be started on this machine: {error}")
        yield started
        started.stop()


@pytest.fixture(scope="session")
def built_here(tmp_path_factory):
    """The small project, of which everything is made on this machine alone."""
    folder = tmp_path_factory.mktemp("local") / "project"
    build(folder)
    return Project(folder)


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    """The small project, of which nothing is made."""
    project = new_project(tmp_path_factory.mktemp("raw") / "project", REPO)
    write_raw_data(project)
    return project


def _end_jobs(project):
    for job in project.slurm_jobs("", "RUNNING", "PENDING"):
        project.cluster.ask("scancel", job["id"], check=False)


@pytest.fixture
def project(tmp_path, cluster, raw):
    """A project of the same raw data, of which nothing is made."""
    copy_tree(raw.folder, tmp_path / "project")
    project = ClusterProject(tmp_path / "project", cluster, tmp_path / "said.txt")
    yield project
    _end_jobs(project)


@pytest.fixture
def on_a_small_disk(tmp_path, cluster, raw):
    """The project of which nothing is made, on a file system in memory of 100 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", disk]
    with unmounted_at_last(disk):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        copy_tree(raw.folder, disk / "project")
        project = ClusterProject(disk / "project", cluster, tmp_path / "said.txt")
        yield project
        _end_jobs(project)
