"""Strict rows of JSON Lines that others wrote: what a row says is told without any doubt.

A row is a line that holds one JSON object. Its bytes stay as they are, so that a row can be passed
on unchanged: `iter_blocks` gives both, line and values. What two readers of JSON would read
differently is refused, with file and line: a key that stands twice, of which most take the last;
NaN and infinities, which are no JSON; numbers beyond a double; bytes that are not UTF-8; and what
is no object, or none at all.
"""

import json
import math
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from drumcorpus.ground.files.limits import JSON_ROW_BYTES, JSON_ROW_DEPTH
from drumcorpus.ground.files.plain_files import require_plain_file

# Bytes that are read and parsed at once: rows of 200 bytes take eight times as many in memory,
# which the cache of a core should hold. Blocks four times as large take a fifth more time.
BLOCK_BYTES = 1 << 17
SHOWN = 60  # characters of a value in a message
_KEY_BEFORE_BLANK = re.compile(rb'"[ \t\r]+:')
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKETS = re.compile(rb"[][{}]")
_LINE_FEED, _QUOTE, _COLON, _OBJECT, _LIST = b'\n":{['
_KINDS = {
    type(None): "null",
    bool: "truth",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
}
KINDS = ("text", "number", "truth", "list", "object", "null")


class Row(NamedTuple):
    """One row: its line in the file, counted from 1, its bytes without line end, its values."""

    number: int
    line: bytes
    values: dict


