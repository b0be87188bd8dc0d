"""A job of the export loads no library that it does not use: there is a job for every shard."""

import re
import subprocess
import sys

import pytest
from checkout import REPO

# Each takes as long to load as a small shard to write.
SLOW = {"jinja2", "jsonschema", "librosa", "pandas", "scipy", "sklearn"}


@pytest.mark.parametrize("script", ["write_samples", "list_labels", "assemble_export"])
def test_a_job_of_the_export_loads_nothing_slow(script):
    text = (REPO / f"workflow/scripts/{script}.py").read_text()
    modules = re.findall(r"^from ([\w.]+) import", text, re.MULTILINE)
    assert "drumcorpus.ground.run.job" in modules
    code = f"import sys, {', '.join(modules)}; print(*{{m.split('.')[0] for m in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    loaded = set(done.stdout.split())
    assert {"drumcorpus", "pyarrow"} <= loaded
    assert loaded & SLOW == set()
