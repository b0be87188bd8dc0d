"""The report of an evaluation: one JSON document with everything that was asked and found."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.predictions.hit_columns import HitColumns, by_session
from drumcorpus.ground.statistics.intervals import FEWEST_GROUPS, LEVEL, Groups, make_groups
from drumcorpus.ground.statistics.scores import CAP_HITS
from drumcorpus.stages.evaluation.boundary_scores import Pack, boundary_scores
from drumcorpus.stages.evaluation.calibration import calibration
from drumcorpus.stages.evaluation.contamination import contamination
from drumcorpus.stages.evaluation.counting import MS
from drumcorpus.stages.evaluation.cymbals import cymbal_confusion
from drumcorpus.stages.evaluation.durations import session_seconds, session_tables, total_minutes
from drumcorpus.stages.evaluation.evaluate import (
    CURVE_MS,
    HEADLINE_MS,
    WINDOWS_MS,
    Scored,
    compare,
    hit_details,
    hits_by_class,
    other_windows,
    score_system,
    scores_of,
)
from drumcorpus.stages.evaluation.open_set import CONVENTIONS as OPEN_SET
from drumcorpus.stages.evaluation.open_set import open_set
from drumcorpus.stages.evaluation.predictions import Predictions, read_predictions
from drumcorpus.stages.evaluation.reference import Corpus, Reference, read_reference, require_truth
from drumcorpus.stages.evaluation.rounding import rounded
from drumcorpus.stages.evaluation.runs import check_runs, over_runs
from drumcorpus.stages.evaluation.settings import Settings
from drumcorpus.stages.evaluation.slices import session_slices
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
    fit_on : path, optional
        Predictions of the first system of the validation split, by which lags and thresholds are
        fitted.
    seeds : sequence of path
        Predictions of the first system, trained with other seeds.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `read_reference`, `read_predictions` and `check_runs`; if predictions are of another
        corpus.
    """
    check_runs([predictions, *seeds])
    reference = read_reference(corpus, settings.split, settings.labels)
    if not settings.model_labels:
        require_truth(reference, settings.split, corpus.manifest)
    labelled = reference.hits if settings.unknown is not None else None
    hits, n_outside = hits_by_class(by_session(reference.hits), settings.class_map)
    reference.hits = hits
    groups = make_groups(reference.sessions.families, reference.sessions.source_sets)
    minutes = total_minutes(session_seconds(corpus, reference.sessions))
    corpora = {corpus.sha256: corpus} | dict(trained_on or {})
    documents, scored, read = [], [], []
    for path in [predictions] if other is None else [predictions, other]:
        said = read_predictions(
            path,
            reference,
            settings.split,
            settings.class_map,
            settings.vocabulary,
            settings.note_map,
            with_scores=settings.with_scores or fit_on is not None,
        )
        _check_corpus(said, corpus)
        counted = score_system(
            hits, said.hits, groups, len(settings.class_map.classes), settings.resampling
        )
        classes, sessions = settings.class_map.classes, reference.sessions
        scores = scores_of(
            counted, groups, classes, sessions=sessions.ids, minutes=minutes, folds=folds
        )
        documents.append(
            _about(said, counted, settings)
            | {"scores": scores}
            | other_windows(counted.counts, classes)
            | (details := hit_details(counted.counts, classes))
            | {
                "cymbals": cymbal_confusion(details["errors"], settings.cymbals),
                "slices": session_slices(counted.counts.table(), sessions, classes),
                "contamination": contamination(
                    said.statement, corpora, sessions, counted.counts.table(), classes
                ),
                "calibration": _calibration(hits, said, groups, settings),
                "boundary": pack and _boundary(pack, reference, said, settings),
                "open_set": None
                if labelled is None
                else _open_set(labelled, reference, said, settings),
            }
        )
        scored.append(counted)
        read.append(said)
    _tell_apart(documents)
    runs = [scored[0]]
    for path in seeds:
        said = read_predictions(
            path,
            reference,
            settings.split,
            settings.class_map,
            settings.vocabulary,
            settings.note_map,
        )
        _check_corpus(said, corpus)
        classes = settings.class_map.classes
        runs.append(score_system(hits, said.hits, groups, len(classes), settings.resampling))
        read.append(said)
    for each in documents:
        each["tuning"] = each["seeds"] = None
    if seeds:
        documents[0]["seeds"] = over_runs(runs, settings.class_map.classes)
    if fit_on is not None:
        fitted_on, said = read_validation(corpus, fit_on, settings)
        _check_corpus(said, corpus)
        documents[0]["tuning"] = tuning(
            (fitted_on, said.hits),
            (reference, read[0].hits),
            settings.class_map.classes,
            HEADLINE_MS * MS,
        ) | {"missing_sessions": said.missing}
        read.append(said)
    document = {
        "schema": SCHEMA,
        "protocol": _protocol(settings),
        "corpus": _corpus(corpus, reference, settings, groups, n_outside, minutes),
        "boundary_pack": pack and pack.described(),
        "system": documents[0],
        "other": documents[1] if other is not None else None,
        "required": [],
        "comparison": None
        if other is None
        else compare(*scored, settings.class_map.classes, settings.resampling),
    }
    return Evaluation(rounded(document), read, session_tables(corpus, reference.sessions))


