"""``python -m drumcorpus boundary-pack``: write the hard places of a split, by what is hard."""

import argparse

from drumcorpus.commands.numbers import between
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.ranges import Range, number
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.evaluation.boundary_pack import make_pack
from drumcorpus.stages.evaluation.boundary_tags import Windows
from drumcorpus.stages.evaluation.outputs import check_outputs
from drumcorpus.stages.evaluation.record import BOUNDARY_PACK, write_record
from drumcorpus.stages.evaluation.reference import open_corpus
from drumcorpus.vocabulary import SPLITS

USAGE = """\
Write the places of a split that are hard to transcribe: its first and last 50
ms, edges of windows, flams, crashes with the kick or on a ringing ride, chokes,
ghost notes, silence, and so on, some of each from many groups. `evaluate
--boundary-pack FILE` says recall and false positives of each tag.

example:
  python -m drumcorpus boundary-pack --window 4 --hop 2 \\
    --corpus results/manifests/prod_combined.parquet
"""
MOST_CASES, LAST_SEED = 100_000, 2**32 - 1
SECONDS = Range("a length", 0.1, 3_600, "s")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "--corpus", metavar="MANIFEST", required=True, help="manifest of a built corpus (Parquet)"
    )
    parser.add_argument("--split", choices=SPLITS, default=SPLITS[-1], help="default: test")
    parser.add_argument(
        "--window", metavar="S", type=_seconds, help="length of the windows of a system, in s"
    )
    parser.add_argument(
        "--hop", metavar="S", type=_seconds, help="from one window to the next, in s"
    )
    parser.add_argument(
        "--per-tag",
        metavar="N",
        type=lambda text: between(text, 1, MOST_CASES),
        default=200,
        help="cases of a tag at most (default: 200)",
    )
    parser.add_argument(
        "--seed", metavar="N", type=lambda text: between(text, 1, LAST_SEED), default=1
    )
    parser.add_argument(
        "--output", metavar="FILE", default="boundary_pack.json", help="default: boundary_pack.json"
    )


def _seconds(text: str) -> float:
    try:
        return number(text, SECONDS)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace) -> int:
    """Find the cases, write them, and say how many each tag has; those without any are named."""
    if (arguments.window is None) != (arguments.hop is None):
        raise LookupError("--window and --hop: name both, or none")
    resources = project_folder() / "resources"
    files = [resources / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics")]
    tags = resources / "evaluation/boundary_tags.yaml"
    windows = None
    if arguments.window is not None:
        windows = Windows(*(round(each * 1e6) for each in (arguments.window, arguments.hop)))
    try:
        check_outputs({"--output": arguments.output}, [], BOUNDARY_PACK)
        corpus = open_corpus(arguments.corpus)
        pack = make_pack(
            corpus,
            arguments.split,
            load_taxonomy(*files).families,
            read_yaml(tags)["tags"],
            windows=windows,
            per_tag=arguments.per_tag,
            seed=arguments.seed,
        )
    except ValueError as error:  # what cannot be read was not looked at
        raise LookupError(str(error)) from error
    write_json(arguments.output, pack.document)
    params = {name: getattr(arguments, name) for name in ("split", "per_tag", "seed")}
    params |= {"window_s": pack.document["window_s"], "hop_s": pack.document["hop_s"]}
    write_record(
        [arguments.output],
        [corpus],
        [],
        pack.tables,
        [*files, tags],
        params,
        rule=BOUNDARY_PACK,
    )
    print(f"{visible(arguments.output)}: written")
    print(f"{visible(arguments.output)}.manifest.json: written")
    for tag, row in pack.document["tags"].items():
        if row["none_because"]:
            print(f"{tag:<22} none: {row['none_because']}")
        else:
            print(
                f"{tag:<22} {row['cases']:,} of {row['cases_of_split']:,}, in "
                f"{row['sessions']:,} session(s)"
            )
    return 0
