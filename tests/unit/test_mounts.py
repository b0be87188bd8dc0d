"""What a test has mounted is unmounted though the test is killed."""

import os
import signal
import subprocess
import sys
import time

import pytest
from checkout import REPO
from mounts import unmounted_at_last

MOUNT = ("mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs")
KILLED = """\
import os, signal, subprocess, sys
from pathlib import Path
from mounts import unmounted_at_last

with unmounted_at_last(Path(sys.argv[1])) as folder:
    for _ in range(2):
        subprocess.run([*sys.argv[2:], folder], check=True)
    assert os.path.ismount(folder)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder on which something can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        done = subprocess.run([*MOUNT, folder], capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    subprocess.run(["umount", folder], check=True)
    return folder


def test_what_is_in_use_is_unmounted_when_the_test_ends(folder):
    with pytest.raises(KeyError), unmounted_at_last(folder):
        subprocess.run([*MOUNT, folder], check=True)
        used = (folder / "file").open("w")
        raise KeyError("an error of the test")
    used.close()
    assert not os.path.ismount(folder)


def test_all_is_unmounted_when_the_process_is_killed(folder):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), *MOUNT],
        env=os.environ | {"PYTHONPATH": str(REPO / "tests")},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while os.path.ismount(folder):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_where_nothing_is_mounted_nothing_is_done(tmp_path):
    with unmounted_at_last(tmp_path) as folder:
        (folder / "file").write_text("stays")
    assert (tmp_path / "file").read_text() == "stays"
