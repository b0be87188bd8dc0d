"""Integrity: the raw files of a source set, held against its checksum list, and what came of it."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.leftovers import read_leftovers
from drumcorpus.ground.files.memory_files import make_way
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.file_lock import lock
from drumcorpus.ground.run.raw_scan import scan_raw_data
from drumcorpus.ground.run.run_manifest import read_manifest
from drumcorpus.ground.run.state_folder import STATE_FOLDER
from drumcorpus.stages.inventory.checksum_lists import describe_list
from drumcorpus.stages.inventory.comparison import (
    Comparison,
    compare,
    first_lines,
    open_caches,
    write_first_list,
)

N_EXTRA = 1000  # extra files named in the report
N_SAID = 3  # and on the terminal


def hold_against_list(
    source_set: str,
    roots: Iterable[str],
    checksums: Path | None,
    *,
    not_of_the_set: str,
    wanted: str,
    level: str,
    sample: int,
    workers: int,
    progress: Callable,
    say: Callable[[str], None],
    report: str = "",
    shown: str = "",
) -> tuple[Comparison, list[bool]]:
    """Hold what is below the roots against a list of checksums, which is written if there is none.

    Parameters
    ----------
    checksums : path, optional
        The list; None for a demo corpus, which the workflow writes itself.
    not_of_the_set : path
        The reviewed list of what is not of a source set: it is neither listed nor missed.
    wanted : str
        Which roots must exist, as of `roots.existing_roots`.
    level, sample, workers, progress
        As of `compare`.
    say
        Tells people one sentence.
    report, shown
        As of `is_other_list`: a mismatch says also that the list has changed since.

    Returns
    -------
    comparison : Comparison
    missing_roots : list of bool
        Of each root, whether it is missing.

    Raises
    ------
    FileNotFoundError
        If no root exists, or not those that are wanted.
    ValueError
        If a root cannot be read, a listed file is not as listed, or a list is to be written and a
        file cannot be read.
    """
    roots, leftovers = list(roots), read_leftovers(not_of_the_set)
    files, refusals = scan_raw_data(source_set, roots, leftovers, wanted)
    missing_roots = [not Path(root).is_dir() for root in roots]
    if any(missing_roots):
        gone = [root for root, is_missing in zip(roots, missing_roots, strict=True) if is_missing]
        say(f"these roots are not there: {', '.join(gone)}")
        roots = [root for root in roots if root not in gone]
    caches, work = open_caches(source_set), {"workers": workers, "progress": progress}
    for cache in caches.values():
        if cache.damage:
            say(cache.damage)
    if checksums and not checksums.exists():
        write_first_list(checksums, files, refusals, caches, say=say, **work)
    comparison = compare(
        files, refusals, checksums, caches, leftovers, level=level, sample=sample, **work
    )
    where = {"checksums": checksums, "roots": roots, "level": level}
    is_other = is_other_list(report, checksums, shown)
    refuse_mismatches(source_set, comparison, **where, is_other_list=is_other)
    return comparison, missing_roots


def is_other_list(report: str, checksums: Path | None, shown: str) -> bool:
    """Whether a list, or that of its sizes, is not the one that an earlier report was made from.

    Parameters
    ----------
    report
        The product of the comparison; its run manifest has the digest of the list.
    checksums, shown
        As of `describe_list`.
    """
    if checksums is None or not checksums.exists():
        return False
    rows = (read_manifest(report) or {"inputs": []})["inputs"]
    earlier = {row["path"]: row["sha256"] for row in rows}
    now = {row["path"]: row["sha256"] for row in describe_list(checksums, shown)}
    return any(earlier.get(path, sha256) != sha256 for path, sha256 in now.items())


def hold_inventory(source_set: str):
    """Wait until the source set's inventory is not being taken, and let none begin.

    Both would read the same files at once, and write what they learn to one file. The lock is that
    of the inventory's job (`run.job`). Returns the file, which must be kept open.
    """
    path = Path(STATE_FOLDER, "locks", f"take_inventory-{source_set}.lock")
    make_way(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("w")
    lock(handle, path)
    return handle


def refuse_mismatches(
    source_set: str,
    comparison: Comparison,
    *,
    checksums: Path | None,
    roots: Iterable[str],
    level: str,
    is_other_list: bool = False,
) -> None:
    """Stop if a listed file is not as listed; every one of them is logged.

    Raises
    ------
    ValueError
        Naming the first files, and what to do.
    """
    if not comparison.mismatches:
        return
    lines = [f"{visible(m.path)}: {m.kind}: {m.sentence}" for m in comparison.mismatches]
    for line in lines:
        logging.error(line)
    hint, n_listed = "", len(comparison.listed.digests)
    if all(m.kind == "missing" for m in comparison.mismatches) and len(lines) == n_listed:
        where = ", ".join(map(str, roots))
        hint = f"\n  Not one is there: paths in the list start below a root, and these are: {where}"
    if is_other_list:
        hint += (
            f"\n  {checksums} is not what the last comparison read: if nobody edited it, the list "
            "is damaged, and not the files."
        )
    raise ValueError(
        f"{len(lines):,} of {n_listed:,} listed files are not as {checksums} says "
        f"(level {level}):\n  {first_lines(lines)}{hint}\n  "
        "Fetch these files again or put them back. "
        "If they are right and the list is of an earlier state, move it away and run again: where "
        f"there is none, one is written. To name another: source_sets.{source_set}.checksums"
    )


def describe_compared(source_set: str, comparison: Comparison, missing_roots: list[bool]) -> dict:
    """What was looked at, as one input of a run manifest: names, sizes, and the digests taken."""
    seen = {
        "files": [[path, file.bytes] for path, file in comparison.files.items()],
        "digests": comparison.digests,
        "refusals": [[refusal.path, refusal.reason] for refusal in comparison.refusals],
        "missing_roots": missing_roots,
    }
    digest, n_files = sha256_bytes(canonical_json(seen)), len(comparison.files)
    return {"name": "raw", "path": source_set, "kind": "raw", "sha256": digest, "rows": n_files}


def integrity_report(
    source_set: str, comparison: Comparison, missing_roots: list[bool], *, level: str, shown: str
) -> dict:
    """What was compared, of a source set whose files are as listed.

    Parameters
    ----------
    missing_roots : list of bool
        Of each configured root, whether it is missing.
    shown : str
        The list, as a path without the machine; empty for a demo corpus, of which nothing is
        compared.
    """
    files, listed = comparison.files, comparison.listed
    extra = sorted(path for path in files if path not in listed.digests) if shown else []
    return {
        "source_set": source_set,
        "status": "as_listed" if shown else "demo",
        "level": level,
        "checksums": shown or None,
        "roots": {"configured": len(missing_roots), "missing": sum(missing_roots)},
        "files": len(files),
        "bytes": sum(file.bytes for file in files.values()),
        "listed": len(listed.digests),
        "sizes_compared": len(listed.sizes),
        "digests_compared": len(comparison.digests),
        "extra": {"files": len(extra), "first": extra[:N_EXTRA]},
        "refused": dict(sorted(Counter(refusal.reason for refusal in comparison.refusals).items())),
    }


def say_extra(report: dict, say: Callable[[str], None]) -> None:
    """Tell people of files that the list does not have, in one sentence, where there are any."""
    extra = report["extra"]
    if extra["files"]:
        first = ", ".join(visible(path) for path in extra["first"][:N_SAID])
        say(f"{extra['files']:,} file(s) not in the list, such as {first}")
