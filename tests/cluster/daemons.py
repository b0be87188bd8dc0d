"""Daemons of a cluster that a test starts: begun by a pid file each, and ended whatever happens.

A test that is killed can end nothing. So a guard is begun with them, in a session of its own: when
the pipe to the test closes, for whichever reason, it ends what is left in the folder.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

# Debian's folders of daemons, which are not on the path of everybody.
_SBIN = ("/usr/sbin", "/sbin")


def program(name: str) -> str | None:
    """Where a program is, or None."""
    return shutil.which(name) or shutil.which(name, path=":".join(_SBIN))


def wait_until(condition, seconds: float):
    """Wait until a condition holds, and return what it gives.

    Raises
    ------
    TimeoutError
        If it does not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {condition}")
        time.sleep(0.2)
    return value


def start_guard(folder: Path) -> subprocess.Popen:
    """A process that outlives this one if need be, and ends what works for a folder."""
    return subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(pids: list[int], seconds: float = 15.0) -> None:
    """End processes: by SIGTERM, and by SIGKILL what is there after some seconds."""
    send(signal.SIGTERM, pids)
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: not any(is_alive(pid) for pid in pids), seconds)
        return
    send(signal.SIGKILL, pids)


def send(number: int, pids: list[int]) -> None:
    """Send a signal to those of some processes that are there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def of_folder(folder: Path, *also: str) -> list[int]:
    """Processes whose variables name a folder, and have others, such as ``NAME=value``.

    Daemons and jobs of a cluster have its folder on their path.
    """
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            variables = (entry / "environ").read_bytes()
            named = f"{folder}/".encode() in variables
            if named and set(map(str.encode, also)) <= set(variables.split(b"\0")):
                pids.append(int(entry.name))
    return pids


def step_daemons(pids: list[int]) -> list[int]:
    """The daemons of the steps that processes belong to, where they are their parents."""
    daemons = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if Path(f"/proc/{parent}/comm").read_text().startswith("slurmstepd"):
                daemons.add(parent)
    return sorted(daemons)


def _end_all(folder: Path) -> None:
    """End what works for a folder, and take the folder away."""
    pids = [int(path.read_text()) for path in folder.glob("*.pid") if path.read_text().strip()]
    named = [pid for pid in pids if is_alive(pid) and str(folder) in _command_of(pid)]
    jobs = of_folder(folder)
    end([*named, *jobs, *step_daemons(jobs)])
    shutil.rmtree(folder, ignore_errors=True)


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.stdin.buffer.read()  # until the test has ended
    if Path(sys.argv[1]).is_dir():
        _end_all(Path(sys.argv[1]))
