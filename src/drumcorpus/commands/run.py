"""``python -m drumcorpus run``: make what is stale."""

import argparse

from drumcorpus.commands.asked import add_run_options, run_targets
from drumcorpus.commands.configured import add_configuration
from drumcorpus.commands.named import named

USAGE = """\
Make what is stale of the targets, by default of everything. The config is
drumcorpus.yaml in the working folder, which init writes, unless --configfile
names another one. Below stands snakemake: --print-command prints its line, and
that can be pasted.

example:
  python -m drumcorpus run --cores 8
  python -m drumcorpus run ingest_egmd --cores 4
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "targets", metavar="TARGET", type=named, nargs="*", help="what to make (default: all)"
    )
    add_configuration(parser)
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the workflow; returns its exit status."""
    return run_targets(arguments, arguments.targets or ["all"])
