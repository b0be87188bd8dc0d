"""The rules by which names of tracks are read: the form of their data file, and their words."""

from collections.abc import Iterable
from dataclasses import dataclass

from drumcorpus.ground.files.schema_check import check_document

_TEXT = {"type": "string", "minLength": 1}
_WORDS = {"type": "array", "items": _TEXT}
_TABLE = {"type": "object", "additionalProperties": _WORDS}


def _record(*required: str, **fields: dict) -> dict:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": fields,
    }


def _named(row: dict) -> dict:
    return {"type": "object", "minProperties": 1, "additionalProperties": row}


_FLAG = {"type": "boolean"}
_EXPLAINED = _named(_record("words", "reason", words=_WORDS, reason=_TEXT))
_SECTIONS = {
    "sources": _WORDS,
    "largest_instance": {"type": "integer", "minimum": 1},
    "shared_words": _record(
        "share",
        "fewest_tracks",
        share={"type": "number", "exclusiveMinimum": 0.5, "maximum": 1},
        fewest_tracks={"type": "integer", "minimum": 2},
    ),
    "instruments": _named(_record("words", words=_WORDS, apart=_FLAG, overdub=_FLAG, remark=_TEXT)),
    "one_shot_instruments": _named(_record("words", words=_WORDS)),
    "ranked": _named(
        _record(
            *("first", "middle", "last", "below"),
            **dict.fromkeys(("first", "middle", "last"), _TEXT),
            below=_WORDS,
        )
    ),
    "unclear": _named(_record("words", "reason", words=_WORDS, reason=_TEXT, manner=_FLAG)),
    "roles": _named(_record("words", "reason", words=_WORDS, reason=_TEXT, in_room=_FLAG)),
    "copies": _EXPLAINED,
    "kit": _WORDS,
    "positions": {"type": "array", "items": _record("name", "words", name=_TEXT, words=_WORDS)},
    "sides": _TABLE,
    "microphones": {"type": "array", "items": _WORDS},
    "not_drums": _TABLE,
}
_SCHEMA = _record(*_SECTIONS, **_SECTIONS)


@dataclass(frozen=True)
class Rules:
    """Rules that `read_rules` has checked.

    `words` and, for sample packs, `one_shot_words` give section and entry of each spelling, which
    is written without blanks; `of_several` are the spellings that may be written with them.
    `longest` is the number of words of the longest entry, and `positions` are the places of a
    microphone, best first. The sections themselves stand in `document`.
    """

    document: dict
    words: dict[str, tuple[str, str]]
    one_shot_words: dict[str, tuple[str, str]]
    of_several: frozenset[str]
    longest: int
    positions: tuple[str, ...]

    def reason(self, section: str, entry: str) -> str:
        """The sentence that explains an entry."""
        return self.document[section][entry]["reason"]

    def holds(self, section: str, entry: str | None, flag: str) -> bool:
        """Whether an entry has a flag such as `apart`."""
        return bool(self.document[section].get(entry, {}).get(flag))


def read_rules(document, where: str = "track_names.yaml") -> Rules:
    """Check the rules.

    Raises
    ------
    ValueError
        If the document has not the form of `resources/source_sets/track_names.yaml`, if a word
        stands in two entries, or if a rank names no instrument; it names file and key.
    """
    check_document(document, _SCHEMA, where)
    words: dict[str, tuple[str, str]] = {}
    entries = list(_all_entries(document))
    for section, entry, spellings in entries:
        for spelling in spellings:
            owner = words.setdefault(spelling.replace(" ", ""), (section, entry))
            if owner != (section, entry):
                problem = f"{spelling!r} stands in {': '.join(owner)} too"
                raise ValueError(f"{where}: {section}: {entry}: {problem}")
    one_shot_words = dict(words)
    for entry, row in document["one_shot_instruments"].items():
        for spelling in row["words"]:
            one_shot_words[spelling.replace(" ", "")] = ("instruments", entry)
    several = [spelling for _, _, spellings in entries for spelling in spellings if " " in spelling]
    positions = tuple(position["name"] for position in document["positions"])
    if "plain" not in positions:
        raise ValueError(f"{where}: positions: got {', '.join(positions)}; `plain` is missing")
    instruments = document["instruments"]
    for instrument, ranks in document["ranked"].items():
        named = [instrument, ranks["first"], ranks["middle"], ranks["last"], *ranks["below"]]
        unknown = [name for name in named if name not in instruments]
        if unknown:
            raise ValueError(f"{where}: ranked: {instrument}: {unknown[0]!r} is no instrument")
    longest = max((spelling.count(" ") + 1 for spelling in several), default=1)
    of_several = frozenset(spelling.replace(" ", "") for spelling in several)
    return Rules(document, words, one_shot_words, of_several, longest, positions)


def _all_entries(document: dict) -> Iterable[tuple[str, str, list[str]]]:
    """Section, entry and words of everything that a name may hold."""
    for section in ("instruments", "unclear", "roles", "copies"):
        for entry, row in document[section].items():
            yield section, entry, row["words"]
    for section in ("sides", "not_drums"):
        for entry, spellings in document[section].items():
            yield section, entry, spellings
    for position in document["positions"]:
        yield "positions", position["name"], position["words"]
    for number, spellings in enumerate(document["microphones"], start=1):
        yield "microphones", f"row {number}", spellings
    yield "kit", "kit", document["kit"]
