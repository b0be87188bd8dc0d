"""What the stored notebook holds, and what it must not; `make test-loading` executes it anew."""

import json
import re

from checkout import REPO

NOTEBOOK = REPO / "docs/manifest_to_batch.ipynb"
STORED = json.loads(NOTEBOOK.read_text())
CODE = [cell for cell in STORED["cells"] if cell["cell_type"] == "code"]


def shown(cell):
    """What a cell shows as plain text."""
    texts = [out.get("data", {}).get("text/plain", out.get("text", "")) for out in cell["outputs"]]
    return "".join("".join(text) for text in texts)


def test_every_cell_was_executed_once_in_order_and_the_last_shows_a_batch():
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    kinds = {out["output_type"] for cell in CODE for out in cell["outputs"]}
    assert kinds <= {"execute_result", "stream"}
    assert "(8, 441000)" in shown(CODE[-1])
    assert "(8, 1000, 5)" in shown(CODE[-1])


def test_it_shows_that_classes_are_drawn_as_the_weights_say():
    (cell,) = [cell for cell in CODE if "sampler(" in "".join(cell["source"])]
    assert "share_after" in shown(cell)
    assert "drawn" in shown(cell)


def test_it_holds_no_place_no_time_and_no_version():
    text = NOTEBOOK.read_text()
    assert set(STORED["metadata"]) == {"kernelspec"}
    assert {key for cell in STORED["cells"] for key in cell["metadata"]} == set()
    for pattern in (r"/(home|root|tmp|work|usr)/", r"\d\d:\d\d:\d\d", r"0x[0-9a-f]{6}", r"Error"):
        assert re.findall(pattern, text) == [], pattern


def test_the_pages_lead_to_it():
    assert "](docs/manifest_to_batch.ipynb)" in (REPO / "README.md").read_text()
    assert "](manifest_to_batch.ipynb)" in (REPO / "docs/load.md").read_text()
