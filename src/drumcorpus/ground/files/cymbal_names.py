"""Cymbals as people name them in names of files and in notes: maker, series, kind, diameter.

The words stand in `resources/crash/cymbal_words.yaml`. A text is divided into words at signs,
digits and CamelCase, and of the entries that fit at one place the longest counts. What a text says
is told only where it names a maker, a series of one maker alone, or a diameter with its unit.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from drumcorpus.ground.files.schema_check import check_document

MAKER, SERIES, KIND, SEVERAL = "makers", "series", "kinds", "several"

_RUN = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[,;&+]|\band\b|\bund\b", re.IGNORECASE)
_TIMES = re.compile(r"(?<!\w)\d+ ?x ?(?=\d)", re.IGNORECASE)  # 2x 16"
_SHORT = 2  # letters; a series of so few counts beside its maker's name only

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT}
_WORDS = {"type": "array", "items": _TEXT, "minItems": 1}


def _record(required: str, **fields: dict) -> dict:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": fields,
    }


def _named(row: dict, fewest: int = 1) -> dict:
    return {"type": "object", "minProperties": fewest, "additionalProperties": row}


_FLAG = {"type": "boolean"}
_SERIES = _record("words", words=_WORDS, alone=_FLAG)
_MAKER = _record(
    "words sources series", words=_WORDS, weak=_FLAG, sources=_WORDS, series=_named(_SERIES, 0)
)
_KIND = _record(
    "words several family",
    words=_WORDS,
    several=_TEXTS,
    family={"type": ["string", "null"], "description": "a family of the taxonomy, or null"},
)
_INCHES = {"type": "number", "exclusiveMinimum": 0, "description": "inches"}
_UNIT = _record("words attached in_inches", words=_TEXTS, attached=_TEXTS, in_inches=_INCHES)
_SCHEMA = _record(
    "name verified sources makers kinds diameters",
    name=_TEXT,
    verified={"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "a day"},
    sources=_named(_TEXT),
    makers=_named(_MAKER),
    kinds=_named(_KIND),
    diameters=_record(
        "least_in most_in units", least_in=_INCHES, most_in=_INCHES, units=_named(_UNIT)
    ),
)


@dataclass(frozen=True)
class Cymbal:
    """A cymbal as far as a text names it; what it leaves open is None. `diameter_in` in inches."""

    maker: str | None = None
    series: str | None = None
    kind: str | None = None
    diameter_in: float | None = None

    def may_be(self, other: "Cymbal") -> bool:
        """Whether both may be one cymbal: they differ in nothing that both say."""
        return (
            (self.maker is None or other.maker is None or self.maker == other.maker)
            and (self.series is None or other.series is None or self.series == other.series)
            and (self.kind is None or other.kind is None or self.kind == other.kind)
            and (
                self.diameter_in is None
                or other.diameter_in is None
                or self.diameter_in == other.diameter_in
            )
        )

    def in_words(self) -> str:
        """For people: ``Zildjian A Custom crash, 16 in``."""
        names = [self.maker, self.series, self.kind]
        size = [] if self.diameter_in is None else [f"{self.diameter_in:.3g} in"]
        return ", ".join([" ".join(filter(None, names)), *size]).removeprefix(", ")


@dataclass(frozen=True)
class Naming:
    """The cymbals that one text names, in its order.

    `is_clear` is False where it names some and does not say how many: ``two Zildjian crashes``.
    """

    cymbals: tuple[Cymbal, ...] = ()
    is_clear: bool = True


NOTHING = Naming()


@dataclass(frozen=True)
class CymbalWords:
    """Words that `read_cymbal_words` has checked.

    `entries` gives, by spelling without blanks, all that it may mean: section, entry, maker.
    `kinds` gives the family of each kind. `measure` finds a number with its unit, and `in_inches`
    has each unit's length; `sizes` are the least and the largest diameter in inches.
    """

    entries: Mapping[str, tuple[tuple[str, str, str], ...]]
    kinds: Mapping[str, str | None]
    weak: frozenset[str]
    alone: frozenset[tuple[str, str]]
    measure: re.Pattern
    in_inches: Mapping[str, float]
    sizes: tuple[float, float]
    longest: int

    def of_family(self, cymbals: Iterable[Cymbal], family: str) -> list[Cymbal]:
        """Those whose kind is of a family of the taxonomy."""
        return [cymbal for cymbal in cymbals if self.kinds.get(cymbal.kind) == family]


@dataclass(frozen=True)
class _Match:
    section: str
    entry: str
    maker: str
    start: int
    end: int


def read_cymbal_words(
    document, where: str = "cymbal_words.yaml", families: Collection[str] = ()
) -> CymbalWords:
    """Check the words.

    Parameters
    ----------
    document : mapping
        Of the form of `resources/crash/cymbal_words.yaml`, which explains it.
    where : str
        What to call it in messages.
    families : collection of str, optional
        Families of the taxonomy, of which a kind may name one; any, if not given.

    Raises
    ------
    ValueError
        If it has another form, a maker names a source that is not declared, a kind another family,
        a word stands in two entries, or the sizes do not rise; the message names file and key.
    """
    check_document(document, _SCHEMA, where)
    makers, kinds, sizes = document["makers"], document["kinds"], document["diameters"]
    for kind, row in kinds.items():
        if families and row["family"] is not None and row["family"] not in families:
            allowed = ", ".join(sorted(families))
            place = f"{where}: kinds: {kind}: family"
            raise ValueError(f"{place}: got {row['family']!r}; allowed: {allowed}, or null")
    for maker, row in makers.items():
        unknown = [name for name in row["sources"] if name not in document["sources"]]
        if unknown:
            declared = ", ".join(document["sources"])
            place = f"{where}: makers: {maker}: sources"
            raise ValueError(f"{place}: got {unknown[0]!r}; declared: {declared}")
    if sizes["least_in"] >= sizes["most_in"]:
        raise ValueError(
            f"{where}: diameters: least_in: got {sizes['least_in']}; allowed: below most_in, "
            f"{sizes['most_in']}"
        )
    entries: dict[str, list[tuple[str, str, str]]] = {}
    places: dict[tuple[str, str], str] = {}
    longest = 1
    for place, section, entry, maker, words in _all_words(makers, kinds):
        for word in words:
            parts = _divide(word)
            spelling = "".join(parts)
            if not parts:
                raise ValueError(f"{where}: {place}: {word!r} has no letter and no digit")
            # Two makers may call a series alike; nothing else has one word for two things.
            owner = places.setdefault((spelling, maker if section == SERIES else ""), place)
            if owner != place:
                raise ValueError(f"{where}: {place}: {word!r} stands in {owner} too")
            entries.setdefault(spelling, []).append((section, entry, maker))
            longest = max(longest, len(parts))
    unit_of, measure = _units(sizes["units"], where)
    return CymbalWords(
        entries={spelling: tuple(rows) for spelling, rows in entries.items()},
        kinds={kind: row["family"] for kind, row in kinds.items()},
        weak=frozenset(maker for maker, row in makers.items() if row.get("weak")),
        alone=frozenset(
            (maker, series)
            for maker, row in makers.items()
            for series, words in row["series"].items()
            if words.get("alone")
        ),
        measure=measure,
        in_inches=unit_of,
        sizes=(sizes["least_in"], sizes["most_in"]),
        longest=longest,
    )


def find_cymbals(text: str, words: CymbalWords) -> Naming:
    """The cymbals that a text names.

    Examples
    --------
    >>> document = {
    ...     "name": "words", "verified": "2026-11-29", "sources": {"ear": "heard"},
    ...     "makers": {"Sabian": {"words": ["sabian"], "sources": ["ear"], "series": {}}},
    ...     "kinds": {"crash": {"words": ["crash"], "several": [], "family": "crash"}},
    ...     "diameters": {"least_in": 6, "most_in": 30, "units": {
    ...         "inch": {"words": ["inch"], "attached": ["in"], "in_inches": 1.0}}},
    ... }
    >>> words = read_cymbal_words(document)
    >>> find_cymbals("SabianCrash_18in-03", words).cymbals[0].in_words()
    'Sabian crash, 18 in'
    >>> find_cymbals("Cymbal Crash 18", words).cymbals
    ()
    """
    naming = _one_text(text, words)
    if naming.is_clear:
        return naming
    parts = [_one_text(part, words) for part in _BETWEEN.split(text)]
    apart = [cymbal for part in parts for cymbal in part.cymbals]
    is_clear = len(parts) > 1 and all(part.is_clear for part in parts) and len(apart) > 1
    if is_clear and all(cymbal.kind is not None for cymbal in apart):
        return Naming(tuple(apart))
    return naming


def kind_in(text: str, words: CymbalWords) -> str | None:
    """The one kind of cymbal that a text has a word for, whether or not it names a cymbal."""
    matches = _match(_divide(text), words)
    kinds = {match.entry for match in matches if match.section in (KIND, SEVERAL)}
    return kinds.pop() if len(kinds) == 1 else None


def distinct_cymbals(cymbals: Iterable[Cymbal]) -> list[Cymbal]:
    """The fewest cymbals that texts can mean: one that may be another one counts with it.

    Those that say most come first, and of equally many the names decide.
    """

    def rank(cymbal: Cymbal) -> tuple:
        values = [getattr(cymbal, name) for name in cymbal.__match_args__]
        return sum(value is None for value in values), [str(value) for value in values]

    apart: list[Cymbal] = []
    for cymbal in sorted(set(cymbals), key=rank):
        if not any(cymbal.may_be(other) for other in apart):
            apart.append(cymbal)
    return apart


def _all_words(makers: Mapping, kinds: Mapping) -> Iterable[tuple[str, str, str, str, list[str]]]:
    """Place, section, entry, maker and words of everything that a text may name."""
    for maker, row in makers.items():
        yield f"makers: {maker}: words", MAKER, maker, maker, row["words"]
        for series, inner in row["series"].items():
            place = f"makers: {maker}: series: {series}: words"
            yield place, SERIES, series, maker, inner["words"]
    for kind, row in kinds.items():
        yield f"kinds: {kind}: words", KIND, kind, "", row["words"]
        yield f"kinds: {kind}: several", SEVERAL, kind, "", row["several"]


def _units(units: Mapping, where: str) -> tuple[dict[str, float], re.Pattern]:
    """Inches by word of every unit, and what finds a number that one of them follows."""
    in_inches: dict[str, float] = {}
    for name, row in units.items():
        for word in [*row["words"], *row["attached"]]:
            if word.casefold() in in_inches:
                place = f"{where}: diameters: units: {name}"
                raise ValueError(f"{place}: {word!r} stands there or in another unit too")
            in_inches[word.casefold()] = row["in_inches"]
    spaced = [word for row in units.values() for word in row["words"]]
    attached = [word for row in units.values() for word in row["attached"]]
    choices = "|".join(
        f"{gap}(?:{'|'.join(re.escape(word) for word in sorted(group, key=len, reverse=True))})"
        for gap, group in (("[ -]?", spaced), ("-?", attached))
        if group
    )
    # Letters on both sides of a unit would make it a part of a word.
    pattern = rf"(?<![\d.,])(\d{{1,3}}(?:[.,]\d{{1,2}})?)({choices})(?![^\W\d_])"
    return in_inches, re.compile(pattern, re.IGNORECASE)


def _divide(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return [part.casefold() for run in _RUN.findall(text) for part in _CAMEL.split(run)]


def _one_text(text: str, words: CymbalWords) -> Naming:
    """What a text names if it is not divided."""
    sizes: list[float] = []

    def take(match: re.Match) -> str:
        length = words.in_inches[match[2].lstrip(" -").casefold()]
        inches = float(match[1].replace(",", ".")) * length
        inches = round(inches, 2 if length == 1 else None)
        if not words.sizes[0] <= inches <= words.sizes[1]:
            return match[0]
        sizes.append(float(inches))
        return " "

    is_multiple = _TIMES.search(text) is not None
    parts = _divide(words.measure.sub(take, text))
    matches = _match(parts, words)
    makers = _makers(matches, words)
    kinds = list(dict.fromkeys(m.entry for m in matches if m.section in (KIND, SEVERAL)))
    bare = [] if sizes else _bare_size(parts, matches, words)
    sizes = list(dict.fromkeys([*sizes, *bare]))
    strong = [maker for maker in makers if maker not in words.weak or kinds or sizes]
    if not strong and not (sizes and kinds):
        return NOTHING
    series = list(dict.fromkeys(m.entry for m in _series(matches, strong, words)))
    cymbal = Cymbal(
        strong[0] if len(strong) == 1 else None,
        series[0] if len(strong) == len(series) == 1 else None,
        kinds[0] if len(kinds) == 1 else None,
        sizes[0] if len(sizes) == 1 else None,
    )
    if len(kinds) > 1 or len(strong) > 1 or is_multiple:
        return Naming((cymbal,), is_clear=False)
    if len(sizes) > 1:
        return Naming(tuple(replace(cymbal, diameter_in=size) for size in sizes), bool(kinds))
    is_several = any(match.section == SEVERAL for match in matches)
    return Naming((cymbal,), is_clear=not is_several)


def _match(parts: list[str], words: CymbalWords) -> list[_Match]:
    """All that the words of a text may mean, from left to right, at each place the longest."""
    matches: list[_Match] = []
    start = 0
    while start < len(parts):
        for end in range(min(start + words.longest, len(parts)), start, -1):
            rows = words.entries.get("".join(parts[start:end]), ())
            if rows:
                matches += [_Match(*row, start, end) for row in rows]
                start = end
                break
        else:
            start += 1
    return matches


def _makers(matches: list[_Match], words: CymbalWords) -> list[str]:
    """The makers that are named, or told by a series of their own, in the order of the text."""
    return list(
        dict.fromkeys(
            match.maker
            for match in matches
            if match.section == MAKER or (match.maker, match.entry) in words.alone
            if match.section in (MAKER, SERIES)
        )
    )


def _series(matches: list[_Match], makers: list[str], words: CymbalWords) -> list[_Match]:
    """The series that count: of a maker that is named, and if short right beside its name."""
    named = [match for match in matches if match.section == MAKER]
    return [
        match
        for match in matches
        if match.section == SERIES and match.maker in makers
        if (match.maker, match.entry) in words.alone
        or match.end - match.start > 1
        or len(match.entry) > _SHORT
        or any(match.start == other.end or match.end == other.start for other in named)
    ]


def _bare_size(parts: list[str], matches: list[_Match], words: CymbalWords) -> list[float]:
    """A number without a unit between the maker and the kind, if there is just one."""
    makers = [match.end for match in matches if match.section == MAKER]
    kinds = [match.start for match in matches if match.section in (KIND, SEVERAL)]
    if not makers or not kinds or makers[0] >= kinds[-1]:
        return []
    taken = {n for match in matches for n in range(match.start, match.end)}
    numbers = [
        float(parts[n])
        for n in range(makers[0], kinds[-1])
        if n not in taken and parts[n].isascii() and parts[n].isdecimal() and len(parts[n]) == 2
    ]
    within = [size for size in numbers if words.sizes[0] <= size <= words.sizes[1]]
    return within if len(numbers) == 1 else []
