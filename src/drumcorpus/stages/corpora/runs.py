"""Sorted runs: a shard is read once, and some megabytes of its rows at a time are put in order.

The runs of a shard follow each other in files of their own: the rows, in each run in order of their
keys; the keys; and an index, which says of each row where it and its key end, and on which line of
the shard it stood. Within a run each key stands but once: of a row whose key an earlier line of the
run has, the line and a digest of what it says are kept, in a further file.
"""

import hashlib
import os
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.json_rows import check_fields, iter_blocks, read_fields
from drumcorpus.stages.corpora.content import DIGEST_BYTES, content_digest
from drumcorpus.stages.corpora.keys import Keys

# Bytes of rows that are put in order at once; more would make fewer runs, and take no less time.
RUN_BYTES = 8 << 20
PIECE_BYTES = 1 << 17  # that are written at once
SAMPLED = 2048  # one key in so many tells how keys are spread
INDEX = np.dtype([("row_end", "<i8"), ("key_end", "<i8"), ("number", "<i8")])
# A row whose key an earlier line of the run has: the place of that in the index, the line on which
# this one stands, and what it says.
LATER = np.dtype([("place", "<i8"), ("number", "<i8"), ("content", f"V{DIGEST_BYTES}")])


_KINDS = ("rows", "keys", "index", "later")  # the files of the runs of a shard
_LINE_FEED = ord("\n")


class ShardRuns(NamedTuple):
    """What was read of a shard.

    Its digest, its rows, where its runs end in the index, the bytes of these, a sample of the keys,
    and `numbers` and `texts` as of `keys.Keys`.
    """

    sha256: str
    rows: int
    ends: list[int]
    n_bytes: int
    sample: list[str]
    numbers: dict[str, int]
    texts: dict[str, int]


def write_runs(
    path: str,
    target: str,
    required_keys: Sequence[str],
    natural_key: Sequence[str],
    run_bytes: int,
) -> ShardRuns:
    """Read a shard and write its runs.

    Parameters
    ----------
    path : path
        The shard.
    target : path
        How the names of the files of its runs begin.
    required_keys, natural_key : sequence of str
        As of `merging.MergeSettings`.
    run_bytes : int
        Bytes of the rows of a run.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `json_rows.iter_blocks`, `check_fields` and `Keys.of`; at the first row that is not
        right.
    """
    keys_of, required = Keys(path, natural_key), read_fields(required_keys)
    required |= {field: None for field in natural_key if field not in required}
    # That the fields of the key are there shows when the key is made.
    others = {f: kind for f, kind in required.items() if kind or f not in natural_key}
    digest = hashlib.sha256()
    with RunWriter(target) as writer:
        data: list[bytes] = []
        keys: list[pa.Array] = []
        n_bytes = 0
        for block in iter_blocks(path, digest.update):
            try:
                check_fields(path, block, others)
                keys.append(text_array(keys_of.of(block)))
            except (KeyError, ValueError):
                check_fields(path, block, required)  # names the first row that lacks anything
                raise
            data.append(block.data)
            n_bytes += len(block.data)
            if n_bytes >= run_bytes:
                writer.write(b"".join(data), pa.concat_arrays(keys))
                data, keys, n_bytes = [], [], 0
        if keys:
            writer.write(b"".join(data), pa.concat_arrays(keys))
    return ShardRuns(
        digest.hexdigest(),
        writer.n_rows,
        writer.ends,
        writer.row_end,
        writer.sample,
        keys_of.numbers,
        keys_of.texts,
    )


