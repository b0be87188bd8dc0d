"""Paths as a run manifest has them that a function writes outside the workflow."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from drumcorpus.ground.files.paths import ELSEWHERE, printable


def recorded_path(path: str | os.PathLike) -> str:
    """A path as a run manifest has it: relative to the working folder.

    Of a file that lies elsewhere its name alone, behind `paths.ELSEWHERE`, for no place of this
    machine is recorded.
    """
    relative = Path(os.path.relpath(path))
    if relative.parts[:1] == ("..",):  # the same folder may have another name, by a link
        parent = os.path.realpath(Path(path).parent)
        relative = Path(os.path.relpath(Path(parent, Path(path).name)))
    if relative.parts[:1] == ("..",):
        return f"{ELSEWHERE}{printable(relative.name)}"
    return printable(relative.as_posix())


def recorded_names(paths: Iterable[str | os.PathLike]) -> dict[str, str]:
    """`recorded_path` of files that are read together, by path.

    Those from elsewhere that have one name are told apart by a number: the second ``a.jsonl`` is
    ``…/2/a.jsonl``.
    """
    names: dict[str, str] = {}
    n_alike: Counter[str] = Counter()
    for path in dict.fromkeys(map(os.fspath, paths)):
        name = recorded_path(path)
        if name.startswith(ELSEWHERE):
            n_alike[name] += 1
            if n_alike[name] > 1:
                name = f"{ELSEWHERE}{n_alike[name]}/{name.removeprefix(ELSEWHERE)}"
        names[path] = name
    return names
