"""Aggregating: rated shards of several corpora become one corpus on the axis of 0 to 100.

Items are told apart by the natural key. Of several ratings of one item that of least uncertainty on
the common axis stays, whichever shard it comes from and in whatever order shards are named.
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from drumcorpus.ground.files.json_rows import check_fields, iter_blocks
from drumcorpus.stages.corpora.aggregate_settings import AggregateSettings
from drumcorpus.stages.corpora.keys import order_of
from drumcorpus.stages.corpora.ratings import (
    DROPS,
    LEFT_OUT,
    Converter,
    Extent,
    best_rating,
    check_extents,
)
from drumcorpus.stages.corpora.scales import Scale, own_files
from drumcorpus.stages.corpora.sections import (
    AGGREGATE,
    Shard,
    Written,
    corpus_section,
    recorded_path,
)

# How ratings of one item are resolved, as the run manifest has it.
POLICY = "least_uncertainty"


class Aggregated(NamedTuple):
    """What an aggregate gave: what was counted, its inputs as read, its output, scales in use, and
    the files that these were read from where they are not those of the package.
    """

    counters: dict[str, int]
    shards: list[Shard]
    written: Written
    scales: list[Scale]
    scale_files: list[Path]


@dataclass
class Reader:
    """Reads rated shards, row by row, onto the common axis; keeps what was read and counted.

    Parameters
    ----------
    converter : Converter
    settings : AggregateSettings
    labels : mapping
        As of `aggregate_settings.shard_labels`.
    """

    converter: Converter
    settings: AggregateSettings
    labels: Mapping[str, str]
    shards: list[Shard] = field(default_factory=list)
    extents: dict[tuple[str, str], Extent] = field(default_factory=dict)

    def rows(self, path: str | os.PathLike) -> Iterator[tuple[tuple, bytes]]:
        """Natural key and content of each row of a shard that is not dropped."""
        shard = os.fspath(path)
        label = self.labels.get(shard)
        fields = self.settings.fields(names_its_corpus=label is None)
        digest, n_rows = hashlib.sha256(), 0
        for block in iter_blocks(path, digest.update):
            check_fields(path, block, fields)
            lines = zip(block.lines, block.rows, strict=True)
            for number, (line, row) in enumerate(lines, block.first):
                corpus, native, converted = self.converter.convert(
                    line, row, f"{shard}:{number}", label
                )
                self.extents.setdefault((shard, corpus), Extent()).add(native)
                if converted is not None:
                    yield self._key(row), converted
            n_rows += len(block.rows)
        self.shards.append(Shard(shard, digest.hexdigest(), n_rows))

    def _key(self, row: Mapping) -> tuple:
        return tuple(order_of(row[name]) for name in self.settings.names.natural_key)


def aggregate_rows(
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike,
    scales: Mapping[str, Scale],
    labels: Mapping[str, str],
    settings: AggregateSettings,
) -> Aggregated:
    """Put the rows of rated shards on one axis, in a new file `output`.

    Parameters
    ----------
    inputs : sequence of path
        Rated shards.
    output : path
        Rows with sorted keys, in order of the natural key, each item but once.
    scales : mapping
        By name.
    labels : mapping
        As of `aggregate_settings.shard_labels`.
    settings : AggregateSettings

    Raises
    ------
    FileNotFoundError
        If a shard is not there.
    ValueError
        If a row is not as it must be, its corpus has no scale, or a shard is on another scale than
        its corpus; the message names file and line. If a shard is no plain file, or is named twice.
    """
    refuse_repeated(inputs)
    reader = Reader(Converter(settings.names, scales), settings, labels)
    items: dict[tuple, list[bytes]] = defaultdict(list)
    for path in inputs:
        for key, row in reader.rows(path):
            items[key].append(row)
    check_extents(reader.extents, scales, labels)
    left_out: Counter = Counter(dict.fromkeys(LEFT_OUT, 0))
    lines = []
    for key in sorted(items):
        best, others = best_rating(items[key], settings.names)
        left_out.update(others)
        lines.append(best + b"\n")
    data = b"".join(lines)
    Path(output).write_bytes(data)
    written = Written(hashlib.sha256(data).hexdigest(), len(data), len(lines))
    counters = {
        "rows_in": sum(shard.rows for shard in reader.shards),
        "rows_out": len(lines),
        **left_out,
        **{f"dropped.{reason}": reader.converter.dropped[reason] for reason in DROPS},
        "unique_sources": len({key[0] for key in items}),
        "inputs_seen": len(reader.shards),
    }
    in_use = [scale for name, scale in scales.items() if reader.converter.rows_by_corpus[name]]
    return Aggregated(counters, reader.shards, written, in_use, own_files(scales.values()))


def refuse_repeated(inputs: Iterable[str | os.PathLike]) -> None:
    """Raise ValueError where no shard is named, or one twice: its rows would all be duplicates."""
    named: dict[str, str] = {}
    for path in map(os.fspath, inputs):
        first = named.get(os.path.realpath(path))
        if first is not None:
            raise ValueError(f"inputs: {path}: is named twice, as {first} too; name it once")
        named[os.path.realpath(path)] = path
    if not named:
        raise ValueError("inputs: got none; wanted: one rated shard or more")


def aggregate_section(
    inputs: Sequence[str | os.PathLike],
    outputs: Sequence[str | os.PathLike],
    corpus_source: Mapping[str | os.PathLike, str],
    settings: AggregateSettings,
    aggregated: Aggregated,
    given: Mapping[str, object],
    command_line: Sequence[str] | None = None,
) -> dict:
    """The section of an aggregate for its run manifest; see `sections.corpus_section`."""
    names = settings.names
    overrides = {recorded_path(path): label for path, label in sorted(corpus_source.items())}
    complete = {
        "inputs": [recorded_path(path) for path in inputs],
        "output": recorded_path(outputs[0]),
        "scales": [recorded_path(path) for path in aggregated.scale_files],
        "corpus_source": overrides,
        "required_keys": list(settings.required_keys),
        "natural_key": list(names.natural_key),
        "value": names.value,
        "uncertainty": names.uncertainty,
        "corpus": names.corpus,
    }
    return corpus_section(
        AGGREGATE,
        aggregated.shards,
        outputs,
        given=given,
        complete=complete,
        required_keys=settings.required_keys,
        natural_key=names.natural_key,
        duplicates=POLICY,
        scale_conversions=[scale.as_recorded() for scale in aggregated.scales],
        source_overrides=overrides,
        command_line=command_line,
    )
