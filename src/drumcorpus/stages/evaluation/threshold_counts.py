"""True and false positives at many thresholds, from few matchings.

Predictions that can be matched together form a transversal matroid: as many match at a threshold as
a heaviest set of them, by score, has members above it. In a chain of onsets with one prediction, or
two, that set is told by one matching; only longer chains are matched once for each threshold.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.statistics.matching import Onsets, match_onsets, merge_onsets


@dataclass(frozen=True)
class ScoredOnsets:
    """Onsets in one order, each of its side, key and time once; `score` is -inf of the reference.

    `chain`, shape (n,), numbers stretches of one key whose onsets follow each other within a
    window: no match leaves its chain.
    """

    onsets: Onsets
    score: np.ndarray
    chain: np.ndarray

    def take(self, places: np.ndarray) -> "ScoredOnsets":
        """Those at some places."""
        names = ("key", "time", "is_reference", "row")
        return ScoredOnsets(
            Onsets(*(getattr(self.onsets, name)[places] for name in names)),
            self.score[places],
            self.chain[places],
        )


def counts_at_thresholds(
    sides: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    score: np.ndarray,
    tried: np.ndarray,
    window: int,
) -> np.ndarray:
    """TP, FP and FN of each class with the predictions whose score is at least a threshold.

    Parameters
    ----------
    sides : ((key, time), (key, time))
        Reference and predictions as of `matching.merge_onsets`; a key is that of a session, times
        the number of classes, and the class. Of predictions of one key and time the best counts.
    score : np.ndarray, shape (n_predictions,)
    tried : np.ndarray, shape (n_tried, n_classes)
        Thresholds; NaN keeps all.
    window : int
        In µs.

    Returns
    -------
    np.ndarray, shape (n_tried, n_classes, 3), int
    """
    n_classes = tried.shape[1]
    limits = np.where(np.isnan(tried), -np.inf, tried)
    scored = _chained(merge_onsets(*sides, each_once=False), score, window)
    is_reference, label = scored.onsets.is_reference, scored.onsets.key % n_classes
    n_reference = np.bincount(label[is_reference], minlength=n_classes)
    predicted = _at_least(label[~is_reference], scored.score[~is_reference], limits)
    matched = np.zeros_like(predicted)
    of_chain = [np.bincount(scored.chain[side]) for side in (is_reference, ~is_reference)]
    size = max(map(len, of_chain), default=0)
    hits, said = (np.pad(each, (0, size - len(each))) for each in of_chain)
    one = scored.take(((hits > 0) & (said == 1))[scored.chain] & ~is_reference)
    matched += _at_least(one.onsets.key % n_classes, one.score, limits)
    two = scored.take(((hits > 0) & (said == 2))[scored.chain])
    rows = _heaviest_of_two(two, window)
    matched += _at_least(two.onsets.key[rows] % n_classes, two.score[rows], limits)
    longer = scored.take(((hits > 0) & (said > 2))[scored.chain])
    for number, places in enumerate(_above(longer, limits)):
        kept = longer.take(places).onsets
        labels = kept.key[match_onsets(kept, window)[0]] % n_classes
        matched[number] += np.bincount(labels, minlength=n_classes)
    return np.stack([matched, predicted - matched, n_reference - matched], axis=-1)


def _chained(onsets: Onsets, score: np.ndarray, window: int) -> ScoredOnsets:
    """Onsets of one side, key and time as one, with the best of their scores, and their chains."""
    if not len(onsets.key):
        return ScoredOnsets(onsets, np.zeros(0), np.zeros(0, dtype=np.int64))
    scores = np.full(len(onsets.key), -np.inf)
    scores[~onsets.is_reference] = score[onsets.row[~onsets.is_reference]]
    is_first = np.ones(len(scores), dtype=bool)
    is_first[1:] = (
        (np.diff(onsets.key) != 0)
        | (np.diff(onsets.time) != 0)
        | (onsets.is_reference[1:] != onsets.is_reference[:-1])
    )
    starts = np.flatnonzero(is_first)
    once = ScoredOnsets(onsets, scores, scores).take(starts).onsets
    is_start = (np.diff(once.time) > window) | (np.diff(once.key) != 0)
    chain = np.concatenate([[0], np.cumsum(is_start)])
    return ScoredOnsets(once, np.maximum.reduceat(scores, starts), chain)


def _at_least(label: np.ndarray, score: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """How many scores of each class are at or above its limits, shape (n_tried, n_classes)."""
    counts = np.zeros(limits.shape, dtype=np.int64)
    for number in range(limits.shape[1]):
        scores = np.sort(score[label == number])
        counts[:, number] = len(scores) - np.searchsorted(scores, limits[:, number])
    return counts


def _above(scored: ScoredOnsets, limits: np.ndarray) -> Iterator[np.ndarray]:
    label = scored.onsets.key % limits.shape[1]
    for limit in limits:
        yield np.flatnonzero(scored.onsets.is_reference | (scored.score >= limit[label]))


def _heaviest_of_two(scored: ScoredOnsets, window: int) -> np.ndarray:
    """Of chains with two predictions each the places of a heaviest set that can be matched.

    Where both can match they do; else the better of those that have a hit within the window.
    """
    onsets, chain = scored.onsets, scored.chain
    pairs = np.flatnonzero(~onsets.is_reference).reshape(-1, 2)
    if not len(pairs):
        return np.zeros(0, dtype=np.int64)
    places = np.arange(len(chain))
    before = np.maximum.accumulate(np.where(onsets.is_reference, places, -1))
    after = np.minimum.accumulate(np.where(onsets.is_reference, places, len(chain))[::-1])[::-1]
    can_match = np.zeros(len(chain), dtype=bool)
    for near in (before, after):
        other = np.clip(near, 0, len(chain) - 1)
        is_near = np.abs(onsets.time[other] - onsets.time) <= window
        can_match |= (other == near) & (chain[other] == chain) & is_near
    n_matched = np.bincount(chain[match_onsets(onsets, window)[0]], minlength=chain[-1] + 1)
    n_matched = n_matched[chain[pairs[:, 0]]]
    scores = np.where(can_match, scored.score, -np.inf)[pairs]
    best = np.take_along_axis(pairs, scores.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.concatenate([pairs[n_matched == 2].reshape(-1), best[n_matched == 1]])