class RunWriter:
    """Writes the runs of a shard, one after the other."""

    def __init__(self, target: str):
        self.target = target
        self.n_rows = self.row_end = self.key_end = 0
        self.ends: list[int] = []
        self.sample: list[str] = []

    def __enter__(self) -> "RunWriter":
        with ExitStack() as stack:
            self._rows, self._keys, self._index, self._later = (
                stack.enter_context(Path(f"{self.target}.{kind}").open("wb")) for kind in _KINDS
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error) -> None:
        self._stack.close()

    def write(self, data: bytes, keys: pa.Array) -> None:
        """Put the next rows of the shard in order and write them.

        Parameters
        ----------
        data : bytes
            The rows, each with its line end, which stands nowhere else.
        keys : pa.Array
            As of `text_array`.
        """
        rows = binary_array(data, np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_FEED) + 1)
        order = pc.sort_indices(keys)  # of equal keys the first stays first
        in_order = keys.take(order)
        is_later = equals_the_one_before(in_order)
        if is_later.any():
            order = self._put_aside(rows, numbers_of(order), is_later)
            in_order = keys.take(order)
        n_rows, rows = len(rows), rows.take(order)
        index = np.empty(len(order), INDEX)
        index["row_end"] = offsets_of(rows)[1:] + self.row_end
        index["key_end"] = offsets_of(in_order)[1:] + self.key_end
        index["number"] = numbers_of(order)
        index["number"] += self.n_rows + 1
        write_by_pieces(self._rows, bytes_of(rows))
        write_by_pieces(self._keys, bytes_of(in_order))
        write_by_pieces(self._index, memoryview(index).cast("B"))
        self.sample += (key.decode() for key in in_order[::SAMPLED].to_pylist())
        self.n_rows += n_rows
        self.row_end, self.key_end = int(index["row_end"][-1]), int(index["key_end"][-1])
        self.ends.append((self.ends[-1] if self.ends else 0) + len(order))

    def _put_aside(self, rows: pa.Array, order: np.ndarray, is_later: np.ndarray) -> pa.Array:
        """Write down the rows whose key an earlier line has; the order of the others."""
        firsts = np.cumsum(~is_later) - 1  # of each row, the place of the first with its key
        stay = order[~is_later]
        base = self.ends[-1] if self.ends else 0
        entries, last, line, content = [], -1, b"", b""
        for number, first in zip(order[is_later].tolist(), firsts[is_later].tolist(), strict=True):
            if first != last:
                last, line, content = first, rows[int(stay[first])].as_py(), b""
            other = rows[number].as_py()
            if other == line:
                content = said = content or content_digest(line)
            else:
                said = content_digest(other)
            entries.append((base + first, self.n_rows + 1 + number, said))
        self._later.write(np.array(entries, LATER).tobytes())
        return number_array(stay)


class Runs:
    """The runs of a shard as they are read, by places in the index."""

    def __init__(self, target: str | os.PathLike):
        with ExitStack() as stack:
            self._rows, self._keys, self._index, self._later = (
                stack.enter_context(Path(f"{target}.{kind}").open("rb")) for kind in _KINDS
            )
            self._stack = stack.pop_all()
        self._n_later = os.fstat(self._later.fileno()).st_size // LATER.itemsize

    def __enter__(self) -> "Runs":
        return self

    def __exit__(self, *error) -> None:
        self._stack.close()

    def rows_and_keys(self, start: int, stop: int) -> tuple[pa.Array, pa.Array]:
        """The rows, with their line ends, and keys from one place to before another."""
        index = _records(self._index, INDEX, max(start - 1, 0), stop)
        return tuple(
            _ending_at(file, index[name], has_begin=start > 0)
            for file, name in ((self._rows, "row_end"), (self._keys, "key_end"))
        )

    def keys(self, start: int, stop: int) -> pa.Array:
        """The keys alone."""
        index = _records(self._index, INDEX, max(start - 1, 0), stop)
        return _ending_at(self._keys, index["key_end"], has_begin=start > 0)

    def number(self, place: int) -> int:
        """The line of the shard on which the row at a place stood."""
        return int(_records(self._index, INDEX, place, place + 1)["number"][0])

    def later(self, start: int, stop: int) -> np.ndarray:
        """Of the keys there, the rows that have one of them again, of `LATER`."""
        first, last = (
            bisect_left(range(self._n_later), place, key=self._place_of) for place in (start, stop)
        )
        return _records(self._later, LATER, first, last)

    def _place_of(self, number: int) -> int:
        return int(_records(self._later, LATER, number, number + 1)["place"][0])


def _records(file, kind: np.dtype, start: int, stop: int) -> np.ndarray:
    data = os.pread(file.fileno(), (stop - start) * kind.itemsize, start * kind.itemsize)
    return np.frombuffer(data, kind)


