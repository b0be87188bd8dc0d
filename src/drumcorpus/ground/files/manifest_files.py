"""Manifests that a person hands in: every line is checked by the schema before anything is counted.

Arrow's reader takes a block of lines at once and refuses what is not JSON, has another type than in
the schema, or stands under an unknown key. Only a block that it refuses is read line by line.
"""

import difflib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from drumcorpus.ground.files.json_files import why_no_json
from drumcorpus.ground.files.tables import (
    check_columns,
    iter_batches,
    read_schema,
    write_batches,
)
from drumcorpus.schemas import EVENTS

BLOCK_BYTES = 16_000_000
N_PROBLEMS = 20  # named of one file
# Without these a line is no event: what was struck when, in which session, and whose it is.
REQUIRED = ("event_id", "source_set", "session_id", "split", "onset_time", "components")


def as_parquet(path: str | os.PathLike, folder: str | os.PathLike) -> Path:
    """A manifest as a Parquet table of the schema `schemas.EVENTS`.

    Parameters
    ----------
    path : path
        Parquet, or JSON Lines with one event a line. Keys may be missing, other than `REQUIRED`;
        they are null then.
    folder : path
        Where the table of JSON Lines is written; a Parquet file stays where it is.

    Returns
    -------
    parquet : Path

    Raises
    ------
    ValueError
        If a line is not JSON, has a value of a wrong type or one that no event can have, has an
        unknown key or lacks a required one. The message lists the first problems, each as
        ``file:line: field: what is wrong, what is allowed``; nothing is left in `folder`.
    FileNotFoundError
        If there is no such file.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        check_table(path)
        return path
    if path.suffix != ".jsonl":
        raise ValueError(f"{path}: got the ending {path.suffix!r}; wanted: .parquet or .jsonl")
    target = Path(folder, "manifest.parquet")
    write_batches(target, EVENTS, checked_batches(path))
    return target


def check_table(path: Path) -> None:
    """Refuse a Parquet file that is no manifest, by its columns and their missing values."""
    check_columns(path, EVENTS)
    unknown = sorted(set(read_schema(path).names) - set(EVENTS.names))
    if unknown:
        raise ValueError(f"{path}: {unknown_keys(unknown, EVENTS.names)}")
    n_before = 0
    for batch in iter_batches(path, list(REQUIRED)):
        for field, rows, allowed in faults(pa.table(batch)):
            raise ValueError(f"{path}: row {n_before + rows[0] + 1}: {field}; wanted: {allowed}")
        n_before += batch.num_rows


def faults(table: pa.Table) -> Iterator[tuple[str, np.ndarray, str]]:
    """Values of the right type that no event can have: what, in which rows, what is allowed."""
    for name in REQUIRED:
        if table[name].null_count:
            yield f"{name}: got null", np.flatnonzero(table[name].is_null()), "a value"
            return
    onsets = table["onset_time"].to_numpy()
    late = np.flatnonzero(~(np.isfinite(onsets) & (onsets >= 0)))
    if len(late):
        yield f"onset_time: got {onsets[late[0]]}", late, "seconds, 0 or more"
    components = table["components"].combine_chunks()
    owners = pc.list_parent_indices(components).to_numpy(zero_copy_only=False)
    hits = pc.list_flatten(components)
    bare = pc.is_null(pc.struct_field(hits, "label")).to_numpy(zero_copy_only=False)
    if bare.any():
        yield "components.label: got null", owners[bare], "a label"
    for name in ("velocity", "openness", "confidence"):
        values = pc.struct_field(hits, name).fill_null(0).to_numpy(zero_copy_only=False)
        if not np.isfinite(values).all():
            yield f"components.{name}: got NaN", owners[~np.isfinite(values)], "a number or null"


def checked_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The events of a JSON Lines file in batches, up to the first block that has a problem."""
    n_before = 0
    for block in blocks(path):
        try:
            table = read_block(block)
        except (pa.ArrowInvalid, ValueError) as error:
            lines = lines_of(block)
            problems = list(block_problems(path, lines, n_before))
            if not problems:  # the reader is stricter than the walk over the values
                last = n_before + len(lines)
                problems = [f"{path}: in lines {n_before + 1} to {last}: {error}"]
            raise ValueError("\n".join(problems)) from error
        yield from table.to_batches()
        n_before += block.count(b"\n")


def blocks(path: Path) -> Iterator[bytes]:
    """The file in blocks of whole lines."""
    with path.open("rb") as handle:
        while block := handle.read(BLOCK_BYTES):
            yield block + handle.readline()


def read_block(block: bytes) -> pa.Table:
    """Whole lines as a table.

    Raises
    ------
    ValueError
        If a line is no event; the message does not say which one.
    """
    if not block.strip():
        raise ValueError("a blank line")
    options = pj.ParseOptions(explicit_schema=EVENTS, unexpected_field_behavior="error")
    whole = pj.ReadOptions(block_size=len(block) + 1)
    table = pj.read_json(pa.BufferReader(block), read_options=whole, parse_options=options)
    lines = lines_of(block)
    # Arrow passes over blank lines, and takes several objects on one.
    if table.num_rows != len(lines) or any(not line.strip() for line in lines):
        raise ValueError("a line that is not one event")
    for field, _, allowed in faults(table):
        raise ValueError(f"{field}; wanted: {allowed}")
    return table


