"""Score a system, and compare it with another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.predictions.hit_columns import HitColumns
from drumcorpus.ground.statistics.intervals import (
    Groups,
    bootstrap_sums,
    holm,
    interval,
    is_resolvable,
    sign_flip,
)
from drumcorpus.ground.statistics.scores import (
    capped,
    effective_number,
    f_measure,
    fold_mean,
    mean_over,
    pooled,
    track_mean,
)
from drumcorpus.stages.evaluation.counting import Counts, count_matches
from drumcorpus.stages.evaluation.hit_slices import POLYPHONY_BANDS, VELOCITY_BANDS

HEADLINE_MS = 50
WINDOWS_MS = (20, 25, 30, 50)
CURVE_MS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100)


@dataclass(frozen=True)
class Resampling:
    """How many resamples are drawn, and from which seed."""

    n_draws: int = 4_000
    seed: int = 1


@dataclass
class Scored:
    """What comparing two systems takes: the counts of one by group, and as drawn.

    `groups` has shape (n_groups, n_classes, 3), `draws` and `capped_draws` shape (n_draws,
    n_classes, 3). `counts`, by session, is None once the system is described.
    """

    counts: Counts | None
    groups: np.ndarray
    draws: np.ndarray
    capped_draws: np.ndarray


def score_system(
    reference: HitColumns,
    predictions: HitColumns,
    groups: Groups,
    n_classes: int,
    resampling: Resampling,
) -> Scored:
    """Count the matches of a system, and draw its counts by groups."""
    counts = count_matches(
        reference,
        predictions,
        n_sessions=len(groups.of_session),
        n_classes=n_classes,
        headline=HEADLINE_MS,
        windows=WINDOWS_MS,
        curve=CURVE_MS,
    )
    table = counts.table()
    by_group = groups.sums(table)
    columns = np.concatenate([by_group, groups.sums(capped(table))], axis=1)
    drawn = bootstrap_sums(
        columns.reshape(len(groups), -1),
        groups.strata,
        n_draws=resampling.n_draws,
        seed=resampling.seed,
    ).reshape(resampling.n_draws, 2 * n_classes, 3)
    return Scored(counts, by_group, drawn[:, :n_classes], drawn[:, n_classes:])


def scores_of(
    scored: Scored,
    groups: Groups,
    classes: Sequence[str],
    *,
    sessions: Sequence[str],
    minutes: float | None = None,
    folds: Mapping[str, Sequence[str]] | None = None,
) -> dict:
    """Every score of a system, each under its own name, with intervals.

    Parameters
    ----------
    classes, sessions : sequence of str
        Names of the classes, ids of the sessions.
    minutes : float, optional
        Length of all recordings, by which false positives are counted.
    folds : mapping, optional
        As of `scores.fold_mean`.
    """
    table = scored.counts.table()
    sums, tracks = table.sum(axis=0), track_mean(table)
    resolvable = _resolvable(scored.groups)
    rows = {
        name: _class_scores(scored, groups, number, table, minutes) | {"track_mean": tracks[number]}
        for number, name in enumerate(classes)
    }
    values = f_measure(sums)
    there = ~np.isnan(values)
    enough = [number for number in np.flatnonzero(there) if resolvable[number]]
    sizes = _sizes(scored.groups).sum(axis=1)
    return {
        "micro": pooled(sums.sum(axis=0))
        | interval_of(
            f_measure(scored.draws.sum(axis=1)), int((sizes > 0).sum()), effective_number(sizes)
        )
        | {"group_range": _range(scored.groups.sum(axis=1))},
        "macro": _macro(values, scored.draws, np.flatnonzero(there), scored.groups),
        "macro_resolvable": _macro(values, scored.draws, np.array(enough, int), scored.groups)
        | {"classes": [classes[number] for number in enough]},
        "track_mean": {"f": mean_over(tracks)},
        "fold_mean": None if folds is None else fold_mean(table, sessions, folds),
        "classes": rows,
        "not_resolvable": [classes[n] for n in np.flatnonzero(there) if not resolvable[n]],
        "absent": [classes[number] for number in np.flatnonzero(~there)],
    }


def _sizes(by_group: np.ndarray) -> np.ndarray:
    """Reference hits by group and class."""
    return by_group[..., 0] + by_group[..., 2]


def _resolvable(by_group: np.ndarray) -> list[bool]:
    sizes = _sizes(by_group)
    n_groups = (sizes > 0).sum(axis=0)
    return [is_resolvable(*pair) for pair in zip(n_groups, effective_number(sizes), strict=True)]


def interval_of(draws: np.ndarray, n_groups: int, n_effective: float) -> dict:
    """Ends of an interval, or nothing where there are too few groups."""
    ends = interval(draws, n_effective) if is_resolvable(n_groups, n_effective) else None
    low, high = ends or (None, None)
    return {
        "low": low,
        "high": high,
        "groups": n_groups,
        "effective_groups": float(n_effective),
        "resolvable": ends is not None,
    }


def _macro(
    values: np.ndarray, draws: np.ndarray, classes: np.ndarray, by_group: np.ndarray
) -> dict:
    """The mean of F over some classes; its interval stands where that of every class does."""
    sizes = _sizes(by_group)[:, classes]
    if not len(classes):
        return {"f": None} | interval_of(np.full(1, np.nan), 0, 0.0)
    n_effective = float(np.min(effective_number(sizes)))
    mean = f_measure(draws[:, classes]).mean(axis=1)
    n_groups = int((sizes > 0).sum(axis=0).min())
    return {"f": mean_over(values[classes])} | interval_of(mean, n_groups, n_effective)


def _class_scores(
    scored: Scored, groups: Groups, number: int, table: np.ndarray, minutes: float | None
) -> dict:
    """Pooled scores of one class, plain and capped; where it is absent, what was said of it."""
    sums = pooled(table[:, number].sum(axis=0))
    sizes = _sizes(scored.groups)[:, number]
    of_capped = capped(table)[:, number]
    capped_groups = groups.sums(of_capped)
    capped_sizes = _sizes(capped_groups)
    plain = interval_of(
        f_measure(scored.draws[:, number]), int((sizes > 0).sum()), effective_number(sizes)
    )
    return (
        sums
        | plain
        | {
            "group_range": _range(scored.groups[:, number]),
            "fp_per_minute": sums["fp"] / minutes if minutes else None,
            "capped": {"f": pooled(of_capped.sum(axis=0))["f"]}
            | interval_of(
                f_measure(scored.capped_draws[:, number]),
                int((sizes > 0).sum()),
                effective_number(capped_sizes),
            ),
        }
    )


def _range(by_group: np.ndarray) -> list[float] | None:
    """The lowest and the highest F of a group, of counts of shape (n_groups, 3)."""
    values = f_measure(by_group)
    there = values[~np.isnan(values)]
    return [float(there.min()), float(there.max())] if len(there) else None


def other_windows(counts: Counts, classes: Sequence[str]) -> dict:
    """F by class, micro and macro within each window that is reported, and along the curve."""
    reference, predicted = (side.sum(axis=0) for side in (counts.n_reference, counts.n_predicted))

    def scores(tp: np.ndarray) -> dict:
        sums = np.stack([tp, predicted - tp, reference - tp], axis=-1)
        values = f_measure(sums)
        return {
            "micro": pooled(sums.sum(axis=0))["f"],
            "macro": mean_over(values),
            "classes": dict(zip(classes, values.tolist(), strict=True)),
        }

    return {
        "windows": {str(ms): scores(tp.sum(axis=0)) for ms, tp in sorted(counts.tp.items())},
        "curve": [{"window_ms": ms} | scores(tp) for ms, tp in sorted(counts.curve.items())],
    }


def hit_details(counts: Counts, classes: Sequence[str]) -> dict:
    """Error budget, timing, velocity, and recall by velocity and polyphony, of every class."""
    bands = {"velocity": VELOCITY_BANDS, "polyphony": POLYPHONY_BANDS}
    offsets = counts.offsets
    return {
        "errors": {name: counts.confusions.budget(n, classes) for n, name in enumerate(classes)},
        "timing": {
            "all": offsets.figures(offsets.table.sum(axis=0)),
            "classes": {name: offsets.figures(offsets.table[n]) for n, name in enumerate(classes)},
        },
        "velocity": {name: counts.velocities.figures(n) for n, name in enumerate(classes)},
        "velocity_f": counts.velocity_f.figures(),
        "recall": {
            key: {
                name: [
                    {
                        "band": band,
                        "hits": int(hits),
                        "found": int(found),
                        "recall": _share(found, hits),
                    }
                    for band, (hits, found) in zip(
                        names, getattr(counts.slices, key)[n].tolist(), strict=True
                    )
                ]
                for n, name in enumerate(classes)
            }
            for key, names in bands.items()
        },
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def compare(first: Scored, second: Scored, classes: Sequence[str], resampling: Resampling) -> dict:
    """The second system less the first, over the same draws of groups.

    p-values are of a sign-flip test: the two are exchanged, or not, in every group. Those of the
    classes that are resolvable are adjusted together.
    """
    resolvable = _resolvable(first.groups)
    both = [
        np.concatenate([s.groups, s.groups.sum(axis=1)[:, None]], axis=1) for s in (first, second)
    ]
    p = sign_flip(
        *both, n_draws=resampling.n_draws, seed=resampling.seed + 1, columns=len(classes) + 1
    )
    tested = [n for n in range(len(classes)) if resolvable[n]]
    adjusted = dict(zip(tested, holm(p[tested]).tolist(), strict=True))
    draws = [
        np.concatenate([s.draws, s.draws.sum(axis=1)[:, None]], axis=1) for s in (first, second)
    ]
    drawn = f_measure(draws[1]) - f_measure(draws[0])
    observed = f_measure(both[1].sum(axis=0)) - f_measure(both[0].sum(axis=0))
    sizes = _sizes(both[0])

    def row(n: int) -> dict:
        n_groups = int((sizes[:, n] > 0).sum())
        ends = interval_of(drawn[:, n], n_groups, effective_number(sizes[:, n]))
        p_value = p[n] if ends["resolvable"] else None
        return {"difference": observed[n]} | ends | {"p": p_value}

    return {
        "micro": row(len(classes)),
        "classes": {name: row(n) | {"p_holm": adjusted.get(n)} for n, name in enumerate(classes)},
    }
