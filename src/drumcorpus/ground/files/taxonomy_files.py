"""Labels, techniques, dynamics and label maps, read from ``resources/taxonomy/``."""

import os
from collections.abc import Collection, Iterable

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.taxonomy import (
    LabelMap,
    Taxonomy,
    labels_of_family,
    make_label_map,
    make_taxonomy,
)


def load_taxonomy(
    components_file: str | os.PathLike,
    techniques_file: str | os.PathLike,
    dynamics_file: str | os.PathLike,
) -> Taxonomy:
    """Read the vocabulary.

    Raises
    ------
    ValueError
        If a file is not YAML, or as of `taxonomy.make_taxonomy`; the message names the file.
    """
    files = (components_file, techniques_file, dynamics_file)
    return make_taxonomy(*map(read_yaml, files), names=tuple(map(str, files)))


def family_labels(components_file: str | os.PathLike, family: str) -> list[str]:
    """The labels of one family, in the order of the class ids.

    Raises
    ------
    ValueError
        If the file is not YAML, or no label is of that family.
    """
    return labels_of_family(read_yaml(components_file), family, name=str(components_file))


def load_label_map(
    path: str | os.PathLike, taxonomy: Taxonomy, crash_labels: Collection[str] = ()
) -> LabelMap:
    """Read one note map or label map, as of `taxonomy.make_label_map`.

    Raises
    ------
    ValueError
        If the file is not YAML, or as of `taxonomy.make_label_map`; the message names the file.
    """
    return make_label_map(read_yaml(path), taxonomy, crash_labels, name=str(path))


def load_label_maps(
    names: Iterable[str],
    paths: Iterable[str | os.PathLike],
    taxonomy: Taxonomy,
    crash_labels: Collection[str],
) -> dict[str, LabelMap]:
    """Read the maps of a source set, whose files are in the order of their names."""
    pairs = zip(names, paths, strict=True)
    return {name: load_label_map(path, taxonomy, crash_labels) for name, path in pairs}
