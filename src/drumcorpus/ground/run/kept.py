"""Products kept by hard link: what Snakemake takes away before a job, the job can put back.

Snakemake removes the outputs of a job before it runs and when it fails. A second name of the same
file, below `KEPT`, survives that and costs no space: a job that finds its product fresh gives it
back its name, and copies nothing. A product is replaced as a whole and never written
in place, so that the kept one stays what its run manifest says.
"""

import contextlib
import os
import shutil
from pathlib import Path

from drumcorpus.ground.files.memory_files import make_way
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.run.run_manifest import manifest_path

KEPT = Path(".drumcorpus/kept")


def kept_path(product: str | os.PathLike) -> Path:
    """Where a product of this working folder is kept; `product` is relative to the folder."""
    return KEPT / product


def standing(product: str | os.PathLike) -> Path:
    """Where a product of an earlier run lies: in its place, or else where it is kept.

    Neither need be there.
    """
    product = Path(product)
    return product if is_plain_file(product) else kept_path(product)


def is_kept(product: str | os.PathLike) -> bool:
    """Whether what is kept of a product is the file that stands in its place, or a copy of it."""
    try:
        stands, kept = Path(product).stat(), kept_path(product).stat()
    except OSError:
        return False
    is_copy = (stands.st_size, stands.st_mtime_ns) == (kept.st_size, kept.st_mtime_ns)
    return (stands.st_dev, stands.st_ino) == (kept.st_dev, kept.st_ino) or is_copy


def keep(product: str | os.PathLike) -> None:
    """Keep a product that stands in its place, instead of the one that was kept before."""
    _link(Path(product), kept_path(product))


def put_back(product: str | os.PathLike) -> None:
    """Give a kept product its place again, if it is not there."""
    if not is_plain_file(product):
        _link(kept_path(product), Path(product))


def forget_the_unrecorded() -> None:
    """Let go of what is kept of products that have no run manifest any more."""
    for kept in sorted(KEPT.rglob("*")):
        if is_plain_file(kept) and not manifest_path(kept.relative_to(KEPT)).is_file():
            kept.unlink()


def _link(source: Path, target: Path) -> None:
    """One more name for a file, or a copy where the file system has no links, in one step.

    Raises
    ------
    ValueError
        If a folder stands where the name belongs.
    """
    if target.is_relative_to(KEPT):
        make_way(target)
    elif target.is_dir() and not target.is_symlink():
        raise ValueError(f"{target}: is a folder, where a file belongs; move it away")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.link")
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except FileNotFoundError:
        raise
    except OSError:  # no links on this file system, or none to this file any more
        shutil.copyfile(source, part)
        with contextlib.suppress(OSError):  # nor times and rights
            shutil.copystat(source, part)
    # Renaming a name of a file to another name of it does nothing, and leaves both.
    part.replace(target)
    part.unlink(missing_ok=True)
