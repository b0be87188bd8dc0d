"""The line of snakemake that a command stands for."""

import pytest

from drumcorpus.ground.files.project_files import package_folder, path_of_module, project_folder
from drumcorpus.ground.run.snakemake_line import Request, in_shell, own_config, words_for

PROFILE = "workflow/profiles/slurm"


@pytest.fixture
def project(tmp_path):
    """What stands where a wheel is installed."""
    folder = tmp_path / "site/drumcorpus/project"
    (folder / PROFILE).mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ["--cores", "all", "--", "all"]),
        ({"cores": "3"}, ["--cores", "3", "--", "all"]),
        ({"directory": "/scratch/a b"}, ["--directory", "/scratch/a b", "--cores", "all"]),
        ({"configfiles": ["a.yaml", "b.yaml"]}, ["--configfile", "a.yaml", "b.yaml", "--cores"]),
        ({"config": ["verify=quick"]}, ["--config", "verify=quick", "--cores", "all"]),
        ({"more": ["--dry-run"]}, ["--cores", "all", "--dry-run", "--", "all"]),
        ({"profile": "/my/own"}, ["--profile", "/my/own", "--", "all"]),
        ({"profile": "/my/own", "cores": "2"}, ["--profile", "/my/own", "--cores", "2", "--"]),
    ],
    ids=["plain", "cores", "folder", "configs", "setting", "dry", "profile", "profile_and_cores"],
)
def test_words_in_the_folder_of_the_snakefile(project, settings, words):
    said = words_for(Request(["all"], **settings), project, project)
    assert said[: len(words)] == words
    assert said[-2:] == ["--", "all"]


def test_elsewhere_the_snakefile_is_named_and_a_profile_of_the_package_found(project, tmp_path):
    words = words_for(Request(["all"], profile="slurm"), project, tmp_path)
    assert words == [
        *("--snakefile", str(project / "Snakefile"), "--profile", str(project / PROFILE)),
        *("--", "all"),
    ]


def test_the_line_holds_in_a_shell():
    assert in_shell(["--config", "a={b: c}", "--", "all"]) == "snakemake --config 'a={b: c}' -- all"


def test_the_config_of_a_folder_is_taken_where_it_is_there(tmp_path):
    assert own_config(tmp_path) == []
    (tmp_path / "drumcorpus.yaml").write_text("release: demo\n")
    assert own_config(tmp_path) == [str(tmp_path / "drumcorpus.yaml")]


def test_files_of_the_project_are_those_of_this_checkout(repo):
    assert project_folder() == repo
    assert package_folder(repo) == repo / "src/drumcorpus"
    assert path_of_module(repo / "src/drumcorpus/hits.py") == "src/drumcorpus/hits.py"


def test_in_a_wheel_the_package_lies_around_the_project(project):
    assert package_folder(project) == project.parent
