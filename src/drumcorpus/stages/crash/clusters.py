"""Tell the cymbals of one session apart, or say that it cannot be told.

Conventions: one row per hit; cymbals are numbered from 0 in rising order of the acoustic key,
never by row; confidence runs from 0 to 1. Similarity is the correlation of two hits' features
(-1 to 1), which for the fine structure of `crash.embeddings` is near 0.6 for two hits of
one cymbal and near 0 for two cymbals, whatever the strength of the strokes.

That zero is what makes the number of cymbals decidable: the modes of two bodies have nothing to do
with each other, so groups that are two cymbals have similarity near 0 between them (up to 0.3 where
drums struck together with them, or chance, make them alike), while groups of strokes on one cymbal
(soft and hard ones, other places struck) stay alike. The relevant quantity is the similarity
between two groups relative to that within them. Between a clear yes and a clear no the session is
`doubtful`, and nothing in it is accepted, as where the groups follow other strokes beside the hits.
One cymbal more than the settings allow is looked for: where it stands, two cymbals share a number,
and nothing of these two is accepted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from drumcorpus.stages.crash.accompaniment import association_beside
from drumcorpus.stages.crash.divisions import (
    confidence_of,
    divide,
    mean_similarities,
    similarities,
    tell_apart,
)
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.vocabulary import (
    DOUBTFUL,
    FOLLOWS_ACCOMPANIMENT,
    MORE_CYMBALS,
    ONE_CYMBAL,
    SEPARATED,
    TOO_FEW_HITS,
)

MIN_FEATURES = 8  # measured: correlations of fewer make groups out of noise
# Chance that the number of cymbals is right: logistic regressions on the likeness of the groups, or
# of the best halves of what is one cymbal, over 528 and 703 decided sessions on these kits, rounded
# (with a kit left out: slopes of -38 to -26 and of 2.5 to 13).
SEPARATED_SLOPE, SEPARATED_OFFSET = -28.0, 10.4
ONE_SLOPE, ONE_OFFSET = 8.0, -1.0
NO_SPREAD = 1e-9  # standard deviation under which rows count as equal
CONFIDENCE_DECIMALS = 6
MOST_HITS = 2_000  # of which all pairs are compared, in 0.1 s and 50 MB; others go to their groups


@dataclass(frozen=True)
class Clustering:
    """The cymbals of one session; arrays have one entry per hit."""

    cymbals: np.ndarray  # (n_hits,) int: from 0 without gaps, low to high by the order key
    confidence: (
        np.ndarray
    )  # (n_hits,) float: chance that a hit's cymbal is right, if their number is
    accepted: np.ndarray  # (n_hits,) bool: False where the hit keeps its undivided label
    n_cymbals: int  # 1 where none were told apart
    session_confidence: float  # chance that the number of cymbals is right; 0 where undecided
    silhouette: float | None  # mean, of the division chosen or else of the best in two; for readers
    # one_cymbal, separated, doubtful, follows_accompaniment, more_cymbals_than_allowed or
    # too_few_hits
    reason: str


def cluster_session(
    embeddings: np.ndarray,
    settings: ClusteringSettings,
    *,
    order_key: np.ndarray,
    beside: Sequence[Collection[str]] | None = None,
    one_more: bool = True,
) -> Clustering:
    """Number the cymbals of one session.

    Hits are joined by average linkage [1]_ of their similarities and divided in two, and a part of
    them in two again, as long as both halves are large enough and unlike. A few hits unlike all
    others (buried under other strokes) are set aside and not accepted. The division stands if every
    group is coherent and unlike all others, and follows none of the strokes beside the hits.

    Parameters
    ----------
    embeddings : np.ndarray, shape (n_hits, n_features)
        The fine structure of each hit. Rows that are constant, or not finite here or in the key,
        take no part.
    settings : ClusteringSettings
    order_key : np.ndarray, shape (n_hits,)
        Acoustic key, such as ``shape_mode_centre_hz``; cymbals are numbered by its median.
    beside : sequence of collection of str, length n_hits, optional
        Labels of the other strokes at each hit's onset; without it no division follows any.
    one_more : bool
        Look for one cymbal more than the settings allow. Where it is found the reason is
        `more_cymbals_than_allowed`: the hits of the two that share a number have confidence 0.

    Returns
    -------
    Clustering
        A permutation of the rows permutes it, and changes nothing else.

    Raises
    ------
    ValueError
        If shapes do not agree.

    References
    ----------
    .. [1] R. R. Sokal and C. D. Michener, "A statistical method for evaluating systematic
       relationships", University of Kansas Science Bulletin 38, 1409-1438, 1958.
    """
    embeddings = np.asarray(embeddings, dtype=np.float64)
    order_key = np.asarray(order_key, dtype=np.float64)
    _check_rows(embeddings, order_key, beside)
    n_hits, rows = len(embeddings), _usable_rows(embeddings, order_key)
    if len(rows) < 2 * settings.min_hits:
        return _result(n_hits, TOO_FEW_HITS)

    if len(rows) > MOST_HITS:
        return _cluster_some(embeddings, rows, settings, order_key, beside, one_more)
    similarity = similarities(embeddings[rows])
    hits = _Hits(similarity, order_key[rows], None if beside is None else [beside[n] for n in rows])
    if one_more:
        labels, best, parent = tell_apart(similarity, settings, one_more=True)
        if parent is not None:
            placed, kept, problem = _judge_division(hits, labels, settings)
            if problem is None:
                labels = np.where(kept.labels == settings.max_cymbals, parent, kept.labels)
                is_shared = labels == parent
                confidence = np.where(is_shared, 0.0, kept.confidence)
                accepted = ~is_shared & (kept.confidence >= settings.min_confidence)
                labels = _numbered(labels, hits.keys[placed])
                return _result(
                    n_hits, MORE_CYMBALS, rows[placed], labels, confidence, accepted, kept
                )
    labels, best, _ = tell_apart(similarity, settings)
    if labels.max() > 0:
        placed, kept, problem = _judge_division(hits, labels, settings)
        if problem is not None:
            return _result(n_hits, problem, best=best if problem == DOUBTFUL else kept)
        accepted = kept.confidence >= settings.min_confidence
        labels = _numbered(kept.labels, hits.keys[placed])
        return _result(n_hits, SEPARATED, rows[placed], labels, kept.confidence, accepted, kept)
    rows, similarity = rows[labels >= 0], similarity[np.ix_(labels >= 0, labels >= 0)]
    alike = mean_similarities(similarity, np.zeros(len(rows), dtype=int), 1)[:, 0]
    # Where only one is allowed, a division that is not clear casts no doubt on it, and lowers the
    # chance that the number is right.
    is_divided = settings.max_cymbals > 1 and best.ratio < settings.one_similarity
    if is_divided or alike.mean() < settings.min_similarity:
        return _result(n_hits, DOUBTFUL, best=best)
    confidence = confidence_of(alike / alike.mean())
    return _result(n_hits, ONE_CYMBAL, rows, 0, confidence, True, best)


def _cluster_some(embeddings, rows, settings, order_key, beside, one_more):
    """Tell `MOST_HITS` of the hits apart, and put each of the others to the cymbal it is most like.

    They are taken evenly from rows in the order of their values, so that they are of all kinds.
    """
    places = np.linspace(0, len(rows) - 1, MOST_HITS).round().astype(int)
    taken, others = rows[places], np.delete(rows, places)
    told = cluster_session(
        embeddings[taken],
        settings,
        order_key=order_key[taken],
        beside=None if beside is None else [beside[row] for row in taken],
        one_more=one_more,
    )
    cymbals, confidence = np.zeros(len(embeddings), dtype=int), np.zeros(len(embeddings))
    accepted = np.zeros(len(embeddings), dtype=bool)
    cymbals[taken], confidence[taken], accepted[taken] = (
        told.cymbals,
        told.confidence,
        told.accepted,
    )
    if told.reason in (SEPARATED, ONE_CYMBAL):
        cymbals[others], chance = _nearest(embeddings, taken, others, told)
        confidence[others] = np.round(chance, CONFIDENCE_DECIMALS)
        is_one = told.reason == ONE_CYMBAL
        accepted[others] = is_one | (confidence[others] >= settings.min_confidence)
    return replace(told, cymbals=cymbals, confidence=confidence, accepted=accepted)


def _nearest(embeddings, taken, others, told):
    """The cymbal that each of some hits is most like in the mean, and the chance that it is."""
    unit = embeddings - embeddings.mean(axis=1, keepdims=True)
    unit[others] /= np.linalg.norm(unit[others], axis=1, keepdims=True)
    unit[taken] /= np.linalg.norm(unit[taken], axis=1, keepdims=True)
    centres, within = [], []
    for number in range(told.n_cymbals):
        members = unit[taken[(told.cymbals == number) & (told.confidence > 0)]]
        centres.append(members.mean(axis=0))
        n_members = len(members)
        within.append((n_members * np.square(centres[-1]).sum() - 1) / (n_members - 1))
    likeness = unit[others] @ np.array(centres).T
    nearest = likeness.argmax(axis=1)
    ordered = np.sort(likeness, axis=1)
    lead = ordered[:, -1] - (ordered[:, -2] if told.n_cymbals > 1 else 0.0)
    return nearest, confidence_of(lead / np.array(within)[nearest])


@dataclass(frozen=True)
class _Hits:
    """What is known of the hits that take part; one entry each."""

    similarity: np.ndarray  # (n, n)
    keys: np.ndarray
    beside: list[Collection[str]] | None


def _judge_division(hits, labels, settings):
    """Which hits are in a group, how unlike the groups are, and why the division does not stand."""
    placed = np.flatnonzero(labels >= 0)
    kept = divide(hits.similarity[np.ix_(placed, placed)], labels[placed], 1 + labels.max())
    problem = None
    if kept.within < settings.min_similarity or kept.ratio > settings.split_similarity:
        problem = DOUBTFUL
    elif hits.beside is not None and _follows(
        kept.labels, [hits.beside[n] for n in placed], settings
    ):
        problem = FOLLOWS_ACCOMPANIMENT
    return placed, kept, problem


def _follows(labels, beside, settings):
    """Whether a division goes with the strokes beside the hits."""
    strokes = [set(names) - set(settings.unheard_beside) for names in beside]
    association = association_beside(labels, strokes, min_hits=settings.min_hits)
    return association > settings.max_accompaniment


def _check_rows(embeddings, order_key, beside):
    if embeddings.ndim != 2 or embeddings.shape[1] < MIN_FEATURES:
        raise ValueError(
            f"expected (n_hits, at least {MIN_FEATURES} features), got {embeddings.shape}"
        )
    if order_key.shape != (len(embeddings),):
        raise ValueError(f"expected {len(embeddings)} order keys, got shape {order_key.shape}")
    if beside is not None and len(beside) != len(embeddings):
        raise ValueError(f"expected {len(embeddings)} rows of beside, got {len(beside)}")


def _usable_rows(embeddings, order_key):
    """Indices of finite, varied rows in an order that hangs on their values alone."""
    finite = np.isfinite(embeddings).all(axis=1) & np.isfinite(order_key)
    rows = np.flatnonzero(finite)
    rows = rows[embeddings[rows].std(axis=1) > NO_SPREAD]
    return rows[np.lexsort([*embeddings[rows].T[::-1], order_key[rows]])]


def _numbered(labels, keys):
    """Renumber the groups by the median of their keys; ties by the first row."""
    groups = range(labels.max() + 1)
    medians = [np.median(keys[labels == group]) for group in groups]
    firsts = [int(np.argmax(labels == group)) for group in groups]
    return np.argsort(np.lexsort([firsts, medians]))[labels]


def _result(n_hits, reason, rows=(), labels=0, confidence=0.0, accepted=False, best=None):
    """Spread what was found for `rows` over all hits."""
    rows = np.asarray(rows, dtype=int)
    ratio = 1.0 if best is None else float(np.clip(best.ratio, 0, 1))
    result = Clustering(
        cymbals=np.zeros(n_hits, dtype=int),
        confidence=np.zeros(n_hits),
        accepted=np.zeros(n_hits, dtype=bool),
        n_cymbals=1 + int(np.max(labels)),
        session_confidence=_chance_of_number(reason, ratio),
        silhouette=None if best is None else best.silhouette,
        reason=reason,
    )
    result.cymbals[rows] = labels
    result.confidence[rows] = np.round(confidence, CONFIDENCE_DECIMALS)
    result.accepted[rows] = accepted
    return result


def _chance_of_number(reason, ratio):
    if reason == SEPARATED:
        return float(expit(SEPARATED_SLOPE * ratio + SEPARATED_OFFSET))
    return float(expit(ONE_SLOPE * ratio + ONE_OFFSET)) if reason == ONE_CYMBAL else 0.0
