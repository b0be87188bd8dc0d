"""Raw files compared with a list of their checksums.

Levels: ``quick`` looks at presence and, where it is listed, size; ``sample`` takes some digests as
well, always of the same files; ``full`` takes every one. A file whose stat record has not changed
since its digest was taken is not read again; `verify` reads everything again.
"""

import errno
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files, take_digests
from drumcorpus.ground.files.leftovers import NO_LEFTOVERS, Leftovers
from drumcorpus.ground.files.listed_paths import why_outside
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.pages.shown import data_size
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.sessions import Refusal
from drumcorpus.stages.inventory.checksum_lists import (
    NO_LIST,
    ChecksumList,
    read_checksum_list,
    write_checksum_list,
)

LEVELS = ("quick", "sample", "full")
N_NAMED = 20  # files named in a message; the log has all


@dataclass(frozen=True, order=True)
class Mismatch:
    """One listed file that is not as listed; `kind` is missing, unreadable, size or digest."""

    path: str
    kind: str
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """The files below the roots, the list, the digests taken, and what does not agree.

    `refusals` are of files that cannot be used or read. Without a list nothing is compared.
    """

    files: dict[str, RawFile]
    refusals: list[Refusal]
    listed: ChecksumList
    digests: dict[str, str]
    mismatches: list[Mismatch]


def open_caches(source_set: str) -> dict[str, FactCache]:
    """The caches of the raw files' digests, by algorithm.

    SHA-256 is kept where the inventory keeps it, so that neither reads a file that the other has
    read. MD5 has a file of its own: in the inventory's file it would replace the inventory's facts.
    """
    names = {"sha256": source_set, "md5": f"{source_set}.md5"}
    return {algorithm: FactCache(digests_path(name)) for algorithm, name in names.items()}


def write_first_list(
    checksums: Path,
    files: Mapping[str, RawFile],
    refusals: Iterable[Refusal],
    caches: Mapping[str, FactCache],
    *,
    workers: int,
    progress: Callable,
    say: Callable[[str], None],
) -> None:
    """Read every file and write the list of them.

    Parameters
    ----------
    progress
        Makes a `Progress` of a total in bytes.
    say
        Tells people one sentence.

    Raises
    ------
    ValueError
        If there is no file, or one cannot be read: a list without it would say nothing of it.
    """
    n_bytes = sum(file.bytes for file in files.values())
    say(f"there is no checksum list; reading {data_size(n_bytes)} to write one")
    advance = progress(n_bytes).advance
    digests, unreadable = digest_raw_files(
        files.values(), caches["sha256"], workers=workers, on_progress=advance
    )
    caches["sha256"].save()
    unread = [r for r in [*refusals, *unreadable] if r.reason.startswith("unreadable_")]
    if unread:
        names = first_lines([f"{visible(r.path)}: {r.detail}" for r in unread])
        raise ValueError(
            f"{checksums}: no checksum list is written, for {len(unread)} file(s) or folder(s) "
            f"cannot be read:\n  {names}\n  Mend them, or take them out of the root."
        )
    if not files:
        raise ValueError(f"{checksums}: no checksum list is written: the roots hold no file")
    write_checksum_list(checksums, {path: file.bytes for path, file in files.items()}, digests)
    say(f"wrote {checksums}, the list of {len(files):,} files; later runs are held to it")


def compare(
    files: dict[str, RawFile],
    refusals: Iterable[Refusal],
    checksums: Path | None,
    caches: Mapping[str, FactCache],
    leftovers: Leftovers = NO_LEFTOVERS,
    *,
    level: str,
    sample: int,
    workers: int,
    progress: Callable,
) -> Comparison:
    """Hold the files below the roots against a list, if there is one.

    Parameters
    ----------
    files, refusals
        Of `raw_files.scan_roots`.
    caches
        Caches of digests, by algorithm; new digests are saved there.
    leftovers
        What is not of the set: a list may name it, and it is not compared.
    level, sample
        See `files_to_digest`.
    progress
        Makes a `Progress` of a total in bytes.
    """
    listed = NO_LIST
    if checksums is not None:
        listed = read_checksum_list(checksums).as_on_disk(files).without(leftovers)
    chosen = files_to_digest(files, listed, level=level, sample=sample)
    advance = progress(sum(file.bytes for file in chosen)).advance
    digests, unreadable = digest_as_listed(
        chosen, listed, caches, workers=workers, on_progress=advance
    )
    for cache in caches.values():
        cache.save()
    refusals = [*refusals, *unreadable]
    mismatches = find_mismatches(files, listed, digests, refusals)
    return Comparison(files, refusals, listed, digests, mismatches)


