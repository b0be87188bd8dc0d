"""What is remembered of raw data, and raw data that are not as before, by the real snakemake."""

import json

import pytest

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # each change is carried through the chain
SET = "groove_mididataset"
MEMORY = f".drumcorpus/digests/{SET}.json"
CHANGED = "raw files changed since the last inventory: 1 (LICENSE)"


def inventory(project, *arguments, check=True):
    """Have the inventory taken, whatever Snakemake thinks of it."""
    asked = ("inventory", "--forcerun", "take_inventory", *arguments)
    return project.snakemake(*asked, check=check).said


def test_what_was_edited_in_the_memory_of_raw_files_reaches_no_product(project):
    before = project.products()
    memory = json.loads(project.path(MEMORY).read_text())
    for entry in memory.values():
        entry["sha256"] = "0" * 64
        if "audio" in entry:
            entry["audio"]["duration"] = 0.5
    project.path(MEMORY).write_text(json.dumps(memory))
    said = inventory(project)
    n = len(memory)
    assert f"{MEMORY}: {n} of {n} entries are not as they were written." in said
    assert project.products() == before
    assert "are not as they were" not in inventory(project)


def test_a_damaged_inventory_is_made_anew_by_the_next_run(project):
    before = project.products()
    path = project.path(f"results/inventory/{SET}.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)  # in place, so that what is kept of it is damaged too
    said = inventory(project)
    assert f"results/inventory/{SET}.parquet: that of the last run is not what its run" in said
    assert "cannot be told" in said
    assert project.products() == before


def test_changed_raw_files_are_named_refused_and_accepted_once(project):
    assert project.path("raw/LICENSE").is_file()
    project.path("raw/LICENSE").write_text("another licence")
    refuse = ("--config", "inventory={changed: refuse}")
    for _ in range(2):
        said = inventory(project, *refuse, check=False)
        assert f"{CHANGED}. Put them back" in said and "Traceback" not in said
    assert not project.path(f"results/inventory/{SET}.parquet").exists()
    said = inventory(project, "--config", "inventory={changed: report}")
    assert f"take_inventory {SET}: {CHANGED}\n" in said
    assert "raw files changed" not in inventory(project, *refuse)
