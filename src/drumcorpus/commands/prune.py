"""``python -m drumcorpus prune``: list what no rule makes any more, or take it away."""

import argparse

from drumcorpus.commands.asked import add_run_options, run_targets
from drumcorpus.commands.configured import add_configuration

USAGE = """\
List the products that no rule of this config makes any more. With --delete they
are taken away.

example:
  python -m drumcorpus prune --delete
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("--delete", action="store_true", help="take away what is listed")
    add_configuration(parser)
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, or delete."""
    return run_targets(arguments, ["prune"], [f"prune={'delete' if arguments.delete else 'list'}"])
