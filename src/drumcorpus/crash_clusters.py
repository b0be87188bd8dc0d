"""Tell the crash cymbals of one session apart, or say that it cannot be told.

Conventions: one row per crash hit; cymbals are numbered from 0 in rising order of the acoustic key,
never by row; confidence runs from 0 to 1. Similarity is the correlation of two hits' features
(-1 to 1), which for the fine structure of `drumcorpus.crash_embeddings` is near 0.6 for two hits of
one cymbal and near 0 for two cymbals, whatever the strength of the strokes.

A second cymbal must pass two tests. The mixture must fit better than chance makes it fit
(bootstrapped likelihood ratio): on one cymbal's Gaussian scatter, information criteria and the
silhouette split too often. And the groups must be unlike each other: strokes of different strength
on one cymbal form groups as well, but groups that resemble each other. Between a clear yes and a
clear no the session is `doubtful`, and nothing in it is accepted.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

ONE_CYMBAL = "one_cymbal"
SEPARATED = "separated"
TOO_FEW_HITS = "too_few_hits"
DOUBTFUL = "doubtful"

# Measured on 402 renderings of real performances on three sampled kits: cutting a session in two,
# the similarity between the halves relative to that within them is 0.6 to 0.9 for one cymbal
# (quartiles) and 0.0 to 0.3 for two.
SPLIT_SIMILARITY = 0.35
ONE_SIMILARITY = 0.6
MIN_FEATURES = 8  # measured: correlations of fewer make groups out of noise
MIN_SIMILARITY = 0.25  # hits less alike than this repeat nothing that could be one cymbal
SIGNIFICANCE = 0.02  # of the likelihood ratio
N_BOOTSTRAP = 49  # draws; with the session itself 50, of which the session must be the first
N_STARTS = 3  # of each mixture fit
NO_SPREAD = 1e-9  # standard deviation under which rows count as equal
NULL_DECIMALS = 9  # sessions of equal size then share one cached null
CONFIDENCE_DECIMALS = 6  # hides the last bits, which hang on the order of summation


@dataclass(frozen=True)
class Clustering:
    """The cymbals of one session; arrays have one entry per hit."""

    cymbals: np.ndarray  # (n_hits,) int: from 0 without gaps, low to high by the order key
    confidence: np.ndarray  # (n_hits,) float: trust in each hit's cymbal, 0 to 1
    accepted: np.ndarray  # (n_hits,) bool: False where the hit keeps its undivided label
    n_cymbals: int  # 1 where none were told apart
    session_confidence: float  # trust in the number of cymbals, 0 to 1; 0 where undecided
    silhouette: float | None  # mean, of the division chosen or else of the best in two; for readers
    reason: str  # one_cymbal, separated, doubtful or too_few_hits


def cluster_session(
    embeddings: np.ndarray,
    *,
    order_key: np.ndarray,
    max_cymbals: int,
    min_hits: int,
    covariance_floor: float,
    min_confidence: float,
    seed: int,
    split_similarity: float = SPLIT_SIMILARITY,
    one_similarity: float = ONE_SIMILARITY,
    min_similarity: float = MIN_SIMILARITY,
    significance: float = SIGNIFICANCE,
    n_bootstrap: int = N_BOOTSTRAP,
) -> Clustering:
    """Number the crash cymbals of one session.

    Gaussian mixtures with one shared covariance are fitted to the hits' first k - 1 principal
    components, the space that k means can span. From 1 cymbal on, k are granted where the
    parametric bootstrap of the likelihood ratio [1]_ rejects the number granted so far and all
    groups are unlike each other.

    Parameters
    ----------
    embeddings : np.ndarray, shape (n_hits, n_features)
        The fine structure of each hit. Rows that are constant, or not finite here or in the key,
        take no part.
    order_key : np.ndarray, shape (n_hits,)
        Acoustic key, such as ``shape_mode_centre_hz``; cymbals are numbered by its median.
    max_cymbals : int
        Most cymbals tried.
    min_hits : int
        Fewest hits that make a cymbal; a session needs twice as many to be judged.
    covariance_floor : float
        Added to every variance, relative to that of the first principal component.
    min_confidence : float
        A hit of a divided session below this is not accepted.
    seed : int
        Seed of the mixture fits and of the bootstrap.
    split_similarity : float
        Largest similarity between groups, relative to that within them, of two cymbals.
    one_similarity : float
        Least such ratio, in the best division in two, of one cymbal.
    min_similarity : float
        Least mean similarity (correlation) within a group.
    significance : float
        Largest chance of the likelihood ratio under fewer cymbals.
    n_bootstrap : int
        Draws of the bootstrap; at least ``1 / significance - 1``.

    Returns
    -------
    Clustering
        A permutation of the rows permutes it, and changes nothing else.

    Raises
    ------
    ValueError
        If shapes do not agree or a setting is out of range.

    References
    ----------
    .. [1] G. J. McLachlan, "On bootstrapping the likelihood ratio test statistic for the number of
       components in a normal mixture", Applied Statistics 36(3), 318-324, 1987.
    """
    embeddings = np.asarray(embeddings, dtype=np.float64)
    order_key = np.asarray(order_key, dtype=np.float64)
    _check_rows(embeddings, order_key)
    _check_settings(
        max_cymbals, min_hits, split_similarity, one_similarity, significance, n_bootstrap
    )
    n_hits, rows = len(embeddings), _usable_rows(embeddings, order_key)
    if len(rows) < 2 * min_hits:
        return _result(n_hits, TOO_FEW_HITS)

    similarity, scores = _compare(embeddings[rows], max_cymbals - 1)
    best, kept, n_kept = None, None, 1
    for k in range(2, scores.shape[1] + 2):
        division = _divide(scores[:, : k - 1], similarity, k, covariance_floor, seed)
        best = best or division
        coherent = division.smallest >= min_hits and division.within >= min_similarity
        if not coherent or division.ratio > split_similarity:
            continue
        sizes = (n_kept, k)
        if _chance(scores[:, : k - 1], sizes, covariance_floor, n_bootstrap, seed) <= significance:
            kept, n_kept = division, k
    if kept is not None:
        labels = _numbered(kept.labels, order_key[rows])
        accepted = kept.confidence >= min_confidence
        return _result(n_hits, SEPARATED, rows, labels, kept.confidence, accepted, kept)
    alike = _mean_similarities(similarity, np.zeros(len(rows), dtype=int), 1)[:, 0]
    if (best is not None and best.ratio < one_similarity) or alike.mean() < min_similarity:
        return _result(n_hits, DOUBTFUL, best=best)
    confidence = np.clip(alike / alike.mean(), 0, 1)
    return _result(n_hits, ONE_CYMBAL, rows, 0, confidence, True, best)


@dataclass(frozen=True)
class _Division:
    labels: np.ndarray  # (n_rows,)
    confidence: np.ndarray  # (n_rows,)
    smallest: int  # hits of the smallest group
    within: float  # mean similarity within the least coherent group
    ratio: float  # mean similarity between the two most alike groups, relative to within them
    silhouette: float | None


def _check_rows(embeddings, order_key):
    if embeddings.ndim != 2 or embeddings.shape[1] < MIN_FEATURES:
        raise ValueError(
            f"expected (n_hits, at least {MIN_FEATURES} features), got {embeddings.shape}"
        )
    if order_key.shape != (len(embeddings),):
        raise ValueError(f"expected {len(embeddings)} order keys, got shape {order_key.shape}")


def _check_settings(max_cymbals, min_hits, split, one, significance, n_bootstrap):
    if max_cymbals < 1 or min_hits < 2:
        raise ValueError(f"max_cymbals {max_cymbals} must be >= 1, min_hits {min_hits} >= 2")
    if split > one:
        raise ValueError(f"split_similarity {split} exceeds one_similarity {one}")
    if not 1 / (n_bootstrap + 1) <= significance < 1:
        raise ValueError(f"{n_bootstrap} draws cannot show a significance of {significance}")


def _usable_rows(embeddings, order_key):
    """Indices of finite, varied rows in an order that hangs on their values alone."""
    finite = np.isfinite(embeddings).all(axis=1) & np.isfinite(order_key)
    rows = np.flatnonzero(finite)
    rows = rows[embeddings[rows].std(axis=1) > NO_SPREAD]
    return rows[np.lexsort([*embeddings[rows].T[::-1], order_key[rows]])]


def _compare(embeddings, n_components):
    """Correlations, (n_rows, n_rows), and principal components, (n_rows, <= n_components)."""
    patterns = embeddings - embeddings.mean(axis=1, keepdims=True)
    patterns /= np.linalg.norm(patterns, axis=1, keepdims=True)
    left, singular, _ = np.linalg.svd(patterns - patterns.mean(axis=0), full_matrices=False)
    scores = left * singular / np.sqrt(len(patterns))
    scores = scores[:, : min(n_components, int((singular > NO_SPREAD).sum()))]
    spread = scores[:, :1].std(axis=0)
    return patterns @ patterns.T, scores / spread


def _fit(scores, n_components, covariance_floor, seed):
    from sklearn.mixture import GaussianMixture  # takes a second; only clustering jobs pay for it

    mixture = GaussianMixture(
        n_components,
        covariance_type="tied",
        reg_covar=covariance_floor,
        n_init=N_STARTS,
        random_state=seed,
    )
    return mixture.fit(scores)


def _divide(scores, similarity, k, covariance_floor, seed):
    """Divide the rows into k groups and say how unlike they are."""
    from sklearn.metrics import silhouette_score

    mixture = _fit(scores, k, covariance_floor, seed)
    labels = mixture.predict(scores)
    counts = np.bincount(labels, minlength=k)
    if counts.min() == 0:  # a component that is nobody's first choice divides nothing
        return _Division(labels, np.zeros(len(labels)), 0, 0.0, 1.0, None)
    to_groups = _mean_similarities(similarity, labels, k)
    groups = np.array([to_groups[labels == group].mean(axis=0) for group in range(k)])
    own = np.where(counts > 1, np.diag(groups), np.diag(groups)[counts > 1].mean())  # n > k
    scale = np.sqrt(np.outer(own, own).clip(MIN_SIMILARITY**2))
    ratio = (groups / scale)[~np.eye(k, dtype=bool)].max()

    rows = np.arange(len(labels))
    rival = to_groups.copy()
    rival[rows, labels] = -np.inf
    margin = (to_groups[rows, labels] - rival.max(axis=1)) / scale[labels, labels]
    confidence = mixture.predict_proba(scores).max(axis=1) * np.clip(margin, 0, 1)
    distance = np.clip(1 - similarity, 0, 2)
    np.fill_diagonal(distance, 0)
    silhouette = float(silhouette_score(distance, labels, metric="precomputed"))
    return _Division(labels, confidence, counts.min(), own.min(), ratio, silhouette)


def _mean_similarities(similarity, labels, k):
    """Mean similarity of each row to each group, itself left out, (n_rows, k)."""
    members = np.eye(k)[labels]
    others = similarity - np.diag(np.diag(similarity))
    return others @ members / np.maximum(members.sum(axis=0) - members, 1)


def _chance(scores, sizes, covariance_floor, n_bootstrap, seed):
    """Chance of so large a likelihood ratio of the two sizes if the smaller were true."""
    null = _fit(scores, sizes[0], covariance_floor, seed)
    parameters = [
        tuple(np.round(part, NULL_DECIMALS).ravel())
        for part in (null.weights_, null.means_, null.covariances_)
    ]
    draws = _null_ratios(len(scores), sizes, *parameters, covariance_floor, n_bootstrap, seed)
    observed = _likelihood_ratio(scores, sizes, covariance_floor, seed)
    return (1 + int((draws >= observed).sum())) / (1 + n_bootstrap)


def _likelihood_ratio(scores, sizes, covariance_floor, seed):
    null, more = (_fit(scores, size, covariance_floor, seed).score(scores) for size in sizes)
    return 2 * len(scores) * (more - null)


@lru_cache(maxsize=4096)  # scores have unit variance, so that 1 against 2 hangs on n_rows alone
def _null_ratios(n_rows, sizes, weights, means, covariance, covariance_floor, n_bootstrap, seed):
    means = np.reshape(means, (sizes[0], -1))
    covariance = np.reshape(covariance, (means.shape[1], -1))
    rng = np.random.default_rng([seed, n_rows, *sizes])
    ratios = np.empty(n_bootstrap)
    for draw in range(n_bootstrap):
        groups = rng.choice(sizes[0], size=n_rows, p=np.array(weights) / sum(weights))
        noise = rng.multivariate_normal(np.zeros(means.shape[1]), covariance, size=n_rows)
        ratios[draw] = _likelihood_ratio(means[groups] + noise, sizes, covariance_floor, seed)
    return ratios


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
        session_confidence={ONE_CYMBAL: ratio, SEPARATED: 1 - ratio}.get(reason, 0.0),
        silhouette=None if best is None else best.silhouette,
        reason=reason,
    )
    result.cymbals[rows] = labels
    result.confidence[rows] = np.round(confidence, CONFIDENCE_DECIMALS)
    result.accepted[rows] = accepted
    return result
