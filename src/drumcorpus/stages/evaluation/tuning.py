"""What validation can fit for a system: a threshold for each class, and a lag for each source set.

Both are fitted on the validation split alone and held against the split that is scored. Thresholds
that are fitted there itself say what no system may claim: they are shown as a ceiling.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from drumcorpus.ground.predictions.hit_columns import HitColumns
from drumcorpus.ground.statistics.matching import MOST_KEYS, Onsets, match_onsets, merge_onsets
from drumcorpus.ground.statistics.scores import f_measure, mean_over
from drumcorpus.stages.evaluation.counting import blocks
from drumcorpus.stages.evaluation.predictions import Predictions, read_predictions
from drumcorpus.stages.evaluation.reference import Corpus, Reference, read_reference, require_truth
from drumcorpus.stages.evaluation.settings import Settings
from drumcorpus.stages.evaluation.threshold_counts import counts_at_thresholds
from drumcorpus.stages.evaluation.timing import Offsets
from drumcorpus.vocabulary import SPLITS

# Thresholds that are tried for each class: none, and the quantiles of its scores between.
N_TRIED = 33
VALIDATION = SPLITS[1]


def read_validation(
    corpus: Corpus, path: str | os.PathLike, settings: Settings
) -> tuple[Reference, Predictions]:
    """The reference of the validation split by class, and the predictions of a system of it.

    Raises
    ------
    ValueError
        As of `read_reference` and `read_predictions`.
    """
    reference = read_reference(corpus, VALIDATION, settings.labels, settings.class_map)
    if not settings.model_labels:
        require_truth(reference, VALIDATION, corpus.manifest)
    said = read_predictions(
        path,
        reference,
        VALIDATION,
        settings.class_map,
        settings.vocabulary,
        settings.note_map,
        with_scores=True,
    )
    return reference, said


def tuning(
    validation: tuple[Reference, HitColumns],
    scored: tuple[Reference, HitColumns],
    classes: Sequence[str],
    window: int,
) -> dict:
    """What validation fits, and what that does to F of the split that is scored.

    Parameters
    ----------
    validation, scored : (Reference, HitColumns)
        Reference and predictions by class, in order of session.
    window : int
        Of matches, in µs.

    Returns
    -------
    dict
        ``lags`` by source set, ``micro_without_lag``, and ``thresholds``: None where a prediction
        has no score.
    """
    n_classes = len(classes)
    lags = fit_lags(*validation, n_classes, window)
    sets = sorted(set(scored[0].sessions.source_sets))
    rows = {}
    sums = [
        counts_by_session(*scored, n_classes, window, lags=each).sum(axis=1) for each in ({}, lags)
    ]
    of_session = np.array(scored[0].sessions.source_sets)
    for name in sets:
        raw, corrected = (f_measure(table[of_session == name].sum(axis=0)) for table in sums)
        lag = lags.get(name)
        rows[name] = {
            "lag_ms": None if lag is None else lag[0] / 1_000,
            "matches": 0 if lag is None else lag[1],
            "f": float(raw),
            "f_without_lag": float(corrected),
        }
    return {
        "validation_sessions": len(validation[0].sessions),
        "lags": rows,
        "micro_without_lag": float(f_measure(sums[1].sum(axis=0))),
        "thresholds": _thresholds(validation, scored, classes, window),
    }


def _thresholds(
    validation: tuple[Reference, HitColumns],
    scored: tuple[Reference, HitColumns],
    classes: Sequence[str],
    window: int,
) -> dict | None:
    if not (_has_scores(validation[1]) and _has_scores(scored[1])):
        return None
    n_classes = len(classes)
    reference, hits = scored
    fitted = fit_thresholds(*validation, n_classes, window)
    # Those of validation are tried too: a ceiling that they surpass would be none.
    tried, counts = try_thresholds(reference, hits, n_classes, window, fitted)
    best = best_thresholds(tried, counts)
    chosen = np.stack([np.full(n_classes, np.nan), fitted, best])
    tables = _counts_at(reference, hits, chosen, window)
    names = ("f", "f_tuned", "f_ceiling")

    def figures(values: Sequence[float | None]) -> dict:
        return dict(zip(names, values, strict=True))

    by_class = [f_measure(table) for table in tables]
    return {
        "micro": figures(
            [*(float(f_measure(table.sum(axis=0))) for table in tables[:2]), highest_micro(counts)]
        ),
        "macro": figures([mean_over(values) for values in by_class]),
        "classes": {
            name: figures([float(values[n]) for values in by_class])
            | {"threshold": float(fitted[n]), "threshold_ceiling": float(best[n])}
            for n, name in enumerate(classes)
        },
    }


def _has_scores(hits: HitColumns) -> bool:
    return hits.score is not None and not np.isnan(hits.score).any()


def counts_by_session(
    reference: Reference,
    predictions: HitColumns,
    n_classes: int,
    window: int,
    *,
    lags: Mapping[str, tuple[float, int]],
) -> np.ndarray:
    """TP, FP and FN within a window in µs, shape (n_sessions, n_classes, 3), without some lags."""
    n_sessions = len(reference.sessions)
    table = np.zeros((n_sessions, n_classes, 3), dtype=np.int64)
    for first, stop, sides in blocks(
        reference.hits, predictions, n_sessions, max(1, MOST_KEYS // n_classes)
    ):
        # Of a block at a time: a copy of all predictions is a third of what is held.
        sides = (sides[0], without_lag(reference, sides[1], lags))
        onsets = _merged(sides, first, n_classes)
        matched = match_onsets(onsets, window)[0]
        counts = [
            np.bincount(onsets.key[places], minlength=(stop - first) * n_classes)
            for places in (matched, ~onsets.is_reference, onsets.is_reference)
        ]
        tp = counts[0]
        cells = np.stack([tp, counts[1] - tp, counts[2] - tp], axis=-1)
        table[first:stop] = cells.reshape(-1, n_classes, 3)
    return table


def _merged(sides: tuple[HitColumns, HitColumns], first: int, n_classes: int) -> Onsets:
    return merge_onsets(*_keys(sides, first, n_classes), each_once=True)


def _keys(
    sides: tuple[HitColumns, HitColumns], first: int, n_classes: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Keys of session and class, and times, of both sides."""
    return [
        ((side.session - first).astype(np.int64) * n_classes + side.label, side.onset)
        for side in sides
    ]


