"""How well a method tells crash cymbals apart, scored against what was truly struck.

Conventions: a session is judged whole; names of cymbals mean nothing beyond their session, so they
are matched to the truth anew in each. Only accepted hits count as told. All intervals are of 95 %:
of shares of sessions, Wilson's; of means, by bootstrap over sessions; of shares of hits, the wider
of the two on either side, for the hits of one session stand and fall together, and a bootstrap has
no width where all are right.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

ACCEPTED_SHARE = 0.8  # of a session's hits, from which the session counts as accepted
N_BINS = 10  # of confidence, from 0 to 1
Z_95 = 1.959963984540054  # standard normal quantile of 0.975
N_DRAWS = 2_000  # of the bootstrap
SEED = 0  # of the bootstrap
DECIMALS = 4
# Seconds after a stroke of another crash: it rings on; the last bin holds what follows none, too.
RING_EDGES = (0.0, 0.3, 0.6, float("inf"))
OTHER_NAME, IN_DOUBT = -1, -2  # in place of a cymbal: a name too many, and none


@dataclass(frozen=True)
class JudgedSession:
    """One session as a method judged it; arrays have one entry per hit."""

    n_cymbals: int  # truly struck: 1, 2 or more
    truth: np.ndarray  # (n_hits,) int: cymbal truly struck
    labels: np.ndarray  # (n_hits,) names that the method gives
    accepted: np.ndarray  # (n_hits,) bool: does the method stand by its name?
    confidence: np.ndarray | None = None  # (n_hits,) 0 to 1; None where the method states none
    # MIDI velocity, and seconds from the last stroke of another crash and to the next one, infinite
    # where there is none; (n_hits,) each, or None.
    velocity: np.ndarray | None = None
    since_other: np.ndarray | None = None
    until_other: np.ndarray | None = None
    # (n_hits,) s from the last stroke that the method names otherwise, as `since_other`; or None.
    since_named: np.ndarray | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether four fifths of the hits are; a session without hits is not."""
        return len(self.accepted) > 0 and bool(self.accepted.mean() >= ACCEPTED_SHARE)

    @property
    def n_told(self) -> int:
        """Number of cymbals among the accepted hits."""
        return len(np.unique(self.labels[self.accepted]))

    @property
    def right(self) -> np.ndarray:
        """Whether each accepted hit has the right name, (n_accepted,) bool."""
        return match_names(self.truth[self.accepted], self.labels[self.accepted])

    @property
    def named(self) -> np.ndarray:
        """The cymbal that each hit is named as, `OTHER_NAME` or `IN_DOUBT`, (n_hits,) int."""
        named = np.full(len(self.truth), IN_DOUBT)
        named[self.accepted] = cymbals_of_names(
            self.truth[self.accepted], self.labels[self.accepted]
        )
        return named


def score_sessions(sessions: Sequence[JudgedSession]) -> dict:
    """Score one method on sessions of one, of two and of more cymbals.

    Returns
    -------
    scores : dict
        `two_cymbals`, `more_cymbals`, `one_cymbal` and `calibration`, the last None where no
        confidence is stated; `confusions`, a list of one dict per number of cymbals.
        Estimates are dicts of value, low, high (None over nothing) and n, the number of sessions
        or hits below the line.
    """
    two = [session for session in sessions if session.n_cymbals == 2]
    more = [session for session in sessions if session.n_cymbals > 2]
    one = [session for session in sessions if session.n_cymbals == 1]
    stated = [session for session in sessions if session.confidence is not None]
    return {
        "two_cymbals": score_divided(two),
        "more_cymbals": score_divided(more),
        "one_cymbal": score_one(one),
        "calibration": calibrate(stated) if stated else None,
        "confusions": [confuse(n, of_kind) for n, of_kind in _by_number(sessions)],
    }


