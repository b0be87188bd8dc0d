"""Figures of arms with paired intervals, and what they say of the hypotheses."""

from collections.abc import Sequence

import numpy as np
from excerpts import Events
from learned import Said

from drumcorpus.ground.statistics.intervals import bootstrap_sums, interval, is_resolvable
from drumcorpus.ground.statistics.ranking import roc_area
from drumcorpus.ground.statistics.scores import effective_number, f_measure

N_DRAWS = 2_000
SEED = 0
LEAST_OF_EACH = 3  # events of each crash alone in a recording that is judged
SUPPORTED, REFUTED, NOT_RESOLVABLE = "supported", "refuted", "not resolvable"


def draw_groups(n_groups: int) -> np.ndarray:
    """How often each group is drawn; shape (N_DRAWS, n_groups). The first row is all, once each."""
    strata = np.zeros(n_groups, int)
    drawn = bootstrap_sums(np.eye(n_groups, dtype=int), strata, n_draws=N_DRAWS, seed=SEED)
    return np.concatenate([np.ones((1, n_groups), int), drawn])


def micro_f(table: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """F of all classes pooled, for each drawing of groups."""
    return f_measure(weights @ table.sum(axis=1))


def class_f(table: np.ndarray, weights: np.ndarray, column: int) -> np.ndarray:
    """F of one class, for each drawing."""
    return f_measure(weights @ table[:, column])


def class_recall(table: np.ndarray, weights: np.ndarray, column: int) -> np.ndarray:
    """Recall of one class, for each drawing."""
    tp, _, fn = (weights @ table[:, column]).T
    return np.divide(tp, tp + fn, out=np.full(len(tp), np.nan), where=tp + fn > 0)


def class_ap(events: Events, said: Sequence[Said], weights: np.ndarray, column: int) -> np.ndarray:
    """Average precision of one class, for each drawing; what seeds say is ranked by itself."""
    sums = np.zeros(len(weights))
    for each in said:
        scores, truth = each.scores[:, column], events.truth[each.rows, column]
        order = np.argsort(-scores, kind="stable")
        groups, hits = events.performance[each.rows][order], truth[order]
        ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
        for row, drawn in enumerate(weights):
            of = drawn[groups].astype(float)
            tp, n = np.cumsum(of * hits)[ends], np.cumsum(of)[ends]
            gained = np.diff(tp, prepend=0)
            whole = tp[-1]
            precision = np.divide(tp, n, out=np.zeros_like(tp), where=n > 0)
            sums[row] += (gained * precision).sum() / whole if whole else np.nan
    return sums / len(said)


def crash_areas(
    events: Events, said: Sequence[Said], names: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray]:
    """AUROC of the second crash against the first within recordings: sums and number by group.

    Which is called the first is naming: in each kit the two are exchanged where that gives more.
    """
    first, second = (events.classes.index(name) for name in names)
    areas = []
    for each in said:
        truth = events.truth[each.rows]
        alone = truth[:, first] != truth[:, second]
        recordings = events.recording[each.rows]
        margin = each.scores[:, second] - each.scores[:, first]
        for number in np.unique(recordings[alone]):
            rows = np.flatnonzero(alone & (recordings == number))
            is_second = truth[rows, second]
            if min(is_second.sum(), (~is_second).sum()) >= LEAST_OF_EACH:
                kit, performance = divmod(int(number), len(events.performances))
                areas.append((kit, performance, roc_area(margin[rows], is_second)))
    sums, counts = np.zeros((2, len(events.performances)))
    for kit in range(len(events.kits)):
        of = [(performance, area) for k, performance, area in areas if k == kit]
        turned = bool(of) and np.mean([area for _, area in of]) < 0.5
        for performance, area in of:
            sums[performance] += 1 - area if turned else area
            counts[performance] += 1
    return sums, counts


def mean_area(areas: tuple[np.ndarray, np.ndarray], weights: np.ndarray) -> np.ndarray:
    """The mean of areas over recordings, for each drawing."""
    sums, counts = (weights @ each for each in areas)
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def estimate(draws: np.ndarray, sizes: np.ndarray) -> dict:
    """A figure with its interval; `sizes` is what each group holds of what it rests on."""
    n_effective = float(effective_number(sizes))
    ends = interval(draws[1:], n_effective)
    resolvable = is_resolvable(int((sizes > 0).sum()), n_effective) and ends is not None
    value = None if np.isnan(draws[0]) else round(float(draws[0]), 4)
    low, high = (round(end, 4) for end in ends) if resolvable else (None, None)
    return {"value": value, "low": low, "high": high, "groups": round(n_effective, 1)}


def judge(figure: dict, above: float | None = None, below: float | None = None) -> str:
    """Whether a figure is where it was expected: above a number, below one, or between two."""
    low, high = figure["low"], figure["high"]
    if low is None:
        return NOT_RESOLVABLE
    floor = -np.inf if above is None else above
    ceiling = np.inf if below is None else below
    if floor < low and high < ceiling:
        return SUPPORTED
    return REFUTED if high <= floor or low >= ceiling else NOT_RESOLVABLE


def detection_limit(figure: dict) -> float | None:
    """The end farther from 0 of the interval of the null arm; None where it is not resolvable."""
    if figure["low"] is None:
        return None
    return round(max(abs(figure["low"]), abs(figure["high"])), 4)
