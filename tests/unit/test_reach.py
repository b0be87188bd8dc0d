"""What a job reaches: an edit of a module makes stale what `tests/unit/reach.yaml` says, no more.

The table is kept by hand: for every module below stages/ it says which scripts may reach it. Where
a script reaches more than it should, narrow its imports; where the new reach
is meant, correct the table. `python tests/unit/test_reach.py` prints the table as it is.
"""

import sys
from pathlib import Path

import pytest
import yaml

from drumcorpus.ground.run.code_digest import reached_modules

REPO = Path(__file__).resolve().parents[2]
LIBRARY = REPO / "src/drumcorpus"
TABLE = Path(__file__).with_name("reach.yaml")
SCRIPTS = sorted((REPO / "workflow/scripts").glob("*.py"))
SOURCE_SETS = [f"drumcorpus.source_sets.{p.stem}" for p in LIBRARY.glob("source_sets/[a-z]*.py")]
# Scripts that load the module of a source set by its name.
LOADS_A_SOURCE_SET = ("take_inventory", "ingest_sessions")
# Jobs that make data; what they cost is hours of a corpus, or what hangs on them is all of it.
MAKE_DATA = [
    *("take_inventory", "shard_sessions", "ingest_sessions", "gather_events", "write_provenance"),
    *("check_audio", "find_crash_candidates", "embed_crashes", "cluster_crashes"),
    *("gather_crashes", "fingerprint_sessions", "decide_splits", "shard_splits", "alias_events"),
    *("compare_labels", "merge_manifest", "publish_manifest", "derive_weights", "write_samples"),
    *("list_labels", "assemble_export", "score_onsets"),
]
PEOPLE = ("ground/pages/", "stages/audit/", "stages/gates/", "stages/health/", "stages/releases/")


def reach(script):
    """Paths below the package of the modules that a script reaches, whatever it loads by name."""
    modules = SOURCE_SETS if script.stem in LOADS_A_SOURCE_SET else []
    paths = reached_modules(script, LIBRARY, modules)
    return [path for path in paths if not path.endswith("__init__.py")]


def reach_table():
    """Scripts by module below stages/, both in order."""
    modules = sorted(p.relative_to(LIBRARY).as_posix() for p in LIBRARY.glob("stages/*/*.py"))
    table = {name: [] for name in modules if not name.endswith("__init__.py")}
    for script in SCRIPTS:
        for path in reach(script):
            if path in table:
                table[path].append(script.stem)
    return table


@pytest.fixture(scope="module")
def computed():
    return reach_table()


def test_the_table_names_every_module_of_the_stages(computed):
    assert sorted(yaml.safe_load(TABLE.read_text())) == sorted(computed)


def test_scripts_reach_what_the_table_says(computed):
    stated = yaml.safe_load(TABLE.read_text())
    differs = {
        module: {"reached by": scripts, "stated": stated.get(module)}
        for module, scripts in computed.items()
        if scripts != stated.get(module)
    }
    assert differs == {}


@pytest.mark.parametrize("name", MAKE_DATA)
def test_a_job_that_makes_data_reaches_nothing_that_is_made_for_people(name):
    paths = reach(REPO / f"workflow/scripts/{name}.py")
    assert [path for path in paths if path.startswith(PEOPLE) or path.endswith("page.py")] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_job_of_one_stage_reaches_no_work_of_another(script):
    """Two stages at most: the draw of splits is handed to the inventory, gates to a report."""
    stages = {path.split("/")[1] for path in reach(script) if path.startswith("stages/")}
    may_meet = {
        "take_inventory": {"inventory", "splits"},
        "measure_health": {"health", "gates"},
        "measure_source_set": {"health", "gates"},
        "measure_export": {"export", "gates"},
        "smoke": {"export", "gates"},
        "verify": {"export"},
    }
    assert len(stages) <= 1 or stages == may_meet.get(script.stem)


def test_writing_samples_does_not_reach_what_is_assembled_around_them():
    assert "stages/export/assemble.py" not in reach(REPO / "workflow/scripts/write_samples.py")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_no_job_hangs_on_what_surrounds_its_work(script):
    around = {
        f"ground/run/{name}.py" for name in ("job", "file_lock", "kept", "progress", "run_log")
    }
    assert around.isdisjoint(reach(script))


if __name__ == "__main__":
    yaml.safe_dump(reach_table(), sys.stdout, width=100, default_flow_style=None)