def files_to_digest(
    files: Mapping[str, RawFile], listed: ChecksumList, *, level: str, sample: int
) -> list[RawFile]:
    """The files whose digest is to be compared: those that are there and of the listed size.

    Parameters
    ----------
    level : str
        quick: none; sample: of the `sample` listed files whose path has the least SHA-256, which
        are the same in every run and spread over all folders; full: of all.

    Raises
    ------
    ValueError
        If there is no such level.
    """
    if level not in LEVELS:
        raise ValueError(f"integrity.level {level!r}; allowed: {', '.join(LEVELS)}")
    chosen = [] if level == "quick" else sorted(listed.digests)
    if level == "sample":
        chosen = sorted(sorted(chosen, key=lambda path: sha256_bytes(path.encode()))[:sample])
    there = [files[path] for path in chosen if path in files]
    return [file for file in there if listed.sizes.get(file.path, file.bytes) == file.bytes]


def digest_as_listed(
    files: Iterable[RawFile],
    listed: ChecksumList,
    caches: Mapping[str, FactCache],
    *,
    workers: int,
    on_progress: Callable[[int], None] = lambda n_bytes: None,
) -> tuple[dict[str, str], list[Refusal]]:
    """The digest of each file by path, of the algorithm that the list has for it.

    As of `take_digests`.
    """

    def digest(file: RawFile) -> str:
        algorithm = listed.algorithm(file.path)
        return caches[algorithm].fact(file, algorithm, lambda f: _digest(f, algorithm))

    # A disk that fails is what the comparison is there to find: it names all files at once.
    return take_digests(
        files, digest, workers=workers, on_progress=on_progress, refused={errno.EIO}
    )


def find_mismatches(
    files: Mapping[str, RawFile],
    listed: ChecksumList,
    digests: Mapping[str, str],
    refusals: Iterable[Refusal],
) -> list[Mismatch]:
    """Every listed file that is not as the list says, in order of path."""
    refused = {refusal.path: f"{refusal.reason}: {refusal.detail}" for refusal in refusals}
    mismatches = []
    for path, digest in sorted(listed.digests.items()):
        if path not in files:
            reason = refused.get(path) or why_outside(path)
            why = f" ({reason})" if reason else ""
            mismatches.append(Mismatch(path, "missing", f"is listed and not there{why}"))
        elif listed.sizes.get(path, files[path].bytes) != files[path].bytes:
            text = f"has {files[path].bytes:,} bytes, {listed.sizes[path]:,} are listed"
            mismatches.append(Mismatch(path, "size", text))
        elif path in refused:
            mismatches.append(Mismatch(path, "unreadable", f"cannot be read ({refused[path]})"))
        elif digests.get(path, digest) != digest:
            algorithm = listed.algorithm(path)
            text = f"has {algorithm} {digests[path][:12]}…, {digest[:12]}… is listed"
            mismatches.append(Mismatch(path, "digest", text))
    return mismatches


def _digest(file: RawFile, algorithm: str) -> str:
    """Hex digest of a file's content; MD5 only because publishers' lists have it."""
    with file.location.open("rb") as handle:
        hasher = hashlib.file_digest(handle, lambda: hashlib.new(algorithm, usedforsecurity=False))
    return hasher.hexdigest()


def first_lines(lines: list[str]) -> str:
    more = f"\n  and {len(lines) - N_NAMED:,} more; the log has all" if len(lines) > N_NAMED else ""
    return "\n  ".join(lines[:N_NAMED]) + more
