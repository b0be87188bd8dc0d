"""How well predicted velocities follow those of the reference, within a session.

Pooled over sessions, differences of level between recordings would count as errors. Where the
velocities of a session do not vary, as where its labels have one alone, there is nothing to follow.
"""

import numpy as np

from drumcorpus.ground.predictions.hit_columns import NO_VELOCITY, VELOCITY_PARTS, HitColumns
from drumcorpus.ground.statistics.matching import Onsets

# Matches of one class with velocities on both sides that a session must have to count.
FEWEST = 10


class Velocities:
    """Rank correlations of sessions, and sums of absolute differences, by class."""

    def __init__(self, n_classes: int):
        self._correlations: list[list[float]] = [[] for _ in range(n_classes)]
        self._sums = np.zeros(n_classes, dtype=np.int64)
        self._matches = np.zeros(n_classes, dtype=np.int64)

    def add(
        self,
        onsets: Onsets,
        matched: tuple[np.ndarray, np.ndarray],
        sides: tuple[HitColumns, HitColumns],
    ) -> None:
        """Take the velocities of matches; the key of `onsets` is as in `Confusions.add`."""
        n_classes = len(self._sums)
        pairs = [
            side.velocity[onsets.row[places]].astype(np.int64)
            for side, places in zip(sides, matched, strict=True)
        ]
        both = (pairs[0] != NO_VELOCITY) & (pairs[1] != NO_VELOCITY)
        if not both.any():
            return
        # The matches are in order of session and class: each is one stretch.
        key, ours, theirs = onsets.key[matched[0]][both], pairs[0][both], pairs[1][both]
        starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        sizes = np.diff(np.append(starts, len(key)))
        varies = np.maximum.reduceat(ours, starts) > np.minimum.reduceat(ours, starts)
        counts = varies & (sizes >= FEWEST)
        is_in = np.repeat(counts, sizes)
        group = np.repeat(np.arange(counts.sum()), sizes[counts])
        classes = key[starts[counts]] % n_classes
        np.add.at(self._sums, key[is_in] % n_classes, np.abs(ours - theirs)[is_in])
        np.add.at(self._matches, classes, sizes[counts])
        for number, value in zip(
            classes.tolist(), _rank_correlations(group, ours[is_in], theirs[is_in]), strict=True
        ):
            self._correlations[number].append(value)

    def figures(self, number: int) -> dict | None:
        """Of one class: median correlation of its sessions, and mean absolute error.

        None where no session has `FEWEST` matches whose reference velocities vary.
        """
        values = sorted(self._correlations[number])
        if not values:
            return None
        middle = values[(len(values) - 1) // 2] + values[len(values) // 2]
        return {
            "sessions": len(values),
            "spearman_median": middle / 2,
            "mean_absolute_error": int(self._sums[number])
            / (int(self._matches[number]) * VELOCITY_PARTS),
        }


def _rank_correlations(group: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[float]:
    """Spearman's correlation within each group, 0 where the second side does not vary.

    Ranks of equal values are their mean; twice the rank is a whole number, so that all sums are.
    """
    n_groups = int(group[-1]) + 1 if len(group) else 0
    size = np.bincount(group, minlength=n_groups)
    ranks = [_twice_ranks(group, values) for values in (first, second)]
    centred = [rank - (size + 1)[group] for rank in ranks]

    def total(values: np.ndarray) -> np.ndarray:
        sums = np.zeros(n_groups, dtype=np.int64)
        np.add.at(sums, group, values)
        return sums

    shared = total(centred[0] * centred[1])
    spread = [total(values * values).astype(float) for values in centred]
    scale = np.sqrt(spread[0]) * np.sqrt(spread[1])
    return np.divide(shared, scale, out=np.zeros(n_groups), where=scale > 0).tolist()


def _twice_ranks(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Twice the rank, from 1, of each value within its group."""
    order = np.lexsort((values, group))
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(values[order]) != 0) | (np.diff(group[order]) != 0)
    starts = np.flatnonzero(is_new)
    stops = np.append(starts[1:], len(order))
    first_of_group = np.searchsorted(group[order], group[order][starts])
    twice = starts + stops + 1 - 2 * first_of_group
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.repeat(twice, stops - starts)
    return ranks
