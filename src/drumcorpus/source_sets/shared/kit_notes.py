"""Notes on a kit, as they lie beside its sounds: which cymbal is heard where, and which there are.

Three forms are read; what else lies there is no note. `sounds` are the names of the sound files
without their endings, and `*` and `?` stand for any characters and for one.

- CSV with a column `cymbal` or `maker`: one row a sound, or a cymbal where `file` is empty. Columns
  are `file`, `cymbal` (its number from 1, or a name), `maker`, `model`, `diameter`.
- YAML with a list `cymbals`: each with some of `number`, `name`, `kind`, `maker`, `model`,
  `diameter` and `files`.
- Text, line by line: ``Cymbal Crash 1-12, 14: Zildjian A Custom crash, 16"``, or a number
  (``Cymbal Crash 13: cymbal 2``) where the left side names sounds; any other line that names a
  cymbal says that there is one. All else is prose.

Numbers are those of the notes. Where they give none, cymbals of a kind are numbered from the
largest to the smallest, which is from low to high, and equally large ones as the notes have them.
A note that contradicts itself, or names a sound that is not there, is not used at all.
"""

import csv
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from drumcorpus.ground.files.cymbal_names import (
    NOTHING,
    Cymbal,
    CymbalWords,
    distinct_cymbals,
    find_cymbals,
    kind_in,
    read_cymbal_words,
)
from drumcorpus.ground.files.documents import (
    decode_text,
    parse_csv,
    parse_yaml,
    text_lines,
    yaml_lines,
)
from drumcorpus.ground.files.limits import KIT_NOTES_BYTES, KIT_NOTES_STATEMENTS
from drumcorpus.ground.files.paths import printable
from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.vocabulary import ANNOTATION, TOO_LARGE, UNREADABLE_NOTES

SUFFIXES = (".csv", ".yaml", ".yml", ".txt", ".md")
# Text files that people write have these names without an ending.
BARE_NAMES = ("readme", "notes")
N_SHOWN = 12  # cymbals that the notes of a session name

_COLUMNS = ("file", "cymbal", "maker", "model", "diameter")
_KEYS = ("number", "name", "kind", "maker", "model", "diameter", "files")
_DELIMITERS = ",;\t"
_SIDES = re.compile(r"^\s*(?:[-*•]\s+)?(.+?)\s*(?::|=|\t)\s*(.+?)\s*$")
_RANGE = re.compile(r"^(.*?)(\d{1,4})\s*(?:-|\u2013|\.\.|to)\s*(\d{1,4})$")
_NUMBER = re.compile(r"^(?:[^\W\d_]+ |#|no\. ?)?(\d{1,2})(?:$|[,;:.)] *)(.*)$", re.IGNORECASE)
_BARE_SIZE = re.compile(r"^\d{1,2}(?:[.,]\d{1,2})?$")
_SOUND_SUFFIX = re.compile(r"\.(?:wave?|flac|aiff?|aifc)$", re.IGNORECASE)
_LISTED_SOUND = re.compile(r"\.(?:wave?|flac|aiff?|aifc|mp3|ogg)\b", re.IGNORECASE)
_LAST_DIGITS = re.compile(r"[\s_-]*\d+$")
_LARGEST_NUMBER = 99  # what is beyond is no number of a cymbal


@dataclass(frozen=True)
class KitNotes:
    """What the notes on one kit say.

    `numbers` gives the cymbal, from 1 within its family, by sound; `counts` how many there are, by
    family of the taxonomy, where the notes say so; `named` are the cymbals in words.
    """

    numbers: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Row:
    """One statement: these sounds, if any, are of this cymbal; `key` is what it is known by."""

    where: str
    sounds: tuple[str, ...]
    cymbal: Cymbal
    number: int | None = None
    key: str | None = None
    is_clear: bool = True


def is_kit_note(path: str) -> bool:
    """Whether a file may be a note on a kit, by its name."""
    name = PurePosixPath(path.lower())
    return name.suffix in SUFFIXES or name.name in BARE_NAMES


