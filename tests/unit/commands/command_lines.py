"""What the tests of the commands share: running one as a user does, in a folder of its own."""

import json
import os

from checkout import REPO
from warm_python import run_python


def run_command(folder, *arguments, anew=False):
    """(exit status, standard output, standard error) of ``python -m drumcorpus`` in a folder.

    `anew` as of `run_python`.
    """
    environment = os.environ | {"PYTHONPATH": str(REPO / "src"), "COLUMNS": "80"}
    done = run_python(["-m", "drumcorpus", *arguments], folder, environment, anew=anew)
    return done.returncode, done.stdout, done.stderr


def write_files(folder, **files):
    """Write texts by name; two underscores stand for the dot."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def read_sidecar_json(path):
    return json.loads(path.with_name(f"{path.name}.manifest.json").read_text())
