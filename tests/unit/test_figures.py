"""What long tests measure is printed at the end of the session."""

import os
import subprocess
import sys

import pytest
from checkout import REPO

MEASURING = """
def test_a_long_thing(figures):
    figures("20 kills: 0 products lost")
    figures("12.5 s a start")


def test_another(figures):
    figures("of a test that fails")
    assert False
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_figures_are_printed_whichever_worker_measured_them(tmp_path, workers):
    (tmp_path / "test_measuring.py").write_text(MEASURING)
    plugins = ["-p", "figures", "-p", "no:cacheprovider", "-n", workers]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "test_measuring.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPO / "tests")},
        text=True,
        stdout=subprocess.PIPE,
        check=False,
    )
    for sentence in ("20 kills: 0 products lost", "12.5 s a start", "of a test that fails"):
        assert f"\n  {sentence}\n" in done.stdout
