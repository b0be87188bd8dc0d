"""Snakemake itself with the bar, on a terminal of this test: what a person sees."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest
from checkout import REPO

pytestmark = pytest.mark.workflow
SNAKEFILE = """\
rule all:
    input: expand("{n}.txt", n=[1, 2, 3])
rule write:
    output: "{n}.txt"
    shell: "echo {wildcards.n} > {output}"
rule fail:
    output: "never.txt"
    shell: "echo the disk is gone >&2; exit 3"
"""
JOB_SAYS = "the disk is gone"


def seen(folder, columns, *arguments):
    """(exit status, what was written) of snakemake on a terminal of so many columns."""
    (folder / "Snakefile").write_text(SNAKEFILE)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = os.environ | {"PYTHONPATH": str(REPO / "src"), "PYTHONUTF8": "1"}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--logger", "drumcorpus", "--cores", "1", *arguments],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    return process.wait(), b"".join(parts).decode()


def bars(text):
    """Every state of the bar, in order; what a job writes may stand behind one."""
    written = re.findall(r"\r\x1b\[K([█░][^\r\n]*)", text)
    return [line.removesuffix(JOB_SAYS) for line in written]


def test_the_bar_grows_to_its_end_and_says_nothing_else(tmp_path):
    status, text = seen(tmp_path, 80, "all")
    assert status == 0
    drawn = bars(text)
    assert any("0/4  write " in line for line in drawn)
    assert re.fullmatch(r"█+ 4/4", drawn[-1])
    assert "Finished jobid" not in text
    assert "rule write:" not in text


def test_an_error_stands_whole_above_the_bar_on_a_narrow_terminal(tmp_path):
    status, text = seen(tmp_path, 40, "never.txt")
    assert status == 1
    assert "the disk is gone" in text
    assert "Error in rule fail" in text
    assert max(map(len, bars(text))) <= 39


def test_make_run_names_no_profile_and_plain_snakemake_does(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "profiles/default").mkdir(parents=True)
    (tmp_path / "profiles/default/config.yaml").write_text("rerun-incomplete: true\n")

    def said_by(*command):
        done = subprocess.run(
            [sys.executable, "-m", *command, "--cores", "1", "--quiet", "rules", "--", "all"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(REPO / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        return done.stdout

    said = said_by("drumcorpus.ground.run.launch")
    assert said.splitlines()[1] == "Done."
    (tmp_path / "1.txt").unlink()
    assert "Using workflow specific profile" in said_by("snakemake")
