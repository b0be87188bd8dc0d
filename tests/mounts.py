"""File systems that tests mount: whatever ends a test, none stays mounted."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

# Waits for the end of its input, which comes when who started it lets go of it or dies, however it
# dies. Several may be mounted one over the other; one that is in use goes when it no longer is.
GUARD = 'cat >/dev/null; while umount --lazy "$0"; do :; done'


@contextlib.contextmanager
def unmounted_at_last(folder: Path) -> Iterator[Path]:
    """Unmount what is mounted on a folder when this ends, or the process in which it runs."""
    guard = subprocess.Popen(
        ["sh", "-c", GUARD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what ends a group of processes does not end it
    )
    try:
        yield folder
    finally:
        guard.stdin.close()
        guard.wait()


def mount(folder: Path, options: str) -> None:
    """Mount a file system in memory on a folder, or skip the test where that cannot be."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
