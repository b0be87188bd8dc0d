"""The training check: learn from the training split, set thresholds on validation, score the test.

The onset is given: what is asked is which classes are struck there. An export that teaches less
than the one before has lost something, be it labels, their times, or the sound.
"""

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np

from drumcorpus.ground.statistics.intervals import (
    bootstrap_sums,
    interval,
    is_resolvable,
    make_groups,
)
from drumcorpus.ground.statistics.ranking import average_precision, best_threshold, roc_area
from drumcorpus.ground.statistics.scores import effective_number, mean_over, pooled
from drumcorpus.stages.train_check.describe import Described
from drumcorpus.stages.train_check.features import FEATURE_SET
from drumcorpus.stages.train_check.figures import (
    DECIMALS,
    DRAW_SEED,
    draw_tables,
    figure,
    rounded,
)
from drumcorpus.stages.train_check.probe import LEAST_EXAMPLES, fit_probe, score_events
from drumcorpus.stages.train_check.settings import TrainCheckSettings
from drumcorpus.vocabulary import SPLITS

SCHEMA = "drumcorpus.train_check/1"
TIER = "P"  # trees, with the onset given
# Where a class has no event in validation.
THRESHOLD = 0.5
LEAST_OF_EACH = 3  # hits of two crashes in a session in which they are told apart
SCORED, NOT_LEARNED, ABSENT = "scored", "not learned", "absent in test"


@dataclass(frozen=True)
class _Said:
    """What one seed says of the test: scores and thresholds by class, and what is predicted."""

    scores: np.ndarray
    thresholds: np.ndarray
    learned: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        return (self.scores >= self.thresholds) & self.learned


def check_training(
    described: Described, settings: TrainCheckSettings, crashes: Collection[str]
) -> dict:
    """Learn with every seed, and score.

    Parameters
    ----------
    described : Described
        The events of an export.
    settings : TrainCheckSettings
    crashes : collection of str
        Classes that are crash cymbals.

    Returns
    -------
    report : dict
        By ``workflow/schemas/train_check.schema.yaml``; equal input gives an equal report.

    Raises
    ------
    ValueError
        If a split has no event, a group is in two, or training has an event without a weight; says
        what to do.
    """
    rows = _rows_of_splits(described)
    truth = described.truth[rows["test"]]
    said = [_learn(described, rows, seed, settings) for seed in settings.tree_seeds]
    test = {name: column[rows["test"]] for name, column in described.names.items()}
    groups = make_groups(test["group_id"].tolist(), test["source_set"].tolist())
    tables = np.stack([groups.sums(_counts(truth, each.predicted)) for each in said])
    classes = described.classes
    drawn = draw_tables(tables, groups, settings.draws)
    return {
        "schema": SCHEMA,
        "tier": TIER,
        "feature_set": FEATURE_SET,
        "settings": asdict(settings),
        "classes": list(classes),
        "crashes": [name for name in classes if name in crashes],
        "events": {
            split: {"taken": len(rows[split]), "there": described.n_there[split]}
            for split in SPLITS
        },
        "test": _digest(test["sample_id"], truth),
        "groups": len(groups),
        "micro": _micro(tables, drawn, truth, groups),
        "macro_ap": rounded(mean_over(np.array([_mean_ap(said, truth, n) for n in _in(truth)]))),
        "by_class": {
            name: _class_row(described, rows, said, tables, drawn, groups, number)
            for number, name in enumerate(classes)
        },
        "told_apart": _told_apart(said, truth, test, groups, classes, crashes, settings.draws),
    }


def _in(truth):
    """Classes that the test has."""
    return np.flatnonzero(truth.any(axis=0)).tolist()


def _rows_of_splits(described: Described) -> dict[str, np.ndarray]:
    rows = {split: np.flatnonzero(described.names["split"] == split) for split in SPLITS}
    empty = [split for split, of in rows.items() if not len(of)]
    if empty:
        raise ValueError(
            f"train_check: the export has no event in {' and '.join(empty)}; a check learns from "
            "train, sets thresholds on validation and scores test: give splits.shares to each, or "
            "name another export"
        )
    of_splits = {split: set(described.names["group_id"][of]) for split, of in rows.items()}
    for first, second in combinations(SPLITS, 2):
        if both := sorted(of_splits[first] & of_splits[second]):
            raise ValueError(
                f"train_check: group {both[0]} is in {first} and in {second}, and "
                f"{len(both) - 1:,} more: what is learned would be known already; make splits and "
                "export again"
            )
    weights = described.weights[rows["train"]]
    if not (weights > 0).all():
        raise ValueError(
            f"train_check: {int((~(weights > 0)).sum()):,} of {len(weights):,} events of train "
            "have no sampling weight; make the labels of the export again"
        )
    return rows


def _learn(described, rows, seed, settings):
    train, validation = rows["train"], rows["validation"]
    weights = described.weights[train]
    models = fit_probe(
        described.features[train],
        described.truth[train],
        weights / weights.mean(),
        seed=seed,
        settings=settings.trees,
    )
    validated = score_events(models, described.features[validation])
    of = described.truth[validation]
    limits = [best_threshold(validated[:, n], of[:, n]) for n in range(of.shape[1])]
    thresholds = np.array([THRESHOLD if limit is None else limit for limit in limits])
    learned = np.array([model is not None for model in models])
    return _Said(score_events(models, described.features[rows["test"]]), thresholds, learned)


