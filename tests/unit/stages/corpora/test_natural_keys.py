"""Natural keys as text: equal for equal keys alone, and in their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merge_model import order_of, write_shard

from drumcorpus.ground.files.json_rows import iter_blocks
from drumcorpus.stages.corpora.content import is_same
from drumcorpus.stages.corpora.keys import Keys, number_text, values_of

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(-9e18, 9e18)
CLOSE = st.integers(-3, 3).flatmap(
    lambda n: st.sampled_from([n, float(n), n + 0.5, 2**53 + n, float(2**53 + n), -(2**63) + n + 3])
)
TEXTS = st.text("\x00\x01\x02ab\u00e9\U0001f600", max_size=3)


@given(NUMBERS | CLOSE, NUMBERS | CLOSE)
def test_texts_of_numbers_compare_as_the_numbers_do(one, other):
    assert (number_text(one) < number_text(other)) == (one < other)
    assert (number_text(one) == number_text(other)) == (one == other)
    assert values_of(number_text(one)) == [one]


def test_a_number_that_may_have_been_another_is_refused():
    assert number_text(2**64 - 1) > number_text(2**64 - 2)
    with pytest.raises(ValueError, match=r"got the number 1e\+19, .* write it as text"):
        number_text(1e19)


VALUES = st.none() | st.booleans() | CLOSE | TEXTS


@given(st.lists(st.tuples(VALUES, TEXTS, VALUES), min_size=1, max_size=12))
def test_keys_compare_as_their_fields_do_one_after_the_other(tmp_path_factory, fields):
    names = ["a", "b", "c"]
    rows = [dict(zip(names, values, strict=True)) for values in fields]
    path = write_shard(tmp_path_factory.getbasetemp() / "keys.jsonl", rows)
    (block,) = iter_blocks(path)
    keys = Keys(str(path), names).of(block)
    orders = [order_of(row, names) for row in rows]
    for key, order in zip(keys, orders, strict=True):
        assert [key < other for other in keys] == [order < other for other in orders]
        assert [key == other for other in keys] == [order == other for other in orders]
        encoded = key.encode()
        assert [encoded < other.encode() for other in keys] == [order < o for o in orders]
    assert [values_of(key) for key in keys] == [list(values) for values in fields]


def test_the_first_line_of_numbers_and_of_texts_is_noted_by_field(tmp_path):
    rows = [{"a": None, "b": 1}, {"a": "x", "b": 2}, {"a": 1.5, "b": 3}]
    path = write_shard(tmp_path / "k.jsonl", rows)
    keys = Keys(str(path), ["a", "b"])
    for block in iter_blocks(path):
        keys.of(block)
    assert (keys.numbers, keys.texts) == ({"a": 3, "b": 1}, {"a": 2})


@pytest.mark.parametrize(
    ("value", "words"),
    [([1], r"k\.jsonl:2: a: got the list \[1\]"), ({"b": 1}, r"k\.jsonl:2: a: got the object ")],
    ids=["list", "object"],
)
def test_a_list_or_an_object_is_no_part_of_a_key(tmp_path, value, words):
    path = write_shard(tmp_path / "k.jsonl", [{"a": 1}, {"a": value}])
    (block,) = iter_blocks(path)
    with pytest.raises(ValueError, match=words + ".*; wanted: text, number, truth or null"):
        Keys(str(path), ["a"]).of(block)


DEEP = b"[" * 1020 + b"]" * 1020
SAME = [
    (b'{"a": 1, "b": [1, 2]}', b'{ "b":[1,2],"a":1}', True),
    (b'{"a": 1}', b'{"a": 1.0}', True),
    (b'{"a": 0}', b'{"a": -0.0}', True),
    (b'{"a": 1e2}', b'{"a": 100}', True),
    (b'{"a": "\\u00e9"}', '{"a": "é"}'.encode(), True),
    (b'{"a": 1}', b'{"a": true}', False),
    (b'{"a": 1}', b'{"a": "1"}', False),
    (b'{"a": [1, 2]}', b'{"a": [2, 1]}', False),
    (b'{"a": null}', b"{}", False),
    (b'{"a": 12345678901234567890123}', b'{"a": 12345678901234567890124}', False),
    (b'{"a":' + DEEP + b"}", b'{"a": ' + DEEP + b"}", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "is_equal"),
    SAME,
    ids=["order", "float", "minus zero", "exponent", "escape", "truth", "text", "list", "null",
         "long integers", "too deep"],
)  # fmt: skip
def test_what_rows_say_is_compared_and_not_their_bytes(one, other, is_equal):
    assert is_same(one, other) is is_equal
    assert is_same(one, one)
