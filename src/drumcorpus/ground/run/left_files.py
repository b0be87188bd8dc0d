"""What other programs have left among the products, which `verify` counts and does not refuse."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from drumcorpus.ground.files.leftovers import Leftovers
from drumcorpus.ground.run.recorded_files import Problem

# Kinds whose names jobs give to files of their own: among products these may be no other program's.
_OUR_OWN = ("unfinished_download", "temporary", "checksums")


def without_leftovers(
    problems: Iterable[Problem], ours: Collection[str], leftovers: Leftovers
) -> tuple[list[Problem], dict[str, int]]:
    """The problems but what other programs have left, and how much of that there is, by kind.

    Parameters
    ----------
    problems
        Those that are `extra` are looked at.
    ours
        Paths that a record names or a rule makes: what is wrong with them is a problem.
    leftovers
        The reviewed list of what is not of a source set.
    """
    others, left = [], Counter()
    for problem in problems:
        is_extra = problem.kind == "extra" and problem.path not in ours
        kind = leftovers.kind_of_either(problem.path) if is_extra else None
        if kind is None or kind in _OUR_OWN:
            others.append(problem)
        else:
            left[kind] += 1
    return others, dict(sorted(left.items()))


def left_in_words(left: Mapping[str, int]) -> list[str]:
    """One line on what `without_leftovers` has counted, if there is any."""
    if not left:
        return []
    listed = ", ".join(f"{n:,} {kind}" for kind, n in left.items())
    total = sum(left.values())
    return [f"Left among the products by other programs, and no problem: {total:,} ({listed})."]
