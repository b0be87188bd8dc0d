"""Exports whose files are gone, whose data change or whose settings are wrong, by the snakemake."""

import json
import os
import re
import shutil

import mido
import pyarrow.parquet as pq
import pytest
import yaml
from small_project import new_project

from drumcorpus.demo.groove_mididataset import write_corpus

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # most carry a change through the chain

SET = "groove_mididataset"
EXPORT = "results/export/prod_combined"
EXPORTS = ("clips", "segments")
SAMPLES = "results/samples/prod_combined"
# What a run says of itself, whatever it is asked for.
NO_STATE = re.compile(
    r"\.drumcorpus/(locks/|run\.lock)|\.snakemake/(log|iocache|locks)/|logs/|__pycache__"
)


def state(project):
    """Time and size of every file but for what every call writes."""
    found = {}
    for top in ("results", "reports", ".drumcorpus", ".snakemake"):
        for path in project.path(top).rglob("*"):
            name = path.relative_to(project.folder).as_posix()
            if path.is_file() and not NO_STATE.search(name):
                found[name] = (path.stat().st_mtime_ns, path.stat().st_size)
    return found


def cut_short(path):
    """Take the last byte, and leave no other trace."""
    stat = path.stat()
    os.truncate(path, stat.st_size - 1)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def shard_of(path):
    """The shard of a tar or Parquet shard."""
    return path.name.split("-")[2]


def below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def strike_nothing(path):
    """Take all strokes out of a MIDI file."""
    midi = mido.MidiFile(path)
    for track in midi.tracks:
        kept = [message for message in track if not message.type.startswith("note_")]
        track[:] = kept
    midi.save(path)


def test_files_that_are_gone_or_cut_short_are_made_again_by_all_alone(project):
    before = project.products()
    segments, clips = project.path(f"{EXPORT}/segments"), project.path(f"{EXPORT}/clips")
    tar = sorted(segments.glob("*/*.tar"))[0]
    table = sorted(segments.glob(f"*/*-{SET}-*.parquet"))[-1]
    folder = sorted(clips.glob(f"*/clips/{SET}/*"))[0]
    wanted = {
        f"write_samples prod_combined segments {SET} {shard_of(tar)}",
        f"write_samples prod_combined segments {SET} {shard_of(table)}",
        f"write_samples prod_combined clips {SET} {folder.name}",
        "list_labels prod_combined clips",
    }
    tar.unlink()
    cut_short(table)
    cut_short(clips / "train/train_labels.json")
    shutil.rmtree(folder)

    untouched = state(project)
    said = project.snakemake("--dry-run", "all").said
    assert {job.split()[0] for job in wanted} <= set(re.findall(r"rule (\w+):", said))
    assert "gone or cut short; the export makes them again: " in said
    assert state(project) == untouched

    assert project.jobs("all") == wanted
    assert project.products() == before
    assert project.jobs("all") == set()
    assert "Nothing to be done" in project.snakemake("all").said
    assert "2 exports are as recorded" in project.snakemake("verify").said


def test_what_a_setting_that_was_given_up_has_left_goes(project):
    before = project.products()
    as_it_was = project.path("mine.yaml").read_text()
    both = {"manifest": "prod_combined", "unit": "clip", "form": ["files", "webdataset"]}
    project.configure(exports={"shards": None, "sessions": None, "clips": both})
    project.snakemake(*(f"{SAMPLES}/clips/{SET}/{shard}.files.parquet" for shard in ("000", "001")))
    assert list(project.path(f"{EXPORT}/clips").glob("*/*.tar"))
    project.path("mine.yaml").write_text(as_it_was)
    project.snakemake("all")
    assert project.products() == before


def test_shards_of_a_set_or_number_that_is_no_more_are_named_and_go(project):
    before = project.products()
    folder = project.path(f"{EXPORT}/segments/train")
    own = sorted(folder.glob("*.tar"))[0]
    stray = [folder / own.name.replace(SET, "egmd"), folder / f"train-{SET}-007-000000.parquet"]
    for path in stray:
        shutil.copy(own, path)
    named = "of 2 shards and folders the configuration knows nothing; the export takes them away"
    assert named in project.snakemake("--dry-run", "all").said
    assert all(path.exists() for path in stray)
    assert named in project.snakemake("all").said
    assert project.products() == before
    assert "Nothing to be done" in project.snakemake("all").said


