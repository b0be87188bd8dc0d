"""Cymbals told apart by a mixture, and by kit where a card says so, through the real snakemake."""

import json
from collections import Counter, defaultdict

import pyarrow.parquet as pq
import pytest
from checkout import REPO
from small_project import new_project

from drumcorpus.demo import egmd, groove_mididataset

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # builds a corpus of its own
# The numbers of the source are hidden, and are the truth.
MIXTURE = {"use_metadata": False, "clustering": {"method": "mixture"}}
OF_MIXTURE = {"train_cymbal_model", "pool_kits"}
MODEL = "resources/crash/cymbal_model.json"


@pytest.fixture(scope="module")
def by_kit(tmp_path_factory):
    """E-GMD's demo, three kits, and Groove's: two kits by the name of one, which its card pools."""
    project = new_project(tmp_path_factory.mktemp("by_kit") / "project", REPO)
    kits = REPO / "resources/demo/kits.yaml"
    egmd.write_corpus(project.path("egmd"), kits, seed=7, n_performances=6)
    groove_mididataset.write_corpus(project.path("raw"), kits, seed=7, n_performances=5)
    project.configure(
        use=["groove_mididataset", "egmd"],
        source_sets={
            "groove_mididataset": {"roots": ["raw"], "shards": 2},
            "egmd": {"roots": ["egmd"], "shards": 1},
        },
        crash=MIXTURE,
    )
    project.snakemake("crash")
    return project


def table(project, path):
    return pq.read_table(project.path(f"results/{path}.parquet")).to_pylist()


def planned(project, **crash):
    """Names of the rules that a run with other settings of the stage would have work for."""
    project.configure(crash=crash)
    try:
        said = project.snakemake("-n", "crash").said
    finally:
        project.configure(crash=MIXTURE)
    return {line.split()[0] for line in said.splitlines() if line.split()[1:2] and "_" in line}


def test_a_cymbal_has_one_number_in_all_sessions_of_its_kit(by_kit):
    kits = table(by_kit, "crash/kits/egmd")
    assert len({row["kit_id"] for row in kits}) == 3
    assert [row["cymbal"] for row in kits] == [1, 2] * 3
    assert {row["n_sessions"] for row in kits} == {2}
    kit_of = {row["session_id"]: row["kit_id"] for row in table(by_kit, "sessions/egmd")}
    rows = table(by_kit, "crash/assignments/egmd")
    assert {row["method"] for row in rows} == {"kit_mixture"}
    numbers = defaultdict(Counter)
    for row in rows:
        if row["accepted"]:
            numbers[kit_of[row["session_id"]], row["label"]][row["cymbal"]] += 1
    assert len(numbers) == 6
    assert all(len(struck) == 1 for struck in numbers.values()), numbers


def test_two_kits_with_one_id_are_said_and_their_sessions_are_told_apart_alone(by_kit):
    (kit,) = table(by_kit, "crash/kits/groove_mididataset")
    assert (kit["reason"], kit["n_cymbals"], kit["cymbal"]) == ("shared_kit_id", 4, None)
    log = by_kit.path("logs/pool_kits/groove_mididataset.log").read_text()
    assert "kit 'roland_td11': its sessions have 4 cymbals of the family crash" in log
    assert "take recorded_alike from the card" in log
    rows = table(by_kit, "crash/assignments/groove_mididataset")
    assert {row["method"] for row in rows} == {"gaussian_mixture"}
    manifest = by_kit.path("results/crash/kits/groove_mididataset.parquet.manifest.json")
    assert json.loads(manifest.read_text())["counters"]["shared_kit_ids"] == 1


def test_rules_of_the_mixture_run_only_where_it_is_asked_for(by_kit):
    linkage = planned(by_kit, use_metadata=False, clustering={"method": "linkage"})
    assert "cluster_crashes" in linkage
    assert linkage & OF_MIXTURE == set()
    known = planned(by_kit, use_metadata=True, clustering={"method": "mixture"})
    assert known >= {*OF_MIXTURE, "cluster_crashes"}
    assert "embed_crashes" not in known


def test_a_changed_model_numbers_the_cymbals_anew_and_reads_no_audio(by_kit):
    path = by_kit.path(MODEL)
    shipped = path.read_text()
    model = json.loads(shipped)
    model["chances"]["one_alone"] = 0.95
    path.write_text(json.dumps(model))
    try:
        made = {job.split()[0] for job in by_kit.jobs("crash")}
        now = json.loads(by_kit.path("results/crash/cymbal_model.json").read_text())
    finally:
        path.write_text(shipped)
        by_kit.snakemake("crash")
    assert now["chances"]["one_alone"] == 0.95
    assert made >= {*OF_MIXTURE, "cluster_crashes"}
    assert made & {"embed_crashes", "ingest_sessions", "take_inventory"} == set()
    back = json.loads(by_kit.path("results/crash/cymbal_model.json").read_text())
    assert back == json.loads(shipped)


def test_a_model_of_another_feature_set_is_refused_by_a_sentence(by_kit):
    path = by_kit.path(MODEL)
    shipped = path.read_text()
    path.write_text(json.dumps(json.loads(shipped) | {"features": "0123456789abcdef"}))
    try:
        done = by_kit.snakemake("crash", check=False)
    finally:
        path.write_text(shipped)
    assert done.returncode != 0
    assert "cymbal_model.json: the model is of another feature set (0123456789abcdef" in done.said
    by_kit.snakemake("crash")
    assert by_kit.path("results/crash/cymbal_model.json").is_file()
