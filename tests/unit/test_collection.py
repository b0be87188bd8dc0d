"""The suite is the same each time: workers of pytest-xdist must collect the same tests."""

import os
import subprocess
import sys
import time

from checkout import REPO


def start_collecting(hash_seed):
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    return subprocess.Popen(command, cwd=REPO, env=environment, stdout=subprocess.PIPE, text=True)


def collected(process):
    said = process.communicate()[0]
    assert process.returncode == 0, said
    return [line for line in said.splitlines() if "::" in line]


def test_the_names_of_tests_hold_neither_the_clock_nor_the_order_of_sets():
    first = start_collecting(hash_seed=1)
    time.sleep(1.1)  # a file that is written while tests are collected may hold the second
    second = start_collecting(hash_seed=2)
    names = collected(first)
    assert len(names) > 1000
    assert collected(second) == names
