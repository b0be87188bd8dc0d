"""Which number a group of hits gets: the source's, or else the next one from low to high."""

from collections import Counter
from collections.abc import Iterable, Sequence

from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.taxonomy import CymbalFamily

# Share of a group's numbered hits that must have one number for the group to get it.
SAME_NUMBER_SHARE = 0.9


def most_cymbals(
    family: CymbalFamily, numbers: Iterable[int | None], settings: ClusteringSettings
) -> int:
    """The highest number that a cymbal may get.

    Parameters
    ----------
    family : CymbalFamily
    numbers : iterable of int or None
        Of the source.
    settings : ClusteringSettings
    """
    if family.is_numbered:
        return len(family.labels)
    return max(number or 0 for number in numbers) + settings.max_cymbals + 1


def name_groups(
    groups: Sequence[int],
    pairs: Iterable[tuple[int, int]],
    numbers: Iterable[int | None],
    n_labels: int,
) -> dict[int, int] | None:
    """The number of each group, from 1; None where the groups contradict the source's numbers.

    Parameters
    ----------
    groups : sequence of int
        From low to high.
    pairs : iterable of (group, number)
        Of the hits that are both told by sound and numbered by the source.
    numbers : iterable of int or None
        All numbers of the source; a group that has none of them gets another one.
    n_labels : int
        The highest number.

    Examples
    --------
    >>> name_groups([0, 1], [(0, 2), (0, 2)], numbers=[2, 2, None], n_labels=3)
    {0: 2, 1: 1}
    >>> name_groups([0, 1], [(0, 1), (1, 1)], numbers=[1, 1], n_labels=3) is None
    True
    """
    counts_of: dict[int, Counter] = {group: Counter() for group in groups}
    for group, number in pairs:
        counts_of[group][number] += 1
    names: dict[int, int] = {}
    for group, counts in counts_of.items():
        for number, count in counts.most_common(1):
            if count < SAME_NUMBER_SHARE * counts.total():
                return None
            names[group] = number
    nameless = [group for group in groups if group not in names]
    taken = set(numbers)
    free = [number for number in range(1, n_labels + 1) if number not in taken]
    if len(set(names.values())) < len(names) or len(nameless) > len(free):
        return None
    return names | dict(zip(nameless, free, strict=False))


def agree(names: dict[int, int], pairs: Iterable[tuple[int, int]]) -> bool:
    """Whether the hits that are told by sound and numbered by the source say the same."""
    same: dict[int, list[bool]] = {}
    for group, number in pairs:
        same.setdefault(group, []).append(names.get(group) == number)
    return all(sum(each) >= SAME_NUMBER_SHARE * len(each) for each in same.values())
