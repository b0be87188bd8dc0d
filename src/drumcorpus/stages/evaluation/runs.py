"""Several runs of one system, trained with other seeds: how much of a score is chance."""

from collections.abc import Sequence

import numpy as np

from drumcorpus.ground.statistics.scores import effective_number, f_measure
from drumcorpus.stages.evaluation.evaluate import Resampling, Scored, interval_of


def over_runs(runs: Sequence[Scored], classes: Sequence[str], resampling: Resampling) -> dict:
    """The mean F of runs, with intervals over groups and runs at once.

    In each resample groups are drawn, the same for all runs, and as many runs as there are, with
    replacement: an interval over groups alone says nothing of another training.

    Parameters
    ----------
    runs : sequence of Scored
        Two or more, of one split, all with the same draws.

    Returns
    -------
    dict
        ``runs``, ``micro``, and ``classes``: F of every run, their mean and standard deviation
        (of n - 1), and the interval; None where there is no hit.
    """
    tables = [_with_all(run.groups) for run in runs]
    values = np.array([f_measure(table.sum(axis=0)) for table in tables])
    draws = np.array([f_measure(_with_all(run.draws)) for run in runs])
    random = np.random.Generator(np.random.Philox(resampling.seed + 2))
    chosen = random.integers(0, len(runs), (len(runs), resampling.n_draws))
    drawn = draws[chosen, np.arange(resampling.n_draws)].mean(axis=0)
    sizes = tables[0][..., 0] + tables[0][..., 2]

    def row(n: int) -> dict | None:
        if np.isnan(values[:, n]).any():
            return None
        ends = interval_of(drawn[:, n], int((sizes[:, n] > 0).sum()), effective_number(sizes[:, n]))
        return {
            "f_of_runs": values[:, n].tolist(),
            "f": float(values[:, n].mean()),
            "sd": float(values[:, n].std(ddof=1)),
        } | ends

    return {
        "runs": len(runs),
        "micro": row(len(classes)),
        "classes": {name: row(n) for n, name in enumerate(classes)},
    }


def _with_all(table: np.ndarray) -> np.ndarray:
    """Counts by class, and last their sums; classes are the axis before the last."""
    return np.concatenate([table, table.sum(axis=-2, keepdims=True)], axis=-2)
