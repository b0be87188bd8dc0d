"""Where raw data and products lie to each other: what is made is never taken for raw data.

Folders are compared by where they really are, so that a link hides nothing.
"""

import os
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.state_folder import STATE_FOLDER

# Folders below the working folder in which a run writes.
WRITTEN = ("results", "reports", "logs", "benchmarks", "smoke", ".snakemake", STATE_FOLDER)
# Folders of the checkout that hold its code and what is reviewed.
CODE = ("src", "workflow", "config", "resources", "tests", "docs", "bench", ".git", ".venv")


def check_layout(
    roots: Mapping[str, Iterable[str]],
    kinds: Mapping[str, str],
    *,
    working_folder: Path,
    checkout: Path,
    written: Iterable[str],
) -> None:
    """Hold the roots against the folders that a run writes to, and against each other.

    Parameters
    ----------
    roots : mapping
        Of each source set in use.
    kinds : mapping
        Of each source set the one whose files its root holds; sets of one kind may share a root.
    working_folder, checkout : Path
        Where the run works, and where its code lies.
    written : iterable of paths
        Further folders that it writes to, such as that of checksum lists.

    Raises
    ------
    ValueError
        With one sentence for each root that holds what is made, lies within it, or is, holds or
        lies within the root of another source set.
    """
    places = [(name, root, real(root)) for name in roots for root in roots[name]]
    makes = {working_folder / folder: folder for folder in WRITTEN}
    makes |= {Path(folder): folder for folder in written}
    problems = []
    for name, root, place in places:
        where = f"source_sets.{name}.roots: {visible(str(root))}"
        if (sentence := _holds(place, where, working_folder, checkout, makes)) or (
            sentence := _lies_within(place, where, checkout, makes)
        ):
            problems.append(sentence)
    pairs = list(combinations(places, 2))
    problems += [sentence for pair in pairs if (sentence := _meet(*pair, kinds))]
    if problems:
        raise ValueError("\n".join(f"config: {problem}" for problem in problems))


def plain_path(path: Path) -> str:
    """A path as an input of a rule.

    Raises
    ------
    ValueError
        If it has braces, in which Snakemake looks for wildcards.
    """
    if "{" in str(path) or "}" in str(path):
        raise ValueError(
            f"{visible(str(path))}: Snakemake takes braces in the path of an input for a wildcard; "
            "rename the file or the folder"
        )
    return str(path)


def real(path: str | os.PathLike) -> Path:
    """Where a path really is, links followed; it need not be there."""
    return Path(os.path.realpath(path))


def _holds(place: Path, where: str, working_folder: Path, checkout: Path, makes: Mapping) -> str:
    """A sentence on a root that holds what is made, or the code."""
    elsewhere = "Work elsewhere, such as --directory /scratch/corpus, or name a folder further down"
    if real(working_folder).is_relative_to(place):
        what = "is" if real(working_folder) == place else "holds"
        return f"{where}: {what} the working folder, and products are no raw data. {elsewhere}"
    for folder, name in makes.items():
        if real(folder).is_relative_to(place):
            return f"{where}: holds {name}, where products are written. {elsewhere}"
    if real(checkout).is_relative_to(place):
        what = "is" if real(checkout) == place else "holds"
        return f"{where}: {what} the checkout of drumcorpus. Name the folder of the raw data alone"
    return ""


def _lies_within(place: Path, where: str, checkout: Path, makes: Mapping) -> str:
    """A sentence on a root that lies in a folder of products, or of the code."""
    for folder, name in makes.items():
        if place.is_relative_to(real(folder)):
            return f"{where}: lies in {name}, where products are written. Move the raw data"
    for name in CODE:
        if place.is_relative_to(real(checkout / name)):
            return f"{where}: lies in {name} of the checkout of drumcorpus. Move the raw data"
    return ""


def _meet(one: tuple, other: tuple, kinds: Mapping[str, str]) -> str:
    """A sentence on two roots of which one is or holds the other."""
    (name, root, place), (other_name, other_root, other_place) = one, other
    if name != other_name and kinds.get(name, name) == kinds.get(other_name, other_name):
        return ""
    shown, other_shown = visible(str(root)), visible(str(other_root))
    if place == other_place:
        if name == other_name:
            return (
                f"source_sets.{name}.roots: {shown} and {other_shown} are one folder; name it once"
            )
        return (
            f"source_sets: {name} and {other_name} have one root, {shown}; every source set has a "
            "folder of its own"
        )
    if other_place.is_relative_to(place):
        one, other, shown, other_shown = other, one, other_shown, shown
    elif not place.is_relative_to(other_place):
        return ""
    return (
        f"source_sets.{one[0]}.roots: {shown} lies in {other_shown}, a root of {other[0]}, which "
        "would take its files too; name folders that lie side by side"
    )
