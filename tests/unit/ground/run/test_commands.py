"""Commands in messages have the options of the run, quoted for a shell."""

import shlex

import pytest
from snakemake.cli import parse_config

from drumcorpus.ground.run.commands import VARIABLE, command, remember_options


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def note(*, files=(), config=None, directory=None, is_main=True):
    remember_options(files, config or {}, directory, is_main=is_main)


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
