"""Labels, techniques, dynamics and label maps, read from ``resources/taxonomy/``."""

import os
from collections.abc import Iterable

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.taxonomy import (
    CymbalFamily,
    LabelMap,
    Taxonomy,
    cymbal_families,
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


def load_cymbal_families(
    components_file: str | os.PathLike, names: Iterable[str]
) -> tuple[CymbalFamily, ...]:
    """The families whose cymbals are told apart, as of `taxonomy.cymbal_families`.

    Raises
    ------
    ValueError
        If the file is not YAML, or as of `taxonomy.cymbal_families`; the message names the file.
    """
    return cymbal_families(read_yaml(components_file), names, name=str(components_file))


def load_labels_of_family(components_file: str | os.PathLike, name: str | None) -> tuple[str, ...]:
    """The labels of one family; none where there is no name.

    Raises
    ------
    ValueError
        As `load_cymbal_families`.
    """
    families = load_cymbal_families(components_file, [] if name is None else [name])
    return tuple(label for family in families for label in family.labels)


def load_label_map(path: str | os.PathLike, taxonomy: Taxonomy) -> LabelMap:
    """Read one note map or label map, as of `taxonomy.make_label_map`.

    Raises
    ------
    ValueError
        If the file is not YAML, or as of `taxonomy.make_label_map`; the message names the file.
    """
    return make_label_map(read_yaml(path), taxonomy, name=str(path))


def load_label_maps(
    names: Iterable[str], paths: Iterable[str | os.PathLike], taxonomy: Taxonomy
) -> dict[str, LabelMap]:
    """Read the maps of a source set, whose files are in the order of their names."""
    return {name: load_label_map(path, taxonomy) for name, path in zip(names, paths, strict=True)}
