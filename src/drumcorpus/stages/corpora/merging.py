"""Merging: shards of JSON Lines become one corpus, in order of a natural key, each row but once.

A row's bytes stay as they are. Two rows are the same when all fields of the natural key are equal;
of those the first counts: that of the first input, in the order in which inputs are named, and
within an input that of the first line.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from drumcorpus.ground.files.atomic import naming, reaching_the_disk
from drumcorpus.ground.files.json_rows import read_fields
from drumcorpus.stages.corpora import runs
from drumcorpus.stages.corpora.crew import Crew
from drumcorpus.stages.corpora.inputs_and_outputs import WrongArguments, check_inputs, fields_of
from drumcorpus.stages.corpora.parts import N_SHOWN, Part, Slice
from drumcorpus.stages.corpora.runs import ShardRuns
from drumcorpus.stages.corpora.sections import (
    MERGE,
    Shard,
    Written,
    corpus_section,
    recorded_names,
    recorded_path,
)

ENCODE_GRID = ("src_sha256", "encoder", "preset", "crf")
# Natural keys that have a name.
NATURAL_KEYS = {"encode_grid": ENCODE_GRID, "events": ("event_id",)}
FIRST, ERROR = "first", "error"
POLICIES = (FIRST, ERROR)
# Bytes of shards from which on it is worth to start other processes.
ALONE_BYTES = 32 << 20
# Bytes of rows that are put together at once; more of large corpora, so that runs and parts stay
# few: each run has rows in each part.
PART_BYTES = 16 << 20
PIECES = 256
MOST_BYTES = 48 << 20


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
        key, which are asked for always; none if not given.
    natural_key : sequence of str, or str, optional
        Fields, or one of `NATURAL_KEYS`; ``encode_grid`` if not given.
    duplicates : str, optional
        One of `POLICIES`; ``first`` if not given.

    Raises
    ------
    ValueError
        If one of them is none of these, or a field stands twice.
    """
    natural_key = "encode_grid" if natural_key is None else natural_key
    if isinstance(natural_key, str):
        name = natural_key
        if name not in NATURAL_KEYS:
            raise WrongArguments(
                f"natural_key: got {name!r}; wanted: a list of fields, or one of "
                f"{', '.join(sorted(NATURAL_KEYS))}"
            )
        natural_key = NATURAL_KEYS[name]
    policy = FIRST if duplicates is None else duplicates
    if policy not in POLICIES:
        raise WrongArguments(f"duplicates: got {policy!r}; allowed: {', '.join(POLICIES)}")
    natural_key = tuple(natural_key)
    if not all(natural_key) or len(set(natural_key)) < max(len(natural_key), 1):
        shown = ", ".join(natural_key) or "none"
        raise WrongArguments(f"natural_key: got {shown}; wanted: one field or more, each but once")
    fields = fields_of("required_keys", required_keys) or ()
    try:
        named = read_fields(fields)
    except ValueError as error:
        raise WrongArguments(str(error)) from error
    # One whose name reads as a name and a kind, such as "a:text", cannot stand among them.
    others = [
        each for each in natural_key if each not in named and read_fields([each]) == {each: None}
    ]
    return MergeSettings((*fields, *others), natural_key, policy)


def check_merges(blocks: Mapping[str, Mapping]) -> None:
    """Look at the merges of a configuration, section ``corpora.merges``, beyond their schema.

    Raises
    ------
    ValueError
        If a block could not be made; the message names it.
    """
    for name, block in blocks.items():
        try:
            merge_settings(**{key: block[key] for key in block if key != "inputs"})
        except ValueError as error:
            raise ValueError(f"config: corpora.merges.{name}.{error}") from error


def conflicts_in_words(merged: "Merged") -> str:
    """How many rows are in conflict with one before them, and which the first are."""
    n_conflicts = merged.counters["conflicts"]
    sentence = f"{n_conflicts:,} rows in conflict with one before them"
    if n_conflicts > len(merged.conflicts):
        sentence += f", the first {len(merged.conflicts)} of which are"
    return "\n  ".join([f"{sentence}:", *merged.conflicts])


class Merged(NamedTuple):
    """What a merge gave: what was counted, its inputs as read, its output, the first conflicts."""

    counters: dict[str, int]
    shards: list[Shard]
    written: Written
    conflicts: list[str]


