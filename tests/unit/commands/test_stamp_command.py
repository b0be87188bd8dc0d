"""``stamp``: a file that no workflow made gets a run manifest like all others."""

import hashlib
import os

import pytest
import yaml
from checkout import REPO
from command_lines import read_sidecar_json, run_command, write_files

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.run.run_manifest import seal_of
from drumcorpus.ground.run.sidecars import read_sidecar

SCHEMA = yaml.safe_load((REPO / "workflow/schemas/run_manifest.schema.yaml").read_text())


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_stamped_file_has_the_run_manifest_of_any_product(tmp_path):
    write_files(tmp_path, a__jsonl='{"x":1}\n', b__jsonl='{"x":2}\n{"x":3}\n', merge__py="x = 1\n")
    assert run_command(tmp_path, "stamp", "a.jsonl") == (0, "a.jsonl.manifest.json: written\n", "")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/m.jsonl").write_text('{"x":1}\n{"x":2}\n{"x":3}\n')
    status, said, _ = run_command(
        tmp_path,
        *("stamp", "out/m.jsonl", "--input", "./a.jsonl", "--input", "out/../b.jsonl"),
        *("--parameter", "crf=23", "--parameter", "preset=slow", "--parameter", "nan=NaN"),
        *("--script", "merge.py", "--note", "by Ann"),
    )
    assert (status, said) == (0, "out/m.jsonl.manifest.json: written\n")
    manifest = read_sidecar_json(tmp_path / "out/m.jsonl")
    assert document_problems(manifest, SCHEMA) == []
    assert read_sidecar(tmp_path / "out/m.jsonl") == manifest
    a, b, script = (sha256((tmp_path / n).read_text()) for n in ("a.jsonl", "b.jsonl", "merge.py"))
    assert manifest["inputs"] == [
        {"name": "input", "path": "a.jsonl", "kind": "product", "sha256": a, "rows": 1},
        {"name": "input", "path": "b.jsonl", "kind": "external", "sha256": b, "rows": None},
        {"name": "script", "path": "merge.py", "kind": "external", "sha256": script, "rows": None},
    ]
    text = '{"x":1}\n{"x":2}\n{"x":3}\n'
    assert manifest["outputs"] == [
        {"name": "file", "path": "out/m.jsonl", "sha256": sha256(text), "bytes": 24, "rows": 3}
    ]
    parameters = {"crf": 23, "preset": "slow", "nan": "NaN"}
    assert manifest["params"] == {"note": "by Ann", "parameters": parameters}
    assert manifest["rule"] == "stamp"
    assert manifest["script"] == {"path": "merge.py", "code": script[:16], "software": {}}
    assert str(tmp_path) not in (tmp_path / "out/m.jsonl.manifest.json").read_text()


def test_without_a_script_the_record_says_that_it_was_by_hand(tmp_path):
    write_files(tmp_path, a__csv="x\n")
    run_command(tmp_path, "stamp", "a.csv")
    script = read_sidecar_json(tmp_path / "a.csv")["script"]
    assert script == {"path": "(by hand)", "code": "0" * 16, "software": {}}


