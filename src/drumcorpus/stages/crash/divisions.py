"""Divide the hits of a session into groups, and say how unlike the groups are.

Conventions: `similarity` is the correlation of the hits' features, of all pairs, (n_hits, n_hits);
groups are numbered from 0 in no order.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.special import expit

from drumcorpus.stages.crash.settings import ClusteringSettings

MIN_SIMILARITY = 0.25  # hits less alike than this repeat nothing that could be one cymbal
# Chance that a hit is placed rightly: logistic regression on its margin over all hits of
# performances with two cymbals on ten sampled kits, every session of equal weight, rounded (with a
# kit left out: slopes of 6.4 to 7.3, offsets of -0.3 to 0.4).
MARGIN_SLOPE = 6.6
MARGIN_OFFSET = 0.15
SIMILARITY_DECIMALS = 9  # hides the last bits, which hang on the order of summation


@dataclass(frozen=True)
class Division:
    """Hits in groups; arrays have one entry per hit."""

    labels: np.ndarray  # (n_hits,) int: group, from 0
    confidence: np.ndarray  # (n_hits,) float: chance that the hit is in its group
    smallest: int  # hits of the smallest group
    within: float  # mean similarity within the least coherent group
    ratio: float  # mean similarity between the two most alike groups, relative to within them
    silhouette: float | None


# Of hits too few or too equal to be divided.
INDIVISIBLE = Division(np.zeros(0, dtype=int), np.zeros(0), 0, 0.0, 1.0, None)


def similarities(embeddings: np.ndarray) -> np.ndarray:
    """Correlations of all pairs of rows, (n_hits, n_features) to (n_hits, n_hits).

    Examples
    --------
    >>> similarities(np.array([[0.0, 1.0, 2.0], [5.0, 6.0, 7.0], [2.0, 1.0, 0.0]])).tolist()
    [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
    """
    patterns = embeddings - embeddings.mean(axis=1, keepdims=True)
    patterns /= np.linalg.norm(patterns, axis=1, keepdims=True)
    return np.round(patterns @ patterns.T, SIMILARITY_DECIMALS)


def _groups(similarity, k):
    """Cut the tree of average linkage into (at most) k groups, labels from 0, (n_rows,)."""
    distance = squareform(np.clip(1 - similarity, 0, 2), checks=False)
    return fcluster(linkage(distance, "average"), k, "maxclust") - 1


def _strays(similarity, settings, most):
    """Odd hits, to be set aside: groups too small for a cymbal and unlike the other hits.

    Such a group could not be a cymbal of its own, so that it casts no doubt on the others either.
    At most `most` hits are set aside.
    """
    stray = np.zeros(len(similarity), dtype=bool)
    while len(similarity) - stray.sum() > 2 * settings.min_hits:
        rows = np.flatnonzero(~stray)
        among = similarity[np.ix_(rows, rows)]
        labels = _groups(among, 2)
        counts = np.bincount(labels, minlength=2)
        if not 0 < counts.min() < settings.min_hits or stray.sum() + counts.min() > most:
            break
        small = labels == counts.argmin()
        within = mean_similarities(among[np.ix_(~small, ~small)], np.zeros((~small).sum(), int), 1)
        if among[np.ix_(small, ~small)].mean() > settings.one_similarity * within.mean():
            break
        stray[rows[small]] = True
    return stray


def tell_apart(
    similarity: np.ndarray, settings: ClusteringSettings, *, one_more: bool = False
) -> tuple[np.ndarray, Division, int | None]:
    """Divide the hits in two, then the part whose halves are the most unlike, and so on.

    That goes on as long as there are halves large and unlike enough to be two cymbals. Odd hits are
    set aside in each part anew: in a cut of the whole into three, one would stand for a cymbal.

    Parameters
    ----------
    similarity : np.ndarray, shape (n_hits, n_hits)
        Of `similarities`, of ``2 * min_hits`` hits or more.
    settings : ClusteringSettings
    one_more : bool
        Look for one cymbal more than the settings allow.

    Returns
    -------
    labels : np.ndarray, shape (n_hits,), int
        The cymbal of each hit, from 0 in no order; -1 for hits set aside.
    best : Division
        The best division of the whole in two, whether or not it stands.
    parent : int or None
        Where there is one more than allowed, which is the last: the group that it was part of.
    """
    parent = None
    most = int(settings.stray_share * len(similarity))
    halved = [_halve(similarity, np.arange(len(similarity)), settings, most)]
    _, halves, best = halved[0]
    labels = np.where(halves < 0, -1, 0)
    for number in range(1, settings.max_cymbals + one_more):
        if number > 1:
            left = most - (labels < 0).sum()
            parts = [np.flatnonzero(labels == group) for group in range(number)]
            halved = [_halve(similarity, rows, settings, left) for rows in parts]
        ratios = [
            part.ratio if part.smallest >= settings.min_hits else np.inf for _, _, part in halved
        ]
        if min(ratios) > settings.split_similarity:
            break
        if number == settings.max_cymbals:
            parent = int(np.argmin(ratios))
        rows, halves, _ = halved[int(np.argmin(ratios))]
        labels[rows[halves == 1]] = number
        labels[rows[halves == -1]] = -1
    return labels, best, parent


def _halve(similarity, rows, settings, most_strays):
    """Divide some rows in two: the rows, 0, 1 or -1 (set aside) for each, and the division."""
    halves = np.full(len(rows), -1)
    if len(rows) < 2 * settings.min_hits:
        return rows, halves, INDIVISIBLE
    among = similarity[np.ix_(rows, rows)]
    placed = ~_strays(among, settings, most_strays)
    among = among[np.ix_(placed, placed)]
    division = divide(among, _groups(among, 2), 2)
    halves[placed] = division.labels
    return rows, halves, division


def divide(similarity: np.ndarray, labels: np.ndarray, k: int) -> Division:
    """Say how unlike the `k` groups are that `labels`, (n_hits,), divide the hits into."""
    counts = np.bincount(labels, minlength=k)
    if counts.min() == 0:  # equal rows cannot be divided
        return replace(INDIVISIBLE, labels=labels, confidence=np.zeros(len(labels)))
    to_groups = mean_similarities(similarity, labels, k)
    groups = np.array([to_groups[labels == group].mean(axis=0) for group in range(k)])
    own = np.where(counts > 1, np.diag(groups), np.diag(groups)[counts > 1].mean())  # n > k
    scale = np.sqrt(np.outer(own, own).clip(MIN_SIMILARITY**2))
    ratio = (groups / scale)[~np.eye(k, dtype=bool)].max()

    rows = np.arange(len(labels))
    rival = to_groups.copy()
    rival[rows, labels] = -np.inf
    margin = (to_groups[rows, labels] - rival.max(axis=1)) / scale[labels, labels]
    to_own, to_rival = 1 - to_groups[rows, labels], 1 - rival.max(axis=1)
    widths = np.where(counts[labels] > 1, (to_rival - to_own) / np.maximum(to_own, to_rival), 0)
    return Division(
        labels, confidence_of(margin), counts.min(), own.min(), ratio, float(widths.mean())
    )


def confidence_of(margin: np.ndarray) -> np.ndarray:
    """Chance that a hit is in its group, by how much more alike it is to it than to the next."""
    return expit(MARGIN_SLOPE * margin + MARGIN_OFFSET)


def mean_similarities(similarity: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Mean similarity of each hit to each group, itself left out, (n_hits, k).

    Examples
    --------
    The first two hits are one group, the third, without another in its group, is the second:

    >>> similarity = np.array([[1.0, 0.75, 0.25], [0.75, 1.0, 0.5], [0.25, 0.5, 1.0]])
    >>> mean_similarities(similarity, np.array([0, 0, 1]), k=2).tolist()
    [[0.75, 0.25], [0.75, 0.5], [0.375, 0.0]]
    """
    members = np.eye(k)[labels]
    others = similarity - np.diag(np.diag(similarity))
    return others @ members / np.maximum(members.sum(axis=0) - members, 1)
