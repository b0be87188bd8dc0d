"""The entry of the command line: its help, exit statuses and last lines."""

import importlib
import re
import subprocess
import sys
import tomllib

import pytest
from checkout import REPO
from command_lines import run_command

from drumcorpus.__main__ import COMMANDS, main


def test_help_lists_every_command_and_every_exit_status(tmp_path):
    status, said, _ = run_command(tmp_path, "--help")
    assert status == 0
    listed = dict(re.findall(r"^    ([\w-]+)\s+(\w.*)$", said, re.MULTILINE))
    assert {name: sentence.split()[0] for name, sentence in COMMANDS.items()} == {
        name: sentence.split()[0] for name, sentence in listed.items()
    }
    assert re.findall(r"^  ([012])  ", said, re.MULTILINE) == ["0", "1", "2"]


def test_every_module_of_a_command_is_listed():
    modules = {p.stem for p in (REPO / "src/drumcorpus/commands").glob("[a-z]*.py")}
    commands = {
        name
        for name in modules
        if hasattr(importlib.import_module(f"drumcorpus.commands.{name}"), "add_arguments")
    }
    assert commands == {name.replace("-", "_") for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example_that_fits_a_terminal(tmp_path, name):
    status, said, _ = run_command(tmp_path, name, "--help")
    assert status == 0
    assert f"\nexample:\n  python -m drumcorpus {name} " in said
    assert [line for line in said.splitlines() if len(line) > 80] == []


def test_the_version_is_that_of_the_project(tmp_path):
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert run_command(tmp_path, "--version") == (0, f"drumcorpus {project['version']}\n", "")


def test_help_loads_no_library():
    code = (
        "import sys; from drumcorpus.__main__ import parser; parser(['--help']); "
        "print(sorted({'orjson', 'numpy', 'pyarrow', 'jsonschema', 'duckdb'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "arguments are required: COMMAND"),
        (["stmap", "x"], "invalid choice: 'stmap'"),
        (["stamp"], "arguments are required: FILE"),
        (["stamp", "x", "--speed", "3"], "unrecognized arguments: --speed 3"),
        (["stamp", "x", "--parameter", "crf"], "got 'crf'; wanted: KEY=VALUE, such as crf=23"),
        (
            ["stamp", "x", "--parameter", "a=1", "--parameter", "a=2"],
            "parameter a: is given twice",
        ),
        (["stamp", "gone.jsonl"], "gone.jsonl: there is no such file"),
        (
            ["stamp", "x" * 300],
            f"argument: {'x' * 60}…: is longer than the file system allows: 300 bytes in all; ",
        ),
        (
            ["run", "--directory", "y/" * 3000],
            f"--directory: {'y/' * 30}…: is longer than the file system allows: ",
        ),
    ],
    ids=[
        *("none", "misspelled", "no_file", "unknown", "no_value", "twice", "gone"),
        *("long_name", "long_path"),
    ],
)
def test_what_cannot_be_looked_at_is_status_2_with_one_sentence_last(tmp_path, arguments, words):
    status, said, error = run_command(tmp_path, *arguments)
    assert (status, said) == (2, "")
    assert words in error.splitlines()[-1]
    assert "Traceback" not in error


@pytest.mark.parametrize("name", ["run", "plan", "export", "prune", "verify", "replay"])
def test_what_is_no_setting_is_refused_by_every_command_that_takes_one(capsys, name):
    file = {"replay": ["a.parquet"]}.get(name, [])
    with pytest.raises(SystemExit) as left:
        main([name, *file, "--config", "TEXT"])
    assert left.value.code == 2
    assert "argument --config: got 'TEXT'; wanted: KEY=VALUE, such as" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    ["stamp", "attest", "replay", "verify", "trace", "plan", "run", "export", "fetch"],
)
def test_an_empty_name_is_refused_as_such(capsys, name):
    with pytest.raises(SystemExit) as left:
        main([name, ""])
    assert left.value.code == 2
    assert re.search(r"error: argument \S+: is empty; wanted: a name\n", capsys.readouterr().err)


# A shell passes none of these on; what calls `main` may.
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("text", "words"),
    [("a\0b", "a\\x00b holds a NUL"), ("\ud800", "\\ud800 holds U+D800, half of a character")],
    ids=["nul", "half"],
)
def test_text_that_no_path_can_hold_is_refused_by_every_command(capsys, name, text, words):
    assert main([name, "--directory", text]) == 2
    assert f": --directory: {words}" in capsys.readouterr().err
    assert main([name, text]) == 2
    assert f": argument: {words}" in capsys.readouterr().err
