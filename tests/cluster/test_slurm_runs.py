"""Runs of a real SLURM cluster: products as those of one machine, whatever happens to the nodes."""

import contextlib
import json
import os
import sys

import pytest
from slurm_cluster import wait_until
from small_project import copy_of

pytestmark = [pytest.mark.workflow, pytest.mark.cluster]

INGEST = "ingest_sessions groove_mididataset 000"
INVENTORY = "results/inventory/groove_mididataset.parquet"
SHARD = "results/events/groove_mididataset/000.parquet"
# A job under load: two processes of Snakemake and one of ours, on a machine that others use.
SECONDS = 240


def assert_as_made_here(project, shard_here):
    here, there = shard_here.products(), project.products()
    assert there[SHARD] == here[SHARD]
    assert [path for path in here if there[path] != here[path]] == []


def test_everything_is_made_byte_for_byte_as_on_one_machine(project, built_here, figures):
    project.submit("--", "all")
    assert project.products() == built_here.products()
    jobs = project.slurm_jobs("", "COMPLETED")
    assert {job["node"] for job in jobs} == {"node1", "node2"}
    n_made = len(project.jobs_logged("made"))
    figures(f"{len(jobs)} SLURM jobs for {n_made} jobs; all products as made on this machine")
    assert project.jobs_logged("failed") == set()


def test_the_words_of_a_job_that_fails_come_last_and_whole(project):
    project.submit("--", "results/sessions/groove_mididataset/000.parquet")
    path = project.path("results/sessions/groove_mididataset/000.parquet")
    path.unlink()  # it is one file with what is kept of it
    path.write_bytes(b"damaged")
    done = project.submit("--retries", "0", "--", SHARD, check=False)
    assert done.returncode == 1
    last = done.said.rstrip().split("\n\n")[-1]
    assert last.startswith(f"ERROR in {INGEST}:\n  {path.relative_to(project.folder)}: is not what")
    assert last.endswith("log: logs/ingest_sessions/groove_mididataset/000.log")


def test_the_jobs_of_a_node_that_dies_are_done_by_another(project, shard_here):
    cluster = project.cluster
    with project.in_background("--", SHARD) as run:
        with project.holding(INGEST):
            (job,) = wait_until(lambda: project.slurm_jobs("ingest_sessions", "RUNNING"), SECONDS)
            cluster.kill_node(job["node"])
            wait_until(lambda: cluster.state_of(job["node"]).startswith("down"), 120)
        try:
            wait_until(lambda: _runs_again(cluster, job["id"]), SECONDS)
            assert run.wait(SECONDS) == 0, project.said.read_text()
        finally:
            cluster.start_node(job["node"])
            wait_until(lambda: cluster.state_of(job["node"]) == "idle", 60)
    (again,) = [row for row in cluster.jobs() if row["id"] == job["id"]]
    assert again["state"] == "COMPLETED" and again["node"] != job["node"]
    assert_as_made_here(project, shard_here)


def is_of(row, rule):
    return row.get("rule") == rule


def _runs_again(cluster, number):
    """Whether a job is at work or done; SLURM lets one wait for two minutes before its next try."""
    (job,) = [row for row in cluster.jobs() if row["id"] == number]
    if job["state"] == "PENDING":
        cluster.ask("scontrol", "update", f"jobid={number}", "StartTime=now", check=False)
    return job["state"] in ("RUNNING", "COMPLETED")


def test_a_job_over_its_memory_is_asked_again_for_more(project, shard_here):
    project.configure(resources={"rules": {"take_inventory": {"mem_mb": 120}}})
    with project.in_background("--retries", "5", "--", SHARD) as run:
        with project.holding("take_inventory groove_mididataset"):
            wait_until(lambda: len(project.slurm_jobs("take_inventory")) > 1, SECONDS)
        assert run.wait(2 * SECONDS) == 0, project.said.read_text()
    jobs = project.slurm_jobs("take_inventory")
    asked = sorted(int(job["memory"].removesuffix("M")) for job in jobs)
    assert len(asked) > 1 and asked == [120 * (n + 1) for n in range(len(asked))]
    assert [int(job["memory"][:-1]) for job in jobs if job["state"] == "COMPLETED"] == asked[-1:]
    assert_as_made_here(project, shard_here)


