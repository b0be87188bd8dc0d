"""``python -m drumcorpus evaluate``: hold predictions against a split of a corpus."""

import argparse
from dataclasses import fields

from drumcorpus.commands.evaluate_said import said
from drumcorpus.commands.numbers import between
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.evaluation.outputs import check_outputs
from drumcorpus.stages.evaluation.page import render_evaluation_page
from drumcorpus.stages.evaluation.question import (
    Answer,
    Question,
    Systems,
    Terms,
    answer,
    read_terms,
)
from drumcorpus.stages.evaluation.record import write_record
from drumcorpus.stages.evaluation.requirements import enforce_requirements

USAGE = """\
Say how well a system transcribes the sessions of a split: precision, recall and
F by class within 50 ms, with intervals over groups of sessions, and where it
fails. Predictions are a folder of <session_id>.tsv (onset_time, label, and
optionally score and velocity, parted by tabs) or <session_id>.mid, or one
Parquet table. The report is JSON, with a run manifest beside it.

example:
  python -m drumcorpus evaluate --predictions mine --class-map adtof5 \\
    --corpus results/manifests/prod_combined.parquet --require 'micro>=0.80'
"""
FEWEST_RESAMPLES, MOST_RESAMPLES = 100, 1_000_000  # fewer have no 95 % interval
LAST_SEED = 2**32 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "--corpus", metavar="MANIFEST", required=True, help="manifest of a built corpus (Parquet)"
    )
    parser.add_argument(
        "--split",
        metavar="NAME",
        default=Question.split,
        help="train, validation, test (default), or a named one such as mdb_drums_8",
    )
    parser.add_argument(
        "--predictions", metavar="FOLDER|TABLE", required=True, help="what a system says"
    )
    parser.add_argument(
        "--compare", metavar="FOLDER|TABLE", help="what another says, held against the first"
    )
    parser.add_argument(
        "--another-seed",
        metavar="FOLDER|TABLE",
        action="append",
        default=[],
        help="what the first system says, trained with another seed; may be given several times",
    )
    parser.add_argument(
        "--validation",
        metavar="FOLDER|TABLE",
        help="what the first system says of validation: lags and thresholds are fitted on that",
    )
    parser.add_argument(
        "--compare-validation",
        metavar="FOLDER|TABLE",
        help="what the other system says of validation",
    )
    parser.add_argument(
        "--class-map",
        metavar="NAME",
        default=Question.class_map,
        help="the classes that are scored: adtof5, vogl8, vogl18, star18, or corpus (default)",
    )
    parser.add_argument(
        "--vocabulary",
        metavar="NAME",
        help="the classes that predictions say; those of the class map if not given",
    )
    parser.add_argument(
        "--note-map", metavar="NAME", help="what notes of MIDI files mean, such as general_midi"
    )
    parser.add_argument(
        "--trained-on",
        metavar="MANIFEST",
        action="append",
        default=[],
        help="a corpus whose digest a system names as its training data",
    )
    parser.add_argument(
        "--boundary-pack", metavar="FILE", help="hard places of the split, as boundary-pack writes"
    )
    parser.add_argument(
        "--open-set", action="store_true", help="how scores tell known sounds from others"
    )
    parser.add_argument(
        "--calibration", action="store_true", help="how far scores are probabilities"
    )
    parser.add_argument(
        "--model-labels",
        action="store_true",
        help="score by labels that a model made as well, which are no truth",
    )
    parser.add_argument(
        "--folds",
        metavar="NAME|YAML",
        help="vogl_mdb, vogl_enst, vogl_rbma13, or a file with lists of session ids by fold",
    )
    parser.add_argument(
        "--require",
        metavar="FIGURE>=LIMIT",
        action="append",
        default=[],
        help="a figure that must hold, such as micro>=0.80 or crash.low>=0.3",
    )
    parser.add_argument(
        "--resamples",
        metavar="N",
        type=_resamples,
        default=Question.resamples,
        help="of intervals, 100 or more (default: 4000)",
    )
    parser.add_argument(
        "--seed", metavar="N", type=_seed, default=Question.seed, help="of resamples"
    )
    parser.add_argument(
        "--output", metavar="FILE", default="evaluation.json", help="default: evaluation.json"
    )
    parser.add_argument(
        "--page", metavar="FILE", help="the report as a page, such as evaluation.html"
    )


def _resamples(text: str) -> int:
    return between(text, FEWEST_RESAMPLES, MOST_RESAMPLES)


def _seed(text: str) -> int:
    return between(text, 1, LAST_SEED)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, write the report, and say the figures; those that are required last."""
    question = Question(**{each.name: getattr(arguments, each.name) for each in fields(Question)})
    systems = Systems(**{each.name: getattr(arguments, each.name) for each in fields(Systems)})
    project = project_folder()
    try:
        check_outputs(
            {"--output": arguments.output, "--page": arguments.page},
            systems.places(),
        )
        terms = read_terms(question, project / "resources", fits=systems.fits)
        answered = answer(
            terms,
            arguments.corpus,
            systems,
            trained_on=arguments.trained_on,
            boundary_pack=arguments.boundary_pack,
            pack_schema=read_yaml(project / "workflow/schemas/boundary_pack.schema.yaml"),
        )
    except ValueError as error:  # what cannot be read was not evaluated
        raise LookupError(str(error)) from error
    _write(arguments, answered, terms)
    document = answered.evaluation.document
    for line in said(document):
        print(line)
    enforce_requirements(document)
    return 0


def _write(arguments: argparse.Namespace, answered: Answer, terms: Terms) -> None:
    outputs, evaluation = [arguments.output], answered.evaluation
    write_json(arguments.output, evaluation.document)
    if arguments.page is not None:
        outputs.append(arguments.page)
        write_text(arguments.page, render_evaluation_page(evaluation.document))
    files = [*terms.files, *filter(None, [arguments.boundary_pack])]
    params = {
        "split": arguments.split,
        "class_map": terms.settings.class_map.name,
        "vocabulary": terms.settings.vocabulary.name,
        "note_map": arguments.note_map,
        "resamples": arguments.resamples,
        "seed": arguments.seed,
        "compare": arguments.compare is not None,
        "open_set": arguments.open_set,
        "calibration": arguments.calibration,
        "model_labels": arguments.model_labels,
        "validation": arguments.validation is not None,
        "compare_validation": arguments.compare_validation is not None,
        "another_seed": len(arguments.another_seed),
        "require": arguments.require,
    }
    write_record(
        outputs, answered.corpora, evaluation.predictions, evaluation.tables, files, params
    )
    for path in outputs:
        print(f"{visible(path)}: written")
        print(f"{visible(path)}.manifest.json: written")
