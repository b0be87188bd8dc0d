"""What shards of every form have in common: their names, their bounds, what is noted of each."""

import re
from pathlib import Path

import pyarrow as pa

# One row a shard, in order.
SHARDS = pa.schema(
    [
        ("shard", pa.string()),  # its file name
        ("n_samples", pa.int64()),
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
    ]
)
MOST_SHARDS = 10**6  # of one stem: six digits, so that names sort by number


def check_bounds(*, shard_bytes: int, shard_samples: int) -> None:
    """Refuse bounds within which no shard can be.

    Raises
    ------
    ValueError
        Naming the bound that is less than 1.
    """
    for name, bound in (("shard_bytes", shard_bytes), ("shard_samples", shard_samples)):
        if bound < 1:
            raise ValueError(f"{name}: {bound}; a shard has 1 at least")


def shard_name(stem: str, number: int, suffix: str) -> str:
    """File name of a shard: ``train-groove-000-000000.tar``; all of one stem are of one length.

    Raises
    ------
    ValueError
        If a stem has more shards than six digits count.
    """
    if number >= MOST_SHARDS:
        raise ValueError(f"{stem}: more than {MOST_SHARDS} shards; allow more bytes or samples")
    return f"{stem}-{number:06d}{suffix}"


def remove_after(folder: Path, stem: str, suffix: str, n_shards: int) -> None:
    """Remove the shards of a stem that have a number of `n_shards` or above."""
    name = re.compile(rf"{re.escape(stem)}-([0-9]{{6}}){re.escape(suffix)}")
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        found = name.fullmatch(path.name)
        if found and int(found[1]) >= n_shards:
            path.unlink()
