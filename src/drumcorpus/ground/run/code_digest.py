"""What a job is made of: its script, every library module that it reaches, and their versions.

Comments, docstrings and layout do not count; an edit that can change a result does.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from drumcorpus.ground.files.project_files import WHEEL_FOLDER
from drumcorpus.ground.run.code_listings import digest_of
from drumcorpus.ground.run.python_modules import PACKAGE, PythonFile, PythonFiles
from drumcorpus.ground.run.software import software_versions

TEMPLATES = "ground/pages/templates"
# Modules around the work, which no product depends on: an edit there must not rebuild a corpus.
AROUND_THE_WORK = tuple(
    f"ground/run/{name}.py"
    for name in (
        "commands",
        "file_lock",
        "job",
        "job_files",
        "job_plan",
        "kept",
        "ledger",
        "product_walk",
        "progress",
        "run_log",
        "terminal",
        "write_failures",
    )
)


class Library:
    """The modules of the package as one process reads them.

    Parameters
    ----------
    package_folder : path
        Folder of the package, ``src/drumcorpus``.
    memory, shared : path, optional
        Files in which what was read of each module is remembered, as of `PythonFiles`.

    Attributes
    ----------
    listings : dict
        Of each digest that was given, the digests of script and modules, by path.
    """

    def __init__(
        self,
        package_folder: str | os.PathLike,
        memory: str | os.PathLike | None = None,
        shared: str | os.PathLike | None = None,
    ):
        self.folder = Path(package_folder)
        self._files = PythonFiles(memory, shared)
        self._imported: dict[Path, list[Path]] = {}
        self._named: dict[str, list[Path]] = {}
        self._rows: dict[Path, tuple[str, str]] = {}
        self._described: dict[tuple, dict] = {}
        self.listings: dict[str, dict[str, str]] = {}

    def describe_code(self, script: str | os.PathLike, modules: Iterable[str] = ()) -> dict:
        """What a job is made of: ``digest``, of `digest`, and ``software``, versions by library.

        Parameters
        ----------
        script : path
            A Python file.
        modules : iterable of str
            Modules of the package that the script loads by a name put together at run time.

        Raises
        ------
        SyntaxError
            If a file is not Python.
        ValueError
            If a library is not installed.
        """
        modules = tuple(modules)
        key = (str(script), *modules)
        if key not in self._described:  # a rule asks for every job
            reached = self.reached(script, modules)
            software = software_versions(_libraries(reached))
            self._described[key] = {"digest": self._digest(reached), "software": software}
        return dict(self._described[key])

    def remember(self) -> None:
        """Write down what was read, if any of it is new."""
        self._files.save()

    def share(self) -> None:
        """Write it down for all who use the package."""
        self._files.share()

    def digest(self, script: str | os.PathLike, modules: Iterable[str] = ()) -> str:
        """16 hex digits for a script and, transitively, all modules of the package that it imports.

        A module that names a file of the package's ``templates`` folder in a string depends on that
        file's bytes as well.
        """
        return self._digest(self.reached(script, modules))

    def reached(
        self, script: str | os.PathLike, modules: Iterable[str] = ()
    ) -> dict[Path, PythonFile]:
        """A script, and all modules of the package that count with it, by path."""
        reached: dict[Path, PythonFile] = {}
        pending = [Path(script)]
        for name in modules:
            pending += self._module_files(name)
        while pending:
            path = pending.pop()
            if path not in reached:
                reached[path] = self._files.read(path)
                pending += self._imported_files(path, reached[path])
        return reached

    def _digest(self, reached: dict[Path, PythonFile]) -> str:
        listing = dict(self._listed(path, file) for path, file in reached.items())
        digest = digest_of(listing)
        self.listings[digest] = listing
        return digest

    def _listed(self, path: Path, file: PythonFile) -> tuple[str, str]:
        """How a file is shown, and the digest of what counts of it and of its templates."""
        if path not in self._rows:  # a module is reached from many scripts
            content = hashlib.sha256(file.meaning.encode())
            for template in _existing(self.folder / TEMPLATES, file.file_names):
                content.update(template.read_bytes())
            self._rows[path] = self._shown(path), content.hexdigest()
        return self._rows[path]

    def _shown(self, path: Path) -> str:
        in_wheel = path.is_relative_to(self.folder / WHEEL_FOLDER)  # a script, as in a checkout
        is_inside = path.is_relative_to(self.folder) and not in_wheel
        return path.relative_to(self.folder).as_posix() if is_inside else path.name

    def _imported_files(self, path: Path, file: PythonFile) -> list[Path]:
        if path not in self._imported:
            names = [self._absolute_name(name, path) for name in file.imports]
            self._imported[path] = [each for name in names for each in self._module_files(name)]
        return self._imported[path]

    def _absolute_name(self, name: str, path: Path) -> str:
        """The name of a module that is imported by a name relative to its own package."""
        if not name.startswith("."):
            return name
        below = name.lstrip(".")
        here = (PACKAGE, *path.relative_to(self.folder).parts)
        return ".".join([*here[: len(below) - len(name)], *([below] if below else [])])

    def _module_files(self, name: str) -> list[Path]:
        """The file of a module and those of the packages around it; none for a foreign module."""
        package, *parts = name.split(".")
        if package != PACKAGE:
            return []
        if name not in self._named:
            module, shown = self.folder.joinpath(*parts), "/".join(parts)
            endings = () if f"{shown}.py" in AROUND_THE_WORK else ("/__init__.py", ".py")
            files = _existing(module.parent, [f"{module.name}{ending}" for ending in endings])
            around = self._module_files(name.rpartition(".")[0]) if parts else []
            self._named[name] = [*around, *files]
        return self._named[name]


def code_digest(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> str:
    """`Library.digest` of the files as they stand now."""
    return Library(package_folder).digest(script, modules)


def describe_code(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> dict:
    """`Library.describe_code` of the files as they stand now."""
    return Library(package_folder).describe_code(script, modules)


def reached_modules(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> list[str]:
    """Paths below the package of all modules that count in `code_digest`, in order."""
    reached = Library(package_folder).reached(script, modules)
    folder = Path(package_folder)
    return sorted(path.relative_to(folder).as_posix() for path in reached if path != Path(script))


def reached_libraries(
    script: str | os.PathLike, package_folder: str | os.PathLike, modules: Iterable[str] = ()
) -> set[str]:
    """Top-level names of the foreign modules that the modules of `code_digest` import."""
    return _libraries(Library(package_folder).reached(script, modules))


def _libraries(reached: dict[Path, PythonFile]) -> set[str]:
    """Top-level names of the foreign modules that files import."""
    names = {name.partition(".")[0] for file in reached.values() for name in file.imports}
    return names - {"", PACKAGE}


def _existing(folder: Path, names: Iterable[str]) -> list[Path]:
    """Those of the names that are files; a string that can be no name is none."""
    paths = [os.path.join(folder, name) for name in names if name]  # noqa: PTH118
    return [Path(path) for path in paths if os.path.isfile(path)]  # noqa: PTH113