def add_kit_notes(
    survey: Survey,
    session: dict,
    beside: Iterable[str],
    files: Mapping[str, RawFile],
    read: Callable[[str], bytes],
    options: Mapping,
) -> dict:
    """The session with the notes on its kit that say something and can be used.

    They become annotations of the session, which rests on them. One that cannot be used is
    refused: `too_large`, of which nothing is read, or `unreadable_notes`, with file and line.

    Parameters
    ----------
    survey : Survey
        Gets roles, owners and refusals.
    session : dict
        `support_paths` are its sounds.
    beside : iterable of str
        Files that lie with them.
    files : mapping of str to RawFile
    read : callable
        The content of a file by its path.
    options : mapping
        `cymbal_words`, a document for `read_cymbal_words`; without it no note is read.
    """
    if "cymbal_words" not in options:
        return session
    words = read_cymbal_words(options["cymbal_words"])
    session_id, sounds = session["session_id"], _sounds(session["support_paths"])
    rows: list[_Row] = []
    paths, notes = [], []
    for path in sorted(filter(is_kit_note, beside)):
        survey.owners[path] = session_id
        reason = TOO_LARGE
        try:
            KIT_NOTES_BYTES.check(files[path].bytes, path)
            reason = UNREADABLE_NOTES
            own = _read_rows(read(path), path, sounds, words)
            _combine([*rows, *own], words)
        except ValueError as error:
            survey.refusals.append(Refusal(path, reason, str(error), session_id))
            continue
        if own:
            rows += own
            paths.append(path)
            survey.roles[path] = ANNOTATION
            notes.append(f"{PurePosixPath(path).name}: on the kit: {_shown(_in_words(own))}")
    return session | {
        "support_paths": [*session["support_paths"], *paths],
        "notes": [*session["notes"], *notes],
    }


def read_kit_notes(
    contents: Mapping[str, bytes], sounds: Iterable[str], words: CymbalWords
) -> KitNotes:
    """What the notes on one kit say together.

    Parameters
    ----------
    contents : mapping of str to bytes
        The files by their paths.
    sounds : iterable of str
        Paths of the sounds.
    words : CymbalWords

    Raises
    ------
    ValueError
        If a note contradicts itself or another one, or names a sound that is not there; the
        message begins with file and line.
    """
    names = _sounds(sounds)
    rows = [
        row for path in sorted(contents) for row in _read_rows(contents[path], path, names, words)
    ]
    return _combine(rows, words)


def _sounds(paths: Iterable[str]) -> dict[str, list[str]]:
    """The names of the sounds of these paths, in order, by how notes may spell them."""
    sounds: dict[str, list[str]] = {}
    for name in sorted({PurePosixPath(path).stem for path in paths}):
        sounds.setdefault(_plain(name), []).append(name)
    return sounds


def _read_rows(
    data: bytes, where: str, sounds: Mapping[str, list[str]], words: CymbalWords
) -> list[_Row]:
    """The statements of one file; none where it is no note on cymbals."""
    if "\0" in decode_text(data):
        raise ValueError(f"{where}:1: not text: it holds bytes of value 0")
    suffix, n_statements = PurePosixPath(where.lower()).suffix, 0
    read = _rows_of_text
    if suffix in (".csv", ".yaml", ".yml"):
        read = _rows_of_csv if suffix == ".csv" else _rows_of_yaml
    rows = []
    for row in read(data, where, sounds, words):
        n_statements += 1 + len(row.sounds)
        KIT_NOTES_STATEMENTS.check(n_statements, row.where)
        rows.append(row)
    return rows


