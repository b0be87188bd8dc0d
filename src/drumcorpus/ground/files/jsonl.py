"""JSON Lines: one object a line, for people and for every tool."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.json_files import why_no_json
from drumcorpus.ground.files.schema_check import document_problems


def write_rows(path: str | os.PathLike, rows: Iterable[dict]) -> int:
    """Write dicts as JSON Lines, whole or not at all; returns their number."""
    n_rows = 0
    with replacing(path) as part, part.open("wb") as handle:
        for row in rows:
            handle.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
            n_rows += 1
    return n_rows


def read_rows(path: str | os.PathLike) -> Iterator[dict]:
    """Read JSON Lines one row at a time.

    Raises
    ------
    ValueError
        At a line that is not a JSON object; the message names file and line.
    """
    with Path(path).open("rb") as handle:
        for number, line in enumerate(handle, 1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise ValueError(f"{path}:{number}: {why_no_json(line, error)}") from error
            if not isinstance(row, dict):
                raise ValueError(f"{path}:{number}: not a JSON object: {line[:60]!r}")
            yield row


def row_problems(path: str | os.PathLike, schema: dict, *, limit: int = 20) -> list[str]:
    """What is wrong with the rows of a JSON Lines file by a JSON Schema.

    Returns
    -------
    problems : list of str
        ``file:line: field: what is wrong``, the first `limit`.
    """
    problems = []
    for number, row in enumerate(read_rows(path), 1):
        problems += [f"{path}:{number}: {problem}" for problem in document_problems(row, schema)]
        if len(problems) >= limit:
            break
    return problems[:limit]
