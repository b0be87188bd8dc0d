"""Twenty kills spread over one build: what was finished stays, and the end is as if none had been.

A run is killed some jobs after it began, and a moment later that a seed draws; then the same
command is given again.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from other_folders import command_into, half_made
from small_project import Project

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SEED = 20
# Who is killed, and how; in the order that the seed draws.
KILLS = [
    *[("the run", signal.SIGKILL)] * 12,
    *[("the run", signal.SIGTERM)] * 3,
    *[("the run", signal.SIGINT)] * 2,
    *[("one job", signal.SIGKILL)] * 3,
]
LARGEST_DELAY_S = 1.0
MOST_JOBS_BEFORE_A_KILL = 3


class Killed:
    """A working folder in which runs are killed."""

    def __init__(self, built: Project, folder: Path):
        self.built, self.folder = built, folder
        self.temporary = folder.with_name("tmp")
        self.temporary.mkdir()
        self.said = folder.with_name("said.txt")

    def start(self) -> subprocess.Popen:
        """Start a run in a process group of its own."""
        environment = self.built.environment() | {"TMPDIR": str(self.temporary)}
        with self.said.open("wb") as said:
            return subprocess.Popen(
                [sys.executable, *command_into(self.built, self.folder)],
                cwd=self.built.folder,
                env=environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
                # A shell that started the tests in the background has them ignore the signal.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def outcomes(self) -> list[dict]:
        """What the jobs of all runs so far have come to; a line that a kill cut off is none."""
        log = self.folder / "logs/run_log.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        return [row for row in map(as_json, lines) if "outcome" in row]

    def made(self) -> Counter:
        """How often each job has made its products."""
        rows = [row for row in self.outcomes() if row["outcome"] == "made"]
        return Counter(" ".join([row["rule"], *row["wildcards"].values()]) for row in rows)

    def wait_for(self, run: subprocess.Popen, is_so) -> bool:
        """Wait until something is so; whether it was before the run ended."""
        while run.poll() is None:
            if is_so():
                return True
            time.sleep(0.02)
        return False

    def run_and_kill(self, who: str, number: int, n_jobs: int, delay: float) -> bool:
        """Start a run, send a signal some jobs and seconds later; whether it hit one at work."""
        wanted = sum(self.made().values()) + n_jobs
        run = self.start()
        is_at_work = self.wait_for(
            run, lambda: sum(self.made().values()) >= wanted and jobs_of(run.pid)
        )
        time.sleep(delay)
        if who == "one job":
            is_hit = is_at_work and self.wait_for(run, lambda: kill_one_job(run))
        else:
            is_hit = is_at_work and run.poll() is None
            if is_hit:
                os.killpg(run.pid, number)
        run.wait()
        said = self.said.read_text()
        # Python itself prints one of a job that Ctrl-C met before the job's own code had begun.
        traces = re.findall(r"^Traceback .*\n(?:[ \t].*\n|\n)*(.*)$", said, flags=re.MULTILINE)
        # Its lines may stand between those of another job, so that its last one is not told apart.
        assert number == signal.SIGINT or traces == [], said
        if is_hit and number == signal.SIGINT and run.returncode:
            assert "What is finished is kept" in said, said
        if is_hit and who == "one job":
            assert "was killed from outside (signal 9)" in said, said
        return is_hit


def as_json(line):
    try:
        return json.loads(line)
    except ValueError:
        return {}


def jobs_of(group: int) -> list[int]:
    """The processes of a group that work on a job of the workflow."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = state_of(int(folder.name))
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        is_script = len(words) > 1 and b"/.snakemake/scripts/" in words[1]
        if int(fields[2]) == group and is_script:
            found.append(int(folder.name))
    return found


def kill_one_job(run) -> bool:
    """Kill a job at work; one that is on its way out would end as if nothing had met it."""
    jobs = jobs_of(run.pid)
    for job in jobs:
        try:
            if int(state_of(job)[1]) in jobs:  # a process that a job has started
                continue
            os.kill(job, signal.SIGSTOP)
            while (state := state_of(job)[0]) not in "TZX":
                time.sleep(0.001)
            os.kill(job, signal.SIGKILL)
        except (OSError, IndexError):  # it has ended
            continue
        if state == "T":
            return True
    return False


def state_of(process: int) -> list[str]:
    """The state of a process, its parent, its group and what Linux counts of it."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs the process table of Linux")
def test_twenty_kills_lose_nothing_and_make_nothing_twice(built, tmp_path, figures):
    killed = Killed(built, tmp_path / "killed")
    draw = random.Random(SEED)
    began = time.monotonic()
    n_kills = Counter()
    for who, number in draw.sample(KILLS, len(KILLS)):
        n_jobs, delay = draw.randint(0, MOST_JOBS_BEFORE_A_KILL), draw.uniform(0, LARGEST_DELAY_S)
        n_kills[who, number] += killed.run_and_kill(who, number, n_jobs, delay)
    assert sum(n_kills.values()) == len(KILLS), "the build was done before all kills were"

    run = killed.start()
    assert run.wait() == 0, killed.said.read_text()
    assert Project(killed.folder).products() == built.products()
    made = killed.made()
    assert [job for job, n in made.items() if n > 1] == []
    assert half_made(killed.folder) == []
    assert list(killed.temporary.glob("drumcorpus-*")) == []
    fresh = sum(row["outcome"] == "fresh" for row in killed.outcomes())
    for (who, number), n in sorted(n_kills.items()):
        figures(f"{n} kills of {who} by {number.name}")
    figures(
        f"{len(made)} jobs made, none twice; {fresh} times a job was asked again and found its "
        f"products fresh; {len(built.products()):,} products as in an undisturbed build; "
        f"{time.monotonic() - began:.0f} s"
    )


def test_a_fresh_job_takes_away_what_a_killed_one_left(project):
    export = project.path("results/export/prod_combined/clips")
    clips = next(export.glob("*/clips/*/*"))
    folders = [clips.with_name(f".{clips.name}.{end}") for end in ("part", "old")]
    for folder in folders:
        folder.mkdir()
        (folder / "half.wav").write_text("half")
    table = project.path("results/manifests/prod_combined.parquet")
    shard = next(project.path("results/export/prod_combined/segments").glob("*/*-000000.tar"))
    metadata, record = export / "metadata.json", table.with_name(f"{table.name}.manifest.json")
    for path in (table, metadata, record, shard):
        path.with_name(f".{path.name}.part").write_text("half")
    kept = project.path(".drumcorpus/kept/results/manifests")
    (kept / f".{table.name}.link").write_text("half")
    project.path(".drumcorpus/raw/.groove_mididataset.json.part").write_text("{")
    before = project.products()
    shutil.rmtree(project.path(".snakemake"))  # so that every job is asked
    assert project.jobs("all") == set()
    assert half_made(project.folder) == []
    after = project.products()
    assert after == {name: data for name, data in before.items() if name in after}
