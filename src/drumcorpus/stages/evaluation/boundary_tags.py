"""Which hits of a session are hard: tags, and the stretches of time that they are met in.

What a tag means is data (``resources/evaluation/boundary_tags.yaml``); here stands what each kind
of tag looks for. Times are whole microseconds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from drumcorpus.ground.predictions.hit_columns import VELOCITY_PARTS

MS = 1_000  # µs
# How far a prediction may be from a hit: a case is the stretch around its hits by so much.
MARGIN = 50 * MS
_LAST_VELOCITY = 127


@dataclass(frozen=True)
class SessionHits:
    """The hits of one session, in order of time; every array has shape (n_hits,).

    `onset` is in µs, `label` the number of a label, `velocity` as of `HitColumns`; `techniques` has
    by name which hits were played so. `negatives` are stretches (start, end) in µs in which nothing
    is struck, as the corpus says; `duration` is that of the recording in µs, None where nobody
    knows it.
    """

    onset: np.ndarray
    label: np.ndarray
    velocity: np.ndarray
    techniques: Mapping[str, np.ndarray] = field(default_factory=dict)
    negatives: tuple[tuple[int, int], ...] = ()
    duration: int | None = None


@dataclass(frozen=True)
class Case:
    """One place that has a tag: a stretch in µs, and the rows of the hits that are tagged."""

    start: int
    end: int
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Windows:
    """Windows of `length` µs that begin every `hop` µs from the start of the recording."""

    length: int
    hop: int


def label_numbers(chosen: Mapping, families: Mapping[str, str]) -> frozenset[int]:
    """Numbers of the labels that a line of the tags' file chooses.

    Parameters
    ----------
    chosen : mapping
        ``families`` or ``labels``, each a list of names.
    families : mapping
        The family of each label, in the order of their numbers.

    Raises
    ------
    ValueError
        If there is no such family or label.

    Examples
    --------
    >>> sorted(label_numbers({"families": ["tom"]}, {"a": "tom", "b": "ride", "c": "tom"}))
    [0, 2]
    """
    names = set(chosen.get("families", ())), set(chosen.get("labels", ()))
    if odd := sorted((names[0] - set(families.values())) | (names[1] - set(families))):
        raise ValueError(f"boundary_tags.yaml: no family or label {odd[0]!r} in components.yaml")
    return frozenset(
        n for n, (label, of) in enumerate(families.items()) if label in names[1] or of in names[0]
    )


def chosen_labels(rule: Mapping, families: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Which labels the lines of a tag choose, each of shape (n_labels,), bool.

    Parameters
    ----------
    rule : mapping
        What the tag means.
    families : mapping
        As of `label_numbers`.
    """
    chosen = {}
    for key in ("of", "with", "earlier", "by", "among"):
        if key in rule:
            chosen[key] = np.zeros(len(families), dtype=bool)
            chosen[key][sorted(label_numbers(rule[key], families))] = True
    return chosen


def tagged_cases(
    session: SessionHits, rule: Mapping, chosen: Mapping[str, np.ndarray], windows: Windows | None
) -> list[Case]:
    """The cases of one tag in a session, in order of time.

    Parameters
    ----------
    rule : mapping
        What the tag means; its ``kind`` is one of `KINDS`.
    chosen : mapping
        As of `chosen_labels`.
    windows : Windows, optional
        Of the kind ``edge``; without them no hit is at an edge.
    """
    return sorted(set(KINDS[rule["kind"]](session, rule, chosen, windows)), key=_order)


def _order(case: Case) -> tuple:
    return case.start, case.end, case.rows


def _around(session: SessionHits, rows: Iterable[int]) -> Case:
    rows = tuple(sorted(map(int, rows)))
    first, last = (int(session.onset[row]) for row in (rows[0], rows[-1]))
    return Case(max(0, first - MARGIN), last + MARGIN, rows)


def _each(session: SessionHits, is_one: np.ndarray) -> list[Case]:
    rows = np.flatnonzero(is_one)
    times = session.onset[rows]
    starts, ends = np.maximum(times - MARGIN, 0), times + MARGIN
    of = zip(starts.tolist(), ends.tolist(), rows.tolist(), strict=True)
    return [Case(start, end, (row,)) for start, end, row in of]


