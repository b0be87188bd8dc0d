"""Names of groups: what must stay in one split, whichever source set it comes from."""

import re
import unicodedata
from collections.abc import Mapping


def work_group(artist: str, title: str) -> str:
    """The group of a recorded work, equal over all source sets that hold it.

    Data sets spell the same song in their own ways (``Actions - One Minute Smile``,
    ``Actions_OneMinuteSmile_Full``): only letters and digits count, without accents and case.
    """
    return f"work/{_plain(artist)}/{_plain(title)}"


def work_splits(document: Mapping) -> dict[str, str]:
    """Split by group, of a reviewed table of works (``works``: split, then «Artist - Title»)."""
    return {
        work_group(*name.split(" - ", 1)): split
        for split, names in document["works"].items()
        for name in names
    }


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = re.sub(r"[^\w]|_", "", "".join(c for c in decomposed if not unicodedata.combining(c)))
    return letters or "unnamed"