def _rows_of_csv(data, where, sounds, words) -> Iterator[_Row]:
    first = next((line for line in text_lines(data, where) if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        header = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise ValueError(f"{where}:1: not CSV: {error}") from error
    columns = {name.strip().casefold(): name for name in header}
    if not {"cymbal", "maker"} & columns.keys():
        return
    given = {name: columns[name] for name in _COLUMNS if name in columns}
    for line, cells in parse_csv(data, list(given.values()), where, delimiter=delimiter):
        values = {name: cells[column].strip() for name, column in given.items()}
        place = f"{where}:{line}"
        name = values.pop("file", "")
        if not any(values.values()):
            if name:
                raise ValueError(f"{place}: {name!r} has no cymbal; fill in cymbal, maker or model")
            continue
        own = _named_sounds(name, sounds, place) if name else ()
        number, key = _number_or_name(values.pop("cymbal", ""), place)
        yield _row(place, own, number, key, "", values, words)


def _rows_of_yaml(data, where, sounds, words) -> Iterator[_Row]:
    document = parse_yaml(data, where)
    if not isinstance(document, dict) or "cymbals" not in document:
        return
    lines = yaml_lines(data)
    entries = document["cymbals"]
    if not isinstance(entries, list):
        line = lines["cymbals",]
        raise ValueError(f"{where}:{line}: cymbals: got {_short(entries)}; wanted: a list")
    for place, entry in enumerate(entries):
        line = f"{where}:{lines['cymbals', place]}"
        if not isinstance(entry, dict) or not entry:
            wanted = f"some of {', '.join(_KEYS)}"
            raise ValueError(f"{line}: cymbals: got {_short(entry)}; wanted: {wanted}")
        unknown = [key for key in entry if key not in _KEYS]
        if unknown:
            allowed = ", ".join(_KEYS)
            raise ValueError(f"{line}: got the key {_short(unknown[0])}; allowed: {allowed}")
        names = entry.get("files") or []
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list):
            raise ValueError(f"{line}: files: got {_short(names)}; wanted: a list of names")
        names = [_text(name, "files", line) for name in names]
        own = [sound for name in names for sound in _named_sounds(name, sounds, line)]
        number = entry.get("number")
        if number is not None:
            _check_number(number, line)
        values = {
            key: _text(entry[key], key, line)
            for key in ("name", "kind", "maker", "model", "diameter")
            if entry.get(key) is not None
        }
        key, kind = values.pop("name", None), values.pop("kind", "")
        yield _row(line, own, number, key, kind, values, words)


def _rows_of_text(data, where, sounds, words) -> Iterator[_Row]:
    bases = {base for plain in sounds if (base := _base(plain)) != plain}
    for number, line in enumerate(text_lines(data, where), start=1):
        place = f"{where}:{number}"
        sides = _SIDES.match(line)
        own = _sounds_of_line(sides[1], sounds, bases) if sides else None
        if own is not None:
            cymbal_number, text = _split_number(sides[2], place)
            naming = find_cymbals(text, words)
            if cymbal_number is None and not naming.cymbals:
                continue  # prose: `Crash 1: with two microphones`
            if isinstance(own, str):
                raise ValueError(f"{place}: {own}")
            if len(naming.cymbals) > 1 or not naming.is_clear:
                raise ValueError(
                    f"{place}: got {_short(text)}; wanted: one cymbal, for each sound is of one"
                )
            (cymbal,) = naming.cymbals or (Cymbal(),)
            yield _Row(place, tuple(own), cymbal, cymbal_number)
            continue
        # A list of files says no more of the kit than the names of the files.
        naming = NOTHING if _LISTED_SOUND.search(line) else find_cymbals(line, words)
        for cymbal in naming.cymbals:
            if cymbal.kind is not None:
                yield _Row(place, (), cymbal, is_clear=naming.is_clear)


def _row(where, sounds, number, key, kind, values: Mapping[str, str], words) -> _Row:
    """A row of its cells: maker, model and diameter as far as they are there."""
    size = "".join(values.get("diameter", "").split())
    if _BARE_SIZE.match(size):
        size = f"{size}inch"
    texts = [values.get("maker", ""), values.get("model", ""), kind, size]
    naming = find_cymbals(" ".join(filter(None, texts)), words)
    if len(naming.cymbals) > 1:
        raise ValueError(f"{where}: got {_short(' '.join(texts))}; wanted: one cymbal")
    (cymbal,) = naming.cymbals or find_cymbals(key or "", words).cymbals[:1] or (Cymbal(),)
    if size and cymbal.diameter_in is None:
        low, high = (f"{value:g}" for value in words.sizes)
        raise ValueError(
            f"{where}: diameter: got {_short(values['diameter'])}; wanted: {low} to {high}, in "
            f"inches, or with a unit (16 in, 40 cm)"
        )
    return _Row(
        where,
        tuple(sounds),
        Cymbal(
            cymbal.maker or values.get("maker") or None,
            cymbal.series or values.get("model") or None,
            cymbal.kind or kind_in(" ".join([kind, values.get("model", ""), key or ""]), words),
            cymbal.diameter_in,
        ),
        number,
        key,
    )


def _combine(rows: Sequence[_Row], words: CymbalWords) -> KitNotes:
    """Number the cymbals of each family, and count them."""
    families = [_family(row, words) for row in rows]
    placed: dict[tuple, list[_Row]] = {}
    for row, family in zip(rows, families, strict=True):
        if row.sounds and family is not None:
            placed.setdefault((family, _identity(row)), []).append(row)
    numbers: dict[str, int] = {}
    lines: dict[str, str] = {}
    for family in sorted({family for family, _ in placed}):
        groups = [group for (own, _), group in placed.items() if own == family]
        for number, group in _numbered(groups):
            for row in group:
                for sound in row.sounds:
                    if numbers.setdefault(sound, number) != number:
                        raise ValueError(
                            f"{row.where}: {sound!r} is of cymbal {number}, and of cymbal "
                            f"{numbers[sound]} in {lines[sound]}; leave one of the two out"
                        )
                    lines.setdefault(sound, row.where)
    return KitNotes(numbers, _counts(rows, families), _in_words(rows))


def _identity(row: _Row) -> tuple:
    """What tells the cymbal of a row from others: its number, else its name, else all of it."""
    if row.number is not None:
        return ("number", row.number)
    return ("name", row.key.casefold()) if row.key else ("cymbal", row.cymbal)


def _family(row: _Row, words: CymbalWords) -> str | None:
    """The family of a row's cymbal: that of its kind, or else of what all its sounds are called.

    None where a kind leaves it open, such as a crash ride.
    """
    stated = words.kinds.get(row.cymbal.kind)
    told = {kind: sound for sound in row.sounds if words.kinds.get(kind := kind_in(sound, words))}
    for kind, sound in told.items():
        if stated is not None and stated != words.kinds[kind]:
            raise ValueError(
                f"{row.where}: {sound!r} is a {kind} by its name, and a {row.cymbal.kind} here; "
                "correct one of the two"
            )
    if stated is not None or row.cymbal.kind is not None or not row.sounds:
        return stated
    families = {words.kinds[kind] for kind in told}
    if len(families) != 1:
        of_several = f"its sounds are {' and '.join(sorted(told))}" if told else "nothing says it"
        raise ValueError(f"{row.where}: which kind of cymbal: {of_several}; write crash, ride, …")
    return next(iter(families))


def _numbered(groups: list[list[_Row]]) -> list[tuple[int, list[_Row]]]:
    """The cymbals of one family with their numbers."""
    for group in groups:
        different = {row.cymbal: row for row in reversed(group)}
        for row in different.values():
            other = next((r for r in different.values() if not row.cymbal.may_be(r.cymbal)), None)
            if other is not None:
                row, other = sorted((row, other), key=group.index, reverse=True)
                raise ValueError(
                    f"{row.where}: cymbal {row.number or row.key} is {row.cymbal.in_words()}, and "
                    f"{other.cymbal.in_words()} in {other.where}"
                )
    stated = [group[0].number for group in groups]
    if None not in stated:
        return sorted(zip(stated, groups, strict=True), key=lambda pair: pair[0])
    if any(number is not None for number in stated):
        row = groups[stated.index(None)][0]
        raise ValueError(f"{row.where}: this cymbal has no number, and others have; give all one")
    for at, group in enumerate(groups):
        for earlier in groups[:at]:
            alike = group[0].cymbal.may_be(earlier[0].cymbal)
            if alike and not (group[0].key and earlier[0].key):
                raise ValueError(
                    f"{group[0].where}: this may be the cymbal of {earlier[0].where}; give both a "
                    "number, or say of both what tells them apart"
                )

    def size(group: list[_Row]) -> float:
        sizes = [r.cymbal.diameter_in for r in group if r.cymbal.diameter_in is not None]
        return -max(sizes, default=-math.inf)

    return list(enumerate(sorted(groups, key=size), start=1))


def _counts(rows: Sequence[_Row], families: Sequence[str | None]) -> dict[str, int]:
    """How many cymbals there are, by family; nothing of one where a statement leaves it open."""
    unclear = {
        family
        for row, family in zip(rows, families, strict=True)
        if not row.is_clear or family is None
    }
    if None in unclear:
        return {}
    counts = {}
    for family in sorted(set(families) - unclear):
        own = [row for row, other in zip(rows, families, strict=True) if other == family]
        # What has a name, a number or a sound is a cymbal of its own, however it is described.
        named = {_identity(row) for row in own if row.sounds or row.key or row.number}
        counts[family] = max(len(named), len(distinct_cymbals(row.cymbal for row in own)))
    return counts


def _in_words(rows: Sequence[_Row]) -> tuple[str, ...]:
    """Every cymbal that is described, once, in the order of the notes."""
    return tuple(dict.fromkeys(row.cymbal.in_words() for row in rows if row.cymbal != Cymbal()))


def _shown(named: Sequence[str]) -> str:
    """The first of the cymbals in words, and how many are left."""
    if not named:
        return "which sounds are of one cymbal"
    more = [f"{len(named) - N_SHOWN} more"] if len(named) > N_SHOWN else []
    return "; ".join([*named[:N_SHOWN], *more])


def _named_sounds(name: str, sounds: Mapping[str, list[str]], where: str) -> list[str]:
    """The sounds that a name stands for; it must be one."""
    own = _find_sounds(name, sounds)
    if not own:
        raise ValueError(f"{where}: {printable(name)!r} is no sound beside these notes")
    return own


def _find_sounds(name: str, sounds: Mapping[str, list[str]]) -> list[str]:
    plain = _plain(_SOUND_SUFFIX.sub("", PurePosixPath(name.strip()).name))
    if plain in sounds or not set("*?") & set(plain):
        return sounds.get(plain, [])
    return [own for other, names in sounds.items() if _fits(other, plain) for own in names]


def _fits(name: str, pattern: str) -> bool:
    """Whether a name has a pattern of * and ?, in steps of at most both lengths multiplied."""
    at = own = 0
    star, after = -1, 0
    while own < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, after = at, own
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[own]):
            at, own = at + 1, own + 1
        elif star >= 0:
            after += 1
            at, own = star + 1, after
        else:
            return False
    return not pattern[at:].strip("*")


