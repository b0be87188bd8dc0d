"""A source set without a manifest, and one source set several times, through the real snakemake."""

import shutil

import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from checkout import REPO
from conftest import new_project
from sounds import write_sound

from drumcorpus.demo import cambridge, groove_mididataset
from drumcorpus.ground.files.json_files import read_json

pytestmark = pytest.mark.workflow
KITS = REPO / "resources/demo/kits.yaml"


@pytest.fixture
def empty(tmp_path):
    return new_project(tmp_path / "project", REPO)


def configured(project, **overlay):
    project.path("mine.yaml").write_text(yaml.safe_dump(overlay))
    return project


@pytest.mark.long
def test_a_staged_set_alone_goes_through_all(empty):
    cambridge.write_corpus(empty.path("raw"), KITS, seed=7)
    project = configured(
        empty, use=["cambridge"], source_sets={"cambridge": {"roots": ["raw"], "shards": 1}}
    )
    said = project.snakemake("all").said
    assert "manifests.prod_combined is left out" in said
    assert not project.path("results/manifests").exists()
    report = read_json(project.path("reports/health/source_sets/cambridge.json"))
    assert report["totals"]["events"] > 0
    assert project.jobs("all") == set()


@pytest.mark.parametrize(
    "manifests", [{}, {"prod_combined": None}], ids=["no manifests", "a manifest that is null"]
)
def test_a_config_without_a_manifest_is_planned(empty, manifests):
    roots = {"cambridge": {"roots": ["raw"]}}
    groove_mididataset.write_corpus(empty.path("raw"), KITS, seed=7, n_performances=3)
    project = configured(empty, use=["cambridge"], source_sets=roots, manifests=manifests)
    said = project.snakemake("--dry-run", "--quiet", "rules", "all").said
    assert "prod_combined" not in said


@pytest.mark.long
def test_three_renderings_of_one_performance_are_one_family(empty):
    names = ["groove_mididataset", "groove_kit2", "groove_kit3"]
    first = empty.path("raw/groove_mididataset")
    groove_mididataset.write_corpus(first, KITS, seed=7, n_performances=3)
    for name, gain in zip(names[1:], (0.5, 0.25), strict=True):
        root = empty.path(f"raw/{name}")
        shutil.copytree(first, root)
        for path in root.rglob("*.wav"):
            samples, rate = soundfile.read(path)
            write_sound(path, gain * samples[::-1], rate, subtype="PCM_16")
    others = {name: {"like": names[0], "roots": [f"raw/{name}"], "shards": 1} for name in names[1:]}
    project = configured(
        empty,
        use=names,
        source_sets={names[0]: {"roots": [f"raw/{names[0]}"], "shards": 1}} | others,
        manifests={"prod_combined": {"source_sets": names, "gates": "gates.yaml"}},
    )
    project.set_gates(max_unexplained_hits=0, max_quarantined=0, max_leaked_groups=0)
    project.snakemake("manifest", "ingest_groove_kit3")
    rows = pq.read_table(project.path("results/manifests/prod_combined.parquet")).to_pylist()
    assert {row["source_set"] for row in rows} == set(names)
    assert len({row["event_id"] for row in rows}) == len(rows)
    groups = {}
    for row in rows:
        groups.setdefault((row["group_id"], row["split"]), set()).add(row["source_set"])
    assert set(map(frozenset, groups.values())) == {frozenset(names)}
    assert len({group for group, _ in groups}) == len(groups) == 3
    page = project.path("reports/inventory.html").read_text()
    assert all(name in page for name in names)
