"""What a report says of one system."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.statistics.intervals import Groups
from drumcorpus.stages.evaluation.boundary_scores import Pack, boundary_scores
from drumcorpus.stages.evaluation.calibration import calibration
from drumcorpus.stages.evaluation.contamination import contamination
from drumcorpus.stages.evaluation.counting import MS
from drumcorpus.stages.evaluation.cymbals import cymbal_confusion
from drumcorpus.stages.evaluation.evaluate import (
    HEADLINE_MS,
    Scored,
    hit_details,
    other_windows,
    scores_of,
)
from drumcorpus.stages.evaluation.open_set import open_set
from drumcorpus.stages.evaluation.predictions import Predictions
from drumcorpus.stages.evaluation.reference import Corpus, Reference
from drumcorpus.stages.evaluation.settings import Settings
from drumcorpus.stages.evaluation.slices import session_slices


@dataclass(frozen=True)
class Asked:
    """What systems are held against, the same for all of them.

    `corpora` are those that lie here, by the digest of their manifest; `minutes` and `folds` as of
    `evaluate.scores_of`.
    """

    reference: Reference
    groups: Groups
    settings: Settings
    minutes: float | None
    folds: Mapping[str, Sequence[str]] | None
    pack: Pack | None
    corpora: dict[str, Corpus]


def describe_system(asked: Asked, said: Predictions, scored: Scored) -> dict:
    """Every part of a report that is of one system and needs no other predictions."""
    settings, sessions = asked.settings, asked.reference.sessions
    classes, table = settings.class_map.classes, scored.counts.table()
    details = hit_details(scored.counts, classes)
    return {
        **_about(said, scored, settings),
        "scores": scores_of(
            scored,
            asked.groups,
            classes,
            sessions=sessions.ids,
            minutes=asked.minutes,
            folds=asked.folds,
        ),
        **other_windows(scored.counts, classes),
        **details,
        "cymbals": cymbal_confusion(details["errors"], settings.cymbals),
        "slices": session_slices(table, sessions, classes),
        "contamination": contamination(said.statement, asked.corpora, sessions, table, classes),
        "calibration": _calibration(asked, said) if settings.calibration else None,
        "boundary": None if asked.pack is None else _boundary(asked, said),
        "open_set": None if settings.unknown is None else _open_set(asked, said),
        "tuning": None,
        "seeds": None,
    }


def _boundary(asked: Asked, said: Predictions) -> dict[str, dict | None]:
    return boundary_scores(
        asked.pack,
        asked.reference.sessions,
        asked.settings.class_map,
        (asked.reference.hits, said.hits),
        window=HEADLINE_MS * MS,
        n_draws=asked.settings.resampling.n_draws,
        seed=asked.settings.resampling.seed,
    )


def _calibration(asked: Asked, said: Predictions) -> dict:
    classes = asked.settings.class_map.classes
    _require_scores(asked, said, "calibration")
    try:
        return calibration(asked.reference.hits, said.hits, asked.groups, classes, HEADLINE_MS * MS)
    except ValueError as error:
        raise ValueError(f"{visible(str(said.path))}: {error}; see --calibration") from None


def _require_scores(asked: Asked, said: Predictions, what: str) -> np.ndarray:
    """The scores of all predictions; refused where one has none, by its session."""
    n = len(said.hits)
    scores = np.full(n, np.nan) if said.hits.score is None else said.hits.score
    lacks = np.isnan(scores)
    if lacks.any():
        session = asked.reference.sessions.ids[said.hits.session[np.argmax(lacks)]]
        raise ValueError(
            f"{visible(str(said.path))}: {int(lacks.sum()):,} of {n:,} predictions have no score, "
            f"the first of session {visible(session)!r}; {what.replace('-', ' ')} takes one of "
            f"every prediction: add them, or evaluate without --{what}"
        )
    return scores


def _open_set(asked: Asked, said: Predictions) -> dict:
    settings = asked.settings
    scores = _require_scores(asked, said, "open-set")
    of = settings.class_map.of.values()
    known = {of_class for n, of_class in enumerate(of) if n not in settings.unknown}
    return open_set(
        asked.reference,
        replace(said.hits, score=scores),
        asked.groups,
        unknown_classes=set(range(len(settings.class_map.classes))) - known,
        window=HEADLINE_MS * MS,
        n_draws=settings.resampling.n_draws,
        seed=settings.resampling.seed,
    )


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


def _name(path: Path) -> str:
    """What to call a system that does not say it: its folder, or its table without the ending."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 (the name of a link, not of its end)
    return whole.name if path.is_dir() else whole.stem