@dataclass(frozen=True)
class Block:
    """Rows that follow each other; `first` is the line of the first.

    `data` are the bytes of the lines, with a line feed after each.
    """

    first: int
    rows: list[dict]
    data: bytes

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines, without line ends; divided when they are asked for, as few who read do."""
        return _divided(self.data)


def kind_of(value) -> str:
    """Which of `KINDS` a value of JSON is."""
    return _KINDS[type(value)]


def shown(value) -> str:
    """A value as JSON, for a message; cut where it is long."""
    text = orjson.dumps(value).decode()
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def parse_row(line: bytes, where: str) -> dict:
    """The values of one row.

    Parameters
    ----------
    line : bytes
        Without its line end.
    where : str
        File and line, such as ``ratings.jsonl:7``.

    Raises
    ------
    ValueError
        If the line is longer than `limits.JSON_ROW_BYTES` or no JSON object, a key stands twice in
        it or in an object within it, or a number is NaN or infinite; the message begins with
        `where` and names the key. If objects and lists lie deeper in each other than
        `limits.JSON_ROW_DEPTH`.
    """
    JSON_ROW_BYTES.check(len(line), where)
    _refuse_deep(line, where)
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{where}: {_why_not_json(line, error)}") from error
    if type(row) is not dict:
        kind = kind_of(row)
        raise ValueError(f"{where}: {shown(row)} is {kind}, where a JSON object belongs")
    if line.count(b":") != len(row) and not _has_each_key_once(line, row):
        _refuse_key_twice(line, where)
    return row


def iter_rows(path: str | os.PathLike) -> Iterator[Row]:
    """The rows of a file, one at a time, in order; memory is bounded.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no plain file; at a row that `parse_row` refuses.
    """
    for block in iter_blocks(path):
        numbers = range(block.first, block.first + len(block.rows))
        yield from map(Row, numbers, block.lines, block.rows)


def iter_blocks(
    path: str | os.PathLike, on_bytes: Callable[[bytes], object] = len
) -> Iterator[Block]:
    """The rows of a file in blocks of `BLOCK_BYTES`, in order.

    Parameters
    ----------
    on_bytes
        Is called with every stretch of bytes as it is read, such as the `update` of a digest.

    Raises
    ------
    FileNotFoundError, ValueError
        As `iter_rows`. What stands before the row that is refused may have been given already.
    """
    require_plain_file(path)
    first = 1
    for data in _whole_lines(path, on_bytes):
        if b"\r" in data:  # which stands raw in no JSON text
            data = b"".join(line.removesuffix(b"\r") + b"\n" for line in _divided(data))
        rows = _parse(data, path, first)
        yield Block(first, rows, data)
        first += len(rows)


def check_fields(path: str | os.PathLike, block: Block, fields: Mapping[str, str | None]) -> None:
    """Hold the rows of a block against the fields that they must have.

    Parameters
    ----------
    fields : mapping
        Names of the top level, and for each the kind that its values must be, one of `KINDS`, or
        None for any.

    Raises
    ------
    ValueError
        At the first row in which a field is missing or of another kind.
    """
    names = list(fields)
    if not names:
        return
    try:
        # Of one name itemgetter gives no tuple; that it is there is all that is asked.
        deque(map(itemgetter(*names), block.rows), maxlen=0)
    except KeyError:
        _refuse_missing(path, block, names)
    for name, kind in fields.items():
        if kind is None:
            continue
        kinds = set(map(type, map(itemgetter(name), block.rows)))
        if any(_KINDS[each] != kind for each in kinds):
            _refuse_kind(path, block, name, kind)


def read_fields(names: Iterable[str]) -> dict[str, str | None]:
    """Fields as people write them, such as ``crf:number`` or ``encoder``; kinds by name.

    Raises
    ------
    ValueError
        If a name is empty or stands twice. What follows the last colon is a kind only if it is one
        of `KINDS`, so that names may hold colons.
    """
    fields: dict[str, str | None] = {}
    for text in names:
        name, _, kind = text.rpartition(":")
        if kind not in KINDS:
            name, kind = text, None
        if not name or name in fields:
            what = "stands twice" if name else "has no name"
            raise ValueError(
                f"required_keys: {text!r} {what}; write NAME or NAME:KIND, where KIND is one of "
                f"{', '.join(KINDS)}"
            )
        fields[name] = kind
    return fields


def _whole_lines(path: str | os.PathLike, on_bytes: Callable[[bytes], object]) -> Iterator[bytes]:
    """The content of a file in stretches of whole lines; the last gets a line feed if it has none.

    A line that is too long is refused before it is read to its end.
    """
    with Path(path).open("rb") as handle:
        while data := handle.read(BLOCK_BYTES):
            if not data.endswith(b"\n"):
                data += handle.readline(JSON_ROW_BYTES.most + 2)
            on_bytes(data)
            if not data.endswith(b"\n"):
                n_bytes = len(data) - data.rfind(b"\n") - 1
                if n_bytes > JSON_ROW_BYTES.most:
                    line = _line_at(path, handle.tell())
                    JSON_ROW_BYTES.check(n_bytes, f"{path}:{line}")
                data += b"\n"
            yield data


def _line_at(path: str | os.PathLike, place: int) -> int:
    """The line, counted from 1, in which a byte of a file stands."""
    number = 1
    with Path(path).open("rb") as handle:
        while place > 0 and (data := handle.read(min(place, BLOCK_BYTES))):
            number += _count(data, _LINE_FEED)
            place -= len(data)
    return number


def _divided(data: bytes) -> list[bytes]:
    """Lines without their line ends, of which the last has one too."""
    lines = data.split(b"\n")
    lines.pop()
    return lines


def _count(data: bytes, *characters: int) -> int:
    """How often characters stand one after the other; six times as fast as `bytes.count`."""
    array = np.frombuffer(data, np.uint8)
    last = len(array) - len(characters) + 1
    is_there = array[:last] == characters[0]
    for place, character in enumerate(characters[1:], 1):
        is_there &= array[place : last + place] == character
    return int(np.count_nonzero(is_there))


def _parse(data: bytes, path: str | os.PathLike, first: int) -> list[dict]:
    """The values of all lines."""
    array = np.frombuffer(data, np.uint8)
    ends, braces = array == _LINE_FEED, array == _OBJECT
    n_lines, n_braces = np.count_nonzero(ends), np.count_nonzero(braces)
    is_flat = n_braces + _count(data, _LIST) - n_lines < JSON_ROW_DEPTH.most
    rows, lines = None, ()
    if is_flat and n_braces == n_lines == 1 + np.count_nonzero(ends[:-1] & braces[1:]):
        rows = _parse_at_once(data, n_lines)
    if rows is None:
        lines = _divided(data)
        try:
            rows = list(map(orjson.loads, lines))
        except orjson.JSONDecodeError:
            rows = []
        is_flat = is_flat or not any(map(_may_be_deep, lines))
    most = JSON_ROW_BYTES.most
    fits = len(data) <= most or max(map(len, lines or _divided(data))) <= most
    if rows and fits and is_flat and set(map(type, rows)) == {dict}:
        # Every key that stands in a row has a colon. Where all rows together have as many colons as
        # keys were read, no key stands twice, and no object stands within another.
        if _count(data, _COLON) == sum(map(len, rows)):
            return rows
        # Else the same of colons behind a quote, which leave out most of those within texts.
        if not _KEY_BEFORE_BLANK.search(data) and _count(data, _QUOTE, _COLON) == sum(
            map(_n_keys, rows)
        ):
            return rows
    numbered = enumerate(lines or _divided(data), first)
    return [parse_row(line, f"{path}:{number}") for number, line in numbered]


def _parse_at_once(data: bytes, n_lines: int) -> list | None:
    """The values of lines that each begin with a brace, and have no other; None if in doubt.

    They are read as one list, with commas for line ends, which takes a quarter less time than one
    by one. If it has as many objects as lines, each brace opens one, and none stands in a text or
    within another. So each object begins with a line, and ends with it: the comma at its end is the
    only one that may stand there.
    """
    try:
        rows = orjson.loads(b"[%b]" % data[:-1].replace(b"\n", b","))
    except orjson.JSONDecodeError:
        return None
    return rows if len(rows) == n_lines else None


def _n_keys(value) -> int:
    """Number of keys in a value of JSON, at all depths."""
    if type(value) is dict:
        n_keys = len(value)
        for each in value.values():
            if type(each) is dict or type(each) is list:
                n_keys += _n_keys(each)
        return n_keys
    return sum(_n_keys(each) for each in value if type(each) in (dict, list))


def _may_be_deep(line: bytes) -> bool:
    return line.count(b"{") + line.count(b"[") > JSON_ROW_DEPTH.most


def _refuse_deep(line: bytes, where: str) -> None:
    """Refuse a line in which more objects and lists lie in each other than are allowed.

    It is told by the brackets outside of texts, before any reader has to take it apart: those of
    JSON stop at depths of their own, and each at another.
    """
    if not _may_be_deep(line):
        return
    depth = 0
    for bracket in _BRACKETS.findall(_TEXT.sub(b"", line)):
        depth += 1 if bracket in b"{[" else -1
        if depth > JSON_ROW_DEPTH.most:
            raise ValueError(
                f"{where}: more than {JSON_ROW_DEPTH.most} {JSON_ROW_DEPTH.unit} are not allowed"
            )


def _has_each_key_once(line: bytes, row: dict) -> bool:
    """Whether that is certain without a look at every key; no is no answer."""
    return not _KEY_BEFORE_BLANK.search(line) and line.count(b'":') == _n_keys(row)


def _refuse_key_twice(line: bytes, where: str) -> None:
    def as_dict(pairs):
        row = dict(pairs)
        if len(row) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in row if keys.count(key) > 1)
            raise ValueError(
                f"{where}: {twice[:SHOWN]}: the key stands twice in one object, and readers differ "
                "in which they take; leave one of them out"
            )
        return row

    json.loads(line, object_pairs_hook=as_dict)


def _why_not_json(line: bytes, error: orjson.JSONDecodeError) -> str:
    """What is wrong with a line, for people."""
    if not line.strip():
        return "the line is empty, where a JSON object belongs; take it out"
    if line.startswith(b"\xef\xbb\xbf"):
        return "begins with a byte order mark; save the file as UTF-8 without one"
    try:
        text = line.decode()
    except UnicodeDecodeError as undecoded:
        byte = line[undecoded.start]
        return f"not UTF-8: byte 0x{byte:02x} at byte {undecoded.start + 1} of the line"
    try:
        place, number = next(_not_finite(json.loads(text), ()))
    except (ValueError, RecursionError, StopIteration):
        return f"not JSON: {error.msg}"
    return f"{place}: got {number}, which is no finite number; write null, or leave the row out"


def _not_finite(value, place: tuple) -> Iterator[tuple[str, str]]:
    """Place and spelling of each number of a document that is NaN or infinite."""
    if isinstance(value, float) and not math.isfinite(value):
        spelled = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        yield ".".join(place) or "the line", spelled
    pairs = value.items() if isinstance(value, dict) else ()
    pairs = enumerate(value) if isinstance(value, list) else pairs
    for key, inner in pairs:
        yield from _not_finite(inner, (*place, str(key)))


def _refuse_missing(path: str | os.PathLike, block: Block, names: Sequence[str]) -> None:
    for number, row in enumerate(block.rows, block.first):
        missing = [name for name in names if name not in row]
        if missing:
            raise ValueError(
                f"{path}:{number}: {', '.join(missing)}: missing; every row must have "
                f"{', '.join(names)}, and this one has {', '.join(row)[:200] or 'no key'}"
            )


def _refuse_kind(path: str | os.PathLike, block: Block, name: str, kind: str) -> None:
    for number, row in enumerate(block.rows, block.first):
        if kind_of(row[name]) != kind:
            raise ValueError(
                f"{path}:{number}: {name}: got the {kind_of(row[name])} {shown(row[name])}; "
                f"wanted: {kind}"
            )