def _ending_at(file, ends: np.ndarray, *, has_begin: bool) -> pa.Array:
    """What lies in a file one after the other; the first of the ends is the begin, or that is 0."""
    begin, ends = (int(ends[0]), ends[1:]) if has_begin else (0, ends)
    data = os.pread(file.fileno(), int(ends[-1]) - begin, begin)
    return binary_array(data, ends - begin)


def binary_array(data: bytes, ends: np.ndarray) -> pa.Array:
    """An array of bytes from all of them, one after the other, and where each ends."""
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    return pa.Array.from_buffers(
        pa.binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def text_array(texts: Sequence[str]) -> pa.Array:
    """An array of texts as bytes; their bytes at once, as one by one they take four times as long.

    Parameters
    ----------
    texts : sequence of str
    """
    joined = "".join(texts)
    sizes = map(len, texts if joined.isascii() else map(str.encode, texts))
    return binary_array(joined.encode(), np.cumsum(np.fromiter(sizes, np.int64, len(texts))))


def write_by_pieces(file, data: memoryview) -> None:
    """Write bytes to a new file.

    Large pieces make the system take stretches of memory that it has not used yet, where small ones
    take what lies ready: of CPU they took 0.2 to 2 ns for a byte, and small ones 0.3.
    """
    for start in range(0, len(data), PIECE_BYTES):
        file.write(data[start : start + PIECE_BYTES])


def offsets_of(array: pa.Array) -> np.ndarray:
    """Where the values of an array begin, and where the last ends; from 0 on."""
    offsets = np.frombuffer(array.buffers()[1], np.int32)
    offsets = offsets[array.offset : array.offset + len(array) + 1].astype(np.int64)
    return offsets - offsets[0]


def bytes_of(array: pa.Array) -> memoryview:
    """The values of an array, one after the other."""
    offsets = np.frombuffer(array.buffers()[1], np.int32)
    begin, end = offsets[array.offset], offsets[array.offset + len(array)]
    return memoryview(array.buffers()[2])[begin:end] if end > begin else memoryview(b"")


def equals_the_one_before(keys: pa.Array) -> np.ndarray:
    """Of each value whether it equals the one before it; bool, (len(keys),)."""
    is_equal = np.zeros(len(keys), bool)
    if len(keys) > 1:
        bits = np.frombuffer(pc.equal(keys[1:], keys[:-1]).buffers()[1], np.uint8)
        is_equal[1:] = np.unpackbits(bits, count=len(keys) - 1, bitorder="little")
    return is_equal


# Of numbers too the buffers are taken: `pa.array` and `to_numpy` import pandas, where that is
# installed, which takes every worker 0.15 s.
def number_array(numbers: np.ndarray) -> pa.Array:
    """An array of places; uint64."""
    buffer = pa.py_buffer(numbers.astype(np.uint64))
    return pa.Array.from_buffers(pa.uint64(), len(numbers), [None, buffer])


def numbers_of(array: pa.Array) -> np.ndarray:
    """The places in an array; uint64, (len(array),)."""
    return np.frombuffer(array.buffers()[1], np.uint64)[array.offset : array.offset + len(array)]


def remove_runs(target: str) -> None:
    """Remove the files of the runs of a shard."""
    for kind in _KINDS:
        Path(f"{target}.{kind}").unlink()


class _Values(Sequence):
    """The values of an array, made as they are asked for: a search asks for few."""

    def __init__(self, array: pa.Array):
        self._data, self._offsets = bytes_of(array), offsets_of(array)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, place: int) -> bytes:
        return bytes(self._data[self._offsets[place] : self._offsets[place + 1]])


def places_of(target: str, ends: Sequence[int], limits: Sequence[str]) -> list[list[int]]:
    """Of each run of a shard the places at which its keys reach the limits, with begin and end.

    Parameters
    ----------
    target, ends
        As of `write_runs`.
    limits : sequence of str
        Keys, in order.
    """
    places = []
    with Runs(target) as runs:
        for start, stop in pairwise([0, *ends]):
            keys = _Values(runs.keys(start, stop)) if limits else []
            reached = [start + bisect_left(keys, limit.encode()) for limit in limits]
            places.append([start, *reached, stop])
    return places
