"""The report of an evaluation: one JSON document with everything that was asked and found."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.statistics.intervals import FEWEST_GROUPS, LEVEL, make_groups
from drumcorpus.ground.statistics.scores import CAP_HITS
from drumcorpus.stages.evaluation.boundary_scores import Pack
from drumcorpus.stages.evaluation.counting import MS
from drumcorpus.stages.evaluation.durations import session_seconds, session_tables, total_minutes
from drumcorpus.stages.evaluation.evaluate import (
    CURVE_MS,
    HEADLINE_MS,
    WINDOWS_MS,
    Scored,
    compare,
    score_system,
)
from drumcorpus.stages.evaluation.named_splits import check_named_split
from drumcorpus.stages.evaluation.open_set import CONVENTIONS as OPEN_SET
from drumcorpus.stages.evaluation.predictions import Predictions, read_predictions
from drumcorpus.stages.evaluation.reference import Corpus, read_reference, require_truth
from drumcorpus.stages.evaluation.rounding import rounded
from drumcorpus.stages.evaluation.runs import check_runs, over_runs
from drumcorpus.stages.evaluation.settings import Settings
from drumcorpus.stages.evaluation.system_report import Asked, describe_system
from drumcorpus.stages.evaluation.tuning import read_validation, tuning

SCHEMA = "drumcorpus-evaluation-v1"


@dataclass
class Evaluation:
    """The report, the predictions that it rests on, and the tables of lengths that were read."""

    document: dict
    predictions: list[Predictions]
    tables: list[Path]


def evaluate(
    corpus: Corpus,
    predictions: str | os.PathLike,
    settings: Settings,
    *,
    other: str | os.PathLike | None = None,
    trained_on: Mapping[str, Corpus] | None = None,
    folds: Mapping[str, list[str]] | None = None,
    pack: Pack | None = None,
    fit_on: str | os.PathLike | None = None,
    fit_other_on: str | os.PathLike | None = None,
    seeds: Sequence[str | os.PathLike] = (),
) -> Evaluation:
    """Hold the predictions of a system, or of two, against a split of a corpus.

    Parameters
    ----------
    corpus : Corpus
        As of `reference.open_corpus`.
    predictions, other : path
        As of `predictions.read_predictions`.
    trained_on : mapping, optional
        Corpora that systems may have been trained on, by the digest of their manifest.
    folds : mapping, optional
        As of `scores.fold_mean`.
    pack : Pack, optional
        As of `boundary_scores.read_pack`.
    fit_on, fit_other_on : path, optional
        Predictions of the first system of the validation split, and of the other, by which lags and
        thresholds are fitted.
    seeds : sequence of path
        Predictions of the first system, trained with other seeds.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `read_reference`, `read_predictions` and `check_runs`; if predictions are of another
        corpus.
    """
    check_runs([predictions, *seeds])
    named = settings.named
    reference = read_reference(
        corpus,
        settings.split,
        settings.labels,
        settings.class_map,
        settings.unknown,
        sessions=None if named is None else named.sessions,
    )
    if not settings.model_labels:
        require_truth(reference, settings.split, corpus.manifest)
    if named is not None:
        check_named_split(named, reference, settings.class_map.classes)
    asked = Asked(
        reference,
        make_groups(reference.sessions.families, reference.sessions.source_sets),
        settings,
        total_minutes(session_seconds(corpus, reference.sessions)),
        folds,
        pack,
        {corpus.sha256: corpus} | dict(trained_on or {}),
    )
    classes = settings.class_map.classes
    systems = [predictions] if other is None else [predictions, other]
    fits = [fit_on, fit_other_on][: len(systems)]
    documents, scored, read = [], [], []
    for path, validation in zip(systems, fits, strict=True):
        with_scores = settings.with_scores or validation is not None
        said, counted = _read(asked, corpus, path, with_scores=with_scores)
        document = describe_system(asked, said, counted)
        counted = replace(counted, counts=None)  # of every session: as large as a column of hits
        files = [said]
        if validation is not None:
            fitted_on, of_validation = read_validation(corpus, validation, settings)
            _check_corpus(of_validation, corpus)
            document["tuning"] = tuning(
                (fitted_on, of_validation.hits), (reference, said.hits), classes, HEADLINE_MS * MS
            ) | {"missing_sessions": of_validation.missing}
            files.append(of_validation)
        documents.append(document)
        scored.append(counted)
        read += [each.without_hits() for each in files]
    _tell_apart(documents)
    runs = [scored[0]]
    for path in seeds:
        said, counted = _read(asked, corpus, path)
        runs.append(replace(counted, counts=None))
        read.append(said.without_hits())
    if seeds:
        documents[0]["seeds"] = over_runs(runs, classes)
    document = {
        "schema": SCHEMA,
        "protocol": _protocol(settings),
        "corpus": _corpus(corpus, asked),
        "boundary_pack": pack and pack.described(),
        "system": documents[0],
        "other": documents[1] if other is not None else None,
        "required": [],
        "comparison": None if other is None else compare(*scored, classes, settings.resampling),
    }
    return Evaluation(rounded(document), read, session_tables(corpus, reference.sessions))


def _read(
    asked: Asked, corpus: Corpus, path: str | os.PathLike, *, with_scores: bool = False
) -> tuple[Predictions, Scored]:
    """Predictions of the split that is scored, and their counts."""
    settings = asked.settings
    said = read_predictions(
        path,
        asked.reference,
        settings.split,
        settings.class_map,
        settings.vocabulary,
        settings.note_map,
        with_scores=with_scores,
    )
    _check_corpus(said, corpus)
    n_classes = len(settings.class_map.classes)
    return said, score_system(
        asked.reference.hits, said.hits, asked.groups, n_classes, settings.resampling
    )


def _check_corpus(said: Predictions, corpus: Corpus) -> None:
    stated = said.statement.corpus
    if stated is not None and stated != corpus.sha256:
        raise ValueError(
            f"{visible(str(said.statement.path))}: corpus: the predictions are of the manifest "
            f"with sha256 {stated[:12]}…, and {corpus.manifest} has {corpus.sha256[:12]}…; predict "
            "the sessions of this corpus, or evaluate against that one"
        )


def _protocol(settings: Settings) -> dict:
    return {
        "id": f"{settings.class_map.name}@{HEADLINE_MS}/pooled",
        "class_map": settings.class_map.name,
        "classes": list(settings.class_map.classes),
        "vocabulary": settings.vocabulary.name,
        "note_map": settings.note_map and settings.note_map.name,
        "window_ms": HEADLINE_MS,
        "windows_ms": list(WINDOWS_MS),
        "curve_ms": list(CURVE_MS),
        "thresholds": "as given",
        "cap_hits": CAP_HITS,
        "open_set": None
        if settings.unknown is None
        else OPEN_SET | {"unknown": [settings.labels[n] for n in sorted(settings.unknown)]},
        "interval": {
            "level": LEVEL,
            "resamples": settings.resampling.n_draws,
            "seed": settings.resampling.seed,
            "unit": "family_id, within its source set, small sets together",
            "fewest_groups": FEWEST_GROUPS,
        },
    }


def _corpus(corpus: Corpus, asked: Asked) -> dict:
    reference = asked.reference
    return {
        "manifest": corpus.manifest,
        "sha256": corpus.sha256,
        "splits_sha256": corpus.splits_sha256,
        "split": asked.settings.split,
        "split_sha256": asked.settings.named and asked.settings.named.sha256,
        "sessions": len(reference.sessions),
        "groups": len(asked.groups),
        "hits": len(reference.hits),
        "hits_without_class": reference.n_outside,
        "minutes": asked.minutes,
        "sessions_not_scored": reference.not_scored,
        "model_labels": reference.by_model,
    }


def _tell_apart(documents: list[dict]) -> None:
    """Say which of two systems is which, where they have one name."""
    names = [each["name"] for each in documents]
    if len(set(names)) < len(names):
        for each, place in zip(documents, ("first", "second"), strict=True):
            each["name"] = f"{each['name']} ({place})"
