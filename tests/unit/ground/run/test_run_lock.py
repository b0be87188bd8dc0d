"""One run works in a folder, or any number of processes look; who is refused is told by whom."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drumcorpus.ground.run import run_lock
from drumcorpus.ground.run.file_lock import LOCKS, NoLocks
from drumcorpus.ground.run.run_lock import (
    LIST,
    LOOK,
    READ,
    RUN_LOCK,
    WORK,
    Refused,
    clear_snakemakes_locks,
    purpose_of,
    take_part,
)

HOLDER = """
import sys, time
from drumcorpus.ground.run.run_lock import Refused, take_part
try:
    part = take_part(sys.argv[1], ["snakemake", "--cores", "4", "all"])
except Refused as refused:
    print("refused", refused, flush=True)
    sys.exit(1)
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(LOCKS, raising=False)
    monkeypatch.setattr(run_lock, "SECONDS_TO_WAIT", 0.3)
    monkeypatch.setattr(run_lock, "SECONDS_FOR_A_NAME", 0.3)


@pytest.fixture
def start():
    """Starts processes that take part in the lock, and ends them with the test."""
    processes = []

    def started(purpose):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, purpose],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def holding(process):
    assert process.stdout.readline() == "held\n"
    return process


def take(purpose):
    said = []
    part = take_part(purpose, ["snakemake", "all"], said.append)
    if part.handle is not None:
        part.handle.close()
    return part, "".join(said)


@pytest.mark.parametrize("purpose", [WORK, READ])
def test_who_would_work_or_read_is_told_who_works(start, purpose):
    living = holding(start(WORK))
    with pytest.raises(Refused) as refused:
        take(purpose)
    sentence = str(refused.value)
    assert f"Another run works in {Path.cwd()}: process {living.pid} on {os.uname().nodename}" in (
        sentence
    )
    assert "(snakemake --cores 4 all)" in sentence and "since 20" in sentence
    assert "Wait until it has ended" in sentence and "unlock" not in sentence


def test_who_looks_beside_a_run_is_told_so_and_goes_on(start):
    living = holding(start(WORK))
    before = RUN_LOCK.read_bytes(), RUN_LOCK.stat().st_mtime_ns
    part, said = take(LOOK)
    assert part.is_beside_a_run and f"process {living.pid}" in said and "changes while" in said
    part, said = take(LIST)
    assert part.is_beside_a_run and said == ""
    assert (RUN_LOCK.read_bytes(), RUN_LOCK.stat().st_mtime_ns) == before


def test_those_who_look_are_there_together_and_a_run_waits_for_them(start):
    take(WORK)
    readers = [holding(start(READ)), holding(start(LOOK))]
    assert not take(LOOK)[0].is_beside_a_run
    with pytest.raises(Refused, match=r"reads the products in .* which must not") as refused:
        take(WORK)
    if Path("/proc/locks").exists():
        assert all(f"process {reader.pid}" in str(refused.value) for reader in readers)
    for reader in readers:
        reader.communicate("\n")
    assert take(WORK)[0].handle is not None


def test_a_run_that_was_killed_holds_nothing(start):
    killed = holding(start(WORK))
    killed.kill()
    killed.wait()
    assert json.loads(RUN_LOCK.read_text())["pid"] == killed.pid
    assert take(WORK)[0].handle is not None


def test_of_five_runs_started_at_once_one_works(start):
    lines = [process.stdout.readline() for process in [start(WORK) for _ in range(5)]]
    assert lines.count("held\n") == 1
    assert sum(line.startswith("refused Another run works") for line in lines) == 4


def test_the_name_of_an_earlier_run_is_not_that_of_the_one_that_works(start):
    holding(start(WORK))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    row = json.loads(RUN_LOCK.read_text()) | {"pid": ended.pid}
    RUN_LOCK.write_text(json.dumps(row))  # as it is until the new one has written its name
    with pytest.raises(Refused) as refused:
        take(WORK)
    assert str(ended.pid) not in str(refused.value).replace(str(Path.cwd()), "")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[1]", b'{"pid": "x"}', b"{" * 10],
    ids=["empty", "no-utf-8", "list", "no-names", "cut-off"],
)
def test_a_lock_with_anything_in_it_is_a_lock(start, content):
    living = holding(start(WORK))
    RUN_LOCK.write_bytes(content)
    with pytest.raises(Refused, match="Another run works"):
        take(WORK)
    living.kill()
    living.wait()
    assert take(WORK)[0].handle is not None


