"""Text that no path and no record can hold: told by name, before Python answers in its own words.

A shell passes no NUL on, but a config may have one by an escape, and so may what another program
writes or calls.
"""

from collections.abc import Iterable, Iterator, Mapping

from drumcorpus.ground.files.paths import visible

NUL = "holds a NUL character, which no path can"


def why_unusable(text: str) -> str:
    r"""Why a text can be neither path nor record, as a part of a sentence; empty where it can.

    Bytes of a name that are not UTF-8 (``\\udc80`` to ``\\udcff`` in Python) are those of a file
    system, and judged where the name is used.
    """
    if "\0" in text:
        return NUL
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):04X}"
        return f"holds {half}, half of a character that was written in two; write the whole one"
    return ""


def check_words(words: Iterable[str]) -> None:
    """Hold the words of a command line against what a path can be.

    Raises
    ------
    ValueError
        With the option that a word belongs to, where it stands behind one.
    """
    for where, text in named_words(words):
        if reason := why_unusable(text):
            raise ValueError(f"{where}: {visible(text)} {reason}")


def named_words(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(option or ``argument``, text) of each word of a command line that is no option itself.

    Only the first word behind an option is named by it: a second may be one of its own or not.
    """
    option = ""
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or why_unusable(name):
            yield option or "argument", word
            option = ""
        elif equals:
            option = ""
            yield name, value
        else:
            option = "" if word == "--" else word


def check_texts(document: object, name: str = "config") -> None:
    """Hold every text of a document, and every key, against what a path can be.

    Raises
    ------
    ValueError
        With the setting.
    """
    for where, text in _texts(document, f"{name}: "):
        if reason := why_unusable(text):
            raise ValueError(f"{visible(where)}: {visible(text)} {reason}")


def _texts(document: object, where: str) -> Iterator[tuple[str, str]]:
    """(its place, text) of all that a document holds, in order; a key stands in the place above."""
    if isinstance(document, str):
        yield where, document
    elif isinstance(document, Mapping):
        for key, value in document.items():
            yield where.rstrip(": "), str(key)
            yield from _texts(value, where + (f"{key}" if where.endswith(" ") else f".{key}"))
    elif isinstance(document, list | tuple):
        for number, value in enumerate(document):
            yield from _texts(value, f"{where}[{number}]")
