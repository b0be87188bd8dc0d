"""What runs again and what does not, asked of the real snakemake."""

import os
import shutil
from pathlib import Path

import mido
import pytest

from drumcorpus.sessions import shard_of

pytestmark = pytest.mark.workflow
SET = "groove_mididataset"


def first_midi(project):
    return sorted(project.path("raw").rglob("*.mid"))[0]


def shard_of_first_midi(project):
    relative = first_midi(project).relative_to(project.path("raw"))
    number = relative.name.split("_")[0]
    return f"{shard_of(f'{relative.parent.as_posix()}/{number}', 2):03d}"


def edit(path, before, after):
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_nothing_is_to_be_done_when_nothing_has_changed(project):
    assert "Nothing to be done" in project.snakemake("all").said


@pytest.mark.long  # every job is asked
def test_touching_every_raw_file_makes_nothing(project):
    for path in project.path("raw").rglob("*"):
        os.utime(path)
    assert project.jobs("all") == set()
    assert "Nothing to be done" in project.snakemake("all").said


def test_a_second_inventory_hashes_nothing(project):
    project.path("mine.yaml").touch()
    log = project.path(f".drumcorpus/digests/{SET}.json")
    before = log.stat().st_mtime_ns
    project.snakemake("--forcerun", "take_inventory", "--", "inventory")
    assert log.stat().st_mtime_ns == before


@pytest.mark.long  # every job is asked
def test_without_the_records_of_snakemake_nothing_is_made(project):
    shutil.rmtree(project.path(".snakemake"))
    assert project.jobs("all") == set()


@pytest.mark.long  # every job is asked
def test_without_the_records_of_snakemake_a_changed_setting_is_still_noticed(project):
    shutil.rmtree(project.path(".snakemake"))
    project.configure(sampling={"exponent": 0.25})
    assert project.jobs("all") == {
        "derive_weights prod_combined",
        "file_release",
        # Label tables have the weights; no sound is written again.
        "list_labels prod_combined clips",
        "assemble_export prod_combined clips",
        "assemble_export prod_combined segments",
    }


@pytest.mark.long  # every job is asked
def test_a_fresh_checkout_over_the_same_results_makes_nothing(project, repo):
    for name in ("Snakefile", "workflow", "src", "resources", "config"):
        target = project.path(name)
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        copy = shutil.copytree if (repo / name).is_dir() else shutil.copy
        copy(repo / name, target)
    for path in project.folder.rglob("*"):
        if path.suffix in (".py", ".smk", ".yaml"):
            os.utime(path)
    shutil.rmtree(project.path(".snakemake"))
    shutil.rmtree(project.path(".drumcorpus"))
    assert project.jobs("all") == set()


@pytest.mark.long  # one run in which nearly every job is asked
def test_a_changed_raw_file_makes_its_shard_and_what_depends_on_it(project):
    path, shard = first_midi(project), shard_of_first_midi(project)
    other = {"000": "001", "001": "000"}[shard]
    midi = mido.MidiFile(path)
    note = next(m for m in midi.tracks[0] if m.type == "note_on" and m.velocity > 20)
    note.velocity -= 10
    midi.save(path)
    made = project.jobs("all")
    assert f"ingest_sessions {SET} {shard}" in made
    assert f"alias_events {SET} {shard}" in made
    assert "merge_manifest prod_combined" in made
    assert "measure_health prod_combined" in made
    # Taking the shard's sessions out of the list is what shows that they are the same.
    assert [job for job in made if job.endswith(other)] == [f"shard_sessions {SET} {other}"]


@pytest.mark.long  # one run in which nearly every job is asked
def test_a_change_that_leaves_the_events_equal_stops_there(project):
    path, shard = first_midi(project), shard_of_first_midi(project)
    midi = mido.MidiFile(path)
    midi.tracks[0].insert(0, mido.MetaMessage("text", text="a remark", time=0))
    midi.save(path)
    made = project.jobs("all")
    assert f"ingest_sessions {SET} {shard}" in made
    assert f"write_provenance {SET}" in made
    stopped = ("gather_events", "cluster_crashes", "alias_events", "merge_manifest")
    assert [job for job in sorted(made) if job.startswith(stopped)] == []


