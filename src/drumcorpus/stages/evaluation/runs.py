"""Several runs of one system, trained with other seeds: how much of a score is chance."""

import os
from collections.abc import Sequence

import numpy as np
from scipy import special

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.statistics.intervals import LEVEL
from drumcorpus.ground.statistics.scores import effective_number, f_measure
from drumcorpus.stages.evaluation.evaluate import Scored, interval_of


def check_runs(paths: Sequence[str | os.PathLike]) -> None:
    """Refuse predictions that are named twice as those of two runs: nothing varies between them.

    Raises
    ------
    ValueError
        If two paths lead to one place.
    """
    places = [os.path.realpath(path) for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise ValueError(
                f"--another-seed: {visible(str(path))} is named twice; wanted: each run once, and "
                "that of --predictions not again"
            )


def over_runs(runs: Sequence[Scored], classes: Sequence[str]) -> dict:
    """The mean F of runs, with intervals over groups and runs at once.

    An interval over groups alone says nothing of another training. Runs are too few to be drawn
    with replacement: of two or three that covers far less than it says. So the two are added as
    squares, the distance of each end over groups (the same draws for all runs), and that of
    Student's t over runs (MOVER, Zou and Donner, Statistics in Medicine 27(10), 2008).

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
    drawn = np.mean([f_measure(_with_all(run.draws)) for run in runs], axis=0)
    sizes = tables[0][..., 0] + tables[0][..., 2]
    quantile = float(special.stdtrit(len(runs) - 1, (1 + LEVEL) / 2))

    def row(n: int) -> dict | None:
        if np.isnan(values[:, n]).any():
            return None
        ends = interval_of(drawn[:, n], int((sizes[:, n] > 0).sum()), effective_number(sizes[:, n]))
        f, sd = float(values[:, n].mean()), float(values[:, n].std(ddof=1))
        if ends["resolvable"]:
            apart = quantile * sd / np.sqrt(len(runs))
            ends["low"] = max(0.0, f - float(np.hypot(f - ends["low"], apart)))
            ends["high"] = min(1.0, f + float(np.hypot(ends["high"] - f, apart)))
        return {"f_of_runs": values[:, n].tolist(), "f": f, "sd": sd} | ends

    return {
        "runs": len(runs),
        "micro": row(len(classes)),
        "classes": {name: row(n) for n, name in enumerate(classes)},
    }


def _with_all(table: np.ndarray) -> np.ndarray:
    """Counts by class, and last their sums; classes are the axis before the last."""
    return np.concatenate([table, table.sum(axis=-2, keepdims=True)], axis=-2)