def _counts(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """TP, FP and FN of each event and class; shape (n_events, n_classes, 3)."""
    cells = truth & predicted, ~truth & predicted, truth & ~predicted
    return np.stack(cells, axis=-1).astype(np.int64)


def _micro(tables, drawn, truth, groups):
    sizes = groups.sums(truth.astype(np.int64)).sum(axis=1)
    return figure(tables.sum(axis=(1, 2)), drawn.sum(axis=2), sizes)


def _class_row(described, rows, said, tables, drawn, groups, number):
    truth = described.truth[rows["test"]]
    events = {split: int(described.truth[of, number].sum()) for split, of in rows.items()}
    sizes = groups.sums(truth[:, number].astype(np.int64))
    counted = pooled(tables[:, :, number].sum(axis=(0, 1)))
    learned = all(each.learned[number] for each in said)
    state = ABSENT if not events["test"] else SCORED if learned else NOT_LEARNED
    if state == NOT_LEARNED:
        why = f"{events['train']} events of train have it; {LEAST_EXAMPLES} are needed"
    elif state == ABSENT:
        why = "no event of test has it"
    else:
        why = "" if events["validation"] else f"none in validation: threshold {THRESHOLD}"
    return {
        "state": state,
        "why": why,
        "events": events,
        "ap": rounded(_mean_ap(said, truth, number)),
        "precision": rounded(counted["precision"]),
        "recall": rounded(counted["recall"]),
        "thresholds": [rounded(each.thresholds[number]) for each in said],
        "confused_with": _confused(said, truth, described.classes, number),
        **figure(tables[:, :, number].sum(axis=1), drawn[:, :, number], sizes),
    }


def _mean_ap(said, truth, number):
    values = [average_precision(each.scores[:, number], truth[:, number]) for each in said]
    return float(np.mean(values))


def _confused(said, truth, classes, number):
    """What was said instead where a class was missed: mean over seeds, events by class."""
    counts = np.zeros(len(classes))
    for each in said:
        predicted = each.predicted
        missed = truth[:, number] & ~predicted[:, number]
        counts += (predicted & ~truth)[missed].sum(axis=0)
    return {
        name: rounded(count / len(said))
        for name, count in zip(classes, counts.tolist(), strict=True)
        if count
    }


def _told_apart(said, truth, test, groups, classes, crashes, n_draws):
    """How well the first two crashes are told apart within a session; a reason where not asked."""
    present = [n for n, name in enumerate(classes) if name in crashes and truth[:, n].any()]
    empty = {"of": [], "sessions": 0, "area": None, "low": None, "high": None, "resolvable": False}
    if len(present) < 2:
        names = ", ".join(classes[n] for n in present) or "none"
        why = f"crashes in test: {names}; two kinds are needed to tell them apart"
        return empty | {"why": why}
    first, second = present[:2]
    pair = {"of": [classes[first], classes[second]]}
    alone = truth[:, first] != truth[:, second]
    keys = np.array(
        [f"{s}/{i}" for s, i in zip(test["source_set"], test["session_id"], strict=True)], object
    )
    sums, counts = np.zeros((2, len(groups)), np.int64)
    for key in sorted(set(keys[alone])):
        rows = np.flatnonzero(alone & (keys == key))
        is_second = truth[rows, second]
        if min(is_second.sum(), (~is_second).sum()) < LEAST_OF_EACH:
            continue
        margins = [each.scores[rows, second] - each.scores[rows, first] for each in said]
        area = np.mean([roc_area(margin, is_second) for margin in margins])
        group = groups.of_session[rows[0]]
        sums[group] += round(float(area) * 10**DECIMALS)
        counts[group] += 1
    if not counts.sum():
        why = f"no session of test has {LEAST_OF_EACH} hits of each of {', '.join(pair['of'])}"
        return empty | pair | {"why": why}
    table = np.stack([sums, counts], axis=1)
    drawn = bootstrap_sums(table, groups.strata, n_draws=n_draws, seed=DRAW_SEED)
    area = np.full(len(drawn), np.nan)
    np.divide(drawn[:, 0] / 10**DECIMALS, drawn[:, 1], out=area, where=drawn[:, 1] > 0)
    n_effective = float(effective_number(counts))
    ends = (
        interval(area, n_effective) if is_resolvable(int((counts > 0).sum()), n_effective) else None
    )
    return pair | {
        "sessions": int(counts.sum()),
        "area": rounded(sums.sum() / 10**DECIMALS / counts.sum()),
        "low": rounded(ends[0]) if ends else None,
        "high": rounded(ends[1]) if ends else None,
        "resolvable": ends is not None,
        "why": "",
    }


def _digest(sample_ids: np.ndarray, truth: np.ndarray) -> str:
    """What the test is: two reports with one are of the same events with the same labels."""
    digest = hashlib.sha256("\0".join(sample_ids.tolist()).encode())
    digest.update(np.packbits(truth).tobytes())
    return digest.hexdigest()
