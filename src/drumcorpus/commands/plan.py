"""``python -m drumcorpus plan``: what a run would do, why, how long, and what it takes."""

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from drumcorpus.commands.configured import (
    add_configuration,
    checkout_of,
    configfiles,
    configuration,
    require_checkout,
)
from drumcorpus.commands.named import named
from drumcorpus.commands.numbers import count
from drumcorpus.ground.run.command_line import check_folder, check_overlays
from drumcorpus.ground.run.plan_in_words import plan_in_words
from drumcorpus.ground.run.plan_of_run import plan_of_run
from drumcorpus.ground.run.snakemake_line import Request, in_shell, words_for

USAGE = """\
Say what a run would do before it begins: how many jobs of each rule work, which
may, which only ask and leave, why, what they read, how long that takes and what
memory and disk. Nothing is made or written. The configuration is named as for
snakemake.

example:
  python -m drumcorpus plan --configfile mine.yaml --cores 16 all
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "targets",
        metavar="TARGET",
        type=named,
        nargs="*",
        help="as given to snakemake (default: all)",
    )
    add_configuration(parser)
    parser.add_argument(
        "--cores", metavar="N", type=count, help="cores of the run (default: those of this machine)"
    )
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument("--json", action="store_true", help="print JSON")
    answer.add_argument(
        "--print-command",
        action="store_true",
        help="print the line of snakemake that says the same, and plan nothing",
    )


def run(arguments: argparse.Namespace) -> int:
    """Plan, and print it."""
    checkout = checkout_of(arguments)
    require_checkout(checkout)
    if arguments.print_command:
        print(in_shell(words_for(_request(arguments), checkout, Path.cwd())))
        return 0
    check_overlays(configfiles(arguments))
    folder = Path(arguments.directory)
    check_folder(folder)
    options = configuration(arguments)
    with contextlib.ExitStack() as stack:
        # A folder that a run would make is not made for a plan.
        place = folder if folder.is_dir() else stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(contextlib.chdir(place))
        report = plan_of_run(
            checkout, options, arguments.targets or ["all"], cores=arguments.cores or _cores()
        )
    for line in report.said:
        sys.stderr.write(f"{line}\n")
    if arguments.json:
        print(json.dumps(report.document(), indent=2, ensure_ascii=False))
    else:
        print(plan_in_words(report, shutil.get_terminal_size().columns))
    return 0


def _request(arguments: argparse.Namespace) -> Request:
    """The target ``plan`` of the workflow, which takes what it plans from the config."""
    settings = [f"plan=[{','.join(arguments.targets)}]"] if arguments.targets else []
    return Request(
        ["plan"],
        configfiles=configfiles(arguments),
        config=[*arguments.config, *settings],
        directory=arguments.directory,
        cores=str(arguments.cores or "all"),
        more=["--quiet", "rules"],
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
