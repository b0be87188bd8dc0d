"""Files: whole or not at all, inside their root or refused."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import orjson
import yaml


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`; at the end it takes the place of `path`.

    The content reaches the disk before the name does, so that a kill or a full disk leaves either
    the old file or the new one. On an error the temporary file is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write `text` as UTF-8 with LF line ends, whole or not at all."""
    with replacing(path) as part:
        part.write_bytes(text.encode())


def canonical_json(document) -> bytes:
    """`document` as indented JSON with sorted keys and a final newline: equal values, equal bytes.

    Raises
    ------
    TypeError
        If `document` holds anything that JSON cannot, such as NaN or an infinity.
    """
    _refuse_non_finite(document)
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, option=options | orjson.OPT_SERIALIZE_NUMPY)


def _refuse_non_finite(document) -> None:
    """Raise TypeError at a NaN or an infinity, which would be written as null without a word."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list | tuple):
            pending += value
        elif isinstance(value, float) and not math.isfinite(value):
            raise TypeError(f"{value} is no JSON number")


def write_json(path: str | os.PathLike, document) -> None:
    """Write `document` as canonical JSON, whole or not at all."""
    with replacing(path) as part:
        part.write_bytes(canonical_json(document))


def read_json(path: str | os.PathLike):
    """The JSON document in `path`.

    Raises
    ------
    ValueError
        If the file is not JSON; the message names the file, line and column.
    """
    text = Path(path).read_bytes()
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        raise ValueError(message) from error


def read_yaml(path: str | os.PathLike):
    """The YAML document in `path`, by safe loading; a key may stand but once in its mapping.

    Raises
    ------
    ValueError
        If the file is not YAML; the message names the file and line.
    """
    try:
        return yaml.load(Path(path).read_bytes(), _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{path}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not YAML: {error}") from error


class _Loader(yaml.SafeLoader):
    """Safe loading that refuses a key given twice, of which PyYAML silently takes the last.

    A day such as 2027-01-31 becomes the text that was written, as a schema wants it.
    """

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = (key_node.tag, getattr(key_node, "value", None))
            if isinstance(key[1], str) and key in seen:
                message = f"the key {key[1]!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            if isinstance(key[1], str):
                seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_day(self, node) -> str:
        try:
            self.construct_yaml_timestamp(node)
        except ValueError as error:
            message = f"{node.value} is no day: {error}"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark) from error
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_day)


def printable(name: str) -> str:
    """`name` with every byte that is not UTF-8 as ``\\xNN``, so that any table can hold it."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def inside_root(root: Path, relative: str) -> Path | None:
    """The file `relative` below `root`, or None where the path or a link in it leaves the root."""
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or "\\" in relative or "\0" in relative:
        return None
    path = root / pure
    try:
        is_inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link to itself; the kind depends on Python's version
        return None
    return path if is_inside else None