@pytest.mark.parametrize("name", ["README.md", "SHA256SUMS", "train/train_labels.parquet"])
def test_what_stands_around_the_samples_is_made_again_where_it_is_cut_short(project, name):
    before = project.products()
    cut_short(project.path(f"{EXPORT}/segments/{name}"))
    assert project.jobs("all") == {"assemble_export prod_combined segments"}
    assert project.products() == before
    assert "Nothing to be done" in project.snakemake("all").said


def test_the_target_of_an_export_makes_it_and_no_other(project):
    before = project.products()
    listings = {name: project.path(f"{EXPORT}/{name}/SHA256SUMS") for name in EXPORTS}
    for listing in listings.values():
        listing.unlink()
    project.snakemake("export_segments")
    assert {name: path.exists() for name, path in listings.items()} == {
        "clips": False,
        "segments": True,
    }
    project.snakemake("export")
    assert project.products() == before


def test_a_session_that_is_added_rewrites_its_shard_and_no_other(project, repo):
    sessions = [
        set(pq.read_table(path)["session_id"].to_pylist())
        for path in sorted(project.path(f"results/sessions/{SET}").glob("*.parquet"))
    ]
    times = {
        path: path.stat().st_mtime_ns
        for path in project.path(EXPORT).rglob("*")
        if path.suffix in (".wav", ".tar") or f"-{SET}-" in path.name
    }
    kits = repo / "resources/demo/kits.yaml"
    write_corpus(project.path("raw"), kits, seed=7, n_performances=4)
    made = {job for job in project.jobs("all") if job.startswith("write_samples ")}
    after = [
        set(pq.read_table(path)["session_id"].to_pylist())
        for path in sorted(project.path(f"results/sessions/{SET}").glob("*.parquet"))
    ]
    [grown] = [shard for shard, names in enumerate(after) if names != sessions[shard]]
    assert made == {
        f"write_samples prod_combined {export} {SET} {grown:03d}"
        for export in ("clips", "segments")
    }
    of_others = [path for path in times if f"{SET}/{grown:03d}" not in path.as_posix()]
    of_others = [path for path in of_others if f"-{SET}-{grown:03d}-" not in path.name]
    assert [path for path in of_others if path.stat().st_mtime_ns != times[path]] == []
    for name in EXPORTS:
        rows = pq.read_table(project.path(f"{SAMPLES}/{name}/{SET}/{grown:03d}.parquet"))
        rows = [row for row in rows.to_pylist() if row["bytes"] is not None]
        run = json.loads(project.path(f"{EXPORT}/{name}/run.json").read_text())
        assert run["run_statistics"]["records"] == len(rows) > 0
        seconds = dict.fromkeys(("train", "validation", "test"), 0.0)
        for row in rows:
            seconds[row["split"]] += row["duration"]
        assert run["run_split_durations_seconds"] == pytest.approx(seconds)
        log = project.path(f"logs/assemble_export/prod_combined/{name}.log").read_text()
        [added] = re.findall(r"^ +all +([\d,]+) ", log.split("Run contribution")[1], re.MULTILINE)
        assert int(added) == len(rows)
    assert "2 exports are as recorded" in project.snakemake("verify").said


def test_labels_that_vanish_take_their_samples_with_them(project):
    midi = sorted(project.path("raw").rglob("*.mid"))[0]
    session = "/".join([*midi.relative_to(project.path("raw")).parts[:-1], midi.name.split("_")[0]])
    tables = [project.path(f"{EXPORT}/{name}/train/train_labels.parquet") for name in EXPORTS]
    before = [pq.read_table(table).to_pylist() for table in tables]
    assert all(session in {row["session_id"] for row in rows} for rows in before)
    strike_nothing(midi)
    project.configure(gates="report")
    project.snakemake("all")
    after = [pq.read_table(table).to_pylist() for table in tables]
    assert after == [[row for row in rows if row["session_id"] != session] for rows in before]
    clips = {row["file"] for row in before[0] if row["session_id"] == session}
    assert clips and not clips & below(project.path(f"{EXPORT}/clips"))
    listed = json.loads(project.path(f"{EXPORT}/clips/train/train_labels.json").read_text())
    assert session not in {row["session_id"] for row in listed}
    assert "2 exports are as recorded" in project.snakemake("verify").said


