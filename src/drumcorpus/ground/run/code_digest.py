"""What a job is made of: its script, every library module that it reaches, and their versions.

Comments, docstrings and layout do not count; an edit that can change a result does.
"""

import ast
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from drumcorpus.ground.run.software import software_versions

PACKAGE = "drumcorpus"
TEMPLATES = "ground/pages/templates"
# Modules around the work, which no product depends on: an edit there must not rebuild a corpus.
AROUND_THE_WORK = tuple(f"ground/run/{name}.py" for name in ("job", "kept", "progress", "run_log"))


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
    names = []
    for path, module in _reached(Path(script), Path(package_folder), modules).items():
        content = hashlib.sha256(module.shape.encode())
        for template in module.templates:
            content.update(template.read_bytes())
        names.append((_shown(path, Path(package_folder)), content.hexdigest()))
    return hashlib.sha256(repr(sorted(names)).encode()).hexdigest()[:16]


def reached_modules(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> list[str]:
    """Paths below the package of all modules that count in `code_digest`, in order."""
    reached = _reached(Path(script), Path(package_folder), modules)
    return sorted(_shown(path, Path(package_folder)) for path in reached if path != Path(script))


def reached_libraries(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> set[str]:
    """Top-level names of the foreign modules that the modules of `code_digest` import."""
    reached = _reached(Path(script), Path(package_folder), modules)
    return {name for module in reached.values() for name in module.foreign}


def describe_code(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> dict:
    """What a job is made of: ``digest``, of `code_digest`, and ``software``, versions by library.

    Parameters and errors as of `code_digest` and `software.software_versions`.
    """
    modules = list(modules)
    return {
        "digest": code_digest(script, package_folder, modules),
        "software": software_versions(reached_libraries(script, package_folder, modules)),
    }


@dataclass(frozen=True)
class _Module:
    """One module as it counts: its meaning as text, and what it leads to."""

    shape: str
    imports: tuple[Path, ...]
    templates: tuple[Path, ...]
    foreign: frozenset[str]  # top-level names of the modules of other packages


def _reached(script: Path, package_folder: Path, modules: Iterable[str]) -> dict[Path, _Module]:
    reached: dict[Path, _Module] = {}
    pending = [script]
    for name in modules:
        pending += _module_files(name, package_folder)
    while pending:
        path = pending.pop()
        if path not in reached:
            reached[path] = _read_module(path, package_folder, path.stat().st_mtime_ns)
            pending += reached[path].imports
    return reached


def _shown(path: Path, package_folder: Path) -> str:
    is_inside = path.is_relative_to(package_folder)
    return path.relative_to(package_folder).as_posix() if is_inside else path.name


@cache
def _read_module(path: Path, package_folder: Path, _mtime: int) -> _Module:
    tree = ast.parse(path.read_bytes(), filename=str(path))
    _strip_docstrings(tree)
    imports, templates, foreign = [], [], set()
    for node in ast.walk(tree):
        imports += _imported_files(node, path, package_folder)
        foreign |= _foreign_names(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "/" not in node.value:
            templates += _existing(package_folder / TEMPLATES, [node.value])
    return _Module(_shape(tree), tuple(imports), tuple(templates), frozenset(foreign))


def _foreign_names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        names = {alias.name.partition(".")[0] for alias in node.names}
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = {node.module.partition(".")[0]}
    else:
        names = set()
    return names - {PACKAGE}


def _strip_docstrings(tree: ast.AST) -> None:
    """Take away every string that stands alone: of modules, functions, classes and attributes."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                setattr(node, name, [child for child in body if not _is_docstring(child)])


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


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
        if "/".join(parts[:depth]) + ".py" in AROUND_THE_WORK:
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
