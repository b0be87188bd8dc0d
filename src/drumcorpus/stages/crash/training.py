"""Learn what strokes on one cymbal look like from kits whose cymbals are known.

Every kit counts alike, and within it every cymbal, for kits differ in how many performances they
have. What is learned, in this order: what a hit's description is worth, from how alike it is to the
hits of its cymbal in other sessions; the covariance of patterns within a cymbal, with the
directions in which strength and ring move them; when two groups of hits over several sessions are
two cymbals; and how likely a hit named by the mixture has its right name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from drumcorpus.stages.crash.cymbal_model import (
    DIRECTIONS,
    HIT_FEATURES,
    LEAST_CYMBALS,
    NUMBER_FEATURES,
    CymbalModel,
    check_model,
    features_digest,
)
from drumcorpus.stages.crash.groups import Groups, group_hits, sum_groups
from drumcorpus.stages.crash.membership import name_hits
from drumcorpus.stages.crash.mixture import fit_mixture, number_features
from drumcorpus.stages.crash.settings import MIXTURE, ClusteringSettings
from drumcorpus.stages.crash.strokes import (
    QUALITY_FEATURES,
    Patterns,
    Strokes,
    make_patterns,
    quality_features,
)

MOST_SESSIONS = 120  # of one kit: its sessions say the same again
MOST_HITS = 800  # of one cymbal, for what is learned from pairs of hits
N_NEIGHBOURS = 20  # hits whose mean stands for a cymbal as it is struck there
POOLS = (2, 4, 16)  # sessions pooled where the number of cymbals is learned, beside all
N_LAGS = 16  # bands beyond which noise is not correlated: 0.7 kHz
SMOOTHING_BANDS = 10
LIKENESS_RANGE = (0.2, 0.99)  # beyond which a likeness says no more of a hit's reliability
AT_ONCE_S = 0.005  # strokes so close are one event: ingest.simultaneous_ms as it is by default
# Strokes at once, and those of them on two cymbals, that are known of beforehand: of 78 hits in 134
# real performances 74 were (`embeddings.SAME_STROKE`), which counts as ten. A source may number
# none of its strokes at once.
AT_ONCE_BEFORE, BOTH_BEFORE = 10.0, 10 * 74 / 78
RINGING_S = 0.6  # a stroke so soon after another cymbal's is into its ring
# A hit so soon after another cymbal's counts as so many where the chance of its name is learned: of
# twenty a few are wrong, of the others one in a thousand.
COMPANY_WEIGHT = 4.0
# Where that is learned for kits, the whole kit counts as much as all of these: so many pools of so
# many sessions, and the kit with so few hits of each of its cymbals.
HIT_POOLS = ((4, 6), (16, 3))
RARE_HITS = 10
# Of a kit's own sessions, or of groups of their hits, that are no measure of how alike they are.
UNLIKE_SHARE = 0.01
NO_LEAST = -1e6  # least likeness where none could be learned: nothing is below it
MOST_SETS = 8  # of a pool, the most reliable, whose pairs are learned from
STRENGTH_OF_FIT = 1.0  # inverse of the ridge on logistic weights; scikit-learn's default
SEED = 0
# What is known of the kits is learned from as it would be told by default; other strokes are not
# looked at.
SETTINGS = ClusteringSettings(
    method=MIXTURE,
    max_cymbals=3,
    min_hits=3,
    min_confidence=0.9,
    split_similarity_by_family={},
    split_similarity=0.36,
    one_similarity=0.54,
    min_similarity=0.25,
    stray_share=0.15,
    max_accompaniment=1.0,
    unheard_beside=(),
)


@dataclass(frozen=True)
class KnownKit:
    """Hits of one kit whose cymbals are known."""

    name: str
    strokes: Strokes
    cymbals: np.ndarray  # (n_hits,) int: number of the cymbal that was struck

    def of_sessions(self, sessions: Iterable[int]) -> "KnownKit":
        """Those of some sessions."""
        return self.of_rows(np.flatnonzero(np.isin(self.strokes.sessions, list(sessions))))

    def of_rows(self, rows: np.ndarray) -> "KnownKit":
        """Some of the hits."""
        return replace(self, strokes=self.strokes.of_rows(rows), cymbals=self.cymbals[rows])

    def of_cymbals(self, cymbals: Iterable[int]) -> "KnownKit":
        """Those of some cymbals, as if the others had not been struck."""
        return self.of_rows(np.flatnonzero(np.isin(self.cymbals, list(cymbals))))


def train_cymbal_model(kits: Sequence[KnownKit], covering: Sequence[str] = ()) -> CymbalModel:
    """Learn a model.

    Parameters
    ----------
    kits : sequence of KnownKit
        In any order; equal kits give equal bytes.
    covering : sequence of str
        Labels of other families whose strokes cover one at once with them.

    Raises
    ------
    ValueError
        If two kits have one name, or there are fewer than two cymbals, or no kit has two.
    """
    kits = sorted((_thinned(kit) for kit in kits), key=lambda kit: kit.name)
    _check_kits(kits)
    model = CymbalModel(
        features=features_digest(),
        covering=tuple(sorted(covering)),
        kits=tuple(_described(kit) for kit in kits),
        variances=np.ones(1),
        correlations=np.ones(1),
        directions=np.zeros((len(DIRECTIONS), 1)),
        quality=_learn_quality(kits),
        number=np.zeros(len(NUMBER_FEATURES)),
        hit_alone=np.zeros(len(HIT_FEATURES)),
        hit_pooled=np.zeros(len(HIT_FEATURES)),
        one_alone=1.0,
        least_fit=NO_LEAST,
        least_fit_of_group=NO_LEAST,
        both_at_once=_chance_of_both(kits),
    )
    patterns = [make_patterns(kit.strokes, model.quality) for kit in kits]
    variances, correlations, directions = _learn_within(kits, patterns)
    model = replace(model, variances=variances, correlations=correlations, directions=directions)
    model = replace(model, **_learn_number(kits, model))
    model = replace(model, **_learn_hits(kits, model))
    check_model(model)
    return model


def _check_kits(kits: Sequence[KnownKit]) -> None:
    names = [kit.name for kit in kits]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two kits are named {name}; the hits of one kit must stand together")
    n_cymbals = [len(np.unique(kit.cymbals)) for kit in kits]
    if sum(n_cymbals) < LEAST_CYMBALS or max(n_cymbals, default=0) < LEAST_CYMBALS:
        raise ValueError(
            f"a cymbal model is learned from kits with two known cymbals or more; got "
            f"{sum(n_cymbals)} cymbals of {len(kits)} kits"
        )


def _thinned(kit: KnownKit) -> KnownKit:
    """No more than `MOST_SESSIONS` of its sessions, spread over all."""
    sessions = np.unique(kit.strokes.sessions)
    if len(sessions) <= MOST_SESSIONS:
        return kit
    places = np.linspace(0, len(sessions) - 1, MOST_SESSIONS).round().astype(int)
    return kit.of_sessions(sessions[places])


def _described(kit: KnownKit) -> dict:
    return {
        "name": kit.name,
        "cymbals": len(np.unique(kit.cymbals)),
        "sessions": len(np.unique(kit.strokes.sessions)),
        "hits": len(kit.strokes),
    }


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def _by_cymbal(kit: KnownKit, usable: np.ndarray) -> list[np.ndarray]:
    """Rows of each cymbal with enough hits to learn from."""
    rows = [np.flatnonzero(usable & (kit.cymbals == number)) for number in np.unique(kit.cymbals)]
    return [_spread(each, MOST_HITS) for each in rows if len(each) > 2]


def _elsewhere(unit: np.ndarray, sessions: np.ndarray) -> np.ndarray:
    """For each hit the mean pattern of its nearest in other sessions, of length 1.

    Where there is one session alone, of its other hits.
    """
    likeness = unit @ unit.T
    same = sessions[:, None] == sessions
    likeness[same if len(np.unique(sessions)) > 1 else np.eye(len(unit), dtype=bool)] = -np.inf
    n_nearest = min(N_NEIGHBOURS, len(unit) - 1)
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :n_nearest]
    is_there = np.isfinite(np.take_along_axis(likeness, nearest, axis=1))
    means = (unit[nearest] * is_there[:, :, None]).sum(axis=1)
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)


def _learn_quality(kits: Sequence[KnownKit]) -> np.ndarray:
    """Weights of the reliability: linear regression of its logit as it is seen."""
    n_features, rows, seen, weights = len(QUALITY_FEATURES), [], [], []
    for kit in kits:
        patterns = make_patterns(kit.strokes, np.zeros(n_features))
        features = quality_features(kit.strokes, patterns.strength)
        for hits in _by_cymbal(kit, patterns.usable):
            unit = patterns.unit[hits]
            own = _elsewhere(unit, kit.strokes.sessions[hits])
            likeness = np.clip((unit * own).sum(axis=1), *LIKENESS_RANGE)
            rows.append(features[hits])
            seen.append(np.log(likeness**2 / (1 - likeness**2)))
            weights.append(np.full(len(hits), 1 / len(hits)))
    root = np.sqrt(np.concatenate(weights))
    solution = np.linalg.lstsq(
        np.vstack(rows) * root[:, None], np.concatenate(seen) * root, rcond=None
    )
    return solution[0]


def _learn_within(kits: Sequence[KnownKit], patterns: Sequence[Patterns]):
    """Variances, correlations by distance and directions of patterns within a cymbal."""
    covariances, strong, ringing = [], [], []
    for kit, each in zip(kits, patterns, strict=True):
        struck_into = _into_ring(kit)
        for hits in _by_cymbal(kit, each.usable):
            apart = each.unit[hits] - each.unit[hits].mean(axis=0)
            covariances.append(apart.T @ apart / len(hits))
            strength = each.strength[hits] - each.strength[hits].mean()
            strong.append(
                apart.T @ strength / max(np.linalg.norm(strength), 1e-9) / np.sqrt(len(hits))
            )
            ring = struck_into[hits] - struck_into[hits].mean()
            ringing.append(apart.T @ ring / max(np.linalg.norm(ring), 1e-9) / np.sqrt(len(hits)))
    covariance = np.mean(covariances, axis=0)
    directions = np.array([np.mean(strong, axis=0), np.mean(ringing, axis=0)])
    noise = covariance - directions.T @ directions
    variances = gaussian_filter1d(np.diag(noise), SMOOTHING_BANDS, mode="nearest")
    spread = np.sqrt(variances)
    correlation = noise / np.outer(spread, spread)
    lags = np.array([np.diag(correlation, lag).mean() for lag in range(N_LAGS)])
    taper = 1 - np.arange(N_LAGS) / N_LAGS  # keeps the covariance positive definite
    return variances, lags / lags[0] * taper, directions


def _into_ring(kit: KnownKit) -> np.ndarray:
    """1 where another cymbal of the kit was struck just before, else 0."""
    strokes, into = kit.strokes, np.zeros(len(kit.cymbals))
    for row in range(1, len(into)):
        before = row - 1
        while before >= 0 and strokes.sessions[before] == strokes.sessions[row]:
            if strokes.onsets[row] - strokes.onsets[before] > RINGING_S:
                break
            if kit.cymbals[before] != kit.cymbals[row]:
                into[row] = 1.0
                break
            before -= 1
    return into


def _chance_of_both(kits: Sequence[KnownKit]) -> float:
    """Share of strokes at once that are of two cymbals, in sessions that strike two."""
    n_both, n_all = BOTH_BEFORE, AT_ONCE_BEFORE
    for kit in kits:
        strokes = kit.strokes
        at_once = (np.diff(strokes.sessions) == 0) & (np.diff(strokes.onsets) < AT_ONCE_S)
        for row in np.flatnonzero(at_once):
            here = kit.cymbals[strokes.sessions == strokes.sessions[row]]
            if len(np.unique(here)) > 1:
                n_all += 1
                n_both += int(kit.cymbals[row] != kit.cymbals[row + 1])
    return n_both / n_all


def _pools(kit: KnownKit) -> list[KnownKit]:
    """Sessions alone and pooled, as they are and with one cymbal each."""
    order = np.random.default_rng(SEED).permutation(np.unique(kit.strokes.sessions))
    pools = []
    for size in POOLS:
        for start in range(0, len(order), size):
            pool = kit.of_sessions(order[start : start + size])
            pools.append(pool)
            if size > 1 or start % 4 == 0:
                pools += [pool.of_cymbals([number]) for number in np.unique(pool.cymbals)]
    return [*pools, kit]


def _learn_number(kits: Sequence[KnownKit], model: CymbalModel) -> dict:
    """Weights of the chance of two cymbals, and the chance of one where no second group is there.

    Pairs of groups, pairs of whole cymbals, and halves of one.
    """
    pools, rows, two, weights = [], [], [], []
    for kit in kits:
        of_kit = [_grouped(pool, model) for pool in _pools(kit)]
        pools.append([pool for pool in of_kit if pool is not None])
    for pool_set in pools:
        _collect(
            [
                _pairs(g, sets, struck)
                for _, g, struck in pool_set
                for sets in (g.of_kit, *_whole(struck))
            ],
            rows,
            two,
            weights,
        )
    number = _logistic(np.array(rows), np.array(two), np.array(weights))
    alone = [pool for pool_set in pools for pool, g, _ in pool_set if g.of_kit.max(initial=0) == 0]
    n_one = sum(_second_most(pool) < SETTINGS.min_hits for pool in alone)
    return {"number": number, "one_alone": (n_one + 1) / (len(alone) + 2)}


def _grouped(pool: KnownKit, model: CymbalModel):
    """A pool with its groups and what most hits of each struck; None where hits are too few."""
    patterns = make_patterns(pool.strokes, model.quality, model.covering)
    if patterns.usable.sum() < 2 * SETTINGS.min_hits:
        return None
    groups = group_hits(patterns, pool.strokes.sessions)
    return pool, groups, _most_struck(pool, groups)


def _whole(struck: np.ndarray) -> list[np.ndarray]:
    """The groups of each cymbal as one set, and as two."""
    halves = np.arange(len(struck)) % 2
    return [np.unique(struck * n + halves % n, return_inverse=True)[1] for n in (1, 2)]


def _collect(of_pools: list[list], rows: list, two: list, weights: list) -> None:
    pairs = [pair for pairs in of_pools for pair in pairs]
    rows += [features for features, _ in pairs]
    two += [is_two for _, is_two in pairs]
    weights += [1 / max(len(pairs), 1)] * len(pairs)


def _most(groups: Groups, struck: np.ndarray, members: np.ndarray) -> int:
    """The cymbal that most hits of some groups struck; -1 of none."""
    counts = np.bincount(struck[members], weights=groups.n_hits[members])
    return int(counts.argmax()) if len(counts) else -1


def _pairs(groups: Groups, sets: np.ndarray, struck: np.ndarray) -> list[tuple]:
    """Features of all pairs of sets with hits enough, and whether they are of two cymbals."""
    n_sets = int(sets.max(initial=-1)) + 1
    sums = sum_groups(groups, sets, n_sets)
    features = number_features(sums)
    of_set = [_most(groups, struck, sets == number) for number in range(n_sets)]
    order = np.argsort(-sums.reliability, kind="stable")
    order = order[sums.n_hits[order] >= SETTINGS.min_hits][:MOST_SETS]
    return [
        (features[one, other], bool(of_set[one] != of_set[other]))
        for number, other in enumerate(order)
        for one in order[:number]
    ]


def _most_struck(pool: KnownKit, groups: Groups) -> np.ndarray:
    """The cymbal that most hits of each group struck, (n_groups,)."""
    n_cymbals = int(pool.cymbals.max()) + 1
    counts = np.zeros((len(groups.n_hits), n_cymbals), dtype=int)
    placed = groups.of_hit >= 0
    np.add.at(counts, (groups.of_hit[placed], pool.cymbals[placed]), 1)
    return counts.argmax(axis=1)


def _second_most(pool: KnownKit) -> int:
    counts = np.sort(np.unique(pool.cymbals, return_counts=True)[1])
    return int(counts[-2]) if len(counts) > 1 else 0


def _learn_hits(kits: Sequence[KnownKit], model: CymbalModel) -> dict:
    """Weights of the chance that a hit's name is right, alone and pooled, and the least fits."""
    learned = _learn_fits(kits, model)
    for name, is_pooled in (("hit_alone", False), ("hit_pooled", True)):
        rows, right, weights = [], [], []
        for kit in kits:
            for pools in ([kit], _hit_pools(kit)) if is_pooled else (_sessions(kit),):
                of_pools = [named for pool in pools for named in _named(pool, model)]
                total = sum(weight.sum() for *_, weight in of_pools)
                for features, is_right, weight in of_pools:
                    rows.append(features)
                    right.append(is_right)
                    # Every pool counts alike, and so does every hit of sessions told alone.
                    share = len(of_pools) * weight.sum() if is_pooled else total
                    weights.append(weight / share)
        if rows:
            learned[name] = _logistic(
                np.vstack(rows), np.concatenate(right), np.concatenate(weights)
            )
    return learned


