"""What takes long to import, and most jobs do not need, is imported where it is needed."""

import json
import subprocess
import sys

import pytest
from checkout import REPO

sys.path.insert(0, str(REPO / "bench"))
from imports import imports_of

# Seconds each: distributions of chance, and the fit of a model that is shipped.
LONG = ["scipy.stats", "sklearn", "pandas"]


@pytest.mark.parametrize(
    "name",
    ["fingerprint_sessions", "measure_distribution", "take_inventory", "train_cymbal_model"],
)
def test_a_script_begins_without_what_takes_long(name):
    imports = imports_of(REPO / f"workflow/scripts/{name}.py")
    asks = f"import json, sys\nprint(json.dumps([n for n in {LONG} if n in sys.modules]))"
    command = [sys.executable, "-c", f"{imports}\n{asks}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == []
