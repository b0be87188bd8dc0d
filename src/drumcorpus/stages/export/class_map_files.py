"""Reads the class maps of a taxonomy from its files."""

import os
from collections.abc import Sequence

from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.class_maps import ClassMaps, make_class_maps


def read_class_maps(
    taxonomy_files: Sequence[str | os.PathLike], class_maps_file: str | os.PathLike
) -> ClassMaps:
    """The class maps of a taxonomy: components, techniques and dynamics, and its class maps.

    Raises
    ------
    ValueError
        As of `class_maps.make_class_maps`; the message names the file.
    """
    labels = load_taxonomy(*taxonomy_files).labels
    return make_class_maps(labels, read_yaml(class_maps_file), name=os.fspath(class_maps_file))
