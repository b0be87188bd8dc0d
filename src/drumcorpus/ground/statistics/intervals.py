"""Intervals: how much a score would move with other groups of sessions from the same sets.

What is drawn is the group, a family of sessions that share a performance, a work or a sound, and
not the file: files of one performance err together, and an interval that takes each for itself is
too narrow, by 6.6 times where every performance has 43 renderings. Groups are drawn within their
source set, with replacement, and counts are summed as whole numbers, so that the bytes of a result
depend on no library of linear algebra.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from drumcorpus.ground.statistics.scores import f_measure

LEVEL = 0.95
# Groups, and effective groups, below which an interval says less than its ends pretend.
FEWEST_GROUPS = 10
# Share of draws that may lack a value, as where no group with the class was drawn.
_MOST_EMPTY = 0.05
# Numbers drawn at a time: bounds the memory.
_BLOCK = 8_000_000


@dataclass(frozen=True)
class Groups:
    """Which group each session belongs to, and which set each group is drawn within.

    `of_session` has shape (n_sessions,), `strata` shape (n_groups,): whole numbers from 0.
    """

    of_session: np.ndarray
    strata: np.ndarray

    def __len__(self) -> int:
        return len(self.strata)

    def sums(self, table: np.ndarray) -> np.ndarray:
        """A table of sessions summed by group, shape (n_groups, ...)."""
        sums = np.zeros((len(self), *table.shape[1:]), dtype=np.int64)
        np.add.at(sums, self.of_session, table)
        return sums


def make_groups(families: list[str], source_sets: list[str]) -> Groups:
    """Groups of sessions by family; one of several sets is drawn with that of its first session.

    The smallest sets are drawn together until they have `FEWEST_GROUPS`: a set of one group is the
    same in every draw, and those of a few vary too little.
    """
    names = {name: n for n, name in enumerate(dict.fromkeys(families))}
    of_session = np.array([names[name] for name in families], dtype=np.int64)
    _, strata = np.unique(np.array(source_sets), return_inverse=True)
    _, first = np.unique(of_session, return_index=True)
    return Groups(of_session, _joined(strata[first]))


def _joined(strata: np.ndarray) -> np.ndarray:
    """The strata of groups, the smallest ones joined until they have `FEWEST_GROUPS` groups."""
    numbers, sizes = np.unique(strata, return_counts=True)
    order = np.argsort(sizes, kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    n_joined = int((before < FEWEST_GROUPS).sum())
    is_small = np.isin(strata, numbers[order[:n_joined]])
    return np.where(is_small, numbers[order[0]], strata)


def bootstrap_sums(
    tables: np.ndarray, strata: np.ndarray, *, n_draws: int, seed: int
) -> np.ndarray:
    """Sums over groups that are drawn with replacement, as many of each stratum as it has.

    Parameters
    ----------
    tables : np.ndarray, shape (n_groups, n_columns), int
        Whole numbers whose sums stay below 2**53.
    strata : np.ndarray, shape (n_groups,), int
    n_draws, seed : int
        Numbers come from Philox.

    Returns
    -------
    np.ndarray, shape (n_draws, n_columns), int64
    """
    random = np.random.Generator(np.random.Philox(seed))
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    values = tables.astype(float)
    parts = []
    step = max(1, _BLOCK // max(len(strata), 1))
    for first in range(0, n_draws, step):
        n = min(step, n_draws - first)
        weights = np.zeros((n, len(strata)))
        for rows in members:
            drawn = random.integers(0, len(rows), (n, len(rows)))
            drawn += np.arange(n)[:, None] * len(rows)  # in place: numbers of cells
            counts = np.bincount(drawn.reshape(-1), minlength=n * len(rows))
            del drawn
            weights[:, rows] = counts.reshape(n, len(rows))
        # Whole numbers in floating point: every order of summing gives the same.
        parts.append(np.rint(weights @ values).astype(np.int64))
    return np.concatenate(parts)


def interval(draws: np.ndarray, n_effective: float) -> tuple[float, float] | None:
    """The 95 % interval of drawn values; None where too many draws have none.

    Percentiles of draws are too narrow for few groups, by the missing degree of freedom and by
    Student's t: the shares that are cut off are widened for that, as Hesterberg (The American
    Statistician 69(4), 2015, "expanded percentile interval") has it.

    Parameters
    ----------
    draws : np.ndarray, shape (n_draws,)
        NaN where a draw has no value.
    n_effective : float
        Effective number of groups.
    """
    values = np.sort(draws[~np.isnan(draws)])
    if len(values) < len(draws) * (1 - _MOST_EMPTY) or len(values) == 0:
        return None
    n = max(float(n_effective), 2.0)
    quantile = special.stdtrit(n - 1, (1 - LEVEL) / 2)
    share = round(float(special.ndtr(quantile * np.sqrt(n / (n - 1)))), 6)
    low = int(np.floor(share * len(values)))
    return float(values[low]), float(values[len(values) - 1 - low])


def is_resolvable(n_groups: int, n_effective: float) -> bool:
    """Whether there are groups enough for an interval."""
    return n_groups >= FEWEST_GROUPS and n_effective >= FEWEST_GROUPS


def sign_flip(
    first: np.ndarray, second: np.ndarray, *, n_draws: int, seed: int, columns: int
) -> np.ndarray:
    """How often two systems that are exchanged by group differ in F as much as they do.

    Parameters
    ----------
    first, second : np.ndarray, shape (n_groups, columns, 3), int
        TP, FP and FN of two systems.
    n_draws, seed : int
        Numbers come from Philox.

    Returns
    -------
    np.ndarray, shape (columns,)
        Two-sided p, at least 1 / (n_draws + 1); NaN where F has no value.
    """
    random = np.random.Generator(np.random.Philox(seed))
    shape = (-1, columns, 3)
    difference = (first - second).reshape(len(first), -1).astype(float)
    totals = first.sum(axis=0), second.sum(axis=0)
    observed = np.abs(f_measure(totals[0]) - f_measure(totals[1]))
    as_extreme = np.zeros(columns, dtype=np.int64)
    step = max(1, _BLOCK // max(len(first), 1))
    for start in range(0, n_draws, step):
        n = min(step, n_draws - start)
        swaps = random.integers(0, 2, (n, len(first))).astype(float)
        moved = np.rint(swaps @ difference).astype(np.int64).reshape(shape)
        values = f_measure(totals[0] - moved) - f_measure(totals[1] + moved)
        # Equal values that are divided otherwise may differ in the last bit.
        as_extreme += (np.abs(values) >= observed - 1e-12).sum(axis=0)
    p = (as_extreme + 1) / (n_draws + 1)
    return np.where(np.isnan(observed), np.nan, p)


def holm(p: np.ndarray) -> np.ndarray:
    """p-values of several tests, adjusted as Holm has it (Scand. J. Statist. 6(2), 1979).

    Examples
    --------
    >>> holm(np.array([0.04, 0.01, 0.03])).tolist()
    [0.06, 0.03, 0.06]
    """
    order = np.argsort(p, kind="stable")
    factors = len(p) - np.arange(len(p))
    adjusted = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    values = np.empty(len(p))
    values[order] = adjusted
    return values
