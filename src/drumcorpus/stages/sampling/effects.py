"""What sampling weights do to the draws, as the product says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from drumcorpus.stages.sampling.cells import Cells, Names
from drumcorpus.stages.sampling.settings import SamplingSettings


@dataclass(frozen=True)
class Drawn:
    """Cells with their weights.

    Attributes
    ----------
    cells : Cells
    names : Names
    group : np.ndarray, shape (n_cells,), int64
        Number of each cell's group.
    raw : np.ndarray, shape (n_kinds,)
        Weight of an event of each kind, before anything holds it.
    clamp : dict
        ``low`` and ``high``, to which it is clamped.
    held : np.ndarray, shape (n_cells,)
        Weight of an event of each cell before the caps.
    group_factors : np.ndarray, shape (n_groups,)
    least, most : np.ndarray, shape (n_cells,)
        Bounds of an event of each cell.
    sets : np.ndarray, shape (n_cells,), int64
        Number of each cell's source set, in the order of `factors`.
    factors, wanted : dict
        By source set, its factor, and its share where shares are asked for.
    """

    cells: Cells
    names: Names
    group: np.ndarray
    raw: np.ndarray
    clamp: Mapping[str, float]
    held: np.ndarray
    group_factors: np.ndarray
    least: np.ndarray
    most: np.ndarray
    sets: np.ndarray
    factors: Mapping[str, float]
    wanted: Mapping[str, float]

    @property
    def weight(self) -> np.ndarray:
        """Weight of an event of each cell that shares it with none, (n_cells,)."""
        return self.held * self.group_factors[self.group]

    @property
    def mass(self) -> np.ndarray:
        """Sum of the weights of each cell, (n_cells,)."""
        return self.weight * self.cells.distinct


def labels_of_kinds(kinds: Iterable[tuple]) -> tuple[list[str], np.ndarray]:
    """Every label in order, and how often each kind has it, (n_kinds, n_labels)."""
    kinds = [labels for labels, _ in kinds]
    every = sorted({label for labels in kinds for label in labels})
    places = {label: place for place, label in enumerate(every)}
    struck = np.zeros((len(kinds), len(every)))
    for number, labels in enumerate(kinds):
        for label in labels:
            struck[number, places[label]] += 1
    return every, struck


def describe_draws(drawn: Drawn, classes: Mapping[str, float], settings: SamplingSettings) -> dict:
    """Everything that the product says of the draws; `classes` has the weight of each class."""
    cells, mass, total = drawn.cells, drawn.mass, drawn.mass.sum()
    n_events = int(cells.n.sum())
    effective = _effective_size(drawn, np.ones(len(mass), bool))
    units = list(drawn.names.units)
    sessions = _numbers(unit[:2] for unit in units)[cells.unit]
    before, after = np.bincount(sessions, cells.n), np.bincount(sessions, mass)
    capped = drawn.group_factors[drawn.group] < 1
    splits = sorted({unit[2] for unit in units})
    split = np.array([splits.index(unit[2]) for unit in units])[cells.unit]
    of_classes = _classes(drawn, classes)
    return {
        "n_events": n_events,
        "n_distinct_events": rounded(cells.distinct.sum()),
        "n_hits": sum(effect["n_hits"] for effect in of_classes.values()),
        "n_sessions": len(before),
        "n_sessions_capped": len(np.unique(sessions[capped])),
        "largest_session_share_before": rounded(before.max() / n_events),
        "largest_session_share_after": rounded(after.max() / total),
        "groups": _groups(drawn, settings.group_field, total),
        "epoch_draws": rounded(total),
        "effective_sample_size": rounded(effective),
        "effective_sample_share": rounded(effective / n_events),
        "n_touched": _touched(drawn, capped),
        "classes": of_classes,
        "class_bounds": _class_bounds(drawn, classes, settings),
        "source_sets": _source_sets(drawn, total),
        "shares_without_events": sorted(set(settings.source_set_shares) - set(drawn.factors)),
        "splits": {
            name: _shares(drawn, split == number, total) for number, name in enumerate(splits)
        },
    }


def _groups(drawn: Drawn, field: str, total: float) -> dict:
    """What the caps do to the groups that they bound."""
    before = np.bincount(drawn.group, drawn.cells.n)
    after = np.bincount(drawn.group, drawn.mass)
    return {
        "field": field,
        "n": len(before),
        "n_capped": int((drawn.group_factors < 1).sum()),
        "largest_share_before": rounded(before.max() / before.sum()),
        "largest_share_after": rounded(after.max() / total),
    }


def _touched(drawn: Drawn, capped: np.ndarray) -> dict:
    """How many events each rule changes the weight of."""
    n, kind = drawn.cells.n, drawn.cells.kind
    factor = np.array([factor for _, factor in drawn.names.kinds])[kind]
    raw, clamp = drawn.raw[kind], drawn.clamp
    at_bounds = _at_least(drawn) | (drawn.held == drawn.most)
    return {
        "dedupe_fields": drawn.cells.n_shared,
        "technique_factors": int(n[factor != 1].sum()),
        "clamp": int(n[(raw < clamp["low"]) | (raw > clamp["high"])].sum()),
        "class_bounds": int(n[at_bounds].sum()),
        "caps": int(n[capped].sum()),
        "source_set_shares": int(n.sum()) if drawn.wanted else 0,
    }


def _classes(drawn: Drawn, classes: Mapping[str, float]) -> dict:
    """Share of each class in the hits drawn before and after weighting, and effective count."""
    labels, struck = labels_of_kinds(drawn.names.kinds)
    n_hits = np.bincount(drawn.cells.kind, drawn.cells.n, len(struck)) @ struck
    hits_drawn = np.bincount(drawn.cells.kind, drawn.mass, len(struck)) @ struck
    return {
        label: {
            "n_hits": int(n_hits[place]),
            "share_before": rounded(n_hits[place] / n_hits.sum()),
            "share_after": rounded(hits_drawn[place] / hits_drawn.sum()),
            "effective_count": rounded(hits_drawn[place] / hits_drawn.sum() * n_hits.sum()),
            "weight": float(classes[label]),
        }
        for place, label in enumerate(labels)
    }


def _at_least(drawn: Drawn) -> np.ndarray:
    return (drawn.held == drawn.least) & (drawn.least > 0)


def _class_bounds(drawn: Drawn, classes: Mapping[str, float], settings: SamplingSettings) -> dict:
    """Events that stand at a bound of their class, and those that a cap takes below the least."""
    n, weight = drawn.cells.n, drawn.weight
    effects = {}
    for label in sorted(settings.class_bounds):
        of_label = np.array(
            [
                label in labels and classes[label] == max(classes[each] for each in labels)
                for labels, _ in drawn.names.kinds
            ]
        )[drawn.cells.kind]
        below = of_label & (weight < drawn.least * (1 - 1e-8))
        effects[label] = {
            "n_events": int(n[of_label].sum()),
            "n_at_min": int(n[of_label & _at_least(drawn)].sum()),
            "n_at_max": int(n[of_label & (drawn.held == drawn.most)].sum()),
            "n_below_min": int(n[below].sum()),
        }
    return effects


def _source_sets(drawn: Drawn, total: float) -> dict:
    """Of each source set its share, and how large a sample its weights leave."""
    effects = {}
    for number, (name, factor) in enumerate(drawn.factors.items()):
        of_set = drawn.sets == number
        wanted = drawn.wanted.get(name)
        effects[name] = {
            **_shares(drawn, of_set, total),
            "share_wanted": None if wanted is None else rounded(wanted),
            "effective_sample_size": rounded(_effective_size(drawn, of_set)),
            "factor": factor,
        }
    return effects


def _shares(drawn: Drawn, cells: np.ndarray, total: float) -> dict:
    """Events of some cells, and their share before and after weighting."""
    n = drawn.cells.n
    return {
        "n_events": int(n[cells].sum()),
        "share_before": rounded(n[cells].sum() / n.sum()),
        "share_after": rounded(drawn.mass[cells].sum() / total),
    }


def _effective_size(drawn: Drawn, cells: np.ndarray) -> float:
    """Kish's size of the events of some cells."""
    squares = drawn.weight[cells] ** 2 * drawn.cells.squares[cells]
    return drawn.mass[cells].sum() ** 2 / squares.sum()


def _numbers(names: Iterable) -> np.ndarray:
    """Each name's number, from 0 in the order in which they come up."""
    numbers: dict = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names])


def rounded(value: float) -> float:
    """`value` to 9 significant digits."""
    return float(f"{value:.9g}")


def rounded_all(values: np.ndarray) -> np.ndarray:
    """Every value, above 0, to 9 significant digits; (n,)."""
    exponents = 8 - np.floor(np.log10(values)).astype(int)
    return np.round(values * 10.0**exponents) / 10.0**exponents
