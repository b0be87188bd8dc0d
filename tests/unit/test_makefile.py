"""What the Makefile makes of CONFIG and DIR: the very words, whatever characters they have."""

import os
import shutil
import stat
import subprocess

import pytest

# Stands in for the Python of the environment: says with which words it was called.
ECHO = '#!/bin/sh\nfor word in "$@"; do printf "<%s>\\n" "$word"; done\n'
NAMES = [
    pytest.param("with blanks in it", id="blanks"),
    pytest.param("at the end ", id="blank_at_the_end"),
    pytest.param("it's", id="apostrophe"),
    pytest.param('a "quoted" name', id="quotes"),
    pytest.param("cost $5 $HOME $(HOME) $$", id="dollar"),
    pytest.param("open $(", id="dollar_without_its_end"),
    pytest.param("take #1", id="hash"),
    pytest.param("back\\slash\\", id="backslash"),
    pytest.param("a;b&c|d>e", id="shell_operators"),
    pytest.param("a`b`*?[c]", id="shell_patterns"),
    pytest.param("100%, {a}", id="percent_comma_braces"),
    pytest.param("Größe_東京", id="unicode"),
    pytest.param("-rf", id="leading_dash"),
]


@pytest.fixture
def checkout(tmp_path, repo):
    """A folder with the Makefile, in which the environment counts as installed."""
    folder = tmp_path / "checkout"
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy2(repo / name, folder / name)
    python = folder / ".venv/bin/python"
    python.write_text(ECHO)
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (folder / ".venv/.installed").touch()
    return folder


def make(folder, *arguments, **variables):
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= variables
    return subprocess.run(
        ["make", "--silent", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def words(folder, *arguments):
    done = make(folder, "run", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        pytest.param([], "demo", id="neither"),
        pytest.param(["CONFIG=mine.yaml"], ".", id="config"),
        pytest.param(["DIR=there"], "there", id="folder"),
        pytest.param(["CONFIG=mine.yaml", "DIR=there"], "there", id="both"),
    ],
)
def test_without_an_overlay_the_work_is_the_demos_in_a_folder_of_its_own(
    checkout, arguments, folder
):
    said = words(checkout, *arguments)
    assert f"<--directory={folder}>" in said
    assert ("<--configfile=mine.yaml>" in said) == ("CONFIG=mine.yaml" in arguments)


@pytest.mark.parametrize("name", NAMES)
def test_a_path_reaches_the_run_as_it_was_typed(checkout, name):
    said = words(checkout, f"DIR=/x/{name}", f"CONFIG={name}.yaml")
    assert f"<--directory=/x/{name}>\n" in said
    assert f"<--configfile={name}.yaml>\n" in said


def test_plan_has_the_words_of_the_run(checkout):
    done = make(checkout, "plan", "CONFIG=it's mine.yaml", "DIR=/x/a b", "TARGET=crash", "CORES=3")
    planned = ["-m", "drumcorpus", "plan", "--configfile=it's mine.yaml", "--directory=/x/a b"]
    planned += ["--cores=3", "--", "crash"]
    assert done.stdout.splitlines() == [f"<{word}>" for word in planned]
    done = make(checkout, "plan")
    planned = ["-m", "drumcorpus", "plan", "--directory=demo", "--", "all"]
    assert done.stdout.splitlines() == [f"<{word}>" for word in planned]


def test_a_path_with_a_line_break_is_refused_by_its_reason(checkout):
    done = make(checkout, "run", "DIR=a\nb")
    assert done.returncode != 0
    assert "a path with a line break cannot be given here" in done.stderr


MADE = ("results/a", "reports/b", "logs/c", "benchmarks/d", ".snakemake/e", ".drumcorpus/f")


def fill(folder):
    for name in (*MADE, "data/demo/set/g", "data/checksums/set.sha256", "reports/README.md"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def files_of(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


KEPT = ["data/checksums/set.sha256", "reports/README.md"]


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        pytest.param([], "demo", id="demo"),
        pytest.param(["DIR=."], ".", id="checkout"),
        pytest.param(["CONFIG=mine.yaml"], ".", id="config"),
        pytest.param(["DIR=a 'b' $c"], "a 'b' $c", id="quotes"),
    ],
)
def test_clean_takes_away_what_the_same_run_would_make_and_nothing_else(
    checkout, arguments, folder
):
    before = files_of(checkout)
    other = "demo" if folder == "." else "other"
    fill(checkout / folder)
    fill(checkout / other)
    of_other = files_of(checkout / other)
    done = make(checkout, "clean", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert files_of(checkout / other) == of_other
    shutil.rmtree(checkout / other)
    wanted = [
        *before,
        *((checkout / folder / name).relative_to(checkout).as_posix() for name in KEPT),
    ]
    assert files_of(checkout) == sorted(wanted)


@pytest.mark.parametrize("name", ["DIR", "CONFIG"])
def test_clean_takes_no_folder_from_the_environment(checkout, name):
    fill(checkout / "other")
    before = files_of(checkout)
    done = make(checkout, "clean", **{name: "other"})
    assert done.returncode != 0
    assert "clean: the environment sets DIR or CONFIG" in done.stderr
    assert files_of(checkout) == before
    assert make(checkout, "clean", "DIR=other", **{name: "elsewhere"}).returncode == 0


def test_clean_where_nothing_was_made_is_no_error(checkout):
    assert make(checkout, "clean").returncode == 0


# Stands in for pip and pytest: says how it was called; of pip it fails for the lock of torch.
PIP_WITHOUT_TORCH = """#!/bin/sh
echo "$@"
case "$*" in *requirements-torch.lock) echo "no wheel" >&2; exit 1;; esac
"""


def test_a_reader_that_cannot_be_installed_is_named_and_the_tests_run(checkout):
    (checkout / ".venv/bin/python").write_text(PIP_WITHOUT_TORCH)
    done = make(checkout, "test-loading")
    assert (done.returncode, done.stderr) == (0, "no wheel\n")
    ran, loading, torch, skipped, tests = done.stdout.splitlines()
    assert "--directory=demo" in ran
    assert loading.endswith("--no-deps --require-hashes -r requirements-loading.lock")
    assert torch.endswith("--no-deps --require-hashes -r requirements-torch.lock")
    assert skipped.startswith("requirements-torch.lock: not installed, as pip says; ")
    assert tests.startswith("-m pytest ")
    assert " tests/demo_exports " in tests
