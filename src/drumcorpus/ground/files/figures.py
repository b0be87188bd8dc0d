"""Figures of reports: how the present ones differ from those that a person has blessed.

A baseline is a small JSON document of figures in nested mappings. What a run measures is the
candidate; it differs from the blessed document until a person blesses it. A figure has the path of
its keys, joined by dots; a list is one figure.
"""

import os
from collections.abc import Iterator, Mapping

from drumcorpus.ground.files.json_files import read_json, write_json

BLESSED, NONE = "blessed", "none"  # whether there is something to differ from


def read_baseline(path: str | os.PathLike) -> dict:
    """The blessed or candidate document in `path`.

    Raises
    ------
    ValueError
        If the file is not JSON, or not a JSON object; the message names it.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        raise ValueError(
            f"{path}: a baseline is a JSON object, this is {type(document).__name__}; "
            "take the file away and bless again"
        )
    return document


def write_baseline(path: str | os.PathLike, document: Mapping) -> None:
    """Write a baseline as canonical JSON, whole or not at all: equal figures, equal bytes.

    Raises
    ------
    TypeError
        If a figure is a NaN or an infinity.
    """
    write_json(path, document)


def differences(old: Mapping, new: Mapping) -> list[dict]:
    """What figures differ between two documents.

    Parameters
    ----------
    old, new : mapping
        Mappings nested to any depth. A figure that is null and one that is absent are the same:
        nothing was measured.

    Returns
    -------
    changes : list of dict
        ``path`` (keys joined by dots), ``old`` and ``new`` (None where there is none), in order of
        the path.
    """
    before, after = dict(figures_of(old, ())), dict(figures_of(new, ()))
    return [
        {"path": ".".join(keys), "old": before.get(keys), "new": after.get(keys)}
        for keys in sorted(before.keys() | after.keys())
        if not _equal(before.get(keys), after.get(keys))
    ]


def compare_with_baseline(candidate: Mapping, blessed: str | os.PathLike | None) -> dict:
    """Hold a candidate against the blessed file, if there is one.

    Parameters
    ----------
    candidate : mapping
        The present figures.
    blessed : path or None
        None where nothing is blessed yet.

    Returns
    -------
    comparison : dict
        ``baseline`` (``"blessed"`` or ``"none"``), ``n_differences``, ``differences`` as of
        `differences`, and a ``sentence`` for people. Without a baseline there is no difference.

    Raises
    ------
    ValueError
        If the blessed file is not a JSON object.
    """
    if blessed is None:
        sentence = "Nothing is blessed yet: these figures are held against no baseline."
        return {"baseline": NONE, "n_differences": 0, "differences": [], "sentence": sentence}
    changes = differences(read_baseline(blessed), candidate)
    sentence = "All figures are as blessed."
    if changes:
        figures = "1 figure differs" if len(changes) == 1 else f"{len(changes):,} figures differ"
        sentence = f"{figures} from what is blessed; look, then run snakemake bless."
    return {
        "baseline": BLESSED,
        "n_differences": len(changes),
        "differences": changes,
        "sentence": sentence,
    }


def in_words(change: Mapping) -> str:
    """One difference for people: ``sets.egmd.n_events: 1,200 -> 1,257``."""
    return f"{change['path']}: {figure_in_words(change['old'])} -> {figure_in_words(change['new'])}"


def figure_in_words(value) -> str:
    """A figure as people read it; ``none`` where there is none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return "[" + ", ".join(figure_in_words(item) for item in value) + "]"
    return str(value)


def figures_of(
    document: Mapping, keys: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    """(keys, value) of everything in nested mappings that is itself no mapping."""
    for key, value in document.items():
        path = (*keys, str(key))
        if isinstance(value, Mapping):
            yield from figures_of(value, path)
        elif value is not None:
            yield path, value


def _equal(old, new) -> bool:
    """Whether two figures are the same; true is not 1, as it is in Python."""
    return old == new and isinstance(old, bool) == isinstance(new, bool)
