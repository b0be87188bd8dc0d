"""What an aggregate is asked for, with defaults filled in, and which shard is of which corpus."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from drumcorpus.ground.files.json_rows import read_fields
from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.stages.corpora.inputs_and_outputs import WrongArguments, fields_of
from drumcorpus.stages.corpora.ratings import Names
from drumcorpus.stages.corpora.scales import Scale

# What rated shards have as they are published, beside the rating and the corpus.
REQUIRED_KEYS = ("src:text", "src_sha256:text")
NATURAL_KEY = ("src_sha256",)
VALUE, UNCERTAINTY, CORPUS = "mos", "mos_std_dev", "corpus"


class AggregateSettings(NamedTuple):
    """What an aggregate is asked for, with defaults filled in."""

    required_keys: tuple[str, ...]
    names: Names
    is_stated: bool = True  # whether somebody has named the required keys

    def fields(self, *, names_its_corpus: bool) -> dict[str, str | None]:
        """The fields that every row of a shard must have, with their kinds.

        Parameters
        ----------
        names_its_corpus : bool
            Whether rows say which corpus they are of, because nobody says it for the shard.
        """
        fields = read_fields(self.required_keys)
        if not names_its_corpus and not self.is_stated:
            del fields[self.names.corpus]
        fields |= {name: None for name in self.names.natural_key if name not in fields}
        fields[self.names.value] = "number"
        if names_its_corpus:
            fields[self.names.corpus] = "text"
        return fields


def aggregate_settings(
    required_keys: Sequence[str] | None = None,
    natural_key: Sequence[str] | None = None,
    value: str | None = None,
    uncertainty: str | None = None,
    corpus: str | None = None,
) -> AggregateSettings:
    """Fill in what is not given.

    Parameters
    ----------
    required_keys : sequence of str, optional
        Fields that every row must have, as of `json_rows.read_fields`. The natural key, the rating,
        and the corpus unless it is named beside the shard, are asked for besides. If not given it
        is these alone, with `REQUIRED_KEYS` where no natural key is given either.
    natural_key : sequence of str, optional
        Fields by which an item is the same; ``src_sha256`` if not given.
    value, uncertainty, corpus : str, optional
        Names of the rating, its standard deviation and the corpus; ``mos``, ``mos_std_dev`` and
        ``corpus`` if not given.

    Raises
    ------
    ValueError
        If a field stands twice, or the natural key is empty.
    """
    fields, key = fields_of("required_keys", required_keys), fields_of("natural_key", natural_key)
    of_items = NATURAL_KEY if key is None else key
    if not all(of_items) or len(set(of_items)) < max(len(of_items), 1):
        shown = ", ".join(of_items) or "none"
        raise WrongArguments(f"natural_key: got {shown}; wanted: one field or more, each but once")
    names = Names(of_items, value or VALUE, uncertainty or UNCERTAINTY, corpus or CORPUS)
    try:
        names.check()
        if fields is not None:
            read_fields(fields)
            return AggregateSettings(fields, names)
    except ValueError as error:
        raise WrongArguments(str(error)) from error
    own = {names.value: "number", names.corpus: "text"}
    first = REQUIRED_KEYS if key is None else key
    fields = (
        *(field for field in first if not {field, *read_fields([field])} & own.keys()),
        *(f"{name}:{kind}" for name, kind in own.items()),
    )
    return AggregateSettings(fields, names, is_stated=False)


def shard_labels(
    inputs: Iterable[str | os.PathLike],
    corpus_source: Mapping[str | os.PathLike, str],
    scales: Mapping[str, Scale],
) -> dict[str, str]:
    """The corpus of each shard for which it is named beside the shard.

    A path is the file that it leads to: ``./a.jsonl``, ``a.jsonl`` and a link to it are one shard.

    Parameters
    ----------
    inputs : iterable of path
        The shards.
    corpus_source : mapping
        Names of scales by path.
    scales : mapping
        By name.

    Returns
    -------
    labels : dict
        By path as `inputs` have it.

    Raises
    ------
    ValueError
        If a path is no shard, a name has no scale, or one shard has two names.
    """
    by_file = {os.path.realpath(path): os.fspath(path) for path in inputs}
    labels: dict[str, str] = {}
    for path, label in corpus_source.items():
        shard = by_file.get(os.path.realpath(path))
        if shard is None:
            raise WrongArguments(
                f"corpus_source: {os.fspath(path)}: is none of the inputs; allowed: "
                f"{', '.join(by_file.values())}"
            )
        if label not in scales:
            raise WrongArguments(
                f"corpus_source: {os.fspath(path)}: got {label!r}, which has no scale"
                f"{did_you_mean(label, scales)}; allowed: {', '.join(scales)}"
            )
        if labels.setdefault(shard, label) != label:
            raise WrongArguments(
                f"corpus_source: {shard}: is named twice, {labels[shard]} and {label}; wanted: one "
                "corpus for each shard"
            )
    return labels


def check_aggregates(blocks: Mapping[str, Mapping], scales: Mapping[str, Scale]) -> None:
    """Hold the aggregates of a configuration against the scales.

    Parameters
    ----------
    blocks : mapping
        Section ``corpora.aggregates``, as of the schema of the configuration.
    scales : mapping
        By name.

    Raises
    ------
    ValueError
        If a block could not be made; the message names it.
    """
    for name, block in blocks.items():
        others = {key: block[key] for key in block if key not in ("inputs", "corpus_source")}
        try:
            aggregate_settings(**others)
            shard_labels(block["inputs"], block.get("corpus_source", {}), scales)
        except ValueError as error:
            raise ValueError(f"config: corpora.aggregates.{name}.{error}") from error
