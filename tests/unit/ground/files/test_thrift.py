"""Whole numbers of Thrift's compact protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.thrift import signed, varint


def written(number):
    """A number that is not negative, in groups of seven bits."""
    groups = [number >> shift & 127 for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(group | 128 for group in groups[:-1]), groups[-1]])


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"\0", 0),
        (b"\x7f", 127),
        (b"\x80\1", 128),
        (b"\xac\2", 300),
        (b"\xff" * 9 + b"\1", 2**64 - 1),
    ],
    ids=["none", "one byte", "two bytes", "low byte first", "64 bits"],
)
def test_a_number_is_read_to_its_last_group(data, number):
    assert varint(b"?" + data + b"\x80", 1) == (number, 1 + len(data))


@pytest.mark.parametrize(
    ("data", "number"),
    [(b"\0", 0), (b"\1", -1), (b"\2", 1), (b"\3", -2), (b"\xd8\4", 300)],
    ids=["0", "-1", "1", "-2", "300"],
)
def test_the_sign_is_the_lowest_bit(data, number):
    assert signed(data, 0) == (number, len(data))


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_what_is_written_is_read(number, after):
    data = written(number)
    assert varint(data + after, 0) == (number, len(data))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff\xff"], ids=["nothing", "one", "two"])
def test_what_is_cut_is_no_number(data):
    with pytest.raises(IndexError):
        varint(data, 0)
