"""The scores of known and of unknown sounds, session by session."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.predictions.hit_columns import HitColumns
from drumcorpus.stages.evaluation.counting import blocks
from drumcorpus.stages.evaluation.reference import Reference

_TIME_BITS = 41


@dataclass
class Sounds:
    """Scores of sounds; minus infinity for one that got none.

    Known ones stand in order of session, and `known_of_session`, shape (n_sessions,), counts those
    of each; `session` has the session of every unknown one. `n_percussion` are the unknown ones
    that are struck, `n_left_out` those that were too near to a known sound to be any.
    """

    known: np.ndarray
    unknown: np.ndarray
    known_of_session: np.ndarray
    session: np.ndarray
    n_percussion: int
    n_left_out: int


def score_sounds(
    reference: Reference,
    predictions: HitColumns,
    unknown_classes: Collection[int],
    window: int,
) -> Sounds:
    """What a system says of known and of unknown sounds.

    A sound is all hits of a session at one time. Its score is the highest of a prediction of a
    known class within the window; that of a negative example the highest within its stretch. An
    unknown sound that is near a known one is none: a prediction could be of either.

    Parameters
    ----------
    reference, predictions, unknown_classes, window
        As of `open_set.open_set`.
    """
    n_sessions = len(reference.sessions)
    negatives = reference.negatives[np.argsort(reference.negatives[:, 0], kind="stable")]
    # Of known sounds there are at most as many as hits.
    known, n_known = np.empty(len(reference.hits)), 0
    unknown, sessions = [np.zeros(0)], [np.zeros(0, dtype=np.int32)]
    known_of_session = np.zeros(n_sessions, dtype=np.int64)
    n_percussion = n_left_out = before = 0
    for first, stop, (hits, said) in blocks(reference.hits, predictions, n_sessions, n_sessions):
        is_unknown = reference.is_unknown[before : before + len(hits)]
        before += len(hits)
        spoken = said.take(~np.isin(said.label, sorted(unknown_classes)))
        code = _codes(spoken.session, spoken.onset)
        order = np.argsort(code, kind="stable")
        code, score = code[order], spoken.score[order]
        sounds = np.unique(_codes(hits.session[~is_unknown], hits.onset[~is_unknown]))
        known[n_known : n_known + len(sounds)] = _highest(
            code, score, sounds - window, sounds + window
        )
        n_known += len(sounds)
        others = reference.unknown.take(_between(reference.unknown.session, first, stop))
        others = np.unique(_codes(others.session, others.onset))
        low, high = (
            np.searchsorted(sounds, others + shift, side=side)
            for shift, side in ((-2 * window, "left"), (2 * window, "right"))
        )
        apart = others[low == high]
        n_percussion += len(apart)
        n_left_out += len(others) - len(apart)
        rows = negatives[_between(negatives[:, 0], first, stop)]
        start, end = (_codes(rows[:, 0], rows[:, n]) for n in (1, 2))
        unknown += [
            _highest(code, score, apart - window, apart + window),
            _highest(code, score, start, end),
        ]
        sessions += [(codes >> _TIME_BITS).astype(np.int32) for codes in (apart, start)]
        of_block = np.bincount((sounds >> _TIME_BITS) - first, minlength=stop - first)
        known_of_session[first:stop] = of_block
    return Sounds(
        known[:n_known],
        np.concatenate(unknown),
        known_of_session,
        np.concatenate(sessions),
        n_percussion,
        n_left_out,
    )


def _codes(session: np.ndarray, time: np.ndarray) -> np.ndarray:
    return (session.astype(np.int64) << _TIME_BITS) + time


def _between(session: np.ndarray, first: int, stop: int) -> slice:
    """Rows of sessions from `first` to below `stop`, of sorted ones."""
    return slice(*np.searchsorted(session, [first, stop]).tolist())


def _highest(code: np.ndarray, score: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The highest score from each low to each high code, both included; -inf where there is none.

    A time before the start falls among codes of the session before, later than any of its times.
    """
    values = np.full(len(low), -np.inf)
    starts = np.searchsorted(code, low, side="left")
    stops = np.searchsorted(code, high, side="right")
    some = np.flatnonzero(stops > starts)
    if len(some):
        bounds = np.stack([starts[some], stops[some]], axis=1).reshape(-1)
        values[some] = np.maximum.reduceat(np.append(score, -np.inf), bounds)[::2]
    return values
