"""Documents held against a JSON Schema, with messages for the person who wrote the document."""

import datetime
import math
from collections.abc import Iterator

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from drumcorpus.ground.files.spelling import did_you_mean

_PYTHON_TYPES = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def check_document(document, schema: dict, name: str) -> None:
    """Hold a document against a schema.

    Raises
    ------
    ValueError
        With one line for each thing that is wrong: where, the value got, what is allowed.
    """
    problems = document_problems(document, schema)
    if problems:
        raise ValueError("\n".join(f"{name}: {problem}" for problem in problems))


def typed(document, schema: dict):
    """A copy of a document in which text stands for the number or truth that the schema asks for.

    The command line of Snakemake gives the values within ``--config 'crash={use_metadata: false}'``
    as text; ``null`` is nothing where nothing is allowed. What cannot be read as the type that is
    wanted stays as it is, for `check_document`.
    """
    if isinstance(document, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {key: typed(value, fields.get(key, others)) for key, value in document.items()}
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(document, datetime.date) and "string" in kinds:
        return document.isoformat()  # YAML takes 2027-01-31 for more than its text
    if document == "null" and "null" in kinds:
        return None
    if isinstance(document, str) and "string" not in kinds:
        try:
            value = yaml.safe_load(document)
        except yaml.YAMLError:
            return document
        wanted = tuple(kind for name in kinds for kind in _PYTHON_TYPES.get(name, ()))
        return value if type(value) in wanted else document
    return document


def document_problems(document, schema: dict) -> list[str]:
    """What is wrong with a document by its schema, one sentence each, in order of place."""
    errors = Draft202012Validator(schema).iter_errors(document)
    sentences = {_sentence(error) for error in errors}
    return sorted(sentences | set(_not_finite(document, ())))


def _not_finite(value, place: tuple) -> Iterator[str]:
    """A sentence for each NaN and infinity, which keep every limit of a schema."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{'.'.join(place)}: got {value}; wanted: a finite number"
    pairs = value.items() if isinstance(value, dict) else ()
    pairs = enumerate(value) if isinstance(value, list) else pairs
    for key, inner in pairs:
        yield from _not_finite(inner, (*place, str(key)))


def _sentence(error: ValidationError) -> str:
    place = ".".join(str(part) for part in error.absolute_path) or "(top level)"
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema.get("properties", {}))
        unknown = sorted(set(error.instance) - set(allowed), key=str)
        hints = [_hint(name, allowed) for name in unknown]
        return f"{place}: unknown key {', '.join(hints)}; allowed: {', '.join(allowed)}"
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"{place}: missing {', '.join(missing)}"
    return f"{place}: got {error.instance!r}; {_allowed(error)}"


def _hint(name: str, allowed: list[str]) -> str:
    return f"{name!r}{did_you_mean(name, allowed)}"


def _allowed(error: ValidationError) -> str:
    kind, value, schema = error.validator, error.validator_value, error.schema
    if kind == "enum":
        text = f"allowed: {', '.join(map(str, value))}"
    elif kind == "type":
        names = value if isinstance(value, str) else " or ".join(value)
        text = f"wanted: {names}{_range(schema)}"
    elif kind in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        names = schema.get("type", "number")
        names = names if isinstance(names, str) else " or ".join(names)
        text = f"allowed: {names}{_range(schema)}"
    elif kind == "uniqueItems":
        text = "wanted: each but once"
    elif kind in ("minItems", "minProperties"):
        text = f"wanted: {value} or more"
    elif kind == "maxLength":
        text = f"wanted: at most {value} characters"
    else:
        text = f"wanted: {kind} {value}"
    description = schema.get("description")
    return f"{text} ({description})" if description else text


def _range(schema: dict) -> str:
    parts = []
    for key, word in (
        ("minimum", "from"),
        ("exclusiveMinimum", "above"),
        ("maximum", "to"),
        ("exclusiveMaximum", "below"),
    ):
        if key in schema:
            parts.append(f"{word} {schema[key]}")
    return " " + " ".join(parts) if parts else ""
