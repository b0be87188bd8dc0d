"""A command line that Snakemake would answer with a traceback is answered with a sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mounts import mount, unmounted_at_last

from drumcorpus.ground.run.command_line import (
    check_folder,
    check_overlays,
    check_settings,
    config_files,
)


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        pytest.param(["--cores", "1", "--", "all"], [], id="none"),
        pytest.param(["--configfile", "a b.yaml", "--", "all"], ["a b.yaml"], id="one"),
        pytest.param(["--configfile=a=b.yaml", "all"], ["a=b.yaml"], id="equals"),
        pytest.param(
            ["--configfiles", "a.yaml", "b.yaml", "--cores", "1"], ["a.yaml", "b.yaml"], id="two"
        ),
        pytest.param(["--config", "a=1", "--configfile", "c.yaml"], ["c.yaml"], id="config_too"),
    ],
)
def test_overlays_are_found_on_a_command_line(arguments, files):
    assert config_files(arguments) == files


def test_settings_that_snakemake_takes_pass():
    check_settings(["--config", "use=[a]", "compare={a: x=y}", "gates=", "--", "TEXT"])
    check_settings(["--configfile", "TEXT", "--config=a-b_1=1", "TEXT"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"use: [groove\nrelease: x\n", r"mine\.yaml:2:\d+: not YAML"),
        (b"use:\n\t- groove\n", r"mine\.yaml:2:1: not YAML: .*cannot start any token"),
        (b"use: [a]\nuse: [b]\n", r"mine\.yaml:2:1: not YAML: the key 'use' stands twice"),
        (b"release: \xff\n", r"mine\.yaml:1:10: not YAML: invalid leading UTF-8 octet"),
        (b"- groove\n", r"mine\.yaml: a config holds settings.*got a list"),
        (b"", r"mine\.yaml: a config holds settings.*got nothing"),
        (b"groove\n", r"mine\.yaml: a config holds settings.*got a str"),
    ],
    ids=["bracket", "tab", "twice", "not_utf8", "list", "empty", "word"],
)
def test_a_broken_overlay_is_named_with_line_and_column(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_bytes(text)
    with pytest.raises(ValueError, match=message):
        check_overlays([path])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param('{"use": ["a"],\n "use": ["b"]}', r"2:2: the key 'use'", id="at_the_top"),
        pytest.param(
            '{"crash": {"clustering": {"a": 1,\n\t\t"a": 1}}}', r"2:3: the key 'a'", id="deep"
        ),
        pytest.param(
            '{"a": [{"b": 1}, {"c": "b", "b": 2, "c": 3}]}', r"1:37: the key 'c'", id="in_a_list"
        ),
        pytest.param('{"se\\u0065d" : 1, "seed": 2}', r"1:19: the key 'seed'", id="escaped"),
        pytest.param('{"a\\"b": 1, "a\\"b" :2}', "1:13: the key 'a\"b'", id="quote_within"),
    ],
)
def test_a_key_that_stands_twice_in_json_is_refused_with_its_place(tmp_path, text, place):
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"mine.json:{place} stands twice")):
        check_overlays([path])


def test_keys_of_different_mappings_and_texts_like_keys_stand_in_json(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"a": {"a": "b"},\t"b": [{"a": 1}, {"a": 1}, "a", "a"], "c": "{\\"a\\": a"}')
    check_overlays([path])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--configfile", "nosuch.yaml"], "config file nosuch.yaml: is not there"),
        (["--configfile=min.yaml"], "config file min.yaml: is not there; did you mean mine.yaml?"),
        (["--configfile=~/mine.yaml"], "begins with ~, which only a shell reads"),
        (["--directory=$SCRATCH/x"], "working folder $SCRATCH/x: holds $SCRATCH"),
        (["--directory", "mine.yaml"], "working folder mine.yaml: is a file"),
        (["--directory", "x" * 300], "x: cannot be made: it is longer than the file system allows"),
        (["--configfile", "x" * 300], "x: is longer than the file system allows"),
        (
            ["--config", "use=[a]", "TEXT"],
            "--config: got 'TEXT'; wanted: KEY=VALUE, such as gates=",
        ),
        (["--config=2=3"], "--config: got '2=3'; wanted: KEY=VALUE"),
        (["-C", "=3"], "--config: got '=3'; wanted: KEY=VALUE"),
    ],
    ids=[
        *("absent", "misspelt", "tilde", "variable", "folder_is_a_file"),
        *("long_folder", "long_file", "no_value", "no_key", "empty_key"),
    ],
)
def test_the_run_ends_with_one_sentence_and_makes_nothing(tmp_path, arguments, sentence):
    (tmp_path / "mine.yaml").write_text("release: x\n")
    command = [sys.executable, "-m", "drumcorpus.ground.run.launch", *arguments, "--", "all"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert sentence in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_folder_that_is_still_to_be_made_may_be_named(tmp_path):
    check_folder(tmp_path / "new" / "with blank")
    check_folder(Path())


def test_a_folder_whose_name_is_not_utf8_is_refused_by_that_reason(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/nu\xff"))
    with pytest.raises(ValueError, match=r"nu\\xff: the name is not UTF-8"):
        check_folder(folder)


@pytest.mark.parametrize("path", ["", "new/folder"], ids=["mounted", "below"])
def test_a_folder_that_is_mounted_read_only_is_refused_as_that(tmp_path, path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with unmounted_at_last(disk):
        mount(disk, "ro")
        with pytest.raises(ValueError, match="its file system is mounted read-only") as caught:
            check_folder(disk / path)
    assert "permission" not in str(caught.value)
