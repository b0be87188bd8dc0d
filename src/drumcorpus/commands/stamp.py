"""``python -m drumcorpus stamp``: write the run manifest of files that no workflow made."""

import argparse
import json

import orjson

from drumcorpus.commands.named import named
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.run.stamp import stamp

USAGE = """\
Write FILE.manifest.json: what FILE was made of, with all digests, sealed.
`verify` and `trace` take it as any product of the workflow. Several files that
one piece of work has written are stamped together. Paths are recorded relative
to the present folder, which must hold all of them.

example:
  python -m drumcorpus stamp merged.jsonl \\
    --input a.jsonl --input b.jsonl --parameter crf=23 --script merge.py
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("files", metavar="FILE", type=named, nargs="+", help="what was made")
    parser.add_argument(
        "--input", metavar="PATH", action="append", default=[], help="what it was made of"
    )
    parser.add_argument(
        "--parameter",
        metavar="KEY=VALUE",
        type=parameter,
        action="append",
        default=[],
        help="a setting that shaped it; VALUE is a number, true, false, null, a list or an object "
        "where it is one in JSON, and else text",
    )
    parser.add_argument("--script", metavar="PATH", help="what made it; its digest is recorded")
    parser.add_argument("--note", metavar="TEXT", default="", help="what else to know of it")
    parser.add_argument(
        "--again", action="store_true", help="replace a run manifest that says otherwise"
    )


def parameter(text: str) -> tuple[str, object]:
    """Key and value of ``KEY=VALUE``."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: KEY=VALUE, such as crf=23")
    try:
        document = orjson.loads(value)
        canonical_json(document)
        json.loads(value, object_pairs_hook=_each_key_once)
    except argparse.ArgumentTypeError:
        raise
    except (ValueError, TypeError, RecursionError):  # no JSON, or beyond any reader of it
        document = printable(value)
    return printable(key), document


def _each_key_once(pairs: list[tuple[str, object]]) -> dict:
    if len(dict(pairs)) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise argparse.ArgumentTypeError(f"the key {twice!r} stands twice in one object")
    return dict(pairs)


def run(arguments: argparse.Namespace) -> int:
    """Stamp, and say which run manifests were written."""
    parameters = dict(arguments.parameter)
    if len(parameters) < len(arguments.parameter):
        keys = [key for key, _ in arguments.parameter]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise argparse.ArgumentError(None, f"--parameter {twice}: is given twice")
    written = stamp(
        arguments.files,
        inputs=arguments.input,
        parameters=parameters,
        script=arguments.script,
        note=arguments.note,
        again=arguments.again,
    )
    for path in written:
        print(f"{visible(str(path))}: written")
    if not written:
        print("stands as it would be written: nothing to do")
    return 0
