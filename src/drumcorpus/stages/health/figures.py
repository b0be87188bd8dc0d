"""From the counts of `scans` to the sections of the report: plain dicts in fixed order, no NaN."""

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from drumcorpus.stages.health.one_pass import TEMPO_BIN_BPM
from drumcorpus.stages.health.scans import N_EXAMPLES
from drumcorpus.vocabulary import MODEL, NO_VALUE

SEVERAL = "(several)"  # split of a session that stands in more than one

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
        "groups": len({row["group_id"] for row in by_session} - {NO_VALUE}),
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


def tempo(rows: list[dict], tempo_range: tuple[float, float] | None) -> dict:
    """How many events have a tempo, its range and its histogram in beats per minute."""
    having = [row for row in rows if row["tempo_bin"] is not None]
    without = [row for row in rows if row["tempo_bin"] is None]
    counts = count_by(having, "tempo_bin")
    bins = range(min(counts), max(counts) + 1) if counts else ()
    low, high = tempo_range or (None, None)
    return {
        "events_with_tempo": total(having),
        "events_without_tempo": total(without),
        "with_by_source_set": count_by(having, "source_set"),
        "without_by_source_set": count_by(without, "source_set"),
        "min_bpm": None if low is None else round(low, 3),
        "max_bpm": None if high is None else round(high, 3),
        "bin_width_bpm": TEMPO_BIN_BPM,
        "bins": [{"from_bpm": b * TEMPO_BIN_BPM, "events": counts.get(b, 0)} for b in bins],
    }


def meter(events: list[dict]) -> dict:
    """Events of every meter."""
    having = [row for row in events if row["meter"] != NO_VALUE]
    without = [row for row in events if row["meter"] == NO_VALUE]
    return {
        "by_meter": count_by(having, "meter"),
        "events_without_meter": total(without),
        "with_by_source_set": count_by(having, "source_set"),
        "without_by_source_set": count_by(without, "source_set"),
    }


def licenses(events: list[dict]) -> dict:
    """Events of every licence."""
    by_license = count_by(events, "license")
    without = by_license.pop(NO_VALUE, 0)
    bare = [row for row in events if row["license"] == NO_VALUE]
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


def per_session(by_session: list[dict]) -> dict[tuple[str, str], dict]:
    """Events, components and split of every session by its source set and id."""
    sessions: dict[tuple[str, str], dict] = {}
    for row in by_session:
        key = (row["source_set"], row["session_id"])
        session = sessions.setdefault(
            key, {"n_events": 0, "n_components": 0, "split": row["split"]}
        )
        session["n_events"] += row["n"]
        session["n_components"] += row["n"] * row["n_components"]
        if session["split"] != row["split"]:
            session["split"] = SEVERAL
    return sessions


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


def composition(components: list[dict]) -> dict:
    """What the hits are made of: the share of synthetic ones, of the largest source set, and of
    those that a model has labelled, which are no truth."""
    by_set = count_by(components, "source_set")
    largest = min(by_set, key=lambda name: (-by_set[name], name)) if by_set else None
    n_synthetic = total(row for row in components if row["is_synthetic"])
    by_model = [row for row in components if row["label_method"] == MODEL]
    return {
        "synthetic_share": share(n_synthetic, total(components)),
        "largest_source_set": largest,
        "largest_source_set_share": share(by_set.get(largest, 0), total(components)),
        "share_by_source_set": {name: share(n, total(components)) for name, n in by_set.items()},
        "label_methods": count_by(components, "label_method"),
        "model_label_share": share(total(by_model), total(components)),
        "model_labels_by_source_set": count_by(by_model, "source_set"),
    }


def group_leaks(by_session: list[dict]) -> dict:
    """Groups that stand in more than one split, which would let a test hear its training data."""
    groups = group_by((row for row in by_session if row["group_id"] != NO_VALUE), "group_id")
    leaked = {
        group: rows for group, rows in groups.items() if len({row["split"] for row in rows}) > 1
    }
    bare = total(row for row in by_session if row["group_id"] == NO_VALUE)
    return {
        "groups": len(leaked),
        "examples": [
            {
                "group_id": group,
                "splits": sorted({row["split"] for row in rows}),
                "sessions": one_per_split(rows),
            }
            for group, rows in list(leaked.items())[:N_EXAMPLES]
        ],
        "events_without_group": bare,
    }


def one_per_split(rows: list[dict]) -> list[dict]:
    """The first session of every split."""
    keys = ("split", "source_set", "session_id")
    sessions = sorted({tuple(row[key] for key in keys) for row in rows}, reverse=True)
    first = {session[0]: session for session in sessions}
    return [dict(zip(keys, first[split], strict=True)) for split in sorted(first)]


def duplicates(events: list[dict], same_id: list[dict], same_hit: list[dict]) -> dict:
    """Events beyond the first of each id, and of each onset, recording and set of labels.

    The rate is the larger of the two numbers over all events.
    """
    n_ids = sum(row["copies"] - 1 for row in same_id)
    n_hits = sum(row["copies"] - 1 for row in same_hit)
    return {
        "repeated_event_ids": n_ids,
        "repeated_hits": n_hits,
        "rate": share(max(n_ids, n_hits), total(events)),
        "id_examples": worst(same_id, "copies"),
        "hit_examples": worst(same_hit, "copies"),
    }


def worst(rows: list[dict], key: str) -> list[dict]:
    """The first examples in falling order of `key`, then in order of their values."""
    order = sorted(rows, key=lambda row: (-row[key], [str(value) for value in row.values()]))
    return order[:N_EXAMPLES]