def _boundary(
    pack: Pack, reference: Reference, said: Predictions, settings: Settings
) -> dict[str, dict | None]:
    return boundary_scores(
        pack,
        reference.sessions,
        settings.class_map,
        (reference.hits, said.hits),
        window=HEADLINE_MS * MS,
        n_draws=settings.resampling.n_draws,
        seed=settings.resampling.seed,
    )


def _calibration(
    hits: HitColumns, said: Predictions, groups: Groups, settings: Settings
) -> dict | None:
    if not settings.calibration:
        return None
    try:
        return calibration(hits, said.hits, groups, settings.class_map.classes, HEADLINE_MS * MS)
    except ValueError as error:
        raise ValueError(f"{visible(str(said.path))}: {error}; see --calibration") from None


def _open_set(
    labelled: HitColumns, reference: Reference, said: Predictions, settings: Settings
) -> dict:
    scores = np.zeros(0) if said.hits.score is None else said.hits.score
    if len(scores) < len(said.hits) or np.isnan(scores).any():
        raise ValueError(
            f"{visible(str(said.path))}: a prediction has no score; an open set takes one of every "
            "prediction: add them, or evaluate without --open-set"
        )
    of = settings.class_map.of.values()
    known = {of_class for n, of_class in enumerate(of) if n not in settings.unknown}
    return open_set(
        labelled,
        replace(said.hits, score=scores),
        reference.negatives,
        unknown_labels=settings.unknown,
        unknown_classes=set(range(len(settings.class_map.classes))) - known,
        window=HEADLINE_MS * MS,
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


def _corpus(
    corpus: Corpus,
    reference: Reference,
    settings: Settings,
    groups: Groups,
    n_outside: int,
    minutes: float | None,
) -> dict:
    return {
        "manifest": corpus.manifest,
        "sha256": corpus.sha256,
        "splits_sha256": corpus.splits_sha256,
        "split": settings.split,
        "sessions": len(reference.sessions),
        "groups": len(groups),
        "hits": len(reference.hits),
        "hits_without_class": n_outside,
        "minutes": minutes,
        "sessions_not_scored": reference.not_scored,
        "model_labels": reference.by_model,
    }


def _about(said: Predictions, scored: Scored, settings: Settings) -> dict:
    """What was read of a system, and what of it does not count."""
    merged = scored.counts.merged.tolist()
    classes = settings.class_map.classes
    return {
        "name": said.statement.system or _name(said.path),
        "corpus_stated": said.statement.corpus is not None,
        "predictions": len(said.hits),
        "missing_sessions": said.missing,
        "sessions_not_scored": said.not_scored,
        "labels_without_class": dict(sorted(said.outside.items())),
        "duplicates_merged": {
            side: {name: count for name, count in zip(classes, counts, strict=True) if count}
            for side, counts in zip(("reference", "predictions"), merged, strict=True)
        },
    }


def _tell_apart(documents: list[dict]) -> None:
    """Say which of two systems is which, where they have one name."""
    names = [each["name"] for each in documents]
    if len(set(names)) < len(names):
        for each, place in zip(documents, ("first", "second"), strict=True):
            each["name"] = f"{each['name']} ({place})"


def _name(path: Path) -> str:
    """What to call a system that does not say it: its folder, or its table without the ending."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 (the name of a link, not of its end)
    return whole.name if path.is_dir() else whole.stem
