"""One walk over the folders of products: what is there and what it is, without opening anything.

Links are never followed, but for the folders at the top, which may lie on another disk. The files
of an export, which may be millions, stand in its own listing and are not walked.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.paths import printable
from drumcorpus.ground.files.plain_files import odd_kind
from drumcorpus.ground.run.run_manifest import SUFFIX

EXPORTS = "results/export"
SAMPLES = "results/samples"  # one folder per export, with a table of the files of each shard
# Folders within an export whose files are many and stand in its own listing.
LOOSE = ("clips", "segments", "sessions")


@dataclass(frozen=True, order=True)
class Found:
    """What stands at a path: `odd` says what it is where it is no plain file, such as ``a pipe``.

    `path` is as the system has it, `shown` has every byte that is not UTF-8 as its escape.
    """

    path: str
    odd: str = ""

    @property
    def shown(self) -> str:
        """The path for a message or a table."""
        return printable(self.path)


def walk_products(folders: Iterable[str]) -> list[Found]:
    """Everything below some folders but plain folders, in order.

    A folder whose name is that of a run manifest is odd; so is one that cannot be read.
    """
    found: list[Found] = []
    for top in folders:
        if Path(top).is_dir():
            _walk(top, found)
        elif os.path.lexists(top):
            found.append(Found(top, odd_kind(os.lstat(top).st_mode) or "a file"))
    return sorted(found)


def manifest_files(folders: Iterable[str] = ("results", "reports")) -> list[Path]:
    """All run manifests below some folders of the working directory, in order; plain files only."""
    return [
        Path(each.path)
        for each in walk_products(folders)
        if each.path.endswith(SUFFIX) and not each.odd
    ]


def _walk(top: str, found: list[Found]) -> None:
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                listing = list(entries)
        except OSError as error:
            found.append(Found(folder, f"a folder that cannot be read ({error.strerror})"))
            continue
        for entry in listing:
            is_loose = entry.name in LOOSE and _is_split(folder)
            if not entry.is_dir(follow_symlinks=False):
                found.append(Found(entry.path, _odd(entry)))
            elif entry.name.endswith(SUFFIX):
                found.append(Found(entry.path, "a folder"))
            elif not is_loose:
                pending.append(entry.path)


def _is_split(folder: str) -> bool:
    """Whether a folder is that of a split of an export: results/export/MANIFEST/EXPORT/SPLIT."""
    return folder.startswith(f"{EXPORTS}/") and folder.count("/") == EXPORTS.count("/") + 3


def _odd(entry: os.DirEntry) -> str:
    if entry.is_file(follow_symlinks=False):  # asked of the listing alone: no stat of each file
        return ""
    try:
        return odd_kind(entry.stat(follow_symlinks=False).st_mode)
    except FileNotFoundError:  # a part that a job has just put in its place
        return ""
