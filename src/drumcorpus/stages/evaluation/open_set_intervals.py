"""How sure the figures of an open set are: intervals over groups of sessions.

Which sounds score above which cannot be summed group by group. So scores are put into steps, and
what is drawn are the numbers of known and unknown sounds of each group in each step. Where there
are more distinct scores than steps, those of one step count as equal in the draws: what that moves
of the figure of all groups is taken off every draw.
"""

from collections.abc import Sequence

import numpy as np

from drumcorpus.ground.statistics.intervals import Groups, bootstrap_sums
from drumcorpus.ground.statistics.scores import effective_number
from drumcorpus.stages.evaluation.evaluate import interval_of
from drumcorpus.stages.evaluation.open_set_sounds import Sounds

FIGURES = ("auroc", "average_precision", "fpr_at_95_tpr")
TPR_PERCENT = 95
# Scores of one kind that steps are made of, and numbers of a table of groups and steps, at most.
MOST_STEPS = 500
_MOST_CELLS = 4_000_000
# Scores that the steps of many are chosen by, and draws that are looked at together.
_LOOKED_AT = 200_000
_DRAWS = 200


def count_steps(sounds: Sounds, groups: Groups) -> np.ndarray:
    """Numbers of known and unknown sounds of every group, from the lowest scores to the highest.

    Equal scores are in one step. The first step has the sounds that got no score.

    Returns
    -------
    np.ndarray, shape (n_groups, n_steps, 2), int64
    """
    n_most = max(10, min(MOST_STEPS, _MOST_CELLS // (4 * len(groups))))
    edges = _edges([sounds.known, sounds.unknown], n_most)
    table = np.zeros((len(groups) * (len(edges) + 1), 2), dtype=np.int64)
    of_known = np.repeat(groups.of_session.astype(np.int32), sounds.known_of_session)
    sides = ((sounds.known, of_known), (sounds.unknown, groups.of_session[sounds.session]))
    for side, (scores, group) in enumerate(sides):
        for first in range(0, len(scores), _LOOKED_AT):
            rows = slice(first, first + _LOOKED_AT)
            step = np.searchsorted(edges, scores[rows], side="right")
            cells = group[rows].astype(np.int64) * (len(edges) + 1) + step
            table[:, side] += np.bincount(cells, minlength=len(table))
    return table.reshape(len(groups), len(edges) + 1, 2)


def _edges(sides: Sequence[np.ndarray], n_most: int) -> np.ndarray:
    """Lowest scores of steps: every one where there are few, else quantiles of either side."""
    chosen = []
    for scores in sides:
        seen = np.unique(scores[:: max(1, len(scores) // _LOOKED_AT)])
        seen = seen[np.isfinite(seen)]
        if len(seen) > n_most:
            # By sounds and not by distinct scores, for one score may be that of most of them.
            looked = np.sort(scores[:: max(1, len(scores) // _LOOKED_AT)])
            looked = looked[np.isfinite(looked)]
            seen = np.unique(looked[np.arange(n_most) * len(looked) // n_most])
        chosen.append(seen)
    return np.unique(np.concatenate(chosen))


def draw_figures(
    table: np.ndarray,
    exact: Sequence[float | None],
    strata: np.ndarray,
    *,
    n_draws: int,
    seed: int,
) -> dict | None:
    """Intervals of the three figures, by their names; None without sounds of both kinds.

    Parameters
    ----------
    table : np.ndarray, shape (n_groups, n_steps, 2)
        As of `count_steps`.
    exact : sequence of float
        The figures of all groups, of single scores.
    strata : np.ndarray, shape (n_groups,)
    n_draws, seed : int
        As of `intervals.bootstrap_sums`.
    """
    if exact[0] is None:
        return None
    sizes = table.sum(axis=1)
    n_groups = int((sizes > 0).sum(axis=0).min())
    n_effective = float(effective_number(sizes).min())
    columns = table.reshape(len(table), -1)
    drawn = bootstrap_sums(columns, strata, n_draws=n_draws, seed=seed)
    parts = [
        figures_of_steps(drawn[first : first + _DRAWS].reshape(-1, *table.shape[1:]))
        for first in range(0, n_draws, _DRAWS)
    ]
    values = np.concatenate(parts, axis=1)
    moved = np.array(exact) - figures_of_steps(table.sum(axis=0)[None])[:, 0]
    values = np.clip(values + moved[:, None], 0, 1)
    return {
        name: interval_of(row, n_groups, n_effective)
        for name, row in zip(FIGURES, values, strict=True)
    }


def figures_of_steps(counts: np.ndarray) -> np.ndarray:
    """AUROC, AP and FPR at a TPR of 95 % of numbers by step.

    Parameters
    ----------
    counts : np.ndarray, shape (n_tables, n_steps, 2), int
        Known and unknown sounds, from the lowest step to the highest; the first got no score.

    Returns
    -------
    np.ndarray, shape (3, n_tables)
        NaN for a table that lacks one of the kinds.

    Examples
    --------
    >>> figures_of_steps(np.array([[[0, 0], [0, 1], [1, 1], [1, 0]]]))[:, 0].round(6).tolist()
    [0.875, 0.833333, 0.5]
    """
    gained, taken = np.moveaxis(counts[:, ::-1], -1, 0)
    tp, fp = gained.cumsum(axis=1), taken.cumsum(axis=1)
    n_known, n_unknown = tp[:, -1].astype(float), fp[:, -1].astype(float)
    both = (n_known > 0) & (n_unknown > 0)
    n_known[~both] = n_unknown[~both] = np.nan
    area = (taken * (tp - gained / 2)).sum(axis=1) / (n_known * n_unknown)
    precision = (gained * tp / np.maximum(tp + fp, 1)).sum(axis=1) / n_known
    # The last step is that of the sounds that got no score: no threshold is there.
    reached = (tp * 100 >= TPR_PERCENT * tp[:, -1:])[:, :-1]
    place = reached.argmax(axis=1)[:, None]
    fpr = np.take_along_axis(fp, place, axis=1)[:, 0] / n_unknown
    fpr = np.where(reached.any(axis=1), fpr, np.where(both, 1.0, np.nan))
    return np.stack([area, precision, fpr])
