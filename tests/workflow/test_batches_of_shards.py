"""Shards that one job does one after the other: what comes out, and what a failure leaves."""

import signal
import subprocess
import sys

import pytest
from small_project import OVERLAY, new_project, write_raw_data

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SET = "groove_mididataset"
SHARDS = ["000", "001", "002", "003"]
EVENTS = [f"results/events/{SET}/{shard}.parquet" for shard in SHARDS]
# Read by every Python that starts: the job of one shard ends when it has opened its log.
HOOK = """
import os, signal, sys

def ends(event, arguments):
    if event == "open" and str(arguments[0]).endswith("logs/ingest_sessions/{set}/001.log"):
        if "snakemake.workflow" not in sys.modules:  # which looks at logs of jobs that fail
            {how}

sys.addaudithook(ends)
"""
FAILS = "raise ValueError('no such session')"
IS_KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
ENDS_THE_RUN = "os.killpg(0, signal.SIGKILL)"


def project_of(folder, repo, jobs_per_set):
    project = new_project(folder / "project", repo)
    write_raw_data(project)
    settings = OVERLAY["source_sets"][SET] | {"shards": len(SHARDS)}
    project.configure(
        source_sets={SET: settings},
        resources={"jobs_per_set": jobs_per_set},
        exports={"clips": None, "shards": None, "sessions": None},
    )
    return project


@pytest.fixture
def project(tmp_path, repo):
    """Two batches of two shards, of which nothing is made."""
    return project_of(tmp_path, repo, 2)


def run_that_ends(project, how):
    """Run until the job of the second shard fails or is killed."""
    hook = project.path("hook/sitecustomize.py")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(set=SET, how=how))
    environment = project.environment()
    environment["PYTHONPATH"] += f":{hook.parent}"
    command = ["-m", "snakemake", "--configfile", "mine.yaml", "--cores", "1", "--", *EVENTS]
    return subprocess.run(
        [sys.executable, *command],
        cwd=project.folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        check=False,
    )


def test_products_and_records_are_the_same_bytes(tmp_path, repo):
    made = []
    for jobs_per_set in (2, 3, None):
        project = project_of(tmp_path / str(jobs_per_set), repo, jobs_per_set)
        said = project.snakemake("all").said
        # Of three batches of four shards two have one, and are jobs of their rule.
        n_batches = {2: 2, 3: 1, None: 0}[jobs_per_set]
        assert sum(f"rule together_labels_{SET}_00" in line for line in said.splitlines()) == (
            n_batches
        )
        # Without batches again: every job is asked, and leaves.
        project.configure(resources={"jobs_per_set": None})
        assert project.jobs("all") == set()
        made.append(project.products())
    assert len(made[0]) > 100
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("how", [FAILS, IS_KILLED, ENDS_THE_RUN], ids=["fails", "killed", "run"])
def test_what_was_finished_before_a_shard_that_fails_is_kept(project, how):
    ended = run_that_ends(project, how)
    made = project.jobs_logged("made")
    finished = {
        f"shard_sessions {SET} 000",
        f"shard_sessions {SET} 001",
        f"ingest_sessions {SET} 000",
    }
    assert finished <= made
    job = f"ingest_sessions {SET} 001"
    assert job not in made
    last = ended.stdout.rstrip().split("\n\n")[-1].lstrip()
    if how == FAILS:
        log = f"logs/ingest_sessions/{SET}/001.log"
        assert last == f"ERROR in {job}:\n  no such session\n  log: {log}"
    elif how == IS_KILLED:
        assert last.startswith(f"STOPPED: {job} was killed from outside (signal 9)")
    else:
        assert ended.returncode == -signal.SIGKILL
    others = {f"{rule} {SET} {n}" for rule in ("shard_sessions", "ingest_sessions") for n in SHARDS}
    again = project.jobs("--", *EVENTS)
    assert job in again
    assert again == others - made
    assert project.jobs("--", *EVENTS) == set()
