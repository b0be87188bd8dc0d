"""Which cymbal of a mixture each hit of a session is, and how sure that is.

The score of a hit under each cymbal is its log-likelihood there. How far the best is above the
next (margin), where between the two means the hit lies (place: 0.5 at the best's own, 0 halfway),
the same of all hits of the session that sound like it, how reliable its description is, what rings
into it, how lately another cymbal was struck and how much softer the hit is than the last one make
the chance that its name is right. The weights are learned from known cymbals (`crash.training`).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from drumcorpus.stages.crash.accompaniment import hits_covered
from drumcorpus.stages.crash.clusters import CONFIDENCE_DECIMALS, Clustering
from drumcorpus.stages.crash.cymbal_model import HIT_FEATURES, CymbalModel
from drumcorpus.stages.crash.embeddings import SAME_STROKE
from drumcorpus.stages.crash.groups import sound_alike
from drumcorpus.stages.crash.mixture import Mixture, fit_mixture
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.stages.crash.strokes import Patterns, Strokes, make_patterns
from drumcorpus.vocabulary import (
    DOUBTFUL,
    FOLLOWS_ACCOMPANIMENT,
    MORE_CYMBALS,
    ONE_CYMBAL,
    SEPARATED,
    TOO_FEW_HITS,
    UNLIKE_ITS_KIT,
)

RING_S = 4.0  # a crash rings on for seconds
RING_DECAY_DB_PER_S = 8.0  # a crash loses about this
RING_STEP_DB = 6.0  # from hardly heard to as loud as the stroke
SOON_S = (0.3, 0.6)
LEAST_KNOWN = 3.0  # summed reliability of hits whose likeness to a mean says something
SOFTEST = 1 / 127  # velocity of a stroke in MIDI
ONE_CYMBAL_MARGIN, ONE_CYMBAL_PLACE = 20.0, 0.5  # where there is no other cymbal


@dataclass(frozen=True)
class Membership:
    """Hits of one session named by a mixture; one entry each."""

    named: np.ndarray  # (n_hits,) int: cymbal, -1 where not usable
    rivals: np.ndarray  # (n_hits,) int: the next likely cymbal; where there is one alone, it
    features: np.ndarray  # (n_hits, len(HIT_FEATURES))
    # (n_hits,) float: likeness to their cymbal's mean of the hits that sound like each; NaN where
    # too little is known of these.
    fits: np.ndarray
    fit: float  # likeness of the hits to the mean of their cymbal; 1 where there is no hit


def tell_session(
    strokes: Strokes,
    model: CymbalModel,
    settings: ClusteringSettings,
    *,
    kit: Mixture | None = None,
) -> Clustering:
    """Tell the cymbals of one session apart, by its kit's mixture where there is one.

    Parameters
    ----------
    strokes : Strokes
        Of one session, in order of onset.
    kit : Mixture, optional
        Of all sessions of its kit. A session that does not sound like it is told apart alone, and
        nothing of it is accepted (`unlike_its_kit`).

    Returns
    -------
    clustering : Clustering
        `cymbals` by the numbers of the mixture, which over a kit's sessions stay the same.
    """
    mixture = fit_mixture(strokes, model, settings) if kit is None else kit
    n_hits = len(strokes)
    if mixture.n_cymbals == 0:
        return _clustering(n_hits, mixture.reason)
    membership = name_hits(strokes, mixture, model)
    usable, named = membership.named >= 0, np.maximum(membership.named, 0)
    in_doubt = mixture.merged != np.arange(mixture.n_cymbals)
    if not usable.any():
        return _clustering(n_hits, TOO_FEW_HITS)
    if kit is not None and membership.fit < model.least_fit:
        return _clustering(n_hits, UNLIKE_ITS_KIT)
    if mixture.n_cymbals == 1:
        confidence = np.full(n_hits, mixture.confidence)
    else:
        weights = model.hit_pooled if mixture.is_pooled else model.hit_alone
        features = membership.features.copy()
        if mixture.reason != MORE_CYMBALS:
            # How little is known of what may be a cymbal casts no doubt on those that are.
            rows = np.flatnonzero(in_doubt[membership.rivals] & ~in_doubt[named])
            known = np.log(mixture.n_hits[named[rows]] + 1.0)
            features[rows, HIT_FEATURES.index("log_n_hits")] = known
        confidence = expit(features @ weights)
    confidence = np.where(usable, np.round(confidence, CONFIDENCE_DECIMALS), 0.0)
    if mixture.reason == MORE_CYMBALS:  # nor is the one that it shares its number with sure
        in_doubt[mixture.merged[in_doubt]] = True
    accepted = usable & (confidence >= settings.min_confidence) & ~in_doubt[named]
    if kit is not None:  # what sounds like none of the kit's cymbals is named after the nearest
        accepted &= ~(membership.fits < model.least_fit_of_group)
    if mixture.confidence < settings.min_confidence and mixture.reason != MORE_CYMBALS:
        accepted[:] = False
    cymbals = mixture.merged[named]
    if kit is not None and strokes.beside is not None:
        accepted &= ~_covered(cymbals, accepted, strokes, settings)
        accepted &= ~_covered_alone(cymbals, accepted, strokes.covered_by(model.covering))
    return Clustering(
        cymbals=cymbals,
        confidence=confidence,
        accepted=accepted,
        n_cymbals=int(mixture.merged.max()) + 1,
        session_confidence=mixture.confidence,
        silhouette=None,
        reason=mixture.reason,
    )


def tell_alone(
    strokes: Strokes, model: CymbalModel, settings: ClusteringSettings, kit: Mixture | None
) -> Clustering:
    """Tell the cymbals of one session apart alone, as its kit's number of cymbals is in doubt.

    A cymbal struck two or three times is lost in one session, and may be plain in the kit. So where
    the kit's mixture, with what may be a cymbal, has more in the hits told than the session has
    alone, nothing of it is accepted (`doubtful`).

    Parameters
    ----------
    strokes : Strokes
        Of one session, in order of onset.
    kit : Mixture or None
        Of all sessions of its kit; None where it has none.
    """
    told = tell_session(strokes, model, settings)
    # A mixture that goes with the ride says nothing of the number of cymbals.
    if kit is None or kit.n_cymbals == 0 or kit.reason == FOLLOWS_ACCOMPANIMENT:
        return told
    if told.reason not in (ONE_CYMBAL, SEPARATED):
        return told
    named = name_hits(strokes, kit, model).named
    n_of_kit = len(np.unique(named[told.accepted & (named >= 0)]))
    if n_of_kit <= len(np.unique(told.cymbals[told.accepted])):
        return told
    return replace(
        told,
        confidence=np.zeros(len(strokes)),
        accepted=np.zeros(len(strokes), dtype=bool),
        session_confidence=0.0,
        reason=DOUBTFUL,
    )


def _covered(
    cymbals: np.ndarray, accepted: np.ndarray, strokes: Strokes, settings: ClusteringSettings
) -> np.ndarray:
    """Accepted hits of a session whose name goes with a stroke beside them, (n_hits,) bool.

    A kit's cymbals are two by its other sessions; here the stroke may have been taken for one.
    """
    rows, unheard = np.flatnonzero(accepted), set(settings.unheard_beside)
    covered = np.zeros(len(cymbals), dtype=bool)
    covered[rows] = hits_covered(
        cymbals[rows],
        [set(strokes.beside[row]) - unheard for row in rows],
        min_hits=settings.min_hits,
        most=settings.max_accompaniment,
    )
    return covered


def _covered_alone(cymbals: np.ndarray, accepted: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Accepted hits under a name that no hit of the session has by itself, (n_hits,) bool.

    Another cymbal of the kit was struck at once with all of them, and may be what they are named
    after. A session with one name alone keeps it: it says nothing of the number of cymbals.
    """
    names = np.unique(cymbals[accepted])
    by_itself = np.unique(cymbals[accepted & ~covered])
    if len(names) < 2:
        return np.zeros(len(cymbals), dtype=bool)
    return accepted & ~np.isin(cymbals, by_itself)


