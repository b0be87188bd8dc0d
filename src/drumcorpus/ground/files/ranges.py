"""Numbers from text that nobody vouches for: ASCII digits, finite, and within a stated range.

`float` and `int` take more than a data set writes: ``nan``, ``inf``, ``1_000``, digits of every
script, and with ``1e308`` a time past the end of the world. Here a number is what a person would
write, and each kind of value has a range that music has.
"""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_METER = re.compile(r"([1-9][0-9]?)[-/](1|2|4|8|16|32|64|128)")
_BLANK = " \t\r\n"
_LONGEST = 40  # characters of a number; MATLAB writes 24
_SHOWN = 60  # characters of what was got, in a message


@dataclass(frozen=True)
class Range:
    """The values that something can have, both ends included; `unit` completes the number."""

    name: str
    low: float
    high: float
    unit: str

    def wanted(self) -> str:
        """The range in words, for a message."""
        return f"{self.name} from {self.low:,} to {self.high:,} {self.unit}".rstrip()


# A recording of a day is none; a stroke before the start is counted as one.
ONSET = Range("a time", -86_400, 86_400, "s")
TEMPO = Range("a tempo", 1, 1_000, "quarter notes a minute")
FRAME_RATE = Range("a rate", 1, 1_000_000, "a second")
# What metadata of renderings say of level: LUFS, and factors.
LEVEL = Range("a level", -1_000, 1_000, "")
FILE_BYTES = Range("a size", 0, 2**63 - 1, "bytes")


def number(text: str | None, allowed: Range) -> float:
    """The number that `text` is, blanks around it aside.

    Raises
    ------
    ValueError
        If it is none, or out of range; the message has what was got and what is wanted, and no
        place.

    Examples
    --------
    >>> number(" 1.5e2 ", TEMPO)
    150.0
    """
    plain = _plain(text)
    if _NUMBER.fullmatch(plain):
        value = float(plain)
        if allowed.low <= value <= allowed.high:
            return value + 0.0  # and no minus zero
    raise ValueError(f"got {_shown(text)}; wanted: a number, {allowed.wanted()}")


def whole_number(text: str | None, allowed: Range) -> int:
    """The whole number that `text` is, as of `number`."""
    plain = _plain(text)
    if _WHOLE.fullmatch(plain) and allowed.low <= int(plain) <= allowed.high:
        return int(plain)
    raise ValueError(f"got {_shown(text)}; wanted: digits alone, {allowed.wanted()}")


def meter(text: str) -> str:
    """A meter such as ``4-4`` or ``6/8``, as ``4/4`` and ``6/8``.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> meter("6-8")
    '6/8'
    """
    match = _METER.fullmatch(text)
    if match is None:
        raise ValueError(f"got {_shown(text)}; wanted: a meter such as 4-4, from 1-1 to 99-128")
    return f"{match[1]}/{match[2]}"


def within(value: object, allowed: Range) -> float | None:
    """A number of a parsed document as a float; None if it is none or out of range."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if allowed.low <= value <= allowed.high else None
    return None


def _plain(text: str | None) -> str:
    plain = (text or "").strip(_BLANK)
    return plain if len(plain) <= _LONGEST else ""


def _shown(text: str | None) -> str:
    return repr(text) if text is None or len(text) <= _SHOWN else f"{text[:_SHOWN]!r}…"
