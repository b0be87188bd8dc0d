"""The line of a run on a terminal: its figures, and that it fits."""

import os
import subprocess
import sys

import pytest

from drumcorpus.ground.run.launch import with_bar
from drumcorpus.ground.run.progress_bar import ProgressBar, in_short


@pytest.fixture
def bar():
    """A run of 10 jobs that has lasted 30 s: 4 are done, two run."""
    now = [100.0]
    bar = ProgressBar(clock=lambda: now[0])
    bar.hear("run_info", {"stats": {"a": 9, "total": 10}})
    for number in (1, 2, 3):
        wildcards = {"source_set": "egmd", "shard": f"{number:03d}"}
        bar.hear(
            "job_info", {"jobid": number, "rule_name": "ingest_sessions", "wildcards": wildcards}
        )
    bar.hear("job_finished", {"job_id": 1})
    bar.hear("progress", {"done": 4, "total": 10})
    now[0] = 130.0
    return bar


def test_figures_and_what_runs_now(bar):
    assert bar.line(79) == ("███████░░░░░░░░░░░░ 4/10 45 s left  ingest_sessions egmd 002 +1")


def test_a_terminal_of_ascii_gets_a_bar_of_ascii(bar):
    assert bar.line(79, "ascii").startswith("#######............ 4/10 45 s left")
    bar.hear("job_info", {"jobid": 0, "rule_name": "größe", "wildcards": None})
    for number in (2, 3):
        bar.hear("job_error", {"jobid": number})
    assert bar.line(79, "ascii").endswith("left  gr??e")


def test_on_40_columns_the_name_is_cut_and_on_20_left_out(bar):
    assert bar.line(39) == "███░░░░░░ 4/10 45 s left  ingest_s.. +1"
    assert bar.line(19) == "█░░░ 4/10 45 s left"


@pytest.mark.parametrize("columns", [1, 10, 25, 39, 40, 60, 79, 120, 400])
def test_it_never_is_wider_than_the_terminal(bar, columns):
    assert len(bar.line(columns)) <= columns


def test_before_the_first_job_is_done_no_time_is_said_and_none_at_the_end():
    bar = ProgressBar(clock=lambda: 0.0)
    bar.hear("run_info", {"stats": {"total": 2}})
    assert bar.line(40) == "░░░░░░░░░░ 0/2"
    bar.hear("progress", {"done": 2, "total": 2})
    assert bar.line(40) == "██████████ 2/2"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7260, "2 h 1 min")],
    ids=["now", "rounded_up", "under_an_hour", "hours"],
)
def test_a_time_has_two_units(seconds, words):
    assert in_short(seconds) == words


@pytest.mark.parametrize(
    ("arguments", "is_terminal", "has_bar"),
    [
        (["--cores", "2", "--quiet", "rules", "--", "all"], True, True),
        (["--cores", "2", "--quiet", "rules", "--", "all"], False, False),
        (["--cores", "2", "--dry-run", "--quiet", "rules", "--", "all"], True, False),
        (["--cores", "2", "--", "all"], True, False),
        (["--logger", "rich", "--quiet", "rules", "--", "all"], True, False),
    ],
    ids=["run", "no_terminal", "dry_run", "not_quiet", "another_logger"],
)
def test_who_gets_the_bar(arguments, is_terminal, has_bar):
    bar = ["--logger", "drumcorpus"] if has_bar else []
    assert with_bar(arguments, is_terminal) == [*bar, *arguments]


def test_snakemake_imports_the_plug_in_without_the_package(repo):
    """It imports all plug-ins that it finds, for every run."""
    code = (
        "import sys; import snakemake_logger_plugin_drumcorpus as plug_in; "
        "print(plug_in.LogHandler.__name__, [n for n in sys.modules if n.startswith('drumcorpus')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(repo / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "LogHandler []\n"
