"""JSON documents: equal values give equal bytes, and what JSON cannot hold is refused."""

import math
import os
import re
from pathlib import Path

import orjson

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.plain_files import require_plain_file

# Of a document that is JSON: a text, with the colon that makes it a key, or where a mapping or a
# list begins or ends.
_TOKEN = re.compile(rb'("(?:[^"\\]|\\.)*")([ \t\r\n]*:)?|[][{}]')

_CANONICAL = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


class KeyTwice(ValueError):
    """A document is JSON, and a key stands twice in one of its mappings."""


def canonical_json(document) -> bytes:
    """`document` as indented JSON with sorted keys and a final newline: equal values, equal bytes.

    Raises
    ------
    TypeError
        If `document` holds anything that JSON cannot, such as NaN or an infinity.
    """
    _refuse_non_finite(document)
    return orjson.dumps(document, option=_CANONICAL | orjson.OPT_SERIALIZE_NUMPY)


def is_canonical(data: bytes, document) -> bool:
    """Whether `data`, from which `document` was read, is what `canonical_json` writes of it."""
    try:
        return orjson.dumps(document, option=_CANONICAL) == data  # an infinity would be null
    except TypeError:  # nested too deep for what is written
        return False


def _refuse_non_finite(document) -> None:
    """Raise TypeError at a NaN or an infinity, which would be written as null without a word."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list | tuple):
            pending += value
        elif isinstance(value, float) and not math.isfinite(value):
            raise TypeError(f"{value} is no JSON number")


def write_json(path: str | os.PathLike, document) -> None:
    """Write `document` as canonical JSON, whole or not at all."""
    with replacing(path) as part:
        part.write_bytes(canonical_json(document))


def read_json(path: str | os.PathLike):
    """The JSON document in `path`.

    Raises
    ------
    ValueError
        If the file is not JSON; the message names the file, line and column. If it is no plain
        file.
    """
    require_plain_file(path)
    text = Path(path).read_bytes()
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"{path}:{error.lineno}:{error.colno}: {why_no_json(text, error)}"
        raise ValueError(message) from error


def why_no_json(data: bytes, error: orjson.JSONDecodeError) -> str:
    """What is wrong with a document; of bytes that are no text, where they are."""
    try:
        data.decode()
    except UnicodeDecodeError as undecoded:
        at = undecoded.start
        return f"not JSON: byte 0x{data[at]:02x} at byte {at + 1:,} is not UTF-8"
    return f"not JSON: {error.msg}"


def read_json_by_people(path: str | os.PathLike):
    """The JSON document in `path` that a person has written: a key stands once in its mapping.

    Raises
    ------
    ValueError
        As of `read_json`; also where a key stands twice, of which JSON readers take the last. The
        message names the file, line, column and key.
    """
    document = read_json(path)
    text = Path(path).read_bytes()
    opened: list[set[str]] = []  # keys of each mapping that is open; lists have none
    for token in _TOKEN.finditer(text):
        if token[1] and token[2]:
            key = orjson.loads(token[1])
            if key in opened[-1]:
                before = text[: token.start()]
                line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
                raise KeyTwice(f"{path}:{line}:{column}: the key {key[:60]!r} stands twice")
            opened[-1].add(key)
        elif token[0] in b"{[":
            opened.append(set())
        elif token[0] in b"}]":
            opened.pop()
    return document
