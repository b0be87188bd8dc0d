"""From the counts of `scans` to the sections of the report: plain dicts in fixed order, no NaN."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from drumcorpus.health.scans import N_EXAMPLES, OPENNESS_BINS, OUTSIDE, TEMPO_BIN_BPM

NONE = "(none)"

# Lower edges of the bins of hits per session.
HIT_EDGES = (1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def count_by(rows: Iterable[Mapping], key: str) -> dict[str, int]:
    """Sum of ``n`` for every value of `key`, in order of the values."""
    counts: Counter = Counter()
    for row in rows:
        counts[row[key]] += int(row["n"])
    return dict(sorted(counts.items()))


def group_by(rows: Iterable[dict], key: str) -> dict[str, list[dict]]:
    """The rows of every value of `key`, in order of the values."""
    groups: dict[str, list[dict]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return dict(sorted(groups.items()))


def total(rows: Iterable[Mapping]) -> int:
    """Sum of ``n``."""
    return sum(int(row["n"]) for row in rows)


def share(part: int, whole: int) -> float | None:
    """`part` of `whole` from 0 to 1; None where there is nothing to share."""
    return round(part / whole, 9) if whole else None


def totals(events: list[dict], by_session: list[dict], components: list[dict]) -> dict:
    """Numbers of events, sessions, components, groups and source sets."""
    return {
        "events": total(events),
        "sessions": len({(row["source_set"], row["session_id"]) for row in by_session}),
        "groups": len({row["group_id"] for row in by_session} - {None}),
        "source_sets": len({row["source_set"] for row in by_session}),
        "components": total(components),
    }


def source_sets(by_session: list[dict]) -> dict:
    """Events, components and sessions of every source set."""
    return {
        name: {
            "events": total(rows),
            "components": sum(int(row["n"]) * row["n_components"] for row in rows),
            "sessions": len({row["session_id"] for row in rows}),
        }
        for name, rows in group_by(by_session, "source_set").items()
    }


def labels(components: list[dict], taxonomy_labels: Mapping[str, str]) -> dict:
    """Counts of every label of the taxonomy; labels without a hit stand with 0."""
    of_label = group_by(components, "label")
    return {
        label: {"family": family, **label_counts(of_label.get(label, []))}
        for label, family in sorted(taxonomy_labels.items())
    }


def label_counts(rows: list[dict]) -> dict:
    """Counts of one label: in all, real and synthetic, and by each of its properties."""
    synthetic = total(row for row in rows if row["is_synthetic"])
    return {
        "total": total(rows),
        "real": total(rows) - synthetic,
        "synthetic": synthetic,
        "by_source_set": count_by(rows, "source_set"),
        "by_split": count_by(rows, "split"),
        "dynamics": count_by(rows, "dynamic_bucket"),
    }


def unknown_labels(components: list[dict], taxonomy_labels: Mapping[str, str]) -> dict[str, int]:
    """Components of every label that the taxonomy does not have."""
    return count_by((row for row in components if row["label"] not in taxonomy_labels), "label")


def openness(components: list[dict], taxonomy_labels: Mapping[str, str]) -> dict:
    """Histogram of openness for every family in which any component has one.

    ``unmeasured`` counts the components of the family without openness, ``outside`` those whose
    value is below 0, above 1 or not a number.
    """
    rows = [{**row, "family": taxonomy_labels.get(row["label"], NONE)} for row in components]
    report = {}
    for family, members in group_by(rows, "family").items():
        counts: Counter = Counter()
        for row in members:
            counts[row["openness_bin"]] += row["n"]
        if set(counts) == {None}:
            continue
        report[family] = {
            "bins": [
                {
                    "from": round(number / OPENNESS_BINS, 3),
                    "to": round((number + 1) / OPENNESS_BINS, 3),
                    "components": counts[number],
                }
                for number in range(OPENNESS_BINS)
            ],
            "outside": counts[OUTSIDE],
            "unmeasured": counts[None],
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


def crash_variants(
    judged: list[dict], components: list[dict], crash_labels: Collection[str]
) -> dict:
    """Components of every crash label: in all, and by the method that told the cymbal.

    The verdict stands on the event, hence two crashes of one event share its method. Components
    of events without a verdict are ``not_judged``.
    """
    totals_of = count_by(components, "label")
    methods = group_by(judged, "label")
    report = {}
    for label in sorted(crash_labels):
        by_method = count_by(methods.get(label, []), "method")
        n = totals_of.get(label, 0)
        report[label] = {"total": n, "by_method": by_method}
        report[label]["not_judged"] = n - sum(by_method.values())
    return report


def tempo(events: list[dict]) -> dict:
    """How many events have a tempo, its range and its histogram in beats per minute."""
    having = [row for row in events if row["tempo_bin"] is not None]
    without = [row for row in events if row["tempo_bin"] is None]
    counts = count_by(having, "tempo_bin")
    bins = range(min(counts), max(counts) + 1) if counts else ()
    return {
        "events_with_tempo": total(having),
        "events_without_tempo": total(without),
        "without_by_source_set": count_by(without, "source_set"),
        "min_bpm": round(min(row["tempo_min"] for row in having), 3) if having else None,
        "max_bpm": round(max(row["tempo_max"] for row in having), 3) if having else None,
        "bin_width_bpm": TEMPO_BIN_BPM,
        "bins": [{"from_bpm": b * TEMPO_BIN_BPM, "events": counts.get(b, 0)} for b in bins],
    }


def meter(events: list[dict]) -> dict:
    """Events of every meter."""
    by_meter = count_by(events, "meter")
    without = by_meter.pop(NONE, 0)
    return {"by_meter": by_meter, "events_without_meter": without}


def licenses(events: list[dict]) -> dict:
    """Events of every licence."""
    by_license = count_by(events, "license")
    without = by_license.pop(NONE, 0)
    bare = [row for row in events if row["license"] == NONE]
    return {
        "by_license": by_license,
        "events_without_license": without,
        "without_by_source_set": count_by(bare, "source_set"),
    }


def audio(events: list[dict]) -> dict:
    """Events that no audio file stands behind."""
    without = [row for row in events if not row["has_audio"]]
    return {
        "events_without_audio": total(without),
        "share_without_audio": share(total(without), total(events)),
        "without_by_source_set": count_by(without, "source_set"),
    }


def components_per_event(by_session: list[dict]) -> dict[str, int]:
    """Events by the number of components struck at once."""
    return {str(number): n for number, n in count_by(by_session, "n_components").items()}


def hits_per_session(by_session: list[dict]) -> dict | None:
    """Spread of the number of components per session; None where there is no session."""
    counts: Counter = Counter()
    for row in by_session:
        counts[row["source_set"], row["session_id"]] += int(row["n"]) * row["n_components"]
    if not counts:
        return None
    hits = np.array(sorted(counts.values()))
    names = ("min", "lower_quartile", "median", "upper_quartile", "max")
    spread = np.percentile(hits, [0, 25, 50, 75, 100])
    inner, _ = np.histogram(hits, [*HIT_EDGES, np.inf])
    bins = [{"from": edge, "sessions": int(n)} for edge, n in zip(HIT_EDGES, inner, strict=True)]
    return {
        **{name: round(float(value), 2) for name, value in zip(names, spread, strict=True)},
        "sessions_without_hits": int((hits == 0).sum()),
        "bins": bins,
    }


def group_leaks(by_session: list[dict]) -> dict:
    """Groups that stand in more than one split, which would let a test hear its training data."""
    splits: dict[str, set[str]] = {}
    for row in by_session:
        if row["group_id"] is not None:
            splits.setdefault(row["group_id"], set()).add(row["split"])
    leaked = [
        {"group_id": group, "splits": sorted(found)}
        for group, found in sorted(splits.items())
        if len(found) > 1
    ]
    bare = total(row for row in by_session if row["group_id"] is None)
    return {
        "groups": len(leaked),
        "examples": leaked[:N_EXAMPLES],
        "events_without_group": bare,
    }


def duplicates(n_events: int, same_id: list[dict], same_hit: list[dict]) -> dict:
    """Events beyond the first of each id, and of each onset, recording and set of labels.

    The rate is the larger of the two numbers over all events.
    """
    n_ids = sum(row["copies"] - 1 for row in same_id)
    n_hits = sum(row["copies"] - 1 for row in same_hit)
    return {
        "repeated_event_ids": n_ids,
        "repeated_hits": n_hits,
        "rate": share(max(n_ids, n_hits), n_events),
        "id_examples": worst(same_id, "copies"),
        "hit_examples": worst(same_hit, "copies"),
    }


def worst(rows: list[dict], key: str) -> list[dict]:
    """The first examples in falling order of `key`, then in order of their values."""
    order = sorted(rows, key=lambda row: (-row[key], [str(value) for value in row.values()]))
    return order[:N_EXAMPLES]
