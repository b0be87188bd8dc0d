"""Products made with other versions of libraries, in words."""

from pathlib import Path

import numpy
import pytest

from drumcorpus.ground.run.run_manifest import SCHEMA, other_software, write_manifests
from drumcorpus.ground.run.state import other_software_in_words


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()


def make(name, **software):
    Path(f"results/{name}.json").write_text("{}")
    plan = {
        "schema": SCHEMA,
        "rule": "count",
        "wildcards": {},
        "script": {"path": "workflow/scripts/count.py", "code": "0" * 16, "software": software},
        "params": {},
        "inputs": [],
    }
    write_manifests(plan, [("table", f"results/{name}.json")], {})


def test_products_of_the_versions_here_are_not_spoken_of():
    make("a", numpy=numpy.__version__)
    assert other_software_in_words() == ""


def test_others_are_counted_with_both_versions():
    make("a", numpy="1.0.0")
    make("b", numpy=numpy.__version__)
    assert other_software_in_words() == (
        f"1 product made with other versions of libraries: numpy 1.0.0 (here {numpy.__version__}). "
        "They stand, for the config says `software: recorded`."
    )


def test_a_library_that_is_gone_is_named():
    make("a", numpy="1.0.0")
    make("b", gonelib="3.1")
    said = other_software_in_words()
    assert said.startswith(
        "2 products made with other versions of libraries: gonelib 3.1 (here none)"
    )


def test_only_the_libraries_that_differ_are_named():
    manifest = {"script": {"software": {"numpy": "1", "soxr": "2"}}}
    assert other_software(manifest, {"numpy": "1", "soxr": "3"}) == {"soxr": "2"}
    assert other_software(None, {"numpy": "1"}) == {}