def test_an_export_that_is_set_to_null_is_pruned_and_the_other_stays(project):
    other = {path for path in below(project.path(EXPORT)) if path.startswith("segments/")}
    project.configure(exports={"clips": None, "shards": None, "sessions": None})
    assert project.jobs("all") == {"file_release"}  # it holds what stands around the exports
    assert "takes it away" in project.snakemake("verify", check=False).said
    project.snakemake("--config", "prune=delete", "--", "prune")
    assert below(project.path(EXPORT)) == other
    assert not project.path(f"{SAMPLES}/clips").exists()
    assert not project.path("reports/export/prod_combined/clips.json").exists()
    assert "1 export are as recorded" in project.snakemake("verify").said


@pytest.mark.parametrize(
    ("exports", "sentence"),
    [
        pytest.param(
            {"clips": {"manifest": "prod_combine"}},
            "config: exports.clips.manifest: 'prod_combine' (did you mean 'prod_combined'?)",
            id="unknown-manifest",
        ),
        pytest.param(
            {"segments": {"shard_bytes": 0}}, "exports.segments.shard_bytes: got 0", id="no-bytes"
        ),
        pytest.param(
            {"segments": {"overlap": 10}}, "exports.segments.overlap: got 10 s", id="all-overlap"
        ),
        pytest.param(
            {"clips": {"postroll_ms": {"rides": 600}}},
            "config: exports.clips.postroll_ms",
            id="unknown-label",
        ),
    ],
)
def test_a_wrong_export_is_refused_by_key_before_any_job(built, tmp_path, exports, sentence):
    overlay = yaml.safe_load(built.path("mine.yaml").read_text())
    overlay["exports"] |= exports
    mine = tmp_path / "mine.yaml"
    mine.write_text(yaml.safe_dump(overlay))
    before = state(built)
    done = built.run(
        *("-m", "snakemake", "--configfile", str(mine), "--cores", "2", "all"), check=False
    )
    assert done.returncode == 1
    assert sentence in done.said
    assert "Traceback" not in done.said
    assert state(built) == before


def test_two_exports_of_one_name_are_refused_where_they_stand_before_any_job(built, tmp_path):
    twice = tmp_path / "twice.yaml"
    twice.write_text("exports:\n  mine: {unit: clip}\n  mine: {unit: segment}\n")
    before = state(built)
    options = ("--configfile", "mine.yaml", str(twice), "--cores", "2", "--", "all")
    for command in ("snakemake", "drumcorpus.ground.run.launch"):
        done = built.run("-m", command, *options, check=False)
        assert done.returncode == 1
        assert f"{twice}:3:3: not YAML: the key 'mine' stands twice" in done.said
        assert "Traceback" not in done.said
    assert done.said.splitlines()[-1].endswith("the key 'mine' stands twice")
    assert state(built) == before


def test_a_class_map_that_lacks_a_label_is_refused_by_its_key_before_any_job(project):
    path = project.path("resources/taxonomy/class_maps.yaml")
    maps = yaml.safe_load(path.read_text())
    del maps["classes_5"]["cowbell"]
    path.write_text(yaml.safe_dump(maps))
    before = state(project)
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert "class_maps.yaml" in done.said and "classes_5" in done.said and "cowbell" in done.said
    assert "Traceback" not in done.said
    assert state(project) == before


def test_an_export_without_any_event_is_refused_before_any_sample(tmp_path, repo):
    project = new_project(tmp_path / "project", repo)
    write_corpus(project.path("raw"), repo / "resources/demo/kits.yaml", seed=7, n_performances=2)
    for path in project.path("raw").rglob("*.mid"):
        strike_nothing(path)
    project.set_gates(max_unexplained_hits=0)
    done = project.snakemake("all", check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.said
    assert re.search(
        "exports.(clips|segments): there is no event in the manifest, and nothing to export",
        done.said,
    )
    assert not {job for job in project.jobs_logged("made") if job.startswith("write_samples ")}
    assert not project.path(EXPORT).exists()
    project.snakemake("weights")  # which need no sound
    project.configure(gates="report")  # what is let pass is not what holds nothing
    done = project.snakemake("all", check=False)
    assert done.returncode == 1 and "nothing to export" in done.said
