"""What surrounds a run: it ends in order on Ctrl-C, and works where snakemake works."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drumcorpus.ground.run import launch
from drumcorpus.ground.run.exports_made import exports_in_words
from drumcorpus.ground.run.launch import ended_by_signal, products_message, working_folder

# A command that takes a second to put its things in order when it is told to stop.
SLOW_TO_END = """
import sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1.0)
    sys.exit(7)
"""
PARENT = """
import sys
from drumcorpus.ground.run.launch import run_to_its_end
print(run_to_its_end([sys.executable, "-c", sys.argv[1]]), flush=True)
"""


def test_ctrl_c_waits_for_the_command_to_end_in_order():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, SLOW_TO_END],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that started the tests in the background has them ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert parent.stdout.readline() == "ready\n"
    os.killpg(parent.pid, signal.SIGINT)  # as the terminal does, to everyone in front of it
    said, _ = parent.communicate(timeout=30)
    assert said == "(7, True)\n"


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        (["--cores", "1", "--", "all"], "."),
        (["--directory", "there", "--", "all"], "there"),
        (["-d", "there"], "there"),
        (["--directory=there"], "there"),
    ],
)
def test_it_works_where_snakemake_works(arguments, folder):
    assert working_folder(arguments) == Path(folder)


def test_what_became_of_the_events_is_said_once_by_the_run_itself(tmp_path):
    report = {"unit": "clip", "events": 2, "exported": 2, "samples": 2, "not_exported": {}}
    report |= {"by_split": {}, "gates": []}
    names = {"manifest": "a", "export": "x"}
    made = {"rule": "assemble_export", "wildcards": names, "outcome": "made"}
    for name, document in (
        ("reports/export/a/x.json", report),
        ("results/export/a/x/metadata.json", {}),
        ("logs/run_log.jsonl", made),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(document) + "\n")
    assert "2 of 2 events in 2 clips" in exports_in_words(tmp_path)
    assert "events became" not in products_message(tmp_path)
    assert f"export    {tmp_path}/results/export/a/x\n" in products_message(tmp_path)


@pytest.mark.parametrize(
    ("status", "left", "last"),
    [
        (1, {"begun": True, "said": ["Error in rule x:"], "words": "ERROR in x"}, "ERROR in x"),
        (1, {"begun": True, "said": ["a", "Error in rule x:"]}, "Error in rule x:"),
        (1, {"said": ["WorkflowError: config"]}, None),
        (0, {"begun": True, "said": ["a warning"]}, "a warning"),
        (0, {"begun": True}, "It took 0 s."),
    ],
    ids=["words", "no_words", "refused", "warning", "nothing"],
)
def test_what_stopped_a_run_stands_last_below_what_stands(
    tmp_path, monkeypatch, capsys, status, left, last
):
    def ends(_, file):
        file.write(json.dumps(left).encode())
        return status, False

    monkeypatch.setattr(launch, "run_to_its_end", ends)
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    assert launch.main(["--directory", str(tmp_path), "--", "all"]) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1:] == ([last] if last else [])
    assert ("What stands:" in lines) == (status == 1 and "begun" in left)
    assert ("Done." in lines) == (status == 0)


def test_a_product_that_was_asked_for_is_named_first_and_once(tmp_path):
    for name in ("results/inventory/egmd.parquet", "reports/ingest.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    asked = launch.asked_files(["--cores", "2", "--", "results/inventory/egmd.parquet", "ingest"])
    assert launch.products_message(tmp_path, asked).splitlines()[2:] == [
        f"  asked for {tmp_path}/results/inventory/egmd.parquet",
        f"  reports   {tmp_path}/reports/ingest.html",
    ]
    asked = ["reports/ingest.html"]
    assert launch.products_message(tmp_path, asked).count("reports/ingest.html") == 1


def test_where_no_product_stands_none_is_announced(tmp_path):
    assert launch.products_message(tmp_path, ["ingest_egmd"]) == "\nDone.\n"


def test_a_run_that_the_system_kills_says_how_to_do_with_less_memory():
    said = ended_by_signal(signal.SIGKILL)
    assert (
        "signal 9, as the system does when memory runs out; what is finished is kept; run" in said
    )
    assert "(--cores 1)" in said and "then run the same command again" in said
    assert "--cores" not in ended_by_signal(signal.SIGSEGV)


@pytest.mark.parametrize(
    ("ended", "status", "said"),
    [
        ((-signal.SIGKILL, False), 137, "STOPPED: the run was ended by signal 9"),
        ((-signal.SIGINT, True), 130, "Stopped. What is finished is kept"),
        ((1, True), 1, "Stopped. What is finished is kept"),
        ((1, False), 1, ""),
    ],
    ids=["killed", "interrupted twice", "interrupted", "failed"],
)
def test_a_run_that_a_signal_ends_has_the_exit_status_of_a_shell(
    tmp_path, monkeypatch, capsys, ended, status, said
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(launch, "prepare", lambda folder: "")
    monkeypatch.setattr(launch, "run_to_its_end", lambda command, last: ended)
    assert launch.main(["all"]) == status
    assert said in capsys.readouterr().err
