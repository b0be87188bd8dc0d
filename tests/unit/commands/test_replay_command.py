"""``replay`` on files that no workflow made: their inputs are compared, all else is as stated."""

import json
import shutil

import pytest
from checkout import REPO
from command_lines import read_sidecar_json, run_command
from stamped import stamp_chain

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.run.run_manifest import seal_of
from drumcorpus.stages.corpora.merge import merge_corpora

LINKS = {"merged.jsonl": ["a.jsonl", "b.jsonl"], "a.jsonl": ["raw.wav"]}


@pytest.fixture
def folder(tmp_path):
    return stamp_chain(tmp_path, LINKS)


def test_where_all_inputs_are_as_stated_it_holds(folder):
    status, said, _ = run_command(folder, "replay", "merged.jsonl")
    assert status == 0
    assert said == (
        "merged.jsonl: today's checkout and inputs would give it again (2 jobs, 3 inputs agree)\n"
    )


def test_an_input_that_changed_far_down_the_chain_is_named(folder):
    (folder / "raw.wav").write_text("other\n")
    status, said, _ = run_command(folder, "replay", "merged.jsonl.manifest.json")
    assert status == 1
    lines = said.splitlines()
    assert lines[0] == "merged.jsonl: differs from today (2 jobs, 3 inputs compared)"
    assert lines[1].startswith("  input: raw.wav: recorded ")
    assert lines[2] == "    in the making of a.jsonl"


def test_an_input_that_is_gone_is_named_in_json_too(folder):
    (folder / "b.jsonl").unlink()
    status, said, _ = run_command(folder, "replay", "merged.jsonl", "--json")
    assert status == 1
    document = json.loads(said)
    assert document["holds"] is False
    (found,) = document["differences"]
    assert (found["kind"], found["name"], found["detail"]) == ("input", "b.jsonl", "is missing")


def test_a_manifest_that_travelled_is_replayed_in_the_working_folder(folder, tmp_path):
    away = tmp_path / "release"
    away.mkdir()
    (folder / "merged.jsonl.manifest.json").rename(away / "merged.jsonl.manifest.json")
    (folder / "merged.jsonl").unlink()
    arguments = (away / "merged.jsonl.manifest.json", "--directory", folder)
    assert run_command(tmp_path, "replay", *arguments)[0] == 0


def test_a_chain_of_stamped_files_ends_at_what_a_rule_has_made(folder):
    path = folder / "a.jsonl.manifest.json"
    manifest = json.loads(path.read_text())
    manifest["script"]["path"] = "workflow/scripts/make_a.py"
    path.write_bytes(canonical_json(manifest | {"seal": seal_of(manifest)}))
    (folder / "raw.wav").write_text("other\n")
    status, said, _ = run_command(folder, "replay", "merged.jsonl")
    assert status == 0
    assert "(1 job, 2 inputs agree)" in said
    (folder / "a.jsonl").write_text("other\n")
    assert run_command(folder, "replay", "merged.jsonl")[0] == 1


def test_without_a_snakefile_a_product_of_a_rule_cannot_be_looked_at(folder, tmp_path):
    path = folder / "a.jsonl.manifest.json"
    manifest = json.loads(path.read_text())
    manifest["script"]["path"] = "workflow/scripts/make_a.py"
    path.write_bytes(canonical_json(manifest | {"seal": seal_of(manifest)}))
    arguments = ("a.jsonl", "--checkout", tmp_path)
    status, _, complaint = run_command(folder, "replay", *arguments)
    assert status == 2
    assert f"{tmp_path}: holds no Snakefile of drumcorpus" in complaint


def test_without_run_manifest_it_cannot_be_looked_at(folder):
    status, _, complaint = run_command(folder, "replay", "raw.wav")
    assert status == 2
    assert "raw.wav.manifest.json: there is no such file" in complaint


@pytest.fixture
def merged(tmp_path, monkeypatch):
    """A folder in which a function of the package has merged two shards."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"event_id":"{name}"}}\n')
    merge_corpora(
        ["a.jsonl", "b.jsonl"], "all.jsonl", natural_key=["event_id"], required_keys=["event_id"]
    )
    return tmp_path


def test_a_corpus_that_a_function_merged_is_compared_with_its_code(merged):
    assert run_command(merged, "replay", "all.jsonl")[0] == 0
    checkout = merged / "checkout"
    shutil.copytree(REPO / "src", checkout / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / "workflow").mkdir()
    shutil.copy(REPO / "workflow/plan_jobs.py", checkout / "workflow")
    module = checkout / "src/drumcorpus/stages/corpora/sections.py"
    module.write_text(module.read_text() + "ANOTHER = 1\n")
    arguments = ("all.jsonl", "--checkout", checkout, "--json")
    status, said, _ = run_command(merged, "replay", *arguments)
    assert status == 1
    (found,) = json.loads(said)["differences"]
    recorded = read_sidecar_json(merged / "all.jsonl")["script"]
    assert (found["kind"], found["name"]) == ("code", recorded["path"])
    assert found["recorded"] == recorded["code"] != found["today"]


def test_a_shard_of_a_merged_corpus_that_changed_is_named(merged):
    (merged / "b.jsonl").write_text('{"event_id":"c"}\n')
    status, said, _ = run_command(merged, "replay", "all.jsonl")
    assert status == 1
    assert "  input: b.jsonl: recorded " in said


def test_what_no_rule_makes_is_not_made_again_and_the_command_is_said(merged):
    status, _, complaint = run_command(merged, "replay", "all.jsonl", "--run", "last")
    assert status == 2
    assert "no rule makes all.jsonl; to make it again: python -m drumcorpus merge " in complaint


def test_a_run_manifest_that_was_edited_is_refused(folder):
    path = folder / "merged.jsonl.manifest.json"
    path.write_text(path.read_text().replace('"stamp"', '"stomp"'))
    status, _, complaint = run_command(folder, "replay", "merged.jsonl")
    assert status == 1
    assert "it was changed after it was written" in complaint


@pytest.mark.parametrize("option", ["--records", "--checkout", "--directory"])
def test_a_folder_that_is_not_there_cannot_be_looked_at(folder, option):
    status, _, error = run_command(folder, "replay", "merged.jsonl", option, "/nope")
    assert status == 2
    assert "/nope: " in error


@pytest.mark.long
def test_what_no_rule_of_the_configuration_makes_is_a_difference(folder):
    path = folder / "merged.jsonl.manifest.json"
    document = json.loads(path.read_text())
    document["script"]["path"] = "workflow/scripts/merge_corpora.py"
    document["seal"] = seal_of(document)
    path.write_bytes(canonical_json(document))
    status, said, error = run_command(folder, "replay", "merged.jsonl")
    assert (status, error) == (1, "")
    assert "rule: stamp: recorded stamp, today none: no rule of this configuration makes it" in said
    status, _, error = run_command(folder, "replay", "merged.jsonl", "--run", "last")
    assert status == 2
    assert "--run: no rule makes merged.jsonl" in error
