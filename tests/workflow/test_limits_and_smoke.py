"""Exports with a limit, and smoke runs, by the real snakemake on a small project."""

import re

import pyarrow.parquet as pq
import pytest
import yaml

from drumcorpus.load.exports import open_export

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SET = "groove_mididataset"
EXPORT = "results/export/prod_combined"
LIMITS = "results/limits/prod_combined"
LOSES_A_SAMPLE = """

_whole = decode_sound


def decode_sound(content):
    samples, rate = _whole(content)
    return samples[:-1], rate
"""


def below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def with_limit(project, n_events):
    clips = {"manifest": "prod_combined", "unit": "clip", "form": "files", "limit": n_events}
    project.configure(exports={"clips": clips, "shards": None, "sessions": None})


def test_a_limit_takes_its_events_and_says_so_everywhere(project):
    everything = pq.read_table(project.path("results/manifests/prod_combined.parquet")).num_rows
    with_limit(project, 12)
    said = project.snakemake("verify_export").said
    assert (
        f"limited to 12 events, spread over all source sets and splits: 12 of {everything:,}"
        in (said)
    )
    made = project.jobs("all")
    assert "limit_export prod_combined clips" in made
    assert not [job for job in made if " segments " in job and job.startswith("write_samples")]
    export = open_export(project.path(f"{EXPORT}/clips"))
    assert export.metadata["statistics"]["records"] == 12
    assert export.metadata["limit"]["taken"] == 12
    assert export.metadata["limit"]["of"] == everything
    assert "was limited to 12 events" in project.path(f"{EXPORT}/clips/README.md").read_text()
    taken = pq.read_table(project.path(f"{LIMITS}/clips.parquet")).to_pylist()
    of_clips = {}
    for split in ("train", "validation", "test"):
        for session_id in export.labels(split)["session_id"]:
            of_clips[session_id] = of_clips.get(session_id, 0) + 1
    assert of_clips == {row["session_id"]: row["n_taken"] for row in taken if row["n_taken"]}
    assert project.jobs("all") == set()
    assert "2 exports are as recorded" in project.snakemake("verify").said

    log = "\n".join(
        path.read_text() for path in project.path("logs/write_samples").rglob("clips/**/*.log")
    )
    assert sum(int(n) for n in re.findall(r": (\d+) clips", log)) == 12

    path = sorted(project.path(f"{LIMITS}/clips/{SET}").glob("*.parquet"))[0]
    before = path.read_bytes()
    path.unlink()
    assert "missing" in project.snakemake("verify", check=False).said
    project.snakemake("all")
    assert path.read_bytes() == before
    project.configure(exports={"shards": None, "sessions": None})
    project.snakemake("all")
    project.snakemake("--config", "prune=delete", "--", "prune")
    assert not project.path(LIMITS).exists()
    assert "2 exports are as recorded" in project.snakemake("verify").said


@pytest.mark.parametrize(
    ("overlay", "sentence"),
    [
        pytest.param({"exports": {"clips": {"limit": 0}}}, "exports.clips.limit: got 0", id="zero"),
        pytest.param(
            {"exports": {"clips": {"limit": -5}}}, "exports.clips.limit: got -5", id="below zero"
        ),
        pytest.param({"smoke": {"events": 0}}, "smoke.events: got 0", id="no events"),
        pytest.param(
            {"smoke": {"exports": ["segmnts"]}},
            "config: smoke.exports: 'segmnts' (did you mean 'segments'?)",
            id="unknown export",
        ),
    ],
)
def test_a_wrong_limit_is_refused_by_key_before_any_job(built, tmp_path, overlay, sentence):
    mine = yaml.safe_load(built.path("mine.yaml").read_text())
    for section, values in overlay.items():
        for key, value in values.items():
            of_section = mine.setdefault(section, {})
            if isinstance(value, dict):
                of_section.setdefault(key, {}).update(value)
            else:
                of_section[key] = value
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(mine))
    done = built.run(
        *("-m", "snakemake", "--configfile", str(tmp_path / "mine.yaml"), "--cores", "2", "smoke"),
        check=False,
    )
    assert done.returncode == 1
    assert sentence in done.said
    assert "Traceback" not in done.said


def test_a_smoke_run_says_what_it_measured_and_leaves_no_file(project):
    before = project.products()
    left = project.path(".drumcorpus/smoke/prod_combined/clips/export/train")
    left.mkdir(parents=True)  # of a run that was killed
    (left / "half.tar").write_bytes(b"half")
    assert "smoke" in project.snakemake("--dry-run", "smoke").said
    assert left.is_dir()
    said = project.snakemake("--config", "smoke={events: 24}", "--", "smoke").said
    for name in ("prod_combined/clips", "prod_combined/segments"):
        assert f"smoke: {name}\n" in said
    assert said.count("limited to 24 events, spread over all source sets and splits") == 2
    assert re.search(r"events: in clips \d+", said)
    assert re.search(r"held against the records: webdataset \d+, parquet \d+", said)
    assert said.count("The full run, about, on 2 cores: ") == 2
    assert said.count("\n  healthy") == 2
    assert "limited to 24 events" in project.path("logs/smoke.log").read_text()
    assert re.search(
        r"smoke: \d+ clips of groove_mididataset 00\d", project.path("logs/smoke.log").read_text()
    )
    assert project.products() == before
    assert not project.path(".drumcorpus/smoke").exists() and not project.path("smoke").exists()
    assert "2 exports are as recorded" in project.snakemake("verify").said
    assert project.jobs("all") == set()


def test_a_smoke_run_of_one_export_is_kept_and_no_one_calls_it_extra(project):
    setting = "smoke={events: 24, keep: true, exports: [segments]}"
    said = project.snakemake("--config", setting, "--", "smoke").said
    assert "smoke: prod_combined/segments\n" in said and "prod_combined/clips" not in said
    kept = open_export(project.path("smoke/prod_combined/segments"))
    assert kept.metadata["limit"]["events"] == 24
    assert [sample.sound.shape for sample in kept.split("train")]
    assert "2 exports are as recorded" in project.snakemake("verify").said
    assert "smoke" not in project.snakemake("prune").said.replace("smoke.log", "")


def test_what_is_not_healthy_fails_and_is_named(project):
    reader = project.path("src/drumcorpus/load/wav.py")  # that no product reaches
    reader.write_text(reader.read_text() + LOSES_A_SAMPLE)
    setting = "smoke={events: 24, exports: [clips]}"
    done = project.snakemake("--config", setting, "--", "smoke", check=False)
    assert done.returncode == 1
    assert "ERROR in smoke" in done.said and "Traceback" not in done.said
    assert "prod_combined/clips: 24 clip(s) with another length or rate than in the record" in (
        done.said
    )
    assert "full run, about, on 2 cores: " in done.said  # what was measured is said all the same
    assert not project.path(".drumcorpus/smoke").exists() and not project.path("smoke").exists()
    assert project.jobs("all") == set()


def test_a_smoke_run_waits_for_the_gates(project):
    project.set_gates(max_unexplained_hits=0, min_count={"kick": 10**9})
    done = project.snakemake("smoke", check=False)
    assert done.returncode == 1
    assert "gates fail for" in done.said
    assert "ERROR in smoke" not in done.said and "limited to" not in done.said
