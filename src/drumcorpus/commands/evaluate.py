"""``python -m drumcorpus evaluate``: hold predictions against a split of a corpus."""

import argparse
from dataclasses import fields

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
from drumcorpus.vocabulary import SPLITS

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
N_SHOWN = 3  # names of sessions in what is said


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "--corpus", metavar="MANIFEST", required=True, help="manifest of a built corpus (Parquet)"
    )
    parser.add_argument("--split", choices=SPLITS, default=Question.split, help="default: test")
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
        help="vogl_mdb, vogl_enst, or a file with lists of session ids by name of the fold",
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
            [*systems.another_seed, systems.predictions, systems.compare, systems.validation],
        )
        terms = read_terms(question, project / "resources", fits=systems.validation is not None)
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
        "another_seed": len(arguments.another_seed),
        "require": arguments.require,
    }
    write_record(
        outputs, answered.corpora, evaluation.predictions, evaluation.tables, files, params
    )
    for path in outputs:
        print(f"{visible(path)}: written")
        print(f"{visible(path)}.manifest.json: written")


def said(document: dict) -> list[str]:
    """The figures of a report, a line each."""
    protocol, corpus, system = (document[name] for name in ("protocol", "corpus", "system"))
    scores = system["scores"]
    lines = [
        f"{protocol['id']} on {corpus['split']} of {corpus['manifest']} ({corpus['sessions']:,} "
        f"sessions, {corpus['groups']:,} groups, {corpus['hits']:,} hits)"
    ]
    if of_model := corpus["model_labels"]:
        sets = ", ".join(f"{visible(name)} {n:,}" for name, n in of_model.items())
        n_events = sum(of_model.values())
        lines.append(f"NOT TRUTH: a model made the labels of {n_events:,} events ({sets})")
    for key in ("micro", "macro"):
        lines.append(f"{key:<18} F {_figure(scores[key])}")
    for name, row in scores["classes"].items():
        if row["f"] is None:
            lines.append(f"{name:<18} absent; {row['fp']:,} predicted")
        else:
            lines.append(f"{name:<18} F {_figure(row)}  {row['reference']:,} hits")
    if document["comparison"] is not None:
        micro = document["comparison"]["micro"]
        lines.append(
            f"{visible(document['other']['name'])} less {visible(system['name'])}: "
            f"micro {_value(micro['difference'], '+.4f')}, {_ends(micro)}"
        )
    lines += _said_of_more(system, corpus["split"])
    for each in filter(None, (system, document["other"])):
        for key, words in (
            ("missing_sessions", "without predictions, counted as missed"),
            ("sessions_not_scored", "without reference, not scored"),
        ):
            if names := each[key]:
                more = "" if len(names) <= N_SHOWN else f" and {len(names) - N_SHOWN:,} more"
                shown = ", ".join(visible(name) for name in names[:N_SHOWN])
                lines.append(
                    f"{visible(each['name'])}: {len(names):,} session(s) {words}: {shown}{more}"
                )
    return lines


def _said_of_more(system: dict, split: str) -> list[str]:
    lines = []
    for tag, row in (system["boundary"] or {}).items():
        if row is None:
            lines.append(f"{tag:<22} no case")
            continue
        recall = row["recall"]
        found = (
            "" if recall["value"] is None else f"recall {recall['value']:.4f}  {_ends(recall)}, "
        )
        lines.append(
            f"{tag:<22} {found}{row['fp']:,} false positive(s) in {row['cases']:,} case(s)"
        )
    if system["seeds"] is not None and (row := system["seeds"]["micro"]) is not None:
        lines.append(
            f"{system['seeds']['runs']} seeds: mean micro F {row['f']:.4f}  {_ends(row)}, standard "
            f"deviation {row['sd']:.4f}"
        )
    if (row := system["calibration"]) is not None and row["all"] is not None:
        lines.append(f"expected calibration error {row['all']['ece']:.4f}, of all predictions")
    if system["tuning"] is not None:
        thresholds = system["tuning"]["thresholds"]
        lines.append(
            "without the lags of validation: micro F "
            f"{_value(system['tuning']['micro_without_lag'])}"
        )
        if thresholds is not None:
            micro = thresholds["micro"]
            lines.append(
                f"with the thresholds of validation: micro F {_value(micro['f_tuned'])}; ceiling, "
                f"with those of {split} itself: {_value(micro['f_ceiling'])}"
            )
    if (row := system["open_set"]) is not None:
        figures = [row[key] for key in ("auroc", "average_precision", "fpr_at_95_tpr")]
        shown = [_value(value) for value in figures]
        lines.append(
            f"open set: {row['known']:,} known and {row['unknown']:,} unknown sounds, AUROC "
            f"{shown[0]}, AP {shown[1]}, FPR at 95 % TPR {shown[2]}"
        )
    return lines


def _value(value: float | None, form: str = ".4f") -> str:
    return "no value" if value is None else format(value, form)


def _figure(row: dict) -> str:
    return "has no value" if row["f"] is None else f"{row['f']:.4f}  {_ends(row)}"


def _ends(row: dict) -> str:
    if row["resolvable"]:
        return f"[{row['low']:.4f}, {row['high']:.4f}]"
    return f"not resolvable ({row['groups']} groups, {row['effective_groups']:.1f} effective)"
