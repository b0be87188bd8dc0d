"""``python -m drumcorpus open``: the page of a corpus to look at first."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from drumcorpus.ground.run.first_page import first_page

USAGE = """\
Say where the page of a corpus lies that one reads first, and open it in the
browser where there is a desktop.

example:
  python -m drumcorpus open --directory /scratch/corpus
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "--directory", metavar="DIR", default=".", help="the working folder (default: this one)"
    )
    parser.add_argument(
        "--print", dest="only_print", action="store_true", help="say where, and open nothing"
    )


def run(arguments: argparse.Namespace) -> int:
    """Say where the page is, and open it.

    Raises
    ------
    LookupError
        If the folder has none.
    """
    folder = Path(arguments.directory)
    page = first_page(folder)
    if page is None:
        raise LookupError(f"{folder.absolute()}: holds no page yet; a run makes them")
    address = page.absolute().as_uri()
    print(address)
    if not arguments.only_print and has_desktop(sys.platform, os.environ):
        webbrowser.open(address)
    return 0


def has_desktop(platform: str, environment) -> bool:
    """Whether a browser with windows can be expected; one of text would take the terminal."""
    if platform == "darwin":
        return not environment.get("SSH_CONNECTION")
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
