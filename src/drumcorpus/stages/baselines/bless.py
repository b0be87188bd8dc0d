"""Bless: the candidates of a run become the figures that later runs are held against."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from drumcorpus.ground.files.figures import (
    differences,
    figures_of,
    in_words,
    read_baseline,
    write_baseline,
)
from drumcorpus.ground.run.commands import command
from drumcorpus.ground.run.run_manifest import describe_product


def bless(plan: Mapping[str, Mapping]) -> list[str]:
    """Put the candidates where the blessed files are; all are read before the first is written.

    Parameters
    ----------
    plan : mapping
        By the name of the baseline: ``candidate`` (path of a product), ``blessed`` (path of what
        is blessed now, or None) and ``target`` (path of what will be).

    Returns
    -------
    changes : list of str
        One line per file that is new and per figure that changes; empty where all is as blessed.

    Raises
    ------
    ValueError
        If a candidate is missing, is not as its run manifest says, or a file is not a JSON
        object; nothing is blessed then.
    """
    missing = [row["candidate"] for row in plan.values() if not Path(row["candidate"]).is_file()]
    if missing:
        raise ValueError(
            f"there is no candidate {', '.join(missing)}: nothing is blessed. Make it first: "
            + command("health")
        )
    for row in plan.values():
        describe_product("candidate", row["candidate"])
    lines: list[str] = []
    to_write = []
    for name, row in sorted(plan.items()):
        candidate = read_baseline(row["candidate"])
        changed = list(_lines(name, candidate, row["blessed"]))
        lines += changed
        if changed:
            to_write.append((row["target"], candidate))
    for target, candidate in to_write:
        write_baseline(target, candidate)
    return lines


def _lines(name: str, candidate: Mapping, blessed: str | os.PathLike | None) -> Iterator[str]:
    """What blessing one candidate changes."""
    if blessed is None:
        n_figures = len(figures_of(candidate))
        yield f"{name}: new, {n_figures:,} figure{'s' if n_figures != 1 else ''}"
        return
    for change in differences(read_baseline(blessed), candidate):
        yield f"{name}: {in_words(change)}"
