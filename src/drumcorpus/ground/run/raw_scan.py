"""What one job sees of the raw files of a source set, and what it learns by reading them."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.leftovers import Leftovers, split_refusals
from drumcorpus.ground.files.raw_files import RawFile, listing_stamp
from drumcorpus.ground.run.earlier_inventory import (
    judge_changed,
    judge_vanished,
    read_earlier_inventory,
)
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_state import (
    describe_raw_data,
    scan_existing_roots,
    write_stamp,
)
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.sessions import Refusal


@dataclass(frozen=True)
class RawData:
    """The raw files of one source set.

    `files` are by path below the roots, and `digests` the SHA-256 of those that could be read;
    `refusals` say what cannot be used or read, and `cache` keeps what else is learnt of the files.
    `left` are files of other programs, as of `leftovers`.
    """

    source_set: str
    files: dict[str, RawFile]
    digests: dict[str, str]
    refusals: list[Refusal]
    cache: FactCache
    left: tuple[Refusal, ...] = ()

    def describe(self) -> dict:
        """The raw files as one input of a run manifest."""
        refusals = [*self.refusals, *self.left]
        return describe_raw_data(self.source_set, self.digests, refusals, self.roots)

    @property
    def roots(self) -> dict[str, int]:
        """The number of the root of each file with a digest, by path, as of `RawFile`."""
        return {path: self.files[path].root for path in self.digests}


def scan_raw_data(
    source_set: str, roots: Iterable[str | os.PathLike], leftovers: Leftovers, wanted: str
) -> tuple[dict[str, RawFile], list[Refusal]]:
    """The files below the roots that exist, as of `scan_roots`; what was seen is written down.

    It is what this job has seen, and not what may have come since: the next run looks again.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `roots.existing_roots`, which is asked for `wanted`.
    """
    files, refusals = scan_existing_roots(source_set, roots, leftovers, wanted)
    write_stamp(source_set, listing_stamp(files, refusals))
    return files, refusals


def read_raw_data(
    source_set: str,
    inventory: str | os.PathLike,
    title: str,
    leftovers: Leftovers,
    *,
    roots: Iterable[str | os.PathLike],
    wanted: str,
    vanished: str,
    changed: str,
    version: Mapping,
    workers: int,
    say: Callable[[str], None],
) -> RawData:
    """Scan the roots, and read each file that has changed since it was last read.

    Parameters
    ----------
    inventory : path
        The product that lists the files; it need not exist, and tells what an earlier run saw if
        it is what its run manifest says.
    title : str
        Of the job, for its progress.
    leftovers : Leftovers
        What is not of the set.
    roots
        Folders, of which as many must exist as `wanted` says, as of `roots.existing_roots`.
    vanished : str
        ``refuse``: a file that `inventory` lists must be there. ``accept``: it need not.
    changed : str
        ``refuse``: such a file must be the same. ``report``: one that is not is named.
    version : mapping
        The code that learns facts of the files, as of `FactCache`.
    workers : int
        Threads that read.
    say
        Tells people one sentence.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `roots.existing_roots`; or if a file has vanished, or has changed and must not.
    """
    roots = list(roots)
    files, refusals = scan_raw_data(source_set, roots, leftovers, wanted)
    earlier = read_earlier_inventory(inventory, leftovers, say)
    judge_vanished(earlier, files, roots, vanished=vanished, say=say)
    cache = FactCache(digests_path(source_set), version)
    if cache.damage:
        say(cache.damage)
    progress = Progress(title, sum(file.bytes for file in files.values()), "bytes")
    digests, unreadable = digest_raw_files(
        files.values(), cache, workers=workers, on_progress=progress.advance
    )
    cache.save()
    judge_changed(earlier, digests, changed=changed, say=say)
    refused, left = split_refusals(refusals)
    return RawData(source_set, files, digests, [*refused, *unreadable], cache, tuple(left))
