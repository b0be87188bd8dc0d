"""``python -m drumcorpus trace``: what a file was made of, and what was made of a raw file."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from drumcorpus.commands.named import named
from drumcorpus.commands.numbers import whole_number
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.files.plain_files import odd_kind
from drumcorpus.ground.run.lineage import Lineage, lineage_of
from drumcorpus.ground.run.listed_files import listing_of
from drumcorpus.ground.run.run_manifest import SUFFIX, manifest_path
from drumcorpus.stages.provenance.text import (
    WIDTH,
    missing_links,
    origin_in_words,
    summary,
    tree_in_words,
    upstream_as_document,
    users_in_words,
)
from drumcorpus.stages.provenance.tree import Upstream, original_of, tree_of, upstream_of

USAGE = """\
Show the tree from FILE to its raw files, by run manifests: what made it, with
rows and digests, every product once, like inputs on one line. Of a sample of an
export, or with --event or --session, it says which raw files the row came from.
With --raw it is the other way round: what holds rows or sound of a raw file.

example:
  python -m drumcorpus trace results/manifests/prod_combined.jsonl \\
    --event 3fa24a223a047d0c81c4
  python -m drumcorpus trace --raw "egmd:drummer1/session1/1.wav"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "file",
        metavar="FILE",
        type=named,
        nargs="?",
        help="a product, or a sample of an export; with --raw the folder in which a run worked "
        "(default: the present one)",
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--event", metavar="ID", help="which raw files made this event of FILE")
    asked.add_argument(
        "--session", metavar="ID", help="which raw files made this session (ID, or SET:ID)"
    )
    asked.add_argument(
        "--raw",
        metavar="RAW",
        help="which products contain this raw file: a file, its path below the root of its source "
        "set (PATH, or SET:PATH), or its sha256 (8 digits or more)",
    )
    parser.add_argument(
        "--manifest", metavar="PATH", help="the run manifest of FILE, if it is not beside it"
    )
    parser.add_argument("--json", action="store_true", help="write all of it as JSON")
    parser.add_argument("--picture", metavar="OUT.svg", help="draw the tree into a file")
    parser.add_argument(
        "--fold",
        metavar="N",
        type=whole_number,
        default=4,
        help="N or more like inputs are one line or box (default: 4; 0: none)",
    )
    parser.add_argument("--all", action="store_true", help="with --raw: list every file by name")


def run(arguments: argparse.Namespace) -> int:
    """Answer what was asked; links of the chain that are missing are problems."""
    if arguments.raw is not None:
        return _trace_raw(arguments)
    if arguments.file is None:
        raise argparse.ArgumentError(None, "wanted: FILE, or --raw RAW")
    listed = None
    asked_for = arguments.file
    arguments.file = arguments.file.removesuffix(SUFFIX)
    beside = manifest_path(arguments.file)
    if arguments.manifest is not None or beside.exists() or beside.is_symlink():
        lineage, product = lineage_of(arguments.file, arguments.manifest)
    else:
        listing, listed, sha256 = listing_of(arguments.file)
        lineage, product = lineage_of(listing)
        if original := original_of(lineage, product, sha256):
            product, listed = original, None
    if arguments.event is not None or arguments.session is not None or listed is not None:
        return _trace_rows(arguments, lineage, product, listed)
    chain = upstream_of(lineage, product)
    _require_place(arguments, lineage, chain)
    if arguments.json:
        _write_json(upstream_as_document(chain))
    else:
        _write(tree_in_words(tree_of(lineage, product, fold=arguments.fold)))
        _write(["", *summary(chain)])
    _draw(arguments, lineage, product)
    problems = [f"missing link: {each}" for each in missing_links(chain)]
    return _end(product, [*problems, *_of_the_file(arguments, lineage, product, asked_for)])


