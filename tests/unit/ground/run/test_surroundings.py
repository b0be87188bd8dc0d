"""What a machine may lack, and what stands in for it."""

import errno
import os
import platform
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from drumcorpus.ground.run import surroundings
from drumcorpus.ground.run.state_folder import STATE_FOLDER
from drumcorpus.ground.run.surroundings import (
    allow_many_files,
    prepare,
    refusal,
    remarks_on_limits,
    replacements,
)


@pytest.fixture
def full(tmp_path):
    """An environment that lacks nothing."""
    (tmp_path / "home/.cache").mkdir(parents=True)
    (tmp_path / "tmp").mkdir()
    return {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "USER": "somebody",
    }


def refuse(monkeypatch, *folders, number=errno.EACCES):
    """Let nothing be written in some folders; root may write everywhere."""
    refused = {str(folder) for folder in folders}
    write = surroundings._try_to_write

    def try_to_write(folder):
        if str(folder) in refused or not Path(folder).is_dir():
            raise OSError(number, os.strerror(number), str(folder))
        write(folder)

    monkeypatch.setattr(surroundings, "_try_to_write", try_to_write)


@pytest.mark.parametrize(("set_by_user", "kept"), [(None, 10_000), ("50", 50)])
def test_freed_memory_is_kept_for_seconds_unless_the_user_says_otherwise(
    tmp_path, monkeypatch, set_by_user, kept
):
    monkeypatch.delenv("MIMALLOC_PURGE_DELAY", raising=False)
    if set_by_user:
        monkeypatch.setenv("MIMALLOC_PURGE_DELAY", set_by_user)
    assert prepare(tmp_path) == ""
    # As the allocator itself says it when Arrow is loaded.
    environment = os.environ | {"MIMALLOC_VERBOSE": "1"}
    command = [sys.executable, "-c", "import pyarrow; pyarrow.array([1])"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert re.search(rf"purge_delay'?:? +{kept}\b", done.stderr), done.stderr


def test_where_nothing_is_missing_nothing_is_replaced(tmp_path, full):
    assert replacements(tmp_path, full) == ({}, [])


@pytest.mark.parametrize("named", ["not/there", "locked"])
def test_temporary_files_go_to_the_state_folder_where_their_own_cannot_be_written(
    tmp_path, full, monkeypatch, named
):
    (tmp_path / "locked").mkdir()
    refuse(monkeypatch, tmp_path / "locked")
    full["TMPDIR"] = str(tmp_path / named)
    variables, remarks = replacements(tmp_path, full)
    own = str(tmp_path / ".drumcorpus/tmp")
    assert variables == {"TMPDIR": own, "TEMP": own, "TMP": own}
    assert Path(own).is_dir()
    assert remarks == [f"No temporary file can be written in {tmp_path / named}; they go to {own}."]


def test_a_machine_without_tmp_has_one_in_the_state_folder(tmp_path, full, monkeypatch):
    refuse(monkeypatch, "/tmp", "/var/tmp")
    variables, remarks = replacements(tmp_path, full | {"TMPDIR": ""})
    assert variables["TMPDIR"] == str(tmp_path / ".drumcorpus/tmp")
    assert "in /tmp nor /var/tmp; they go to" in remarks[0]


def test_caches_go_to_the_state_folder_where_the_home_cannot_be_written(
    tmp_path, full, monkeypatch
):
    refuse(monkeypatch, tmp_path / "home/.cache")
    variables, remarks = replacements(tmp_path, full)
    own = tmp_path / ".drumcorpus/cache"
    assert variables == {
        "XDG_CACHE_HOME": str(own),
        "NUMBA_CACHE_DIR": str(own / "numba"),
        "MPLCONFIGDIR": str(own / "mplconfigdir"),
    }
    assert (own / "numba").is_dir() and f"caches go to {own}" in remarks[0]


def test_a_user_without_a_home_and_a_name_gets_both(tmp_path, monkeypatch):
    def unknown(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(surroundings.pwd, "getpwuid", unknown)
    variables, _ = replacements(tmp_path, {"TMPDIR": str(tmp_path)})
    assert variables["HOME"] == str(tmp_path / ".drumcorpus/cache")
    assert variables["USER"] == variables["LOGNAME"] == f"uid{os.getuid()}"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "may not"),
        (errno.EROFS, "is mounted read-only; nothing was begun"),
        (errno.ENOSPC, "there is not enough space for it"),
    ],
    ids=["foreign", "read-only", "full"],
)
def test_a_folder_that_cannot_be_written_refuses_the_run_in_words(
    tmp_path, monkeypatch, number, words
):
    refuse(monkeypatch, tmp_path, number=number)
    said = refusal(tmp_path)
    assert said.startswith(f"STOPPED: {tmp_path} could not be") and words in said
    assert "what is finished is kept" in said and "rrno" not in said
    assert prepare(tmp_path) == said


def test_limits_are_remarked_on(tmp_path, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda which: (5_000_000, 5_000_000))
    usage = surroundings.shutil._ntuple_diskusage(9_000_000, 0, 2_600_000)
    monkeypatch.setattr(surroundings.shutil, "disk_usage", lambda folder: usage)
    assert remarks_on_limits(tmp_path) == [
        "No file may be larger than 5,000,000 bytes here (ulimit -f); larger products will fail.",
        f"Only 2.6 MB are free in {tmp_path}.",
    ]


def test_the_number_of_open_files_is_raised_to_what_is_allowed(monkeypatch):
    limits = {resource.RLIMIT_NOFILE: (64, 1024)}
    monkeypatch.setattr(resource, "getrlimit", limits.get)
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    allow_many_files()
    assert limits[resource.RLIMIT_NOFILE] == (1024, 1024)


