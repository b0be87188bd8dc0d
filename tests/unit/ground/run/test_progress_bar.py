"""The line of a run on a terminal: its figures, and that it fits."""

import io
import os
import subprocess
import sys

import pytest

from drumcorpus.ground.run.launch import with_bar
from drumcorpus.ground.run.progress_bar import ProgressBar, in_short
from drumcorpus.ground.run.terminal import shown_encoding


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


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [({}, "utf-8"), ({"LC_ALL": "C"}, "ascii"), ({"LC_ALL": "de_DE.UTF-8"}, "utf-8")],
    ids=["nothing said", "C", "German"],
)
def test_who_says_that_the_terminal_has_ascii_alone_is_believed(environment, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert shown_encoding(stream, environment) == encoding
    assert shown_encoding(None, {}) == "ascii"


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
    ("arguments", "has_bar"),
    [
        (["--cores", "2", "--quiet", "rules", "--", "all"], True),
        (["--cores", "2", "--dry-run", "--quiet", "rules", "--", "all"], False),
        (["--cores", "2", "--", "all"], False),
        (["--logger", "rich", "--quiet", "rules", "--", "all"], False),
    ],
    ids=["run", "dry_run", "not_quiet", "another_logger"],
)
def test_who_gets_the_bar_or_the_lines_of_stages(arguments, has_bar):
    bar = ["--logger", "drumcorpus"] if has_bar else []
    assert with_bar(arguments) == [*bar, *arguments]


def test_of_jobs_done_together_the_one_at_work_is_named():
    at_work = ["write_samples prod clips egmd 001", "ingest_sessions egmd 002"]
    bar = ProgressBar(clock=lambda: 0.0, at_work=lambda: at_work)
    parts = [("ingest", "ingest_sessions", {"source_set": "egmd", "shard": n}) for n in "ab"]
    parts += [("ingest", "ingest_sessions", {"source_set": "egmd", "shard": "002"})]
    step = {"jobid": 1, "rule_name": "together_ingest_0", "wildcards": {}, "parts": parts}
    bar.hear("job_info", step)
    bar.hear("job_info", {"jobid": 2, "rule_name": "merge", "wildcards": {"manifest": "prod"}})
    assert bar.names() == ["ingest_sessions egmd 002", "merge prod"]
    at_work.pop()  # another one begins in a moment
    assert bar.names() == ["ingest_0", "merge prod"]
    bar.hear("job_finished", {"job_id": 1})
    assert bar.names() == ["merge prod"]


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
