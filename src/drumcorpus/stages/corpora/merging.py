"""Merging: shards of JSON Lines become one corpus, in order of a natural key, each row but once.

A row's bytes stay as they are. Two rows are the same when all fields of the natural key are equal;
of those the first counts: that of the first input, in the order in which inputs are named, and
within an input that of the first line.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from drumcorpus.ground.files.json_rows import check_fields, iter_blocks, kind_of, read_fields
from drumcorpus.stages.corpora.sections import MERGE, Shard, Written, corpus_section, recorded_path

ENCODE_GRID = ("src_sha256", "encoder", "preset", "crf")
# Natural keys that have a name.
NATURAL_KEYS = {"encode_grid": ENCODE_GRID, "events": ("event_id",)}
FIRST, ERROR = "first", "error"
POLICIES = (FIRST, ERROR)


class MergeSettings(NamedTuple):
    """What a merge is asked for, with defaults filled in."""

    required_keys: tuple[str, ...]
    natural_key: tuple[str, ...]
    duplicates: str


def merge_settings(
    required_keys: Sequence[str] | None = None,
    natural_key: Sequence[str] | str | None = None,
    duplicates: str | None = None,
) -> MergeSettings:
    """Fill in what is not given.

    Parameters
    ----------
    required_keys : sequence of str, optional
        Fields that every row must have, as of `json_rows.read_fields`, beside those of the natural
        key; none if not given.
    natural_key : sequence of str, or str, optional
        Fields, or one of `NATURAL_KEYS`; ``encode_grid`` if not given.
    duplicates : str, optional
        One of `POLICIES`; ``first`` if not given.

    Raises
    ------
    ValueError
        If one of them is none of these, or a field stands twice.
    """
    if natural_key is None or isinstance(natural_key, str):
        name = natural_key or "encode_grid"
        if name not in NATURAL_KEYS:
            raise ValueError(
                f"natural_key: got {name!r}; wanted: a list of fields, or one of "
                f"{', '.join(sorted(NATURAL_KEYS))}"
            )
        natural_key = NATURAL_KEYS[name]
    policy = FIRST if duplicates is None else duplicates
    if policy not in POLICIES:
        raise ValueError(f"duplicates: got {policy!r}; allowed: {', '.join(POLICIES)}")
    if not natural_key or len(set(natural_key)) < len(natural_key):
        shown = ", ".join(natural_key) or "none"
        raise ValueError(f"natural_key: got {shown}; wanted: one field or more, each but once")
    fields = list(required_keys or ())
    named = read_fields(fields)
    required = [*fields, *(name for name in natural_key if name not in named)]
    return MergeSettings(tuple(required), tuple(natural_key), policy)


class Merged(NamedTuple):
    """What a merge gave: what was counted, its inputs as read, its output, the first conflicts."""

    counters: dict[str, int]
    shards: list[Shard]
    written: Written
    conflicts: list[str]


def merge_rows(
    inputs: Sequence[str | os.PathLike], output: str | os.PathLike, settings: MergeSettings
) -> Merged:
    """Merge shards into a new file `output`."""
    fields = read_fields(settings.required_keys)
    kept: dict[tuple, tuple[str, bytes, dict]] = {}
    shards, conflicts, n_duplicates = [], [], 0
    for path in inputs:
        digest, n_rows = hashlib.sha256(), 0
        for block in iter_blocks(path, digest.update):
            check_fields(path, block, fields)
            for number, (line, row) in enumerate(
                zip(block.lines, block.rows, strict=True), block.first
            ):
                key = tuple(order_of(row[name]) for name in settings.natural_key)
                place = f"{recorded_path(path)}:{number}"
                first, _, values = kept.setdefault(key, (place, line, row))
                if first == place:
                    continue
                if values == row:
                    n_duplicates += 1
                else:
                    conflicts.append(f"{place}: other content than {first}")
            n_rows += len(block.rows)
        shards.append(Shard(os.fspath(path), digest.hexdigest(), n_rows))
    if conflicts and settings.duplicates == ERROR:
        raise ValueError("\n".join(conflicts[:20]))
    data = b"".join(kept[key][1] + b"\n" for key in sorted(kept))
    Path(output).write_bytes(data)
    counters = {
        "rows_in": sum(shard.rows for shard in shards),
        "rows_out": len(kept),
        "duplicates": n_duplicates,
        "conflicts": len(conflicts),
        "unique_sources": len({key[0] for key in kept}),
        "inputs_seen": len(shards),
    }
    written = Written(hashlib.sha256(data).hexdigest(), len(data), len(kept))
    return Merged(counters, shards, written, conflicts[:20])


def order_of(value) -> tuple:
    """Where a value stands in the order of a natural key."""
    kinds = {"null": 0, "truth": 1, "number": 2, "text": 3}
    return kinds[kind_of(value)], value if value is not None else 0


def merge_section(
    inputs: Sequence[str | os.PathLike],
    outputs: Sequence[str | os.PathLike],
    settings: MergeSettings,
    merged: Merged,
    given: Mapping[str, object],
    command_line: Sequence[str] | None = None,
) -> dict:
    """The section of a merge for its run manifest; see `sections.corpus_section`."""
    complete = {
        "inputs": [recorded_path(path) for path in inputs],
        "output": recorded_path(outputs[0]),
        **settings._asdict(),
    }
    return corpus_section(
        MERGE,
        merged.shards,
        outputs,
        given=given,
        complete=complete,
        **settings._asdict(),
        conflicts=merged.conflicts,
        command_line=command_line,
    )
