"""Runs of a real SLURM cluster: products as those of one machine, whatever happens to the nodes."""

import contextlib
import json
import sys
import time

import pytest
from cluster_project import LACKING, SECONDS, SECONDS_FOR_ALL
from daemons import wait_until

pytestmark = [pytest.mark.workflow, pytest.mark.cluster]

INGEST = "ingest_sessions groove_mididataset 000"
TAKE_INVENTORY = "take_inventory groove_mididataset"
INVENTORY = "results/inventory/groove_mididataset.parquet"
SHARD = "results/events/groove_mididataset/000.parquet"
LAG = 60  # seconds


def assert_as_made_here(project, built_here):
    here, there = built_here.products(), project.products()
    assert INVENTORY in there
    assert [path for path in there if there[path] != here[path]] == []


@pytest.fixture
def lagging_clock(cluster):
    """The clock of one node lags by a minute, for what it does and for what it writes."""
    cluster.give("node2", DRUMCORPUS_CLOCK=str(-LAG))
    for node, lag in (("node1", 0), ("node2", LAG)):
        ask = [f"--nodelist={node}", sys.executable, "-c", "import time; print(time.time())"]
        there = float(cluster.ask("srun", *ask, PYTHONPATH=str(LACKING)).stdout)
        assert lag <= time.time() - there < lag + LAG / 2
    yield
    cluster.give("node2")


@pytest.mark.usefixtures("lagging_clock")
def test_everything_is_made_byte_for_byte_as_on_one_machine(project, built_here, figures):
    started = time.monotonic()
    project.submit("--", "all", seconds=SECONDS_FOR_ALL)
    seconds = time.monotonic() - started
    assert project.products() == built_here.products()
    jobs = project.slurm_jobs("")
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    assert {job["node"] for job in jobs} == {"node1", "node2"}
    n_made = len(project.jobs_logged("made"))
    figures(
        f"{len(jobs)} SLURM jobs for {n_made} jobs in {seconds:.0f} s, the clock of a node {LAG} s "
        "behind; all products as made on this machine"
    )
    project.path("logs/run_log.jsonl").unlink()
    project.submit("--", "all", seconds=SECONDS_FOR_ALL)
    assert project.jobs_logged("made") == set()
    assert project.products() == built_here.products()


def test_the_words_of_a_job_that_fails_come_last_and_whole(project):
    path = project.path("results/sessions/groove_mididataset/000.parquet")
    project.snakemake("--", str(path.relative_to(project.folder)))  # on this machine
    path.unlink()  # it is one file with what is kept of it
    path.write_bytes(b"damaged")
    done = project.submit("--retries", "0", "--", SHARD, check=False)
    assert done.returncode == 1
    last = done.said.rstrip().split("\n\n")[-1]
    assert last.startswith(f"ERROR in {INGEST}:\n  {path.relative_to(project.folder)}: is not what")
    assert last.endswith("log: logs/ingest_sessions/groove_mididataset/000.log")


def test_the_jobs_of_a_node_that_dies_are_done_by_another(project, built_here):
    cluster = project.cluster
    with project.in_background("--", INVENTORY) as run:
        with project.holding(TAKE_INVENTORY):
            wait_until(lambda: project.waits(TAKE_INVENTORY), SECONDS)
            (job,) = project.slurm_jobs("take_inventory", "RUNNING")
            cluster.kill_node(job["node"])
            wait_until(lambda: cluster.state_of(job["node"]).startswith("down"), 120)
        try:
            wait_until(lambda: _runs_again(cluster, job["id"]), SECONDS)
            assert run.wait(SECONDS) == 0, project.said.read_text()
        finally:
            cluster.start_node(job["node"])
    (again,) = [row for row in cluster.jobs() if row["id"] == job["id"]]
    assert again["state"] == "COMPLETED" and again["node"] != job["node"]
    assert_as_made_here(project, built_here)


def _runs_again(cluster, number):
    """Whether a job is at work or done; SLURM lets one wait for two minutes before its next try."""
    (job,) = [row for row in cluster.jobs() if row["id"] == number]
    if job["state"] == "PENDING":
        cluster.ask("scontrol", "update", f"jobid={number}", "StartTime=now", check=False)
    return job["state"] in ("RUNNING", "COMPLETED")


def test_a_job_over_its_memory_is_asked_again_for_more(project, built_here):
    project.configure(resources={"rules": {"take_inventory": {"mem_mb": 170}}})
    with project.in_background("--retries", "5", "--", INVENTORY) as run:
        with project.holding(TAKE_INVENTORY):
            wait_until(lambda: len(project.slurm_jobs("take_inventory")) > 1, SECONDS)
        assert run.wait(SECONDS) == 0, project.said.read_text()
    jobs = project.slurm_jobs("take_inventory")
    asked = sorted(int(job["memory"].removesuffix("M")) for job in jobs)
    assert len(asked) > 1 and asked == [170 * (n + 1) for n in range(len(asked))]
    assert [int(job["memory"][:-1]) for job in jobs if job["state"] == "COMPLETED"] == asked[-1:]
    assert_as_made_here(project, built_here)


def test_a_run_that_was_killed_and_begun_again_submits_nothing_twice(project, built_here):
    with contextlib.ExitStack() as held:
        held.enter_context(project.holding(TAKE_INVENTORY))
        with project.in_background("--", INVENTORY) as run:
            wait_until(lambda: project.slurm_jobs("take_inventory", "RUNNING"), SECONDS)
            run.kill()
            run.wait()
        with project.in_background("--", INVENTORY) as run:
            wait_until(lambda: "at work for this folder" in project.said.read_text(), SECONDS)
            assert len(project.slurm_jobs("take_inventory")) == 1
            held.close()  # the job of the killed run does its work
            assert run.wait(SECONDS) == 0, project.said.read_text()
    lines = project.path("logs/run_log.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row.get("rule") == "take_inventory"]
    outcomes = [row["outcome"] for row in rows]
    assert outcomes.count("made") == 1
    assert set(outcomes) <= {"made", "fresh"}
    assert_as_made_here(project, built_here)
