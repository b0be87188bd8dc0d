"""What is built once for a session of tests, whichever of its workers asks first."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """A folder that the first worker to ask for it builds; the others wait, then find it.

    Parameters
    ----------
    factory
        Of this worker; the folder lies beside those of all workers.
    name
        Of the folder.
    build : callable
        Builds into the folder that it gets, which is not there yet.
    """
    common = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    folder, is_built = common / name, common / f"{name}.built"
    with (common / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_built.exists():
            shutil.rmtree(folder, ignore_errors=True)  # what a failed try has left
            build(folder)
            is_built.touch()
    return folder