def lines_of(block: bytes) -> list[bytes]:
    """The lines of a block, without their ends."""
    return block.removesuffix(b"\n").split(b"\n")


def block_problems(path: Path, lines: list[bytes], n_before: int) -> Iterator[str]:
    """What is wrong with the lines of a block, the first `N_PROBLEMS`."""
    problems = (
        f"{path}:{number}: {problem}"
        for number, line in enumerate(lines, n_before + 1)
        for problem in line_problems(line)
    )
    return islice(problems, N_PROBLEMS)


def line_problems(line: bytes) -> Iterator[str]:
    """What is wrong with one line: ``field: what is wrong, what is allowed``."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        yield f"column {error.colno}: {why_no_json(line, error)}"
        return
    if not isinstance(row, dict):
        yield f"(line): got {shown(row)}; wanted: a JSON object"
        return
    yield from object_problems(row, EVENTS, "")
    for name in REQUIRED:
        if row.get(name) is None:
            got = "null" if name in row else "nothing"
            yield f"{name}: got {got}; wanted: {wanted(EVENTS.field(name).type)}"
    if is_of(row.get("onset_time"), pa.float64()) and row["onset_time"] < 0:
        yield f"onset_time: got {row['onset_time']}; wanted: seconds, 0 or more"
    hits = row.get("components")
    for index, hit in enumerate(hits if isinstance(hits, list) else ()):
        if hit is None or (isinstance(hit, dict) and hit.get("label") is None):
            yield f"components.{index}.label: got {shown(hit)}; wanted: a label"
    for place in repeated_keys(line):
        yield f"{place}: stands more than once in one object; allowed: once; keep one of them"


class Pairs(list):
    """The keys and values of a JSON object as they are written."""


def repeated_keys(line: bytes) -> Iterator[str]:
    """Keys that stand more than once in one object, each by its place, as in `object_problems`."""
    # Of such keys orjson keeps the last. Numbers stay text: they are of no interest here.
    row = json.loads(line, object_pairs_hook=Pairs, parse_int=str, parse_float=str)
    inner = [("", row)]
    while inner:
        place, value = inner.pop()
        counts = Counter(key for key, _ in value) if isinstance(value, Pairs) else {}
        yield from (f"{place}{key}" for key, n in counts.items() if n > 1)
        items = value if isinstance(value, Pairs) else enumerate(value)
        inner += [(f"{place}{key}.", item) for key, item in items if isinstance(item, list)]


def object_problems(row: Mapping, fields, place: str) -> Iterator[str]:
    """What is wrong with the values of an object whose `fields` are a schema or a struct."""
    allowed = [field.name for field in fields]
    unknown = [name for name in row if name not in allowed]
    if unknown:
        yield f"{place or '(line)'}: {unknown_keys(unknown, allowed)}"
    for field in fields:
        if row.get(field.name) is not None:
            inner = f"{place}.{field.name}" if place else field.name
            yield from value_problems(row[field.name], field.type, inner)


def value_problems(value, kind: pa.DataType, place: str) -> Iterator[str]:
    """What is wrong with one value."""
    if not is_of(value, kind):
        yield f"{place}: got {shown(value)}; wanted: {wanted(kind)}"
    elif pa.types.is_struct(kind):
        yield from object_problems(value, list(kind), place)
    elif pa.types.is_list(kind):
        for index, item in enumerate(value):
            if item is not None:
                yield from value_problems(item, kind.value_type, f"{place}.{index}")


def is_of(value, kind: pa.DataType) -> bool:
    """Whether a JSON value can be one of an Arrow type; true and false are no numbers."""
    if isinstance(value, bool):
        return pa.types.is_boolean(kind)
    if isinstance(value, int):
        return pa.types.is_floating(kind) or (
            pa.types.is_integer(kind) and -(2**31) <= value < 2**31
        )
    if value is None:
        return False
    python = {str: pa.types.is_string, float: pa.types.is_floating}
    python |= {list: pa.types.is_list, dict: pa.types.is_struct}
    return python[type(value)](kind)


def wanted(kind: pa.DataType) -> str:
    """An Arrow type in words of JSON."""
    if pa.types.is_struct(kind):
        return f"an object with {', '.join(field.name for field in kind)}"
    words = {
        pa.types.is_list: "an array",
        pa.types.is_string: "a string",
        pa.types.is_boolean: "true or false",
        pa.types.is_integer: "a whole number below 2**31",
    }
    return next((text for is_kind, text in words.items() if is_kind(kind)), "a number")


def unknown_keys(unknown: list[str], allowed: list[str]) -> str:
    """A sentence on keys that a manifest does not have, with what may have been meant."""
    close = [difflib.get_close_matches(name, allowed, 1) for name in unknown]
    hints = [
        f"{name!r} (did you mean {matches[0]!r}?)" if matches else repr(name)
        for name, matches in zip(unknown, close, strict=True)
    ]
    return f"unknown key {', '.join(hints)}; allowed: {', '.join(allowed)}"


def shown(value) -> str:
    """A value in a message, not too long."""
    text = orjson.dumps(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
