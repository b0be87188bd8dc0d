"""Documents of the raw world, from their bytes: YAML, XML and CSV that nobody vouches for."""

import csv
import io
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
import yaml

from drumcorpus.ground.files.paths import printable

# The C parser where PyYAML has one: seven times as fast, which 1,700 metadata files feel.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Deeper than any metadata; the C parser itself falls over at some ten thousand levels.
_MAX_DEPTH = 100


def decode_text(data: bytes) -> str:
    """Text from bytes: UTF-8 with or without a mark; other bytes stay visible as ``\\xNN``."""
    return data.decode("utf-8-sig", "backslashreplace")


def parse_yaml(data: bytes, where: str):
    """The YAML document in `data`, by safe loading.

    Aliases are refused: a file of a data set has none, and a few lines of them can stand for
    gigabytes. Explicit tags and documents nested too deep are refused as well.

    Raises
    ------
    ValueError
        If it is not YAML; the message names `where` and the line.
    """
    try:
        _refuse_bombs(data, where)
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


def _refuse_bombs(data: bytes, where: str) -> None:
    depth = 0
    for event in yaml.parse(data, _Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"{where}:{line}: the YAML alias {event.anchor!r} is refused")
        if getattr(event, "tag", None) is not None:
            raise ValueError(f"{where}:{line}: the YAML tag {event.tag!r} is refused")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError(f"{where}:{line}: YAML nested deeper than {_MAX_DEPTH} is refused")


def parse_xml(data: bytes, where: str) -> Element:
    """The root element of an XML document; one that declares entities is refused.

    Raises
    ------
    ValueError
        If it is not XML or declares entities or a document type; the message names `where`.
    """
    try:
        return defusedxml.ElementTree.fromstring(data, forbid_dtd=False)
    except ParseError as error:
        line, column = error.position
        raise ValueError(f"{where}:{line}:{column + 1}: not XML: {error}") from error
    except defusedxml.DefusedXmlException as error:
        raise ValueError(f"{where}: XML with entities is refused: {error}") from error
    except (ValueError, LookupError, RecursionError) as error:  # of encodings, mostly
        raise ValueError(f"{where}: not XML: {error}") from error


def parse_csv(data: bytes, columns: list[str], where: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with a header, whatever the order of its columns.

    Returns
    -------
    rows : list of (int, dict)
        Line on which the row ends, and the text under each of `columns`; empty where the row is
        short.

    Raises
    ------
    ValueError
        If it is not CSV or lacks a column; the message names `where` and the line.
    """
    # Bytes that are not UTF-8 stay visible, as in the names of files.
    text = data.decode("utf-8-sig", "surrogateescape")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [name for name in columns if name not in (reader.fieldnames or [])]
        if missing:
            got = [printable(name) for name in reader.fieldnames or []]
            raise ValueError(f"{where}:1: column {', '.join(missing)} missing; got {got}")
        return [
            (reader.line_num, {name: printable(row[name] or "") for name in columns})
            for row in reader
        ]
    except csv.Error as error:
        raise ValueError(f"{where}:{reader.reader.line_num}: not CSV: {error}") from error
