"""``python -m drumcorpus aggregate`` does what the function does, in any folder."""

import json

import pytest
from command_lines import read_sidecar_json, run_command

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.run.today import AsStated
from drumcorpus.stages.corpora.aggregate import aggregate_corpora
from drumcorpus.stages.corpora.scales import read_scales, scale_files

ROWS = {
    "five.jsonl": {"src": "a", "src_sha256": "a1", "mos": 4, "mos_std_dev": 0.5, "corpus": "mine"},
    "full.jsonl": {"src": "a", "src_sha256": "a1", "mos": 70, "mos_std_dev": 4.2, "corpus": "lsvq"},
}
SHARDS = ["--inputs", *ROWS, "--corpus-source", "./five.jsonl=reviewer-1-5"]


@pytest.fixture
def folder(tmp_path):
    for name, row in ROWS.items():
        (tmp_path / name).write_text(f"{json.dumps(row)}\n")
    return tmp_path


def test_the_command_writes_the_bytes_of_the_function_and_says_what_it_counted(folder, monkeypatch):
    status, said, errors = run_command(folder, "aggregate", *SHARDS, "--output", "out.jsonl")
    assert (status, errors) == (0, "")
    assert said.splitlines() == [
        "out.jsonl: written",
        "out.jsonl.manifest.json: written",
        "rows_in 2, rows_out 1, duplicates 0, conflicts 0, other_corpus 1, "
        "dropped.out_of_range 0, unique_sources 1, inputs_seen 2",
    ]
    written = [(folder / f"out.jsonl{end}").read_bytes() for end in ("", ".manifest.json")]
    assert json.loads(written[0])["mos"] == 70.0
    monkeypatch.chdir(folder)
    sources = {"./five.jsonl": "reviewer-1-5"}
    scales = read_scales(scale_files())
    aggregate_corpora(list(ROWS), "out.jsonl", scales=scales, corpus_source=sources)
    assert [(folder / f"out.jsonl{end}").read_bytes() for end in ("", ".manifest.json")] == written


def test_the_recorded_command_line_does_the_same(folder):
    run_command(folder, "aggregate", *SHARDS, "--output", "out.jsonl")
    corpus, manifest = (folder / "out.jsonl").read_bytes(), read_sidecar_json(folder / "out.jsonl")
    (folder / "out.jsonl").unlink()
    words = manifest["corpus"]["command_line"]
    assert words[:4] == ["python", "-m", "drumcorpus", "aggregate"]
    assert run_command(folder, *words[3:])[0] == 0
    assert (folder / "out.jsonl").read_bytes() == corpus


def test_scales_of_ones_own_take_the_place_of_those_of_the_package(folder):
    (folder / "scales").mkdir()
    (folder / "scales/mine.yaml").write_text(
        "{name: mine, label: mine, minimum: 0, maximum: 4, slope: 25, intercept: 0, source: me}"
    )
    arguments = ["--inputs", "five.jsonl", "--scales", "scales", "--output", "out.jsonl"]
    assert run_command(folder, "aggregate", *arguments)[0] == 0
    assert json.loads((folder / "out.jsonl").read_text())["mos"] == 100.0
    section = read_sidecar_json(folder / "out.jsonl")["corpus"]
    assert section["arguments"]["complete"]["scales"] == ["scales/mine.yaml"]
    assert " --scales scales/mine.yaml " in " ".join(section["command_line"])


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--inputs", "five.jsonl"], 1, 'five.jsonl:1: corpus: got "mine", which has no scale'),
        (["--inputs", "gone.jsonl"], 2, "gone.jsonl"),
        (["--inputs", "five.jsonl", "--scales", "gone.yaml"], 2, "gone.yaml"),
        (["--inputs", "full.jsonl", "--corpus-source", "lsvq"], 2, "wanted: SHARD=SCALE"),
        (["--inputs", "full.jsonl", "--corpus-source", "full.jsonl=no"], 2, "which has no scale"),
    ],
    ids=["no-scale", "gone", "no-scales", "no-equals", "unknown"],
)  # fmt: skip
def test_errors_are_sentences_with_their_exit_status(folder, arguments, status, message):
    done = run_command(folder, "aggregate", *arguments, "--output", "out.jsonl")
    assert done[0] == status
    assert message in " ".join(done[2].split())
    assert "Traceback" not in done[2]
    assert not (folder / "out.jsonl").exists()


def test_replay_looks_for_the_scales_in_the_checkout(folder):
    run_command(folder, "aggregate", *SHARDS, "--output", "out.jsonl")
    status, said, errors = run_command(folder, "replay", "out.jsonl")
    assert (status, errors) == (0, "")
    assert "would give it again (1 job, 4 inputs agree)" in said
    records = read_sidecar_json(folder / "out.jsonl")
    (folder / "config/corpora").mkdir(parents=True)
    (folder / "config/corpora/lsvq.yaml").write_text("another scale")
    inputs = AsStated({"out.jsonl": records}.get, folder).plan("out.jsonl")["inputs"]
    digests = {row["path"]: row["sha256"] for row in inputs}
    assert digests["config/corpora/lsvq.yaml"] == sha256_bytes(b"another scale")
    assert digests["config/corpora/reviewer-1-5.yaml"] is None
