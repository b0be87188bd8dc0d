"""``python -m drumcorpus verify``: hold a corpus, a file and its chain, or a folder, to records."""

import argparse
import os
from pathlib import Path

from drumcorpus.commands.asked import add_run_options, run_targets
from drumcorpus.commands.configured import add_configuration
from drumcorpus.commands.named import named
from drumcorpus.commands.numbers import count
from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.run.listed_files import verify_listed
from drumcorpus.ground.run.run_manifest import SUFFIX
from drumcorpus.ground.run.verify_products import Verified, verify_file, verify_folder

USAGE = """\
Hold FILE, and every product on the way to its raw files, against their run
manifests; of a FOLDER every file in it that has one. The schema and the seal of
every run manifest are looked at, and whether products were made from those
versions of others that stand. A sample of an export, which has no run manifest,
is held against the listing of its export.

Without FILE it is the whole corpus of the config: every product, sample and raw
file that is missing, extra or changed, with the command that mends it.

example:
  python -m drumcorpus verify --quick
  python -m drumcorpus verify results/manifests/prod_combined.jsonl --quick
"""
N_SHOWN = 3  # names of what was not looked at


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "file",
        metavar="FILE|FOLDER",
        type=named,
        nargs="?",
        help="a product, a sample, or a folder (default: the corpus of the config)",
    )
    levels = parser.add_mutually_exclusive_group()
    levels.add_argument(
        "--quick",
        dest="level",
        action="store_const",
        const="quick",
        help="look at presence, sizes and run manifests, and take no digest",
    )
    levels.add_argument(
        "--sample", metavar="N", type=count, help="take N digests too, other ones each time"
    )
    levels.add_argument(
        "--full",
        dest="level",
        action="store_const",
        const="full",
        help="take all digests and count all rows (default)",
    )
    parser.add_argument(
        "--root",
        metavar="SET=DIR",
        type=root,
        action="append",
        default=[],
        help="where raw files of a source set lie; without it they are not looked at",
    )
    parser.add_argument(
        "--manifest", metavar="PATH", help="the run manifest of FILE, if it is not beside it"
    )
    parser.add_argument(
        "--complete",
        action="store_true",
        help="what does not lie here, and so is not looked at, is a problem",
    )
    parser.add_argument(
        "--workers", metavar="N", type=count, default=4, help="digests at once (default: 4)"
    )
    of_corpus = parser.add_argument_group("without FILE", "how the corpus is configured")
    add_configuration(of_corpus)
    add_run_options(of_corpus)


def root(text: str) -> tuple[str, str]:
    """Source set and folder of ``SET=DIR``."""
    name, _, folder = text.partition("=")
    if not name or not folder:
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: SET=DIR, such as egmd=/data/egmd")
    if not Path(folder).is_dir():
        raise argparse.ArgumentTypeError(f"{folder}: there is no such folder")
    return name, folder


def run(arguments: argparse.Namespace) -> int:
    """Verify, list every problem, and say in one sentence how it came out."""
    if arguments.file is None:
        return _verify_corpus(arguments)
    roots: dict[str, list[str]] = {}
    for name, folder in arguments.root:
        roots.setdefault(name, []).append(folder)
    level = "sample" if arguments.sample else arguments.level or "full"
    settings = {
        "n_sample": arguments.sample or 0,
        "workers": arguments.workers,
        "roots": roots,
        "verify_export": _verify_export,
    }
    path = arguments.file.removesuffix(SUFFIX)
    if arguments.manifest is not None:
        verified = verify_file(path, level, at=arguments.manifest, **settings)
    elif _has_manifest(path):
        verified = verify_file(path, level, **settings)
    elif Path(path).is_dir():
        verified = verify_folder(path, level, **settings)
    else:
        verified = verify_listed(path, level, **settings)
    unseen = _unseen(verified)
    for problem in verified.problems:
        print(f"{visible(problem.path)}: {problem.kind}: {problem.sentence}")
    for sentence in unseen:
        print(f"not looked at: {sentence}")
    n_files = len(verified.products) + len(verified.inputs)
    if verified.problems:
        raise ValueError(
            f"{visible(printable(path))}: {len(verified.problems)} problem(s) among {n_files:,} "
            f"recorded files (level {level}); they are listed above"
        )
    if unseen and arguments.complete:
        raise ValueError(f"{visible(printable(path))}: not looked at: {unseen[0]}")
    print(
        f"{visible(printable(path))}: holds: {len(verified.products):,} product(s) and "
        f"{len(verified.inputs):,} other file(s) are as recorded (level {level})"
    )
    return 0


def _verify_corpus(arguments: argparse.Namespace) -> int:
    """Run the target that holds all that the config describes to its records.

    Raises
    ------
    argparse.ArgumentError
        If an argument is there that says where one file and its raw files lie.
    """
    of_file = {
        "--root": arguments.root,
        "--manifest": arguments.manifest,
        "--complete": arguments.complete,
    }
    if wrong := [name for name, value in of_file.items() if value]:
        raise argparse.ArgumentError(None, f"{wrong[0]}: is of a FILE, and none is named")
    level = "sample" if arguments.sample else arguments.level
    settings = [f"verify={level}"] if level else []
    settings += [f"verify_sample={arguments.sample}"] if arguments.sample else []
    return run_targets(arguments, ["verify"], settings)


def _has_manifest(path: str) -> bool:
    """Whether a run manifest stands beside a file, or what is no folder where it belongs."""
    beside = Path(os.path.abspath(path) + SUFFIX)  # noqa: PTH100 (links are kept)
    return (
        beside.is_symlink()
        or (beside.exists() and not beside.is_dir())
        or (beside.is_dir() and not Path(path).is_dir())
    )


def _verify_export(folder: Path, level: str) -> list[dict]:
    from drumcorpus.stages.export.verify import verify_export  # loads pyarrow

    return verify_export(folder, level)


def _unseen(verified: Verified) -> list[str]:
    """What was not looked at, a sentence for each kind."""
    sentences = []
    for what, names in sorted(verified.unseen.items()):
        names = sorted(names)
        shown = ", ".join(names[:N_SHOWN])
        more = f" and {len(names) - N_SHOWN:,} more" if len(names) > N_SHOWN else ""
        remedy = "; say where they lie: --root SET=DIR" if what.startswith("raw") else ""
        sentences.append(f"{what} {shown}{more}{remedy}")
    return sentences
