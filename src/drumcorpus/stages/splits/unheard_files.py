"""Sound files in which nothing is heard: two sessions that share one are not related by it."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from drumcorpus.ground.files.raw_reader import RawReader
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound
from drumcorpus.ground.sound.landmarks import is_silent
from drumcorpus.vocabulary import NOT_FINITE, SILENT_AUDIO, UNREADABLE_AUDIO


@dataclass(frozen=True)
class Unheard:
    """SHA-256 of the files of a session in which nothing is heard, sorted.

    `silent` are those that could be decoded to their end; `unreadable` could not, and what could
    be decoded of them has no sound.
    """

    silent: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def unheard_file_finder(files: pa.Table, reader: RawReader) -> Callable[[str], Unheard]:
    """A function that tells the files of a session in which nothing is heard.

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
    reasons: dict[str, str | None] = {}  # of a digest, as of `why_unheard`

    def unheard(session_id: str) -> Unheard:
        digests = sorted(paths.get(session_id, {}))
        for digest in digests:
            if digest not in reasons:
                path = paths[session_id][digest]
                reasons[digest] = why_unheard(reader.location(path))
                if reasons[digest] is not None:
                    reader.verified(path)
        return Unheard(
            *(
                tuple(digest for digest in digests if reasons[digest] == reason)
                for reason in (SILENT_AUDIO, UNREADABLE_AUDIO)
            )
        )

    return unheard


def why_unheard(path: str | os.PathLike) -> str | None:
    """Why nothing is heard in a file: `silent_audio`, `unreadable_audio`; None where it has sound.

    Sound is a sample of any channel that reaches `landmarks.SILENCE_DB`, or is not a number. Of a
    file that cannot be decoded to its end, the part that can be decoded counts.
    """
    try:
        with open_sound(path) as sound:
            has_sound = any(not is_silent(block) for block in sound.blocks())
    except UnusableSound as error:
        return None if error.reason == NOT_FINITE else UNREADABLE_AUDIO
    return None if has_sound else SILENT_AUDIO
