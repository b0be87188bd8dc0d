"""The classes of an export, by the name of each class map."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drumcorpus.load.errors import NotAnExport

# The map in which every label is a class of its own.
COMPONENTS = "components"


@dataclass(frozen=True)
class ClassMap:
    """Classes of one map; `ids` has the class id of every label, by label id, -1 for no class."""

    name: str
    classes: tuple[str, ...]
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class ClassMaps:
    """The labels of an export in order of their ids, and its class maps by name."""

    labels: tuple[str, ...]
    maps: dict[str, ClassMap]
    default: str = COMPONENTS

    def __getitem__(self, name: str | None) -> ClassMap:
        """The map of that name; None means that which the export is made for.

        Raises
        ------
        KeyError
            If there is none; names those that there are.
        """
        name = self.default if name is None else name
        if name not in self.maps:
            raise KeyError(f"no class map {name!r}; there are: {', '.join(self.maps)}")
        return self.maps[name]


def read_class_maps(document: Mapping, default: str | None = None) -> ClassMaps:
    """Class maps from the content of ``components.json``.

    Raises
    ------
    NotAnExport
        If labels have no ids from 0 on, a map knows a label that is none, or lacks one.
    """
    try:
        ids = {label: int(number) for label, number in document["classes"].items()}
        stated = {name: (m["classes"], m["of"]) for name, m in document["class_maps"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAnExport(
            f"components.json: {error} is missing or no mapping; wanted: classes, class_maps"
        ) from None
    labels = tuple(sorted(ids, key=ids.get))
    if [ids[label] for label in labels] != list(range(len(labels))):
        raise NotAnExport("components.json: class ids are not the numbers from 0 on, each once")
    maps = {COMPONENTS: ClassMap(COMPONENTS, labels, np.arange(len(labels)))}
    for name, (classes, of) in stated.items():
        if set(of) != set(labels):
            odd = ", ".join(sorted(set(of) ^ set(labels)))
            raise NotAnExport(f"components.json: {name}: labels that only one side has: {odd}")
        numbers = [-1 if of[label] is None else int(of[label]) for label in labels]
        if max(numbers, default=-1) >= len(classes):
            raise NotAnExport(f"components.json: {name}: a class id past the last class")
        maps[name] = ClassMap(name, tuple(classes), np.array(numbers))
    return ClassMaps(labels, maps, default or COMPONENTS)
