"""The training check by the real snakemake: made when it is asked for, and held by a release."""

import copy

import pytest
from checkout import REPO
from small_project import GATES, OVERLAY, new_project, write_raw_data

from drumcorpus.demo.groove_mididataset import write_corpus
from drumcorpus.ground.files.json_files import read_json, write_json

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # each runs the workflow several times

REPORT = "reports/train_check/prod_combined/clips.json"
SMALL = {"trees": {"iterations": 5}, "tree_seeds": [0, 1], "draws": 200}
JOBS = {
    "describe_onsets prod_combined clips",
    "check_training prod_combined clips",
    "render_training prod_combined clips",
}


@pytest.fixture
def checked(tmp_path):
    """A project with performances enough for three splits, of which nothing is made."""
    project = new_project(tmp_path / "project", REPO)
    kits = REPO / "resources/demo/kits.yaml"
    write_corpus(project.path("raw"), kits, seed=7, n_performances=12)
    project.configure(train_check=SMALL)
    return project


def test_it_is_made_once_asked_for_and_a_release_holds_it(checked):
    assert not JOBS & checked.jobs("all")
    index = checked.path("reports/releases/demo/index.json")
    assert read_json(index)["train_check"] == {"prod_combined": "not run"}
    page = index.with_suffix(".html").read_text()
    assert "not run" in page
    assert checked.jobs("train_check") == JOBS
    report = read_json(checked.path(REPORT))
    assert report["events"]["test"]["taken"] > 0
    assert report["by_class"]["kick"]["state"] == "scored"
    assert checked.jobs("train_check") == set()

    # Other trees decode nothing.
    checked.configure(train_check=SMALL | {"trees": {"iterations": 6}})
    assert checked.jobs("train_check") == JOBS - {"describe_onsets prod_combined clips"}

    blessed = copy.deepcopy(read_json(checked.path(REPORT)))
    gate = {"report": "blessed.json", "min_effect": 0.02, "max_regression": 0.1}
    write_json(checked.path("blessed.json"), blessed)
    checked.set_gates(**GATES, train_check=gate)
    crashes = [n for n in blessed["crashes"] if blessed["by_class"][n]["state"] == "scored"]
    if crashes:
        checked.snakemake("release")
        assert read_json(index)["train_check"] == {"prod_combined": "passed"}
        blessed["by_class"][crashes[0]] |= {"f": 1.0, "state": "scored"}
        report = read_json(checked.path(REPORT))
    blessed["told_apart"] |= {"area": 1.0}
    write_json(checked.path("blessed.json"), blessed)
    stopped = checked.snakemake("release", check=False)
    assert stopped.returncode == 1
    assert "gates fail for the training check of prod_combined" in stopped.said
    assert "not scored any more" in stopped.said or "limit" in stopped.said
    checked.snakemake("--config", "gates=report", "--", "release")
    assert read_json(index)["train_check"] == {"prod_combined": "failed"}


def test_a_gate_that_nothing_answers_is_refused_before_any_job(tmp_path):
    project = new_project(tmp_path / "project", REPO)
    write_raw_data(project)
    gate = {"report": "nowhere.json", "min_effect": 0.02, "max_regression": 0.1}
    project.set_gates(**GATES, train_check=gate)
    said = project.snakemake("release", check=False).said
    assert "train_check.report: nowhere.json is not there" in said
    project.path("nowhere.json").write_text("{}")
    project.configure(exports=OVERLAY["exports"] | {"clips": None})
    said = project.snakemake("release", check=False).said
    assert "the check learns from no export of prod_combined" in said


NETWORKS = "reports/train_check/networks/prod_combined/segments"
FEW = {"tier": "S", "learning": {"epochs": 2, "pieces": 16}}
LEARN, RENDER = (f"{rule}_networks prod_combined segments" for rule in ("learn", "render"))


def test_networks_are_learned_where_a_tier_is_named(checked):
    pytest.importorskip("torch", reason="torch is not installed: requirements-torch.lock")
    checked.configure(train_check=SMALL | {"networks": FEW})
    assert {LEARN, RENDER} <= checked.jobs("train_check")
    report = read_json(checked.path(f"{NETWORKS}.json"))
    assert (report["state"], report["tier"], report["seeds"][0]["seed"]) == ("run", "S", 0)
    assert len(report["seeds"][0]["curve"]) == 2
    assert report["by_class"]["kick"]["strokes"]["test"] > 0
    assert "2.13" in report["torch"]
    page = checked.path(f"{NETWORKS}.html").read_text()
    assert "Learning" in page
    assert checked.jobs("train_check") == set()
    memory = checked.path(".drumcorpus/networks")
    assert list(memory.rglob("*.npy"))
    assert not list(memory.rglob("*.pt"))

    # Another number of pieces decodes nothing; what was there stays.
    times = {path: path.stat().st_mtime_ns for path in memory.rglob("*.npy")}
    fewer = FEW | {"learning": {"epochs": 1, "pieces": 8}}
    checked.configure(train_check=SMALL | {"networks": fewer})
    assert checked.jobs("train_check") == {LEARN, RENDER}
    assert {path: path.stat().st_mtime_ns for path in memory.rglob("*.npy")} == times
    checked.configure(train_check=SMALL | {"networks": FEW | {"exports": ["clips"]}})
    said = checked.snakemake("train_check", check=False).said
    assert "config: train_check.networks.exports: 'clips' is of clips" in said
