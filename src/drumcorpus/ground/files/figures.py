"""Figures of reports: how the present ones differ from those that a person has blessed.

A baseline is a small JSON document of figures in nested mappings. What a run measures is the
candidate; it differs from the blessed document until a person blesses it. A figure has the path of
its keys, joined by dots; a list is one figure.
"""

import os
from collections.abc import Callable, Iterator, Mapping

from drumcorpus.ground.files.json_files import read_json, write_json

BLESSED, NONE = "blessed", "none"  # whether there is something to differ from
NOTHING_BLESSED = "Nothing is blessed yet: these figures are held against no baseline."

Keys = tuple[str, ...]  # of a figure, from the outermost mapping to the innermost


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


def is_there(value) -> bool:
    """Whether something was measured."""
    return value is not None


def figures_of(
    document: Mapping, is_figure: Callable[[object], bool] = is_there
) -> dict[Keys, object]:
    """Every figure of nested mappings by its keys, in the document's order.

    Parameters
    ----------
    document : mapping
        Mappings nested to any depth.
    is_figure : callable, optional
        Tells of a value that is no mapping whether it is a figure; all but null are, if not given.
    """
    figures: dict[Keys, object] = {}
    pending = [((), document)]
    while pending:
        keys, value = pending.pop()
        if isinstance(value, Mapping):
            pending += [((*keys, str(key)), value[key]) for key in reversed(value)]
        elif is_figure(value):
            figures[keys] = value
    return figures


def iter_differences(
    old: Mapping[Keys, object], new: Mapping[Keys, object]
) -> Iterator[tuple[Keys, object, object]]:
    """Keys, old and new value of every figure that differs between two documents, in order.

    Parameters
    ----------
    old, new : mapping
        As of `figures_of`. A figure that only one of them has is None in the other.
    """
    for keys in sorted(old.keys() | new.keys()):
        before, after = old.get(keys), new.get(keys)
        # True is not 1, as it is in Python.
        if before != after or isinstance(before, bool) != isinstance(after, bool):
            yield keys, before, after


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
    return [
        {"path": ".".join(keys), "old": before, "new": after}
        for keys, before, after in iter_differences(figures_of(old), figures_of(new))
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
        figures = {"n_differences": 0, "differences": []}
        return {"baseline": NONE, **figures, "sentence": NOTHING_BLESSED}
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


def check_schema(document: Mapping, schema: str, name: str) -> None:
    """Refuse a blessed document of another schema than the present figures.

    Raises
    ------
    ValueError
        Saying by `name` which document it is.
    """
    if document.get("schema") != schema:
        raise ValueError(
            f"{name} has the schema {document.get('schema')!r}, it should be {schema!r}; "
            "bless again"
        )


def tolerances_of(source_set: str | None, tolerances: Mapping) -> dict:
    """The tolerances of one source set: those of all, and over them its own, of ``per_set``."""
    merged = {name: limit for name, limit in tolerances.items() if name != "per_set"}
    for name, limit in tolerances["per_set"].get(source_set, {}).items():
        merged[name] = merged[name] | limit if isinstance(limit, Mapping) else limit
    return merged
