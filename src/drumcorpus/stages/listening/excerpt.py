"""Which stretch of a session is shown, and the strokes in it."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

BEFORE = 0.5  # s shown before the first stroke of an excerpt, and after the last one of a session
DOUBT_WEIGHT = 1000  # a doubtful hit counts more than all sure ones that fit into an excerpt


def strokes_of(events: Iterable[Mapping], doubtful: frozenset[tuple[str, int]]) -> list[dict]:
    """All strokes of a session in order: one row per component of an event.

    Parameters
    ----------
    events : iterable of mapping
        Of the schema EVENTS.
    doubtful : frozenset
        (event_id, component_index) of the hits whose cymbal is in doubt.
    """
    strokes = [
        {
            "time": event["onset_time"],
            "label": part["label"],
            "velocity": part["velocity"],
            "cymbal": part["cymbal"],
            "in_doubt": (event["event_id"], index) in doubtful,
        }
        for event in events
        for index, part in enumerate(event["components"])
    ]
    return sorted(strokes, key=lambda stroke: (stroke["time"], stroke["label"]))


def choose_excerpt(
    strokes: Sequence[Mapping], duration: float | None, length: float, focus: Mapping
) -> tuple[float, float]:
    """Start and length of the excerpt, s.

    It is the one with most strokes of what the session was chosen for: a label, those in doubt, or
    any; of equal ones the first. With ``at`` in `focus` that time is in its middle, with ``end`` it
    is the last of the session, with ``start`` that of the first strokes.

    Parameters
    ----------
    strokes : sequence of mapping
        As of `strokes_of`.
    duration : float or None
        Seconds of the recording.
    length : float
        Most seconds of the excerpt.
    focus : mapping
        ``label``: a label; ``doubt``, ``end`` or ``start``: true; ``at``: seconds; or nothing.
    """
    times = np.array([stroke["time"] for stroke in strokes])
    end = max(duration or 0.0, times.max(initial=-BEFORE) + BEFORE)
    latest = max(end - length, 0.0)
    if "at" in focus:
        start = float(np.clip(focus["at"] - length / 2, 0.0, latest))
        return start, float(min(length, end - start))
    if not len(times):
        return 0.0, min(length, end)
    if focus.get("end"):
        start = max(times.max() + BEFORE - length, 0.0)
        return float(start), float(min(length, end - start))
    if focus.get("start"):
        start = float(np.clip(times.min() - BEFORE, 0.0, latest))
        return start, float(min(length, end - start))
    weights = np.array([_weight(stroke, focus) for stroke in strokes])
    starts = np.clip(times - BEFORE, 0.0, latest)
    sums = np.concatenate([[0], np.cumsum(weights)])
    first = np.searchsorted(times, starts, side="left")
    last = np.searchsorted(times, starts + length, side="left")
    start = float(starts[np.argmax(sums[last] - sums[first])])
    return start, float(min(length, end - start))


def _weight(stroke: Mapping, focus: Mapping) -> int:
    if "label" in focus:
        return DOUBT_WEIGHT * (stroke["label"] == focus["label"]) + 1
    if focus.get("doubt"):
        return DOUBT_WEIGHT * stroke["in_doubt"] + 1
    return 1


def lanes(
    strokes: Iterable[Mapping], start: float, length: float, order: Sequence[str]
) -> list[dict]:
    """The strokes of an excerpt by label, in the order of the class ids; times from its start."""
    by_label: dict[str, list[dict]] = {}
    for stroke in strokes:
        if start <= stroke["time"] < start + length:
            row = {
                "time": round(stroke["time"] - start, 4),
                "velocity": None if stroke["velocity"] is None else round(stroke["velocity"], 3),
                "cymbal": stroke["cymbal"],
                "in_doubt": stroke["in_doubt"],
            }
            by_label.setdefault(stroke["label"], []).append(row)
    ranks = {label: rank for rank, label in enumerate(order)}
    names = sorted(by_label, key=lambda name: (ranks.get(name, len(ranks)), name))
    return [{"label": name, "hits": by_label[name]} for name in names]
