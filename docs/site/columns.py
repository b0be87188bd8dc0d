"""The data dictionary: every column of the tables that travel between stages, from the schemas.

What a column means stands beside it, in `schemas.py` as a comment and in `event_columns.py` and the
export's `record_fields.py` as words, so that this page cannot say anything else.
"""

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from drumcorpus import event_columns, schemas
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.record_fields import NESTED_FIELDS, RECORD_FIELDS

# Where a table lies, by the name of its schema; those without an own file are parts of others.
FILES = {
    "EVENTS": "`results/events/<set>/<shard>.parquet`, `results/manifests/<manifest>.parquet`",
    "INVENTORY": "`results/inventory/<set>.parquet`",
    "ROOTS": "`results/roots/<set>.parquet`",
    "SESSIONS": "`results/sessions/<set>/<shard>.parquet`",
    "PREDICTED_HITS": "`results/predictions/<set>.parquet`",
    "QUARANTINE": "`results/quarantine/<set>.parquet`",
    "FLAGS": "`results/flags/<set>.parquet`",
    "TALLIES": "`results/tallies/<set>.parquet`",
    "CYMBAL_EMBEDDINGS": "`results/crash/embeddings/<set>/<shard>.parquet`",
    "KIT_SESSIONS": "`results/crash/kit_sessions/<set>.parquet`",
    "KIT_CYMBALS": "`results/crash/kits/<set>.parquet`",
    "CYMBAL_ASSIGNMENTS": "`results/crash/assignments/<set>/<shard>.parquet`",
    "LABEL_CHANGES": "`results/changes/<set>/<shard>.parquet`",
    "SESSION_LABELS": "`results/session_labels/<set>/<shard>.parquet`",
    "FINGERPRINTS": "`results/fingerprints/<set>/<shard>.parquet`",
    "SPLITS": "`results/splits/<manifest>.parquet`",
    "AUDIO_CHECKS": "`results/audio_checks/<set>/<shard>.parquet`",
}
# Columns that mean the same in every table.
_SHARED = {
    **event_columns.COMPONENT_COLUMNS,
    **event_columns.EVENT_COLUMNS,
    "component_index": "which component of the event, from 0",
    "detail": "the rest of the reason",
    "path": "path of the file",
    "sha256": "digest of the file",
    "bytes": "size of the file",
    "reason": "why",
    "family": "of cymbals, as the taxonomy has it",
    "accepted": "whether that is sure enough to use",
    "method": "how it was found",
    "n_events": "number of events",
    "n_hits": "number of hits",
    "n_sessions": "number of sessions",
}
_KINDS = {
    "string": "text",
    "large_string": "text",
    "bool": "true or false",
    "double": "number",
    "float": "number",
    "binary": "bytes",
}


def columns_page() -> str:
    """The page, as Markdown."""
    source = Path(schemas.__file__).read_text(encoding="utf-8")
    remarks = remarks_of(source)
    parts = [
        "# Columns of every table",
        "Times are seconds from the start of the session's audio; velocities and openness go from "
        "0 to 1. Paths are below the root of their source set. A list has a row for each of its "
        "parts, as `components[].label`.",
    ]
    for name in tables(source):
        schema, head = getattr(schemas, name), remarks[name, ""]
        if name not in FILES:
            raise KeyError(f"schemas.{name}: say in docs/site/columns.py where this table lies")
        rows = list(rows_of(schema, name, remarks))
        title = name.lower().replace("_", " ").capitalize()
        parts += [f"## {title}", head, f"In {FILES[name]}.", table(rows)]
    rows = list(rows_in_words(records_schema(["<class map>"]), RECORD_FIELDS, NESTED_FIELDS))
    parts += [
        "## Records of an export",
        "One row per sample that has sound.",
        "In `results/export/<manifest>/<export>/<split>/<split>_labels.parquet`, and the same in "
        "its shards.",
        table(rows),
    ]
    return "\n\n".join(parts) + "\n"


def tables(source: str) -> list[str]:
    """The names of the schemas of whole tables, in their order."""
    return [
        node.targets[0].id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "pa.schema"
    ]


def remarks_of(source: str) -> dict[tuple[str, str], str]:
    """The comments of schemas, by the name of the variable and of the column, "" for its own."""
    comments = {
        token.start[0]: (token.string.lstrip("# ").strip(), token.start[1])
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    lines = source.splitlines()
    found: dict[tuple[str, str], str] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign):
            continue
        name = node.targets[0].id
        found[name, ""] = _above(node.lineno, comments, lines)
        for column in ast.walk(node.value):
            if isinstance(column, ast.Tuple) and isinstance(column.elts[0], ast.Constant):
                beside = comments.get(column.lineno, ("", 0))[0]
                words = beside or _above(column.lineno, comments, lines)
                found[name, column.elts[0].value] = words
                other = column.elts[1]
                inner = [each.id for each in ast.walk(other) if isinstance(each, ast.Name)]
                for variable in inner:
                    if variable != "pa":
                        found[name, f"{column.elts[0].value} of"] = variable
            elif isinstance(column, ast.Starred):
                variable = ast.unparse(column.value)
                for (owner, key), words in list(found.items()):
                    if owner == variable and key:
                        found[name, key] = words
    return found


def _above(line: int, comments: Mapping, lines: list[str]) -> str:
    """The lines of comment right above a line, as one."""
    words = []
    line -= 1
    while line in comments and lines[line - 1].lstrip().startswith("#"):
        words.insert(0, comments[line][0])
        line -= 1
    return " ".join(words)


def rows_of(schema: pa.Schema, name: str, remarks: Mapping) -> Iterator[tuple[str, str, str]]:
    """Column, kind and meaning of each column of a schema, parts of structs included."""
    if name == "EVENTS":
        yield from rows_in_words(
            schema, event_columns.EVENT_COLUMNS, event_columns.PARTS_OF_COLUMNS
        )
        return
    for field in schema:
        yield from _rows(field, name, field.name, remarks)


def _rows(field: pa.Field, owner: str, shown: str, remarks: Mapping):
    words = remarks.get((owner, field.name)) or _SHARED.get(field.name, "")
    yield shown, kind_of(field.type), words
    inner, is_list = field.type, pa.types.is_list(field.type)
    if is_list:
        inner = inner.value_type
    if pa.types.is_struct(inner):
        owner = remarks.get((owner, f"{field.name} of"), owner)
        for child in inner:
            yield from _rows(
                child, owner, f"{shown}{'[]' if is_list else ''}.{child.name}", remarks
            )


def rows_in_words(
    schema: pa.Schema, meanings: Mapping, parts: Mapping
) -> Iterator[tuple[str, str, str]]:
    """The same of a schema whose columns are explained by name."""
    for field in schema:
        yield field.name, kind_of(field.type), meanings[field.name]
        inner, is_list = field.type, pa.types.is_list(field.type)
        if is_list:
            inner = inner.value_type
        if pa.types.is_struct(inner):
            for child in inner:
                words = parts.get(field.name, {}).get(child.name, f"by {child.name}")
                yield (
                    f"{field.name}{'[]' if is_list else ''}.{child.name}",
                    kind_of(child.type),
                    words,
                )


def kind_of(kind: pa.DataType) -> str:
    """A type of Arrow in words."""
    if pa.types.is_list(kind):
        return f"list of {kind_of(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "parts"
    if pa.types.is_integer(kind):
        return "whole number"
    return _KINDS[str(kind)]


def table(rows: list[tuple[str, str, str]]) -> str:
    """Rows as a table of Markdown."""
    lines = ["| column | kind | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {kind} | {cell(words)} |" for name, kind, words in rows]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text that stands in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
