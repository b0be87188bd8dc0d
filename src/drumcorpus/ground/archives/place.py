"""Where a fetched set stands: its folder, the work beside it, and the list of what came.

Beside the folder of a set, ``NAME``, stands ``.NAME.fetch`` while the work lasts, with what has
come and what is being unpacked; on the same disk, so that the finished folder takes its place in
one step. In ``checksums/`` beside it a note, ``NAME.fetched.json``, says of which archive it is,
and ``NAME.sha256`` and ``NAME.sizes`` what is in it.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from drumcorpus.ground.archives.published import Archive
from drumcorpus.ground.archives.room import free_bytes
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.file_lock import lock
from drumcorpus.ground.run.root_signs import has_a_sign

N_SHOWN = 3
DEPTH = 3  # levels of folders, with the place itself, at which a root is looked for


class Place:
    """The folder of a fetched set, and what stands beside it.

    Parameters
    ----------
    folder : path
        As a person has written it; a link is followed.

    Raises
    ------
    LookupError
        If it is the folder that holds all others.
    """

    def __init__(self, folder: str | os.PathLike):
        self.shown = Path(folder)
        self.folder = Path(os.path.realpath(folder))
        if not self.folder.name:
            raise LookupError(f"{self.shown}: holds all other folders; name one for the set")
        self.work = self.folder.with_name(f".{self.folder.name}.fetch")
        self.unpacked = self.work / "unpacked"
        beside = self.folder.parent / "checksums"
        self.note = beside / f"{self.folder.name}.fetched.json"
        self.checksums = beside / f"{self.folder.name}.sha256"

    @property
    def shown_list(self) -> Path:
        """The list, as a person finds it."""
        parent = self.folder.parent if self.shown.is_symlink() else self.shown.parent
        return parent / self.checksums.parent.name / self.checksums.name

    def is_taken(self) -> bool:
        """Whether something stands there: a file, or a folder that is not empty."""
        return self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir()))

    def read_note(self) -> dict:
        """What was fetched to it; empty where nothing was, or nobody knows."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def has_own_list(self) -> bool:
        """Whether its list is the one that was written when it was fetched."""
        noted = self.read_note().get("list_sha256")
        return noted is not None and noted == sha256_file(self.checksums)

    def write_note(
        self, source_set: str, archive: Archive, licence: str, *, is_own_list: bool
    ) -> None:
        """Note what is about to stand there, and whether its list was written for it."""
        note = {
            "source_set": source_set,
            "archive": archive.name,
            "digests": {part.name: part.digests for part in archive.parts},
            "license_accepted": licence,
            "list_sha256": sha256_file(self.checksums) if is_own_list else None,
        }
        write_text(self.note, json.dumps(note, indent=1, sort_keys=True) + "\n")

    def is_of(self, source_set: str, archive: Archive) -> bool:
        """Whether the note says that this archive, of these digests, stands there."""
        note = self.read_note()
        digests = {part.name: part.digests for part in archive.parts}
        return (note.get("source_set"), note.get("archive"), note.get("digests")) == (
            source_set,
            archive.name,
            digests,
        )

    def holds(self) -> str:
        """The first names of what stands there."""
        if not self.folder.is_dir():
            return "it is a file"
        names = sorted(islice((entry.name for entry in self.folder.iterdir()), 1000))
        more = f" and {len(names) - N_SHOWN:,} more" if len(names) > N_SHOWN else ""
        return f"{', '.join(map(visible, names[:N_SHOWN]))}{more}"

    def free(self) -> int:
        """Bytes that are free on its disk."""
        nearest = self.folder
        while not nearest.exists():
            nearest = nearest.parent
        return free_bytes(nearest)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Make the folder of the work, and hold it; what was half unpacked is taken away.

        Raises
        ------
        LookupError
            If another process works there.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        with (self.work / "lock").open("w") as handle:
            try:
                lock(handle, self.work / "lock", wait=False)
            except BlockingIOError:
                raise LookupError(
                    f"{visible(str(self.shown))}: another call fetches to it; wait for that"
                ) from None
            self.forget_unpacked()
            try:
                yield
            finally:
                self._leave()

    def _leave(self) -> None:
        """Take the folder of the work away if nothing has come."""
        if self.work.exists() and [entry.name for entry in self.work.iterdir()] == ["lock"]:
            self.tidy()

    def forget_unpacked(self) -> None:
        """Take away what was unpacked and did not come into place."""
        if self.unpacked.exists():
            shutil.rmtree(self.unpacked)

    def move_in(self, root: Path) -> None:
        """Give the unpacked folder its place in one step; of a lone folder in it, that folder.

        A lone folder that belongs to the layout, below `root` of the set, stays what it is.
        """
        entries = list(self.unpacked.iterdir())
        is_lone = len(entries) == 1 and entries[0] in (root, *root.parents)
        os.sync()  # the content reaches the disk before the name does
        os.rename(entries[0] if is_lone else self.unpacked, self.folder)  # noqa: PTH104

    def keep(self, archive: Archive, line: Callable[[str], None]) -> None:
        """Put what was fetched of an archive beside the folder, where nothing is written over."""
        for part in archive.parts:
            source, target = self.work / part.name, self.folder.with_name(part.name)
            if source.exists() and target.exists():
                line(f"{part.name}: not kept; a file of that name stands beside the folder")
            elif source.exists():
                os.rename(source, target)  # noqa: PTH104
                line(f"{part.name}: kept beside the folder")

    def tidy(self) -> None:
        """Take away the folder of the work, archives included."""
        shutil.rmtree(self.work, ignore_errors=True)


def find_root(folder: Path, signs: Iterable[str]) -> Path | None:
    """The folder that is a set's root by its signs: this one, or one some levels below it.

    A set without signs has a root of any kind.
    """
    signs, level = list(signs), [folder]
    for _ in range(DEPTH):
        if not signs:
            return folder
        for candidate in level:
            if has_a_sign(candidate, signs):
                return candidate
        level = [
            child
            for candidate in level
            for child in sorted(candidate.iterdir())
            if child.is_dir() and not child.is_symlink()
        ]
    return None


def below(root: Path, folder: Path, files: Mapping[str, tuple]) -> dict[str, tuple]:
    """Of files by path below `folder` those below `root`, by their path there."""
    start = "" if root == folder else f"{root.relative_to(folder).as_posix()}/"
    return {path[len(start) :]: value for path, value in files.items() if path.startswith(start)}