def fit_thresholds(
    reference: Reference, predictions: HitColumns, n_classes: int, window: int
) -> np.ndarray:
    """The threshold of each class with the highest pooled F, as of `best_thresholds`."""
    return best_thresholds(*try_thresholds(reference, predictions, n_classes, window))


def try_thresholds(
    reference: Reference,
    predictions: HitColumns,
    n_classes: int,
    window: int,
    more: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """TP, FP and FN of each class at its lowest score and at the quantiles of its scores.

    Parameters
    ----------
    more : np.ndarray, shape (n_classes,), optional
        A threshold of each class that is tried last.

    Returns
    -------
    tried : np.ndarray, shape (n_tried, n_classes)
        NaN for a class without a prediction.
    counts : np.ndarray, shape (n_tried, n_classes, 3), int
    """
    tried = np.full((N_TRIED, n_classes), np.nan)
    for number in range(n_classes):
        scores = predictions.score[predictions.label == number]
        scores.sort()  # in place: a second copy is large
        if len(scores):
            tried[:, number] = scores[np.arange(N_TRIED) * len(scores) // N_TRIED]
    if more is not None:
        tried = np.concatenate([tried, more[None]])
    return tried, _counts_at(reference, predictions, tried, window)


def _counts_at(
    reference: Reference, predictions: HitColumns, tried: np.ndarray, window: int
) -> np.ndarray:
    """TP, FP and FN of each class at thresholds of shape (n_tried, n_classes), as of `tried`."""
    counts = np.zeros((*tried.shape, 3), dtype=np.int64)
    for first, _, (hits, said) in blocks(
        reference.hits,
        predictions,
        len(reference.sessions),
        max(1, MOST_KEYS // tried.shape[1]),
    ):
        sides = _keys((hits, said), first, tried.shape[1])
        counts += counts_at_thresholds(sides, said.score, tried, window)
    return counts


def best_thresholds(tried: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Of each class the threshold with the highest F, the first of equal ones, shape (n_classes,).

    NaN for a class without a reference hit or without a prediction: all of it is kept.
    """
    values = np.nan_to_num(f_measure(counts), nan=-1.0)
    best = np.take_along_axis(tried, values.argmax(axis=0)[None], axis=0)[0]
    return np.where(values.max(axis=0) < 0, np.nan, best)


def highest_micro(counts: np.ndarray) -> float:
    """The highest micro F that thresholds of single classes can have, of counts as they are tried.

    Those with the highest F of each class need not have it: a class of many errors asks for others.
    F is a ratio of sums, which Dinkelbach's steps raise until it stands (Management Science 13(7),
    1967).

    Examples
    --------
    >>> first, second = [[110, 15, 0], [100, 0, 10]], [[10, 500, 100]] * 2
    >>> round(highest_micro(np.stack([first, second], axis=1)), 6)
    0.280702
    """
    tp, fp, fn = np.moveaxis(counts, -1, 0)
    hits, f = 2 * tp, float(f_measure(counts[0].sum(axis=0)))
    while True:
        chosen = (hits - f * (hits + fp + fn)).argmax(axis=0)
        sums = np.take_along_axis(counts, chosen[None, :, None], axis=0)[0].sum(axis=0)
        better = float(f_measure(sums))
        if not better > f:
            return f
        f = better


def fit_lags(
    reference: Reference, predictions: HitColumns, n_classes: int, window: int
) -> dict[str, tuple[float, int]]:
    """Of each source set with a match the median of prediction less reference, in µs, and matches.

    A lag beyond the window is not found, for nothing matches then.
    """
    names = sorted(set(reference.sessions.source_sets))
    of_session = np.array([names.index(name) for name in reference.sessions.source_sets])
    offsets = Offsets(len(names), window)
    n_sessions = len(reference.sessions)
    for first, _, sides in blocks(
        reference.hits, predictions, n_sessions, max(1, MOST_KEYS // n_classes)
    ):
        onsets = _merged(sides, first, n_classes)
        matched = match_onsets(onsets, window)
        key = of_session[onsets.key // n_classes + first]
        offsets.add(replace(onsets, key=key), matched)
    rows = {name: offsets.figures(offsets.table[n]) for n, name in enumerate(names)}
    return {
        name: (row["median_ms"] * 1_000, row["matches"])
        for name, row in rows.items()
        if row is not None
    }


def without_lag(
    reference: Reference, predictions: HitColumns, lags: Mapping[str, tuple[float, int]]
) -> HitColumns:
    """The predictions, earlier by the lag of their set; none before the start."""
    shift = np.array([lags.get(name, (0, 0))[0] for name in reference.sessions.source_sets])
    onset = predictions.onset - np.rint(shift[predictions.session]).astype(np.int64)
    return replace(predictions, onset=np.maximum(onset, 0))
