"""Shards of the config are merged by the rule as the function merges them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from checkout import REPO
from warm_python import run_python

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.stages.corpora.merge import merge_corpora

pytestmark = pytest.mark.workflow

CORPUS = "results/corpora/merged/mine.jsonl"
ROWS = {
    "one.jsonl": [b'{"event_id": "c",  "x": 1.50}', b'{"event_id": "a", "x": 1}'],
    "two.jsonl": [b'{"event_id": "b", "x": 2}', b'{"x": 1.5, "event_id": "c"}'],
}


@dataclass
class Folder:
    """A working folder without raw data: what is merged lies in it."""

    path: Path

    def merge(self, inputs=tuple(ROWS), **block):
        """Have the config merge shards."""
        block = {"inputs": list(inputs), "natural_key": "events"} | block
        config = {"corpora": {"merges": {"mine": block}}}
        (self.path / "mine.yaml").write_text(yaml.safe_dump(config))

    def write(self, rows):
        for name, lines in rows.items():
            (self.path / name).write_bytes(b"".join(line + b"\n" for line in lines))

    def snakemake(self, status=0):
        """Ask for the corpus; what was said."""
        options = ["--directory", self.path, "--configfile", self.path / "mine.yaml"]
        call = ["-m", "snakemake", "--snakefile", REPO / "Snakefile", *options, "--cores", "1"]
        return self.run(*call, "--", CORPUS, status=status)

    def make(self, status=0):
        """Ask for it; what was said, and the jobs that made something."""
        log = self.path / "logs/run_log.jsonl"
        log.unlink(missing_ok=True)
        said = self.snakemake(status)
        rows = map(json.loads, log.read_text().splitlines() if log.exists() else [])
        return said, [row["rule"] for row in rows if row.get("outcome") == "made"]

    def run(self, *arguments, status=0):
        environment = os.environ | {"PYTHONPATH": str(REPO / "src")}
        done = run_python(arguments, self.path, environment, one_stream=True)
        assert done.returncode == status, done.stdout
        return done.stdout


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    made.write(ROWS)
    made.merge()
    return made


@pytest.mark.long
def test_the_rule_writes_what_the_function_writes_and_both_say_the_same(folder, monkeypatch):
    monkeypatch.chdir(folder.path)
    assert folder.make()[1] == ["merge_corpora"]
    corpus = Path(CORPUS).read_bytes()
    (last, first), (second, _) = ROWS.values()
    assert corpus == b"\n".join([first, second, last, b""])
    manifest = json.loads(Path(f"{CORPUS}.manifest.json").read_text())
    schema = yaml.safe_load((REPO / "workflow/schemas/run_manifest.schema.yaml").read_text())
    assert document_problems(manifest, schema) == []
    assert str(folder.path) not in json.dumps(manifest)
    given = {"inputs": list(ROWS), "natural_key": "events"}
    assert manifest["corpus"]["arguments"]["given"] == given
    counters = merge_corpora(list(ROWS), "by_hand.jsonl", natural_key="events")
    assert Path("by_hand.jsonl").read_bytes() == corpus
    assert counters == manifest["counters"]
    by_hand = json.loads(Path("by_hand.jsonl.manifest.json").read_text())
    for key in ("input_shards", "natural_key", "duplicates", "required_keys"):
        assert by_hand["corpus"][key] == manifest["corpus"][key]
    # The recorded command does it again, and what it wrote holds.
    Path(CORPUS).rename("before.jsonl")
    folder.run(*manifest["corpus"]["command_line"][1:])
    assert Path(CORPUS).read_bytes() == corpus
    assert "holds: " in folder.run("-m", "drumcorpus", "verify", CORPUS)


def test_shards_outside_the_folder_are_held_against_no_file_in_it(folder):
    shards = [folder.path / name for name in ("x/one.jsonl", "in/one.jsonl")]
    outside = folder.path.parent / f"{folder.path.name}_outside/one.jsonl"
    shards = [outside, *shards]
    for number, path in enumerate(shards):
        path.parent.mkdir()
        path.write_text(f'{{"event_id": "{number}"}}\n')
    folder.merge(inputs=map(str, shards))
    folder.make()
    manifest = json.loads((folder.path / f"{CORPUS}.manifest.json").read_text())
    names = ["…/one.jsonl", "x/one.jsonl", "in/one.jsonl"]
    assert manifest["params"]["merge"]["inputs"] == names
    assert [shard["path"] for shard in manifest["corpus"]["input_shards"]] == names
    # one.jsonl of the folder itself is none of them.
    said = folder.run("-m", "drumcorpus", "verify", CORPUS)
    assert "not looked at: lies elsewhere: …/one.jsonl" in said
    assert "holds: 1 product(s) and 2 other file(s)" in said
    (folder.path / "in/one.jsonl").write_text("{}\n")
    said = folder.run("-m", "drumcorpus", "verify", CORPUS, status=1)
    assert "in/one.jsonl: changed: has sha256 " in said


@pytest.mark.long
def test_a_merge_is_made_again_when_a_shard_or_its_block_changes_and_else_not(folder):
    folder.make()
    assert folder.make()[1] == []
    folder.write({"two.jsonl": [b'{"event_id": "d", "x": 2}']})
    assert folder.make()[1] == ["merge_corpora"]
    assert (folder.path / CORPUS).read_bytes().count(b"\n") == 3
    folder.merge(required_keys=["x:number"])
    assert folder.make()[1] == ["merge_corpora"]
    folder.merge(required_keys=["x:text"])
    assert "one.jsonl:1: x: got the number 1.5; wanted: text" in folder.make(status=1)[0]


@pytest.mark.long
def test_conflicts_are_said_or_stop_the_job(folder):
    folder.write({"two.jsonl": [b'{"event_id": "c", "x": 9}']})
    said, _ = folder.make()
    assert "1 rows in conflict with one before them:" in said
    assert 'two.jsonl:1: event_id "c": other content than one.jsonl:1, which counts' in said
    folder.merge(duplicates="error")
    said, _ = folder.make(status=1)
    assert "two.jsonl:1: event_id" in said
    assert "take one of each out, or merge with duplicates: first" in said
    assert not (folder.path / CORPUS).exists()


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            {"inputs": ["one.jsonl", "three.jsonl"]},
            "corpora.merges.mine.inputs: three.jsonl is not",
        ),
        ({"inputs": ["one.jsonl"]}, "corpora.merges.mine.inputs: got ['one.jsonl']; wanted: 2 or"),
        ({"natural_key": "event"}, "corpora.merges.mine.natural_key: got 'event'"),
        ({"duplicates": "last"}, "corpora.merges.mine.duplicates: got 'last'; allowed: first, err"),
        ({"required_keys": ["x", "x:text"]}, "corpora.merges.mine.required_keys: 'x:text' stands"),
    ],
    ids=["missing", "one", "key", "policy", "twice"],
)
def test_a_wrong_block_is_refused_before_any_job(folder, block, message):
    folder.merge(**block)
    said = folder.snakemake(status=1)
    assert message in said
    assert "Exception" not in said and said.count("  File ") <= 1
    assert not (folder.path / "results").exists()
