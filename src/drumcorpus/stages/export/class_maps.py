"""The class maps of the taxonomy as numbers: which class of each map a label is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from drumcorpus.stages.export.layout import COMPONENTS_MAP, class_map_names

NO_CLASS = -1


@dataclass(frozen=True)
class ClassMaps:
    """Every class map of a taxonomy, `components` first: there each label is its own class.

    Attributes
    ----------
    labels : tuple of str
        Labels of the taxonomy, in the order of their class ids.
    classes : dict of str to tuple of str
        By map, the names of its classes in the order of their ids: that in which the labels come
        upon them.
    ids : dict of str to array (n_labels,) int
        By map, the class id of each label; `NO_CLASS` where the map has none for it.
    """

    labels: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    ids: dict[str, np.ndarray]

    def label_numbers(self, labels: pa.Array) -> np.ndarray:
        """The place of each label in `labels` of the taxonomy.

        Raises
        ------
        ValueError
            If one is not a label of the taxonomy.
        """
        encoded = labels.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        unknown = sorted(str(name) for name in names if name not in self.labels)
        if unknown or encoded.null_count:
            raise ValueError(
                f"the events have labels that are no component: {', '.join(unknown) or 'null'}; "
                f"allowed: {', '.join(self.labels)}"
            )
        places = np.array([self.labels.index(name) for name in names], np.int64)
        return places[encoded.indices.to_numpy()]

    def seconds(self, milliseconds: Mapping[str, float]) -> np.ndarray:
        """Times in milliseconds by label as seconds, (n_labels,), in the order of the labels.

        Raises
        ------
        KeyError
            If a label is missing.
        """
        return np.array([milliseconds[label] for label in self.labels], float) / 1000

    def document(self) -> dict[str, dict]:
        """By map, ``classes`` in order and ``of``: the class id of each label, or None."""
        return {
            name: {
                "classes": list(self.classes[name]),
                "of": {
                    label: None if number == NO_CLASS else number
                    for label, number in zip(self.labels, ids.tolist(), strict=True)
                },
            }
            for name, ids in self.ids.items()
        }


def make_class_maps(
    labels: Sequence[str],
    maps: Mapping[str, Mapping[str, str | None]],
    *,
    name: str = "class_maps.yaml",
) -> ClassMaps:
    """Number the classes of a taxonomy's maps.

    Parameters
    ----------
    labels : sequence of str
        Labels of the taxonomy, in the order of their class ids.
    maps : mapping
        By map, the class of every label; None where it has none.
    name : str
        What to call the document of the maps in messages.

    Raises
    ------
    ValueError
        If a map lacks a label, has one that the taxonomy has not or a class that is no name, or is
        called `components`.

    Examples
    --------
    >>> maps = make_class_maps(["kick", "snare", "rimshot"], {
    ...     "two": {"kick": "KD", "snare": "SD", "rimshot": "SD"}})
    >>> maps.classes["two"], maps.ids["two"].tolist(), maps.ids["components"].tolist()
    (('KD', 'SD'), [0, 1, 1], [0, 1, 2])
    """
    if COMPONENTS_MAP in maps:
        raise ValueError(
            f"{name}: {COMPONENTS_MAP}: is the map of the labels themselves; rename it"
        )
    own = {label: label for label in labels}
    classes, ids = {}, {}
    for map_name in class_map_names(maps):
        of = maps.get(map_name, own)
        _check_map(f"{name}: {map_name}", labels, of)
        numbers: dict[str, int] = {}
        for label in labels:
            if of[label] is not None:
                numbers.setdefault(of[label], len(numbers))
        classes[map_name] = tuple(numbers)
        ids[map_name] = np.array([numbers.get(of[label], NO_CLASS) for label in labels], np.int64)
    return ClassMaps(tuple(labels), classes, ids)


def _check_map(where: str, labels: Sequence[str], of: Mapping[str, str | None]) -> None:
    missing = [label for label in labels if label not in of]
    if missing:
        raise ValueError(
            f"{where}: {', '.join(missing)}: missing; every label stands in each map, with its "
            "class or null"
        )
    for label, cls in of.items():
        if label not in labels:
            raise ValueError(f"{where}: {label}: is no label; allowed: {', '.join(labels)}")
        if cls is not None and (not isinstance(cls, str) or not cls):
            raise ValueError(f"{where}: {label}: got {cls!r}; wanted: the name of a class, or null")
