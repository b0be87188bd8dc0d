"""What systems, disks, servers and tools leave below a root, told from what is of a source set."""

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.sessions import Refusal
from drumcorpus.vocabulary import NOT_OF_THE_SET

N_SHOWN = 5  # paths of each kind in a report
_KEYS = {"name", "left_by", "files", "folders", "source"}
_SPECIAL = re.compile(r"[*?\[]")
_WILDCARD = re.compile(r"[*?]|\[.*?\]")


class Leftovers:
    """The kinds of the reviewed list, by the names of files and of folders.

    Parameters
    ----------
    kinds : sequence of mappings
        As of ``resources/not_of_the_set.yaml``: ``name``, and patterns under ``files`` and
        ``folders``.
    """

    def __init__(self, kinds: Sequence[Mapping] = ()):
        self._files = _Patterns((kind["name"], kind.get("files", ())) for kind in kinds)
        self._folders = _Patterns((kind["name"], kind.get("folders", ())) for kind in kinds)

    def kind_of_entry(self, name: str, is_folder: bool) -> str | None:
        """The kind of a file or a folder by its own name; None of what is of the set."""
        return (self._folders if is_folder else self._files).kind_of(name)

    def kind_of(self, path: str) -> str | None:
        """The kind of a file by its path below the root, its folders included."""
        *folders, name = PurePosixPath(path).parts or ("",)
        found = (self._folders.kind_of(folder) for folder in folders)
        return next((kind for kind in found if kind), None) or self._files.kind_of(name)

    def kind_of_either(self, path: str) -> str | None:
        """The kind of a file or a folder by its path, where nobody knows which of these it is."""
        return self.kind_of(path) or self._folders.kind_of(PurePosixPath(path).name)


class _Patterns:
    """Patterns of names: nearly all are a beginning, an end or a whole name, which is fast."""

    def __init__(self, kinds: Iterable[tuple[str, Iterable[str]]]):
        self._whole: dict[str, str] = {}
        self._starts: dict[str, str] = {}
        self._ends: dict[str, str] = {}
        self._others: list[tuple[str, re.Pattern, str]] = []
        for kind, patterns in kinds:
            for pattern in patterns:
                self._add(pattern.lower(), kind)
        self._any_start, self._any_end = tuple(self._starts), tuple(self._ends)

    def _add(self, pattern: str, kind: str) -> None:
        if not _SPECIAL.search(pattern):
            self._whole[pattern] = kind
        elif pattern.endswith("*") and not _SPECIAL.search(pattern[:-1]):
            self._starts[pattern[:-1]] = kind
        elif pattern.startswith("*") and not _SPECIAL.search(pattern[1:]):
            self._ends[pattern[1:]] = kind
        else:
            own = max(_WILDCARD.split(pattern), key=len)
            self._others.append((own, re.compile(fnmatch.translate(pattern)), kind))

    def kind_of(self, name: str) -> str | None:
        name = name.lower()
        if name in self._whole:
            return self._whole[name]
        if name.startswith(self._any_start):
            return next(kind for start, kind in self._starts.items() if name.startswith(start))
        if name.endswith(self._any_end):
            return next(kind for end, kind in self._ends.items() if name.endswith(end))
        for own, pattern, kind in self._others:
            if own in name and pattern.match(name):
                return kind
        return None


# Where nothing is told apart.
NO_LEFTOVERS = Leftovers()


def read_leftovers(path: str | os.PathLike) -> Leftovers:
    """The reviewed list of what is not of a source set.

    Raises
    ------
    ValueError
        If it is not YAML, or not of the form that its head describes; the message names the file.
    """
    document = read_yaml(path)
    kinds = document.get("kinds") if isinstance(document, dict) else None
    if not isinstance(kinds, list):
        raise ValueError(f"{path}: kinds: a list is wanted")
    for number, kind in enumerate(kinds, start=1):
        _check_kind(kind, f"{path}: kinds: {number}")
    names = Counter(kind["name"] for kind in kinds)
    if twice := [name for name, n in names.items() if n > 1]:
        raise ValueError(f"{path}: kinds: {', '.join(twice)} stands twice")
    return Leftovers(kinds)


def _check_kind(kind, where: str) -> None:
    if not isinstance(kind, dict) or not kind.keys() <= _KEYS:
        raise ValueError(f"{where}: got {kind!r}; allowed: {', '.join(sorted(_KEYS))}")
    for key in ("name", "left_by", "source"):
        if not isinstance(kind.get(key), str) or not kind[key]:
            raise ValueError(f"{where}: {key}: got {kind.get(key)!r}; a text is wanted")
    patterns = [*kind.get("files", ()), *kind.get("folders", ())]
    for pattern in patterns:
        # A pattern of hardly anything but wildcards would take every file.
        if not isinstance(pattern, str) or "/" in pattern or _n_own(pattern) < 2:
            raise ValueError(
                f"{where}: got the pattern {pattern!r}; wanted the name of a file or folder, with "
                "two characters of its own at the least, or one that is no letter, digit or dot"
            )
    if not patterns:
        raise ValueError(f"{where}: neither files nor folders have a pattern")


def _n_own(pattern: str) -> int:
    """Characters that are no wildcards; one such as `~` counts as two, for names hardly have it."""
    own = _WILDCARD.sub("", pattern)
    return sum(1 if char.isalnum() or char == "." else 2 for char in own)


def split_refusals(refusals: Iterable[Refusal]) -> tuple[list[Refusal], list[Refusal]]:
    """What is refused, and what is not of the set; the `detail` of the latter is the kind."""
    refused, left = [], []
    for refusal in refusals:
        (left if refusal.reason == NOT_OF_THE_SET else refused).append(refusal)
    return refused, left


def count_leftovers(left: Iterable[Refusal]) -> dict:
    """What is not of the set, by kind, each with its first paths.

    Returns
    -------
    dict
        ``files`` in all, and ``by_kind`` in order of the name: ``files`` and ``first``.
    """
    by_kind: dict[str, dict] = {}
    for refusal in sorted(left, key=lambda refusal: refusal.path):
        kind = by_kind.setdefault(refusal.detail, {"files": 0, "first": []})
        kind["files"] += 1
        if len(kind["first"]) < N_SHOWN:
            kind["first"].append(refusal.path)
    total = sum(kind["files"] for kind in by_kind.values())
    return {"files": total, "by_kind": dict(sorted(by_kind.items()))}
