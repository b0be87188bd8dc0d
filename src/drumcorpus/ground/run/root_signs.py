"""Is a folder the root of a source set? Told by its layout, before any of its files is read."""

import os
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.written_paths import why_no_folder

N_FOLDERS = 200  # folders in a root, or around it, that are looked at for the one that was meant


def check_roots(
    roots: Mapping[str, Iterable[str]],
    signs: Mapping[str, Iterable[str]],
    fetch: Mapping[str, str] = MappingProxyType({}),
    further: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> None:
    """Hold folders against the layouts of their sets.

    Parameters
    ----------
    roots : mapping
        Of each source set.
    signs : mapping
        Of each source set the patterns of which its root has one, as in
        ``resources/layouts.yaml``; a set without any has a root of any kind.
    fetch : mapping
        Of sets that can be fetched the command that does it, which is said where a root is missing.
    further : mapping
        Of sets that take files of others, the sets whose root may be one more of theirs.

    Raises
    ------
    ValueError
        With a sentence for each root that is not there, has no sign of its set, or has signs of
        another set as well.
    """
    problems = [
        sentence
        for source_set, folders in roots.items()
        for folder in folders
        if (sentence := why_not_the_root(source_set, folder, signs, fetch.get(source_set, "")))
        and not _is_further_root(folder, folders, signs, source_set, further.get(source_set, ()))
    ]
    if problems:
        raise ValueError("\n".join(problems))


def _is_further_root(
    folder: str,
    folders: Iterable[str],
    signs: Mapping[str, Iterable[str]],
    source_set: str,
    further: Iterable[str],
) -> bool:
    """Whether a folder is a root of sets of `further` alone, beside one that is of its own set."""
    own = [other for other in folders if has_a_sign(Path(other), signs[source_set])]
    of = {name for name in signs if has_a_sign(Path(folder), signs[name])}
    return bool(own and of) and of <= set(further)


def why_not_the_root(
    source_set: str, folder: str, signs: Mapping[str, Iterable[str]], fetch: str = ""
) -> str:
    """What is wrong with the root of a set, and what to do; empty where nothing is."""
    where = f"{source_set}: {visible(folder)}"
    if reason := why_no_folder(folder):
        is_missing = fetch and not Path(folder).exists()
        return f"{where}: {reason}" + (f"; to get it: {fetch}" if is_missing else "")
    root = Path(folder)
    if not os.access(root, os.R_OK | os.X_OK):
        return f"{where}: may not be read: permission denied"
    sets = [name for name in signs if has_a_sign(root, signs[name])]
    wanted = list(signs[source_set])
    others = [name for name in sets if name != source_set]
    if others and (source_set in sets or not wanted):
        return (
            f"{where}: holds files of {' and of '.join(sets)} too, and every source set has a "
            "folder of its own; move one of them"
            if not wanted
            else f"{where}: is the root of {source_set} and of {' and of '.join(others)} at once, "
            "and every source set has a folder of its own; move the files of one of them"
        )
    if not wanted or source_set in sets:
        return ""
    if others:
        return f"{where}: is the root of {others[0]}: {others[0]}={visible(folder)}"
    near = [child for child in _folders(root) if has_a_sign(child, wanted)]
    near += [root.parent] if has_a_sign(root.parent, wanted) else []
    asked = f"wanted: a folder that holds {' or '.join(wanted)}"
    if near:
        return f"{where}: is not its root; did you mean {visible(str(near[0]))}? ({asked})"
    return f"{where}: is not its root; {asked}"


def has_a_sign(folder: Path, patterns: Iterable[str]) -> bool:
    """Whether a folder has one of the signs of a set."""
    try:
        return any(next(folder.glob(pattern), None) is not None for pattern in patterns)
    except OSError:  # a folder below it may not be read
        return False


def _folders(root: Path) -> list[Path]:
    with os.scandir(root) as entries:
        names = sorted(entry.name for entry in islice(entries, N_FOLDERS) if entry.is_dir())
    return [root / name for name in names]
