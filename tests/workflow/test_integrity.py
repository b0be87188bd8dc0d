"""Damage, interruption, wrong settings and dirty data, asked of the real snakemake."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import mido
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from small_project import Project
from sounds import write_sound

from drumcorpus.ground.files.jsonl import row_problems
from drumcorpus.ground.files.schema_check import document_problems

pytestmark = pytest.mark.workflow
SET = "groove_mididataset"


def flip_a_byte(path):
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def quarantined(project):
    report = json.loads(project.path("reports/health/prod_combined.json").read_text())
    return report["quarantine"]


def test_verify_passes_on_what_has_just_been_built(project):
    for level in ("quick", "sample", "full"):
        said = project.snakemake("verify", "--config", f"verify={level}").said
        assert f"as recorded (level {level})." in said
    assert "results/manifests/" in project.path("results/SHA256SUMS").read_text()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum here")
def test_sha256sum_reads_the_listings(project):
    project.snakemake("verify")
    for folder, listing in (
        (".", "results/SHA256SUMS"),
        ("results/export/prod_combined/clips", "SHA256SUMS"),
        ("results/export/prod_combined/segments", "SHA256SUMS"),
    ):
        checked = subprocess.run(
            ["sha256sum", "--quiet", "-c", listing], cwd=project.path(folder), check=False
        )
        assert checked.returncode == 0


def test_verify_names_every_file_that_is_missing_extra_or_changed(project):
    project.snakemake("verify")  # that it passed once must not count for ever
    flip_a_byte(project.path(f"results/events/{SET}.parquet"))
    project.path("results/sampling/prod_combined.json").unlink()
    project.path("reports/notes.txt").write_text("mine")
    clip = sorted(project.path("results/export").rglob("*.wav"))[0]
    flip_a_byte(clip)
    raw = sorted(project.path("raw").rglob("*.wav"))[0]
    flip_a_byte(raw)
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1
    for name, kind in (
        (f"results/events/{SET}.parquet", "changed"),
        ("results/sampling/prod_combined.json", "missing"),
        ("reports/notes.txt", "extra"),
        (clip.relative_to(project.folder).as_posix(), "changed"),
        (raw.relative_to(project.folder).as_posix(), "changed"),
    ):
        assert f"{name}: {kind}" in done.said


@pytest.mark.long  # three runs, and pages again
def test_a_damaged_product_is_named_never_used_and_made_again_on_request(project):
    damaged = f"results/aliased/{SET}/000.parquet"
    flip_a_byte(project.path(damaged))
    project.path(damaged).touch()
    before = project.path("results/manifests/prod_combined.parquet").read_bytes()
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert f"{damaged}: is not what its run manifest says" in done.said
    assert f"--forcerun {damaged} -- all" in done.said
    project.snakemake("--forcerun", damaged, "--", "all")
    assert project.path("results/manifests/prod_combined.parquet").read_bytes() == before
    project.snakemake("verify")


@pytest.mark.long  # three runs
def test_damaged_clips_are_cut_again_as_verify_says(project):
    first, second = sorted(project.path("results/export").rglob("*.wav"))[:2]
    before = first.read_bytes(), second.read_bytes()
    flip_a_byte(first)
    second.unlink()
    done = project.snakemake("verify", check=False)
    samples = f"results/samples/prod_combined/clips/{SET}"
    shard = f"{samples}/{first.parent.parent.name}.files.parquet"
    assert done.returncode == 1 and f"--forcerun {shard} -- all" in done.said
    project.snakemake("--forcerun", shard, "--", "all")
    assert (first.read_bytes(), second.read_bytes()) == before
    project.snakemake("verify")


@pytest.mark.long  # every job is asked
def test_a_deleted_product_comes_back_and_is_made_again_where_it_is_not_kept(project):
    product = f"results/events/{SET}/000.parquet"
    path = project.path(product)
    before = path.read_bytes()
    path.unlink()
    assert project.jobs("all") == set()
    assert path.read_bytes() == before
    path.unlink()
    (project.path(".drumcorpus/kept") / product).unlink()
    assert f"ingest_sessions {SET} 000" in project.jobs("all")
    assert path.read_bytes() == before


def test_an_error_in_a_job_reaches_the_terminal_as_its_own_sentence(project):
    index = project.path("raw/info.csv")
    index.write_text(index.read_text().replace("midi_filename", "midi_file", 1))
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert "info.csv" in done.said and "midi_filename" in done.said
    assert "Traceback" not in done.said


@pytest.mark.parametrize(
    ("was", "instead", "sentence"),
    [
        ("36: {label: kick}", "36: {label: kik}", "36: label 'kik' is not declared; allowed: kick"),
        ("cymbal: 2", "cymbal: 4", "cymbal: got 4; wanted: a number from 1 to 3"),
    ],
)
def test_a_wrong_note_map_is_refused_before_any_job(project, was, instead, sentence):
    note_map = project.path("resources/taxonomy/note_maps/roland_td11.yaml")
    assert was in note_map.read_text()
    note_map.write_text(note_map.read_text().replace(was, instead))
    log = project.path("logs/run_log.jsonl")
    before = log.read_text()
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert f"roland_td11.yaml: {sentence}" in done.said.replace("57: cymbal", "cymbal")
    assert log.read_text() == before


@pytest.fixture(scope="module")
def carried_on(built, tmp_path_factory):
    """A second build into another folder, killed in the middle, and what the next run said."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(built.path("raw"), folder / "raw")
    shutil.copy(built.path("gates.yaml"), folder)
    arguments = ["-m", "drumcorpus.ground.run.launch", "--configfile", "mine.yaml"]
    arguments += ["--directory", str(folder), "--cores", "2", "all"]
    running = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=built.folder,
        env=built.environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not (folder / f"results/events/{SET}/000.parquet.manifest.json").exists():
        assert time.monotonic() < deadline and running.poll() is None
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert any((folder / ".snakemake/locks").iterdir())
    assert not (folder / "results/manifests").exists()
    return Project(folder), built.run(*arguments).said


