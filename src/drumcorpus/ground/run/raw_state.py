"""The state of the raw data: what was seen of a source set's raw files, and what rests on it."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.digests import tree_digest
from drumcorpus.ground.files.leftovers import Leftovers
from drumcorpus.ground.files.memory_files import read_memory, write_memory
from drumcorpus.ground.files.raw_files import RawFile, listing_stamp, scan_roots
from drumcorpus.ground.run.roots import PRESENT, existing_roots
from drumcorpus.ground.run.state_folder import STATE_FOLDER
from drumcorpus.sessions import Refusal


def stamp_path(source_set: str) -> Path:
    """The file that changes whenever a source set's raw files do."""
    return Path(STATE_FOLDER, "raw", f"{source_set}.json")


def demo_marker(root: str) -> Path:
    """The file that stands beside a demo corpus when it is complete."""
    return Path(f"{root}.written")


def stamp_raw_data(
    source_set: str,
    roots: list[str],
    leftovers: Leftovers,
    *,
    is_demo: bool,
    wanted: str = PRESENT,
    anew: bool = False,
    aside: Path | None = None,
    keep: bool = False,
) -> Path:
    """Look at the raw files (names, sizes, times) and write down a digest of what is there.

    Returns the file in which it stands. Who only looks has a folder `aside`: what differs from the
    last run is written there, and that run's file stays as it is.

    The file is left alone when nothing has changed, so that its time is that of the last change,
    unless it is to be written `anew`.
    A demo corpus that is not written yet has the empty state.

    Parameters
    ----------
    wanted : str
        As of `roots.existing_roots`.
    keep : bool
        Leave what an earlier run saw as it is, so that no job is asked because raw files differ
        from what stands; where no run has seen any, this has no meaning.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `roots.existing_roots`.
    """
    if keep and not anew and read_memory(stamp_path(source_set))[0].get("stamp"):
        existing_roots(source_set, roots, wanted)
        return stamp_path(source_set)
    if is_demo and not Path(roots[0]).is_dir():
        if aside is None:
            demo_marker(roots[0]).unlink(missing_ok=True)
        stamp = None
    else:
        stamp = listing_stamp(*scan_existing_roots(source_set, roots, leftovers, wanted))
    return write_stamp(source_set, stamp, anew=anew, aside=aside)


def scan_existing_roots(
    source_set: str, roots: Iterable[str | os.PathLike], leftovers: Leftovers, wanted: str
) -> tuple[dict[str, RawFile], list[Refusal]]:
    """The files below the roots that exist, as of `scan_roots`.

    A root keeps the number that it has in the config, whether those before it are there or not.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `roots.existing_roots`.
    """
    configured = [Path(root) for root in roots]
    folders = existing_roots(source_set, configured, wanted)
    numbers = [configured.index(folder) + 1 for folder in folders]
    return scan_roots(folders, leftovers.kind_of_entry, numbers)


def write_stamp(
    source_set: str, stamp: str | None, *, anew: bool = False, aside: Path | None = None
) -> Path:
    """Write down what was seen of a source set's raw files, if it is not what stands there."""
    path = stamp_path(source_set)
    stands, _ = read_memory(path)  # damaged: as if nothing had been seen
    if not anew and stands.get("stamp", "") == stamp:
        return path
    n_asked = stands.get("n_asked")
    n_asked = n_asked if isinstance(n_asked, int) else 0
    if aside is not None:
        path = aside / path.name
    # Snakemake compares the content of small inputs, not only their time: asking anew counts.
    write_memory(path, {"stamp": stamp, "n_asked": n_asked + anew})
    return path


def describe_raw_data(
    source_set: str,
    digests: Mapping[str, str],
    refusals: Iterable[Refusal],
    roots: Mapping[str, int] | None = None,
) -> dict:
    """The raw files of a source set as one input of a run manifest.

    Its digest is that of the listing of all files with theirs; the files stand one by one in the
    inventory. Files that were refused, or are not of the set, count by name and reason, those that
    do not lie below the first root by the number of theirs in `roots`.
    """
    entries = [*digests.items(), *((f"{r.path}:refused", r.reason) for r in refusals)]
    entries += [(f"{path}:root", str(n)) for path, n in (roots or {}).items() if n > 1]
    return {
        "name": "raw",
        "path": source_set,
        "kind": "raw",
        "sha256": tree_digest(entries),
        "rows": len(digests),
    }
