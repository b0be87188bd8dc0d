"""What a misspelt name was meant to be."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: object, allowed: Iterable[str]) -> str:
    """`` (did you mean 'X'?)``, X the nearest of the allowed names; empty where none is near.

    Upper and lower case, and hyphens, blanks and underscores, are taken for one.

    Examples
    --------
    >>> did_you_mean("ENST-Drums", ["egmd", "enst_drums"])
    " (did you mean 'enst_drums'?)"
    >>> did_you_mean("slakh", ["egmd"])
    ''
    """
    plain = {_plain(other): other for other in allowed}
    close = difflib.get_close_matches(_plain(str(name)), plain, 1)
    return f" (did you mean {plain[close[0]]!r}?)" if close else ""


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")
