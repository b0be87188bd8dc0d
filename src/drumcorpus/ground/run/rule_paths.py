"""The paths that the jobs of a rule read and write, as plain text.

Snakemake makes two objects of every path and holds each against its patterns. Of jobs that are done
together, whose rules it never makes jobs of, the paths alone are wanted.
"""

import os
from collections.abc import Callable, Mapping

# The paths under one name, if they have one: one path, or those of a list.
Named = tuple[str | None, str | list[str]]


class RulePaths:
    """Paths of a rule's inputs, outputs or logs by the wildcards of a job.

    Parameters
    ----------
    files
        Snakemake's named list of them: patterns, lists of patterns, and functions of wildcards.
    without_constraints : callable
        Snakemake's function that takes the constraints of wildcards out of a pattern.
    """

    def __init__(self, files, without_constraints: Callable[[str], str]):
        self._items = []
        for name, item in files._allitems():
            if isinstance(item, list):
                item = [without_constraints(str(each)) for each in item]
            elif isinstance(item, str):
                item = without_constraints(str(item))
            self._items.append((name, item))

    def named(self, wildcards) -> list[Named]:
        """The paths of one job by name, in order.

        Parameters
        ----------
        wildcards
            Snakemake's named list of a job's wildcards.
        """
        values = dict(wildcards.items())
        named = []
        for name, item in self._items:
            paths = item if isinstance(item, str | list) else item(wildcards)
            is_one = isinstance(paths, str | os.PathLike)
            shown = [_filled(path, values) for path in ([paths] if is_one else paths)]
            named.append((name, shown[0] if is_one else shown))
        return named

    def paths(self, wildcards) -> list[str]:
        """The same without their names."""
        return flat(self.named(wildcards))


def flat(named: list[Named]) -> list[str]:
    """Paths without their names."""
    return [path for _, paths in named for path in ([paths] if isinstance(paths, str) else paths)]


def _filled(path, values: Mapping[str, str]) -> str:
    path = str(path)
    return path.format_map(values) if "{" in path else path
