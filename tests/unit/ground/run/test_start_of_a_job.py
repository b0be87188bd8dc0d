"""A job that finds its products fresh leaves before anything large is loaded."""

import subprocess
import sys

LARGE = {"duckdb", "librosa", "numpy", "pandas", "pyarrow", "scipy", "soundfile"}


def test_the_start_of_a_job_loads_no_large_library():
    code = "import sys, drumcorpus.ground.run.job; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    assert set(done.stdout.split()) & LARGE == set()
