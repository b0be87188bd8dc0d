"""What reading each raw file has shown, kept beside the stat record under which it was read."""

import os
import threading
from collections.abc import Callable, Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.memory_files import read_memory, seal_of, write_memory
from drumcorpus.ground.files.paths import printable
from drumcorpus.ground.files.raw_files import RawFile, Stamp, require_refusable
from drumcorpus.sessions import Refusal
from drumcorpus.vocabulary import UNREADABLE_FILE


class FactCache:
    """What reading each raw file has shown, kept as long as the file's stamp does not change.

    Facts are JSON values by name, such as ``sha256``. The cache holds stat records of this
    machine: it is no product, and losing it costs one more reading. Facts other than digests count
    only for the code that took them: `version` is that code's digest, and facts of another version
    are forgotten.

    Each entry is sealed together with the path of its file: one that is not as it was written is
    forgotten, and `damage` says so in a sentence (empty where all hold).
    """

    def __init__(self, path: str | os.PathLike, version: str | Mapping = ""):
        self.path = Path(path)
        self.version = version
        self.n_read = 0
        self._lock = threading.Lock()
        entries, reason = read_memory(self.path)
        self._entries = {key: entry for key, entry in entries.items() if _holds(key, entry)}
        n_lost = len(entries) - len(self._entries)
        self.damage = ""
        if reason:
            self.damage = (
                f"{reason}. It kept what was known of raw files: it is made anew, and these are "
                "read again."
            )
        elif n_lost:
            self.damage = (
                f"{self.path}: {n_lost:,} of {len(entries):,} entries are not as they were "
                "written. They are forgotten, and those raw files are read again."
            )

    def fact(self, file: RawFile, name: str, learn: Callable[[RawFile], object]):
        """The fact `name` of a file, from the cache or from `learn(file)`."""
        key, stamp = printable(str(file.location)), list(file.stamp)
        facts = self._facts_of(key, stamp)
        if name in facts:
            return facts[name]
        value = learn(file)
        with self._lock:
            self.n_read += 1
            self._entries[key] = _sealed(key, self._facts_of(key, stamp) | {name: value})
        return value

    def _facts_of(self, key: str, stamp: list[int]) -> dict:
        """The facts of a file with this stamp that this version of the code may use."""
        entry = self._entries.get(key, {})
        blank = {"stamp": stamp, "version": self.version}
        if entry.get("stamp") != stamp:
            return blank
        if entry.get("version") != self.version:
            return blank | {name: entry[name] for name in ("sha256",) if name in entry}
        return entry

    def hashed_files(self, digests: Container[str]) -> dict[str, tuple[Stamp, str]]:
        """Stat record and SHA-256, by location, of the files whose digest is one of `digests`."""
        return {
            key: (tuple(entry["stamp"]), entry["sha256"])
            for key, entry in self._entries.items()
            if entry.get("sha256") in digests
        }

    def save(self) -> None:
        """Write the cache, if any file was read or it was damaged."""
        if self.n_read or self.damage:
            write_memory(self.path, self._entries)


def _sealed(key: str, entry: dict) -> dict:
    unsealed = {name: value for name, value in entry.items() if name != "seal"}
    return unsealed | {"seal": seal_of([key, unsealed])}


def _holds(key: str, entry: object) -> bool:
    """Whether an entry is what was written for this file."""
    if not isinstance(entry, dict) or not isinstance(entry.get("stamp"), list):
        return False
    return entry == _sealed(key, entry)


def digest_raw_files(
    files: Iterable[RawFile], cache: FactCache, *, workers: int, on_progress=lambda n_bytes: None
) -> tuple[dict[str, str], list[Refusal]]:
    """SHA-256 of each file by path, reading only those whose stamp is new, as of `take_digests`."""

    def digest(file: RawFile) -> str:
        return cache.fact(file, "sha256", lambda f: sha256_file(f.location))

    return take_digests(files, digest, workers=workers, on_progress=on_progress)


def take_digests(
    files: Iterable[RawFile],
    digest: Callable[[RawFile], str],
    *,
    workers: int,
    on_progress: Callable[[int], None] = lambda n_bytes: None,
    refused: Container[int] = (),
) -> tuple[dict[str, str], list[Refusal]]:
    """The digest of each file by path, taken on several threads.

    Files that may not be read come back as refusals of reason `unreadable_file`.

    Parameters
    ----------
    files : iterable of RawFile
    digest : callable
        Takes the digest of one file; an OSError that is of the file itself refuses it.
    workers : int
        Threads.
    on_progress : callable
        Gets the bytes of each file that is done.
    refused
        Numbers of errors that refuse a file as well, though they are not of the file itself.

    Raises
    ------
    OSError
        As of `require_refusable`.
    """

    def take(file: RawFile) -> str | Refusal:
        try:
            value = digest(file)
        except OSError as error:
            require_refusable(error, file.location, refused)
            return Refusal(file.path, UNREADABLE_FILE, error.strerror or str(error))
        on_progress(file.bytes)
        return value

    files = list(files)
    with ThreadPoolExecutor(workers) as pool:  # hashing lets go of the interpreter's lock
        results = list(pool.map(take, files))
    pairs = zip(files, results, strict=True)
    digests = {file.path: result for file, result in pairs if isinstance(result, str)}
    return digests, [result for result in results if isinstance(result, Refusal)]
