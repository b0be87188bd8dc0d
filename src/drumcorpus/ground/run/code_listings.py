"""Which modules a digest of code stands for: what each was, so that a later one can be held to it.

A run manifest has one digest for a script with all its modules. The listings beside it are memory
of this machine: without them it can be said that the code differs, and not in which module.
"""

import hashlib
import os
from collections.abc import Mapping

from drumcorpus.ground.files.memory_files import read_memory, write_memory
from drumcorpus.ground.run.state_folder import STATE_FOLDER

CODE_LISTINGS = f"{STATE_FOLDER}/code.json"
# Versions of a script that are remembered.
N_VERSIONS = 4


def digest_of(listing: Mapping[str, str]) -> str:
    """16 hex digits for a script and its modules, by the digest of each."""
    return hashlib.sha256(repr(sorted(listing.items())).encode()).hexdigest()[:16]


def remember_listings(path: str | os.PathLike, listings: Mapping[str, Mapping[str, str]]) -> None:
    """Add listings, by the digest of each, to those of a file: the last ones of every script.

    Parameters
    ----------
    path : path
        A memory file.
    listings : mapping
        Of each digest the digests of script and modules by path. Names without a folder, such as
        that of the script, tell which listings are versions of one another.
    """
    stands = read_listings(path)
    if all(digest in stands for digest in listings):
        return
    earlier = {digest: listing for digest, listing in stands.items() if digest not in listings}
    kept: dict[str, Mapping[str, str]] = {}
    n_kept: dict[tuple, int] = {}
    for digest, listing in [*listings.items(), *earlier.items()]:
        script = tuple(name for name in listing if "/" not in name)
        n_kept[script] = n_kept.get(script, 0) + 1
        if digest in listings or n_kept[script] <= N_VERSIONS:
            kept[digest] = listing
    # The order is that of age, and files of memory have their keys sorted.
    write_memory(path, {"listings": [dict(listing) for listing in kept.values()]})


def read_listings(path: str | os.PathLike) -> dict[str, dict[str, str]]:
    """The listings of a file, by digest, the newest first; a damaged one has none."""
    listings = read_memory(path)[0].get("listings")
    listings = listings if isinstance(listings, list) else []
    return {
        digest_of(listing): listing
        for listing in listings
        if isinstance(listing, dict) and all(isinstance(each, str) for each in listing.values())
    }


def modules_that_differ(earlier: Mapping[str, str], today: Mapping[str, str]) -> dict[str, str]:
    """What became of each module, by path: ``changed``, ``new`` or ``gone``."""
    became = {}
    for name in sorted(earlier.keys() | today.keys()):
        if name not in today:
            became[name] = "gone"
        elif name not in earlier:
            became[name] = "new"
        elif earlier[name] != today[name]:
            became[name] = "changed"
    return became