def _trace_rows(
    arguments: argparse.Namespace, lineage: Lineage, product: str, listed: str | None
) -> int:
    """The raw files of the rows of an event, a session or a sample."""
    from drumcorpus.stages.provenance import raw_files  # loads pyarrow

    if arguments.picture is not None:
        _require_place(arguments, lineage, upstream_of(lineage, product))
    if arguments.event is not None:
        origins = raw_files.origins_of_event(lineage, product, arguments.event)
    elif arguments.session is not None:
        origins = raw_files.origins_of_session(lineage, product, arguments.session)
    else:
        origins = raw_files.origins_of_sample(lineage, product, listed)
    if arguments.json:
        _write_json(
            {
                "schema": raw_files.SCHEMA,
                "product": product,
                "file": listed,
                "origins": [origin.as_document() for origin in origins],
            }
        )
    else:
        for origin in origins:
            _write(origin_in_words(origin, WIDTH))
    _draw(arguments, lineage, product)
    return _end(product, [problem for origin in origins for problem in origin.problems])


def _trace_raw(arguments: argparse.Namespace) -> int:
    """What rests on a raw file."""
    from drumcorpus.stages.provenance import users  # loads pyarrow

    if arguments.picture is not None:
        raise argparse.ArgumentError(None, "--picture draws what FILE was made of, and not --raw")
    folder = Path(arguments.file or ".")
    if not folder.is_dir():
        raise NotADirectoryError(20, "is no folder, which --raw searches", str(folder))
    lineage = Lineage(folder.absolute())
    if not lineage.products:
        raise LookupError(f"{visible(str(folder))}: no run manifest stands below this folder")
    resting = users.users_of(lineage, arguments.raw)
    if arguments.json:
        _write_json({"schema": users.SCHEMA, "raw": arguments.raw, **resting.as_document()})
    else:
        _write(users_in_words(resting, show_all=arguments.all))
    return _end(arguments.raw, resting.problems)


def _of_the_file(
    arguments: argparse.Namespace, lineage: Lineage, product: str, asked_for: str
) -> list[str]:
    """What is wrong with the file itself; its run manifest alone may be asked for by name."""
    place, record = lineage.folder / product, lineage.record(product)
    if record is None:
        return []
    shown = visible(product)
    if not os.path.lexists(place):
        is_manifest = asked_for != arguments.file or arguments.manifest is not None
        return [] if is_manifest else [f"{shown}: is not there; its run manifest alone was read"]
    if odd := odd_kind(place.stat().st_mode):
        return [f"{shown}: is {odd}, where a file belongs"]
    if (sha256 := sha256_file(place)) == record.sha256:
        return []
    return [
        f"{shown}: is not what its run manifest says (sha256 {record.sha256[:12]}… recorded, "
        f"{sha256[:12]}… found): the tree is that of what was recorded"
    ]


def _require_place(arguments: argparse.Namespace, lineage: Lineage, chain: Upstream) -> None:
    """Refuse a place of the picture where something else stands, before anything is said."""
    if arguments.picture is None:
        return
    from drumcorpus.stages.provenance.places import is_picture, require_place

    paths = {record.path for record in chain.records} | {key[1] for key in chain.sources}
    used = [lineage.folder / path for path in paths]
    require_place(arguments.picture, "a picture of trace", is_picture, used)


def _draw(arguments: argparse.Namespace, lineage: Lineage, product: str) -> None:
    if arguments.picture:
        from drumcorpus.stages.provenance.picture import picture_of

        picture = picture_of(upstream_of(lineage, product), fold=arguments.fold)
        write_text(arguments.picture, picture)
        if not arguments.json:
            print(f"{visible(printable(arguments.picture))}: written")


def _end(name: str, problems: Iterable[str]) -> int:
    """List the problems; the last sentence of standard error says how many there are."""
    problems = sorted(set(problems))
    if not problems:
        return 0
    sys.stdout.flush()
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    raise ValueError(f"{visible(printable(name))}: {len(problems)} problem(s) in what is recorded")


def _write(lines: Iterable[str] | Iterator[str]) -> None:
    for line in lines:
        print(line)


def _write_json(document: dict) -> None:
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(document, option=options).decode())
