"""What a test of the cluster has started ends, also when the test is killed."""

import signal
import subprocess
import sys

from daemons import is_alive, wait_until

# Starts a guard, a daemon with a pid file and a job with the folder on its path; then it is killed.
KILLED = """\
import os, pathlib, sys
from subprocess import DEVNULL, Popen
from daemons import start_guard

folder = pathlib.Path(sys.argv[1])
guard = start_guard(folder)
sleep = [sys.executable, "-c", "import time; time.sleep(600)", str(folder)]
daemon = Popen(sleep, stdout=DEVNULL, start_new_session=True)
(folder / "slurmd-node1.pid").write_text(f"{daemon.pid}\\n")
path = f"{folder}/bin:{os.environ['PATH']}"
job = Popen(["sleep", "600"], stdout=DEVNULL, env={"PATH": path}, start_new_session=True)
print(daemon.pid, job.pid, guard.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_guard_ends_daemons_and_jobs_of_a_test_that_was_killed(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    others = subprocess.Popen(["sleep", "600"])  # not of the folder
    try:
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            cwd=__file__.rpartition("/")[0],
        )
        assert done.returncode == -signal.SIGKILL
        daemon, job, guard = map(int, done.stdout.split())
        wait_until(lambda: not any(map(is_alive, (daemon, job, guard))), 60)
        assert not folder.exists()
        assert others.poll() is None
    finally:
        others.kill()
        others.wait()
