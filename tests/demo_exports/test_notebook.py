"""The notebook from a manifest to a batch: what is stored in it is what comes out."""

import json

import pytest
from checkout import REPO
from standing import DEMO, STANDING

pytestmark = pytest.mark.loading
NOTEBOOK = REPO / "docs/manifest_to_batch.ipynb"
STORED = json.loads(NOTEBOOK.read_text())


def outputs(notebook):
    return [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


@STANDING
def test_executed_anew_on_the_demo_it_gives_the_very_bytes(monkeypatch):
    for name in ("nbclient", "ipykernel", "torch"):
        pytest.importorskip(name, reason=f"{name} is not installed: make test-loading")
    import nbformat

    monkeypatch.setenv("PYTHONPATH", str(REPO / "src"))
    monkeypatch.syspath_prepend(REPO / "docs")
    from execute_notebook import execute

    executed = nbformat.writes(execute(nbformat.read(NOTEBOOK, as_version=4), str(DEMO)))
    assert outputs(json.loads(executed)) == outputs(STORED)
    assert f"{executed}\n" == NOTEBOOK.read_text()
