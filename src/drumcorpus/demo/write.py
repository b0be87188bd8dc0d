"""Writes the demo corpus of a source set by its name."""

import os
import shutil
from importlib import import_module
from pathlib import Path

from drumcorpus.ground.files.atomic import naming


def write_demo_corpus(
    source_set: str,
    root: str | os.PathLike,
    kits_file: str | os.PathLike,
    *,
    seed: int,
    n_performances: int,
) -> str:
    """Write the demo corpus of one source set in place of what stands at `root`.

    Returns
    -------
    summary : str
        How many files there are.
    """
    root = Path(root)
    shutil.rmtree(root, ignore_errors=True)
    module = import_module(f"drumcorpus.demo.{source_set}")
    with naming(root):
        module.write_corpus(root, kits_file, seed=seed, n_performances=n_performances)
    n_files = sum(path.is_file() for path in root.rglob("*"))
    return f"{source_set}: {n_files} files"
