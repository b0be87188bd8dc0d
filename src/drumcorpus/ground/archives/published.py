"""The archives that the card of a source set names, and what its licence lets one do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_CREATIVE_COMMONS = re.compile(r"CC-BY(?P<more>(?:-NC|-ND|-SA)*)-\d\.\d")


@dataclass(frozen=True)
class Part:
    """One file to fetch: all of an archive, or the piece of one that is published in pieces.

    `url`, `bytes` and the digests (lower-case hex) are None where nobody has published them, or
    nobody could read them.
    """

    name: str
    url: str | None = None
    bytes: int | None = None
    md5: str | None = None
    sha256: str | None = None

    @property
    def digests(self) -> dict[str, str]:
        """The published digests by algorithm."""
        pairs = {"sha256": self.sha256, "md5": self.md5}
        return {algorithm: digest for algorithm, digest in pairs.items() if digest}


@dataclass(frozen=True)
class Archive:
    """An archive: its parts in the order in which they are joined.

    `unpacked_bytes` is about what comes out of it, None where nobody has said so; `obtain` is how
    a person gets what no address is published for.
    """

    name: str
    parts: tuple[Part, ...]
    unpacked_bytes: int | None = None
    obtain: str = ""

    @property
    def can_be_fetched(self) -> bool:
        """Whether every part has an address, and a digest to hold it against."""
        return all(part.url and part.digests for part in self.parts)

    @property
    def bytes(self) -> int | None:
        """Size of all parts together; None where that of one is not published."""
        sizes = [part.bytes for part in self.parts]
        return None if None in sizes else sum(sizes)


def archives_of(card: Mapping) -> list[Archive]:
    """The archives of a card, in its order: the first is what is fetched where none is named."""
    return [
        Archive(
            entry["name"],
            tuple(_part(part) for part in entry.get("parts", [entry])),
            entry.get("unpacked_bytes"),
            entry.get("obtain", ""),
        )
        for entry in card.get("archives", [])
    ]


def choose_archive(card: Mapping, name: str | None) -> Archive:
    """The archive of that name, or the first one.

    Raises
    ------
    LookupError
        If the card has none of that name, or none at all.
    """
    archives = archives_of(card)
    if not archives:
        raise LookupError(f"{card['name']}: no archive is published; get it at {card['obtain']}")
    for archive in archives:
        if name in (None, archive.name):
            return archive
    names = ", ".join(archive.name for archive in archives)
    raise LookupError(f"{card['name']}: has no archive {name!r}; there are: {names}")


def terms(card: Mapping) -> list[tuple[str, str]]:
    """What the licence of a card says of three questions that people ask of it, in words.

    Those of Creative Commons are read from their identifier; of others the card says what they
    forbid, and what it does not say is not made up here.
    """
    licence = card["license"]
    if licence in ("CC0-1.0", "MIT"):
        answers = ["allowed"] * 3
    elif match := _CREATIVE_COMMONS.fullmatch(licence):
        answers = _of_creative_commons(match["more"].split("-")[1:])
    else:
        words = " ".join(card["forbids"])
        is_closed = "commercial use" in words or "any use but academic" in words
        passing = "not stated" if card["redistributable"] else "forbidden"
        answers = ["forbidden" if is_closed else "not stated", passing, passing]
    questions = ("commercial use", "passing the files on", "passing on what is made of them")
    return list(zip(questions, answers, strict=True))


def _of_creative_commons(more: Sequence[str]) -> list[str]:
    end = ", not for money" if "NC" in more else ""
    made = f"allowed, with credit{end}"
    if "ND" in more:
        made = "forbidden: cut, resampled or mixed sound may be made and used, not passed on"
    elif "SA" in more:
        made += ", under the same licence"
    return ["forbidden" if "NC" in more else "allowed", f"allowed, with credit{end}", made]


def _part(entry: Mapping) -> Part:
    return Part(**{key: entry.get(key) for key in ("name", "url", "bytes", "md5", "sha256")})
