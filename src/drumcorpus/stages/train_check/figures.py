"""Figures of several seeds with their intervals, alike for trees and networks."""

import numpy as np

from drumcorpus.ground.statistics.intervals import Groups, bootstrap_sums, interval, is_resolvable
from drumcorpus.ground.statistics.scores import effective_number, f_measure

DECIMALS = 6
DRAW_SEED = 0


def draw_tables(tables: np.ndarray, groups: Groups, n_draws: int) -> np.ndarray:
    """Counts of every seed over drawn groups; shape (n_draws, n_seeds, n_classes, 3)."""
    n_seeds, n_groups = tables.shape[:2]
    flat = tables.transpose(1, 0, 2, 3).reshape(n_groups, -1)
    sums = bootstrap_sums(flat, groups.strata, n_draws=n_draws, seed=DRAW_SEED)
    return sums.reshape(len(sums), n_seeds, tables.shape[2], 3)


def figure(of_seeds: np.ndarray, drawn: np.ndarray, sizes: np.ndarray) -> dict:
    """F of counts summed over seeds, with its interval and what two seeds differ by.

    `of_seeds` is of shape (n_seeds, 3), `drawn` of (n_draws, n_seeds, 3), `sizes` has the hits of
    each group.
    """
    n_effective = float(effective_number(sizes))
    resolvable = is_resolvable(int((sizes > 0).sum()), n_effective)
    ends = interval(f_measure(drawn.sum(axis=1)), n_effective) if resolvable else None
    limit = None
    if ends is not None and len(of_seeds) > 1:
        apart = interval(f_measure(drawn[:, 0]) - f_measure(drawn[:, 1]), n_effective)
        limit = None if apart is None else max(map(abs, apart))
    seeds = f_measure(of_seeds)
    spread = float(np.std(seeds, ddof=1)) if len(seeds) > 1 else None
    return {
        "f": rounded(f_measure(of_seeds.sum(axis=0))),
        "low": rounded(ends[0]) if ends else None,
        "high": rounded(ends[1]) if ends else None,
        "resolvable": ends is not None,
        "groups": int((sizes > 0).sum()),
        "effective_groups": rounded(n_effective),
        "seed_sd": rounded(spread),
        "detection_limit": rounded(limit),
    }


def rounded(value) -> float | None:
    """A value with six decimals; None where there is none."""
    return None if value is None or np.isnan(value) else round(float(value), DECIMALS) + 0.0
