"""Sound files without sound: that two sessions have one in common says nothing of them."""

import os
from collections.abc import Callable

import pyarrow as pa
import soundfile

from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.sound.landmarks import is_silent

_BLOCK = 1 << 16  # samples of each channel that are held at once


def silent_file_finder(files: pa.Table, reader: RawReader) -> Callable[[str], list[str]]:
    """What tells the SHA-256 of those files of a session that hold no sound.

    A file is read up to its first sound; one without any is read to its end, and compared with
    what the inventory saw.

    Parameters
    ----------
    files : pa.Table
        INVENTORY schema, of `sound_files`.
    reader : RawReader
        With the digests of these files.
    """
    owned: dict[str, dict[str, str]] = {}
    for file in files.select(["session_id", "path", "sha256"]).to_pylist():
        owned.setdefault(file["session_id"], {})[file["sha256"]] = file["path"]
    heard: dict[str, bool] = {}

    def find(session_id: str) -> list[str]:
        mine = owned.get(session_id, {})
        for digest, path in mine.items():
            if digest not in heard:
                heard[digest] = has_sound(reader.location(path))
                if not heard[digest]:
                    reader.verified(path)
        return sorted(digest for digest in mine if not heard[digest])

    return find


def has_sound(path: str | os.PathLike) -> bool:
    """Whether a sample of any channel reaches `audio_landmarks.SILENCE_DB`.

    What libsndfile cannot read, or holds no sample, has none.
    """
    try:
        with soundfile.SoundFile(os.fspath(path)) as file:
            while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
                if not is_silent(block):
                    return True
    except soundfile.LibsndfileError:
        return False
    return False
