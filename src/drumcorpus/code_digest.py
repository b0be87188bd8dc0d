"""A digest of what a script's code means: the script and every library module that it reaches.

Comments, docstrings and layout do not count; an edit that can change a result does.
"""

import ast
import hashlib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = "drumcorpus"
# Modules around the work, which no product depends on: an edit there must not rebuild a corpus.
AROUND_THE_WORK = ("job.py", "progress.py", "run_log.py")


def code_digest(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> str:
    """16 hex digits for a script and, transitively, all modules of the package that it imports.

    A module that names a file of the package's ``templates`` folder in a string depends on that
    file's bytes as well.

    Parameters
    ----------
    script : path
        A Python file.
    package_folder : path
        Folder of the package, ``src/drumcorpus``.
    modules : iterable of str
        Modules of the package that the script loads by a name put together at run time.

    Raises
    ------
    SyntaxError
        If a file is not Python.
    """
    package_folder = Path(package_folder)
    reached, pending = {}, [Path(script)]
    for module in modules:
        pending += _module_files(module, package_folder)
    while pending:
        path = pending.pop()
        if path not in reached:
            shape, imports, templates = _read_module(path, package_folder, path.stat().st_mtime_ns)
            content = hashlib.sha256(shape.encode())
            for template in templates:
                content.update(template.read_bytes())
            reached[path] = content.hexdigest()
            pending += imports
    names = sorted(
        (
            path.relative_to(package_folder).as_posix()
            if path.is_relative_to(package_folder)
            else path.name,
            digest,
        )
        for path, digest in reached.items()
    )
    return hashlib.sha256(repr(names).encode()).hexdigest()[:16]


@cache
def _read_module(
    path: Path, package_folder: Path, _mtime: int
) -> tuple[str, list[Path], list[Path]]:
    """The meaning of a module as text, the modules it imports and the templates it names."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    _strip_docstrings(tree)
    imports, templates = [], []
    for node in ast.walk(tree):
        imports += _imported_files(node, path, package_folder)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "/" not in node.value:
            templates += _existing(package_folder / "templates", [node.value])
    return _shape(tree), imports, templates


def _strip_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]


def _shape(node) -> str:
    """The tree as text; empty fields are left out, since Python versions add such fields."""
    if isinstance(node, list):
        return f"[{','.join(_shape(item) for item in node)}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = [
        f"{name}={_shape(value)}"
        for name, value in ast.iter_fields(node)
        if value not in (None, [])
    ]
    return f"{type(node).__name__}({','.join(parts)})"


def _imported_files(node: ast.AST, path: Path, package_folder: Path) -> list[Path]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        base = _absolute_name(node, path, package_folder)
        names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        # A module loaded by name, as the source sets are.
        names = [node.value] if node.value.startswith(f"{PACKAGE}.") else []
    else:
        names = []
    return [path for name in names for path in _module_files(name, package_folder)]


def _module_files(name: str, package_folder: Path) -> list[Path]:
    """The file of a module and those of the packages around it; none for a foreign module."""
    package, *parts = name.split(".")
    files = []
    for depth in range(len(parts) + 1 if package == PACKAGE else 0):
        module = package_folder.joinpath(*parts[:depth])
        if f"{module.name}.py" in AROUND_THE_WORK:
            continue
        files += _existing(module.parent, [f"{module.name}/__init__.py", f"{module.name}.py"])
    return files


def _absolute_name(node: ast.ImportFrom, path: Path, package_folder: Path) -> str:
    """The module that an import names, also where it names it relative to its own package."""
    if not node.level:
        return node.module
    here = (PACKAGE, *path.relative_to(package_folder).parts)
    return ".".join([*here[: -node.level], *([node.module] if node.module else [])])


def _existing(folder: Path, names: list[str]) -> list[Path]:
    """Those of the names that are files; a string that can be no name is none."""
    paths = [os.path.join(folder, name) for name in names if name]  # noqa: PTH118
    return [Path(path) for path in paths if os.path.isfile(path)]  # noqa: PTH113
