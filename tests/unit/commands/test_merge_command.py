"""``merge`` does what the function does, and what it writes is verified and traced."""

import json

import pytest
from command_lines import read_sidecar_json, run_command

from drumcorpus.stages.corpora.merge import merge_corpora

KEY = {"src_sha256": "a1", "encoder": "av1", "preset": "6"}
SHARDS = {
    "one.jsonl": [{**KEY, "crf": 20, "vmaf": 90}, {**KEY, "crf": 30, "vmaf": 80}],
    "two.jsonl": [{**KEY, "crf": 30, "vmaf": 81}, {**KEY, "crf": 20, "vmaf": 90}],
}


@pytest.fixture
def folder(tmp_path):
    for name, rows in SHARDS.items():
        (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return tmp_path


def test_the_command_writes_the_bytes_of_the_function_and_says_what_it_counted(folder, monkeypatch):
    status, said, errors = run_command(
        folder, "merge", "--inputs", *SHARDS, "--output", "out.jsonl"
    )
    assert (status, errors) == (0, "")
    lines = said.splitlines()
    assert lines[0].startswith("conflict: two.jsonl:1: ")
    assert lines[1:] == [
        "out.jsonl: written",
        "out.jsonl.manifest.json: written",
        "rows_in 4, rows_out 2, duplicates 1, conflicts 1, unique_sources 1, inputs_seen 2",
    ]
    written = [(folder / f"out.jsonl{end}").read_bytes() for end in ("", ".manifest.json")]
    assert [json.loads(line)["vmaf"] for line in written[0].splitlines()] == [90, 80]
    monkeypatch.chdir(folder)
    merge_corpora(list(SHARDS), "out.jsonl")
    assert [(folder / f"out.jsonl{end}").read_bytes() for end in ("", ".manifest.json")] == written


def test_the_recorded_command_line_does_the_same(folder):
    run_command(
        folder,
        *("merge", "--inputs", *SHARDS, "--output", "out.jsonl", "--required-keys", "vmaf:number"),
        *("--natural-key", "src_sha256", "crf", "--duplicates", "first"),
    )
    corpus, manifest = (folder / "out.jsonl").read_bytes(), read_sidecar_json(folder / "out.jsonl")
    (folder / "out.jsonl").unlink()
    words = manifest["corpus"]["command_line"]
    assert words[:4] == ["python", "-m", "drumcorpus", "merge"]
    assert run_command(folder, *words[3:])[0] == 0
    assert (folder / "out.jsonl").read_bytes() == corpus
    assert read_sidecar_json(folder / "out.jsonl")["corpus"]["natural_key"] == ["src_sha256", "crf"]


def test_a_run_manifest_that_stands_elsewhere_is_named_to_verify_and_trace(folder):
    arguments = ("merge", "--inputs", *SHARDS, "--output", "out.jsonl")
    assert run_command(folder, *arguments, "--manifest-out", "said.json")[0] == 0
    manifest = (folder / "said.json").read_bytes()
    for name in ("said.json", "out.jsonl"):
        (folder / name).unlink()
    assert run_command(folder, *json.loads(manifest)["corpus"]["command_line"][3:])[0] == 0
    assert (
        json.loads((folder / "said.json").read_bytes())["outputs"]
        == json.loads(manifest)["outputs"]
    )
    assert run_command(folder, "verify", "out.jsonl")[0] == 2
    elsewhere = ("out.jsonl", "--manifest", "said.json")
    assert run_command(folder, "verify", *elsewhere)[0] == 0
    assert run_command(folder, "trace", *elsewhere)[1].startswith("out.jsonl  merge_corpora 2 ")
    assert run_command(folder, "verify", "one.jsonl", "--manifest", "said.json")[0] == 1


def test_a_key_may_be_named(folder):
    for name in "ba":
        (folder / f"{name}.jsonl").write_text(f'{{"event_id": "{name}"}}\n')
    arguments = ("--inputs", "b.jsonl", "a.jsonl", "--output", "out.jsonl")
    status, _, _ = run_command(folder, "merge", *arguments, "--natural-key", "events")
    assert status == 0
    lines = (folder / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["event_id"] for line in lines] == ["a", "b"]
    assert read_sidecar_json(folder / "out.jsonl")["corpus"]["natural_key"] == ["event_id"]


def test_the_corpus_is_verified_and_traced_to_its_shards(folder):
    run_command(folder, "stamp", "one.jsonl")
    run_command(folder, "merge", "--inputs", *SHARDS, "--output", "out.jsonl")
    status, said, _ = run_command(folder, "verify", "out.jsonl")
    assert (status, said) == (
        0,
        "out.jsonl: holds: 2 product(s) and 1 other file(s) are as recorded (level full)\n",
    )
    lines = run_command(folder, "trace", "out.jsonl")[1].splitlines()
    assert lines[0].startswith("out.jsonl  merge_corpora 2 rows ")
    assert lines[1].startswith("├ one.jsonl  stamp 2 rows ")
    assert lines[2].startswith("└ two.jsonl  external ")
    assert run_command(folder, "trace", "--raw", "two.jsonl")[1].splitlines()[:2] == [
        "two.jsonl: an input from elsewhere",
        "1 product(s) rest on it, by their run manifests:",
    ]
    (folder / "two.jsonl").write_text("{}\n")
    status, said, _ = run_command(folder, "verify", "out.jsonl")
    assert status == 1
    assert said.startswith("two.jsonl: changed: has sha256 ")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--inputs", "one.jsonl", "gone.jsonl"], 2, "gone.jsonl: there is no such file"),
        (["--inputs", *SHARDS, "--natural-key", "no"], 1, "one.jsonl:1: no: "),
        (["--inputs", *SHARDS, "--duplicates", "error"], 1, "two.jsonl:1: "),
        (["--inputs", *SHARDS, "--duplicates", "last"], 2, "invalid choice: 'last'"),
        (["--inputs", *SHARDS, "--required-keys", "vmaf:text"], 1, "one.jsonl:1: vmaf: "),
        (["--inputs", *SHARDS, "bad.jsonl"], 1, "bad.jsonl:1: "),
        (["--inputs", "one.jsonl"], 2, "inputs: got 1 shard; wanted: 2 or more"),
        (["--inputs", "one.jsonl", "./one.jsonl"], 2, "are one file; name it once"),
        (["--inputs", *SHARDS, "--manifest-out", "one.jsonl"], 2, "one.jsonl: is an input"),
        (["--inputs", *SHARDS, "--manifest-out", ""], 2, "manifest_out: got '.'; wanted: a file"),
    ],
    ids=["gone", "no_key", "conflict", "policy", "kind", "nan", "one", "twice", "input", "empty"],
)
def test_errors_are_sentences_with_their_exit_status_and_leave_the_output(
    folder, arguments, status, message
):
    (folder / "bad.jsonl").write_text('{"src_sha256": NaN}\n')
    before = ("--inputs", *SHARDS, "--output", "out.jsonl", "--natural-key", "vmaf")
    assert run_command(folder, "merge", *before)[0] == 0
    stood = [(folder / f"out.jsonl{end}").read_bytes() for end in ("", ".manifest.json")]
    done = run_command(folder, "merge", *arguments, "--output", "out.jsonl")
    assert done[0] == status
    assert message in done[2]
    assert done[2].splitlines()[-1].count(". ") == 0
    assert [(folder / f"out.jsonl{end}").read_bytes() for end in ("", ".manifest.json")] == stood
