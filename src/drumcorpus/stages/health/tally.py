"""Counting in whole numbers: names become codes, and rows of codes are counted chunk by chunk."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.columns import numbers
from drumcorpus.vocabulary import NO_VALUE

# Above this many cells for each row a sort is cheaper than a dense count.
DENSE_CELLS_PER_ROW = 8
# Rows of counts that may wait before equal ones are put together.
MAX_WAITING = 2_000_000


@dataclass
class Codes:
    """A column as whole numbers: ``local[row]`` points into `names`, which are global codes."""

    local: np.ndarray
    names: np.ndarray

    @classmethod
    def of_numbers(cls, values: np.ndarray, n_values: int) -> "Codes":
        """Whole numbers from 0 to below `n_values`, which stand for themselves."""
        return cls(values, np.arange(n_values))

    def take(self, rows: np.ndarray) -> "Codes":
        """The column of some of the rows."""
        return Codes(self.local[rows], self.names)

    def all_names(self) -> np.ndarray:
        """The global code of every row."""
        return self.names[self.local]


@dataclass
class Names:
    """Codes for names in order of their first appearance; null and blank are code 0."""

    codes: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    strip: bool = False

    def encode(self, column: pa.Array) -> Codes:
        """A column of strings, best as a dictionary, as codes."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        local = np.add(numbers(column.indices, null=-1), 1, dtype=np.int64)
        codes = [self.code(name) for name in column.dictionary.to_pylist()]
        return Codes(local, np.array([0, *codes]))

    def code(self, name: str | None) -> int:
        """The code of a name."""
        if self.strip and name is not None:
            name = name.strip() or None
        return self.codes.setdefault(name, len(self.codes))

    def shown(self) -> list[str]:
        """The name of every code; null is ``(none)``."""
        return [NO_VALUE if name is None else name for name in self.codes]


class Tally:
    """Counts of rows of codes; memory is that of the distinct rows."""

    def __init__(self, width: int):
        self.parts: list[np.ndarray] = []
        self.width = width
        self.n_waiting = 0

    def add(self, *columns: Codes) -> None:
        """Count the rows of one chunk."""
        sizes = [len(column.names) for column in columns]
        n_rows, n_cells = len(columns[0].local), math.prod(sizes)
        if n_rows == 0:
            return
        if n_cells <= DENSE_CELLS_PER_ROW * n_rows + 65_536:
            flat = columns[0].local
            for column, size in zip(columns[1:], sizes[1:], strict=True):
                flat = flat * size + column.local
            counts = np.bincount(flat, minlength=0)
            filled = np.flatnonzero(counts)
            places = np.unravel_index(filled, sizes)
            keys = [column.names[place] for column, place in zip(columns, places, strict=True)]
            self.keep([*keys, counts[filled]])
        else:
            self.keep(sum_equal([column.all_names() for column in columns], np.ones(n_rows)))

    def keep(self, columns: Sequence[np.ndarray]) -> None:
        """Hold rows of keys and their counts, and put equal ones together now and then."""
        part = np.stack(columns)
        self.parts.append(part)
        self.n_waiting += part.shape[1]
        if self.n_waiting > MAX_WAITING:
            self.parts = [self.counted()]
            # What is distinct stays: wait for as much again before the next look.
            self.n_waiting = 0

    def counted(self) -> np.ndarray:
        """Distinct rows with their counts, shape (width + 1, n_rows), the counts last."""
        if not self.parts:
            return np.zeros((self.width + 1, 0), dtype=np.int64)
        rows = np.concatenate(self.parts, axis=1)
        return np.stack(sum_equal(rows[:-1], rows[-1]))


def sum_equal(keys: Sequence[np.ndarray], counts: np.ndarray) -> list[np.ndarray]:
    """Distinct rows of `keys`, one array a column, and the sum of `counts` of each."""
    if len(counts) == 0:
        return [np.asarray(key, dtype=np.int64) for key in (*keys, counts)]
    _, first, inverse = np.unique(joint(keys), return_index=True, return_inverse=True)
    # Sums of whole numbers below 2**53 are exact in floating point.
    sums = np.bincount(inverse, weights=counts).astype(np.int64)
    return [*(np.asarray(key)[first] for key in keys), sums]


def joint(keys: Sequence[np.ndarray]) -> np.ndarray:
    """One whole number for each row, equal where the rows of `keys` are equal."""
    code = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        key = np.asarray(key, dtype=np.int64)
        code = code * (int(key.max(initial=0)) + 1) + key
        if code.max(initial=0) >= 2**31:
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
    return code


def as_rows(counted: np.ndarray, **names: Sequence | Iterable) -> list[dict]:
    """Counts of a tally as dicts; `names` say for each column its key and the names of codes."""
    columns = [
        [values[code] for code in codes.tolist()]
        for codes, values in zip(counted[:-1], names.values(), strict=True)
    ]
    keys = [*names, "n"]
    return [
        dict(zip(keys, row, strict=True))
        for row in zip(*columns, counted[-1].tolist(), strict=True)
    ]