def test_several_files_are_stamped_together(tmp_path):
    write_files(tmp_path, a__csv="x\n", b__csv="y\n")
    assert run_command(tmp_path, "stamp", "a.csv", "b.csv")[0] == 0
    first, second = (tmp_path / f"{name}.csv.manifest.json" for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert [row["path"] for row in read_sidecar(tmp_path / "b.csv")["outputs"]] == [
        "a.csv",
        "b.csv",
    ]


def test_a_second_time_writes_nothing_and_another_content_needs_again(tmp_path):
    write_files(tmp_path, a__csv="x\n")
    run_command(tmp_path, "stamp", "a.csv")
    before = (tmp_path / "a.csv.manifest.json").read_bytes()
    said = run_command(tmp_path, "stamp", "a.csv")
    assert said == (0, "stands as it would be written: nothing to do\n", "")
    write_files(tmp_path, a__csv="z\n")
    status, said, error = run_command(tmp_path, "stamp", "a.csv")
    assert (status, said) == (1, "")
    assert error == (
        "python -m drumcorpus: a.csv.manifest.json: stands there and says otherwise; "
        "to replace it: --again\n"
    )
    assert (tmp_path / "a.csv.manifest.json").read_bytes() == before
    assert run_command(tmp_path, "stamp", "a.csv", "--again")[0] == 0
    assert read_sidecar(tmp_path / "a.csv")["outputs"][0]["sha256"] == sha256("z\n")


def make_folder(folder):
    (folder / "d").mkdir()


def make_link(folder):
    (folder / "l").symlink_to("a.csv")


def change_input(folder):
    run_command(folder, "stamp", "b.csv")
    write_files(folder, b__csv="changed\n")


def break_input(folder):
    run_command(folder, "stamp", "b.csv")
    (folder / "b.csv.manifest.json").write_text("{}")


@pytest.mark.parametrize(
    ("prepare", "arguments", "status", "words"),
    [
        (make_folder, ["d"], 1, "d: is a folder, where a file belongs"),
        (make_link, ["l"], 1, "l: is a link, where a file belongs"),
        (make_folder, ["a.csv", "--input", "d"], 1, "d: is a folder, where a file belongs"),
        (None, ["a.csv", "--input", "gone"], 2, "gone: there is no such file"),
        (None, ["a.csv", "--script", "gone.py"], 2, "gone.py: there is no such file"),
        (None, ["a.csv", "--input", "../x"], 1, "../x: lies outside the present folder"),
        (None, ["/etc/passwd"], 1, "/etc/passwd: lies outside the present folder"),
        (None, ["a.csv", "--input", "a.csv"], 1, "a.csv: is named twice"),
        (None, ["a.csv", "./a.csv"], 1, "a.csv: is named twice"),
        (
            change_input,
            ["a.csv", "--input", "b.csv"],
            1,
            "b.csv: is not what its run manifest says",
        ),
        (break_input, ["a.csv", "--input", "b.csv"], 1, "b.csv.manifest.json: schema: got None"),
    ],
    ids=[
        *("folder", "link", "input_folder", "no_input", "no_script", "climbs", "elsewhere"),
        *("itself", "twice", "changed_input", "lying_input"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_written(
    tmp_path, prepare, arguments, status, words
):
    write_files(tmp_path, a__csv="x\n", b__csv="y\n")
    if prepare:
        prepare(tmp_path)
    got, said, error = run_command(tmp_path, "stamp", *arguments)
    assert (got, said) == (status, "")
    assert error.startswith(f"python -m drumcorpus: {words}")
    assert not (tmp_path / "a.csv.manifest.json").exists()


def test_an_input_whose_run_manifest_counts_other_rows_is_refused(tmp_path):
    write_files(tmp_path, a__csv="x\n", b__jsonl="{}\n")
    assert run_command(tmp_path, "stamp", "b.jsonl")[0] == 0
    manifest = read_sidecar_json(tmp_path / "b.jsonl")
    manifest["outputs"][0]["rows"] = 7
    data = canonical_json(manifest | {"seal": seal_of(manifest)})
    (tmp_path / "b.jsonl.manifest.json").write_bytes(data)
    status, _, error = run_command(tmp_path, "stamp", "a.csv", "--input", "b.jsonl")
    assert (status, "b.jsonl: has 1 rows, and its run manifest says 7; " in error) == (1, True)


def test_a_name_that_json_cannot_hold_is_refused(tmp_path):
    name = os.fsdecode(b"a\xff.csv")
    (tmp_path / name).write_text("x\n")
    status, _, error = run_command(tmp_path, "stamp", name)
    assert status == 1
    assert error == (
        "python -m drumcorpus: a\\xff.csv: its name is not UTF-8, which JSON cannot hold; "
        "rename it\n"
    )


def test_a_run_manifest_is_not_stamped(tmp_path):
    write_files(tmp_path, a__csv="x\n")
    run_command(tmp_path, "stamp", "a.csv")
    status, _, error = run_command(tmp_path, "stamp", "a.csv.manifest.json")
    assert status == 1
    assert "a.csv.manifest.json: is a run manifest, which has none of its own" in error


def test_a_parameter_with_a_key_twice_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    status, _, error = run_command(tmp_path, "stamp", "a.txt", "--parameter", 'o={"a":1,"a":2}')
    assert status == 2
    assert "key 'a' stands twice" in error
    assert not (tmp_path / "a.txt.manifest.json").exists()
