"""A source set without a manifest, and one source set several times, through the real snakemake."""

import shutil

import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from checkout import REPO
from small_project import new_project
from sounds import write_sound

from drumcorpus.demo import cambridge, groove_mididataset
from drumcorpus.ground.files.json_files import read_json

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # builds corpora of its own
KITS = REPO / "resources/demo/kits.yaml"


@pytest.fixture
def empty(tmp_path):
    return new_project(tmp_path / "project", REPO)


def configured(project, **overlay):
    project.path("mine.yaml").write_text(yaml.safe_dump(overlay))
    return project


def test_a_staged_set_alone_goes_through_all_and_is_held_to_its_own_gates(empty):
    cambridge.write_corpus(empty.path("raw"), KITS, seed=7)
    block = {"roots": ["raw"], "shards": 1, "gates": "resources/gates/source_set.yaml"}
    block["weights"] = "even"
    even = {"even": {"exponent": 1.0}}
    project = configured(empty, use=["cambridge"], source_sets={"cambridge": block}, weights=even)
    said = project.snakemake("all").said
    assert "manifests.prod_combined is left out" in said
    assert not project.path("results/manifests").exists()
    page = project.path("reports/releases/demo/health/source_sets/cambridge.html").read_text()
    report = read_json(project.path("reports/health/source_sets/cambridge.json"))
    asked = yaml.safe_load(project.path("resources/gates/source_set.yaml").read_text())
    assert {verdict["gate"] for verdict in report["gates"]} == set(asked)
    assert f"All {len(asked)} gates pass" in page
    weights = read_json(project.path("results/sampling/source_sets/cambridge.json"))
    assert (weights["profile"], weights["settings"]["exponent"]) == ("even", 1.0)
    assert 0 < weights["n_events"] <= report["totals"]["events"]
    assert weights["n_events"] == report["splits"]["train"]
    rows = pq.read_table(project.path("results/sampling/source_sets/cambridge.parquet"))
    assert rows.num_rows == weights["n_events"]
    assert project.jobs("all") == set()

    project.snakemake("bless")
    diff = project.path("reports/health/source_sets/cambridge.diff.json")
    project.snakemake("health")
    assert (read_json(diff)["baseline"], read_json(diff)["n_differences"]) == ("blessed", 0)

    project.path("raw/odd.wav").write_bytes(b"no sound")
    done = project.snakemake("weights", check=False)
    assert done.returncode == 1
    assert f"1 of {len(asked)} gates fail for cambridge" in done.said
    assert "max_quarantined: Raw files in quarantine: 1" in done.said
    assert "reports/health/source_sets/cambridge.html" in done.said


@pytest.mark.parametrize(
    "manifests", [{}, {"prod_combined": None}], ids=["no manifests", "a manifest that is null"]
)
def test_a_config_without_a_manifest_is_planned(empty, manifests):
    roots = {"cambridge": {"roots": ["raw"]}}
    groove_mididataset.write_corpus(empty.path("raw"), KITS, seed=7, n_performances=3)
    project = configured(empty, use=["cambridge"], source_sets=roots, manifests=manifests)
    said = project.snakemake("--dry-run", "--quiet", "rules", "all").said
    named = [line for line in said.splitlines() if "prod_combined" in line]
    assert named == [
        f"config: exports.{name} is left out with its manifest, prod_combined"
        for name in ("clips", "shards", "segments", "sessions")
    ]


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
