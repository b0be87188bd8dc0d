"""Rows of JSON Lines that others wrote: what is refused, in which words, and what is not."""

import hashlib
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files import json_rows
from drumcorpus.ground.files.json_rows import (
    Row,
    check_fields,
    iter_blocks,
    iter_rows,
    parse_row,
    read_fields,
)


@pytest.fixture
def written(tmp_path):
    """Writes bytes to a file; its path."""

    def write(data):
        path = tmp_path / "rows.jsonl"
        path.write_bytes(data)
        return path

    return write


REFUSED = {
    "broken": (b'{"a": 1', r"not JSON: "),
    "cut off within a text": (b'{"a": "b', r"not JSON: "),
    "two objects": (b'{"a": 1}{"b": 2}', r"not JSON: unexpected content after document"),
    "trailing comma": (b'{"a": 1,}', r"not JSON: trailing comma"),
    "single quotes": (b"{'a': 1}", r"not JSON: "),
    "NaN": (b'{"a": NaN}', r"a: got NaN, which is no finite number; write null"),
    "infinity": (b'{"a": {"b": [1, Infinity]}}', r"a\.b\.1: got Infinity, which is no finite"),
    "minus infinity": (b'{"a": -Infinity}', r"a: got -Infinity, which is no finite number"),
    "beyond a double": (b'{"a": 1e999}', r"a: got Infinity, which is no finite number"),
    "list": (b"[1, 2]", r"\[1,2\] is list, where a JSON object belongs"),
    "number": (b"3", r"3 is number, where a JSON object belongs"),
    "empty line": (b"", r"the line is empty, where a JSON object belongs; take it out"),
    "blanks": (b" \t", r"the line is empty"),
    "not UTF-8": (b'{"a": "\xff"}', r"not UTF-8: byte 0xff at byte 8 of the line"),
    "half a surrogate": (b'{"a": "\\ud800"}', r"not JSON: no low surrogate"),
    "byte order mark": (
        b'\xef\xbb\xbf{"a": 1}',
        r"begins with a byte order mark; save the file as UTF-8",
    ),
    "control character": (b'{"a": "\x01"}', r"not JSON: unexpected control character"),
    "key twice": (b'{"a": 1, "b": 2, "a": 1}', r"a: the key stands twice in one object"),
    "key twice within": (b'{"a": {"b": 1, "b": 2}}', r"b: the key stands twice in one object"),
    "key twice in a list": (b'{"a": [{"b": 1, "b": 2}]}', r"b: the key stands twice"),
    "key twice, once escaped": (b'{"a": 1, "\\u0061": 1}', r"a: the key stands twice"),
    "key twice, blanks": (b'{"a" : 1, "a": 2}', r"a: the key stands twice in one object"),
    "key twice, tabs": (b'{"a"\t:1,"a"\t:2}', r"a: the key stands twice in one object"),
    "key twice, text like a key": (b'{"a":1,"a":"\\":"}', r"a: the key stands twice"),
    "too deep": (
        b'{"a":' * 65 + b"1" + b"}" * 65,
        r"more than 64 levels of JSON in a row are not",
    ),
    "deeper than JSON is read": (b'{"a":' * 2000 + b"1" + b"}" * 2000, r"more than 64 levels"),
    "lists too deep": (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", r"more than 64 levels of JSON"),
    "lists far too deep": (b'{"a":' + b"[" * 990 + b"]" * 990 + b"}", r"more than 64 levels"),
    "too deep, blanks": (b'{"a" :' * 65 + b"1" + b"}" * 65, r"more than 64 levels of JSON in a"),
    "too deep behind a text": (
        b'{"b":"\\"]]]]","a":' + b"[1," * 63 + b"[{}]" + b"]" * 63 + b"}",
        r"more than 64 levels of JSON in a row",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_that_can_be_read_in_two_ways_is_refused_with_file_and_line(written, name):
    line, words = REFUSED[name]
    path = written(b'{"a": 1}\n{"a": 2, "b": {"c": "d:e"}}\n' + line + b'\n{"a": 3}\n')
    with pytest.raises(ValueError, match=rf"^{path}:3: {words}"):
        list(iter_rows(path))
    with pytest.raises(ValueError, match=rf"^here:9: {words}"):
        parse_row(line, "here:9")


# Lines that with commas between them are a list of as many objects as there are lines, or would be
# but for one thing.
TOGETHER = {
    "two lines are one object": ([b'{"a": 1', b'"b": 2}', b"{},{}"], 1),
    "two lines are one list": ([b'{"a": [{"x": 1}', b'{"y": 2}]}', b"{},{}"], 1),
    "two lines are one text": ([b'{"a": "x', b'{y"}', b"{},{}"], 1),
    "two lines are one text with a brace": ([b'{"a": "x', b'{y"}', b"{}"], 1),
    "two objects and an empty line": ([b'{"a": 1},{"b": 2}', b""], 1),
    "two objects and a blank line": ([b"{}", b'{"a": 1},{"b": 2}', b" "], 2),
    "two objects and a number": ([b"{}", b"{},{}", b"3"], 2),
    "a comma at the end": ([b"{},", b"{}"], 1),
    "a list ends and another begins": ([b"{}],[{}", b"{}"], 1),
    "a brace in a text": ([b'{"a": "{"}', b"{},{}"], 2),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_lines_that_are_rows_only_together_are_refused_at_the_first(written, name):
    lines, number = TOGETHER[name]
    path = written(b"".join(line + b"\n" for line in lines))
    with pytest.raises(ValueError, match=rf"^{path}:{number}: "):
        list(iter_rows(path))


TAKEN = {
    "empty object": (b"{}", {}),
    "nested": (b'{"a": {"b": [1, {"c": null}]}}', {"a": {"b": [1, {"c": None}]}}),
    "same key in two": (b'{"a": {"a": 1}, "b": [{"a": 2}]}', {"a": {"a": 1}, "b": [{"a": 2}]}),
    "text like a key": (b'{"a": "\\"a\\": 1"}', {"a": '"a": 1'}),
    "colons in texts": (b'{"a": "12:30:00", "b": ":"}', {"a": "12:30:00", "b": ":"}),
    "blank before the colon": (b'{"a" \t: 1, "b": 2}', {"a": 1, "b": 2}),
    "deep": (b'{"a":' * 63 + b"{}" + b"}" * 63, json.loads('{"a":' * 63 + "{}" + "}" * 63)),
    "other characters": ('{"ü": "日本"}'.encode(), {"ü": "日本"}),
    "NaN in a text": (b'{"a": "NaN"}', {"a": "NaN"}),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_row_is_taken_as_it_is(written, name):
    line, values = TAKEN[name]
    path = written(b'{"z": 0}\n' + line + b"\n")
    assert list(iter_rows(path))[1] == Row(2, line, values)


def test_line_ends_are_no_part_of_a_row_and_the_last_may_lack_one(written):
    path = written(b'{"a":1}\r\n{"b":2}\n{"c":3}')
    assert [(row.number, row.line) for row in iter_rows(path)] == [
        (1, b'{"a":1}'),
        (2, b'{"b":2}'),
        (3, b'{"c":3}'),
    ]
    assert list(iter_rows(written(b""))) == []


def test_blocks_of_any_size_give_the_same_rows_lines_and_digest(written, monkeypatch):
    rows = [{"n": n, "text": "x" * (n % 90), "in": {"n": n}} for n in range(300)]
    lines = [json.dumps(row).encode() for row in rows]
    data = b"\n".join(lines) + b"\n"
    path = written(data)
    for size in (7, 100, 1000, 1 << 21):
        monkeypatch.setattr(json_rows, "BLOCK_BYTES", size)
        digest = hashlib.sha256()
        blocks = list(iter_blocks(path, digest.update))
        assert [line for block in blocks for line in block.lines] == lines
        assert [row["n"] for block in blocks for row in block.rows] == list(range(300))
        assert [block.first for block in blocks[1:]] == [
            block.first + len(block.lines) for block in blocks[:-1]
        ]
        assert digest.hexdigest() == hashlib.sha256(data).hexdigest()


def test_a_row_over_a_megabyte_is_refused_by_its_line_and_one_below_it_is_not(written):
    row = b'{"a": "' + b"x" * 999_991 + b'"}'
    assert len(row) == 1_000_000
    assert [r.number for r in iter_rows(written(b"{}\n" + row + b"\n{}\n"))] == [1, 2, 3]
    longer = row.replace(b"x", b"xy", 1)
    path = written(b"{}\n" + longer + b"\n{}\n")
    words = rf"^{path}:2: 1,000,001 bytes in a row of JSON Lines; allowed: 1,000,000 at most"
    with pytest.raises(ValueError, match=words):
        list(iter_rows(path))


def test_a_file_without_line_ends_is_refused_before_it_is_read(written):
    path = written(b"{}\n" + b" " * 30_000_000)
    n_read = []
    with pytest.raises(ValueError, match=rf"^{path}:2: [\d,]+ bytes in a row of JSON Lines"):
        list(iter_blocks(path, lambda data: n_read.append(len(data))))
    assert sum(n_read) < 7_000_000


def test_what_is_no_file_is_told_before_it_is_opened(tmp_path):
    with pytest.raises(ValueError, match="is a folder, where a file belongs"):
        list(iter_rows(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is a pipe, where a file belongs"):
        list(iter_rows(tmp_path / "pipe"))
    with pytest.raises(FileNotFoundError, match=r"absent\.jsonl"):
        list(iter_rows(tmp_path / "absent.jsonl"))


def checked(path, fields):
    for block in iter_blocks(path):
        check_fields(path, block, fields)


def test_a_missing_key_is_named_with_its_line_and_what_the_row_has(written):
    path = written(b'{"id": "a", "crf": 1}\n{"id": "b", "crf": null}\n{"id": "c", "qp": 2}\n')
    checked(path, {"id": None})
    checked(path, {})
    words = rf"^{path}:3: crf: missing; every row must have id, crf, and this one has id, qp$"
    with pytest.raises(ValueError, match=words):
        checked(path, {"id": None, "crf": None})


def test_a_number_as_text_is_refused_where_a_number_is_declared(written):
    path = written(b'{"crf": 1}\n{"crf": 1.5}\n{"crf": "23"}\n')
    checked(path, {"crf": None})
    with pytest.raises(ValueError, match=rf'^{path}:3: crf: got the text "23"; wanted: number$'):
        checked(path, {"crf": "number"})
    path = written(b'{"crf": 1}\n{"crf": true}\n')
    with pytest.raises(ValueError, match=rf"^{path}:2: crf: got the truth true; wanted: number$"):
        checked(path, {"crf": "number"})


def test_fields_are_written_as_name_and_kind():
    assert read_fields(["id", "crf:number", "a:b", "x:y:list"]) == {
        "id": None,
        "crf": "number",
        "a:b": None,
        "x:y": "list",
    }
    with pytest.raises(ValueError, match="'crf:text' stands twice; write NAME or NAME:KIND"):
        read_fields(["crf:number", "crf:text"])
    with pytest.raises(ValueError, match="':number' has no name"):
        read_fields([":number"])


NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=4) | NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : "), (",", "\t:\t")])


ROWS = st.dictionaries(st.text(max_size=3), VALUES, max_size=4)


@given(st.lists(st.tuples(ROWS, SEPARATORS, st.booleans()), max_size=6))
def test_what_python_writes_is_read_as_it_was(tmp_path_factory, written_rows):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    lines = [
        json.dumps(row, separators=separators, ensure_ascii=is_ascii).encode()
        for row, separators, is_ascii in written_rows
    ]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    rows = list(iter_rows(path))
    assert [row.line for row in rows] == lines
    assert [row.values for row in rows] == [row for row, _, _ in written_rows]


class Pairs(dict):
    """A dict whose items are what was given, keys that stand twice among them."""

    def __init__(self, pairs):
        super().__init__(pairs or [])
        self.pairs = pairs

    def items(self):
        return self.pairs


PAIRS = st.recursive(
    st.integers(0, 3) | st.sampled_from(["", ":", '":', "a"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.lists(st.tuples(st.sampled_from(["a", "b", ":", '"']), inner), max_size=4).map(Pairs)
    ),
    max_leaves=8,
)


def has_a_key_twice(value):
    if isinstance(value, Pairs):
        keys = [key for key, _ in value.pairs]
        return len(set(keys)) < len(keys) or any(has_a_key_twice(each) for _, each in value.pairs)
    return isinstance(value, list) and any(map(has_a_key_twice, value))


def spelled(value):
    """As JSON, whatever stands twice."""
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(k)}:{spelled(v)}" for k, v in value.pairs) + "}"
    return f"[{','.join(map(spelled, value))}]" if isinstance(value, list) else json.dumps(value)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", ":"]), PAIRS), max_size=3).map(Pairs))
def test_a_key_that_stands_twice_is_refused_and_no_other(row):
    line = spelled(row).encode()
    if has_a_key_twice(row):
        with pytest.raises(ValueError, match="the key stands twice in one object"):
            parse_row(line, "r:1")
    else:
        assert parse_row(line, "r:1") == json.loads(line)
