"""Rated rows in order within bounded memory: of each item the rating that stays comes first."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.corpora.keys import FIELD_END, number_text
from drumcorpus.stages.corpora.ratings import Rated
from drumcorpus.stages.corpora.runs import RUN_BYTES, Runs, RunWriter, places_of, text_array

# Bytes of rows that are put together at once.
PART_BYTES = 16 << 20
# What becomes of a row whose item has a better one: of the same corpus and equal; of the same and
# with other content; of another corpus.
DUPLICATES, CONFLICTS, OTHER_CORPUS = LEFT_OUT = ("duplicates", "conflicts", "other_corpus")
UNIQUE_SOURCES = "unique_sources"
_NOT_KNOWN = "9"  # behind every number
_GREATEST = float(1 << 62)  # that `number_text` tells apart
_N_RANK = 4  # fields of a key behind the natural key


class Part(NamedTuple):
    """Rows of some items in order of the natural key, their number, and what was counted."""

    rows: bytes
    n_rows: int
    counted: Counter


class RatingSorter:
    """Sorts rated rows by natural key, and those of one item from the best to the worst.

    The best is that of least uncertainty on the common axis. Of equal ones it is the first in order
    of corpus, and then of its digest, so that the order in which they are added decides nothing.

    Parameters
    ----------
    target : path
        How the names of the files begin in which rows wait; they take three times the bytes of the
        rows.
    """

    def __init__(self, target: str | os.PathLike):
        self._target = os.fspath(target)
        self._writer = RunWriter(self._target)
        self._keys: list[str] = []
        self._rows: list[bytes] = []
        self._n_bytes = self._n_rows = 0

    def __enter__(self) -> "RatingSorter":
        self._writer.__enter__()
        return self

    def __exit__(self, *error) -> None:
        if error == (None, None, None):
            self._write_run()
        self._writer.__exit__(*error)

    def add(self, keys: Sequence[str], rows: Sequence[Rated]) -> None:
        """Take rows in.

        Parameters
        ----------
        keys : sequence of str
            As of `keys.Keys`.
        rows : sequence of Rated
            None of them dropped.
        """
        for key, rated in zip(keys, rows, strict=True):
            self._n_rows += 1
            self._keys.append(FIELD_END.join((key, *_rank(rated), f"{self._n_rows:x}")))
            self._rows.append(rated.row)
            self._n_bytes += len(rated.row)
        if self._n_bytes >= RUN_BYTES:
            self._write_run()

    def _write_run(self) -> None:
        if self._rows:
            data = b"\n".join([*self._rows, b""])
            self._writer.write(data, text_array(self._keys))
        self._keys, self._rows, self._n_bytes = [], [], 0

    def parts(self) -> Iterator[Part]:
        """The rows that stay, once all were added and the sorter is closed."""
        tally = _Tally()
        with Runs(self._target) as runs:
            for slices in zip(*self._places(), strict=True):
                arrays = [runs.rows_and_keys(*each) for each in slices if each[0] < each[1]]
                if arrays:
                    yield tally.part(*map(pa.concat_arrays, zip(*arrays, strict=True)))

    def _places(self) -> list[list[tuple[int, int]]]:
        """Of each run the places, from one to before another, of its rows in each part."""
        n_parts = -(-self._writer.row_end // PART_BYTES)
        sample = sorted(self._writer.sample)
        limits = sorted({sample[len(sample) * part // n_parts] for part in range(1, n_parts)})
        return [list(pairwise(run)) for run in places_of(self._target, self._writer.ends, limits)]


def _rank(rated: Rated) -> tuple[str, str, str]:
    """What orders the ratings of one item, as text: uncertainty, corpus, content."""
    spread = number_text(rated.spread) if rated.spread < _GREATEST else _NOT_KNOWN
    return spread, rated.corpus, hashlib.blake2b(rated.row, digest_size=16).hexdigest()


class _Tally:
    """Goes through rows in order of their keys, of which those of one item may be in two parts."""

    def __init__(self):
        self._item = self._source = self._corpus = self._content = None

    def part(self, rows: pa.Array, keys: pa.Array) -> Part:
        """The rows of a part that stay, and what became of the others."""
        order = pc.sort_indices(keys)
        stay, counted, end = [], Counter(), FIELD_END.encode()
        for place, key in zip(order.to_pylist(), keys.take(order).to_pylist(), strict=True):
            item, _, corpus, content, _ = key.rsplit(end, _N_RANK)
            if item != self._item:
                self._item, self._corpus, self._content = item, corpus, content
                stay.append(place)
                source = item.partition(end)[0]
                counted[UNIQUE_SOURCES] += source != self._source
                self._source = source
            elif corpus != self._corpus:
                counted[OTHER_CORPUS] += 1
            else:
                counted[DUPLICATES if content == self._content else CONFLICTS] += 1
        data = b"".join(rows.take(pa.array(stay, pa.int64())).to_pylist())
        return Part(data, len(stay), counted)
