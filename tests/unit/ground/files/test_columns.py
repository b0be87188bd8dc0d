"""Columns of Arrow and arrays of numpy: the same values either way, without pandas."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from drumcorpus.ground.files.columns import (
    column_of,
    distinct_numbers,
    first_places,
    mixed,
    numbers,
)


@pytest.mark.parametrize("kind", [pa.int32(), pa.float64(), pa.uint8(), pa.bool_()], ids=str)
@pytest.mark.parametrize("start", [0, 3], ids=["whole", "slice"])
def test_numbers_and_their_nulls(kind, start):
    column = pa.array([1, 0, None, 1, None, 0, 0, 1, 1, 0]).cast(kind)
    expected = [7 if value is None else int(value) for value in column.to_pylist()[start:]]
    assert numbers(column.slice(start), null=7).tolist() == expected
    assert numbers(pa.array([], kind)).tolist() == []


@pytest.mark.parametrize("kind", ["int32", "uint64", "float64", "bool"])
def test_an_array_becomes_a_column(kind):
    values = np.array([1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0], kind)
    is_valid = np.arange(11) % 3 > 0
    assert column_of(values).equals(pa.array(values))
    assert column_of(values, is_valid).equals(pa.array(values, mask=~is_valid))
    assert column_of(values[::2]).equals(pa.array(values[::2]))
    assert column_of(values[:0]).equals(pa.array(values[:0]))


def test_distinct_numbers_are_in_order_of_appearance():
    values = np.array([5, 2**63, 5, 0, 2**63], np.uint64)
    distinct, places = distinct_numbers(values)
    assert (distinct.tolist(), places.tolist()) == ([5, 2**63, 0], [0, 1, 0, 2, 1])
    assert distinct.dtype == np.uint64
    assert first_places(places, 4).tolist() == [0, 1, 3, 5]


def test_pandas_is_not_imported():
    work = """
import sys
import numpy as np
import pyarrow as pa
from drumcorpus.ground.files.columns import column_of, distinct_numbers, numbers
numbers(column_of(np.arange(4), np.arange(4) > 1))
distinct_numbers(np.array([2, 1, 2]))
print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", work], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_bit_of_a_value_counts_in_the_mixed_one():
    values = np.array([0, *(1 << bit for bit in range(64))], np.uint64)
    mixture = mixed(values)
    assert mixture[0] == 0xE220A8397B1DCDAF  # the first that SplitMix64 gives from seed 0
    assert len(np.unique(mixture)) == 65
    changed = np.bitwise_count(mixture[1:] ^ mixture[0])
    assert changed.min() > 15
    assert changed.max() < 49
