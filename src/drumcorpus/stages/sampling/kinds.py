"""What an event weighs by its kind: its labels, and the factor of its techniques."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from drumcorpus.stages.sampling.effects import rounded, rounded_all
from drumcorpus.stages.sampling.settings import SamplingSettings


def class_weights(hits: np.ndarray, labels: Sequence[str], settings) -> list[float]:
    """Weight of each class (n_classes,), of mean 1 over the hits before they are held to bounds."""
    if not len(hits):
        return []
    weights = (hits + float(settings.smoothing)) ** -settings.exponent
    weights = rounded_all(weights * (hits.sum() / (hits * weights).sum()))
    bounds = np.array([settings.bounds(label) for label in labels])
    return np.clip(weights, bounds[:, 0], bounds[:, 1]).tolist()


def kind_weights(
    kinds: Iterable[tuple], classes: Mapping[str, float], settings: SamplingSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weight of the events of each kind (n_kinds,), and its bounds in average events."""
    rows = []
    for labels, factor in kinds:
        largest = max((classes[label] for label in labels), default=1.0)
        bounds = [settings.bounds(label) for label in labels if classes[label] == largest]
        least = max((low for low, _ in bounds), default=0.0)
        rows.append((largest * factor, least, max((high for _, high in bounds), default=math.inf)))
    return tuple(np.array(rows, float).reshape(-1, 3).T)


def clamp_of(raw: np.ndarray, n: np.ndarray, distinct: np.ndarray, settings) -> dict:
    """Bounds as multiples of the median event, and how many events they touch.

    Of each kind (n_kinds,): its weight, its events, and these with all copies of one as one. The
    median is of the distinct ones, so that copies do not move it.
    """
    order = np.argsort(raw, kind="stable")
    reached = np.cumsum(distinct[order])
    half = reached[-1] / 2
    # One kind, or the two beside the middle: copies count as fractions, whose sums are not exact.
    middle = np.searchsorted(reached, [half * (1 - 1e-9), half * (1 + 1e-9)])
    median = float(raw[order][middle].mean())
    low, high = rounded(settings.floor * median), rounded(settings.ceiling * median)
    n_floor, n_ceiling = int(n[raw < low].sum()), int(n[raw > high].sum())
    clamp = {"median": rounded(median), "low": low, "high": high}
    clamp |= {"n_at_floor": n_floor, "n_at_ceiling": n_ceiling}
    return clamp | {"share": rounded((n_floor + n_ceiling) / n.sum())}
