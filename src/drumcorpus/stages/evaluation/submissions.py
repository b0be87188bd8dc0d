"""Rows of the benchmark: what somebody submits, how it scores, and the table of all rows."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json_by_people
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.schema_check import check_document
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.evaluation.predictions import Predictions

DESCRIPTION = "submission.yaml"
PREDICTIONS = ("predictions", "predictions.parquet")
# What a system says of itself, all of it, in words.
SAID = ("system", "version", "license", "command", "trained_on")
_KEYS = (*SAID, "split", "vocabulary", "note_map")
_NEEDED = (*SAID, "split")


@dataclass(frozen=True)
class Submission:
    """`said` has what the system says of itself; `predictions` is a folder or a table."""

    said: dict[str, str]
    split: str
    predictions: Path
    vocabulary: str | None = None
    note_map: str | None = None


def read_submission(folder: str | os.PathLike) -> Submission:
    """What a folder submits: ``submission.yaml``, and ``predictions`` as evaluation reads them.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no description in it.
    ValueError
        If the description is not as it must be, or there are not predictions of one kind.
    """
    folder = Path(folder)
    document = read_yaml(folder / DESCRIPTION)
    shown = visible(str(folder / DESCRIPTION))
    if not isinstance(document, dict):
        raise ValueError(f"{shown}: wanted: the keys {', '.join(_NEEDED)}")
    odd = sorted(str(key) for key in set(document) - set(_KEYS))
    lacking = [key for key in _NEEDED if key not in document]
    if odd or lacking:
        problem = f"unknown key {odd[0]!r}" if odd else f"{lacking[0]} is missing"
        raise ValueError(
            f"{shown}: {problem}; wanted: {', '.join(_NEEDED)}; allowed beside them: "
            f"{', '.join(_KEYS[len(_NEEDED) :])}"
        )
    for key, value in document.items():
        if (
            not isinstance(value, str)
            or not value.strip()
            or not value.isprintable()
            or "|" in value
        ):
            raise ValueError(
                f"{shown}: {key}: got {value!r:.60}; wanted: text of one line without | and "
                "control characters, in quotes where it would be a number"
            )
    places = [folder / name for name in PREDICTIONS if (folder / name).exists()]
    if len(places) != 1:
        raise ValueError(
            f"{visible(str(folder))}: has {len(places)} of {' and '.join(PREDICTIONS)}; wanted: one"
        )
    return Submission(
        {key: document[key] for key in SAID},
        document["split"],
        places[0],
        document.get("vocabulary"),
        document.get("note_map"),
    )


def digest_of(predictions: Predictions) -> str:
    """SHA-256 over the names and digests of all files of predictions."""
    lines = [f"{path}\t{sha256}\n" for path, sha256 in sorted(predictions.files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def row_of(report: Mapping, submission: Submission, predictions_sha256: str) -> dict:
    """The row of a submission, of its report.

    Returns
    -------
    dict
        By `workflow/schemas/benchmark.schema.yaml`.
    """
    scores, corpus = report["system"]["scores"], report["corpus"]
    figures = ("f", "precision", "recall", "low", "high", "resolvable", "group_range")
    return {
        **submission.said,
        "split": corpus["split"],
        "split_sha256": corpus["split_sha256"],
        "protocol": report["protocol"]["id"],
        "resamples": report["protocol"]["interval"]["resamples"],
        "corpus_sha256": corpus["sha256"],
        "predictions_sha256": predictions_sha256,
        "sessions": corpus["sessions"],
        "groups": corpus["groups"],
        "hits": corpus["hits"],
        "missing_sessions": len(report["system"]["missing_sessions"]),
        "micro": {key: scores["micro"][key] for key in figures},
        "macro": scores["macro"]["f"],
        "classes": {name: row["f"] for name, row in scores["classes"].items()},
    }


def read_rows(path: str | os.PathLike, schema: dict) -> list[dict]:
    """The rows of a file; none where there is no file.

    Raises
    ------
    ValueError
        If it is not of its schema, or rows of one split are of different references or have
        different classes.
    """
    if not Path(path).exists():
        return []
    rows, shown = read_json_by_people(path), visible(str(path))
    check_document(rows, schema, shown)
    digests: dict[str, str] = {}
    classes: dict[str, Mapping] = {}
    for number, row in enumerate(rows):
        if digests.setdefault(row["split"], row["split_sha256"]) != row["split_sha256"]:
            raise ValueError(
                f"{shown}: {number}: {visible(row['system'])} is of another version of the split "
                f"{row['split']} than a row above; take it out, and score it again"
            )
        if set(classes.setdefault(row["split"], row["classes"])) != set(row["classes"]):
            raise ValueError(
                f"{shown}: {number}: {visible(row['system'])} has other classes than a row of "
                f"{row['split']} above; take it out, and score it again"
            )
    return rows


def with_row(rows: Sequence[Mapping], row: Mapping) -> list[dict]:
    """The rows with one more, in the place of one of the same system, version and split.

    Raises
    ------
    ValueError
        If others are of another version of the split: the file could be read by nobody.
    """
    kept = [each for each in rows if _place(each) != _place(row)]
    earlier = [
        each
        for each in kept
        if each["split"] == row["split"] and each["split_sha256"] != row["split_sha256"]
    ]
    if earlier:
        raise ValueError(
            f"{len(earlier)} row(s) are of another version of the split {row['split']}, such as "
            f"{visible(earlier[0]['system'])} {visible(earlier[0]['version'])}; take them out and "
            "score them again, or write this row into another file"
        )
    return sorted([*map(dict, kept), dict(row)], key=_place)


def _place(row: Mapping) -> tuple[str, str, str]:
    return row["split"], row["system"], row["version"]


def table_lines(rows: Sequence[Mapping]) -> list[str]:
    """The rows as Markdown: a table for each split, the highest micro F first."""
    lines = []
    for split in sorted({row["split"] for row in rows}):
        of = [row for row in rows if row["split"] == split]
        classes = sorted(of[0]["classes"])
        sizes = f"{of[0]['sessions']:,} sessions in {of[0]['groups']:,} groups"
        lines += [
            *([""] if lines else []),
            f"`{split}`, {of[0]['protocol']}: {sizes}, {of[0]['hits']:,} hits",
            "",
            f"| system | micro F | 95 % | macro F | {' | '.join(classes)} |",
            f"| --- | ---: | --- | ---: |{' ---: |' * len(classes)}",
        ]
        for row in sorted(of, key=lambda one: (-(one["micro"]["f"] or 0), _place(one))):
            shown = [_shown(row["classes"][name]) for name in classes]
            lines.append(
                f"| {row['system']} {row['version']} | {_shown(row['micro']['f'])} | "
                f"{_ends(row['micro'])} | {_shown(row['macro'])} | {' | '.join(shown)} |"
            )
    return lines


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ends(micro: Mapping) -> str:
    if micro["resolvable"]:
        return f"{micro['low']:.3f} to {micro['high']:.3f}"
    if micro["group_range"] is None:
        return "not resolvable"
    return f"none; groups {micro['group_range'][0]:.3f} to {micro['group_range'][1]:.3f}"
