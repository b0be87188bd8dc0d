"""The configured roots of a source set: those that are there, and a sentence on the others.

A root is absent where nothing is at its path, such as a drive that is not mounted. One that is
there and may not be read, or is no folder, is never taken for absent.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.written_paths import why_no_folder
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.commands import command
from drumcorpus.vocabulary import PRIMARY, SECONDARY

PRESENT, REQUIRED = "present", "required"  # of inventory.roots
_NAMES = {1: PRIMARY, 2: SECONDARY}


def existing_roots(
    source_set: str, roots: Iterable[str | os.PathLike], wanted: str = PRESENT
) -> list[Path]:
    """The roots that are there, in order.

    Parameters
    ----------
    wanted : str
        ``present``: those that are there, one at the least. ``required``: all of them.

    Raises
    ------
    FileNotFoundError
        If none is there, or one is absent and all are required.
    ValueError
        If one is there and cannot be listed; the message has the reason.
    """
    roots = [Path(root) for root in roots]
    reasons = {root: why_no_folder(root) for root in roots}
    where = f"source_sets.{source_set}.roots"
    unreadable = [root for root in roots if reasons[root] and not is_absent(root)]
    if unreadable:
        raise ValueError(
            f"{where}: {_in_words(unreadable, reasons)}. Mend that, or correct the roots"
        )
    absent = [root for root in roots if reasons[root]]
    if len(absent) == len(roots):
        raise FileNotFoundError(
            f"{where}: none of these folders exists: {_in_words(absent, reasons)}. Mount or "
            f"download the source set{_fetch(source_set)}, correct the roots, or take {source_set} "
            "out of `use`"
        )
    if absent and wanted == REQUIRED:
        without = command("all", config={"inventory": {"roots": PRESENT}})
        raise FileNotFoundError(
            f"{where}: {_in_words(absent, reasons)}, and every root is required. Mount it, take it "
            f"out of the roots, or do without it: {without}"
        )
    return [root for root in roots if not reasons[root]]


def _fetch(source_set: str) -> str:
    """How a set is fetched whose card has an address of its first archive; else nothing."""
    card = project_folder() / f"resources/source_sets/{source_set}.yaml"
    archives = read_yaml(card).get("archives") if card.is_file() else None
    parts = archives[0].get("parts", archives[:1]) if archives else []
    can_be_fetched = parts and all(part.get("url") for part in parts)
    return f" (drumcorpus fetch {source_set})" if can_be_fetched else ""


def absent_in_words(source_set: str, roots: Iterable[str | os.PathLike]) -> str:
    """A sentence on the roots that are absent while others are there; empty where there is none."""
    roots = [Path(root) for root in roots]
    absent = [root for root in roots if is_absent(root)]
    if not absent or len(absent) == len(roots):
        return ""
    reasons = {root: why_no_folder(root) for root in absent}
    return (
        f"source_sets.{source_set}.roots: {_in_words(absent, reasons)}. The run does without what "
        "it holds; to have every root required: inventory.roots: required"
    )


def root_name(number: int) -> str:
    """What a root is called by its place in the config, from 1; its path is the machine's.

    Examples
    --------
    >>> [root_name(number) for number in (1, 2, 3)]
    ['primary', 'secondary', 'root_3']
    """
    return _NAMES.get(number, f"root_{number}")


def is_absent(root: Path) -> bool:
    """Whether nothing is at a path, or a link there leads to nothing."""
    try:
        root.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _in_words(roots: list[Path], reasons: dict[Path, str]) -> str:
    return ", ".join(f"{visible(str(root))} {reasons[root]}" for root in roots)
