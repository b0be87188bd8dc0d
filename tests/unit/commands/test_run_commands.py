"""The commands that run snakemake print its line; ``open`` and ``completion`` say what they say."""

import os
import subprocess
import sys

import pytest
from checkout import REPO
from command_lines import run_command

from drumcorpus.__main__ import COMMANDS
from drumcorpus.commands.open import has_desktop

SNAKEFILE = f"snakemake --snakefile {REPO}/Snakefile"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run"], "--cores all --quiet rules -- all"),
        (["run", "inventory", "--cores", "2"], "--cores 2 --quiet rules -- inventory"),
        (["run", "--dry-run"], "--cores all --dry-run -- all"),
        (["export"], "--cores all --quiet rules -- export"),
        (["export", "clips"], "--cores all --quiet rules -- export_clips"),
        (["verify", "--quick"], "--config verify=quick --cores all --quiet rules -- verify"),
        (
            ["verify", "--sample", "9"],
            "--config verify=sample verify_sample=9 --cores all --quiet rules -- verify",
        ),
        (["plan"], "--cores all --quiet rules -- plan"),
        (
            ["plan", "ingest", "export_a", "--cores", "3"],
            "--config 'plan=[ingest,export_a]' --cores 3 --quiet rules -- plan",
        ),
        (["prune"], "--config prune=list --cores all --quiet rules -- prune"),
        (
            ["prune", "--delete", "--config", "gates=report"],
            "--config gates=report prune=delete --cores all --quiet rules -- prune",
        ),
    ],
    ids=[
        *("run", "target", "dry", "export", "one_export", "verify", "sample"),
        *("plan", "plan_of_targets", "prune", "delete"),
    ],
)
def test_the_line_of_snakemake(tmp_path, arguments, line):
    status, said, error = run_command(tmp_path, *arguments, "--print-command")
    assert (status, error) == (0, "")
    assert said == f"{SNAKEFILE} {line}\n"


def test_the_config_of_the_working_folder_is_in_the_line_unless_another_is_named(tmp_path):
    (tmp_path / "c d").mkdir()
    (tmp_path / "c d/drumcorpus.yaml").write_text("release: demo\n")
    _, said, _ = run_command(tmp_path, "run", "--print-command", "--directory", "c d")
    assert "--configfile 'c d/drumcorpus.yaml' --directory 'c d' --cores" in said
    _, said, _ = run_command(
        tmp_path, "run", "--print-command", "--directory", "c d", "--configfile", "x.yaml"
    )
    assert "--configfile x.yaml --directory" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "--complete"], "--complete: is of a FILE, and none is named"),
        (["verify", "--root", f"egmd={REPO}"], "--root: is of a FILE, and none is named"),
        (["run", "--checkout", "gone"], "gone: holds no Snakefile of drumcorpus"),
        (["run", "--cores", "none"], "none"),
    ],
    ids=["complete", "root", "checkout", "cores"],
)
def test_what_does_not_fit_together_is_refused(tmp_path, arguments, words):
    status, _, error = run_command(tmp_path, *arguments)
    assert status == 2
    assert words in error.splitlines()[-1]


def test_open_says_the_first_page_that_is_there(tmp_path):
    status, said, error = run_command(tmp_path, "open", "--print")
    assert (status, said) == (2, "")
    assert "holds no page yet; a run makes them" in error
    for page in ("inventory.html", "health/my corpus.html", "releases/1/index.html", "index.html"):
        path = tmp_path / "reports" / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        assert run_command(tmp_path, "open", "--print")[1] == f"{path.as_uri()}\n"


@pytest.mark.parametrize(
    ("platform", "environment", "opens"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "1 2 3 4"}, False),
    ],
    ids=["console", "x11", "wayland", "mac", "mac_over_ssh"],
)
def test_a_browser_is_opened_on_a_desktop_alone(platform, environment, opens):
    assert has_desktop(platform, environment) is opens


def test_bash_completes_commands_options_and_files(tmp_path):
    _, script, _ = run_command(tmp_path, "completion", "bash")
    (tmp_path / "mine.yaml").write_text("")

    def completed(*words):
        typed = " ".join(f"'{word}'" for word in words)
        asked = (
            f"{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _drumcorpus; "
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout.split()

    assert completed("drumcorpus", "") == [*COMMANDS, "--help", "--version"]
    assert completed("drumcorpus", "pr") == ["prune"]
    assert completed("drumcorpus", "run", "--co") == ["--config", "--configfile", "--cores"]
    assert completed("drumcorpus", "trace", "--r") == ["--raw"]
    assert completed("drumcorpus", "run", "--configfile", "mi") == ["mine.yaml"]


def test_zsh_lists_every_command_with_its_sentence(tmp_path):
    _, script, _ = run_command(tmp_path, "completion", "zsh")
    for name, sentence in COMMANDS.items():
        quoted = sentence.replace("'", "'\\''")
        assert f"      '{name}:{quoted}'\n" in script
    assert "    prune) [[" in script
    assert "--delete" in script


@pytest.mark.parametrize("columns", ["40", "20"], ids=["narrow", "very_narrow"])
def test_help_is_there_on_a_narrow_terminal_of_ascii_alone(tmp_path, columns):
    environment = os.environ | {
        "PYTHONPATH": str(REPO / "src"),
        "COLUMNS": columns,
        "PYTHONIOENCODING": "ascii",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "drumcorpus", "--help"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert b"\x1b" not in done.stdout
    assert b"init" in done.stdout