def name_hits(strokes: Strokes, mixture: Mixture, model: CymbalModel) -> Membership:
    """Name the hits of one session, and gather what tells how sure that is.

    Parameters
    ----------
    strokes : Strokes
        Of one session, in order of onset.
    mixture : Mixture
        With at least one cymbal.
    """
    patterns = make_patterns(strokes, model.quality)
    scores = mixture.scores(patterns.unit)
    rows = np.arange(len(strokes))
    order = np.argsort(-scores, axis=1, kind="stable")
    best = order[:, 0]
    rival = order[:, min(1, mixture.n_cymbals - 1)]
    own_score, alike = scores[rows, best], _alike(patterns)
    if mixture.n_cymbals > 1:
        margin = own_score - scores[rows, rival]
        distance = np.maximum(mixture.distance(best, rival), 1e-9)
        of_group = _margins_of_groups(scores, best, alike)
    else:
        margin, distance = np.full(len(rows), ONE_CYMBAL_MARGIN), np.full(len(rows), 40.0)
        of_group = margin
    named = np.where(patterns.usable, best, -1)
    ring, since = _company(strokes, named, mixture.n_cymbals)
    other = np.where(np.eye(mixture.n_cymbals, dtype=bool)[best], np.inf, since).min(axis=1)
    last = since.min(axis=1)
    log_margin, place = np.log1p(margin), margin / distance
    sooner, soon = (np.searchsorted(SOON_S, last, side="right") == n for n in range(2))
    log_reliability = np.log(np.maximum(patterns.reliability, 1e-3))
    ring_of_own = ring[rows, best] - ring[rows, rival]
    n_hits = mixture.n_hits[np.stack([best, rival])].min(axis=0)
    softer = _how_much_softer(strokes)
    features = np.column_stack(
        [
            np.ones(len(rows)),
            log_margin,
            place,
            np.sign(of_group) * np.log1p(np.abs(of_group)),
            of_group / distance,
            log_reliability,
            ring_of_own,
            sooner,
            soon,
            sooner & (other == last),
            soon & (other == last),
            place * sooner,
            place * soon,
            log_margin * (sooner | soon),
            ring_of_own * sooner,
            ring_of_own * soon,
            ring_of_own * place,
            log_reliability * (sooner | soon),
            np.log(n_hits + 1.0),
            softer * sooner,
            softer * soon,
        ]
    )
    likeness = _likeness_to_mean(patterns, mixture, best)
    fits = _fits_of_groups(patterns, likeness, alike)
    usable = np.flatnonzero(patterns.usable)
    fit = _fit(patterns, likeness, usable) if len(usable) else 1.0
    return Membership(named, rival, features, fits, fit)