def merge_rows(
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike,
    folder: str | os.PathLike,
    settings: MergeSettings,
    *,
    workers: int,
) -> Merged:
    """Merge shards into a new file.

    Memory is bounded: a worker holds 16 MB of rows at a time, 48 MB where shards are large.

    Parameters
    ----------
    inputs : sequence of path
        Two shards or more.
    output : path
        What is written; to be put in its place by the caller.
    folder : path
        An empty folder for what does not fit into memory: twice the bytes of the shards.
    settings : MergeSettings
    workers : int
        Processes that work at once; the output is the same, whatever their number.

    Raises
    ------
    FileNotFoundError
        If a shard is not there.
    ValueError
        If there are less than two shards, one is named twice or is no plain file, a row is not as
        it must be, or two rows are in conflict and `settings` have that as an error.
    """
    paths = [os.fspath(path) for path in inputs]
    check_inputs(paths, at_least=2)
    names = recorded_names(paths)
    targets = [f"{folder}/{number:05d}" for number in range(len(paths))]
    fields = (settings.required_keys, settings.natural_key)
    n_bytes = sum(Path(path).stat().st_size for path in paths)
    with Crew(workers if n_bytes > ALONE_BYTES else 1) as crew:
        run_bytes = max(runs.RUN_BYTES, min(n_bytes // PIECES, MOST_BYTES))
        tasks = [[p, target, *fields, run_bytes] for p, target in zip(paths, targets, strict=True)]
        read = [ShardRuns(*result) for result in crew.map("runs.write_runs", tasks)]
        limits = _limits(read)
        tasks = [[target, each.ends, limits] for target, each in zip(targets, read, strict=True)]
        places = list(crew.map("runs.places_of", tasks))
        mixed = _mixed(read)
        tasks = [
            [slices, settings.natural_key, mixed]
            for slices in _slices(targets, [names[path] for path in paths], places)
        ]
        parts, written = _gathered(output, crew.stream("parts.make_part", tasks))
        # At once, as to take gigabytes away lasts.
        for _ in crew.map("runs.remove_runs", [[target] for target in targets]):
            pass
    conflicts = [sentence for part in parts for sentence in part.shown][:N_SHOWN]
    counters = {
        "rows_in": sum(shard.rows for shard in read),
        "rows_out": written.rows,
        "duplicates": sum(part.duplicates for part in parts),
        "conflicts": sum(part.conflicts for part in parts),
        "unique_sources": _n_sources(parts),
        "inputs_seen": len(paths),
    }
    if counters["conflicts"] and settings.duplicates == ERROR:
        raise ValueError(
            "\n".join(
                [
                    *conflicts,
                    f"{counters['conflicts']:,} rows in conflict with one before them, "
                    f"{len(conflicts)} of them shown; take one of each out, or merge with "
                    f"duplicates: {FIRST}",
                ]
            )
        )
    shards = [
        Shard(path, shard.sha256, shard.rows) for path, shard in zip(paths, read, strict=True)
    ]
    return Merged(counters, shards, written, conflicts)


def _limits(read: Sequence[ShardRuns]) -> list[str]:
    """Keys at which the corpus falls into parts of about equal size, in order."""
    n_bytes = sum(shard.n_bytes for shard in read)
    n_parts = -(-n_bytes // max(PART_BYTES, min(n_bytes // PIECES, MOST_BYTES)))
    sample = sorted(key for shard in read for key in shard.sample)
    return sorted({sample[len(sample) * part // n_parts] for part in range(1, n_parts)})


def _slices(targets: list[str], shown: list[str], places: list[list]) -> Iterator[list[Slice]]:
    """Of each part the rows of all runs, by the `places` of the limits in these."""
    n_parts = max((len(run) - 1 for of_shard in places for run in of_shard), default=0)
    for part in range(n_parts):
        yield [
            Slice(target, shard, run[part], run[part + 1])
            for target, shard, of_shard in zip(targets, shown, places, strict=True)
            for run in of_shard
        ]


def _gathered(output: str | os.PathLike, results: Iterator) -> tuple[list[Part], Written]:
    """Write the rows of all parts, one after the other, as they come."""
    digest, n_bytes, parts = hashlib.sha256(), 0, []
    with naming(output), Path(output).open("wb") as file, reaching_the_disk(file):
        for result, chunks in results:
            for data in chunks:
                digest.update(data)
                runs.write_by_pieces(file, data)
                n_bytes += len(data)
            parts.append(Part(*result))
    return parts, Written(digest.hexdigest(), n_bytes, sum(part.rows for part in parts))


def _mixed(read: Sequence[ShardRuns]) -> list[str]:
    """Fields of the natural key that are numbers in some rows and texts in others."""
    numbers = {field for shard in read for field in shard.numbers}
    return sorted(numbers & {field for shard in read for field in shard.texts})


def _n_sources(parts: Sequence[Part]) -> int:
    """Distinct sources in parts that follow each other, of which two may share one."""
    filled = [part for part in parts if part.rows]
    n_shared = sum(one.last == other.first for one, other in pairwise(filled))
    return sum(part.sources for part in filled) - n_shared


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
        "inputs": list(recorded_names(inputs).values()),
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
