"""The table of docs/upstream_facts.md is what its command counts in the real files."""

import subprocess
import sys

import pytest
from checkout import REPO

ROOTS = {
    "groove": "groove_midi/groove",
    "slakh": "slakh/babyslakh_16k",
    "mdb": "mdb_drums",
}


@pytest.mark.long
@pytest.mark.parametrize("name", ROOTS, ids=list(ROOTS))
def test_the_table_of_the_page_is_counted(shared, name):
    root = shared / ROOTS[name]
    if not root.exists():
        pytest.skip(f"no real data: {ROOTS[name]} is not there")
    said = subprocess.run(
        [sys.executable, REPO / "bench/upstream_facts.py", f"--{name}", root],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    page = (REPO / "docs/upstream_facts.md").read_text(encoding="utf-8").splitlines()
    assert said.splitlines()[2:] == [line for line in page if line.startswith(f"| {name} |")]
