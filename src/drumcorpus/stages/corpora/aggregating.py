"""Aggregating: rated shards of several corpora become one corpus on the axis of 0 to 100.

Items are told apart by the natural key. Of several ratings of one item that of least uncertainty on
the common axis stays, whichever shard it comes from and in whatever order shards are named.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.files.json_rows import check_fields, iter_blocks
from drumcorpus.stages.corpora.aggregate_settings import AggregateSettings
from drumcorpus.stages.corpora.inputs_and_outputs import check_inputs
from drumcorpus.stages.corpora.keys import Keys
from drumcorpus.stages.corpora.rating_sorter import LEFT_OUT, UNIQUE_SOURCES, RatingSorter
from drumcorpus.stages.corpora.ratings import (
    DROPS,
    Converter,
    Extent,
    Rated,
    check_extents,
)
from drumcorpus.stages.corpora.scales import Scale, own_files
from drumcorpus.stages.corpora.sections import (
    AGGREGATE,
    Shard,
    Written,
    corpus_section,
    recorded_names,
    recorded_path,
    recorded_sources,
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


def aggregate_rows(
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike,
    folder: str | os.PathLike,
    scales: Mapping[str, Scale],
    labels: Mapping[str, str],
    settings: AggregateSettings,
) -> Aggregated:
    """Put the rows of rated shards on one axis, in a new file.

    Memory is bounded: some 64 MB of rows are held at a time, whatever the shards.

    Parameters
    ----------
    inputs : sequence of path
        Rated shards.
    output : path
        Rows with sorted keys, in order of the natural key, each item but once.
    folder : path
        An empty folder for what does not fit into memory: three times the bytes of the shards.
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
    check_inputs([os.fspath(path) for path in inputs], at_least=1)
    reader = Reader(Converter(settings.names, scales), settings, labels)
    sorter = RatingSorter(f"{folder}/rated")
    with sorter:
        for path in inputs:
            for keys, rows in reader.blocks(path):
                sorter.add(keys, rows)
    check_extents(reader.extents, scales, labels)
    counters = Counter()
    digest, n_bytes, n_rows = hashlib.sha256(), 0, 0
    with naming(output), Path(output).open("wb") as file:
        for part in sorter.parts():
            counters.update(part.counted)
            n_rows += part.n_rows
            n_bytes += file.write(part.rows)
            digest.update(part.rows)
    written = Written(digest.hexdigest(), n_bytes, n_rows)
    dropped = reader.converter.dropped
    counters = {
        "rows_in": sum(shard.rows for shard in reader.shards),
        "rows_out": n_rows,
        **{name: counters[name] for name in LEFT_OUT},
        **{f"dropped.{reason}": dropped[reason] for reason in DROPS},
        UNIQUE_SOURCES: counters[UNIQUE_SOURCES],
        "inputs_seen": len(reader.shards),
    }
    in_use = [scale for name, scale in scales.items() if reader.converter.rows_by_corpus[name]]
    return Aggregated(counters, reader.shards, written, in_use, own_files(scales.values()))


@dataclass
class Reader:
    """Reads rated shards onto the common axis; keeps what was read and counted.

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
    numbers: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def blocks(self, path: str | os.PathLike) -> Iterator[tuple[list[str], list[Rated]]]:
        """Natural keys and rows of a shard as they are read, without what is dropped."""
        shard = os.fspath(path)
        label = self.labels.get(shard)
        fields = self.settings.fields(names_its_corpus=label is None)
        keys_of = Keys(shard, self.settings.names.natural_key)
        digest, n_rows = hashlib.sha256(), 0
        for block in iter_blocks(path, digest.update):
            check_fields(path, block, fields)
            rows = []
            for number, (line, row) in enumerate(
                zip(block.lines, block.rows, strict=True), block.first
            ):
                rated = self.converter.convert(line, row, f"{shard}:{number}", label)
                self.extents.setdefault((shard, rated.corpus), Extent()).add(rated.native)
                rows.append(rated)
            keys = keys_of.of(block)
            self._refuse_mixed(shard, keys_of)
            stay = [n for n, rated in enumerate(rows) if rated.row is not None]
            yield [keys[n] for n in stay], [rows[n] for n in stay]
            n_rows += len(rows)
        self.shards.append(Shard(shard, digest.hexdigest(), n_rows))

    def _refuse_mixed(self, shard: str, keys: Keys) -> None:
        for found, here in ((self.numbers, keys.numbers), (self.texts, keys.texts)):
            for name, number in here.items():
                found.setdefault(name, f"{shard}:{number}")
        for name in self.numbers.keys() & self.texts.keys():
            raise ValueError(
                f"{self.texts[name]}: {name}: is a text, and a number in {self.numbers[name]}; by "
                "that no item can be told, so write it in one way"
            )


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
    shards, scales = recorded_names(inputs), list(map(os.fspath, aggregated.scale_files))
    overrides = recorded_sources(corpus_source, shards)
    together = recorded_names([*inputs, *scales])
    complete = {
        "inputs": list(shards.values()),
        "output": recorded_path(outputs[0]),
        "scales": [together[path] for path in scales],
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
