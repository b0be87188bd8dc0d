"""The report of the networks of a training check, from what they say; nothing here needs torch."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from drumcorpus.ground.statistics.intervals import make_groups
from drumcorpus.ground.statistics.reliability import reliability
from drumcorpus.ground.statistics.scores import f_measure, mean_over, pooled
from drumcorpus.stages.train_check.figures import draw_tables, figure, rounded
from drumcorpus.stages.train_check.frame_counts import (
    THRESHOLD,
    SaidStrokes,
    counts_over_grid,
    fit_thresholds,
    precision_area,
)
from drumcorpus.stages.train_check.frame_samples import Material
from drumcorpus.stages.train_check.network_settings import NetworkSettings
from drumcorpus.stages.train_check.spectra import SPECTRA_SET
from drumcorpus.vocabulary import SPLITS

SCHEMA = "drumcorpus.network_check/1"
RUN, NOT_RUN = "run", "not run"
SCORED, NOT_LEARNED, ABSENT = "scored", "not learned", "absent in test"
# Strokes of training below which nothing is learned of a class.
LEAST_STROKES = 5
_NEVER = 2.0  # a threshold that no height reaches
WITHOUT_TORCH = (
    "torch is not installed: make readers in a checkout, which takes requirements-torch.lock; with "
    'a GPU pip install "drumcorpus[train]"; then run train_check again'
)


@dataclass(frozen=True)
class SeedSaid:
    """What a network of one seed says of validation and test, and how it learned."""

    seed: int
    validation: SaidStrokes
    test: SaidStrokes
    curve: Sequence[tuple[float, float]]
    best_epoch: int


def not_run(settings: NetworkSettings, why: str = WITHOUT_TORCH) -> dict:
    """The report where nothing was learned: it says so, and never that anything holds."""
    return {
        "schema": SCHEMA,
        "state": NOT_RUN,
        "why": why,
        "tier": settings.tier,
        "settings": asdict(settings),
    }


def report_networks(
    material: Material,
    said: Sequence[SeedSaid],
    settings: NetworkSettings,
    *,
    n_draws: int,
    crashes: Collection[str],
    network: dict,
) -> dict:
    """What networks have learned.

    Parameters
    ----------
    material : Material
        With the families of the sessions as groups.
    said : sequence of SeedSaid
        One for each seed.
    settings : NetworkSettings
    n_draws : int
        Of groups, for an interval.
    crashes : collection of str
        Classes that are crash cymbals.
    network : dict
        What the report says of the network: ``parameters``, ``reach_frames`` and ``torch``.

    Returns
    -------
    report : dict
        By ``workflow/schemas/network_check.schema.yaml``.
    """
    classes = material.classes
    strokes = {split: material.n_strokes(split) for split in SPLITS}
    is_learned = strokes["train"] >= LEAST_STROKES
    thresholds = [_thresholds(each, is_learned) for each in said]
    test = said[0].test
    groups = make_groups(test.groups, [source_set for source_set, _ in test.sessions])
    tables = np.stack(
        [groups.sums(each.test.counts(of)) for each, of in zip(said, thresholds, strict=True)]
    )
    drawn = draw_tables(tables, groups, n_draws)
    areas = np.stack([precision_area(counts_over_grid(each.test)) for each in said])
    sizes = tables[0][..., [0, 2]].sum(axis=-1)
    is_there = strokes["test"] > 0
    mixed = sum(
        each.test.confusions(of).table for each, of in zip(said, thresholds, strict=True)
    ) / len(said)
    crashes = [name for name in classes if name in crashes]
    reliable = _calibration(said, is_learned)
    return {
        "schema": SCHEMA,
        "state": RUN,
        "why": "",
        "tier": settings.tier,
        "feature_set": SPECTRA_SET,
        "settings": asdict(settings),
        **network,
        "classes": list(classes),
        "crashes": crashes,
        "samples": {split: _sizes(material, split, strokes[split]) for split in SPLITS},
        "test": _digest(material),
        "groups": len(groups),
        "seeds": [
            {
                "seed": each.seed,
                "best_epoch": each.best_epoch,
                "curve": [[rounded(loss) for loss in point] for point in each.curve],
                "f": rounded(f_measure(table.sum(axis=(0, 1)))),
            }
            for each, table in zip(said, tables, strict=True)
        ],
        "micro": figure(tables.sum(axis=(1, 2)), drawn.sum(axis=2), sizes.sum(axis=1)),
        "macro_ap": rounded(mean_over(areas.mean(axis=0)[is_there])),
        "by_class": {
            name: _class_row(strokes, tables, drawn, sizes, areas, thresholds, number)
            | {"confused_with": _taken_for(mixed, classes, number), "calibration": reliable[number]}
            for number, name in enumerate(classes)
        },
        "crash_confusion": _crash_confusion(mixed, classes, crashes),
    }


def _thresholds(said: SeedSaid, is_learned: np.ndarray) -> np.ndarray:
    fitted = fit_thresholds(counts_over_grid(said.validation))
    limits = np.array([THRESHOLD if limit is None else limit for limit in fitted])
    return np.where(is_learned, limits, _NEVER)


def _sizes(material: Material, split: str, strokes: np.ndarray) -> dict:
    samples = material.of(split)
    sessions = {(sample.source_set, sample.session_id) for sample in samples}
    return {"samples": len(samples), "sessions": len(sessions), "strokes": int(strokes.sum())}


def _digest(material: Material) -> str:
    """What the test is: two reports with one are of the same sounds with the same strokes."""
    samples = tuple(material.of("test"))
    return Material(material.classes, samples, material.spectra, material.taxonomy).digest()


def _taken_for(mixed: np.ndarray, classes: Sequence[str], number: int) -> dict[str, float]:
    """What was said within the window where a class was missed: strokes by class."""
    counts = mixed[number, : len(classes)].tolist()
    return {
        name: rounded(count)
        for other, (name, count) in enumerate(zip(classes, counts, strict=True))
        if count and other != number
    }


def _crash_confusion(mixed: np.ndarray, classes: Sequence[str], crashes: Sequence[str]) -> dict:
    """What became of the strokes of each crash of the test; they add up to `strokes`."""
    rows = {}
    for name in crashes:
        number = classes.index(name)
        taken = _taken_for(mixed, classes, number)
        strokes, found, missed = (
            float(value)
            for value in (mixed[number].sum(), mixed[number, number], mixed[number, len(classes)])
        )
        if strokes:
            others = sum(count for other, count in taken.items() if other not in crashes)
            rows[name] = {
                "strokes": rounded(strokes),
                "found": rounded(found),
                "taken_for": {other: taken.get(other, 0.0) for other in crashes if other != name},
                "taken_for_others": rounded(others),
                "missed": rounded(missed),
            }
    return rows


def _calibration(said: Sequence[SeedSaid], is_learned: np.ndarray) -> list[dict | None]:
    """Of each class how often peaks of a height are right, those of all seeds together."""
    parts = [each.test.outcomes() for each in said]
    of, heights, is_right = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows = []
    for number, learned in enumerate(is_learned):
        here = of == number
        row = reliability(heights[here], is_right[here]) if learned else None
        if row is not None:
            row["ece"] = rounded(row["ece"])
            row["bins"] = [
                bin | {"mean_score": rounded(bin["mean_score"]), "right": rounded(bin["right"])}
                for bin in row["bins"]
            ]
        rows.append(row)
    return rows


def _class_row(strokes, tables, drawn, sizes, areas, thresholds, number):
    of = {split: int(counts[number]) for split, counts in strokes.items()}
    state = ABSENT if not of["test"] else SCORED if of["train"] >= LEAST_STROKES else NOT_LEARNED
    if state == NOT_LEARNED:
        why = f"{of['train']} strokes of train have it; {LEAST_STROKES} are needed"
    elif state == ABSENT:
        why = "no stroke of test has it"
    else:
        why = "" if of["validation"] else f"none in validation: threshold {THRESHOLD}"
    counted = pooled(tables[:, :, number].sum(axis=(0, 1)))
    limits = [float(each[number]) for each in thresholds]
    return {
        "state": state,
        "why": why,
        "strokes": of,
        "ap": rounded(areas[:, number].mean()),
        "precision": rounded(counted["precision"]) if counted["precision"] is not None else None,
        "recall": rounded(counted["recall"]) if counted["recall"] is not None else None,
        "thresholds": [None if limit == _NEVER else rounded(limit) for limit in limits],
        **figure(tables[:, :, number].sum(axis=1), drawn[:, :, number], sizes[:, number]),
    }