def _sessions(kit: KnownKit) -> list[KnownKit]:
    return [kit.of_sessions([session]) for session in np.unique(kit.strokes.sessions)]


def _hit_pools(kit: KnownKit) -> list[KnownKit]:
    """Some of a kit's sessions, and all of them with few hits of one cymbal."""
    rng = np.random.default_rng(SEED)
    order = rng.permutation(np.unique(kit.strokes.sessions))
    pools = [
        kit.of_sessions(order[n * size : (n + 1) * size])
        for size, count in HIT_POOLS
        for n in range(count)
        if n * size < len(order)
    ]
    for number in np.unique(kit.cymbals):
        struck = np.flatnonzero(kit.cymbals == number)
        left_out = rng.permutation(struck)[RARE_HITS:]
        pools.append(kit.of_rows(np.delete(np.arange(len(kit.cymbals)), left_out)))
    return pools


def _named(pool: KnownKit, model: CymbalModel):
    """Features of the hits that a pool's mixture names, whether the names are right, and weights.

    Nothing where it has one cymbal.
    """
    mixture = fit_mixture(pool.strokes, model, SETTINGS)
    if mixture.n_cymbals < 2:
        return
    sessions = _sessions(pool)
    told = [name_hits(session.strokes, mixture, model) for session in sessions]
    named = np.concatenate([membership.named for membership in told])
    features = np.vstack([membership.features for membership in told])
    is_sure = mixture.merged == np.arange(mixture.n_cymbals)
    rows = np.flatnonzero((named >= 0) & is_sure[named])
    if len(rows):
        weights = 1 + (COMPANY_WEIGHT - 1) * _into_ring(pool)
        yield features[rows], _right(named[rows], pool.cymbals[rows]), weights[rows]


