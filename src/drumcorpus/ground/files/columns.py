"""Columns of Arrow as arrays of numpy, without pandas."""

from collections.abc import Container

import numpy as np
import pyarrow as pa


def numbers(column: pa.Array, null: float = 0) -> np.ndarray:
    """The values of a column of numbers, `null` for the nulls; true and false are 1 and 0.

    `pa.Array.to_numpy` and `fill_null` would import pandas, which takes as long as a million
    events.
    """
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    if not column.null_count:
        return np.from_dlpack(column) if len(column) else np.zeros(0, dtype=np.int64)
    bare = [None, column.buffers()[1]]
    values = pa.Array.from_buffers(column.type, len(column), bare, offset=column.offset)
    return np.where(numbers(column.is_valid()), np.from_dlpack(values), null)


def column_of(values: np.ndarray, is_valid: np.ndarray | None = None) -> pa.Array:
    """Numbers, or true and false, as a column; where not `is_valid`, null.

    `pa.array` would import pandas, too.
    """
    if values.dtype == bool:
        buffer, kind = _bits(values), pa.bool_()
    else:
        buffer, kind = pa.py_buffer(np.ascontiguousarray(values)), pa.from_numpy_dtype(values.dtype)
    validity = None if is_valid is None else _bits(is_valid)
    return pa.Array.from_buffers(kind, len(values), [validity, buffer])


def _bits(values: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.packbits(values, bitorder="little"))


def is_among(column: pa.Array, names: Container[str]) -> np.ndarray:
    """Which rows of a column of text, best as a dictionary, have one of the names."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    is_one = [name in names for name in column.dictionary.to_pylist()]
    if not any(is_one):
        return np.zeros(len(column), bool)
    if all(is_one) and not column.null_count:
        return np.ones(len(column), bool)
    return np.array([*is_one, False])[numbers(column.indices, null=-1)]


def first_places(codes: np.ndarray, n_codes: int) -> np.ndarray:
    """Place of the first of each code from 0 to below `n_codes`; ``len(codes)`` where none is."""
    first = np.full(n_codes, len(codes), dtype=np.int64)
    starts = np.flatnonzero(np.diff(codes, prepend=codes[:1] - 1))  # equal codes stand in runs
    first[codes[starts][::-1]] = starts[::-1]  # of several the last assignment stays
    return first


def distinct_numbers(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values in the order in which they come up, and the place of each value there.

    By hashes, which is several times as fast as the sort of `np.unique`.
    """
    coded = column_of(values).dictionary_encode()
    return numbers(coded.dictionary).astype(values.dtype), numbers(coded.indices)


def mixed(values: np.ndarray) -> np.ndarray:
    """Each value as another one of 64 bits, in which every bit of it counts: SplitMix64.

    G. Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