def test_a_run_that_was_killed_and_begun_again_submits_nothing_twice(project, shard_here):
    with contextlib.ExitStack() as held:
        held.enter_context(project.holding(INGEST))
        with project.in_background("--", SHARD) as run:
            wait_until(lambda: project.slurm_jobs("ingest_sessions", "RUNNING"), SECONDS)
            run.kill()
            run.wait()
        with project.in_background("--", SHARD) as run:
            wait_until(lambda: "at work for this folder" in project.said.read_text(), SECONDS)
            assert len(project.slurm_jobs("ingest_sessions")) == 1
            held.close()  # the job of the killed run does its work
            assert run.wait(SECONDS) == 0, project.said.read_text()
    lines = project.path("logs/run_log.jsonl").read_text().splitlines()
    outcomes = [row["outcome"] for row in map(json.loads, lines) if is_of(row, "ingest_sessions")]
    assert outcomes.count("made") == 1
    assert set(outcomes) <= {"made", "fresh"}
    assert_as_made_here(project, shard_here)


def test_a_partition_that_is_not_there_is_refused_before_anything_is_submitted(project):
    n_jobs = len(project.cluster.jobs())
    done = project.submit("--default-resources", "slurm_partition=nope", "--", SHARD, check=False)
    assert done.returncode == 1
    assert "STOPPED: this cluster has no partition 'nope'; there are: debug. Name one" in done.said
    assert len(project.cluster.jobs()) == n_jobs


def test_a_request_that_no_node_can_meet_is_refused_before_it_waits_for_ever(project):
    n_jobs = len(project.cluster.jobs())
    project.configure(resources={"rules": {"take_inventory": {"mem_mb": 1_000_000}}})
    done = project.submit("--", SHARD, check=False)
    assert done.returncode == 1
    assert (
        "MB, and no node of partition 'debug' has both (at most 2 threads, 4,000 MB)" in done.said
    )
    assert "nothing was begun" in done.said
    assert len(project.cluster.jobs()) == n_jobs


@contextlib.contextmanager
def full_queue(cluster):
    """Both nodes are taken, until this is left."""
    numbers = [
        cluster.ask(
            "sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap=sleep 900"
        ).stdout.strip()
        for _ in cluster.nodes
    ]
    yield
    cluster.ask("scancel", *numbers)


def test_a_run_waits_in_a_queue_that_is_full_and_goes_on(project):
    with project.in_background("--", INVENTORY) as run:
        with full_queue(project.cluster):
            wait_until(lambda: project.slurm_jobs("take_inventory", "PENDING"), SECONDS)
        assert run.wait(SECONDS) == 0, project.said.read_text()


def test_a_node_without_the_environment_is_named(project, tmp_path):
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    project.python = str(link)
    with project.in_background("--retries", "0", "--", INVENTORY) as run:
        with full_queue(project.cluster):
            wait_until(lambda: project.slurm_jobs("take_inventory", "PENDING"), SECONDS)
            link.unlink()
        assert run.wait(SECONDS) == 1
    last = project.said.read_text().rstrip().split("\n\n")[-1]
    assert last.startswith(
        "STOPPED: a SLURM job ended before its work began. Its log in logs/slurm/"
    )
    (log,) = project.path("logs/slurm").rglob("*.log")
    assert str(link) in log.read_text()


def test_clocks_that_differ_by_a_minute_make_nothing_anew(tmp_path, built_here):
    """As if all products of half the rules came from a node whose clock lags."""
    lagging = copy_of(built_here.folder, tmp_path / "project")
    paths = [p for p in sorted(lagging.path("results").rglob("*")) if p.is_file()]
    for path in paths[::2]:
        stat = path.stat()
        os.utime(path, (stat.st_atime - 60, stat.st_mtime - 60))
    assert lagging.jobs("all") == set()
    assert lagging.products() == built_here.products()