def _learn_fits(kits: Sequence[KnownKit], model: CymbalModel) -> dict[str, float]:
    """The least fit of a session to its kit, and that of hits of a session that sound alike.

    Halfway between the fit of nearly all of a kit's own and that of most of another's; of most, for
    some kits share a cymbal, or are one kit under several conditions.
    """
    own: dict[str, list] = {"least_fit": [], "least_fit_of_group": []}
    foreign: dict[str, list] = {name: [] for name in own}
    half = len(kits) // 2
    for kit, other in zip(kits, [*kits[half:], *kits[:half]], strict=True):
        mixture = fit_mixture(kit.strokes, model, SETTINGS)
        if not mixture.is_settled(SETTINGS.min_confidence):  # it may lack a cymbal
            continue
        for of, fits in ((kit, own), (other, foreign)):
            if fits is foreign and of is kit:  # the one kit there is
                continue
            for session in np.unique(of.strokes.sessions):
                membership = name_hits(of.of_sessions([session]).strokes, mixture, model)
                if (membership.named >= 0).any():
                    fits["least_fit"].append(membership.fit)
                    known = membership.fits[np.isfinite(membership.fits)]
                    fits["least_fit_of_group"] += np.unique(known).tolist()
    return {name: _halfway(own[name], foreign[name]) for name in own}


