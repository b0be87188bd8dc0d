"""The sections on classes: labels, openness, techniques, cymbals; plain dicts in fixed order."""

from collections.abc import Collection, Mapping

import numpy as np

from drumcorpus.stages.health.figures import count_by, group_by, total
from drumcorpus.stages.health.one_pass import (
    OPENNESS_BINS,
    OUTSIDE,
    VELOCITY_LEVELS,
    VELOCITY_NONE,
    VELOCITY_OUTSIDE,
)
from drumcorpus.vocabulary import CYMBAL_NUMBER, DUAL_LABEL, NO_VALUE

VELOCITY_BINS = 16  # of equal width, from 0 to 1
QUANTILES = {"min": 0, "lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75, "max": 1}


def labels(
    components: list[dict],
    dynamics: list[dict],
    velocities: list[dict],
    taxonomy_labels: Mapping[str, str],
) -> dict:
    """Counts of every label of the taxonomy; labels without a hit stand with 0."""
    of_label, buckets, levels = (
        group_by(rows, "label") for rows in (components, dynamics, velocities)
    )
    return {
        label: {
            "family": family,
            **label_counts(of_label.get(label, [])),
            "dynamics": count_by(buckets.get(label, []), "dynamic_bucket"),
            "velocity": velocity_spread(levels.get(label, [])),
        }
        for label, family in sorted(taxonomy_labels.items())
    }


def label_counts(rows: list[dict]) -> dict:
    """Counts of one label: in all, real and synthetic, by source set, by split and by both."""
    synthetic = total(row for row in rows if row["is_synthetic"])
    return {
        "total": total(rows),
        "real": total(rows) - synthetic,
        "synthetic": synthetic,
        "by_source_set": count_by(rows, "source_set"),
        "by_split": count_by(rows, "split"),
        "by_set_and_split": {
            name: {
                split: {
                    "real": total(row for row in cell if not row["is_synthetic"]),
                    "synthetic": total(row for row in cell if row["is_synthetic"]),
                }
                for split, cell in group_by(of_set, "split").items()
            }
            for name, of_set in group_by(rows, "source_set").items()
        },
    }


def velocity_spread(rows: list[dict]) -> dict:
    """Histogram and quantiles of velocity, 0 to 1, to within a level of MIDI.

    ``spread`` is from the lower to the upper quartile; all quantiles are null where no velocity is
    known. ``outside`` counts what is below 0, above 1 or not a number.
    """
    by_level = count_by(rows, "level")
    counts = np.array([by_level.get(level, 0) for level in range(VELOCITY_LEVELS)])
    n_measured = int(counts.sum())
    quantiles = dict.fromkeys([*QUANTILES, "spread"])
    if n_measured:
        reached = np.cumsum(counts)
        for name, at in QUANTILES.items():
            # The smallest level that at least this share does not exceed.
            level = int(np.searchsorted(reached, max(np.ceil(at * n_measured), 1)))
            quantiles[name] = round(level / (VELOCITY_LEVELS - 1), 4)
        spread = quantiles["upper_quartile"] - quantiles["lower_quartile"]
        quantiles["spread"] = round(spread, 4)
    return {
        "known": n_measured,
        "outside": by_level.get(VELOCITY_OUTSIDE, 0),
        "unmeasured": by_level.get(VELOCITY_NONE, 0),
        **quantiles,
        "bins": counts.reshape(VELOCITY_BINS, -1).sum(axis=1).tolist(),
    }


def velocities(rows: list[dict]) -> dict:
    """Spread of velocity, of everything and of every source set."""
    by_set = {
        name: velocity_spread(of_set) for name, of_set in group_by(rows, "source_set").items()
    }
    return {**velocity_spread(rows), "by_source_set": by_set}


def unknown_labels(components: list[dict], taxonomy_labels: Mapping[str, str]) -> dict[str, int]:
    """Components of every label that the taxonomy does not have."""
    return count_by((row for row in components if row["label"] not in taxonomy_labels), "label")


def openness(
    measured: list[dict], components: list[dict], taxonomy_labels: Mapping[str, str]
) -> dict:
    """Histogram of openness for every family in which any component has one.

    ``unmeasured`` counts the components of the family without openness, ``outside`` those whose
    value is below 0, above 1 or not a number.
    """
    totals_of, rows = (
        [{**row, "family": taxonomy_labels.get(row["label"], NO_VALUE)} for row in table]
        for table in (components, measured)
    )
    totals_of = count_by(totals_of, "family")
    report = {}
    for name, members in group_by(rows, "family").items():
        counts = count_by(members, "openness_bin")
        report[name] = {
            "bins": [
                {
                    "from": round(number / OPENNESS_BINS, 3),
                    "to": round((number + 1) / OPENNESS_BINS, 3),
                    "components": counts.get(number, 0),
                }
                for number in range(OPENNESS_BINS)
            ],
            "outside": counts.get(OUTSIDE, 0),
            "unmeasured": totals_of[name] - total(members),
        }
    return report


def techniques(rows: list[dict]) -> dict:
    """Events of every technique, in all, by source set and by split."""
    return {
        technique: {
            "total": total(members),
            "by_source_set": count_by(members, "source_set"),
            "by_split": count_by(members, "split"),
        }
        for technique, members in group_by(rows, "technique").items()
    }


def cymbal_variants(
    judged: list[dict],
    judged_sessions: list[dict],
    components: list[dict],
    taxonomy_labels: Mapping[str, str],
    families: Collection[str],
) -> dict:
    """Components of every label of some families: in all, and by the method that told the cymbal;
    and in how many sessions each method told it.

    The verdict stands on the event, hence two cymbals of a family in one event share its method.
    Components of events without a verdict are ``not_judged``.

    Parameters
    ----------
    judged, judged_sessions, components : list of dict
        `rows.Rows.variants`, ``.variant_sessions`` and ``.components``.
    taxonomy_labels : mapping
        Family of every label of the taxonomy.
    families : collection of str
        Those whose cymbals are told apart.
    """
    totals_of = count_by(components, "label")
    methods, sessions = group_by(judged, "label"), group_by(judged_sessions, "label")
    report = {}
    for label, family in sorted(taxonomy_labels.items()):
        if family not in families:
            continue
        stages = {f"{family}_{DUAL_LABEL}", f"{family}_{CYMBAL_NUMBER}"}
        by_method, by_session = (
            count_by([row for row in rows.get(label, []) if row["stage"] in stages], "method")
            for rows in (methods, sessions)
        )
        n = totals_of.get(label, 0)
        report[label] = {"family": family, "total": n, "by_method": by_method}
        report[label]["sessions_by_method"] = by_session
        report[label]["not_judged"] = n - sum(by_method.values())
    return report
