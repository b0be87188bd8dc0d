"""The citations of the merged source sets as BibTeX, read from the words of their cards.

A card cites in words: authors, the title in quotes, then where it appeared, with the year. What has
another form becomes an entry with all of it as a note: nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NOTHING = re.compile(r"none\b", re.IGNORECASE)
_IN_WORDS = re.compile(r'(?P<authors>[^"]+), "(?P<title>[^"]+)"(?:,? (?P<where>.+))?', re.DOTALL)
_YEAR = re.compile(r"(?:, )?\b((?:19|20)\d\d)\b")
_DOI = re.compile(r"(?:, )?\bdoi:? ?(10\.[^\s{}]+?)[.,;]?(?=\s|$)", re.IGNORECASE)
_OTHERS = re.compile(r"(?:,| and)? et al\.?$")
_ARXIV = re.compile(r"(?:, )?\barXiv:(\d{4}\.\d{4,5})")
_JOURNAL = re.compile(r"\b(?:journal|transactions|letters|magazine)\b", re.IGNORECASE)
_PROCEEDINGS = re.compile(r"conference|workshop|symposium|proceedings", re.IGNORECASE)
# Words that begin a family name although they are written large.
_PARTICLES = ("De", "Della", "Di", "La", "Le", "Van", "Von")
# Combining accents and how TeX writes them.
_ACCENTS = {"\u0308": '"', "\u0301": "'", "\u0300": "`", "\u0302": "^", "\u0303": "~"} | {
    "\u0327": "c ",
    "\u030c": "v ",
    "\u030a": "r ",
}
_SPECIAL = {char: f"\\{char}" for char in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_LETTERS = {"ß": r"{\ss}", "ø": r"{\o}", "Ø": r"{\O}"}


@dataclass(frozen=True)
class Citation:
    """One entry of a bibliography; the values of `fields` are plain text."""

    kind: str
    key: str
    fields: Mapping[str, str]

    def bibtex(self) -> str:
        """The entry, without a final newline."""
        lines = [f"@{self.kind}{{{self.key},"]
        for name, value in self.fields.items():
            text = value if name in ("url", "doi", "eprint") else _tex(value)
            if name == "title":  # or BibTeX would write its capitals small
                text = f"{{{text}}}"
            elif name == "author":
                text = " and ".join(_author(each) for each in value.split(" and "))
            lines.append(f"  {name} = {{{text}}},")
        return "\n".join([*lines, "}"])


def citation_of(card: Mapping) -> Citation | None:
    """What to cite for a source set; None where its card says that there is nothing.

    Parameters
    ----------
    card : mapping
        With ``name``, which becomes the key, ``title``, ``version``, ``license``, ``citation`` and
        ``obtain``.

    Examples
    --------
    >>> card = {"name": "a", "title": "A", "version": "1", "license": "MIT", "obtain": "x"}
    >>> words = 'Ann Lee and Bo Du, "Drums", Conference on Sound (CS), 2019.'
    >>> print(citation_of(card | {"citation": words}).bibtex())
    @inproceedings{a,
      author = {Ann Lee and Bo Du},
      title = {{Drums}},
      booktitle = {Conference on Sound (CS)},
      year = {2019},
      note = {Data: A, version 1; licence: MIT},
    }
    """
    words = _one_line(card["citation"])
    if _NOTHING.match(words):
        return None
    note = f"Data: {card['title']}, version {card['version']}; licence: {card['license']}"
    address = {"url": found[0]} if (found := _addresses(card["obtain"])) else {}
    match = _IN_WORDS.fullmatch(words)
    if match is None:
        fields = {"title": card["title"], "note": f"{words} {note}"}
        return Citation("misc", card["name"], fields | address)
    where = (match["where"] or "").strip()
    found, kind = {}, "misc"
    for name, pattern in (("doi", _DOI), ("eprint", _ARXIV), ("year", _YEAR)):
        places = list(pattern.finditer(where))
        if places:
            found[name] = places[-1][1]
            where = where[: places[-1].start()] + where[places[-1].end() :]
    where = where.strip(" ,.;")
    published = {}
    if where:
        if _PROCEEDINGS.search(where):
            kind, field = "inproceedings", "booktitle"
        elif _JOURNAL.search(where) and "year" in found:
            kind, field = "article", "journal"
        else:
            kind, field = "misc", "howpublished"
        published = {field: where}
    if "eprint" in found:
        found["archiveprefix"] = "arXiv"
    authors = _OTHERS.sub(" and others", match["authors"].strip())
    authors = re.sub(r",? and |, ", " and ", authors)
    fields = {"author": authors, "title": match["title"], **published, **found, "note": note}
    return Citation(kind, card["name"], fields | address)


def bibliography(cards: Iterable[Mapping], of: str = "export") -> str:
    """`CITE.bib`: an entry per source set, by its name; sets without one stand as comments.

    Parameters
    ----------
    cards : iterable of mapping
        As of `citation_of`; a name that comes twice counts once.
    of : str
        What the source sets are of, for the first line.
    """
    by_name = {card["name"]: card for card in cards}
    parts = [f"% The source sets of this {of}, and their licences. Cite those that you use."]
    for name in sorted(by_name):
        card = by_name[name]
        citation = citation_of(card)
        if citation is not None:
            parts.append(citation.bibtex())
        else:
            what = f"{name}: {card['title']}, version {card['version']}; licence: {card['license']}"
            parts.append(f"% {_comment(what)}; no citation is known of.")
    return "\n\n".join(parts) + "\n"


def _addresses(text: str) -> list[str]:
    """The web addresses in a text, as far as they can stand within braces."""
    return [found.rstrip(".,;)") for found in re.findall(r"https?://[^\s;{}()]+", text)]


def _comment(text: str) -> str:
    """Text that no reader of BibTeX takes for an entry: of one line, without an at sign."""
    return _one_line(text).replace("@", "(at)")


def _one_line(text: str) -> str:
    """Text without line ends and what else does not print, its accents on their letters."""
    text = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _author(name: str) -> str:
    """One author, such that the family name is known where it has two words."""
    *given, last = name.split()
    if given and given[-1] in _PARTICLES:
        return f"{_tex(' '.join(given[:-1]))} {{{_tex(f'{given[-1]} {last}')}}}".strip()
    return _tex(name)


def _tex(text: str) -> str:
    """Text as TeX writes it in ASCII; letters that have no such form stay."""
    written = []
    for char in _one_line(text):
        base, *accents = unicodedata.normalize("NFD", char)
        if len(accents) == 1 and accents[0] in _ACCENTS and base.isascii():
            written.append(f"{{\\{_ACCENTS[accents[0]]}{base}}}")
        else:
            written.append(_SPECIAL.get(char) or _LETTERS.get(char, char))
    return "".join(written)
