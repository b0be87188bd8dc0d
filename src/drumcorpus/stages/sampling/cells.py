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
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.stages.sampling.duplicates import (
    LABELS,
    Duplicates,
    columns_of,
    hash_of,
    mixed,
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
    unit, kind : np.ndarray, shape (n_events,), int64
    shares : np.ndarray, shape (n_events,)
        Share of one weight that each event has.
    event_ids, session_ids : pa.Array or None
        Only where asked for.
    """

    unit: np.ndarray
    kind: np.ndarray
    shares: np.ndarray
    event_ids: pa.Array | None = None
    session_ids: pa.Array | None = None


def read_cells(
    tables: Iterable[str | os.PathLike],
    settings: SamplingSettings,
    duplicates: Duplicates,
    names: Names,
) -> Cells:
    """Count the events of the weighted splits; `names` grows as they come up."""
    parts, n_shared = [], 0
    for rows in iter_rows(tables, settings, duplicates, names):
        n_shared += int((rows.shares < 1).sum())
        squares = rows.shares**2
        ones = np.ones(len(rows.unit))
        parts.append(_gathered(rows.unit << 32 | rows.kind, ones, rows.shares, squares))
    nothing = (np.zeros(0, np.int64), *[np.zeros(0)] * 3)
    columns = zip(nothing, *parts, strict=True)
    keys, n, distinct, squares = _gathered(*(np.concatenate(column) for column in columns))
    unit, kind = keys >> 32, keys & 0xFFFFFFFF
    return Cells(unit, kind, n.astype(np.int64), distinct, squares, n_shared)


def iter_rows(
    tables: Iterable[str | os.PathLike],
    settings: SamplingSettings,
    duplicates: Duplicates,
    names: Names,
    *,
    with_ids: bool = False,
) -> Iterator[Rows]:
    """Read the events of the weighted splits in parts; `names` grows as they come up."""
    group = GROUP_COLUMNS[settings.group_field]
    columns = [*_NAMES, *([group] if group else []), *columns_of(duplicates.fields)]
    columns = list(dict.fromkeys([*columns, *(["event_id"] if with_ids else [])]))
    dictionaries = [name for name in text_columns(columns) if name != "event_id"]
    splits = pa.array(settings.splits)
    for path in tables:
        first = 1
        for batch in iter_batches(path, columns, dictionaries=dictionaries):
            last = first + batch.num_rows - 1
            table = pa.Table.from_batches([batch])
            table = table.filter(pc.is_in(table["split"], splits)).combine_chunks()
            if table.num_rows:
                try:
                    rows = _rows(table, settings, group, duplicates, names, with_ids)
                except ValueError as error:
                    raise ValueError(f"{path}, rows {first} to {last}: {error}") from error
                yield rows
            first = last + 1


def _gathered(keys, *sums) -> tuple[np.ndarray, ...]:
    """The distinct keys in order, and the sums of what stands beside each."""
    distinct, places = np.unique(keys, return_inverse=True)
    return distinct, *(np.bincount(places, column, len(distinct)) for column in sums)


def _rows(table: pa.Table, settings, group, duplicates, names: Names, with_ids: bool) -> Rows:
    """The events of one table."""
    unit = _unit_codes(table, group, names)
    style = pc.fill_null(pc.equal(_only(table["style"]), ONE_SHOT), False)
    one_shot = np.asarray(style)
    if one_shot.any():
        names.one_shots.update(np.unique(unit[one_shot]).tolist())
    return Rows(
        unit=unit,
        kind=_kind_codes(table, settings.technique_factors, names),
        shares=duplicates.shares(table),
        event_ids=_only(table["event_id"]) if with_ids else None,
        session_ids=_only(table["session_id"]).dictionary_decode() if with_ids else None,
    )


def _unit_codes(table: pa.Table, group: str | None, names: Names) -> np.ndarray:
    """Code of the unit of each row, looked up once per run of equal rows."""
    wanted = ["source_set", "session_id", "split", *([group] if group else [])]
    columns = [_only(table[name]) for name in wanted]
    codes = [np.asarray(pc.fill_null(column.indices, -1)) for column in columns]
    changes = np.any([np.diff(code) != 0 for code in codes], axis=0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    values = [[*column.dictionary.to_pylist(), None] for column in columns]
    runs = []
    for start in starts:
        row = [values[place][codes[place][start]] for place in range(len(columns))]
        runs.append(names.units[tuple(row if group else [*row, None])])
    return np.repeat(np.array(runs, np.int64), np.diff(starts, append=table.num_rows))


def _kind_codes(table: pa.Table, technique_factors, names: Names) -> np.ndarray:
    """Code of the kind of each row, looked up once per distinct signature."""
    components, techniques = (_only(table[name]) for name in ("components", "techniques"))
    codes, labels = _decode(pc.struct_field(components.flatten(), [0]))
    technique_codes, technique_names = _decode(techniques.flatten())
    n_labels = _lengths(components)
    factors = np.array([technique_factors.get(name, 1.0) for name in technique_names])
    factor = _products(factors[technique_codes], _lengths(techniques))
    # By the name and not by its code, which is another in another table.
    hashes = np.array([hash_of(name) for name in labels], np.uint64)
    signature = mixed(sums_of_lists(hashes[codes], n_labels)) ^ mixed(factor.view(np.uint64))
    distinct, firsts, places = np.unique(signature, return_index=True, return_inverse=True)
    ends = np.cumsum(n_labels)
    kinds = np.zeros(len(distinct), np.int64)
    for number in np.argsort(firsts):  # in the order in which they come up
        first = firsts[number]
        if int(distinct[number]) not in names.signatures:
            own = sorted(
                labels[code] for code in codes[ends[first] - n_labels[first] : ends[first]]
            )
            kind = names.kinds[tuple(own), float(factor[first])]
            names.signatures[int(distinct[number])] = kind
        kinds[number] = names.signatures[int(distinct[number])]
    return kinds[places]


def _products(values: np.ndarray, n_values: np.ndarray) -> np.ndarray:
    """Product of the `n_values` (n_events,) consecutive `values` of each event; 1 for none."""
    products = np.ones(len(n_values))
    some = n_values > 0
    if some.any():
        starts = np.cumsum(n_values) - n_values
        products[some] = np.multiply.reduceat(values, starts[some])
    return products


def _decode(names: pa.DictionaryArray) -> tuple[np.ndarray, list[str]]:
    """Codes (n,) into the distinct names, and those names: only such as occur."""
    if names.null_count:
        raise ValueError("a component without a label, or a technique without a name")
    codes, every_name = np.asarray(names.indices), names.dictionary.to_pylist()
    occurs = np.bincount(codes, minlength=len(every_name)) > 0  # not so if its rows were filtered
    return (np.cumsum(occurs) - 1)[codes], [every_name[i] for i in np.flatnonzero(occurs)]


def _lengths(lists: pa.Array) -> np.ndarray:
    """Number of values of each list, 0 for null."""
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0))


def _only(column: pa.ChunkedArray) -> pa.Array:
    """The one chunk of a combined column."""
    return column.chunk(0)
