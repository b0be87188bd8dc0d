"""``python -m drumcorpus benchmark``: score a submission, and print or keep its row."""

import argparse
from pathlib import Path

from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.evaluation.question import Question, Systems, answer, read_terms
from drumcorpus.stages.evaluation.submissions import (
    DESCRIPTION,
    Submission,
    digest_of,
    read_rows,
    read_submission,
    row_of,
    table_lines,
    with_row,
)

USAGE = f"""\
Score what a system says of a named split, and print its row of the benchmark. A
submission is a folder with {DESCRIPTION} (system, version, license, command,
trained_on, split) and predictions as evaluate reads them. Without a submission,
the table of all rows is printed.

example:
  python -m drumcorpus benchmark --corpus results/manifests/mdb.parquet \\
    --submission mine --rows rows.json
"""
ROWS = "resources/evaluation/benchmark.json"
SCHEMA = "workflow/schemas/benchmark.schema.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("--submission", metavar="FOLDER", help="what is scored")
    parser.add_argument(
        "--corpus", metavar="MANIFEST", help="manifest of a built corpus with the split's sessions"
    )
    parser.add_argument(
        "--rows",
        metavar="FILE",
        help="JSON of rows: a submission's row is written into it, or its table printed",
    )


def run(arguments: argparse.Namespace) -> int:
    """Score and print a row; or print the table of rows."""
    project = project_folder()
    schema = read_yaml(project / SCHEMA)
    if (arguments.submission is None) != (arguments.corpus is None):
        raise LookupError("--submission and --corpus go together")
    try:
        if arguments.submission is None:
            path = project / ROWS if arguments.rows is None else Path(arguments.rows)
            if not path.exists():
                raise FileNotFoundError(2, "No such file or directory", str(path))
            lines = table_lines(read_rows(path, schema))
        else:
            rows = [] if arguments.rows is None else read_rows(arguments.rows, schema)
            row = scored_row(read_submission(arguments.submission), arguments.corpus, project)
            lines = [canonical_json(row).decode().rstrip(), "", *table_lines([row])]
            if arguments.rows is not None:
                write_json(arguments.rows, with_row(rows, row))
                lines.append(f"{visible(arguments.rows)}: written")
    except ValueError as error:  # what cannot be read was not scored
        raise LookupError(str(error)) from error
    print("\n".join(lines))
    return 0


def scored_row(submission: Submission, corpus: str, project: Path) -> dict:
    """The row of a submission."""
    question = Question(
        split=submission.split, vocabulary=submission.vocabulary, note_map=submission.note_map
    )
    terms = read_terms(question, project / "resources")
    if terms.settings.named is None:
        raise LookupError(
            f"{DESCRIPTION}: split: got {submission.split!r}; wanted: a named split, whose "
            "sessions are the same in every corpus"
        )
    answered = answer(terms, corpus, Systems(submission.predictions))
    evaluation = answered.evaluation
    return row_of(evaluation.document, submission, digest_of(evaluation.predictions[0]))