WRITES_LONG = """
import sys
from drumcorpus.ground.run.terminal import open_standard_streams, write
open_standard_streams()
for _ in range(10):
    write(sys.stdout, "x" * 100_000)
write(sys.stderr, "the work goes on\\n")
"""


def run_in_shell(line):
    command = ["bash", "-c", line, "bash", sys.executable, WRITES_LONG]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_reader_that_leaves_stops_no_work():
    done = run_in_shell('"$1" -c "$2" | head -c 10; echo ${PIPESTATUS[0]}')
    assert done.stdout == "x" * 10 + "0\n"
    assert done.stderr == "the work goes on\n"


def test_a_terminal_that_is_closed_stops_no_work():
    assert run_in_shell('"$1" -c "$2" >&- 2>&-; echo $?').stdout == "0\n"


def test_what_is_started_without_a_terminal_has_streams_too():
    inner = "import sys; sys.stdin.read(); sys.stderr.write(str(1)); sys.stdout.write(str(1))"
    outer = (
        "import subprocess, sys\n"
        "from drumcorpus.ground.run.terminal import open_standard_streams\n"
        "open_standard_streams()\n"
        "sys.stderr.write(str(1))\n"
        f"sys.exit(subprocess.run([sys.executable, '-c', {inner!r}]).returncode)\n"
    )
    line = '"$1" -c "$2" <&- >&- 2>&-; echo $?'
    command = ["bash", "-c", line, "bash", sys.executable, outer]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "0\n"


def test_a_letter_that_the_terminal_does_not_have_is_written_as_its_number():
    line = 'PYTHONUTF8=0 PYTHONIOENCODING=latin-1:strict "$1" -c "$2"'
    code = (
        "import sys; from drumcorpus.ground.run.terminal import write; write(sys.stdout, '\\u0142')"
    )
    command = ["bash", "-c", line, "bash", sys.executable, code]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"\\u0142"


@pytest.mark.parametrize("name", ["logs", "results", ".drumcorpus"])
def test_a_file_where_a_folder_of_the_run_belongs_is_refused_in_a_sentence(tmp_path, name):
    (tmp_path / name).write_text("mine")
    said = refusal(tmp_path)
    assert said.startswith(f"STOPPED: {tmp_path / name} is no folder, and a run writes to a folder")
    assert said.endswith("then run the same command again.")
    assert [path.name for path in tmp_path.iterdir()] == [name]


JOB = """
import sys
import pyarrow as pa
from drumcorpus.ground.run.surroundings import spare_pandas
{before}
spare_pandas()
table = pa.Table.from_pylist([{{"x": 1, "y": None}}, {{"x": None, "y": "b"}}])
print("pandas" in sys.modules, table["x"].to_pylist(), table["y"].to_pylist())
{after}
"""
IN_PANDAS = """
frame = table.to_pandas()
print(sys.modules["pandas"].__version__ != "0", frame.shape, pa.array(frame["y"]).to_pylist())
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", "False [1, None] [None, 'b']"),
        ("", "print(pa.array([1.0, float('nan')], from_pandas=True).null_count)", "1"),
        ("", IN_PANDAS, "True (2, 2) [None, 'b']"),
        ("import pandas", IN_PANDAS, "True (2, 2) [None, 'b']"),
    ],
    ids=["lists", "nan_as_null", "wanted_later", "wanted_before"],
)
def test_a_job_makes_tables_of_lists_without_pandas_and_gets_it_where_it_asks(before, after, said):
    code = JOB.format(before=before, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said in done.stdout.splitlines() and not done.stderr


SCRIPT = """
import sys
from types import SimpleNamespace
from drumcorpus.ground.run.job import open_job

named = SimpleNamespace(items=lambda: [], values=lambda: [])
open_job(SimpleNamespace(rule="r", wildcards=named, output=named, params=named, log=["logs/r.log"]))
print("pyarrow" in sys.modules)

from drumcorpus.schemas import SESSIONS
import pyarrow as pa
print(pa.Table.from_pylist([{"session_id": "a"}], SESSIONS).num_rows, "pandas" in sys.modules)
"""


def test_a_script_that_opens_its_job_first_makes_tables_without_pandas(tmp_path):
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", "1 False"]


def test_sparing_pandas_imports_no_arrow():
    code = (
        "import sys; from drumcorpus.ground.run.surroundings import spare_pandas; spare_pandas(); "
        "print({'pyarrow', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_file_system_without_rights_is_refused_before_anything_begins(tmp_path, monkeypatch):
    def refused(path, *rest, **settings):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), os.fspath(path))

    monkeypatch.setattr(os, "chmod", refused)
    said = refusal(tmp_path)
    assert said.startswith(f"STOPPED: the file system of {tmp_path} refuses to set the rights of")
    assert "--directory DIR" in said
    assert list((tmp_path / STATE_FOLDER).iterdir()) == [], "what was tried is taken away"


FREED = """
import resource, sys
import numpy as np
from drumcorpus.ground.run.surroundings import prepare_job
if len(sys.argv) > 1:
    prepare_job()
faults = []
for turn in range(200):
    blocks = [np.ones(200_000) for _ in range(4)]
    del blocks
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[0])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_job_keeps_the_pages_that_it_frees():
    commands = ([sys.executable, "-c", FREED, *more] for more in (["kept"], []))
    runs = (subprocess.run(each, capture_output=True, check=True).stdout for each in commands)
    kept, given_back = map(int, runs)
    assert kept < 1_000 < given_back
