"""An export of full mixes through the real snakemake: Slakh, MDB Drums and ENST-Drums.

The first test builds it; the others look at what it has built.
"""

import json
from importlib import import_module

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from small_project import new_project
from sounds import write_sound

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SETS = ("slakh2100", "mdb_drums", "enst_drums")
BLOCK = {"manifest": "prod_combined", "unit": "session", "form": "files", "audio": "mix"}
OVERLAY = {
    "use": list(SETS),
    "source_sets": {name: {"roots": [f"raw/{name}"], "shards": 1} for name in SETS},
    "manifests": {"prod_combined": {"source_sets": list(SETS), "gates": "gates.yaml"}},
    "yardsticks": [],
    "exports": {
        **dict.fromkeys(("clips", "shards", "segments", "sessions")),
        "mixes": BLOCK,
        "drums": BLOCK | {"audio": "drums"},
    },
}
ZEPPELIN = "mdb_drums/audio/full_mix/MusicDelta_Zeppelin_MIX.wav"


@pytest.fixture(scope="module")
def project(tmp_path_factory, repo):
    project = new_project(tmp_path_factory.mktemp("mixes") / "project", repo)
    project.path("mine.yaml").write_text(yaml.safe_dump(OVERLAY))
    project.set_gates(max_unexplained_hits=0, max_dropped_share=0.01)
    for name in SETS:
        demo = import_module(f"drumcorpus.demo.{name}")
        kits = repo / "resources/demo/kits.yaml"
        demo.write_corpus(project.path(f"raw/{name}"), kits, seed=7, n_performances=3)
    return project


@pytest.fixture(scope="module")
def said(project):
    """What `verify_export` foretells, then the export itself."""
    foretold = project.snakemake(
        *("--config", "summary=summary.json", "gates=report", "--", "verify_export")
    ).said
    return foretold + project.snakemake("--config", "gates=report", "--", "export").said


def report_of(project, name):
    return json.loads(project.path(f"reports/export/prod_combined/{name}.json").read_text())


def sessions_of(project, name):
    folder = project.path(f"results/export/prod_combined/{name}")
    rows = pq.read_table(folder / "sessions.parquet").to_pylist()
    return {(row["source_set"], row["session_id"]): row for row in rows}


def labels_of(project, name):
    folder = project.path(f"results/export/prod_combined/{name}")
    return [
        row
        for split in ("train", "val", "test")
        for row in pq.read_table(folder / f"{split}/{split}_labels.parquet").to_pylist()
    ]


def test_what_has_no_mix_is_told_by_source_set_and_passes_its_gate(project, said):
    mixes, drums = report_of(project, "mixes"), report_of(project, "drums")
    assert drums["not_exported"] == {}
    by_set = mixes["by_source_set"]
    assert {name: of["samples"] for name, of in by_set.items()} == {
        "enst_drums": 2,
        "mdb_drums": 1,
        "slakh2100": 3,
    }
    reasons = {name: set(of["not_exported"]) for name, of in by_set.items()}
    assert reasons == {"enst_drums": {"no_mix"}, "mdb_drums": {"no_mix"}, "slakh2100": set()}
    assert mixes["events"] == drums["events"]
    assert mixes["dropped_share"] == 0
    gates = {verdict["gate"]: verdict["status"] for verdict in mixes["gates"]}
    assert gates["max_dropped_share"] == "PASS"
    assert "no_mix" in said


def test_verify_export_foretells_seconds_and_reasons(project, said):
    foretold = json.loads(project.path("summary.json").read_text())["prod_combined/mixes"]
    metadata = project.path("results/export/prod_combined/mixes/metadata.json")
    made = json.loads(metadata.read_text())
    for name in ("split_durations_seconds", "durations_by_source_set"):
        assert foretold[name] == made[name]
    assert foretold["statistics"]["strokes"] == made["statistics"]["strokes"]
    lost = sum(row["events"] for row in foretold["events_without_sound"])
    assert lost == report_of(project, "mixes")["not_exported"]["no_mix"]
    assert made["settings"]["audio"] == "mix"
    card = project.path("results/export/prod_combined/mixes/README.md").read_text()
    assert "The sound is the full mix, where the source set has one, mono" in card


def test_the_sound_is_that_of_the_mix_and_the_strokes_are_those_of_the_drums(project, said):
    raw, folder = project.path("raw"), project.path("results/export/prod_combined/mixes")
    strokes = {row["session_id"]: row["strokes"] for row in labels_of(project, "drums")}
    seen = {}
    for row in labels_of(project, "mixes"):
        sound, rate = soundfile.read(folder / row["file"], dtype="float32")
        session = sessions_of(project, "mixes")[row["source_set"], row["session_id"]]
        sounds = [
            soundfile.read(raw / row["source_set"] / file["path"], always_2d=True)[0].mean(axis=1)
            for file in session["audio_files"]
        ]
        gains = (1.0,) if len(sounds) == 1 else (2 / 3, 1 / 3)
        wanted = sum(gain * each for gain, each in zip(gains, sounds, strict=True))
        assert rate == 44_100
        assert np.abs(sound - wanted).max() <= 1.01 / 32_768
        assert (row["recording"], session["recording"]) == ("mix", "mix")
        assert row["strokes"] == strokes[row["session_id"]]
        seen.setdefault(row["source_set"], []).append(session["audio_path"])
    assert seen["mdb_drums"] == [ZEPPELIN.removeprefix("mdb_drums/")]
    assert all(path.endswith("/mix.flac") for path in seen["slakh2100"])
    assert all("/audio/accompaniment/" in path for path in seen["enst_drums"])


def test_provenance_says_which_file_is_the_mix(project, said):
    project.snakemake("provenance")
    rows = project.path("results/provenance/mdb_drums.jsonl").read_text().splitlines()
    rows = {row["session_id"]: row for row in map(json.loads, rows)}
    zeppelin = rows["MusicDelta_Zeppelin"]
    assert zeppelin["mix_path"] == ZEPPELIN.removeprefix("mdb_drums/")
    digests = {file["path"]: file["sha256"] for file in zeppelin["hashes"]}
    exported = sessions_of(project, "mixes")["mdb_drums", "MusicDelta_Zeppelin"]
    assert digests[zeppelin["mix_path"]] == exported["audio_sha256"]
    assert {row["mix_path"] for name, row in rows.items() if row is not zeppelin} == {None}


def test_the_labels_are_where_the_mix_sounds(project, said):
    rows = pq.read_table(project.path("results/audio_checks/slakh2100/000.parquet")).to_pylist()
    assert len(rows) == 3
    for row in rows:
        assert row["mix"]["reason"] is None
        assert abs(row["mix"]["offset_ms"] - row["offset_ms"]) < 5
        assert row["mix"]["loudness_lufs"] > row["loudness_lufs"]


def test_another_mix_makes_its_own_export_again(project, said):
    assert project.jobs("--config", "gates=report", "--", "export") == set()
    path = project.path(f"raw/{ZEPPELIN}")
    sound, rate = soundfile.read(path)
    write_sound(path, 0.5 * sound, rate)
    jobs = project.jobs("--config", "gates=report", "--", "export")
    assert "write_samples prod_combined mixes mdb_drums 000" in jobs
    assert not any("slakh2100" in job or "enst_drums" in job for job in jobs if "write_" in job)
