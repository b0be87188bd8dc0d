"""A hundred hostile files among small corpora: the run ends, and each file costs itself alone."""

import json
from importlib import import_module

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from hostile_files import hostile_files, put
from small_project import new_project

from drumcorpus.ground.pages.session_links import session_anchor

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SETS = ("groove_mididataset", "enst_drums", "idmt_smt_drums_v2", "mdb_drums", "slakh2100")
PEAK_MB = 2_000  # docs/limits.md
OVERLAY = {
    "use": list(SETS),
    "gates": "report",
    "source_sets": {name: {"roots": [f"raw/{name}"], "shards": 1} for name in SETS},
    "manifests": {"prod_combined": {"source_sets": list(SETS), "gates": "gates.yaml"}},
    # Every session is measured, so that every file is decoded.
    "checks": {"measure": {"sessions_per_set": None}},
    # All of them are shown, if with little sound.
    "listening": {"max_sessions": 300, "page_mb": 2},
}
FILES = hostile_files()


def build(folder, repo, hostile, targets):
    project = new_project(folder, repo)
    for name in SETS:
        module = import_module(f"drumcorpus.demo.{name}")
        kits = repo / "resources/demo/kits.yaml"
        module.write_corpus(project.path(f"raw/{name}"), kits, seed=7, n_performances=2)
    put(hostile, project.path("raw"))
    project.path("mine.yaml").write_text(yaml.safe_dump(OVERLAY))
    project.said = project.snakemake(*targets, check=False)
    return project


@pytest.fixture(scope="module")
def clean(tmp_path_factory, repo):
    return build(tmp_path_factory.mktemp("clean") / "project", repo, [], ["ingest", "crash"])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, repo):
    folder = tmp_path_factory.mktemp("hostile") / "project"
    return build(folder, repo, FILES, ["ingest", "health", "sessions"])


def rows(project, pattern):
    paths = sorted(project.path("results").glob(pattern))
    assert paths, pattern
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def reasons_by_session(project):
    """The reasons under which each session, or a file of it, is named."""
    named = {}
    for row in rows(project, "quarantine/*/*.parquet"):
        named.setdefault(row["session_id"], set()).add(row["reason"])
    for row in rows(project, "audio_checks/*/*.parquet"):
        if row["reason"]:
            named.setdefault(row["session_id"], set()).add(row["reason"])
    return named


def test_there_are_a_hundred_and_they_are_small():
    assert len(FILES) >= 100
    assert sum(len(file.content) for file in FILES) < 100e6


def test_the_run_ends_without_a_trace(hostile):
    said = hostile.said
    assert said.returncode == 0, said.said[-4000:]
    assert "Traceback" not in said.said


def test_each_is_named_under_its_reason_or_read(hostile, figures):
    named = reasons_by_session(hostile)
    events = {row["session_id"] for row in rows(hostile, "events/*.parquet")}
    wrong = []
    for file in FILES:
        reasons = named.get(file.session_id, set()) - {"missing_audio"}  # none is put there
        is_right = bool(reasons & set(file.reasons)) if file.reasons else not reasons
        if file.reasons == () and "before the start" not in file.name:
            is_right &= file.session_id in events
        if not is_right:
            wrong.append((file.name, file.session_id, file.reasons, sorted(reasons)))
    n_named = sum(bool(file.reasons) for file in FILES)
    figures(f"{len(FILES)} hostile files: {n_named} named, {len(FILES) - n_named} read")
    assert not wrong


def test_the_length_of_what_was_piped_is_the_length_that_is_there(hostile):
    files = {row["path"]: row for row in rows(hostile, "inventory/groove_mididataset.parquet")}
    for file in FILES:
        if file.name.startswith("sound") and file.reasons == () and "silence" not in file.name:
            assert files[file.path]["duration"] == 2.0, file.name


@pytest.mark.parametrize("table", ["events", "tallies", "crash/assignments"])
def test_every_other_session_is_as_without_them(clean, hostile, table):
    assert clean.said.returncode == 0
    theirs = {file.session_id for file in FILES}
    for name in SETS:
        expected = pq.read_table(clean.path(f"results/{table}/{name}.parquet"))
        got = pq.read_table(hostile.path(f"results/{table}/{name}.parquet"))
        is_theirs = pc.is_in(got["session_id"], pa.array(sorted(theirs), pa.string()))
        assert got.filter(pc.invert(is_theirs)).equals(expected), name


def test_the_page_of_sessions_says_of_each_sound_what_is_wrong_with_it(hostile):
    """Sound that inventory takes and that cannot be measured; the rest of it is played."""
    page = hostile.path("reports/sessions/groove_mididataset.html").read_text()
    checked = rows(hostile, "audio_checks/groove_mididataset/*.parquet")
    odd = [row for row in checked if row["reason"]]
    assert {row["reason"] for row in odd} == {"not_finite"}
    for row in odd:
        name = session_anchor(row["source_set"], row["session_id"])
        _, _, part = page.partition(f'<section class="card session" id="{name}"')
        part, _, _ = part.partition("</section>")
        said = part.partition("Sound could not be measured: ")[2].partition("<")[0]
        assert f"{row['session_id']}_rock_120_beat_4-4.wav: not_finite: " in said
        assert "reason not_finite" in said
        assert row["session_id"] in part


def test_no_job_takes_more_memory_than_is_stated(hostile, figures):
    log = hostile.path("logs/run_log.jsonl").read_text().splitlines()
    jobs = [row for row in map(json.loads, log) if "peak_memory_mb" in row]
    heaviest = max(jobs, key=lambda row: row["peak_memory_mb"])
    peak = heaviest["peak_memory_mb"]
    figures(f"largest job: {heaviest['rule']} with {peak:.0f} MB; allowed: {PEAK_MB:,} MB")
    assert peak < PEAK_MB
