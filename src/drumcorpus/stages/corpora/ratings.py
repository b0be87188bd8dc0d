"""Rated rows of JSON Lines, brought from the scale of their corpus to the common axis.

A row keeps all of its values. What is added says where its rating came from; the rating itself, and
its uncertainty, stand on the common axis, and as they were under names of their own.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from drumcorpus.ground.files.json_rows import kind_of, shown
from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.stages.corpora.scales import Scale

CORPUS_SOURCE = "corpus_source"
NATIVE, NATIVE_SCALE = "{}_native", "{}_native_scale"
OUT_OF_RANGE = "out_of_range"
DROPS = (OUT_OF_RANGE,)  # reasons why a row is dropped
# orjson reads an integer beyond 64 bits as a float: rows with so many digits are read by `json`.
_LONG_NUMBER = re.compile(rb"\d{19}")


@dataclass(frozen=True)
class Names:
    """What the columns of a rated row are called.

    `value` is the rating and `uncertainty` its standard deviation, both on the scale of the corpus
    that `corpus` names. `natural_key` tells items apart.
    """

    natural_key: tuple[str, ...]
    value: str
    uncertainty: str
    corpus: str

    def added(self) -> tuple[str, ...]:
        """What a row has more than before."""
        natives = (NATIVE.format(self.value), NATIVE.format(self.uncertainty))
        return (*natives, NATIVE_SCALE.format(self.value), CORPUS_SOURCE)

    def reserved(self) -> tuple[str, ...]:
        """The names that stand for one thing each."""
        return (self.value, self.uncertainty, self.corpus, *self.added())

    def check(self) -> None:
        """Refuse a name that stands for two things."""
        reserved = self.reserved()
        twice = sorted({name for name in reserved if reserved.count(name) > 1})
        if twice:
            raise ValueError(
                f"the column {', '.join(twice)} stands for two things; allowed: names of their own "
                "for the rating, its uncertainty and the corpus"
            )


class Rated(NamedTuple):
    """A row on the common axis.

    The corpus whose scale it was on, its rating there, its uncertainty on the common axis, infinite
    where it is not known, and the row with sorted keys and no line end; None if it is dropped.
    """

    corpus: str
    native: float
    spread: float
    row: bytes | None


@dataclass
class Extent:
    """Number, least and greatest of the ratings of one corpus in one shard."""

    n: int = 0
    least: float = math.inf
    greatest: float = -math.inf

    def add(self, value: float) -> None:
        """Take one more rating in."""
        self.n += 1
        self.least, self.greatest = min(self.least, value), max(self.greatest, value)


@dataclass
class Converter:
    """Brings the rows of shards to the common axis, and counts what it drops.

    Parameters
    ----------
    names : Names
    scales : mapping
        By name.
    """

    names: Names
    scales: Mapping[str, Scale]
    dropped: Counter = field(default_factory=Counter)
    rows_by_corpus: Counter = field(default_factory=Counter)

    def __post_init__(self):
        self.names.check()

    def convert(self, line: bytes, row: dict, where: str, label: str | None) -> Rated:
        """One row on the common axis.

        Parameters
        ----------
        line : bytes
            The row as it stands in its file.
        row : dict
            Its values, with the columns of `names` but the uncertainty, and of the right kinds.
        where : str
            File and line.
        label : str or None
            The corpus that the row is of, where that is not what it says itself.

        Raises
        ------
        ValueError
            If the row cannot be what it says; the message begins with `where`.
        """
        scale = self._scale(row, where, label)
        self._check(row, where)
        native = row[self.names.value]
        self.rows_by_corpus[scale.name] += 1
        if not scale.contains(native):
            self.dropped[OUT_OF_RANGE] += 1
            return Rated(scale.name, native, math.inf, None)
        changes = self._changes(row, scale)
        spread = changes.get(self.names.uncertainty) or math.inf  # 0 is not known either
        return Rated(scale.name, native, spread, _as_json(line, row, changes))

    def _scale(self, row: dict, where: str, label: str | None) -> Scale:
        name = row[self.names.corpus] if label is None else label
        if name not in self.scales:
            raise ValueError(
                f"{where}: {self.names.corpus}: got {shown(name)}, which has no scale"
                f"{did_you_mean(name, self.scales)}; allowed: {', '.join(self.scales)}. Give a "
                "scale of that name, or name the corpus of the shard under corpus_source"
            )
        return self.scales[name]

    def _check(self, row: dict, where: str) -> None:
        for name in self.names.natural_key:
            if row[name] is None or row[name] == "" or isinstance(row[name], dict | list):
                raise ValueError(
                    f"{where}: {name}: got {shown(row[name])}, by which no item can be told; "
                    "wanted: text or a number. Choose another natural key, or leave the row out"
                )
        for name in self.names.added():
            if name in row:
                raise ValueError(
                    f"{where}: {name}: stands in the row already, so that it has been aggregated "
                    "once; wanted: rows on their native scale"
                )
        spread = row.get(self.names.uncertainty)
        if spread is not None and kind_of(spread) != "number":
            raise ValueError(
                f"{where}: {self.names.uncertainty}: got the {kind_of(spread)} {shown(spread)}; "
                "wanted: number, or null where it is not known"
            )
        if spread is not None and spread < 0:
            raise ValueError(
                f"{where}: {self.names.uncertainty}: got {shown(spread)}; allowed: a standard "
                "deviation from 0, or null where it is not known"
            )

    def _changes(self, row: dict, scale: Scale) -> dict:
        names, native = self.names, row[self.names.value]
        changes = {
            names.value: scale.on_axis(native),
            NATIVE.format(names.value): native,
            NATIVE_SCALE.format(names.value): scale.name,
            CORPUS_SOURCE: scale.name,
        }
        if names.uncertainty in row:
            spread = row[names.uncertainty]
            on_axis = None if spread is None else scale.spread_on_axis(spread)
            if on_axis == math.inf:  # of a number near the greatest: it says nothing
                on_axis = None
            changes |= {names.uncertainty: on_axis, NATIVE.format(names.uncertainty): spread}
        return changes


def _as_json(line: bytes, row: dict, changes: dict) -> bytes:
    if _LONG_NUMBER.search(line):
        exact = json.loads(line) | changes
        return json.dumps(
            exact, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        ).encode()
    return orjson.dumps(row | changes, option=orjson.OPT_SORT_KEYS)


def check_extents(
    extents: Mapping[tuple[str, str], Extent],
    scales: Mapping[str, Scale],
    meant: Mapping[str, str],
) -> None:
    """Refuse a shard whose ratings are all on a scale for which its corpus is often mistaken.

    Parameters
    ----------
    extents : mapping
        By shard and corpus.
    scales : mapping
        By name.
    meant : mapping
        Shards whose corpus was named beside them, for which this is not asked.

    Raises
    ------
    ValueError
        The message names shard, values and what to say.
    """
    for (shard, corpus), extent in sorted(extents.items()):
        within = scales[corpus].refused_within
        if not within or shard in meant or not extent.n:
            continue
        if within[0] <= extent.least and extent.greatest <= within[1]:
            raise ValueError(
                f"{shard}: {corpus}: all {extent.n} ratings lie from {extent.least} to "
                f"{extent.greatest}, as on a scale of {within[0]} to {within[1]}; that of {corpus} "
                f"is {scales[corpus].minimum} to {scales[corpus].maximum}. Name the corpus of the "
                f"right scale under corpus_source, {shard}=NAME, or {shard}={corpus} if they are "
                "meant so"
            )
