"""Folds of cross-validation: lists of session ids, published ones by name."""

import os
from pathlib import Path

from drumcorpus.ground.files.yaml_files import read_yaml


def folds_file(name: str, folder: Path) -> Path:
    """The file of folds that a name stands for: one of a folder, or else a path."""
    path = folder / f"{name}.yaml"
    return path if path.is_file() and "/" not in name else Path(name)


def read_folds(path: str | os.PathLike) -> dict[str, list[str]]:
    """Folds from a YAML file: lists of session ids by name.

    Raises
    ------
    ValueError
        If the file is not YAML, or has something else.
    """
    document = read_yaml(path)
    if not isinstance(document, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names)
        for names in document.values()
    ):
        raise ValueError(f"{path}: wanted: the name of each fold, and a list of session ids")
    return {str(name): names for name, names in document.items()}
