"""``python -m drumcorpus merge``: put shards of JSON Lines together, each row but once."""

import argparse

from drumcorpus.ground.files.paths import visible
from drumcorpus.stages.corpora.function_manifest import manifest_place
from drumcorpus.stages.corpora.inputs_and_outputs import WrongArguments
from drumcorpus.stages.corpora.merge import merge_corpora
from drumcorpus.stages.corpora.merging import NATURAL_KEYS, POLICIES

USAGE = """\
Put shards of JSON Lines together in order of a natural key, each row but once;
rows stay as they are. Of rows with one key the first counts, in the order in
which shards are named; those that differ are conflicts. A run manifest is
written beside the corpus.

example:
  python -m drumcorpus merge --inputs x264.jsonl av1.jsonl \\
    --natural-key src_sha256 encoder preset crf --output grid.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    several = {"nargs": "+", "action": "extend"}
    parser.add_argument("--inputs", metavar="SHARD", required=True, help="the shards", **several)
    parser.add_argument("--output", metavar="FILE", required=True, help="the corpus")
    parser.add_argument(
        "--natural-key",
        metavar="FIELD",
        help="fields by which rows are the same, or one of the names "
        f"{', '.join(sorted(NATURAL_KEYS))}; encode_grid if not given",
        **several,
    )
    parser.add_argument(
        "--required-keys",
        metavar="FIELD[:KIND]",
        help="what every row must have; kinds are text, number, truth, list, object, null",
        **several,
    )
    parser.add_argument(
        "--duplicates",
        choices=POLICIES,
        help="what becomes of rows of one key that differ: the first counts, or it is an error; "
        "first if not given",
    )
    parser.add_argument(
        "--manifest-out", metavar="FILE", help="the run manifest; OUTPUT.manifest.json if not given"
    )


def run(arguments: argparse.Namespace) -> int:
    """Merge, and say what was written and counted, and the first conflicts."""
    key = arguments.natural_key
    if key is not None and len(key) == 1 and key[0] in NATURAL_KEYS:
        (key,) = key
    try:
        counters = merge_corpora(
            arguments.inputs,
            arguments.output,
            required_keys=arguments.required_keys,
            natural_key=key,
            duplicates=arguments.duplicates,
            manifest_out=arguments.manifest_out,
            say=lambda sentence: print(f"conflict: {sentence}"),
        )
    except WrongArguments as error:
        raise argparse.ArgumentError(None, str(error)) from error
    for path in (arguments.output, manifest_place(arguments.output, arguments.manifest_out)):
        print(f"{visible(str(path))}: written")
    print(", ".join(f"{name} {number}" for name, number in counters.items()))
    return 0
