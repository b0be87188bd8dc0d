"""A Python file as it counts for what is made by it: its meaning, and what it leads to.

Comments, docstrings and layout do not count. To parse all files of the package takes a second, so
that what was read of each is remembered by its content.
"""

import ast
import contextlib
import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

from drumcorpus.ground.files.json_files import canonical_json, read_json, write_json
from drumcorpus.ground.files.memory_files import write_memory

PACKAGE = "drumcorpus"
# Files, of several states of the package, beyond which those that were not read are forgotten.
MOST_SHARED = 2000
# A place that cannot be written to; names with half a character, which JSON has not.
_NOT_WRITTEN = (OSError, TypeError)
_FILE_NAME = re.compile(r"[\w-][\w.-]*\.\w+")


@dataclass(frozen=True)
class PythonFile:
    """One file of Python.

    Attributes
    ----------
    meaning : str
        SHA-256 of its syntax tree without docstrings.
    imports : tuple of str
        Dotted names that it imports, or has in a string if they are of the package; those that are
        relative to its own package begin with dots.
    file_names : tuple of str
        Strings in it that are like the name of a file.
    """

    meaning: str
    imports: tuple[str, ...]
    file_names: tuple[str, ...]


class PythonFiles:
    """Reads Python files, each but once while the object lives.

    Parameters
    ----------
    memory : path, optional
        File in which what was read is remembered by content. It is no product: losing it costs a
        second.
    shared : path, optional
        Another one, of all who use the package, which is asked where the first has nothing.
    """

    def __init__(
        self, memory: str | os.PathLike | None = None, shared: str | os.PathLike | None = None
    ):
        self.memory = None if memory is None else Path(memory)
        self.shared = None if shared is None else Path(shared)
        self.n_parsed = 0
        self._n_saved = self._n_shared = 0
        self._by_path: dict[Path, PythonFile] = {}
        self._by_content: dict[str, PythonFile] = {}
        for place in (self.memory, self.shared):
            if place and not self._by_content:
                self._by_content = _remembered(place)

    def read(self, path: Path) -> PythonFile:
        """What counts of a file.

        Raises
        ------
        SyntaxError
            If it is not Python.
        """
        if path not in self._by_path:
            source = path.read_bytes()
            content = hashlib.sha256(source).hexdigest()
            if content not in self._by_content:
                self._by_content[content] = parse(source, str(path))
                self.n_parsed += 1
            self._by_path[path] = self._by_content[content]
        return self._by_path[path]

    def save(self) -> None:
        """Remember what was read, if any of it is new, and forget files that were not read."""
        if self.memory is not None and self.n_parsed > self._n_saved:
            self._n_saved = self.n_parsed
            with contextlib.suppress(*_NOT_WRITTEN):  # what cannot be remembered is read again
                write_memory(self.memory, _document(self._read()))

    def share(self) -> None:
        """Remember it for all who use the package, beside what they have read."""
        if self.shared is not None and self.n_parsed > self._n_shared:
            self._n_shared = self.n_parsed
            files, others = self._read(), _remembered(self.shared)
            if len(others) < MOST_SHARED:
                files = others | files
            with contextlib.suppress(*_NOT_WRITTEN):  # a package that others have installed
                write_json(self.shared, _document(files))

    def _read(self) -> dict[str, PythonFile]:
        read = set(self._by_path.values())
        return {name: file for name, file in self._by_content.items() if file in read}


def shared_memory(package_folder: str | os.PathLike) -> Path | None:
    """Where all who use a package remember its files: beside its compiled modules.

    None where Python is not to write these.
    """
    if sys.dont_write_bytecode:
        return None
    compiled = importlib.util.cache_from_source(os.path.join(package_folder, "__init__.py"))  # noqa: PTH118
    return Path(compiled).with_name(f"python_files.{sys.implementation.cache_tag}.json")


def _document(files: Mapping[str, PythonFile]) -> dict:
    document = {"parser": _parser(), "files": {name: astuple(file) for name, file in files.items()}}
    return document | {"seal": _seal(document)}


def _remembered(memory: Path) -> dict[str, PythonFile]:
    """Files by content, as this parser has read them; none where they cannot be had."""
    try:
        document = read_json(memory)
        if document["parser"] != _parser():
            return {}
        rows = document["files"].items()
        files = {
            content: PythonFile(meaning, tuple(imports), tuple(names))
            for content, (meaning, imports, names) in rows
        }
        is_sealed = document.get("seal") == _seal(document)
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return {}
    texts = [text for f in files.values() for text in (f.meaning, *f.imports, *f.file_names)]
    return files if is_sealed and all(type(text) is str for text in texts) else {}


def _seal(document: dict) -> str:
    """SHA-256 over everything else in what is remembered: what was edited is forgotten."""
    sealed = {key: value for key, value in document.items() if key != "seal"}
    return hashlib.sha256(canonical_json(sealed)).hexdigest()


@cache
def _parser() -> list:
    """What tells this code from another that would read a file otherwise."""
    return [hashlib.sha256(Path(__file__).read_bytes()).hexdigest(), *sys.version_info[:3]]


@cache
def parse(source: bytes, filename: str) -> PythonFile:
    """What counts of Python source text; errors name `filename`."""
    imports: set[str] = set()
    file_names: set[str] = set()
    shape = _shape(ast.parse(source, filename=filename), imports, file_names)
    meaning = hashlib.sha256(shape.encode()).hexdigest()
    return PythonFile(meaning, tuple(sorted(imports)), tuple(sorted(file_names)))


def _shape(node, imports: set[str], file_names: set[str]) -> str:
    """The tree as text; empty fields are left out, since Python versions add such fields.

    Names that nodes import, or strings that name something, are added to the sets.
    """
    if isinstance(node, list):
        return f"[{','.join(_shape(item, imports, file_names) for item in node)}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Import | ast.ImportFrom):
        imports.update(_imported_names(node))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        # A module loaded by name, as the source sets are.
        if node.value.startswith(f"{PACKAGE}."):
            imports.add(node.value)
        if _FILE_NAME.fullmatch(node.value):
            file_names.add(node.value)
    parts = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list) and name in ("body", "orelse", "finalbody"):
            value = [child for child in value if not _is_docstring(child)]
        if value is not None and value != []:
            parts.append(f"{name}={_shape(value, imports, file_names)}")
    return f"{type(node).__name__}({','.join(parts)})"


def _is_docstring(node: ast.AST) -> bool:
    """Whether a statement is a string that stands alone, whatever it is the docstring of."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _imported_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = "." * node.level + (node.module or "")
    between = "." if node.module else ""
    return [base, *(f"{base}{between}{alias.name}" for alias in node.names)]
