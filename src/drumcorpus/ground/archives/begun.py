"""A file that is on its way: what of it is here, and by what its server knows it again."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from drumcorpus.ground.archives.published import Part
from drumcorpus.ground.files.atomic import write_text


class Begun:
    """The beginning of a file, ``NAME.part``, and a note beside it.

    The note has the address and what the server called the file by (its `validator`, a strong ETag
    or the day of its last change), so that a beginning is never continued by the end of another
    file.

    Parameters
    ----------
    part : Part
    folder : Path
    """

    def __init__(self, part: Part, folder: Path):
        self.path = folder / begun_name(part)
        self._note = folder / f"{begun_name(part)}.json"
        self._url = part.url
        note = self._read_note()
        validator = note.get("validator")
        is_one = isinstance(validator, str) and validator.isprintable()
        self.validator = validator if is_one else ""  # of a damaged note none: the digest decides
        if self.path.exists() and (note.get("url") != part.url or self._is_too_long(part)):
            self.drop()

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def drop(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self.validator = ""

    def begin(self, headers: Mapping[str, str]) -> BinaryIO:
        """Begin anew, of the file that a server has just named; open for writing."""
        self.drop()
        self.validator = validator_of(headers)
        note = {"url": self._url, "validator": self.validator}
        write_text(self._note, json.dumps(note, sort_keys=True))
        return self.path.open("wb", buffering=0)

    def carry_on(self) -> BinaryIO:
        """Open for writing at its end."""
        return self.path.open("ab", buffering=0)

    def finish(self, whole: Path) -> None:
        """Give the file, which is whole, its name."""
        os.replace(self.path, whole)  # noqa: PTH105
        self._note.unlink(missing_ok=True)

    def _is_too_long(self, part: Part) -> bool:
        return part.bytes is not None and self.size > part.bytes

    def _read_note(self) -> dict:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}


def begun_name(part: Part) -> str:
    """What a file is called until it is whole."""
    return f"{part.name}.part"


def validator_of(headers: Mapping[str, str]) -> str:
    """What ``If-Range`` may ask by: a strong ETag, else the day of the last change."""
    etag = headers.get("ETag", "")
    return headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag
