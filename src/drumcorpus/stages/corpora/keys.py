"""Natural keys as text that sorts as the keys do: equal text for equal keys, and no other.

The order of a natural key is that of its fields, the first before the second. Within a field null
comes first, then false, true, numbers by their value and texts by their code points; 23 and 23.0
are one number.
"""

import struct
from collections.abc import Sequence
from itertools import repeat
from operator import itemgetter

from drumcorpus.ground.files.json_rows import Block, kind_of, shown

# Stands between two fields and in none, so that keys compare bytewise.
FIELD_END = "\x00"
NUMBER, TEXT = "3", "4"
_TAGS = {None: "0", False: "1", True: "2"}
# What stands within a field for that character, and for the one that begins this; in their order.
_ESCAPED = {0: "\x010", 1: "\x011"}
# From here on not every integer is a double, and what follows tells integers apart.
_EXACT = 1 << 53
_MOST = 1 << 63
_REMEMBERED = 100_000  # numbers whose text is kept


class Keys:
    """Makes the keys of the rows of one shard.

    `numbers` and `texts` have, by field, the first line on which the field is a number or a text.
    """

    def __init__(self, path: str, fields: Sequence[str]):
        self.path, self.fields = path, list(fields)
        self.numbers: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self._number_texts = _NumberTexts()

    def of(self, block: Block) -> list[str]:
        """The keys of the rows of a block.

        Raises
        ------
        KeyError
            If a row lacks a field.
        ValueError
            If a field is a list or an object, or a number that a double cannot tell from others.
        """
        pieces, raw = [], []
        if len(self._number_texts) > _REMEMBERED:
            self._number_texts.clear()
        for field in self.fields:
            column = list(map(itemgetter(field), block.rows))
            kinds = set(map(type, column))
            self._note(field, column, kinds, block.first)
            before = FIELD_END if pieces else ""
            if kinds == {str}:
                before += TEXT
                raw.append(len(pieces) + 1)
            elif kinds <= {int, float}:
                try:
                    column = list(map(self._number_texts.__getitem__, column))
                except ValueError:
                    column = self._one_by_one(field, column, block.first)
            else:
                column = self._one_by_one(field, column, block.first)
            pieces += [repeat(before, len(column)), column]
        # JSON has control characters as escapes alone; one character is sought faster than five.
        if b"\\" in block.data and b"\\u000" in block.data:
            for place in raw:
                pieces[place] = [text.translate(_ESCAPED) for text in pieces[place]]
        # Half the time of a form with a place for each field.
        return list(map("".join, zip(*pieces, strict=True)))

    def _note(self, field: str, column: list, kinds: set[type], first: int) -> None:
        for firsts, wanted in ((self.numbers, {int, float}), (self.texts, {str})):
            if field not in firsts and kinds & wanted:
                places = (n for n, value in enumerate(column, first) if type(value) in wanted)
                firsts[field] = next(places)

    def _one_by_one(self, field: str, column: list, first: int) -> list[str]:
        """The texts of values of several kinds."""
        texts = []
        for number, value in enumerate(column, first):
            try:
                texts.append(self._text(value))
            except ValueError as error:
                raise ValueError(f"{self.path}:{number}: {field}: {error}") from error
        return texts

    def _text(self, value) -> str:
        if isinstance(value, str):
            return TEXT + value.translate(_ESCAPED)
        if value is None or isinstance(value, bool):
            return _TAGS[value]
        if isinstance(value, int | float):
            return self._number_texts[value]
        raise ValueError(
            f"got the {kind_of(value)} {shown(value)}, which cannot be part of a natural key; "
            "wanted: text, number, truth or null"
        )


class _NumberTexts(dict):
    """The text of each number, made when it is asked for."""

    def __missing__(self, value: int | float) -> str:
        self[value] = text = number_text(value)
        return text


def number_text(value: int | float) -> str:
    """A number as text that sorts as numbers do.

    Raises
    ------
    ValueError
        If it is a float of 64 bits and more: an integer that long has been read as one, and may
        have been another.
    """
    if isinstance(value, float) and abs(value) >= _MOST:
        raise ValueError(
            f"got the number {value!r}, and numbers so large are not told apart; write it as text"
        )
    double = float(value) + 0.0  # no -0.0
    bits = int.from_bytes(struct.pack(">d", double), "big")
    bits ^= (1 << 64) - 1 if bits >> 63 else 1 << 63
    text = f"{NUMBER}{bits:016x}"
    # The nearest double is at most 1,024 away from an integer of 64 bits.
    return text if abs(double) < _EXACT else f"{text}{int(value) - int(double) + 0x8000:04x}"


def order_of(value) -> tuple:
    """Where a value stands in the order of a natural key; for few rows, without a text."""
    kinds = {"null": 0, "truth": 1, "number": 2, "text": 3}
    return kinds[kind_of(value)], value if value is not None else 0


def values_of(key: str) -> list:
    """The values of a key, for people; of a number that which sorts like it."""
    return [_value(field) for field in key.split(FIELD_END)]


def _value(text: str):
    tag, body = text[:1], text[1:]
    if tag == TEXT:
        for char, other in _ESCAPED.items():
            body = body.replace(other, chr(char))
        return body
    if tag == NUMBER:
        bits = int(body[:16], 16)
        bits ^= 1 << 63 if bits >> 63 else (1 << 64) - 1
        (double,) = struct.unpack(">d", bits.to_bytes(8, "big"))
        if len(body) > 16:
            return int(double) + int(body[16:], 16) - 0x8000
        return int(double) if double.is_integer() else double
    return {other: value for value, other in _TAGS.items()}[tag]
