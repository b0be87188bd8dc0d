"""``python -m drumcorpus aggregate``: put rated shards of several corpora on one axis."""

import argparse

from drumcorpus.ground.files.paths import visible
from drumcorpus.stages.corpora.aggregate import aggregate_corpora
from drumcorpus.stages.corpora.function_manifest import manifest_place
from drumcorpus.stages.corpora.inputs_and_outputs import WrongArguments

USAGE = """\
Put rated shards of JSON Lines on one axis of 0 to 100, each item once: of
several ratings of an item that of least uncertainty on that axis stays. What
the ratings were stays in the rows. A run manifest is written beside the corpus.

example:
  python -m drumcorpus aggregate --inputs konvid.jsonl mine.jsonl \\
    --corpus-source mine.jsonl=reviewer-1-5 --output rated.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    several = {"nargs": "+", "action": "extend"}
    parser.add_argument(
        "--inputs", metavar="SHARD", required=True, help="rated shards, in any order", **several
    )
    parser.add_argument("--output", metavar="FILE", required=True, help="the corpus")
    parser.add_argument(
        "--scales",
        metavar="PATH",
        help="files of scales, or folders of them; those of the package if not given",
        **several,
    )
    parser.add_argument(
        "--corpus-source",
        metavar="A=SCALE",
        type=_named,
        help="the scale of a shard A whose rows say another, or none",
        **several,
    )
    parser.add_argument(
        "--natural-key",
        metavar="FIELD",
        help="fields by which rows are of one item; src_sha256 if not given",
        **several,
    )
    parser.add_argument(
        "--required-keys",
        metavar="FIELD[:KIND]",
        help="what every row must have; kinds are text, number, truth, list, object, null",
        **several,
    )
    parser.add_argument("--value", metavar="FIELD", help="the rating; mos if not given")
    parser.add_argument(
        "--uncertainty", metavar="FIELD", help="its standard deviation; mos_std_dev if not given"
    )
    parser.add_argument(
        "--corpus", metavar="FIELD", help="the name of the scale; corpus if not given"
    )
    parser.add_argument(
        "--manifest-out", metavar="FILE", help="the run manifest; OUTPUT.manifest.json if not given"
    )


def run(arguments: argparse.Namespace) -> int:
    """Aggregate, and say what was written and counted."""
    sources = arguments.corpus_source or []
    if len({path for path, _ in sources}) < len(sources):
        raise argparse.ArgumentError(None, "--corpus-source: names one shard twice")
    try:
        counters = aggregate_corpora(
            arguments.inputs,
            arguments.output,
            scales=arguments.scales,
            corpus_source=dict(sources),
            natural_key=arguments.natural_key,
            required_keys=arguments.required_keys,
            value=arguments.value,
            uncertainty=arguments.uncertainty,
            corpus=arguments.corpus,
            manifest_out=arguments.manifest_out,
        )
    except WrongArguments as error:
        raise argparse.ArgumentError(None, str(error)) from error
    for path in (arguments.output, manifest_place(arguments.output, arguments.manifest_out)):
        print(f"{visible(str(path))}: written")
    print(", ".join(f"{name} {number}" for name, number in counters.items()))
    return 0


def _named(text: str) -> tuple[str, str]:
    path, equals, scale = text.rpartition("=")
    if not path or not equals or not scale:
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: SHARD=SCALE, such as a.jsonl=lsvq")
    return path, scale
