"""A handler of SIGTERM that takes a lock does not stop the thread that holds it."""

import signal
import subprocess
import sys
import textwrap

import pytest

from drumcorpus.ground.run.termination import hear_termination


def run(code):
    program = f"import os, signal, threading, time\n{textwrap.dedent(code)}"
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


PROGRAM = """
from drumcorpus.ground.run.termination import hear_termination
lock, heard = threading.Lock(), threading.Event()
def handler(*_):
    with lock:
        heard.set()
signal.signal(signal.SIGTERM, handler)
hear_termination()
with lock:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.2)
    print("went on", heard.is_set())
print("heard", heard.wait(30))
"""


def test_who_holds_the_lock_goes_on_and_the_request_is_heard_afterwards():
    done = run(PROGRAM)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["went on False", "heard True"]


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])
def test_where_there_is_no_handler_nothing_is_changed(handler):
    before = signal.signal(signal.SIGTERM, handler)
    try:
        hear_termination()
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
