"""``verify``: what holds, what does not, and what could not be looked at."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from checkout import REPO
from command_lines import read_sidecar_json, run_command, write_files
from stamped import content_of, stamp_chain, write_record

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.run_manifest import seal_of

LINKS = {"b.jsonl": ["raw.txt"], "c.txt": ["b.jsonl"], "d/e.txt": ["c.txt", "raw2.txt"]}


@pytest.fixture
def chain(tmp_path):
    return stamp_chain(tmp_path, LINKS)


def rewrite(path, **changes):
    """Another content for the run manifest beside a file, sealed again."""
    document = read_sidecar_json(path) | changes
    document["seal"] = seal_of(document)
    path.with_name(f"{path.name}.manifest.json").write_bytes(canonical_json(document))


@pytest.mark.parametrize("level", [[], ["--full"], ["--quick"], ["--sample", "2"]], ids=str)
def test_a_chain_that_holds_is_said_to(chain, level):
    status, said, error = run_command(chain, "verify", "d/e.txt", *level)
    assert (status, error) == (0, "")
    word = level[0].strip("-") if level else "full"
    assert said == (
        f"d/e.txt: holds: 3 product(s) and 2 other file(s) are as recorded (level {word})\n"
    )


def test_it_works_from_another_folder_and_on_a_whole_one(chain, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    status, said, _ = run_command(elsewhere, "verify", chain / "c.txt")
    assert (status, said.partition(": ")[2]) == (
        0,
        "holds: 2 product(s) and 1 other file(s) are as recorded (level full)\n",
    )
    status, said, _ = run_command(elsewhere, "verify", chain)
    assert status == 0
    assert "holds: 3 product(s) and 2 other file(s)" in said


def damage_bytes(folder):
    (folder / "b.jsonl").write_bytes(content_of("x.jsonl"))


def damage_length(folder):
    (folder / "b.jsonl").write_text("longer than it was\n")


def damage_input(folder):
    (folder / "raw.txt").write_text("another\n")


def remove_product(folder):
    (folder / "b.jsonl").unlink()


def remove_record(folder):
    (folder / "b.jsonl.manifest.json").unlink()


def put_folder(folder):
    remove_record(folder)
    (folder / "b.jsonl.manifest.json").mkdir()


def put_link(folder):
    (folder / "b.jsonl").rename(folder / "true")
    (folder / "b.jsonl").symlink_to("true")


def make_anew(folder):
    (folder / "b.jsonl").write_text("{}\n")
    run_command(folder, "stamp", "b.jsonl", "--again")


def lie_of_digest(folder):
    output = read_sidecar_json(folder / "b.jsonl")["outputs"][0]
    rewrite(folder / "b.jsonl", outputs=[output | {"sha256": "ab" * 32}])


def lie_of_rows(folder):
    output = read_sidecar_json(folder / "b.jsonl")["outputs"][0]
    rewrite(folder / "b.jsonl", outputs=[output | {"rows": 7}])


def lie_of_schema(folder):
    rewrite(folder / "b.jsonl", schema="drumcorpus-run-manifest-v9")


def lie_of_key(folder):
    rewrite(folder / "b.jsonl", made_at="noon")


def climb_out(folder):
    source = read_sidecar_json(folder / "b.jsonl")["inputs"][0]
    rewrite(folder / "b.jsonl", inputs=[source | {"path": "../../etc/passwd"}])


def be_absolute(folder):
    output = read_sidecar_json(folder / "b.jsonl")["outputs"][0]
    rewrite(folder / "b.jsonl", outputs=[output | {"path": "/etc/passwd"}])


def break_seal(folder):
    path = folder / "b.jsonl.manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"stamp"', b'"stomp"'))


def name_another(folder):
    shutil.copy(folder / "c.txt.manifest.json", folder / "b.jsonl.manifest.json")


def key_twice(folder):
    path = folder / "b.jsonl.manifest.json"
    path.write_bytes(
        path.read_bytes().replace(b'{\n  "counters"', b'{\n  "rule": 1,\n  "counters"')
    )


def put_nan(folder):
    path = folder / "b.jsonl.manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"params": {}', b'"params": {"x": NaN}'))


SIDECAR = "b.jsonl.manifest.json"
DAMAGES = {
    damage_bytes: "b.jsonl: changed: has sha256 ",
    damage_length: "b.jsonl: changed: has 19 bytes, 8 are recorded",
    damage_input: "raw.txt: changed: has sha256 ",
    remove_product: "b.jsonl: missing: is recorded and not there",
    remove_record: "b.jsonl: extra: has no run manifest now; c.txt was made from it",
    put_link: "b.jsonl: changed: is a link, where a file belongs; move it away",
    make_anew: "c.txt: stale: was made from another version of b.jsonl",
    lie_of_digest: "b.jsonl: changed: has sha256 ",
    lie_of_rows: "b.jsonl: changed: has 1 rows, 7 are recorded",
    put_folder: f"{SIDECAR}: changed: is a folder, where a run manifest belongs; move it away",
    lie_of_schema: f"{SIDECAR}: changed: schema: got 'drumcorpus-run-manifest-v9'; ",
    lie_of_key: f"{SIDECAR}: changed: (top level): unknown key made_at; allowed: ",
    climb_out: f"{SIDECAR}: changed: inputs.0.path: '../../etc/passwd' climbs out of",
    be_absolute: f"{SIDECAR}: changed: outputs.0.path: '/etc/passwd' is absolute; ",
    break_seal: f"{SIDECAR}: changed: its seal is ",
    name_another: f"{SIDECAR}: changed: does not name the file it stands beside, but c.txt",
    key_twice: f"{SIDECAR}: changed: line 23, column 3: the key 'rule' stands twice",
    put_nan: f"{SIDECAR}: changed: line 21, column 19: not JSON: ",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_does_not_hold_is_named_along_the_chain_and_in_the_folder(chain, damage):
    damage(chain)
    for asked in ("d/e.txt", "."):
        status, said, error = run_command(chain, "verify", asked)
        assert status == 1
        assert DAMAGES[damage] in said
        assert error.count("\n") == 1
        assert error.startswith(f"python -m drumcorpus: {asked}: ")
        assert "problem(s) among" in error


@pytest.mark.parametrize(
    "damage", [climb_out, break_seal, key_twice, put_nan, put_folder], ids=lambda f: f.__name__
)
def test_a_file_whose_own_record_lies_is_named_last(chain, damage):
    damage(chain)
    status, said, error = run_command(chain, "verify", "b.jsonl", "--quick")
    assert (status, said) == (1, "")
    assert error.startswith(f"python -m drumcorpus: {chain}/b.jsonl.manifest.json")
    assert error.count("\n") == 1


def test_quick_looks_at_sizes_and_records_and_at_no_content(chain):
    damage_bytes(chain)
    assert run_command(chain, "verify", ".", "--quick")[0] == 0
    damage_length(chain)
    assert run_command(chain, "verify", ".", "--quick")[0] == 1
    assert run_command(chain, "verify", "c.txt", "--sample", "100")[0] == 1


def test_what_does_not_lie_here_is_said_and_is_a_problem_if_all_is_asked_for(chain):
    remove_product(chain)
    remove_record(chain)
    (chain / "raw2.txt").unlink()
    status, said, _ = run_command(chain, "verify", "d/e.txt")
    assert status == 0
    assert said.splitlines() == [
        "not looked at: not here: b.jsonl, raw2.txt",
        "d/e.txt: holds: 2 product(s) and 0 other file(s) are as recorded (level full)",
    ]
    status, _, error = run_command(chain, "verify", "d/e.txt", "--complete")
    assert status == 1
    assert error == ("python -m drumcorpus: d/e.txt: not looked at: not here: b.jsonl, raw2.txt\n")


def test_raw_files_are_looked_at_where_their_folder_is_named(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.wav").write_bytes(b"sound")
    row = {"path": "a.wav", "bytes": 5, "sha256": hashlib.sha256(b"sound").hexdigest()}
    table = tmp_path / "results/inventory/egmd.parquet"
    table.parent.mkdir(parents=True)
    write_table(table, pa.Table.from_pylist([row]))
    (tmp_path / "results/sessions.txt").write_text("sessions\n")
    write_record(tmp_path, "results/sessions.txt", [])
    outputs = [
        {
            "name": name,
            "path": path.relative_to(tmp_path).as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
            "rows": rows,
        }
        for name, path, rows in (
            ("files", table, 1),
            ("sessions", tmp_path / "results/sessions.txt", None),
        )
    ]
    source = {"name": "raw", "path": "egmd", "kind": "raw", "sha256": "ab" * 32, "rows": 1}
    rewrite(tmp_path / "results/sessions.txt", outputs=outputs, inputs=[source])
    shutil.copy(tmp_path / "results/sessions.txt.manifest.json", f"{table}.manifest.json")
    for asked in ("results/sessions.txt", "results/inventory/egmd.parquet"):
        status, said, _ = run_command(tmp_path, "verify", asked)
        assert status == 0
        first = "not looked at: raw files of egmd; say where they lie: --root SET=DIR"
        assert said.splitlines()[0] == first
        status, said, _ = run_command(tmp_path, "verify", asked, "--root", "egmd=raw")
        assert said == (
            f"{asked}: holds: 1 product(s) and 1 other file(s) are as recorded (level full)\n"
        )
    (raw / "a.wav").write_bytes(b"noise")
    status, said, _ = run_command(tmp_path, "verify", ".", "--root", "egmd=raw")
    assert status == 1
    assert said.startswith("raw/a.wav: changed: has sha256 ")
    table.write_bytes(b"no table")
    status, said, _ = run_command(tmp_path, "verify", ".", "--root", "egmd=raw")
    assert status == 1
    assert "results/inventory/egmd.parquet: changed: has 8 bytes, " in said


def test_a_sample_is_held_against_the_listing_of_its_export(tmp_path):
    sample = tmp_path / "results/export/m/e/train/clips/set/000/a b.wav"
    sample.parent.mkdir(parents=True)
    sample.write_bytes(b"sound")
    digest = hashlib.sha256(b"sound").hexdigest()
    listing = tmp_path / "results/export/m/e/SHA256SUMS"
    listing.write_text(f"{'0' * 64}  train/b.wav\n{digest}  train/clips/set/000/a b.wav\n")
    name = "results/export/m/e/SHA256SUMS"
    assert run_command(tmp_path, "stamp", name)[0] == 0
    status, said, _ = run_command(tmp_path, "verify", sample.relative_to(tmp_path))
    assert status == 0
    assert said.endswith("holds: 1 product(s) and 1 other file(s) are as recorded (level full)\n")
    sample.write_bytes(b"noise")
    status, said, _ = run_command(tmp_path, "verify", sample.relative_to(tmp_path))
    assert status == 1
    assert "a b.wav: changed: has sha256 " in said
    sample.with_name("c.wav").write_bytes(b"sound")
    status, _, error = run_command(tmp_path, "verify", sample.with_name("c.wav"))
    assert status == 2
    assert "c.wav: has no run manifest, and no listing of an export" in error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["raw.txt"], "raw.txt: has no run manifest, and no listing of an export"),
        (["gone.txt"], "gone.txt: there is no such file"),
        (["empty"], "empty: no run manifest stands below this folder"),
        (["c.txt", "--sample", "0"], "got '0'; wanted: a number from 1 on"),
        (["c.txt", "--sample", "2", "--quick"], "not allowed with argument"),
        (["c.txt", "--root", "egmd"], "got 'egmd'; wanted: SET=DIR"),
        (["c.txt", "--root", "egmd=gone"], "gone: there is no such folder"),
    ],
    ids=["unstamped", "gone", "empty", "sample", "two_levels", "root", "no_folder"],
)
def test_what_cannot_be_looked_at_is_status_2(chain, arguments, words):
    (chain / "empty").mkdir()
    status, said, error = run_command(chain, "verify", *arguments)
    assert (status, said) == (2, "")
    assert words in error.splitlines()[-1]


def test_a_record_without_its_product_is_a_problem_and_not_nothing(chain):
    (chain / "c.txt").unlink()
    status, said, _ = run_command(chain, "verify", "c.txt")
    assert status == 1
    assert said == "c.txt: missing: is recorded and not there\n"


def test_a_long_chain_ends(tmp_path):
    stamp_chain(tmp_path, {f"{n + 1}.txt": [f"{n}.txt"] for n in range(2000)})
    status, said, _ = run_command(tmp_path, "verify", "2000.txt")
    assert (status, said.split()[2]) == (0, "2,000")


def test_names_cannot_break_a_line(tmp_path):
    name = "a\nb\u202e.txt"
    (tmp_path / name).write_text("x")
    assert run_command(tmp_path, "stamp", name)[1] == "a\\nb\\u202e.txt.manifest.json: written\n"
    (tmp_path / name).write_text("y")
    status, said, error = run_command(tmp_path, "verify", name)
    assert status == 1
    assert said.count("\n") == error.count("\n") == 1
    assert said.startswith("a\\nb\\u202e.txt: changed: has sha256 ")


def test_what_is_made_by_hand_of_other_json_is_no_run_manifest(tmp_path):
    write_files(tmp_path, a__csv="x\n")
    (tmp_path / "a.csv.manifest.json").write_text(json.dumps({"dataset": "a", "files": 1}))
    status, _, error = run_command(tmp_path, "verify", "a.csv")
    assert status == 1
    assert "a.csv.manifest.json: schema: got None; allowed: drumcorpus-run-manifest-v1" in error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_status_2(chain):
    (chain / "c.txt.manifest.json").chmod(0)
    assert run_command(chain, "verify", "c.txt")[0] == 2


CIRCLES = {
    "two": {"a.txt": ["b.txt"], "b.txt": ["a.txt"]},
    "itself": {"a.txt": ["a.txt"]},
    "far_down": {"top.txt": ["a.txt"], "a.txt": ["b.txt"], "b.txt": ["c.txt"], "c.txt": ["a.txt"]},
}


@pytest.mark.parametrize("name", CIRCLES)
@pytest.mark.parametrize("command", ["verify", "trace", "replay", "attest"])
def test_what_was_made_from_itself_does_not_hold(tmp_path, command, name):
    stamp_chain(tmp_path, CIRCLES[name], circular=True)
    status, said, error = run_command(tmp_path, command, next(iter(CIRCLES[name])))
    assert status == 1
    assert "by what is recorded: nothing can be made from itself" in said + error


def test_a_circle_below_a_folder_and_one_by_an_input_from_elsewhere_are_found(tmp_path):
    stamp_chain(tmp_path, {"a.txt": ["raw.txt"]})
    assert run_command(tmp_path, "verify", ".")[0] == 0
    write_record(tmp_path, "a.txt", [("a.txt", "external")])
    status, said, _ = run_command(tmp_path, "verify", ".")
    assert status == 1
    assert said.startswith("a.txt: circle: was made from a.txt, by what is recorded")


def test_what_was_made_from_its_earlier_version_is_stale_and_no_circle(tmp_path):
    stamp_chain(tmp_path, {"b.txt": ["raw.txt"], "a.txt": ["b.txt"]})
    (tmp_path / "b.txt").write_text("made again\n")
    write_record(tmp_path, "b.txt", [("a.txt", "product")])
    _, said, _ = run_command(tmp_path, "verify", ".")
    assert "a.txt: stale: was made from another version of b.txt" in said
    assert "circle" not in said


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"kind": 7, "command_line": 7}, "corpus: missing arguments, conflicts_shown"),
        ([], "corpus: got an array; wanted: object"),
    ],
    ids=["numbers", "array"],
)
@pytest.mark.parametrize("command", ["verify", "trace", "replay", "attest"])
def test_a_section_that_is_none_of_a_corpus_is_named(chain, command, section, words):
    rewrite(chain / "b.jsonl", corpus=section)
    status, said, error = run_command(chain, command, "b.jsonl")
    assert status == 1
    assert f"b.jsonl.manifest.json: {words}" in said + error


def test_a_section_that_is_none_is_found_further_down_too(chain):
    rewrite(chain / "b.jsonl", corpus={"kind": 7}, script={"path": 7, "code": 7, "software": 7})
    status, _, error = run_command(chain, "attest", "c.txt")
    assert status == 1
    assert "b.jsonl.manifest.json: corpus: missing arguments" in error


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")


@FULL
@pytest.mark.parametrize("command", ["verify", "attest"])
def test_a_full_disk_is_told_and_a_gone_reader_is_not(chain, command):
    words = [sys.executable, "-m", "drumcorpus", command, "c.txt"]
    environment = os.environ | {"PYTHONPATH": str(REPO / "src")}
    settings = {"cwd": chain, "env": environment, "stderr": subprocess.PIPE, "text": True}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, **settings)
    assert (done.returncode, done.stderr) == (
        2,
        "python -m drumcorpus: standard output: No space left on device\n",
    )
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(words, stdout=writer, **settings)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_product_that_an_empty_folder_stands_for_does_not_hold(chain):
    (chain / "c.txt").unlink()
    (chain / "c.txt").mkdir()
    status, said, _ = run_command(chain, "verify", "c.txt")
    assert status == 1
    assert "c.txt: changed: is a folder" in said


def test_a_run_manifest_that_says_where_it_stands_is_held_against_its_file(tmp_path):
    write_files(tmp_path, a__jsonl='{"id":"1"}\n', b__jsonl='{"id":"2"}\n')
    words = ("merge", "--inputs", "a.jsonl", "b.jsonl", "--natural-key", "id")
    where = ("--output", "q.jsonl", "--manifest-out", "x/q.jsonl.manifest.json")
    assert run_command(tmp_path, *words, *where)[0] == 0
    status, said, _ = run_command(tmp_path, "verify", ".")
    assert (status, said.partition(": ")[2][:29]) == (0, "holds: 1 product(s) and 2 oth")
    status, said, _ = run_command(tmp_path, "trace", "--raw", "a.jsonl", "--all")
    assert status == 0
    assert "1 product(s) rest on it, by their run manifests:" in said
    assert said.splitlines()[-1] == "  q.jsonl"
    (tmp_path / "q.jsonl").unlink()
    assert "q.jsonl: missing" in run_command(tmp_path, "verify", ".")[1]