def test_a_changed_threshold_makes_its_stage_and_what_follows(project):
    project.configure(export={"postroll_ms": 150.0})
    clips = "prod_combined clips"
    shards = {f"write_samples {clips} {SET} {shard}" for shard in ("000", "001")}
    after = {f"{rule} {clips}" for rule in ("assemble_export", "list_labels", "measure_export")}
    # The release has a copy of what stands around an export, or its digest.
    assert project.jobs("all") == shards | after | {"file_release"}


@pytest.mark.long  # cuts clips again
def test_swapping_two_values_is_noticed(project):
    project.configure(export={"preroll_ms": 200.0, "postroll_ms": 80.0})
    assert "assemble_export prod_combined clips" in project.jobs("all")


@pytest.mark.long
def test_an_edit_to_a_library_function_makes_what_uses_it(project):
    edit(
        project.path("src/drumcorpus/stages/sampling/weights.py"),
        "Part(base * scale, least,",
        "Part(scale * base, least,",
    )
    assert project.jobs("all") == {"derive_weights prod_combined"}


def test_an_edit_to_a_comment_or_docstring_makes_nothing(project):
    path = project.path("src/drumcorpus/stages/sampling/weights.py")
    path.write_text(path.read_text() + "\n# A remark.\n")
    edit(path, '    """Derive the sampling weights of some splits.', '    """Weigh one split.')
    assert project.jobs("all") == set()


@pytest.mark.long  # every job is asked
def test_an_edit_around_the_work_makes_nothing(project):
    path = project.path("src/drumcorpus/ground/run/progress.py")
    edit(path, "BETWEEN_LINES = 3.0", "BETWEEN_LINES = 4.0")
    assert project.jobs("all") == set()


def test_a_raw_file_that_vanished_is_an_error_by_name(project):
    path = first_midi(project)
    path.unlink()
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert path.relative_to(project.path("raw")).as_posix() in done.said
    assert "Nothing to be done" not in done.said
    again = project.snakemake("all", check=False)
    assert again.returncode == 1, "a failure must not count as done"


@pytest.mark.long  # makes nearly everything anew
def test_a_vanished_raw_file_can_be_accepted(project):
    sorted(project.path("raw").rglob("*.mid"))[-1].unlink()
    project.configure(inventory={"vanished": "accept"}, gates="report")
    assert f"take_inventory {SET}" in project.jobs("health")
    assert "missing_annotation" in project.path("reports/health/prod_combined.html").read_text()


@pytest.mark.long  # two runs
def test_a_root_that_is_gone_is_an_error_by_name(project):
    project.path("raw").rename(project.path("elsewhere"))
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert f"source_sets.{SET}.roots: none of these folders exists: raw" in done.said


@pytest.mark.long  # three runs
def test_a_failing_gate_fails_again_and_keeps_the_reports(project):
    project.set_gates(min_count={"kick": 10**6})
    for _ in range(2):
        done = project.snakemake("all", check=False)
        assert done.returncode == 1
        assert "wanted" in done.said and "min_count.kick" in done.said
        assert not project.path("results/gates/prod_combined.json").exists()
        assert project.path("reports/health/prod_combined.html").is_file()
        assert project.path("results/manifests/prod_combined.parquet").is_file()
    project.set_gates(max_unexplained_hits=0)
    project.snakemake("all")
    assert project.path("results/gates/prod_combined.json").is_file()


@pytest.mark.long  # three runs
def test_a_job_that_dies_without_a_word_is_tried_again(project):
    # As the kernel ends a process that asks for too much memory.
    script = project.path("workflow/scripts/derive_weights.py")
    whole = script.read_text()
    dead = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    before, work, after = whole.partition("weights, events = weigh_events")
    assert work, "the script weighs no events any more"
    script.write_text(f"{before}{dead}{work}{after}")
    assert project.snakemake("all", check=False).returncode == 1
    stamp = project.path("workflow/scripts/derive_weights.py").stat()
    script.write_text(whole)
    os.utime(script, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    project.snakemake("all")
    assert project.path("results/sampling/prod_combined.json").is_file()


def test_no_product_names_this_machine(built):
    here = str(built.folder).encode()
    home = str(Path.home()).encode()
    guilty = [
        path for path, data in built.products().items() if here in data or home + b"/" in data
    ]
    assert guilty == []
