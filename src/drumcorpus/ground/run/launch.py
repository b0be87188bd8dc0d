"""``make run``: run the workflow, and say where things are.

That one run works at a time, and that a killed run is carried on, is seen to by the workflow
itself (`run.run_lock`), for plain ``snakemake`` alike.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from glob import escape
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.files.unusable_text import check_words
from drumcorpus.ground.run.command_line import (
    check_folder,
    check_overlays,
    check_settings,
    config_files,
)
from drumcorpus.ground.run.end_of_run import end_in_words
from drumcorpus.ground.run.last_words import asked_for, words_left
from drumcorpus.ground.run.surroundings import prepare
from drumcorpus.ground.run.terminal import open_standard_streams, write
from drumcorpus.ground.run.write_failures import LESS_MEMORY, sentence

BAR = "drumcorpus"  # which Snakemake finds in the package PLUG_IN
PLUG_IN = f"snakemake_logger_plugin_{BAR}"


def main(arguments: list[str]) -> int:
    """Run snakemake with `arguments`; returns its exit status."""
    open_standard_streams()
    folder = working_folder(arguments)
    try:
        check_words(arguments)
        check_settings(arguments)
        check_overlays(config_files(arguments))
        check_folder(folder)
    except (ValueError, OSError) as error:
        write(sys.stderr, f"{sentence(error) or error}\n")
        return 1
    if refused := prepare(folder):
        write(sys.stderr, f"\n{refused}\n")
        return 1
    began = time.monotonic()
    with tempfile.TemporaryFile() as last:
        status, is_interrupted = run_to_its_end(
            [sys.executable, "-m", PLUG_IN, *with_bar(arguments)], last
        )
        left = words_left(last)
    end = f"\n{end_in_words(folder, time.monotonic() - began)}"
    if status == 0:
        write(sys.stdout, f"{products_message(folder, asked_files(arguments))}{end}")
        write(sys.stderr, "".join(f"\n{text}\n" for text in left.get("said", ())))
        return 0
    if "begun" in left:
        write(sys.stdout, f"\nWhat stands:\n{end.lstrip()}")
    if is_interrupted:
        write(sys.stderr, "\nStopped. What is finished is kept; the same command carries on.\n")
    elif status < 0:
        write(sys.stderr, ended_by_signal(-status))
    elif "words" in left:
        write(sys.stderr, f"\n{left['words']}\n")
    elif "begun" in left:  # else these are the last lines already
        write(sys.stderr, "".join(f"\n{text}\n" for text in left.get("said", ())))
    return 128 - status if status < 0 else status  # of a signal as a shell has it


def with_bar(arguments: list[str]) -> list[str]:
    """The arguments, with the bar or the lines of stages that take the place of all other lines.

    They are for runs whose lines are wanted short; what a dry run says is its answer.
    """
    is_run = "--quiet" in arguments and not {"--dry-run", "--dryrun", "-n"} & set(arguments)
    return ["--logger", BAR, *arguments] if is_run and "--logger" not in arguments else arguments


def ended_by_signal(number: int) -> str:
    """What is to be said of a run that a signal has ended, which could not say so itself."""
    kills = number == signal.SIGKILL
    cause = "as the system does when memory runs out" if kills else "from outside"
    advice = f"{LESS_MEMORY}, then run" if kills else "run"
    return (
        f"\nSTOPPED: the run was ended by signal {number}, {cause}; what is finished is kept; "
        f"{advice} the same command again: it carries on where it stopped.\n"
    )


def run_to_its_end(command: list[str], last: BinaryIO | None = None) -> tuple[int, bool]:
    """Exit status of a command, and whether Ctrl-C was pressed meanwhile.

    It is asked to leave its last words in the open file `last`.

    The terminal sends Ctrl-C to the command as well, which then ends its jobs in order;
    `subprocess.run` would kill the command after a quarter of a second.
    """
    is_interrupted = False
    numbers = [last.fileno()] if last else []
    environment = os.environ | (asked_for(last) if last else {})
    with subprocess.Popen(command, env=environment, pass_fds=numbers) as process:
        # Who ends this process alone means the run.
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        while True:
            try:
                return process.wait(), is_interrupted
            except KeyboardInterrupt:
                is_interrupted = True


def working_folder(arguments: list[str]) -> Path:
    """Where snakemake will work, by its own options."""
    for option, value in pairwise([*arguments, ""]):
        if option in ("--directory", "-d"):
            return Path(value)
        if option.startswith("--directory="):
            return Path(option.partition("=")[2])
    return Path()


def asked_files(arguments: list[str]) -> list[str]:
    """What was asked for behind ``--``, in order: names of rules, and paths of products."""
    return arguments[arguments.index("--") + 1 :] if "--" in arguments else []


def products_message(folder: Path, asked: Sequence[str] = ()) -> str:
    """Where the products lie that a person looks for first; of exports the workflow has spoken.

    What was `asked` for by its path stands first.
    """
    wanted = (
        *(("asked for", escape(path)) for path in asked if not Path(path).is_absolute()),
        ("manifest", "results/manifests/*.parquet"),
        ("", "results/manifests/*.jsonl"),
        ("reports", "reports/inventory.html"),
        ("", "reports/ingest.html"),
        ("", "reports/crash/review.html"),
        ("", "reports/splits/*.html"),
        ("", "reports/provenance/*.html"),
        ("", "reports/health/*.html"),
        ("", "reports/onsets/*.md"),
        ("", "reports/releases/*/index.html"),
        ("weights", "results/sampling/*.json"),
        ("export", "results/export/*/*/metadata.json"),
    )
    lines: list[str] = []
    seen: set[Path] = set()
    label = ""  # of the next product, if it is the first of its kind
    for name, pattern in wanted:
        label = name or label
        paths = sorted(folder.glob(pattern), key=lambda path: natural_key(str(path)))
        products = [path for path in paths if not path.name.endswith(".manifest.json")]
        products = [path for path in products if path.is_file() and path not in seen]
        seen |= set(products)
        for path in products:
            shown = path.parent if path.name == "metadata.json" else path
            lines.append(f"  {label:<10}{shown}")
            label = ""
    head = "Done. The products:" if lines else "Done."
    return "\n".join(["", head, *lines]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
