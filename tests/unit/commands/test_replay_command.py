"""``replay`` on files that no workflow made: their inputs are compared, all else is as stated."""

import json

import pytest
from command_lines import run_command
from stamped import stamp_chain

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


def test_without_run_manifest_it_cannot_be_looked_at(folder):
    status, _, complaint = run_command(folder, "replay", "raw.wav")
    assert status == 2
    assert "raw.wav.manifest.json: there is no such file" in complaint


def test_a_run_manifest_that_was_edited_is_refused(folder):
    path = folder / "merged.jsonl.manifest.json"
    path.write_text(path.read_text().replace('"stamp"', '"stomp"'))
    status, _, complaint = run_command(folder, "replay", "merged.jsonl")
    assert status == 1
    assert "it was changed after it was written" in complaint
