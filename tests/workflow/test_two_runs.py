"""Two calls at once in one folder: one run works, and who looks changes nothing."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time

import pytest

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # runs wait for each other

SET = "groove_mididataset"
LAUNCH = ("-m", "drumcorpus.ground.run.launch", "--configfile", "mine.yaml", "--cores", "1", "--")
SNAKEMAKE = ("-m", "snakemake", "--configfile", "mine.yaml", "--cores", "1")
# A job that lasts until the test has seen enough.
WAITING = """
import time
from pathlib import Path
Path("began").touch()
while not Path("go_on").exists():
    time.sleep(0.05)
"""
# What Snakemake writes on every call, or a job of `verify` beside its products.
NO_STATE = re.compile(r"\.snakemake/(log|iocache)/|__pycache__|began$|logs/|\.drumcorpus/locks/")


def start(project, *arguments):
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextlib.contextmanager
def living_run(project):
    """A run in whose inventory a job is at work; it ends well when the block has ended."""
    script = project.path("workflow/scripts/take_inventory.py")
    text = script.read_text()
    docstring, rest = text.split("\n", 1)
    script.write_text(f"{docstring}\n{WAITING}\n{rest}")
    run = start(project, *LAUNCH, "inventory")
    try:
        while not project.path("began").exists():
            assert run.poll() is None, run.communicate()[0]
            time.sleep(0.05)
        yield run
    finally:
        project.path("go_on").touch()
        run.said = run.communicate(timeout=120)[0]
    assert run.returncode == 0, run.said


def state(project):
    """What is known of every file: looks must leave it all as it is."""
    stats = {}
    for path in sorted(project.folder.rglob("*")):
        name = path.relative_to(project.folder).as_posix()
        if path.is_file() and not NO_STATE.search(name):
            stat = path.stat()
            stats[name] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    return stats


def refused(project, *arguments):
    """What a call said that another run kept out."""
    done = project.run(*arguments, check=False)
    assert done.returncode == 1
    assert "Another run works in" in done.said and "Wait until it has ended" in done.said
    assert "Traceback" not in done.said
    return done.said


def test_beside_a_living_run_nobody_works_and_a_list_of_targets_changes_nothing(project):
    with living_run(project) as run:
        before = state(project)
        assert any(name.startswith(".snakemake/locks/") for name in before)
        assert "inventory" in project.snakemake("--list-target-rules").said
        assert "unlock" not in refused(project, *LAUNCH, "all")
        refused(project, *SNAKEMAKE, "verify")
        assert state(project) == before
        assert run.poll() is None
    rows = map(json.loads, project.path("logs/run_log.jsonl").read_text().splitlines())
    assert sum(row.get("run") == "refused" for row in rows) == 2


def test_no_option_of_snakemake_lets_a_second_run_in(project):
    with living_run(project):
        before = state(project)
        planned = project.snakemake("--dry-run", "all")
        assert re.search(r"Another run works in .*process \d+ on .* inventory\)", planned.said)
        for arguments in (["all"], ["--nolock", "all"], ["--unlock"], ["--touch", "all"]):
            refused(project, *SNAKEMAKE, *arguments)
        assert state(project) == before


def test_a_look_during_a_run_makes_no_finished_job_stale(project):
    with living_run(project):
        project.snakemake("--list-target-rules")
        project.snakemake("--dry-run", "all")
        project.snakemake("--summary", "all")
    # The inventory was taken by other code and is what it was: nothing else is made again.
    assert project.jobs("all") == set()


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--list-target-rules"], id="targets"),
        pytest.param(["--dry-run", "all"], id="dry-run"),
        pytest.param(["--rulegraph", "--", "all"], id="rulegraph"),
        pytest.param(["--summary", "all"], id="summary"),
        pytest.param(["--list-rules"], id="rules"),
        pytest.param(["--d3dag", "all"], id="d3dag"),
        pytest.param(["--list-untracked"], id="untracked"),
        pytest.param(["--delete-all-output", "-n"], id="delete-dry-run"),
    ],
)
def test_a_look_changes_nothing_though_there_is_news_and_records_are_lost(project, arguments):
    project.path("raw/new.txt").write_text("")
    project.path(".drumcorpus/manifests.json").unlink()
    before = state(project)
    done = project.snakemake(*arguments)
    assert state(project) == before
    if "--dry-run" in arguments:
        assert "take_inventory" in done.said


def test_verify_changes_no_state(project):
    project.path(".drumcorpus/manifests.json").unlink()
    project.path("raw/new.txt").write_text("")
    project.snakemake("verify", check=False)
    assert not project.path(".drumcorpus/manifests.json").exists()
    project.path("raw/new.txt").unlink()


@pytest.mark.parametrize("n_runs", [2, 5])
def test_of_runs_started_at_one_moment_one_works_and_the_others_are_told(project, n_runs):
    project.path("raw/new.txt").write_text("")
    runs = [start(project, *LAUNCH, "inventory") for _ in range(n_runs)]
    said = [run.communicate(timeout=300)[0] for run in runs]
    for run, text in zip(runs, said, strict=True):
        assert run.returncode in (0, 1), text
        assert (run.returncode == 1) == ("Another run works in" in text), text
        assert "--unlock" not in text and "Traceback" not in text
    assert any(run.returncode == 0 for run in runs)
    assert project.jobs("inventory") == set()


def test_after_a_killed_run_plain_snakemake_carries_on_unasked(project):
    locks = project.path(".snakemake/locks")
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").write_text(f"results/inventory/{SET}.parquet\n")
    (project.path("raw") / "new.txt").write_text("")
    done = project.snakemake("inventory")
    assert "An earlier run was interrupted: carrying on where it stopped." in done.said
    assert not locks.exists() or not list(locks.iterdir())


def test_where_there_is_no_flock_a_sentence_says_how_to_run(project):
    no_flock = project.path("site/sitecustomize.py")
    no_flock.parent.mkdir()
    no_flock.write_text(
        "import errno, fcntl, os\n"
        "def flock(*_): raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))\n"
        "fcntl.flock = flock\n"
    )
    script = (
        f"import sys; sys.path.insert(0, {str(no_flock.parent)!r}); import sitecustomize; "
        "import runpy; sys.argv = ['snakemake', *sys.argv[1:]]; "
        "runpy.run_module('snakemake', run_name='__main__')"
    )
    call = ("-c", script, "--configfile", "mine.yaml", "--cores", "1", "inventory")
    done = project.run(*call, check=False)
    assert done.returncode == 1 and "[Errno" not in done.said and "Traceback" not in done.said
    assert ".drumcorpus/run.lock: its file system gives no lock (flock: " in done.said
    assert "DRUMCORPUS_LOCKS=none" in done.said


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"rule": "\xff"}', id="no-utf-8"),
        pytest.param(b"[1]", id="list"),
        pytest.param(b"", id="zero-length"),
        pytest.param(b'{"rule": 5, "input', id="truncated"),
        pytest.param(b'{"input": 5}', id="wrong-type"),
    ],
)
def test_a_damaged_record_of_snakemakes_is_named_put_aside_and_every_job_is_asked(project, content):
    record = sorted(project.path(".snakemake/metadata").iterdir())[0]
    record.write_bytes(content)
    shown = record.relative_to(project.folder).as_posix()
    looked = project.snakemake("--dry-run", "inventory", check=False)
    assert looked.returncode == 1 and shown in looked.said and "Traceback" not in looked.said
    assert record.read_bytes() == content
    project.path("logs/run_log.jsonl").unlink(missing_ok=True)
    done = project.run(*LAUNCH, "inventory")
    assert "Snakemake cannot read 1 of its records: " in done.said and shown in done.said
    assert (project.path(".drumcorpus/put_aside/001") / shown).read_bytes() == content
    assert project.jobs_logged("fresh") and not project.jobs_logged("made")


def test_a_run_goes_on_with_whatever_stands_in_the_places_of_snakemakes_records(project):
    records = sorted(project.path(".snakemake/metadata").iterdir())
    for record in records[:3]:
        record.unlink()
    records[0].mkdir()
    os.mkfifo(records[1])
    records[2].symlink_to("nothing")
    (project.path(".snakemake/incomplete") / records[3].name).write_bytes(b"\xff")
    locks = project.path(".snakemake/locks")
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").write_bytes(b"\xff\xfe")
    for name in ("auxiliary", "iocache", "storage"):
        path = project.path(f".snakemake/{name}")
        if path.is_dir():
            path.rmdir()
        path.write_bytes(b"\xff")
    done = project.run(*LAUNCH, "all")
    assert "Snakemake cannot read 7 of its records" in done.said and "Traceback" not in done.said
    assert project.jobs("all") == set()
