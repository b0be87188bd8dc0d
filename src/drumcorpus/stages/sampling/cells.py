"""Reads events as cells: counts of those that cannot differ in weight, instead of the events.

Events weigh alike that are of one session and of one kind, which is the labels that are struck and
the factor of the techniques. A corpus has some thousand kinds at most, so that what weights are
derived from is far smaller than its events, and the sums over it are exact in the counts.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.columns import (
    column_of,
    distinct_numbers,
    first_places,
    is_among,
    mixed,
    numbers,
)
from drumcorpus.ground.files.tables import iter_batches, read_ahead
from drumcorpus.stages.sampling.duplicates import (
    LABELS,
    Duplicates,
    columns_of,
    hash_of,
    sums_of_lists,
    text_columns,
)
from drumcorpus.stages.sampling.settings import GROUP_COLUMNS, SamplingSettings

# The style of a pack of isolated strokes, which is no music.
ONE_SHOT = "one_shot"
# Names come as dictionary codes, as Parquet has them: reading is three times faster.
_NAMES = [
    *("source_set", "session_id", "split", "style"),
    *("techniques.list.element", LABELS),
]


class Codes(dict):
    """Names -> whole numbers from 0, in the order in which the names come up."""

    def __missing__(self, name) -> int:
        self[name] = len(self)
        return self[name]


@dataclass
class Names:
    """What the codes of cells stand for; it grows as names come up.

    Attributes
    ----------
    units : Codes
        (source set, session, split, group): a session, and what of it has one split and one group.
        The group is None where the session itself is it.
    kinds : Codes
        (labels in order, each as often as it is struck; factor of the techniques).
    one_shots : set of int
        Codes of the units with an event of a pack of one-shots.
    """

    units: Codes = field(default_factory=Codes)
    kinds: Codes = field(default_factory=Codes)
    one_shots: set[int] = field(default_factory=set)
    signatures: dict[int, int] = field(default_factory=dict)  # of a kind -> its code


@dataclass(frozen=True)
class Cells:
    """Counts of events by unit and kind, in the order of their codes.

    Attributes
    ----------
    unit, kind : np.ndarray, shape (n_cells,), int64
    n : np.ndarray, shape (n_cells,), int64
        Events of each cell.
    distinct, squares : np.ndarray, shape (n_cells,)
        Sum of their shares of one weight, and of the squares of these: 1 each, or 1 / n where n
        events share it.
    n_shared : int
        Events that share their weight with others, of all cells together.
    """

    unit: np.ndarray
    kind: np.ndarray
    n: np.ndarray
    distinct: np.ndarray
    squares: np.ndarray
    n_shared: int


@dataclass(frozen=True)
class Rows:
    """Some events in the order of their table.

    Attributes
    ----------
    unit, kind : np.ndarray, shape (n_events,), int32
    shares : np.ndarray or None, shape (n_events,)
        Share of one weight that each event has; None where each has one of its own.
    """

    unit: np.ndarray
    kind: np.ndarray
    shares: np.ndarray | None

    def part(self, start: int, stop: int) -> "Rows":
        """Those from `start` to before `stop`."""
        shares = None if self.shares is None else self.shares[start:stop]
        return Rows(self.unit[start:stop], self.kind[start:stop], shares)

    def keys(self) -> np.ndarray:
        """Unit and kind of each event as one number, (n_events,), int64."""
        return self.unit.astype(np.int64) << 32 | self.kind


def read_rows(
    tables: Iterable[str | os.PathLike],
    settings: SamplingSettings,
    duplicates: Duplicates,
    names: Names,
) -> Rows:
    """Read the events of the weighted splits, 8 bytes of each; `names` grows as they come up."""
    parts = list(_iter_rows(tables, settings, duplicates, names))
    codes = [np.concatenate([np.zeros(0, np.int32), *column]) for column in _unit_and_kind(parts)]
    if all(part.shares is None for part in parts):
        return Rows(*codes, None)
    return Rows(*codes, np.concatenate([part.shares for part in parts]))


def _unit_and_kind(parts: list[Rows]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [part.unit for part in parts], [part.kind for part in parts]


def count_cells(rows: Rows) -> Cells:
    """Count the events by unit and kind."""
    keys, places = distinct_numbers(rows.keys())
    n_rows = np.bincount(places, minlength=len(keys))
    distinct = squares = n_rows.astype(float)
    n_shared = 0
    if rows.shares is not None:
        distinct = np.bincount(places, rows.shares, len(keys))
        squares = np.bincount(places, rows.shares**2, len(keys))
        n_shared = int((rows.shares < 1).sum())
    order = np.argsort(keys)
    unit, kind = keys[order] >> 32, keys[order] & 0xFFFFFFFF
    return Cells(unit, kind, n_rows[order], distinct[order], squares[order], n_shared)


def iter_ids(
    tables: Iterable[str | os.PathLike], settings: SamplingSettings
) -> Iterator[tuple[pa.Array, pa.Array]]:
    """Event and session ids of the events of the weighted splits in parts, in their order."""
    columns = ["event_id", "session_id", "split"]
    for path in tables:
        for batch in read_ahead(iter_batches(path, columns, dictionaries=columns[1:])):
            chosen = _of_splits(batch, settings)
            if chosen.num_rows:
                yield chosen["event_id"], chosen["session_id"]


def _iter_rows(tables, settings: SamplingSettings, duplicates, names: Names) -> Iterator[Rows]:
    """Read the events of the weighted splits in parts; `names` grows as they come up."""
    group = GROUP_COLUMNS[settings.group_field]
    columns = [*_NAMES, *([group] if group else []), *columns_of(duplicates.fields)]
    columns = list(dict.fromkeys(columns))
    for path in tables:
        first = 1
        batches = iter_batches(path, columns, dictionaries=text_columns(columns))
        for batch in read_ahead(batches):
            last = first + batch.num_rows - 1
            if not batch.num_rows:
                continue
            try:
                rows = _rows(batch, settings, group, duplicates, names)
            except ValueError as error:
                raise ValueError(f"{path}, rows {first} to {last}: {error}") from error
            if len(rows.unit):
                yield rows
            first = last + 1


def _of_splits(batch: pa.RecordBatch, settings: SamplingSettings) -> pa.RecordBatch:
    """The rows of the weighted splits."""
    chosen = is_among(batch["split"], settings.splits)
    return batch if chosen.all() else batch.filter(column_of(chosen))


def _rows(batch: pa.RecordBatch, settings, group, duplicates, names: Names) -> Rows:
    """The events of one batch that are of the weighted splits."""
    unit = _unit_codes(batch, group, settings.splits, names)
    chosen = unit >= 0
    unit = unit[chosen]
    if not len(unit):
        return Rows(unit, unit, None)
    one_shot = is_among(batch["style"], (ONE_SHOT,))[chosen]
    if one_shot.any():
        names.one_shots.update(np.unique(unit[one_shot]).tolist())
    kind = _kind_codes(batch, chosen, settings.technique_factors, names)
    shares = None
    if duplicates.fields:
        shares = duplicates.shares(pa.Table.from_batches([batch]))
        shares = None if shares is None else shares[chosen]
    return Rows(unit, kind, shares)


def _unit_codes(
    batch: pa.RecordBatch, group: str | None, splits: Iterable[str], names: Names
) -> np.ndarray:
    """Code of the unit of each row, looked up once per run of equal rows; -1 in other splits."""
    wanted = ["source_set", "session_id", "split", *([group] if group else [])]
    columns = [_as_dictionary(batch[name]) for name in wanted]
    codes = [numbers(column.indices, null=-1) for column in columns]
    changes = np.any([np.diff(code) != 0 for code in codes], axis=0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    values = [[*column.dictionary.to_pylist(), None] for column in columns]
    runs = []
    for start in starts.tolist():
        row = [values[place][codes[place][start]] for place in range(len(columns))]
        is_one = row[2] in splits
        runs.append(names.units[tuple(row if group else [*row, None])] if is_one else -1)
    return np.repeat(np.array(runs, np.int32), np.diff(starts, append=batch.num_rows))


def _kind_codes(
    batch: pa.RecordBatch, chosen: np.ndarray, technique_factors, names: Names
) -> np.ndarray:
    """Code of the kind of each chosen row, looked up once per distinct signature."""
    codes, n_labels, labels = _of_chosen(batch["components"], chosen, LABELS.split(".")[-1])
    technique_codes, n_techniques, techniques = _of_chosen(batch["techniques"], chosen)
    factors = np.array([technique_factors.get(name, 1.0) for name in techniques])
    factor = _products(factors[technique_codes], n_techniques)
    # By the name and not by its code, which is another in another table.
    hashes = np.array([hash_of(name) for name in labels], np.uint64)
    signature = mixed(sums_of_lists(hashes[codes], n_labels)) ^ mixed(factor.view(np.uint64))
    distinct, places = distinct_numbers(signature)
    firsts = first_places(places, len(distinct))
    ends = np.cumsum(n_labels)
    kinds = np.zeros(len(distinct), np.int32)
    for number, first in enumerate(firsts.tolist()):  # in the order in which they come up
        if int(distinct[number]) not in names.signatures:
            own = sorted(
                labels[code] for code in codes[ends[first] - n_labels[first] : ends[first]]
            )
            kind = names.kinds[tuple(own), float(factor[first])]
            names.signatures[int(distinct[number])] = kind
        kinds[number] = names.signatures[int(distinct[number])]
    return kinds[places]


def _of_chosen(
    lists: pa.ListArray, chosen: np.ndarray, field: str | None = None
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Codes of the names in the lists of the chosen rows, how many each has, and the names."""
    n_names = numbers(lists.value_lengths())
    column = lists.flatten()
    column = _as_dictionary(column if field is None else column.field(field))
    codes = numbers(column.indices, null=-1)
    if not chosen.all():
        codes, n_names = codes[np.repeat(chosen, n_names)], n_names[chosen]
    if column.null_count and (codes < 0).any():
        raise ValueError("a component without a label, or a technique without a name")
    return codes, n_names, column.dictionary.to_pylist()


def _as_dictionary(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _products(values: np.ndarray, n_values: np.ndarray) -> np.ndarray:
    """Product of the `n_values` (n_events,) consecutive `values` of each event; 1 for none."""
    products = np.ones(len(n_values))
    some = n_values > 0
    if some.any():
        starts = np.cumsum(n_values) - n_values
        products[some] = np.multiply.reduceat(values, starts[some])
    return products