def _alike(patterns: Patterns) -> np.ndarray:
    """Which hits of a session sound alike, (n_hits,) numbers from 0; -1 where not usable."""
    alike = np.full(len(patterns.usable), -1)
    rows = np.flatnonzero(patterns.usable)
    if len(rows):
        alike[rows] = sound_alike(patterns.unit[rows])
    return alike


def _margins_of_groups(scores: np.ndarray, best: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """How far a hit's cymbal is ahead in the mean score of the hits that sound like it."""
    margins = np.zeros(len(scores))
    rows = np.flatnonzero(alike >= 0)
    if not len(rows):
        return margins
    labels = alike[rows]
    members = np.eye(labels.max() + 1)[labels]
    means = (members.T @ scores[rows]) / members.sum(axis=0)[:, None]
    own = means[labels, best[rows]]
    others = means[labels].copy()
    others[np.arange(len(rows)), best[rows]] = -np.inf
    margins[rows] = own - others.max(axis=1)
    return margins


def _company(strokes: Strokes, named: np.ndarray, n_cymbals: int):
    """How loud each cymbal rings into a hit (0 to 1), and seconds since its last stroke."""
    ring = np.zeros((len(strokes), n_cymbals))
    since = np.full((len(strokes), n_cymbals), np.inf)
    levels = np.where(np.isfinite(strokes.levels_db), strokes.levels_db, -np.inf)
    for row in range(len(strokes)):
        start = np.searchsorted(strokes.onsets, strokes.onsets[row] - RING_S)
        before = np.arange(start, row)
        before = before[
            (named[before] >= 0) & (strokes.onsets[row] - strokes.onsets[before] > SAME_STROKE)
        ]
        if not len(before):
            continue
        gaps = strokes.onsets[row] - strokes.onsets[before]
        np.minimum.at(since[row], named[before], gaps)
        if np.isfinite(levels[row]):
            rise = levels[before] - levels[row] - RING_DECAY_DB_PER_S * gaps
            np.maximum.at(ring[row], named[before], expit(rise / RING_STEP_DB))
    return ring, since


def _how_much_softer(strokes: Strokes) -> np.ndarray:
    """By what logarithm of velocity each hit is softer than the one before it, (n_hits,).

    Before it is any hit, described or not. 0 where it is not, where none comes before, and where a
    velocity is not known.
    """
    softer = np.zeros(len(strokes))
    if strokes.velocities is None:
        return softer
    last = np.searchsorted(strokes.onsets, strokes.onsets - SAME_STROKE) - 1
    rows = np.flatnonzero(last >= 0)
    levels = np.log(np.maximum(strokes.velocities, SOFTEST))
    softer[rows] = levels[last[rows]] - levels[rows]
    return np.maximum(np.nan_to_num(softer), 0.0)


def _likeness_to_mean(patterns: Patterns, mixture: Mixture, best: np.ndarray) -> np.ndarray:
    """Correlation of each hit with the mean of its cymbal, (n_hits,)."""
    lengths = np.linalg.norm(mixture.means, axis=1)
    return (patterns.unit * mixture.means[best]).sum(axis=1) / lengths[best]


def _fit(patterns: Patterns, likeness: np.ndarray, rows: np.ndarray) -> float:
    """Mean likeness of some hits to their cymbal's mean, what noise takes from it put back."""
    weight, share = patterns.reliability[rows], patterns.share[rows]
    return float((weight * likeness[rows] * share).sum() / (weight * share**2).sum())


def _fits_of_groups(patterns: Patterns, likeness: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """The same of the hits that sound like each, NaN where these say too little, (n_hits,)."""
    fits = np.full(len(likeness), np.nan)
    for number in range(alike.max(initial=-1) + 1):
        members = np.flatnonzero(alike == number)
        if patterns.reliability[members].sum() >= LEAST_KNOWN:
            fits[members] = _fit(patterns, likeness, members)
    return fits


def _clustering(n_hits: int, reason: str) -> Clustering:
    """Of a session of which nothing is told."""
    nothing = np.zeros(n_hits)
    return Clustering(
        cymbals=nothing.astype(int),
        confidence=nothing,
        accepted=nothing.astype(bool),
        n_cymbals=1,
        session_confidence=0.0,
        silhouette=None,
        reason=reason,
    )
