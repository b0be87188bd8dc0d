"""The id of a value of a parametrised test, where the test states none.

Workers of pytest-xdist collect the tests each for itself and must come to the same ids. So an id is
made of what is written in the test: text, numbers, names, and lists of these. Bytes, arrays,
functions without a name and objects are refused: what is in them may depend on the clock, on a
place in memory or on the machine, and nobody can read it.
"""

import enum
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from checkout import REPO

LONGEST = 60
_PLAIN = (str, bool, int, float, complex, type(None), type(...))


def id_of(value, argument):
    """The id of a value, at most `LONGEST` characters, or a ValueError that says what to do."""
    if isinstance(value, str) and not value:
        return None  # as pytest does it: nothing between two dashes
    text = _text(value, argument)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _text(value, argument):
    if isinstance(value, enum.Enum):
        return str(value)
    if isinstance(value, _PLAIN):
        text = "..." if value is ... else str(value)
        if not text.isprintable():
            raise _refused(argument, f"the text {text[:LONGEST]!r}, which is not all printable")
        if text == str(REPO) or text.startswith(f"{REPO}/"):
            raise _refused(argument, f"a path in this checkout, {text!r}")
        return text
    if isinstance(value, Mapping):
        return ",".join(f"{_text(k, argument)}={_text(v, argument)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return f"[{','.join(_text(each, argument) for each in value)}]"
    if isinstance(value, AbstractSet):
        return f"{{{','.join(sorted(_text(each, argument) for each in value))}}}"
    name = getattr(value, "__name__", "")
    if name.isidentifier():
        return name
    raise _refused(argument, f"a value of type {type(value).__name__}")


def _refused(argument, what):
    return ValueError(
        f"`{argument}` of a parametrised test is {what}, of which no id can be made: state one, "
        'with ids=["...", ...] or pytest.param(..., id="...")'
    )
