"""One factor for each source set, by which its events come to a wanted sum within their bounds.

Weights that keep to totals and to bounds of their own are calibration weights [1]_. Here the totals
are of parts that do not overlap, the source sets, so that each has one factor and it is found by
itself: the sum of a set never falls as its factor grows.

.. [1] J.-C. Deville and C.-E. Särndal, "Calibration estimators in survey sampling", JASA 87, 1992.
"""

from dataclasses import dataclass

import numpy as np

_CLOSE = 1e-12  # relative; factors are kept with 9 digits
_MOST_HALVINGS = 200


@dataclass(frozen=True)
class Part:
    """Events of one source set, or of all; a cell is some events that weigh alike.

    Attributes
    ----------
    base, least, most : np.ndarray, shape (n_cells,)
        Weight of an event before the factor, above 0, and its bounds.
    n : np.ndarray, shape (n_cells,)
        Events of each cell; a part of one where events share a weight.
    group : np.ndarray, shape (n_cells,), int64
        Number of each cell's group, from 0.
    caps : np.ndarray, shape (n_groups,)
        Largest sum of the weights of each group; infinite for none.
    """

    base: np.ndarray
    least: np.ndarray
    most: np.ndarray
    n: np.ndarray
    group: np.ndarray
    caps: np.ndarray

    def weights(self, factor: float) -> np.ndarray:
        """Weight of an event of each cell, before the caps."""
        return np.clip(self.base * factor, self.least, self.most)

    def group_sums(self, factor: float) -> np.ndarray:
        """Sum of the weights of each group, before the caps."""
        return np.bincount(self.group, self.n * self.weights(factor), len(self.caps))

    def total(self, factor: float) -> float:
        """Sum of all weights, each group held to its cap; it never falls as the factor grows."""
        return float(np.minimum(self.group_sums(factor), self.caps).sum())

    def reach(self) -> tuple[float, float]:
        """The least and the largest sum that any factor can give."""
        with np.errstate(invalid="ignore"):
            return self.total(0.0), self.total(np.inf)


def factor_for(part: Part, wanted: float) -> float:
    """The factor by which a part comes to the wanted sum, which is within its reach.

    By bisection of its logarithm, to a relative 1e-12 of the sum.
    """
    low = high = 1.0
    while part.total(low) > wanted and low > 1e-300:
        low /= 2
    while part.total(high) < wanted * (1 - _CLOSE) and high < 1e300:
        high *= 2
    if low == high:
        return 1.0
    for _ in range(_MOST_HALVINGS):
        middle = float(np.sqrt(low) * np.sqrt(high))
        total = part.total(middle)
        if abs(total - wanted) <= _CLOSE * wanted or not low < middle < high:
            return middle
        low, high = (middle, high) if total < wanted else (low, middle)
    return middle


def wanted_shares(sums: dict[str, float], shares: dict[str, float]) -> dict[str, float]:
    """The share of each source set with events, which add up to 1.

    Parameters
    ----------
    sums : dict
        Of the weights of each source set with events.
    shares : dict
        Those that are asked for. Of a set without events none counts. The others share what is
        left in the proportion of their sums; where there are none, what is left is shared by those
        that are named, in the proportion of their shares.

    Raises
    ------
    ValueError
        If nothing is left for sets that are not named.
    """
    named = {name: shares[name] for name in sums if name in shares}
    others = {name: total for name, total in sums.items() if name not in shares}
    left = 1 - sum(named.values())
    if not others:
        return {name: share / sum(named.values()) for name, share in named.items()}
    if left < 1e-9:
        raise ValueError(
            f"source_set_shares: {', '.join(named)} have all of the draws; nothing is left for "
            f"{', '.join(sorted(others))}. Name these too, or ask for less"
        )
    total = sum(others.values())
    return named | {name: left * part / total for name, part in others.items()}
