"""Families: sessions that belong together, and what each two of them have in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

GROUP = "group"  # one group by name: a performance, a work, a backing track
DRUMMER, KIT = "drummer", "kit"  # kept together because the config asks for it
ISOLATION = (DRUMMER, KIT)


@dataclass(frozen=True)
class Edge:
    """Two sessions, by their numbers, that belong together, why, and by what evidence."""

    kind: str
    one: int
    other: int
    evidence: dict = field(default_factory=dict, compare=False)


def find_families(n_sessions: int, edges: Iterable[Edge]) -> list[int]:
    """The smallest number of each session's family; sessions without an edge are their own.

    Union-find with path halving (Tarjan and van Leeuwen, "Worst-case analysis of set union
    algorithms", J. ACM 31, 1984); the order of the edges does not matter.
    """
    parent = list(range(n_sessions))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for edge in edges:
        one, other = root(edge.one), root(edge.other)
        parent[max(one, other)] = min(one, other)
    return [root(number) for number in range(n_sessions)]


def equal_values(kind: str, values: Sequence[str | None], name: str) -> list[Edge]:
    """An edge from the first session of each value to every other one of it; None is no value."""
    first: dict[str, int] = {}
    edges = []
    for number, value in enumerate(values):
        if value is None:
            continue
        if value in first:
            edges.append(Edge(kind, first[value], number, {name: value}))
        else:
            first[value] = number
    return edges