@pytest.mark.long  # a build of its own, killed and carried on
def test_a_run_killed_in_the_middle_is_carried_on_by_the_next(built, carried_on):
    other, said = carried_on
    assert "carrying on where it stopped" in said
    assert "Done. The products:" in said and "results/export/prod_combined" in said
    built.snakemake("--directory", str(other.folder), "verify")


@pytest.mark.long  # the same build
def test_two_builds_into_two_folders_are_equal_to_the_byte_though_one_was_killed(built, carried_on):
    first, second = built.products(), carried_on[0].products()
    second.pop("results/SHA256SUMS", None)  # only `verify` writes it
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"ingset": {}}, "unknown key 'ingset' (did you mean 'ingest'?)"),
        ({"ingest": {"simultaneous_ms": "five"}}, "ingest.simultaneous_ms: got 'five'"),
        ({"ingest": {"simultaneous_ms": -1}}, "from 0.01 to 100"),
        ({"gates": "maybe"}, "gates: got 'maybe'; allowed: enforce, report"),
        ({"use": ["nothing_of_the_kind"]}, "'nothing_of_the_kind' has no block in source_sets"),
        (
            {"source_sets": {SET: {"roots": ["raw"], "tier": "staged"}}},
            "only sets of tier 'production' may be merged",
        ),
    ],
)
def test_a_wrong_setting_is_refused_before_any_job(built, tmp_path, sections, sentence):
    overlay = yaml.safe_load(built.path("mine.yaml").read_text()) | sections
    mine = tmp_path / "mine.yaml"
    mine.write_text(yaml.safe_dump(overlay))
    log = built.path("logs/run_log.jsonl")
    before = log.read_text()
    done = built.run(
        *("-m", "snakemake", "--configfile", str(mine), "--cores", "2", "all"), check=False
    )
    assert done.returncode == 1
    assert sentence in done.said
    assert "Traceback" not in done.said
    assert log.read_text() == before


def test_a_dry_run_gives_the_reason_of_every_job(project):
    project.configure(sampling={"exponent": 0.25})
    said = project.snakemake("--dry-run", "all").said
    n_jobs = said.count("    jobid:")
    assert n_jobs > 0 and said.count("    reason:") == n_jobs
    assert "Params have changed" in said


def test_every_target_has_a_sentence(built):
    said = built.snakemake("--list-target-rules").said
    for target in (
        *("all", "inventory", f"ingest_{SET}", "provenance", "crash", "manifest"),
        *("audit", "health", "weights", "export", "verify"),
    ):
        assert f"\n{target} (" in f"\n{said}"


