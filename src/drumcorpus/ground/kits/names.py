"""What the instruments of a kit are, by what they are called: proposals that a person may correct.

The patterns are data (`resources/kits/instrument_words.yaml`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from drumcorpus.ground.kits.shots import Instrument, SampledKit
from drumcorpus.taxonomy import Taxonomy

ASK = "?"  # in the place of a label: it is the user's to say
_COUNTED = re.compile(r" \(\d+\)$")  # as `shots.named_apart` tells equal names apart
_Body = tuple[str, str]  # name of a cymbal, without how it is struck, and the label of its note
_NUMBER = re.compile(r"^ ?([1-9])\b(?! ?(?:in|inch|inches|zoll)\b)")


@dataclass(frozen=True)
class Words:
    """Patterns of names, and what answers or silences what."""

    labels: tuple[tuple[re.Pattern, str | None], ...]
    numbered: str  # the label whose cymbals are told apart by number
    or_else: tuple[re.Pattern, ...]
    ways_to_strike: frozenset[str]
    tells_apart: frozenset[str]
    instead: Mapping[str, list[str]]
    silences: Mapping[str, list[str]]
    grabbed: frozenset[str]  # families


def make_words(document: Mapping, taxonomy: Taxonomy, *, name: str = "words") -> Words:
    """The words of a document.

    Raises
    ------
    ValueError
        If it names a label that the taxonomy has not.
    """
    numbered = document["numbered"]
    words = Words(
        tuple((re.compile(pattern), label) for pattern, label in document["labels"]),
        numbered["label"],
        tuple(map(re.compile, numbered["or_else"])),
        frozenset(numbered["ways_to_strike"]),
        frozenset(numbered["tells_apart"]),
        document["instead"],
        document["silences"],
        frozenset(document["grabbed"]),
    )
    used = {label for _, label in words.labels if label} | {words.numbered}
    for table in (words.instead, words.silences):
        used |= {*table, *(label for labels in table.values() for label in labels)}
    if unknown := sorted(used - set(taxonomy.labels)):
        raise ValueError(f"{name}: no labels: {', '.join(unknown)}")
    if unknown := sorted(words.grabbed - set(taxonomy.families.values())):
        raise ValueError(f"{name}: grabbed: no families: {', '.join(unknown)}")
    return words


def grabbed_bodies(words: Words, taxonomy: Taxonomy) -> dict[str, str]:
    """What a hand grabs of each label of a cymbal: a numbered one alone, else all of its family."""
    return {
        label: label if label in taxonomy.cymbals else family
        for label, family in taxonomy.families.items()
        if family in words.grabbed
    }


def plain_name(name: str) -> str:
    """A name as the patterns see it.

    Examples
    --------
    >>> plain_name("BassDrum"), plain_name("crash16inch--2"), plain_name("Tom_Hi (2)")
    ('bass drum', 'crash 16 inch 2', 'tom hi')
    """
    name = _COUNTED.sub("", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", name)
    return " ".join(re.sub(r"[\W_]+", " ", name.casefold()).split())


def propose_labels(
    kit: SampledKit, words: Words, taxonomy: Taxonomy, own_notes: Mapping[int, str]
) -> dict[str, str | None]:
    """The label of every instrument by its name: ASK where that is the user's to say, or None.

    Parameters
    ----------
    own_notes : mapping of int to str
        What the notes mean by which the kit calls its instruments; asked where a name says nothing,
        and which of several cymbals is which. Of a kit of Hydrogen they are not asked, for its
        notes are numbers of places.
    """
    if kit.form == "hydrogen":
        own_notes = {}
    labels = {
        instrument.name: _label(instrument, words, taxonomy, own_notes)
        for instrument in kit.instruments
    }
    cymbals = taxonomy.cymbal_labels(words.numbered)
    bodies: dict[_Body, list[Instrument]] = {}
    for instrument in kit.instruments:
        if labels[instrument.name] in cymbals:
            of_note = own_notes.get(instrument.own_note, "")
            text = " ".join(p for p in _parts(instrument) if p not in words.ways_to_strike)
            body = (text, of_note if of_note in cymbals else "")
            bodies.setdefault(body, []).append(instrument)
    numbers = _numbers(bodies, words, cymbals, labels)
    for body, instruments in bodies.items():
        labels |= {instrument.name: numbers[body] for instrument in instruments}
        if len({tuple(_parts(instrument)) for instrument in instruments}) < len(instruments):
            # Equal names, and no way to strike that tells them apart: one cymbal or two?
            labels |= {instrument.name: ASK for instrument in instruments[1:]}
    return labels


def _label(
    instrument: Instrument, words: Words, taxonomy: Taxonomy, own_notes: Mapping[int, str]
) -> str | None:
    exact = instrument.name.casefold().replace(" ", "_").replace("-", "_")
    if exact in taxonomy.families or exact in taxonomy.aliases:
        return taxonomy.aliases.get(exact, exact)
    plain = plain_name(instrument.name)
    for pattern, label in words.labels:
        if pattern.search(plain):
            if label is None:
                return None
            is_numbered = any(
                pattern.search(plain) for pattern, label in words.labels if label == words.numbered
            )
            if is_numbered and any(other.search(plain) for other in words.or_else):
                return ASK
            return label
    return own_notes.get(instrument.own_note)


def _parts(instrument: Instrument) -> list[str]:
    """The words of a name, without the note before it."""
    parts = plain_name(instrument.name).split()
    has_note = instrument.own_note is not None and parts[:1] == [str(instrument.own_note)]
    return parts[1:] if has_note else parts


def _numbers(
    bodies: Mapping[_Body, list[Instrument]],
    words: Words,
    cymbals: list[str],
    labels: Mapping[str, str | None],
) -> dict[_Body, str]:
    """The label of each cymbal: as its name numbers it, or its note does, else in the kit's order.

    ASK where no label is left, or nothing says that it is another one than those before it.
    """
    stated: dict[_Body, str | None] = {}
    for body, instruments in bodies.items():
        label = labels[instruments[0].name]
        if label == words.numbered:
            match = _NUMBER.match(body[0].partition(plain_name(words.numbered))[2])
            of_name = cymbals[int(match[1]) - 1] if match and int(match[1]) <= len(cymbals) else ""
            label = of_name or body[1] or None
        if label in stated.values():
            label = None
        if label is None and not all(_are_two(body, other, words) for other in stated):
            label = ASK
        stated[body] = label
    left = [label for label in cymbals if label not in stated.values()]
    return {body: label or (left.pop(0) if left else ASK) for body, label in stated.items()}


def _are_two(body: _Body, other: _Body, words: Words) -> bool:
    """Whether the names of two cymbals, or their notes, tell them apart."""
    if body[1] and other[1] and body[1] != other[1]:
        return True
    differing = set(body[0].split()) ^ set(other[0].split())
    return any(part.isdecimal() or part in words.tells_apart for part in differing)