def _sounds_of_line(
    text: str, sounds: Mapping[str, list[str]], bases: Collection[str]
) -> list[str] | str | None:
    """The sounds that the left side of a line names; None where it is prose.

    A sentence where it names some, and one that is not there.
    """
    exact = _find_sounds(text, sounds)
    if exact:
        return exact
    own: list[str] = []
    missing, base = [], ""
    for part in re.split(r"\s*,\s*|\s+and\s+", text):
        part = f"{base} {part}".strip() if part[:1].isdigit() and base else part
        names = _spell_out(part)
        sounds_here = [sound for name in names for sound in _find_sounds(name, sounds)]
        if len(sounds_here) < len(names):
            is_near = _base(names[0]) in bases
            missing += [name for name in names if not _find_sounds(name, sounds)]
            if not is_near and not sounds_here:
                return None
        own += sounds_here
        base = _LAST_DIGITS.sub("", names[0])
    return f"{printable(missing[0])!r} is no sound beside these notes" if missing else own


def _spell_out(part: str) -> list[str]:
    """The names of a range such as ``Cymbal Crash 1-12``; any other is one name."""
    match = _RANGE.match(part)
    if match is None:
        return [part]
    first, last = int(match[2]), int(match[3])
    if not first < last <= first + 999:
        return [part]
    width = len(match[2]) if match[2].startswith("0") else 0
    return [f"{match[1]}{number:0{width}d}" for number in range(first, last + 1)]


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _base(name: str) -> str:
    """A name without the number at its end."""
    return _LAST_DIGITS.sub("", _plain(name))


def _number_or_name(text: str, where: str) -> tuple[int | None, str | None]:
    if not text.isascii() or not text.isdecimal():
        return None, text or None
    number = int(text[:9])
    _check_number(number, where)
    return number, None


def _split_number(text: str, where: str) -> tuple[int | None, str]:
    match = _NUMBER.match(text)
    if match is None:
        return None, text
    _check_number(int(match[1]), where)
    return int(match[1]), match[2]


def _check_number(number, where: str) -> None:
    if type(number) is not int or not 1 <= number <= _LARGEST_NUMBER:
        wanted = f"a whole number from 1 to {_LARGEST_NUMBER}"
        raise ValueError(f"{where}: cymbal: got {_short(number)}; wanted: {wanted}")


def _text(value, key: str, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{where}: {key}: got {_short(value)}; wanted: text")
    return str(value).encode("utf-8", "backslashreplace").decode().strip()


def _short(value) -> str:
    """A value as it stands, cut where it is long."""
    shown = repr(value).encode("utf-8", "backslashreplace").decode()
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
