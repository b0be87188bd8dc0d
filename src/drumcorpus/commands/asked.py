"""What commands share that run Snakemake: their arguments, and the run itself."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from drumcorpus.commands.configured import checkout_of, configfiles, require_checkout
from drumcorpus.commands.numbers import count
from drumcorpus.ground.run.launch import main as launch
from drumcorpus.ground.run.snakemake_line import Request, in_shell, words_for


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Declare how Snakemake is run, beside how it is configured."""
    parser.add_argument(
        "--cores", metavar="N", type=count, help="cores to use at once (default: all)"
    )
    parser.add_argument(
        "--profile",
        metavar="NAME|DIR",
        help="a profile: slurm, which comes with this, or a folder of yours",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run, and why")
    parser.add_argument(
        "--print-command", action="store_true", help="print the line of snakemake, and run nothing"
    )


def run_targets(
    arguments: argparse.Namespace, targets: Sequence[str], settings: Sequence[str] = ()
) -> int:
    """Run Snakemake for some targets, or print its command line; returns the exit status.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of `add_run_options` and `configured.add_configuration`.
    targets : sequence of str
    settings : sequence of str
        Settings of the command, KEY=VALUE, behind those of `arguments`.
    """
    project = checkout_of(arguments)
    require_checkout(project)
    request = Request(
        targets,
        configfiles=configfiles(arguments),
        config=[*arguments.config, *settings],
        directory=arguments.directory,
        cores=str(arguments.cores or "all"),
        profile=arguments.profile,
        more=["--dry-run"] if arguments.dry_run else ["--quiet", "rules"],
    )
    words = words_for(request, project, Path.cwd())
    if arguments.print_command:
        print(in_shell(words))
        return 0
    sys.stdout.flush()
    return launch(words)
