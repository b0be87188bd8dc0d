"""Memory files: JSON of this machine that a run can do without. A damaged one is made anew.

What stands in one is believed only where it is sealed, or compared with something else.
"""

import os
from pathlib import Path

import orjson

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.json_files import read_json, write_json


def seal_of(value) -> str:
    """16 hex digits of the SHA-256 over a JSON value: one that was edited has another."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
    return sha256_bytes(orjson.dumps(value, option=options))[:16]


def read_memory(path: str | os.PathLike) -> tuple[dict, str]:
    """The document of a memory file, and what is wrong with the file.

    Of one that is not there both are empty. What is no JSON object, and what cannot be read, is an
    empty document and a reason.
    """
    try:
        document = read_json(path)
    except FileNotFoundError as error:
        is_link = os.path.lexists(path)
        return {}, f"{path}: {error.strerror}" if is_link else ""
    except OSError as error:
        return {}, f"{path}: {error.strerror or error}"
    except ValueError as error:
        return {}, str(error)
    if not isinstance(document, dict):
        return {}, f"{path}: holds no JSON object"
    return document, ""


def write_memory(path: str | os.PathLike, document: dict) -> None:
    """Write a memory file, whole or not at all, whatever stands in its place."""
    make_way(path)
    write_json(path, document)


def make_way(path: str | os.PathLike) -> None:
    """Rename what stands where a memory file or one of its folders belongs and is no such thing.

    A folder ``facts.json`` becomes ``facts.json.damaged``, the next one ``facts.json.damaged-2``.
    """
    path = Path(path)
    for folder in reversed(path.parents):
        if os.path.lexists(folder) and not folder.is_dir():
            _rename(folder)
    if os.path.lexists(path) and not path.is_file():
        _rename(path)


def _rename(path: Path) -> None:
    number, aside = 1, path.with_name(f"{path.name}.damaged")
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{number}")
    path.rename(aside)
