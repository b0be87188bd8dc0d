"""The reference of the configuration: every key of the schema with the value that it has."""

import json
from collections.abc import Iterator, Mapping

from columns import cell

_ABSENT = object()


def settings_page(schema: Mapping, config: Mapping) -> str:
    """The page, as Markdown: a table for each section, in the order of the schema."""
    parts = [
        "# Configuration reference",
        "Every setting of [`config/config.yaml`](../config/config.yaml), with the value that it "
        "has there, what is allowed, and what it means. `<name>` stands for a name of yours. A "
        "setting that is not allowed is refused before any job.",
    ]
    single = [key for key, rule in schema["properties"].items() if not _has_parts(rule)]
    rows = [
        row
        for key in single
        for row in rows_of(key, schema["properties"][key], config.get(key, _ABSENT))
    ]
    parts += ["## At the top", table(rows)]
    for key, rule in schema["properties"].items():
        if key not in single:
            rows = list(rows_of(key, rule, config.get(key, _ABSENT)))
            head = rule.get("description", "")
            parts += [f"## {key}", *([f"{head[:1].upper()}{head[1:]}."] if head else [])]
            is_group = isinstance(config.get(key), Mapping)
            parts += [table(row for row in rows if not (is_group and row[0] == key))]
    return "\n\n".join(parts) + "\n"


def rows_of(path: str, rule: Mapping, value) -> Iterator[tuple[str, str, str, str]]:
    """Key, value, what is allowed, and meaning, of a key and of all below it."""
    words = rule.get("description", "")
    if words or not _has_parts(rule):  # a group without a word on it is seen by what is below it
        yield path, shown(value), allowed(rule), words
    for part, inner in _parts(rule).items():
        below = value.get(part, _ABSENT) if isinstance(value, Mapping) else _ABSENT
        yield from rows_of(f"{path}.{part}", inner, below)


def _parts(rule: Mapping) -> dict:
    parts = dict(rule.get("properties", {}))
    for pattern in rule.get("patternProperties", {}).values():
        parts["<name>"] = pattern
    if isinstance(rule.get("additionalProperties"), Mapping):
        parts["<name>"] = rule["additionalProperties"]
    for choice in (*rule.get("anyOf", ()), *rule.get("oneOf", ())):
        parts |= {key: inner for key, inner in _parts(choice).items() if key not in parts}
    return parts


def _has_parts(rule: Mapping) -> bool:
    return bool(_parts(rule))


def shown(value) -> str:
    """A value as the file has it; nothing of one that has keys of its own, or is not there."""
    if value is _ABSENT or isinstance(value, Mapping):
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}…`"


def allowed(rule: Mapping) -> str:
    """What may be written, in words."""
    if "enum" in rule:
        return ", ".join(f"`{json.dumps(each).strip(chr(34))}`" for each in rule["enum"])
    if "const" in rule:
        return f"`{json.dumps(rule['const'])}`"
    choices = [*rule.get("anyOf", ()), *rule.get("oneOf", ())]
    if choices and "type" not in rule:
        return " or ".join(filter(None, map(allowed, choices)))
    kinds = rule.get("type", [])
    words = [_KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    limits = [
        f"{sign} {rule[key]:g}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in rule
    ]
    return " ".join([" or ".join(words), *limits])


_KINDS = {
    "object": "",
    "array": "list",
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
    "null": "null",
}


def table(rows) -> str:
    """Rows as a table of Markdown."""
    lines = ["| setting | as shipped | allowed | meaning |", "| --- | --- | --- | --- |"]
    for path, value, may_be, words in rows:
        lines.append(f"| `{path}` | {cell(value)} | {cell(may_be)} | {cell(words)} |")
    return "\n".join(lines)