def score_divided(sessions: Sequence[JudgedSession]) -> dict:
    """Score sessions in which several cymbals were struck; see the README for each measure."""
    accepted = [session for session in sessions if session.is_accepted]
    right = [session.right for session in accepted]
    indices = [adjusted_rand(session) for session in accepted]
    told = Counter(session.n_told for session in accepted)
    return {
        "sessions": len(sessions),
        "hits": sum(len(session.truth) for session in sessions),
        "accepted": share(len(accepted), len(sessions)),
        "adjusted_rand": mean(indices),
        "least_adjusted_rand": _round(min(indices)) if indices else None,
        "hits_right": share_of_hits(right),
        "missed_split": share(told[1], len(accepted)),
        "told": {str(number): told[number] for number in sorted(told)},
        "number_right": share(
            sum(session.n_told == session.n_cymbals for session in accepted), len(accepted)
        ),
        "near_another": {
            f"{low:g}-{high:g}": share_of_hits(
                [
                    _near(session, low, high)
                    for session in accepted
                    if session.since_other is not None
                ]
            )
            for low, high in itertools.pairwise(RING_EDGES)
        },
    }


def score_one(sessions: Sequence[JudgedSession]) -> dict:
    """Score sessions in which one cymbal was struck; see the README for each measure."""
    as_one = sum(session.is_accepted and session.n_told == 1 for session in sessions)
    return {
        "sessions": len(sessions),
        "hits": sum(len(session.truth) for session in sessions),
        "accepted_as_one": share(as_one, len(sessions)),
        "false_split": share(sum(session.n_told > 1 for session in sessions), len(sessions)),
    }


def adjusted_rand(session: JudgedSession) -> float:
    """Adjusted Rand index of the accepted hits of one session."""
    return adjusted_rand_score(session.truth[session.accepted], session.labels[session.accepted])