def _halfway(own: list[float], foreign: list[float]) -> float:
    if not own or not foreign:
        return NO_LEAST
    return float((np.quantile(own, UNLIKE_SHARE) + np.median(foreign)) / 2)


def _right(named: np.ndarray, struck: np.ndarray) -> np.ndarray:
    """Whether each hit's name stands for its cymbal, names matched as well as they can."""
    from scipy.optimize import linear_sum_assignment

    names, named = np.unique(named, return_inverse=True)
    cymbals, struck = np.unique(struck, return_inverse=True)
    counts = np.zeros((len(names), len(cymbals)))
    np.add.at(counts, (named, struck), 1)
    stands_for = np.full(len(names), -1)
    rows, columns = linear_sum_assignment(-counts)
    stands_for[rows] = columns
    return stands_for[named] == struck


def _logistic(rows: np.ndarray, is_true: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression on raw features, the first of which is constant."""
    if len(np.unique(is_true)) < 2:  # nothing contradicts: a chance short of certainty
        constant = np.zeros(rows.shape[1])
        n = len(is_true)
        constant[0] = np.log((is_true.sum() + 1) / (n - is_true.sum() + 1))
        return constant
    # Loading it takes seconds, and where the shipped model is taken nothing is trained.
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(rows[:, 1:])
    regression = LogisticRegression(C=STRENGTH_OF_FIT, max_iter=2_000, tol=1e-8)
    regression.fit(scaler.transform(rows[:, 1:]), is_true, weights / weights.mean())
    slopes = regression.coef_[0] / scaler.scale_
    return np.concatenate([[regression.intercept_[0] - slopes @ scaler.mean_], slopes])