@pytest.mark.long  # makes nearly everything anew
def test_dirty_raw_data_are_quarantined_by_name_and_a_gate_decides(project):
    raw = project.path("raw")
    midis, waves = sorted(raw.rglob("*.mid")), sorted(raw.rglob("*.wav"))
    midis[0].write_bytes(midis[0].read_bytes()[:200])
    samples, rate = soundfile.read(waves[1])
    write_sound(waves[1], samples[: rate // 2], rate)
    waves[2].unlink()
    shutil.copy(midis[1], raw / "stray.mid")
    with open(os.fsencode(raw) + b"/caf\xe9.mid", "wb") as handle:  # noqa: PTH123
        handle.write(b"x")
    with (raw / "info.csv").open("a") as index:
        row = "drummer1,drummer1/session1,{},rock,100,beat,4-4,{},{},1.0,train\r\n"
        index.write(row.format("drummer1/session1/98", "../outside.mid", ""))
        index.write(row.format("drummer1/session1/99", "drummer1/session1/none.mid", ""))
    project.configure(inventory={"vanished": "accept"})
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert "max_quarantined" in done.said
    found = quarantined(project)
    reasons = {
        *("unreadable_midi", "audio_shorter_than_labels", "missing_audio", "unlisted_file"),
        *("name_not_utf8", "outside_root", "missing_annotation"),
    }
    assert reasons <= set(found["by_reason"])
    page = project.path("reports/health/prod_combined.html").read_text()
    assert all(reason in page for reason in reasons)


def test_every_run_manifest_and_every_published_row_is_valid_by_its_schema(built, repo):
    schemas = repo / "workflow/schemas"
    schema = yaml.safe_load((schemas / "run_manifest.schema.yaml").read_text())
    manifests = [
        path for top in ("results", "reports") for path in built.path(top).rglob("*.manifest.json")
    ]
    assert len(manifests) > 30
    for path in manifests:
        assert document_problems(json.loads(path.read_text()), schema) == [], path
    rows = built.path("results/manifests/prod_combined.jsonl")
    event = yaml.safe_load((schemas / "event.schema.yaml").read_text())
    assert row_problems(rows, event) == []


def test_parquet_and_json_lines_hold_the_same_rows(built):
    table = pq.read_table(built.path("results/manifests/prod_combined.parquet")).to_pylist()
    lines = built.path("results/manifests/prod_combined.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == table
    keys = [(row["source_set"], row["session_id"], row["onset_time"]) for row in table]
    assert keys == sorted(keys) and len({row["event_id"] for row in table}) == len(table)


def test_every_stroke_of_the_demo_is_in_the_manifest_or_under_a_reason(built):
    played = sum(
        message.type == "note_on" and message.velocity > 0
        for path in built.path("raw").rglob("*.mid")
        for message in mido.MidiFile(path)
    )
    tallies = pq.read_table(built.path(f"results/tallies/{SET}.parquet")).to_pylist()
    assert sum(row["n_hits"] for row in tallies) == played
    manifest = pq.read_table(built.path("results/manifests/prod_combined.parquet"))
    in_event = sum(row["n_hits"] for row in tallies if row["outcome"] == "in_event")
    assert sum(map(len, manifest["components"].to_pylist())) == in_event


@pytest.mark.long  # makes clips again
def test_a_value_within_a_section_can_be_given_on_the_command_line(project):
    made = project.jobs("manifest", "--config", "crash={use_metadata: false}")
    assert f"cluster_crashes {SET} 000" in made
    rows = pq.read_table(project.path(f"results/crash/assignments/{SET}.parquet")).to_pylist()
    assert {row["method"] for row in rows} == {"kit_mixture"}
    manifest = pq.read_table(project.path("results/manifests/prod_combined.parquet")).to_pylist()
    crashes = [c for row in manifest for c in row["components"] if c["label"].startswith("crash")]
    assert crashes and {c["cymbal"] for c in crashes} == {None}


@pytest.mark.long  # three runs
def test_a_hand_edited_run_manifest_is_found_and_its_product_made_again(project):
    product = f"results/events/{SET}/000.parquet"
    sidecar = project.path(f"{product}.manifest.json")
    before = sidecar.read_bytes()
    sidecar.write_text(sidecar.read_text().replace('"sessions": ', '"sessions": 9'))
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1 and f"{product}.manifest.json: changed" in done.said
    project.snakemake("--forcerun", product, "--", "all")
    assert sidecar.read_bytes() == before


@pytest.mark.long  # makes almost everything twice
def test_products_of_another_configuration_are_not_taken_for_these(project, tmp_path):
    aside = tmp_path / "aside"
    shutil.copytree(project.path("results"), aside)
    project.configure(ingest={"simultaneous_ms": 1.0})
    project.snakemake("all")
    mine = project.products()
    shutil.rmtree(project.path("results"))
    shutil.copytree(aside, project.path("results"))
    assert f"ingest_sessions {SET} 000" in project.jobs("all")
    assert project.products() == mine


@pytest.mark.long  # three runs
def test_verify_names_what_no_rule_makes_any_more_and_raw_files_it_does_not_know(project):
    project.configure(
        source_sets={SET: {"roots": ["raw"], "shards": 1}},
    )
    project.snakemake(f"ingest_{SET}")
    (project.path("raw") / "new.mid").write_bytes(b"MThd")
    done = project.snakemake("verify", check=False)
    assert done.returncode == 1
    assert f"results/events/{SET}/001.parquet: extra: no rule makes this" in done.said
    assert "new.mid: extra" in done.said


@pytest.mark.long  # three runs
def test_a_raw_file_that_comes_while_the_inventory_is_taken_is_seen_by_the_next_run(project):
    script = project.path("workflow/scripts/take_inventory.py")
    whole = script.read_text()
    late = 'from pathlib import Path; Path("raw/late.mid").write_bytes(b"MThd")'
    scanned = "job.leave_if_fresh("
    assert scanned in whole
    script.write_text(whole.replace(scanned, f"{late}\n{scanned}", 1))
    for path in project.path("raw").rglob("*.mid"):
        path.touch()
    project.snakemake("inventory")
    script.write_text(whole)
    project.snakemake("inventory")
    rows = pq.read_table(project.path(f"results/inventory/{SET}.parquet"))["path"].to_pylist()
    assert "late.mid" in rows
