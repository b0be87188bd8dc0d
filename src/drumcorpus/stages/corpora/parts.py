"""Parts of a merged corpus: what lies between two keys, gathered from all runs and in order."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.json_rows import shown
from drumcorpus.stages.corpora.content import content_digest, is_same
from drumcorpus.stages.corpora.keys import FIELD_END, TEXT, values_of
from drumcorpus.stages.corpora.runs import (
    Runs,
    bytes_of,
    equals_the_one_before,
    number_array,
    numbers_of,
)

# Conflicts that are shown; all are counted.
N_SHOWN = 20
_NUMBER = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


class Slice(NamedTuple):
    """Rows of one run that lie in a part, by their places in the index of its shard.

    `target` is that of `runs.write_runs`, `shard` is what messages call the shard.
    """

    target: str
    shard: str
    start: int
    stop: int


class Part(NamedTuple):
    """What was counted in one part; `first` and `last` are sources by their text."""

    rows: int
    duplicates: int
    conflicts: int
    shown: list[str]
    sources: int
    first: str
    last: str


def make_part(
    slices: Sequence[Sequence], fields: Sequence[str], mixed: Sequence[str] = ()
) -> tuple[Part, memoryview]:
    """The rows of a part in order of their keys, each key once.

    Parameters
    ----------
    slices : sequence of Slice
        In order of the inputs and, within one, of its runs: of one key the first row counts.
    fields : sequence of str
        The natural key.
    mixed : sequence of str
        Fields that are numbers in some rows and texts in others.

    Returns
    -------
    part : Part
    rows : memoryview

    Raises
    ------
    ValueError
        If a text is a number in one of `mixed`: nobody can tell whether it is meant as that number.
    """
    with ExitStack() as stack:
        opened: dict[str, Runs] = {}
        gathered, arrays, n_rows = [], [], 0
        for target, shard, start, stop in slices:
            if start < stop:
                if target not in opened:
                    opened[target] = stack.enter_context(Runs(target))
                gathered.append(_Gathered(n_rows, opened[target], shard, start, stop))
                arrays.append(opened[target].rows_and_keys(start, stop))
                n_rows += stop - start
        if not arrays:
            return Part(0, 0, 0, [], 0, "", ""), memoryview(b"")
        rows, keys = (pa.concat_arrays(each) for each in zip(*arrays, strict=True))
        del arrays
        order = pc.sort_indices(keys)  # of equal keys the first stays first
        in_order = keys.take(order)
        for field in mixed:
            _refuse_numbers_as_text(gathered, keys, field, list(fields).index(field))
        is_later = equals_the_one_before(in_order)
        tally = _Tally(fields, gathered, rows, keys)
        if is_later.any() or any(len(each.later()) for each in gathered):
            order = tally.sort_out(numbers_of(order), is_later)
            in_order = keys.take(order)
    counted = (tally.duplicates, tally.conflicts, tally.shown)
    part = Part(len(order), *counted, *_sources(in_order, len(fields)))
    del in_order, keys, tally
    return part, bytes_of(rows.take(order))


def _sources(keys: pa.Array, n_fields: int) -> tuple[int, str, str]:
    """How many values the first field has in keys in order, the first of them and the last."""
    first, last = (keys[n].as_py().partition(FIELD_END.encode())[0].decode() for n in (0, -1))
    if n_fields == 1:
        return len(keys), first, last
    # Values of one length, as digests are, need not be looked for in each key: they are cut off
    # with what ends them, and those that differ from the one before hold that at their end alone.
    firsts = pc.binary_slice(keys, 0, len(first.encode()) + 1)
    firsts = firsts.take(number_array(np.flatnonzero(~equals_the_one_before(firsts))))
    end = pc.find_substring(firsts, FIELD_END)
    if pc.min_max(end).as_py() != {"min": len(first.encode()), "max": len(first.encode())}:
        firsts = pc.list_element(pc.split_pattern(keys, FIELD_END, max_splits=1), 0)
        firsts = firsts.take(number_array(np.flatnonzero(~equals_the_one_before(firsts))))
    return len(firsts), first, last


class _Gathered(NamedTuple):
    """Rows of one run in a part: from `offset` on among all rows of the part."""

    offset: int
    runs: Runs
    shard: str
    start: int
    stop: int

    def later(self):
        return self.runs.later(self.start, self.stop)

    def where(self, place: int) -> str:
        """File and line of one of the rows of the part."""
        return f"{self.shard}:{self.runs.number(self.start + place - self.offset)}"


class _Tally:
    """Sorts out rows of one key: the first stays, others are duplicates or conflicts."""

    def __init__(
        self,
        fields: Sequence[str],
        gathered: list[_Gathered],
        rows: pa.Array,
        keys: pa.Array,
    ):
        self.fields, self.gathered, self.rows, self.keys = fields, gathered, rows, keys
        self.duplicates = self.conflicts = 0
        self.shown: list[str] = []

    def sort_out(self, order: np.ndarray, is_later: np.ndarray) -> pa.Array:
        """The places of the rows that stay, in order of key."""
        stay = order[~is_later]
        firsts = stay[np.cumsum(~is_later) - 1]
        later = zip(order[is_later].tolist(), firsts[is_later].tolist(), strict=True)
        first_of = dict(later)
        for place, first in first_of.items():
            if is_same(self.rows[first].as_py(), self.rows[place].as_py()):
                self.duplicates += 1
            else:
                self._conflict(first, _where(self.gathered, place))
        for each in self.gathered:
            self._sort_out_later(each, first_of)
        return number_array(stay)

    def _sort_out_later(self, each: _Gathered, first_of: dict[int, int]) -> None:
        """Those rows of a run that had the key of an earlier one within it."""
        last, first, content = -1, -1, b""
        for place, number, said in each.later().tolist():
            if place != last:
                here = each.offset + place - each.start
                last, first = place, first_of.get(here, here)
                content = content_digest(self.rows[first].as_py())
            if said == content:
                self.duplicates += 1
            else:
                self._conflict(first, f"{each.shard}:{number}")

    def _conflict(self, first: int, where: str) -> None:
        self.conflicts += 1
        if len(self.shown) < N_SHOWN:
            key = self.keys[first].as_py().decode()
            values = zip(self.fields, values_of(key), strict=True)
            named = ", ".join(f"{field} {shown(value)}" for field, value in values)
            counts = _where(self.gathered, first)
            self.shown.append(f"{where}: {named}: other content than {counts}, which counts")


def _where(gathered: list[_Gathered], place: int) -> str:
    """File and line of a row of the part."""
    return next(each for each in reversed(gathered) if each.offset <= place).where(place)


def _refuse_numbers_as_text(gathered: list[_Gathered], keys: pa.Array, field: str, n: int) -> None:
    end, tag = FIELD_END.encode(), TEXT.encode()
    for place, key in enumerate(keys.to_pylist()):
        text = key.split(end)[n]
        if text.startswith(tag) and _NUMBER.fullmatch(text[1:]):
            where, number = _where(gathered, place), text[1:].decode()
            raise ValueError(
                f"{where}: {field}: got the number {number} as a text, and in other rows it is a "
                "number; write it in one way"
            )
