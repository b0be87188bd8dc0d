"""Commands in messages have the options of the run, quoted for a shell."""

import shlex

import pytest
from snakemake.cli import get_argument_parser, parse_config

from drumcorpus.ground.run.commands import VARIABLE, command, remember_options


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def note(*, files=(), config=None, directory=None, is_main=True, arguments=()):
    typed, _ = get_argument_parser().parse_known_args(list(arguments))
    remember_options(files, config or {}, directory, is_main=is_main, typed=vars(typed))


def test_without_options_it_is_the_plain_command():
    assert command("all") == "snakemake --cores all -- all"
    assert command("all", forced=["results/a"]) == (
        "snakemake --cores all --forcerun results/a -- all"
    )


def test_a_configfile_below_the_working_folder_is_shown_as_it_is_typed(nothing_noted, monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(files=[nothing_noted / "mine.yaml", "/else where/b.yaml"])
    assert command("all") == (
        "snakemake --cores all --configfile mine.yaml '/else where/b.yaml' -- all"
    )


def test_settings_come_back_as_they_were_given(monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(config={"gates": "report", "n": 3, "crash": {"use_metadata": "false"}, "none": None})
    assert shlex.split(command("all"))[3:] == [
        *("--config", "gates=report", "n=3", 'crash={"use_metadata": "false"}', "none="),
        *("--", "all"),
    ]


@pytest.mark.parametrize(
    "name",
    ["Größe: #1.csv", "🥁.csv", 'it\'s "b".csv', "a\\b\n.csv"],
    ids=["colon_and_hash", "beyond_16_bits", "quotes", "line_break"],
)
def test_snakemake_reads_nested_text_as_it_was(monkeypatch, name):
    monkeypatch.setenv(VARIABLE, "{}")
    note(config={"crash": {"cymbal_map": name}})
    words = shlex.split(command("all"))
    setting = words[words.index("--config") + 1]
    assert parse_config([setting]) == {"crash": {"cymbal_map": name}}


def test_settings_of_the_command_lie_over_those_of_the_run(monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(config={"prune": "list", "gates": "report"})
    said = command("prune", config={"prune": "delete"})
    assert said == "snakemake --cores all --config prune=delete gates=report -- prune"


def test_nested_settings_are_laid_over_each_other(monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(config={"inventory": {"vanished": "refuse", "integrity": {"level": "full"}}})
    said = shlex.split(command("all", config={"inventory": {"vanished": "accept"}}))
    assert said[3:5] == [
        "--config",
        'inventory={"vanished": "accept", "integrity": {"level": "full"}}',
    ]


def test_with_a_directory_all_paths_are_whole(nothing_noted, monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(files=[nothing_noted / "mine.yaml"], directory="there's")
    assert shlex.split(command("all"))[3:] == [
        *("--configfile", str(nothing_noted / "mine.yaml")),
        *("--directory", str(nothing_noted / "there's"), "--", "all"),
    ]


def test_a_job_leaves_what_the_user_gave_and_notes_its_own_where_there_is_none(monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(config={"gates": "report"})
    note(config={"gates": "enforce"}, is_main=False)
    assert "gates=report" in command("all")
    monkeypatch.delenv(VARIABLE)
    note(config={"gates": "enforce"}, is_main=False)
    assert "gates=enforce" in command("all")


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        pytest.param(["--cores", "3", "-j", "5", "x"], ["--cores", "all"], id="neither"),
        pytest.param(
            ["--profile", "my slurm/it's", "--profile=b", "--", "all"],
            ["--profile", "my slurm/it's", "--profile", "b"],
            id="profiles",
        ),
        pytest.param(
            ["--workflow-profile", "none", "--cores", "7"],
            ["--workflow-profile", "none", "--cores", "7"],
            id="workflow_profile",
        ),
        pytest.param(
            ["-e", "local", "--jobs", "100"],
            ["--executor", "local", "--jobs", "100"],
            id="executor",
        ),
        pytest.param(["--executor=local"], ["--executor", "local", "--cores", "all"], id="no_jobs"),
        pytest.param(
            ["--profile", "p", "--executor", "local", "-j", "unlimited"],
            ["--profile", "p", "--executor", "local", "--jobs", "unlimited"],
            id="unlimited",
        ),
        pytest.param(["--executor", "touch", "-c", "1"], ["--cores", "all"], id="touch"),
    ],
)
def test_how_a_run_works_goes_with_its_commands(monkeypatch, arguments, how):
    monkeypatch.setenv(VARIABLE, "{}")
    note(arguments=arguments)
    assert shlex.split(command("all", forced=["results/a b"])) == [
        *("snakemake", *how, "--forcerun", "results/a b", "--", "all")
    ]
    read, _ = get_argument_parser().parse_known_args(shlex.split(command("all"))[1:])
    asked, _ = get_argument_parser().parse_known_args(arguments)
    if how != ["--cores", "all"]:
        assert (read.profile, read.workflow_profile) == (asked.profile, asked.workflow_profile)
        assert (read.executor, read.jobs) == (asked.executor, asked.jobs)
    assert read.targets == ["all"]


def test_a_job_has_the_profile_that_the_user_named(monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(arguments=["--profile", "slurm", "--cores", "9"])
    note(is_main=False)
    assert command("verify") == "snakemake --profile slurm --cores 9 -- verify"


def test_a_snakefile_that_was_named_is_named_again(monkeypatch):
    monkeypatch.setenv(VARIABLE, "{}")
    note(arguments=["--snakefile", "/site/drumcorpus/project/Snakefile", "--cores", "2", "all"])
    assert command("verify") == (
        "snakemake --cores all --snakefile /site/drumcorpus/project/Snakefile -- verify"
    )
