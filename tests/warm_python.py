"""Python that has the large libraries already: what a test runs begins in a copy of that process.

Half of what a command or a plan takes is the import of libraries of others. A process imports them
once, and each call is a fork of it, with its own folder, arguments, environment and output, in
which the module that is called is imported anew, as by ``python -m``. The first call of each module
starts Python itself. So do calls that ask for it: two forks have one order of sets, so what is to
be equal from process to process is not asked of them.
"""

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

# By the module that is called, what is imported before: nothing of ours.
LIBRARIES = {
    "snakemake": ("snakemake.cli",),
    "drumcorpus": (
        *("numpy", "scipy.special", "pyarrow.parquet", "pyarrow.compute", "duckdb"),
        *("jinja2", "jsonschema", "orjson", "yaml", "soundfile"),
    ),
}
SERVER = """\
import importlib, json, os, runpy, sys

libraries, sys.path[:] = sys.argv[1:], [path for path in sys.path if path]
for library in libraries:
    importlib.import_module(library)
for line in sys.stdin:
    call = json.loads(line)
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, flush=True)
        continue
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(call["outputs"], start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    sys.path[:0] = [call["folder"], *filter(None, call["environment"]["PYTHONPATH"].split(":"))]
    sys.argv = ["", *call["arguments"]]
    runpy.run_module(call["module"], run_name="__main__", alter_sys=True)
    sys.exit()
"""


class WarmPython:
    """The process that has imported libraries, and waits for calls."""

    def __init__(self, libraries):
        self.environment = _plain(os.environ)
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *libraries],
            env=self.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self.end)

    def end(self):
        """End the process, which waits for calls."""
        self.process.stdin.close()
        self.process.wait()

    def fits(self, environment):
        """Whether a call may have this environment: what Python reads at its start is the same."""
        return _read_at_start(environment) == _read_at_start(self.environment)

    def call(self, **call):
        """Do a call; its exit status."""
        self.process.stdin.write(f"{json.dumps(call)}\n")
        self.process.stdin.flush()
        status = self.process.stdout.readline()
        if not status:
            raise ChildProcessError(f"the warm Python has ended, at {call['arguments']}")
        return int(status)


def _plain(environment):
    return {name: value for name, value in environment.items() if name != "PYTHONPATH"}


def _read_at_start(environment):
    names = ("LANG", "LC_", "LD_", "OPENBLAS", "OMP", "MALLOC", "HOME", "XDG_", "TMP", "SNAKEMAKE")
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(names) or (name.startswith("PYTHON") and name != "PYTHONPATH")
    }


@functools.cache
def _warm(module):
    return WarmPython(LIBRARIES[module])


_started = set()


def run_python(arguments, folder, environment, *, one_stream=False, anew=False):
    """Run Python with arguments, as ``-m snakemake …``, in a folder; as of `subprocess.run`.

    Parameters
    ----------
    one_stream : bool
        Standard error goes where standard output goes.
    anew : bool
        In a process of its own, which shares nothing with others.
    """
    command = [sys.executable, *map(str, arguments)]
    module = command[2] if command[1] == "-m" else ""
    has_site = any(
        Path(path, "sitecustomize.py").exists()
        for path in environment.get("PYTHONPATH", "").split(os.pathsep)
    )
    is_first = module not in _started
    _started.add(module)
    if anew or is_first or has_site or module not in LIBRARIES or not hasattr(os, "fork"):
        return _start_python(command, folder, environment, one_stream)
    warm = _warm(module)
    if not warm.fits(environment) or not warm.lock.acquire(blocking=False):
        return _start_python(command, folder, environment, one_stream)
    with tempfile.TemporaryDirectory(prefix="said-") as said:
        outputs = [Path(said, name) for name in ("out", "err")[: 2 - one_stream]]
        for path in outputs:
            path.touch()
        try:
            status = warm.call(
                module=module,
                arguments=command[3:],
                folder=str(folder),
                environment=dict(environment),
                outputs=[str(path) for path in outputs] * (1 + one_stream),
            )
        finally:
            warm.lock.release()
        texts = [path.read_text() for path in outputs]
    return subprocess.CompletedProcess(command, status, *texts)


def _start_python(command, folder, environment, one_stream):
    error = subprocess.STDOUT if one_stream else subprocess.PIPE
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=error,
        check=False,
    )
