"""Raw data as a job opens it: what the inventory has hashed is not hashed again."""

import logging
import os
from collections.abc import Iterable

import pyarrow as pa

from drumcorpus.ground.files.fact_cache import FactCache
from drumcorpus.ground.files.raw_reader import RawReader
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.sessions import file_digests


def open_raw_data(
    source_set: str,
    roots: Iterable[str | os.PathLike],
    sessions: pa.Table,
    files: pa.Table | None = None,
) -> RawReader:
    """What opens the raw files that sessions rest on.

    The stat records under which the inventory hashed them are read from this project's state, so
    that a file which has not changed since is not hashed again. Where there are none, as on another
    machine, every file is hashed.

    Parameters
    ----------
    source_set : str
    roots : iterable of paths
        Of the source set.
    sessions : pa.Table
        SESSIONS schema; their `files` can be opened.
    files : pa.Table, optional
        INVENTORY schema: further files that can be.
    """
    digests = file_digests(sessions)
    if files is not None:
        names = ("path", "sha256")
        digests |= zip(*(files[name].to_pylist() for name in names), strict=True)
    cache = FactCache(digests_path(source_set))
    if cache.damage:  # the inventory says it on the terminal, where it is taken
        logging.warning(cache.damage)
    return RawReader(roots, digests, cache.hashed_files(set(digests.values())))
