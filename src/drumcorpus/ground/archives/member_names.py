"""The names in an archive: inside its folder, each once, on every file system; or refused."""

import re
import unicodedata
from pathlib import PurePosixPath

from drumcorpus.ground.files.paths import printable, visible

_DRIVE = re.compile(r"[A-Za-z]:")
_FOLDER, _FILE = "folder", "file"


class UnsafeArchive(ValueError):
    """An archive that is not unpacked, with the reason."""


class MemberNames:
    """The names that an archive has had so far, each held against those before it.

    Parameters
    ----------
    archive : str
        Name of the archive, for what is said of it.
    """

    def __init__(self, archive: str):
        self.archive = archive
        self._spelled: dict[str, str] = {}  # as it is spelled, by what case and Unicode make of it
        self._kinds: dict[str, str] = {}

    def take(self, name: str, *, is_folder: bool) -> PurePosixPath | None:
        """The path of a member below the folder; None of the folder itself.

        Raises
        ------
        UnsafeArchive
            If the name leads out of the folder, is no name here, is there already, or differs from
            one that is there by case or by the form of its Unicode alone.
        """
        path = self._inside(name)
        if not path.parts:
            if is_folder:
                return None
            self.refuse(name, "is no name of a file")
        for folder in reversed(path.parents[:-1]):
            self._add(str(folder), _FOLDER, name)
        kind = _FOLDER if is_folder else _FILE
        if not is_folder and self._kinds.get(str(path)) == _FILE:
            self.refuse(name, "is in it twice")
        self._add(str(path), kind, name)
        return path

    def has_file(self, path: str) -> bool:
        """Whether a file of this path has been taken."""
        return self._kinds.get(path) == _FILE

    def refuse(self, name: str, reason: str) -> None:
        """Raise `UnsafeArchive` for a member."""
        raise UnsafeArchive(
            f"{self.archive}: {visible(printable(name))} {reason}; nothing of it was put in place"
        )

    def _inside(self, name: str) -> PurePosixPath:
        path = PurePosixPath(name)
        if path.is_absolute() or _DRIVE.match(name):
            self.refuse(name, "is an absolute path")
        if ".." in path.parts or "\\" in name:
            self.refuse(name, "leads out of its folder, or is a path of Windows")
        if "\0" in name or printable(name) != name:
            self.refuse(name, "is no name in UTF-8")
        return path

    def _add(self, path: str, kind: str, name: str) -> None:
        if self._kinds.setdefault(path, kind) != kind:
            self.refuse(name, f"needs {visible(path)} to be a file and a folder")
        # Both forms: a system may fold either.
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
        if (other := self._spelled.setdefault(folded, path)) != path:
            is_case = unicodedata.normalize("NFC", other) != unicodedata.normalize("NFC", path)
            what = "case" if is_case else "the form of their Unicode"
            self.refuse(
                name,
                f"and {visible(other)} differ by {what} alone, and are one name on other disks",
            )
