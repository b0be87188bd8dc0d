"""Documents of the raw world, from their bytes: YAML, XML and CSV that nobody vouches for."""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import defusedxml.ElementTree
import yaml

from drumcorpus.ground.files.limits import (
    CSV_BYTES,
    CSV_LINE,
    CSV_ROWS,
    TEXT_BYTES,
    TEXT_LINE,
    TEXT_LINES,
    XML_BYTES,
    XML_DEPTH,
    XML_ELEMENTS,
    YAML_BYTES,
    YAML_DEPTH,
    YAML_VALUES,
    Limit,
)
from drumcorpus.ground.files.paths import printable

# The C parser where PyYAML has one: seven times as fast, which 1,700 metadata files feel.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_END = re.compile(r"\r\n|\r|\n")


def decode_text(data: bytes, errors: str = "backslashreplace") -> str:
    """Text from bytes: UTF-8 with or without a mark; other bytes stay visible as ``\\xNN``.

    UTF-16, which programs of Windows write, is told by its mark.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", errors)


def text_lines(data: bytes, where: str) -> list[str]:
    """The lines of an annotation or a list, without their ends; those of three systems are known.

    Raises
    ------
    ValueError
        If there are more bytes or lines than `limits` allows, or a line is longer; the message
        names `where`, and the line where it is one.
    """
    TEXT_BYTES.check(len(data), where)
    lines = _LINE_END.split(decode_text(data))
    TEXT_LINES.check(len(lines), where)
    for number, line in enumerate(lines, start=1):
        TEXT_LINE.check(len(line), f"{where}:{number}")
    return lines


def parse_yaml(data: bytes, where: str):
    """The YAML document in `data`, by safe loading.

    Aliases are refused: a file of a data set has none, and a few lines of them can stand for
    gigabytes. Refused as well are explicit tags, a key that stands twice in its mapping, of which
    PyYAML silently takes the last, and what is beyond `limits` in bytes, values or depth.

    Raises
    ------
    ValueError
        If it is not YAML; the message names `where` and the line.
    """
    YAML_BYTES.check(len(data), where)
    try:
        _refuse_unsafe(data, where)
        return yaml.load(data, _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{where}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, OverflowError) as error:
        raise ValueError(f"{where}: not YAML: {error}") from error
    except ValueError as error:  # no such date, too many digits, or a refusal above
        message = str(error)
        names_place = message.startswith(where)
        raise ValueError(message if names_place else f"{where}: not YAML: {message}") from error


def _refuse_unsafe(data: bytes, where: str) -> None:
    n_values = 0
    # Of each open mapping its keys, and whether the next node is one; None of a sequence.
    opened: list[list | None] = []
    for event in yaml.parse(data, _Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"{where}:{line}: the YAML alias {event.anchor!r} is refused")
        if getattr(event, "tag", None) is not None:
            raise ValueError(f"{where}:{line}: the YAML tag {event.tag!r} is refused")
        if isinstance(event, yaml.CollectionEndEvent):
            opened.pop()
        if not isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent):
            continue
        n_values += 1
        if opened and opened[-1] is not None:
            keys, is_key = opened[-1]
            if is_key and isinstance(event, yaml.ScalarEvent):
                if event.value in keys:
                    raise ValueError(f"{where}:{line}: the key {event.value[:60]!r} stands twice")
                keys.add(event.value)
            opened[-1][1] = not is_key
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append([set(), True] if isinstance(event, yaml.MappingStartEvent) else None)
        if len(opened) > YAML_DEPTH.most:
            raise ValueError(
                f"{where}:{line}: YAML nested deeper than {YAML_DEPTH.most} is refused"
            )
        YAML_VALUES.check(n_values, f"{where}:{line}")


def yaml_lines(data: bytes) -> dict[tuple[str | int, ...], int]:
    """The line on which every value of a YAML document begins, by the keys that lead to it.

    For a document that `parse_yaml` has read; places in a list count from 0.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    opened = [((), yaml.compose(data, _Loader))]
    while opened:
        place, node = opened.pop()
        if node is None:
            continue
        lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            opened += [((*place, str(key.value)), value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            opened += [((*place, number), value) for number, value in enumerate(node.value)]
    return lines


def parse_xml(data: bytes, where: str) -> Element:
    """The root element of an XML document; one that declares entities is refused.

    Raises
    ------
    ValueError
        If it is not XML, declares entities, or is beyond `limits` in bytes, elements or depth; the
        message names `where`.
    """
    XML_BYTES.check(len(data), where)
    try:
        parser = defusedxml.ElementTree.DefusedXMLParser(target=_CountingBuilder())
        parser.feed(data)
        return parser.close()
    except ParseError as error:
        line, column = error.position
        raise ValueError(f"{where}:{line}:{column + 1}: not XML: {error}") from error
    except defusedxml.DefusedXmlException as error:
        raise ValueError(f"{where}: XML with entities is refused: {error}") from error
    except (ValueError, LookupError, RecursionError) as error:  # of encodings, or a limit
        raise ValueError(f"{where}: not XML to read: {error}") from error


class _CountingBuilder(TreeBuilder):
    """Builds the tree of a document, and stops where it is too large or too deep."""

    def __init__(self):
        super().__init__()
        self.n_elements = self.depth = 0

    def start(self, tag, attributes):
        self.n_elements, self.depth = self.n_elements + 1, self.depth + 1
        XML_ELEMENTS.check(self.n_elements, "the document")
        XML_DEPTH.check(self.depth, "the document")
        return super().start(tag, attributes)

    def end(self, tag):
        self.depth -= 1
        return super().end(tag)


def parse_csv(
    data: bytes,
    columns: list[str],
    where: str,
    *,
    optional: Collection[str] = (),
    longest_line: Limit = CSV_LINE,
    delimiter: str = ",",
) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with a header, whatever the order of its columns.

    Parameters
    ----------
    optional : collection of str
        Those of `columns` that may be missing; their text is empty then.
    longest_line : Limit
        Of a file that people keep `limits.REVIEWED_LINE`.
    delimiter : str
        What stands between two fields.

    Returns
    -------
    rows : list of (int, dict)
        Line on which the row ends, and the text under each of `columns`; empty where the row is
        short.

    Raises
    ------
    ValueError
        If it is not CSV, lacks a column or has it twice, or is beyond `limits` in bytes, rows or
        the length of a line; the message names `where` and the line.
    """
    CSV_BYTES.check(len(data), where)
    # Bytes that are not UTF-8 stay visible, as in the names of files.
    reader = csv.reader(
        _short_lines(decode_text(data, "surrogateescape"), where, longest_line),
        strict=True,
        delimiter=delimiter,
    )
    try:
        header = next(reader, [])
        for n_times, problem in ((0, "missing"), (2, "stands twice")):
            times = {name: min(header.count(name), 2) for name in columns}
            may_miss = optional if n_times == 0 else ()
            wrong = [n for n in columns if times[n] == n_times and n not in may_miss]
            if wrong:
                got = [printable(name) for name in header]
                raise ValueError(f"{where}:1: column {', '.join(wrong)} {problem}; got {got}")
        places = {name: header.index(name) for name in columns if name in header}
        rows = []
        for number, row in enumerate(reader, start=1):
            CSV_ROWS.check(number, where)
            if not row:  # a blank line
                continue
            # Only what is asked for is taken: a header may have thousands of columns.
            texts = {n: printable(row[p]) if p < len(row) else "" for n, p in places.items()}
            rows.append((reader.line_num, dict.fromkeys(columns, "") | texts))
        return rows
    except csv.Error as error:
        raise ValueError(f"{where}:{reader.line_num}: not CSV: {error}") from error


def _short_lines(text: str, where: str, longest: Limit) -> Iterator[str]:
    """The lines of a CSV file, with their ends."""
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        longest.check(len(line), f"{where}:{number}")
        yield line
