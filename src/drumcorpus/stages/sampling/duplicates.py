"""Events that are equal in some fields, by keys of 64 bits: a column of numbers and no strings.

A key is a hash of the fields' values. Among 30 million events two different ones have one key with
a probability of 2.4e-5; they would share one weight then.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.columns import is_among, mixed, numbers
from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.stages.sampling.settings import DEDUPE_FIELDS

LABELS = "components.list.element.label"
_NOTHING = np.uint64(0x9E3779B97F4A7C15)  # stands for a value that is missing


class Duplicates:
    """How many events of some splits have each key.

    Parameters
    ----------
    tables : iterable of path
        Schema EVENTS.
    splits : sequence of str
    fields : sequence of str
        Of `settings.DEDUPE_FIELDS`; none, and no two events are equal.
    """

    def __init__(self, tables: Iterable[str | os.PathLike], splits: Sequence[str], fields):
        self.fields = [name for name in DEDUPE_FIELDS if name in fields]
        keys = np.sort(_all_keys(tables, splits, self.fields)) if fields else np.zeros(0, np.uint64)
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else keys
        counts = np.diff(starts, append=len(keys))
        self._keys = keys[starts[counts > 1]]
        self._counts = counts[counts > 1].astype(np.int64)

    def shares(self, table: pa.Table) -> np.ndarray | None:
        """Share of one weight that each event of a combined table has, (n_events,): 1 / n.

        None where no two events of any table are equal.
        """
        if not len(self._keys):
            return None
        shares = np.ones(table.num_rows)
        keys = event_keys(table, self.fields)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        equal = self._keys[places] == keys
        shares[equal] = 1.0 / self._counts[places[equal]]
        return shares


def columns_of(fields: Iterable[str]) -> list[str]:
    """The columns, or leaves, that hold the fields."""
    return [LABELS if name == "labels" else name for name in fields]


def text_columns(columns: Iterable[str]) -> list[str]:
    """Those of them that hold text, which is read as dictionaries."""
    return [name for name in columns if name != "onset_time"]


def event_keys(table: pa.Table, fields: Iterable[str]) -> np.ndarray:
    """The keys of the events of a combined table, (n_events,), uint64."""
    keys = np.zeros(table.num_rows, np.uint64)
    for name in fields:
        column = table["components" if name == "labels" else name].chunk(0)
        if name == "labels":
            values = _of_labels(column)
        elif name == "onset_time":
            values = _of_times(column)
        else:
            values = _of_names(column)
        keys = mixed(keys * np.uint64(0xD1342543DE82EF95) + values)
    return keys


def sums_of_lists(values: np.ndarray, n_values: np.ndarray) -> np.ndarray:
    """Sum of the `n_values` (n_events,) consecutive `values` of each event, uint64; 0 for none."""
    sums = np.zeros(len(n_values), np.uint64)
    some = n_values > 0
    if some.any():
        starts = np.cumsum(n_values) - n_values
        sums[some] = np.add.reduceat(values, starts[some])
    return sums


def _all_keys(tables, splits, fields) -> np.ndarray:
    columns = list(dict.fromkeys(["split", *columns_of(fields)]))
    parts = [np.zeros(0, np.uint64)]
    for path in tables:
        for batch in iter_batches(path, columns, dictionaries=text_columns(columns)):
            # Keys are chosen, and not rows: to copy lists of labels takes longer than to hash them.
            is_wanted = is_among(batch.column("split"), splits)
            if is_wanted.any():
                parts.append(event_keys(pa.Table.from_batches([batch]), fields)[is_wanted])
    return np.concatenate(parts)


def _of_names(column: pa.Array) -> np.ndarray:
    """Hash of each name of a column of text."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    hashes = np.array([hash_of(name) for name in column.dictionary.to_pylist()], np.uint64)
    return np.append(hashes, _NOTHING)[numbers(column.indices, null=len(hashes))]


def _of_times(column: pa.Array) -> np.ndarray:
    """Onsets to the millisecond: copies of one performance may differ in the last bits."""
    ms = np.round(numbers(column) * 1000.0).astype(np.int64).astype(np.uint64)
    hashes = mixed(ms)
    return np.where(numbers(column.is_valid()), hashes, _NOTHING) if column.null_count else hashes


def _of_labels(components: pa.Array) -> np.ndarray:
    """The labels of each event, in whatever order."""
    names = _of_names(pc.struct_field(components.flatten(), [0]))
    return sums_of_lists(names, numbers(pc.list_value_length(components)))


@lru_cache(maxsize=1_000_000)
def hash_of(name: str | None) -> int:
    """64 bits of a name that are the same on every machine."""
    if name is None:
        return int(_NOTHING)
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
