"""The order of names that hold numbers: release 2026-9 before 2026-11, version 1.9 before 1.10."""

import re

_NUMBERS = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple:
    """What to sort names by, so that numbers in them count as numbers.

    Names that differ in leading zeros alone are in the order of their letters.

    Examples
    --------
    >>> sorted(["2026-11", "2026-9", "demo", "2026-09"], key=natural_key)
    ['2026-09', '2026-9', '2026-11', 'demo']
    """
    parts = _NUMBERS.split(name)  # text and number by turns, text first
    return tuple(int(part) if n % 2 else part for n, part in enumerate(parts)), name
