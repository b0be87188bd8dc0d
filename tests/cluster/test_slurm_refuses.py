"""A cluster that cannot do what a run asks: the run says what to do, and the next one goes on."""

import contextlib
import errno
import os
import re
import sys

import pytest
from cluster_project import SECONDS
from daemons import wait_until

pytestmark = [pytest.mark.workflow, pytest.mark.cluster]

TAKE_INVENTORY = "take_inventory groove_mididataset"
INVENTORY = "results/inventory/groove_mididataset.parquet"
SHARD = "results/events/groove_mididataset/000.parquet"


def last_words(said):
    return said.rstrip().split("\n\n")[-1]


def assert_as_made_here(project, built_here):
    here, there = built_here.products(), project.products()
    assert INVENTORY in there
    assert [path for path in there if there[path] != here[path]] == []


def test_a_partition_that_is_not_there_is_refused_before_anything_is_submitted(project):
    done = project.submit("--default-resources", "slurm_partition=nope", "--", SHARD, check=False)
    assert done.returncode == 1
    assert "STOPPED: this cluster has no partition 'nope'; there are: debug. Name one" in done.said
    assert project.slurm_jobs("") == []


def test_a_request_that_no_node_can_meet_is_refused_before_it_waits_for_ever(project):
    project.configure(resources={"rules": {"take_inventory": {"mem_mb": 1_000_000}}})
    done = project.submit("--", SHARD, check=False)
    assert done.returncode == 1
    assert (
        "MB, and no node of partition 'debug' has both (at most 2 threads, 4,000 MB)" in done.said
    )
    assert "nothing was begun" in done.said
    assert project.slurm_jobs("") == []


def test_without_locks_a_run_is_refused_and_goes_on_as_it_was_told(project, built_here):
    project.variables["DRUMCORPUS_LACKS"] = "locks,links"
    done = project.submit("--", INVENTORY, check=False)
    assert done.returncode == 1
    assert (
        f".drumcorpus/run.lock: its file system gives no lock (flock: {os.strerror(errno.ENOLCK)})."
    ) in done.said
    assert "set DRUMCORPUS_LOCKS=none, and see to it yourself" in done.said
    assert project.slurm_jobs("") == []
    project.variables["DRUMCORPUS_LOCKS"] = "none"
    project.submit("--", INVENTORY)
    assert_as_made_here(project, built_here)
    kept = project.path(f".drumcorpus/kept/{INVENTORY}")  # a copy, for there are no links
    assert kept.read_bytes() == project.path(INVENTORY).read_bytes()
    assert kept.stat().st_nlink == 1


@contextlib.contextmanager
def full_queue(cluster):
    """Both nodes are taken, until this is left."""
    command = ["sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap=sleep 900"]
    numbers = [cluster.ask(*command).stdout.strip() for _ in cluster.nodes]
    try:
        yield
    finally:
        cluster.ask("scancel", *numbers)


def test_a_run_waits_in_a_queue_that_is_full_and_goes_on(project):
    with project.in_background("--", INVENTORY) as run:
        with full_queue(project.cluster):
            wait_until(lambda: project.slurm_jobs("take_inventory", "PENDING"), SECONDS)
        assert run.wait(SECONDS) == 0, project.said.read_text()


def test_a_job_that_slurm_does_not_take_is_named_with_its_words(project, built_here):
    """The second job, whose partition was closed while the first one worked."""
    cluster = project.cluster
    with project.in_background("--", SHARD) as run:
        with project.holding(TAKE_INVENTORY):
            wait_until(lambda: project.slurm_jobs("take_inventory", "RUNNING"), SECONDS)
            cluster.ask("scontrol", "update", "PartitionName=debug", "State=DRAIN")
        try:
            assert run.wait(SECONDS) == 1
        finally:
            cluster.ask("scontrol", "update", "PartitionName=debug", "State=UP")
    words = last_words(project.said.read_text())
    assert re.match(
        r"STOPPED: SLURM did not take a job \(.*[Pp]artition.*\); what is finished is kept, 1 of "
        r"\d jobs of this run; see which partitions take jobs \(sinfo\), and name one",
        words,
    )
    project.submit("--", SHARD)
    assert len(project.slurm_jobs("take_inventory")) == 1
    assert_as_made_here(project, built_here)


def test_a_node_without_the_environment_is_named_and_left_out(project, tmp_path, built_here):
    cluster, environment = project.cluster, tmp_path / "environment"
    environment.mkdir()
    (environment / "python").symlink_to(sys.executable)
    project.python = str(environment / "python")
    cluster.stop_node("node2")
    try:
        cluster.start_node("node2", without=environment)
    except OSError as error:
        cluster.start_node("node2")
        pytest.skip(f"no folder can be hidden from a node on this machine: {error}")
    try:
        to_node2 = ["--default-resources", "slurm_extra='--nodelist=node2'"]
        done = project.submit(*to_node2, "--", INVENTORY, check=False)
        assert done.returncode == 1
        words = last_words(done.said)
        assert words.startswith(
            "STOPPED: a SLURM job ended on node2 before its work began. Its log"
        )
        (said,) = re.findall(r"--default-resources (slurm_extra=\S+)\.", words)
        assert said == "slurm_extra=\"'--exclude=node2'\""  # as a shell reads it
        for log in project.path("logs/slurm").rglob("*.log"):
            assert f"{environment}/python" in log.read_text()
        project.submit("--default-resources", said.replace('"', ""), "--", INVENTORY)
    finally:
        cluster.stop_node("node2")
        cluster.start_node("node2")
    assert {job["node"] for job in project.slurm_jobs("", "COMPLETED")} == {"node1"}
    assert_as_made_here(project, built_here)


def test_a_full_disk_is_said_by_its_job_and_with_room_the_next_run_goes_on(
    on_a_small_disk, built_here
):
    project = on_a_small_disk
    ballast = project.folder.parent / "ballast"
    with project.in_background("--retries", "0", "--", INVENTORY) as run:
        with project.holding(TAKE_INVENTORY):
            wait_until(lambda: project.waits(TAKE_INVENTORY), SECONDS)
            (job,) = project.slurm_jobs("take_inventory", "RUNNING")
            # Room for what tells of it, and not for what it makes.
            usage = os.statvfs(project.folder)
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, (usage.f_bavail - 2) * usage.f_frsize)
        assert run.wait(SECONDS) == 1
    words = last_words(project.said.read_text())
    assert words.startswith(f"STOPPED: {TAKE_INVENTORY} on {job['node']}: ")
    assert "could not be written: there is not enough space for it (" in words
    assert "0 of 1 jobs of this run; make room there, then run the same command again" in words
    ballast.unlink()
    project.submit("--", INVENTORY)
    assert_as_made_here(project, built_here)
