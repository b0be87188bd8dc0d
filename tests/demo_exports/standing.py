"""The exports of the demo as `make run` leaves them below demo/; `make test-loading` makes them."""

import os
import subprocess
import sys

import pytest
from checkout import REPO

DEMO = REPO / "demo"
EXPORTS = DEMO / "results/export/prod_combined"
NAMES = ("clips", "segments", "sessions", "shards")
SPLITS = {"train": "train", "validation": "val", "test": "test"}  # and their folders
STANDING = pytest.mark.skipif(
    not all((EXPORTS / name / "SHA256SUMS").is_file() for name in NAMES),
    reason="the exports of the demo are not there: make run",
)


def run_python(code, folder):
    """What code says that is run in a folder, as a user types it into a file."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPO / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