def test_a_look_at_a_folder_without_a_run_writes_nothing():
    assert take(LOOK)[0].handle is None and take(LIST)[0].handle is None
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("number", ["ENOSYS", "ENOLCK", "EOPNOTSUPP", "EINVAL", "EIO", "ESTALE"])
@pytest.mark.parametrize("purpose", [WORK, READ])
def test_a_file_system_without_locks_is_named_with_what_to_do(monkeypatch, purpose, number):
    def no_flock(_handle, _operation):
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))

    monkeypatch.setattr("fcntl.flock", no_flock)
    with pytest.raises(NoLocks) as refused:
        take(purpose)
    sentence = str(refused.value)
    assert sentence.startswith(".drumcorpus/run.lock: its file system gives no lock (flock: ")
    assert "--directory" in sentence and "DRUMCORPUS_LOCKS=none" in sentence
    assert "[Errno" not in sentence
    monkeypatch.setenv(LOCKS, "none")
    assert take(purpose)[0].handle is None


def test_another_value_of_the_variable_is_refused(monkeypatch):
    monkeypatch.setenv(LOCKS, "off")
    with pytest.raises(ValueError, match="DRUMCORPUS_LOCKS: 'off'; allowed: none, or not set"):
        take(WORK)


def test_the_locks_of_a_killed_snakemake_are_cleared_but_not_where_they_are_the_only_ones(
    monkeypatch,
):
    assert not clear_snakemakes_locks()
    locks = Path(".snakemake/locks")
    locks.mkdir(parents=True)
    assert not clear_snakemakes_locks()
    (locks / "1.output.lock").mkdir(parents=True)
    (locks / "0.output.lock").write_bytes(b"\xff\x00")
    monkeypatch.setenv(LOCKS, "none")
    assert not clear_snakemakes_locks() and len(list(locks.iterdir())) == 2
    monkeypatch.delenv(LOCKS)
    assert clear_snakemakes_locks() and not locks.exists()
    locks.write_text("")
    assert clear_snakemakes_locks() and not locks.exists()


@pytest.mark.parametrize(
    ("options", "purpose"),
    [
        ({}, WORK),
        ({"targets": ["verify"]}, READ),
        ({"targets": ["verify", "all"]}, WORK),
        ({"targets": {"verify"}, "forcerun": ["take_inventory"]}, WORK),
        ({"targets": ["verify"], "dryrun": True}, LOOK),
        ({"dryrun": True}, LOOK),
        ({"touch": True}, WORK),
        ({"touch": True, "dryrun": True}, LOOK),
        ({"unlock": True}, WORK),
        ({"unlock": True, "dryrun": True}, WORK),
        ({"cleanup_metadata": ["x"], "dryrun": True}, WORK),
        ({"delete_all_output": True}, WORK),
        ({"delete_all_output": True, "dryrun": True}, LOOK),
        ({"list_target_rules": True}, LIST),
        ({"lint": "text", "unlock": True}, LIST),
        ({"rulegraph": "dot"}, LOOK),
        ({"summary": True}, LOOK),
        ({"report": "report.html"}, READ),
        ({"report": "report.html", "report_after_run": True}, WORK),
        ({"archive": "a.tar.gz"}, READ),
    ],
    ids=lambda value: "-".join(value) or "nothing" if isinstance(value, dict) else str(value),
)
def test_what_a_call_of_snakemake_is_for(options, purpose):
    assert purpose_of(options, ("verify",)) == purpose


def test_a_run_waits_for_a_look_that_ends_and_says_for_whom(start, monkeypatch):
    monkeypatch.setattr(run_lock, "SECONDS_TO_WAIT", 60.0)
    take(WORK)
    reader = holding(start(READ))
    said = []

    def say(sentence):
        said.append(sentence)
        reader.communicate("\n")

    part = take_part(WORK, ["snakemake"], say)
    part.handle.close()
    assert len(said) == 1 and said[0].startswith("Waiting for ")


def test_who_works_stands_in_the_lock():
    part = take_part(WORK, ["snakemake", "--configfile", "my file.yaml"])
    row = json.loads(RUN_LOCK.read_text())
    assert row["pid"] == os.getpid()
    assert row["command"] == "snakemake --configfile 'my file.yaml'"
    assert row["since_utc"][:4] == time.strftime("%Y", time.gmtime())
    part.handle.close()
