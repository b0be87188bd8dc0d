"""What one job sees of the raw files of a source set, and what it learns by reading them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.leftovers import Leftovers, split_refusals
from drumcorpus.ground.files.raw_files import (
    FactCache,
    RawFile,
    digest_raw_files,
    listing_stamp,
    scan_roots,
)
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.commands import command
from drumcorpus.ground.run.kept import standing
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_state import describe_raw_data, write_stamp
from drumcorpus.ground.run.roots import existing_roots, is_absent
from drumcorpus.ground.run.run_manifest import read_manifest
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.sessions import Refusal

REFUSE = "refuse"  # of inventory.vanished
N_NAMED = 10  # files named in a message
DEMO_CARDS = "resources/demo/source_sets/"


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
        return describe_raw_data(self.source_set, self.digests, [*self.refusals, *self.left])


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
    files, refusals = scan_roots(existing_roots(source_set, roots, wanted), leftovers.kind_of_entry)
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
    version: Mapping,
    workers: int,
) -> RawData:
    """Scan the roots, and read each file that has changed since it was last read.

    Parameters
    ----------
    inventory : path
        The product that lists the files; it need not exist, and tells what an earlier run saw.
    title : str
        Of the job, for its progress.
    leftovers : Leftovers
        What is not of the set.
    roots
        Folders, of which as many must exist as `wanted` says, as of `roots.existing_roots`.
    vanished : str
        ``refuse``: a file that `inventory` lists must be there. ``accept``: it need not.
    version : mapping
        The code that learns facts of the files, as of `FactCache`.
    workers : int
        Threads that read.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `roots.existing_roots`; or if a file has vanished.
    """
    roots = list(roots)
    files, refusals = scan_raw_data(source_set, roots, leftovers, wanted)
    if vanished == REFUSE and not is_of_a_demo(inventory):
        refuse_vanished(standing(inventory), files, roots, leftovers)
    cache = FactCache(digests_path(source_set), version)
    progress = Progress(title, sum(file.bytes for file in files.values()), "bytes")
    digests, unreadable = digest_raw_files(
        files.values(), cache, workers=workers, on_progress=progress.advance
    )
    cache.save()
    refused, left = split_refusals(refusals)
    return RawData(source_set, files, digests, [*refused, *unreadable], cache, tuple(left))


def is_of_a_demo(inventory: str | os.PathLike) -> bool:
    """Whether an inventory is of a demo corpus, by the card that it was made from.

    Whoever goes on with data of their own in the same folder does not miss the demo's files.
    """
    inputs = (read_manifest(inventory) or {"inputs": []})["inputs"]
    return any(row["path"].startswith(DEMO_CARDS) for row in inputs)


def refuse_vanished(
    earlier: str | os.PathLike,
    files: dict[str, RawFile],
    roots: Iterable[str | os.PathLike],
    leftovers: Leftovers,
) -> None:
    """Stop where a raw file that an earlier inventory lists is gone.

    Parameters
    ----------
    earlier : path
        The earlier inventory, which need not exist.
    files
        What is there now.
    roots
        Where it was looked for, for the message.
    leftovers
        Of these nothing is missed, though an earlier version may have listed it.

    Raises
    ------
    FileNotFoundError
        Naming the files, ten at the most.
    """
    if not Path(earlier).is_file():
        return
    listed = read_table(earlier, columns=["path"])["path"].to_pylist()
    gone = [path for path in listed if path not in files and not leftovers.kind_of(path)]
    if gone:
        places = ", ".join(map(_place, roots))
        more = f" and {len(gone) - N_NAMED} more" if len(gone) > N_NAMED else ""
        without = command("all", config={"inventory": {"vanished": "accept"}})
        raise FileNotFoundError(
            f"{len(gone)} raw file(s) that the last inventory lists are gone from "
            f"{places}: {', '.join(gone[:N_NAMED])}{more}. Put them back, or "
            f"build without them: {without}"
        )


def _place(root: str | os.PathLike) -> str:
    return f"{root} (which is not there)" if is_absent(Path(root)) else str(root)
