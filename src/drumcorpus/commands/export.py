"""``python -m drumcorpus export``: make exports, and what they rest on."""

import argparse

from drumcorpus.commands.asked import add_run_options, run_targets
from drumcorpus.commands.configured import add_configuration
from drumcorpus.commands.named import named

USAGE = """\
Make the exports of these names, as the section exports of the config describes
them, and all that they rest on; without a name all of them.

example:
  python -m drumcorpus export segments
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "names",
        metavar="NAME",
        type=named,
        nargs="*",
        help="an export of the config (default: all)",
    )
    add_configuration(parser)
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Export."""
    names = [f"export_{name}" for name in arguments.names]
    return run_targets(arguments, names or ["export"])
