"""A Gaussian mixture of a kit's cymbals, whose covariance is learned from known cymbals.

Every hit's pattern is normal about the mean of its cymbal, with one covariance for all: strokes on
one cymbal vary alike whatever the cymbal. The covariance starts from that of the model, which
counts as `PRIOR_HITS` hits, and is refined by the kit's own (the mode under an inverse Wishart
prior [1]_), shrunk towards a multiple of the identity [2]_; the means by expectation and
maximisation [3]_. A session that belongs to no kit is a kit of one session: there the prior rules.

The number of components is not left to the mixture: the criterion of fit grows with every hit,
strokes on one cymbal have layers, and so many hits of two layers look like two cymbals for certain.
Groups of hits (`crash.groups`) are held against one another instead; the chance that two of them
are two cymbals comes from their likeness and from how much is known of either, and does not grow
with mere repetition.

References
----------
.. [1] A. Gelman et al., "Bayesian Data Analysis", 3rd ed., CRC Press, 2013, section 3.6.
.. [2] O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance
   matrices", Journal of Multivariate Analysis 88, 365-411, 2004.
.. [3] A. P. Dempster, N. M. Laird and D. B. Rubin, "Maximum likelihood from incomplete data via the
   EM algorithm", Journal of the Royal Statistical Society B 39, 1-38, 1977.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from drumcorpus.stages.crash.accompaniment import association_beside
from drumcorpus.stages.crash.clusters import cluster_session
from drumcorpus.stages.crash.cymbal_model import CymbalModel
from drumcorpus.stages.crash.groups import Groups, Sums, group_hits, sum_groups
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.stages.crash.strokes import Patterns, Strokes, make_patterns
from drumcorpus.vocabulary import (
    DOUBTFUL,
    FOLLOWS_ACCOMPANIMENT,
    MORE_CYMBALS,
    ONE_CYMBAL,
    SEPARATED,
    TOO_FEW_HITS,
)

# Weighed on ten sampled kits; errors change by a tenth or less from half to five times as many.
PRIOR_HITS = 200.0
SHRINKAGE = 0.1
N_STEPS = 2
# Length of a fine structure from which a hit may shape the means at first: soft strokes and strokes
# cut short are named by these, and shape nothing. 85 % of the hits of ten kits are above it.
LEAST_STRENGTH = 6.0
# Chance from which a group of a kit is a cymbal of its own: of kits told so, one in twenty errs.
LEAST_CHANCE = 0.95
LEAST_DOUBT = 0.01  # share of a kit's hits from which what may be a cymbal is looked for
SETS_AT_A_TIME = 256  # whose pairs are described together
SURE = 0.999  # a hit shapes the next step's means when it is one cymbal's by this
LEAST_STRENGTH_LATER = 4.0


@dataclass(frozen=True)
class Mixture:
    """The cymbals of a kit, or of a session; they are numbered from 0, low to high by order key."""

    means: np.ndarray  # (n_cymbals, n_bands)
    discriminants: np.ndarray  # (n_cymbals, n_bands): inverse covariance times mean
    offsets: np.ndarray  # (n_cymbals,): a hit's score is discriminants @ pattern + offsets
    n_hits: np.ndarray  # (n_cymbals,) int
    n_sessions: np.ndarray  # (n_cymbals,) int
    order_keys: np.ndarray  # (n_cymbals,) medians
    # (n_cymbals,) int: its own number; of one more than allowed, and of what may be a cymbal, that
    # of the cymbal most like it. Both stand last.
    merged: np.ndarray
    confidence: float  # chance that the number of cymbals is right
    reason: str  # separated, one_cymbal, or why nothing is told

    @property
    def n_cymbals(self) -> int:
        """Number of components: cymbals, those above what is allowed, and what may be one."""
        return len(self.means)

    @property
    def n_sure(self) -> int:
        """Number of cymbals without what may be one; the one above what is allowed included."""
        return len(np.unique(self.merged)) + (self.reason == MORE_CYMBALS)

    @property
    def is_pooled(self) -> bool:
        """Whether it is of more than one session."""
        return bool(self.n_sessions.max(initial=0) > 1)

    def is_settled(self, min_confidence: float) -> bool:
        """Whether a kit's sessions are told by it; where its number is in doubt each is alone."""
        is_sure = self.confidence >= min_confidence or self.reason == MORE_CYMBALS
        return self.n_cymbals > 0 and is_sure

    def scores(self, unit: np.ndarray) -> np.ndarray:
        """Log-likelihood of each pattern under each cymbal but for a constant, (n, n_cymbals)."""
        return unit @ self.discriminants.T + self.offsets

    def distance(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distance of pairs of cymbals."""
        steps = self.discriminants[one] - self.discriminants[other]
        return (steps * (self.means[one] - self.means[other])).sum(axis=-1)


def fit_mixture(strokes: Strokes, model: CymbalModel, settings: ClusteringSettings) -> Mixture:
    """Say how many cymbals the hits of one kit struck, and what each sounds like.

    Parameters
    ----------
    strokes : Strokes
        Of all sessions of the kit, or of one.
    model : CymbalModel
    settings : ClusteringSettings
        `max_cymbals` (one more is looked for), `min_hits`, `stray_share`, `max_accompaniment` and
        `unheard_beside`.
    """
    patterns = make_patterns(strokes, model.quality, model.covering)
    if patterns.usable.sum() < 2 * settings.min_hits:
        return _nothing(patterns.unit.shape[1], TOO_FEW_HITS)
    if len(np.unique(strokes.sessions)) == 1:
        return _fit_session(strokes, patterns, model, settings)
    groups = group_hits(patterns, strokes.sessions)
    cymbals, n_sure, confidence = find_cymbals(groups, model, settings)
    if not cymbals:
        return _nothing(patterns.unit.shape[1], DOUBTFUL)
    of_hit = np.full(len(strokes), -1)
    for number, members in enumerate(cymbals):
        of_hit[np.isin(groups.of_hit, members)] = number
    mixture = _mixture(strokes, patterns, of_hit, model, confidence)
    merged = _merged(groups, cymbals, min(n_sure, settings.max_cymbals))
    reason = SEPARATED if n_sure > 1 else ONE_CYMBAL
    mixture = replace(mixture, merged=merged, reason=reason)
    if n_sure > settings.max_cymbals:
        mixture = replace(mixture, reason=MORE_CYMBALS)
    elif n_sure > 1 and _follows(mixture, strokes, patterns, settings):
        mixture = replace(mixture, reason=FOLLOWS_ACCOMPANIMENT, confidence=0.0)
    return _ordered(mixture)


def _fit_session(
    strokes: Strokes, patterns: Patterns, model: CymbalModel, settings: ClusteringSettings
) -> Mixture:
    """The mixture of one session alone, whose number of cymbals `cluster_session` finds.

    There are too few hits for groups to be judged by what the kit's other sessions say: on ten
    sampled kits the likeness of the best halves tells more sessions, and errs in fewer.
    """
    told = cluster_session(
        strokes.vectors,
        settings,
        order_key=strokes.order_keys,
        beside=strokes.beside,
        one_more=True,
    )
    if told.reason not in (SEPARATED, ONE_CYMBAL):
        return _nothing(patterns.unit.shape[1], told.reason)
    of_hit = np.where(patterns.usable & (told.confidence > 0), told.cymbals, -1)
    return _ordered(_mixture(strokes, patterns, of_hit, model, told.session_confidence))


def _mixture(
    strokes: Strokes, patterns: Patterns, of_hit: np.ndarray, model: CymbalModel, confidence: float
) -> Mixture:
    """The mixture that starts from some hits' cymbals, -1 for the others."""
    n_cymbals = int(of_hit.max()) + 1
    means, inverse = _maximise(patterns, of_hit, n_cymbals, model)
    discriminants = means @ inverse
    offsets = -(discriminants * means).sum(axis=1) / 2
    scores = patterns.unit @ discriminants.T + offsets
    named = np.where(patterns.usable, scores.argmax(axis=1), -1)
    sessions = [np.unique(strokes.sessions[named == number]) for number in range(n_cymbals)]
    return Mixture(
        means=means,
        discriminants=discriminants,
        offsets=offsets,
        n_hits=np.bincount(named[named >= 0], minlength=n_cymbals),
        n_sessions=np.array([len(each) for each in sessions]),
        order_keys=np.array([_median(strokes, named == number) for number in range(n_cymbals)]),
        merged=np.arange(n_cymbals),
        confidence=confidence,
        reason=SEPARATED if n_cymbals > 1 else ONE_CYMBAL,
    )


def find_cymbals(
    groups: Groups, model: CymbalModel, settings: ClusteringSettings
) -> tuple[list[np.ndarray], int, float]:
    """The groups that are cymbals, then those that may be, and the chance of the number.

    The two sets of groups that are the least likely to be of two cymbals are put together, as long
    as one cymbal is likelier than two. What is left is a cymbal where it is surely another than
    each of those before it; where it is nearly as sure it may be one, and its hits are in doubt;
    else it is left out. The number is in doubt where these are more than strays.

    Returns
    -------
    cymbals : list of np.ndarray
        The groups of each, the surest cymbal first.
    n_sure : int
        How many of them are cymbals.
    confidence : float
    """
    sets, sums, merges = merge_sets(groups, model.number)
    order = np.argsort(-sums.reliability, kind="stable")
    chance = expit(_evidence(sums, model.number))
    n_all = sums.n_hits.sum()
    cymbals, doubtful, chances, n_left, doubt = [], [], [], 0, 1.0
    for number in order[sums.n_hits[order] >= settings.min_hits]:
        least = min((chance[number, other] for other in cymbals), default=1.0)
        if least >= LEAST_CHANCE and len(cymbals) <= settings.max_cymbals:
            chances += [chance[number, other] for other in cymbals]
            cymbals.append(number)
            continue
        n_left += sums.n_hits[number]
        doubt = min(doubt, 1 - least)
        if least >= settings.min_confidence and sums.n_hits[number] >= LEAST_DOUBT * n_all:
            doubtful.append(number)
    confidence = min(chances, default=model.one_alone)
    # What was put together and may be two after all.
    least = max(settings.min_hits, settings.stray_share * n_all)
    evidence = [e for e, n_hits in merges if n_hits >= least]
    confidence = min(confidence, 1 - expit(max(evidence, default=-np.inf)))
    if n_left > settings.stray_share * n_all:
        confidence = min(confidence, doubt)
    parts = [np.flatnonzero(sets == number) for number in (*cymbals, *doubtful)]
    return parts, len(cymbals), float(confidence)


def merge_sets(
    groups: Groups, weights: np.ndarray
) -> tuple[np.ndarray, Sums, list[tuple[float, int]]]:
    """Put together what is likelier one cymbal than two.

    Returns
    -------
    sets : np.ndarray, shape (n_groups,), int
        The set of each group, -1 where it is left out.
    sums : Sums
        Of each set; of those put to another zeros.
    merges : list of (float, int)
        Of what was put together: log-odds of two cymbals, and hits of the smaller set.
    """
    merges = []
    sets = groups.of_kit.copy()
    n_sets = int(sets.max(initial=-1)) + 1
    sums = sum_groups(groups, sets, n_sets)
    evidence = _evidence(sums, weights)
    evidence[np.tril_indices(n_sets)] = np.inf
    while evidence.min(initial=np.inf) < 0:
        one, other = map(int, np.unravel_index(int(evidence.argmin()), evidence.shape))
        least = float(evidence[one, other])
        merges.append((least, int(min(sums.n_hits[one], sums.n_hits[other]))))
        sums = sums.joined(one, other)
        sets[sets == other] = one
        # Only what concerns these two has changed.
        anew = (number_features(sums, slice(one, one + 1)) @ weights)[0]
        anew[sums.n_hits == 0] = np.inf
        evidence[:one, one], evidence[one, one + 1 :] = anew[:one], anew[one + 1 :]
        evidence[other], evidence[:, other] = np.inf, np.inf
    return sets, sums, merges


def _evidence(sums: Sums, weights: np.ndarray) -> np.ndarray:
    """Log-odds of two cymbals of all pairs, (n, n); the features of all would be six times that."""
    n_sets = len(sums.n_hits)
    evidence = np.empty((n_sets, n_sets))
    for start in range(0, n_sets, SETS_AT_A_TIME):
        rows = slice(start, start + SETS_AT_A_TIME)
        evidence[rows] = number_features(sums, rows) @ weights
    return evidence


def number_features(sums: Sums, rows: slice = slice(None)) -> np.ndarray:
    """What the chance of two cymbals follows from, (rows, n, len(NUMBER_FEATURES))."""

    def least(values):
        return np.minimum(values[rows, None], values)

    n_hits = np.maximum(least(sums.n_hits), 1)
    likeness = sums.likeness(rows)
    log_reliability = np.log(least(sums.reliability) + 0.1)
    covered = sums.covered / np.maximum(sums.n_hits, 1)
    return np.stack(
        [
            np.ones_like(n_hits),
            likeness,
            np.log(n_hits),
            log_reliability,
            np.log(n_hits / max(sums.n_hits.sum(), 1)),
            likeness * log_reliability,
            np.abs(covered[rows, None] - covered),
        ],
        axis=-1,
    )


def _maximise(patterns: Patterns, of_hit: np.ndarray, n_cymbals: int, model: CymbalModel):
    """Means and the inverse covariance, by `N_STEPS` of expectation and maximisation."""
    unit, prior = patterns.unit, model.within
    shapes = (of_hit >= 0) & (patterns.strength > LEAST_STRENGTH)
    if _fewest(of_hit[shapes], n_cymbals) < 2:
        shapes = of_hit >= 0
    for step in range(N_STEPS):
        members = np.eye(n_cymbals)[of_hit[shapes]]
        counts = members.sum(axis=0)
        means = (members.T @ unit[shapes]) / counts[:, None]
        apart = unit[shapes] - means[of_hit[shapes]]
        covariance = (apart.T @ apart + PRIOR_HITS * prior) / (shapes.sum() + PRIOR_HITS)
        even = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        factor = cho_factor((1 - SHRINKAGE) * covariance + SHRINKAGE * even)
        inverse = cho_solve(factor, np.eye(len(covariance)))
        if n_cymbals == 1 or step == N_STEPS - 1:
            break
        scores = unit @ (means @ inverse).T - ((means @ inverse) * means).sum(axis=1) / 2
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        of_hit = np.where(patterns.usable, chance.argmax(axis=1), -1)
        surest = chance.max(axis=1) > SURE
        shapes = patterns.usable & surest & (patterns.strength > LEAST_STRENGTH_LATER)
        if _fewest(of_hit[shapes], n_cymbals) < 2:
            break
    return means, inverse


def _fewest(of_hit: np.ndarray, n_cymbals: int) -> int:
    return int(np.bincount(of_hit, minlength=n_cymbals).min())


def _follows(
    mixture: Mixture, strokes: Strokes, patterns: Patterns, settings: ClusteringSettings
) -> bool:
    """Whether the cymbals go with the strokes beside the hits."""
    if strokes.beside is None:
        return False
    rows = np.flatnonzero(patterns.usable)
    named = mixture.scores(patterns.unit[rows]).argmax(axis=1)
    unheard = set(settings.unheard_beside)
    beside = [set(strokes.beside[row]) - unheard for row in rows]
    association = association_beside(named, beside, min_hits=settings.min_hits)
    return association > settings.max_accompaniment


def _merged(groups: Groups, cymbals: list[np.ndarray], most: int) -> np.ndarray:
    """The number of each; of those after the first `most` that of the cymbal most like it."""
    merged, sets = np.arange(len(cymbals)), np.full(len(groups.n_hits), -1)
    for number, members in enumerate(cymbals):
        sets[members] = number
    if len(cymbals) > most:
        likeness = sum_groups(groups, sets, len(cymbals)).likeness()
        merged[most:] = likeness[most:, :most].argmax(axis=1)
    return merged


def _median(strokes: Strokes, rows: np.ndarray) -> float:
    return float(np.median(strokes.order_keys[rows])) if rows.any() else np.inf


def _ordered(mixture: Mixture) -> Mixture:
    """Numbered low to high, those that share a number last; ties by what came first."""
    shares = mixture.merged != np.arange(mixture.n_cymbals)
    order = np.lexsort([mixture.order_keys, shares])
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    per_cymbal = ("means", "discriminants", "offsets", "n_hits", "n_sessions", "order_keys")
    return Mixture(
        **{name: getattr(mixture, name)[order] for name in per_cymbal},
        merged=rank[mixture.merged][order],
        confidence=mixture.confidence,
        reason=mixture.reason,
    )


def _nothing(n_bands: int, reason: str) -> Mixture:
    none, empty = np.zeros((0, n_bands)), np.zeros(0)
    counts = np.zeros(0, dtype=int)
    return Mixture(none, none, empty, counts, counts, empty, counts, 0.0, reason)
