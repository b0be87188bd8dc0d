"""Jobs of demo sets in one process make what they make each in its own."""

import pytest
import yaml
from small_project import new_project

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SETS = ["idmt_smt_drums_v2", "mdb_drums"]
DONE_TOGETHER = {
    *(f"take_inventory {name}" for name in SETS),
    *(f"ingest_sessions {name} 000" for name in SETS),
    *(f"gather_events {name}" for name in SETS),
}


@pytest.fixture(scope="module")
def projects(tmp_path_factory, repo):
    """A project in which they are done together, and one in which each is alone."""
    made = []
    for groups in (1, None):
        project = new_project(tmp_path_factory.mktemp("project") / "project", repo)
        overlay = {"use": SETS, "demo": {"performances": 3, "together": groups}}
        project.path("mine.yaml").write_text(yaml.safe_dump(overlay))
        assert project.jobs("ingest") >= DONE_TOGETHER
        made.append(project)
    return made


def test_products_and_records_are_the_same_bytes(projects):
    together, alone = (project.products() for project in projects)
    assert len(alone) > 50
    assert {path: together[path] for path in alone} == alone
    # The provenance follows at once, which the target `ingest` does not ask for.
    assert {path.split("/")[1] for path in together.keys() - alone.keys()} == {
        *("missing", "provenance"),
    }


def test_a_job_that_is_asked_with_others_leaves_where_its_products_are_fresh(projects):
    together, _ = projects
    before = together.products()
    again = ["--forcerun", "together_inventory_0", "together_ingest_0"]
    assert together.jobs(*again, "--", "ingest") == set()
    assert together.jobs_logged("fresh") >= DONE_TOGETHER
    assert together.products() == before


def test_of_a_raw_file_that_changed_the_inventory_is_taken_and_the_demo_stays(projects):
    together, _ = projects
    path = min(together.path("data/demo/mdb_drums").rglob("*_class.txt"))
    path.write_text(path.read_text() + "\n")
    text = path.read_text()
    jobs = together.jobs("ingest")
    assert "take_inventory mdb_drums" in jobs
    assert "take_inventory idmt_smt_drums_v2" not in jobs
    assert path.read_text() == text
