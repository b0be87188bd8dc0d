"""Confidence against truth by what a hit is near: other crashes, its strength, its session.

Conventions: a bin reaches from its lower edge to below the upper one. Hits are accepted ones of all
sessions that state a confidence; in a session of one cymbal a hit is right under the name that most
have.
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from score import JudgedSession, share_of_hits

MANY = 200  # hits from which a bin says something
DECIMALS = 4
NEVER = float("inf")
# Of the time from the last, and to the next, stroke of another crash in the session, s; the last
# bin is of hits without one.
TIMES = (0.0, 0.3, 0.6, 1.0, 2.0, 4.0, 8.0, NEVER)
VELOCITIES = (1, 32, 48, 64, 80, 96, 112, 128)
SESSION_HITS = (1, 8, 12, 16, 24, 32, 48, NEVER)
CONFIDENCES = (0.0, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)

BY: dict[str, tuple[Sequence[float], Callable[[JudgedSession], np.ndarray]]] = {
    "s since another crash": (TIMES, lambda session: session.since_other),
    # Of the time from the last stroke with another name: that is all that is known where the truth
    # is not.
    "s since another name": (TIMES, lambda session: session.since_named),
    "s until another crash": (TIMES, lambda session: session.until_other),
    "velocity": (VELOCITIES, lambda session: session.velocity),
    "crash hits of the session": (
        SESSION_HITS,
        lambda session: np.full(len(session.truth), len(session.truth)),
    ),
    "confidence": (CONFIDENCES, lambda session: session.confidence),
}


def times_to_others(onsets: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Seconds from the last stroke of another cymbal, and to the next one.

    Parameters
    ----------
    onsets : np.ndarray, shape (n_hits,)
        Of all crash hits of one session, s.
    truth : np.ndarray, shape (n_hits,)
        Cymbal truly struck.

    Returns
    -------
    since, until : np.ndarray, shape (n_hits,)
        0 where another is struck at once; infinite where none is struck before, or after.
    """
    distance = onsets[:, None] - onsets[None, :]
    another = truth[:, None] != truth[None, :]
    before = np.where(another & (distance >= 0), distance, NEVER)
    after = np.where(another & (distance <= 0), -distance, NEVER)
    return before.min(axis=1, initial=NEVER), after.min(axis=1, initial=NEVER)


def relate(sessions: Sequence[JudgedSession]) -> dict[str, list[dict]]:
    """Reliability by each quantity of `BY`.

    Returns
    -------
    bins : dict of str to list of dict
        By quantity its bins that hold a hit: `from`, `to` (None for no upper edge; both None for
        hits that no other crash precedes or follows), `hits`, `mean_confidence`, `right` (an
        estimate), `off` (mean confidence less share right) and `many`, whether there are `MANY`.
    """
    stated = [
        session
        for session in sessions
        if session.confidence is not None and session.since_other is not None
    ]
    return {name: _bins(stated, edges, values) for name, (edges, values) in BY.items()}


def _bins(sessions: Sequence[JudgedSession], edges: Sequence[float], values: Callable) -> list:
    rows = []
    bounds = list(itertools.pairwise(edges))
    if edges is TIMES:
        bounds.append((NEVER, NEVER))
    for low, high in bounds:
        right, confidence = [], []
        for session in sessions:
            if values(session) is None:
                continue
            value = values(session)[session.accepted]
            inside = (value >= low) & (value < high)
            if low == NEVER:
                inside = np.isinf(value)
            elif edges is CONFIDENCES and high == CONFIDENCES[-1]:
                inside = value >= low
            right.append(session.right[inside])
            confidence.append(session.confidence[session.accepted][inside])
        n_hits = sum(map(len, right))
        if not n_hits:
            continue
        mean_confidence = float(np.concatenate(confidence).mean())
        estimate = share_of_hits(right)
        rows.append(
            {
                "from": None if low == NEVER else low,
                "to": None if high == NEVER else high,
                "hits": n_hits,
                "mean_confidence": round(mean_confidence, DECIMALS),
                "right": estimate,
                "off": round(mean_confidence - estimate["value"], DECIMALS) + 0.0,
                "many": n_hits >= MANY,
            }
        )
    return rows