def match_names(truth: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Say which hits are right when names go to cymbals one to one, as well as they can.

    Parameters
    ----------
    truth, labels : np.ndarray, shape (n_hits,)
        Cymbal truly struck, and the name given.

    Returns
    -------
    right : np.ndarray, shape (n_hits,), bool
        False too for every hit whose name, or whose cymbal, is left over.
    """
    return cymbals_of_names(truth, labels) == truth


def cymbals_of_names(truth: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Say which cymbal the name of each hit stands for, as `match_names` matches them.

    Returns
    -------
    named : np.ndarray, shape (n_hits,), int
        Values of `truth`; `OTHER_NAME` for a name that is left over.
    """
    struck_values, struck = np.unique(np.asarray(truth, dtype=int), return_inverse=True)
    _, named = np.unique(labels, return_inverse=True)
    if len(struck) == 0:
        return np.zeros(0, dtype=int)
    counts = np.zeros((len(struck_values), named.max() + 1), dtype=int)
    np.add.at(counts, (struck, named), 1)
    cymbal_of_name = np.full(counts.shape[1], OTHER_NAME)
    cymbals, names = linear_sum_assignment(counts, maximize=True)
    cymbal_of_name[names] = struck_values[cymbals]
    return cymbal_of_name[named]


def confuse(n_cymbals: int, sessions: Sequence[JudgedSession]) -> dict:
    """Count what the hits of each cymbal are named as, over sessions of one number of cymbals.

    Returns
    -------
    confusion : dict
        `n_cymbals`; `cymbals` truly struck; `counts`, a row for each of them: hits named as each of
        `cymbals`, under a name too many, and in doubt.
    """
    truth = np.concatenate([session.truth for session in sessions]).astype(int)
    named = np.concatenate([session.named for session in sessions]).astype(int)
    cymbals = sorted(set(truth.tolist()))
    columns = [*cymbals, OTHER_NAME, IN_DOUBT]
    counts = [
        [int(((truth == struck) & (named == name)).sum()) for name in columns] for struck in cymbals
    ]
    return {"n_cymbals": n_cymbals, "cymbals": cymbals, "counts": counts}


def _by_number(sessions: Sequence[JudgedSession]) -> list[tuple[int, list[JudgedSession]]]:
    numbers = sorted({session.n_cymbals for session in sessions})
    return [(n, [each for each in sessions if each.n_cymbals == n]) for n in numbers]


def _near(session: JudgedSession, low: float, high: float) -> np.ndarray:
    """Which of the accepted hits from `low` to below `high` s after another crash are right."""
    since = session.since_other[session.accepted]
    return session.right[(since >= low) & ((since < high) | np.isinf(high))]


def calibrate(sessions: Sequence[JudgedSession]) -> dict:
    """Compare confidence with the share of hits right, over the accepted hits of all sessions.

    Parameters
    ----------
    sessions : sequence of JudgedSession
        With a confidence.

    Returns
    -------
    calibration : dict
        `hits`; `expected_error`, the mean distance between confidence and share right over bins,
        weighed by hits [1]_; `bins`, those that hold a hit: from, to, hits, mean_confidence,
        right.

    References
    ----------
    .. [1] M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities
       using Bayesian binning", AAAI 2015.
    """
    hits, confidence, right = np.moveaxis([_bin_sums(session) for session in sessions], 1, 0)
    bins = [
        {
            "from": round(number / N_BINS, 2),
            "to": round((number + 1) / N_BINS, 2),
            "hits": int(hits[:, number].sum()),
            "mean_confidence": _round(confidence[:, number].sum() / hits[:, number].sum()),
            "right": _widened(right[:, number], hits[:, number]),
        }
        for number in np.flatnonzero(hits.sum(axis=0)).tolist()
    ]

    def expected_error(draws):
        total = (draws @ hits).sum(axis=1)
        distance = np.abs(draws @ confidence - draws @ right).sum(axis=1)
        return np.divide(distance, total, out=np.full(len(draws), np.nan), where=total > 0)

    error = _estimate(expected_error, len(sessions), int(hits.sum()))
    return {"hits": int(hits.sum()), "expected_error": error, "bins": bins}


def share(n_counted: int, n: int) -> dict:
    """Share of what is counted, with its Wilson interval [1]_.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
       Journal of the American Statistical Association 22, 209-212, 1927.
    """
    if n == 0:
        return {"value": None, "low": None, "high": None, "n": 0}
    p = n_counted / n
    centre = (p + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    reach = Z_95 * np.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / (1 + Z_95**2 / n)
    low, high = max(0.0, centre - reach), min(1.0, centre + reach)
    return {"value": _round(p), "low": _round(low), "high": _round(high), "n": n}


def mean(values: Sequence[float]) -> dict:
    """Mean over sessions, with its interval by bootstrap."""
    return _ratio(np.array(values, dtype=np.float64), np.ones(len(values)))


def share_of_hits(right: Sequence[np.ndarray]) -> dict:
    """Share of hits that are right, given session by session, with the wider interval."""
    counts = [(hits.sum(), len(hits)) for hits in right]
    return _widened(*np.array(counts, dtype=np.float64).reshape(-1, 2).T)


def _widened(right: np.ndarray, hits: np.ndarray) -> dict:
    """Share of hits from counts per session, (n_sessions,) each."""
    drawn, counted = _ratio(right, hits), share(int(right.sum()), int(hits.sum()))
    if drawn["value"] is None:
        return drawn
    low, high = min(drawn["low"], counted["low"]), max(drawn["high"], counted["high"])
    return drawn | {"low": low, "high": high}


def _ratio(above: np.ndarray, below: np.ndarray) -> dict:
    """Sum over sum, (n_sessions,) each, with its interval by bootstrap."""

    def quotient(draws):
        total = draws @ below
        return np.divide(draws @ above, total, out=np.full(len(draws), np.nan), where=total > 0)

    return _estimate(quotient, len(above), int(below.sum()))


def _estimate(statistic: Callable[[np.ndarray], np.ndarray], n_sessions: int, n: int) -> dict:
    """Value and percentile interval of a statistic of how often each session is drawn.

    `statistic` takes (n_draws, n_sessions) and returns (n_draws,), NaN where nothing is drawn.
    """
    if n == 0:
        return {"value": None, "low": None, "high": None, "n": 0}
    value = statistic(np.ones((1, n_sessions)))[0]
    chances = np.full(n_sessions, 1 / n_sessions)
    draws = np.random.default_rng(SEED).multinomial(n_sessions, chances, size=N_DRAWS)
    low, high = np.nanpercentile(statistic(draws.astype(np.float64)), [2.5, 97.5])
    return {"value": _round(value), "low": _round(low), "high": _round(high), "n": n}


def _bin_sums(session: JudgedSession) -> np.ndarray:
    """Number of accepted hits, their confidence and how many are right, (3, N_BINS)."""
    confidence = session.confidence[session.accepted]
    # A margin, so that 0.3 opens the bin that it names.
    bins = np.minimum((confidence * N_BINS + 1e-9).astype(int), N_BINS - 1)
    weights = (np.ones(len(bins)), confidence, session.right)
    return np.array([np.bincount(bins, weights=each, minlength=N_BINS) for each in weights])


def _round(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0
