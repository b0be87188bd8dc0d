"""``drumcorpus``, or ``python -m drumcorpus``: make a corpus, and ask how its files came about."""

import argparse
import errno
import importlib
import os
import sys
from pathlib import Path

from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.files.unusable_text import check_words, named_words
from drumcorpus.ground.run.terminal import Terminal, open_standard_streams

# What each command does; its module is loaded when it is asked for, and has `_` for `-`.
COMMANDS = {
    "init": "begin a corpus: write its config, and check the folders of the raw data",
    "fetch": "get a published source set, once its licence is accepted",
    "render": "play real performances on sampled kits of your own, with exact labels",
    "plan": "say what a run would do, why, how long, and what it takes",
    "run": "make what is stale: everything, or the targets that are named",
    "open": "say where the page is that one reads first, and open it",
    "export": "make the exports, or those that are named",
    "verify": "hold a corpus, or a file and its chain, to what is recorded of it",
    "prune": "list what no rule makes any more, or take it away",
    "stamp": "write the run manifest of a file that no workflow made",
    "trace": "show what a file was made of, or what was made of a raw file",
    "merge": "put shards of JSON Lines together, each row but once",
    "aggregate": "put rated shards of JSON Lines on one axis",
    "replay": "say whether today's checkout and inputs would give a product again",
    "evaluate": "hold predictions of a system against a split of a corpus",
    "benchmark": "score a submission of a named split, and print its row, or the table",
    "boundary-pack": "write the places of a split that are hard to transcribe",
    "attest": "write an in-toto statement and an RO-Crate of how files came about",
    "completion": "print what completes these commands in bash or zsh",
}
SHOWN = 60  # characters of a name that is too long
HOLDS, DOES_NOT_HOLD, CANNOT_LOOK = 0, 1, 2
EPILOG = """\
exit status:
  0  it is done, or it holds
  1  it does not hold: the last line says what
  2  it could not be looked at: no such file, no permission, a wrong argument

example:
  python -m drumcorpus init --demo && python -m drumcorpus run
  python -m drumcorpus COMMAND --help
"""
TYPED = "python -m drumcorpus"  # as it stands in texts


def main(arguments: list[str] | None = None) -> int:
    """Run the command that is named first; returns its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    open_standard_streams()
    sys.stdout = Terminal(sys.stdout, "standard output")
    try:
        check_words(arguments)
    except ValueError as error:
        return _refuse(CANNOT_LOOK, str(error))
    parsed = parser(arguments[:1]).parse_args(arguments)
    try:
        return parsed.run(parsed)
    except argparse.ArgumentError as error:
        return _refuse(CANNOT_LOOK, str(error))
    except LookupError as error:
        return _refuse(CANNOT_LOOK, str(error))
    except OSError as error:
        return _refuse(CANNOT_LOOK, _words_of(error, arguments))
    except ValueError as error:
        return _refuse(DOES_NOT_HOLD, str(error))
    except KeyboardInterrupt as stopped:
        return _refuse(CANNOT_LOOK, str(stopped) or "stopped from the keyboard")


def parser(first: list[str]) -> argparse.ArgumentParser:
    """The parser of the command line, with the arguments of the command that is named first."""
    top = argparse.ArgumentParser(
        prog=as_typed(),
        description="One drum-transcription training corpus out of published drum data sets.",
        epilog=EPILOG.replace(TYPED, as_typed()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=_Version, help="say which version is installed")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for name, sentence in COMMANDS.items():
        if first != [name]:
            commands.add_parser(name, help=sentence, add_help=False)
            continue
        module = importlib.import_module(f"drumcorpus.commands.{name.replace('-', '_')}")
        command = commands.add_parser(
            name,
            help=sentence,
            description=module.USAGE.replace(TYPED, as_typed()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top


class _Version(argparse.Action):
    """Says the version that is installed; it is looked up only when it is asked for."""

    def __init__(self, **given):
        super().__init__(nargs=0, default=argparse.SUPPRESS, **given)

    def __call__(self, parser, namespace, values, option_string=None):
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"drumcorpus {version('drumcorpus')}")
        except PackageNotFoundError:
            parser.error("drumcorpus is not installed here, so it has no version: pip install .")
        parser.exit()


def as_typed() -> str:
    """How this was started: by the command that an installation makes, or as a module."""
    return TYPED if Path(sys.argv[0]).name == "__main__.py" else "drumcorpus"


def _words_of(error: OSError, arguments: list[str]) -> str:
    if error.filename is None:
        return str(error)
    is_gone = error.errno == errno.ENOENT and error.strerror == os.strerror(errno.ENOENT)
    name = os.fsdecode(error.filename)
    shown = visible(printable(name))
    if error.errno == errno.ENAMETOOLONG:
        meant = (
            where for where, text in named_words(arguments) if len(text) > SHOWN and text in name
        )
        return (
            f"{next(meant, 'argument')}: {shown[:SHOWN]}…: is longer than the file system allows: "
            f"{len(os.fsencode(name)):,} bytes in all; most take 255 between two slashes and 4,095 "
            "in all"
        )
    return f"{shown}: {'there is no such file' if is_gone else error.strerror}"


def _refuse(status: int, sentence: str) -> int:
    sys.stdout.flush()
    Terminal(sys.stderr).write(f"{as_typed()}: {sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
