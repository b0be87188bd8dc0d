"""Silent sound files: two sessions that share one are not related by it."""

import os
from collections.abc import Callable

import pyarrow as pa

from drumcorpus.ground.files.raw_reader import RawReader
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound
from drumcorpus.ground.sound.landmarks import is_silent
from drumcorpus.vocabulary import NOT_FINITE


def silent_file_finder(files: pa.Table, reader: RawReader) -> Callable[[str], list[str]]:
    """A function that gives the SHA-256 of those files of a session that hold no sound.

    A file is read up to its first sound; one without any is read to its end, and compared with
    what the inventory saw.

    Parameters
    ----------
    files : pa.Table
        INVENTORY schema, of `sound_files`.
    reader : RawReader
        With the digests of these files.
    """
    paths: dict[str, dict[str, str]] = {}  # of each session, by digest
    for file in files.select(["session_id", "path", "sha256"]).to_pylist():
        paths.setdefault(file["session_id"], {})[file["sha256"]] = file["path"]
    sounds: dict[str, bool] = {}  # whether the file of a digest has sound

    def silent_digests(session_id: str) -> list[str]:
        for digest, path in paths.get(session_id, {}).items():
            if digest not in sounds:
                sounds[digest] = has_sound(reader.location(path))
                if not sounds[digest]:
                    reader.verified(path)
        return sorted(digest for digest in paths.get(session_id, {}) if not sounds[digest])

    return silent_digests


def has_sound(path: str | os.PathLike) -> bool:
    """Whether a sample of any channel reaches `landmarks.SILENCE_DB`, or is not a number.

    Of a file that cannot be decoded to its end, the part that can be decoded counts.
    """
    try:
        with open_sound(path) as sound:
            return any(not is_silent(block) for block in sound.blocks())
    except UnusableSound as error:
        return error.reason == NOT_FINITE
