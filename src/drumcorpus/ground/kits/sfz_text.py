"""The text of an SFZ instrument as headers and opcodes, includes and definitions put in.

Conventions: those of SFZ 1 and ARIA [1]_.

References
----------
.. [1] https://sfzformat.com
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.kits.shots import require_inside

TOKEN = re.compile(r"<(\w+)>|([\w$]+)=")
LONGEST_LINE = 100_000  # characters, definitions put in


class SfzError(ValueError):
    """What is wrong with an instrument, with file and line."""


@dataclass(frozen=True)
class Opcode:
    """A value and where it stands."""

    value: str
    place: str  # FILE:LINE


def read_words(path: Path, folder: Path) -> Iterator[tuple[str, Opcode]]:
    """Headers, as ``<name>`` with an empty value, and opcodes in the order of the text.

    Parameters
    ----------
    path : Path
        The instrument.
    folder : Path
        That no included file may lie outside of.

    Raises
    ------
    SfzError
        With file and line: if a file is missing, a line is neither header nor opcode, a value is
        missing, a path leads out of the folder, or includes go in a circle.
    """
    for place, line in _lines(path, path.parent, folder, {}, ()):
        tokens = list(TOKEN.finditer(line))
        before = line[: tokens[0].start()] if tokens else line
        if before.strip():
            raise SfzError(
                f"{place}: {before.strip()!r} is neither a header such as <region> nor "
                "an opcode such as key=49"
            )
        ends = [token.start() for token in tokens[1:]] + [len(line)] * bool(tokens)
        for token, end in zip(tokens, ends, strict=True):
            value = line[token.end() : end].strip()
            if token[1]:
                if value:
                    raise SfzError(f"{place}: {value!r} behind <{token[1]}> is no opcode")
                yield f"<{token[1]}>", Opcode("", place)
            else:
                if value == "" and token[2] != "default_path":
                    raise SfzError(f"{place}: {token[2]} has no value")
                yield token[2], Opcode(value, place)


def require_sample_inside(folder: Path, path: Path, place: str) -> None:
    """Refuse a path, or a link in it, that leads out of the folder of the kit.

    Raises
    ------
    SfzError
    """
    try:
        require_inside(folder, path, place)
    except ValueError as error:
        raise SfzError(str(error)) from error


def _lines(
    path: Path, root: Path, folder: Path, defined: dict[str, str], above: tuple[Path, ...]
) -> Iterator[tuple[str, str]]:
    """Place and text of every line, comments away; includes are sought from `root`."""
    if path.resolve() in above:
        raise SfzError(f"{path}: includes itself, by way of {above[-1].name}")
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise SfzError(f"{path}: cannot be read ({error.strerror})") from error
    # A comment of several lines leaves these, so that they keep their numbers.
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        place, line = f"{path}:{number}", line.partition("//")[0]
        if define := re.match(r"\s*#define\s+(\$\w+)\s+(\S+)\s*$", line):
            defined[define[1]] = define[2]
        elif include := re.match(r'\s*#include\s+"([^"]+)"\s*$', line):
            inner = root / _put_in(include[1], defined).replace("\\", "/")
            require_sample_inside(folder, inner, place)
            if not inner.is_file():
                raise SfzError(f"{place}: includes {inner}, which is not there")
            yield from _lines(inner, root, folder, defined, (*above, path.resolve()))
        elif line.lstrip().startswith(("#define", "#include")):
            raise SfzError(
                f'{place}: {line.strip()!r} is neither #define $NAME VALUE nor #include "FILE"'
            )
        else:
            yield place, _put_in(line, defined)


def _put_in(text: str, defined: dict[str, str]) -> str:
    """Put definitions in, long names first, so that $KEY does not take a part of $KEYS."""
    for name in sorted(defined, key=len, reverse=True):
        text = text.replace(name, defined[name])
        if len(text) > LONGEST_LINE:
            raise SfzError(f"{name}: makes a line longer than {LONGEST_LINE:,} characters")
    return text