def _at_start(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    return _each(session, session.onset < rule["within_ms"] * MS)


def _at_end(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    if session.duration is None:
        return []
    return _each(session, session.onset >= session.duration - rule["within_ms"] * MS)


def _at_edges(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    if windows is None:
        return []
    near, (onset, hop) = rule["within_ms"] * MS, (session.onset, windows.hop)

    def is_near(first: int) -> np.ndarray:
        """Hits near first, first + hop, first + 2 hop and so on; not near the very start."""
        steps = np.maximum(np.rint((onset - first) / hop), 1 if first == 0 else 0)
        return np.abs(onset - first - steps.astype(np.int64) * hop) <= near

    return _each(session, is_near(0) | is_near(windows.length))


def _repeated(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    order = np.lexsort((session.onset, session.label))
    gap = np.diff(session.onset[order])
    is_one = (np.diff(session.label[order]) == 0) & (gap > 0)
    is_one &= (gap >= rule["from_ms"] * MS) & (gap < rule["below_ms"] * MS)
    return [_around(session, order[[n, n + 1]]) for n in np.flatnonzero(is_one)]


def _near(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    others = np.flatnonzero(chosen["with"][session.label])
    within, cases = rule["within_ms"] * MS, []
    for row in np.flatnonzero(chosen["of"][session.label]):
        beside = others[np.abs(session.onset[others] - session.onset[row]) <= within]
        if len(beside):
            cases.append(_around(session, [row, *beside]))
    return cases


def _after(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    rows = np.flatnonzero(chosen["of"][session.label])
    before = session.onset[chosen["earlier"][session.label]]
    first = np.searchsorted(before, session.onset[rows] - rule["within_ms"] * MS)
    stop = np.searchsorted(before, session.onset[rows] - rule["from_ms"] * MS, side="right")
    return [_around(session, [row]) for row in rows[stop > first]]


def _followed(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    rows = np.flatnonzero(chosen["among"][session.label])
    is_first, is_second = chosen["of"][session.label[rows]], chosen["by"][session.label[rows]]
    gap = np.diff(session.onset[rows])
    pairs = np.flatnonzero(
        is_first[:-1] & is_second[1:] & (gap > 0) & (gap <= rule["within_ms"] * MS)
    )
    return [_around(session, rows[[n, n + 1]]) for n in pairs]


def _played(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    nothing = np.zeros(len(session.onset), dtype=bool)
    is_so = session.techniques.get(rule["technique"], nothing)
    if "softer_than" in rule:
        # Between two whole velocities, so that rounding moves none across.
        limit = (rule["softer_than"] - 0.5) / _LAST_VELOCITY * VELOCITY_PARTS
        is_so = is_so | ((session.velocity >= 0) & (session.velocity < limit))
    return _each(session, is_so & chosen["of"][session.label])


def _silent(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    """Stretches without a hit; that after the last one only where the length is known.

    A prediction near enough to match a hit is not in it.
    """
    end = [] if session.duration is None else [session.duration + MARGIN + 1]
    edges = np.concatenate([[-MARGIN - 1], session.onset, end]).astype(np.int64)
    starts, ends = edges[:-1] + MARGIN + 1, edges[1:] - MARGIN - 1
    places = np.flatnonzero(ends - starts >= rule["at_least_ms"] * MS)
    return [
        Case(*each) for each in zip(starts[places].tolist(), ends[places].tolist(), strict=True)
    ]


def _negative(session: SessionHits, rule: Mapping, chosen, windows) -> list[Case]:
    return [Case(start, end) for start, end in session.negatives]


KINDS: dict[str, Callable[..., list[Case]]] = {
    "start": _at_start,
    "end": _at_end,
    "edge": _at_edges,
    "repeated": _repeated,
    "near": _near,
    "after": _after,
    "followed": _followed,
    "played": _played,
    "silence": _silent,
    "negative": _negative,
}
