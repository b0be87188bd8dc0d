"""What Snakemake asks for every job of a plan, with the same answer each time, asked once."""

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import FunctionType

# What the classes and functions below stand in front of or call, by Snakemake's module, with the
# parameters that it must have; None where these do not matter.
STANDS_BEFORE = {
    "snakemake.common": {"overwrite_function_params": ("func", "params")},
    "snakemake.dag": {
        "DAG.check_directory_outputs": ("self",),
        "OutputIndex.__init__": ("self", "rules"),
        "OutputIndex.match_producers": ("self", "targetfile"),
        "ScriptProcessor.__init__": ("self", "dag"),
        "ScriptProcessor.process_job": ("self", "job"),
    },
    "snakemake.io": {"_IOFile.is_storage": None},
    "snakemake.resources": {"Resource.evaluate": None},
    "snakemake.workflow": {
        "FilePersistence._clear_cache": ("self",),
        "FilePersistence._read_record": ("self", "key"),
        "FilePersistence._serialize_param": None,
        "FilePersistence._serialize_param_builtin": ("self", "value"),
    },
}


def what_is_lacking(
    wanted: Mapping[str, Mapping[str, tuple[str, ...] | None]] = STANDS_BEFORE,
) -> list[str]:
    """What another Snakemake has not, or with other parameters; a plan is made without all this.

    Parameters
    ----------
    wanted : mapping
        By module, which must be imported, and dotted name: parameters, or None for any.
    """
    lacking = []
    for module, names in wanted.items():
        for name, parameters in names.items():
            there = sys.modules.get(module)
            for part in name.split("."):
                there = getattr(there, part, None)
            fits = there is not None and (parameters is None or _parameters(there) == parameters)
            lacking += [] if fits else [f"{module}.{name}"]
    return lacking


def _parameters(function: object) -> tuple[str, ...] | None:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # nothing that can be called
        return None


class LooksAtScriptsOnce:
    """In front of Snakemake's ``ScriptProcessor``, which opens the script of every job.

    Most scripts do not depend on the job, and are opened once.
    """

    def __init__(self, dag):
        super().__init__(dag)
        self._looked_at: set[tuple[str, str]] = set()

    def process_job(self, job) -> None:
        """Look whether the script of a job is there."""
        script = (str(job.rule.script), job.rule.snakefile)
        if script not in self._looked_at:
            super().process_job(job)
            if "{" not in script[0]:
                self._looked_at.add(script)


class ReadsRecordsOnce:
    """In front of Snakemake's ``FilePersistence``, which looks ten times for a product's record.

    It forgets what it knows where Snakemake does, before a record is written.

    Attributes
    ----------
    read : dict
        Records that were read before, by product.
    """

    read: Mapping[str, object] = {}

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self._known = dict(self.read)

    @property
    def _serialize_param(self) -> Callable[[object], object]:
        """How a parameter is recorded; no rule has one of pandas', which takes long to import."""
        return self._serialize_param_builtin

    def _read_record(self, key: str) -> object:
        if key not in self._known:
            self._known[key] = super()._read_record(key)
        return self._known[key]

    def _clear_cache(self) -> None:
        self._known.clear()
        super()._clear_cache()


def is_storage(file) -> bool:
    """Whether a file of Snakemake's lies in a storage, as its ``is_storage`` says it.

    That asks for the type of the text by a list of abstract classes, for every look at a file.
    """
    return bool(getattr(file._file, "flags", None) and file._file.flags.get("storage_object"))


def finds_nested_outputs_quickly(check: Callable[[object], None]) -> Callable[[object], None]:
    """Snakemake's check that no product lies in a folder that is a product, called where one does.

    Parameters
    ----------
    check : callable
        The method of Snakemake's ``DAG``, which compares all products part by part.
    """

    def check_directory_outputs(dag) -> None:
        outputs = {os.path.abspath(path) for job in dag.jobs for path in job.output}  # noqa: PTH100
        folders: set[str] = set()
        for path in outputs:
            while (path := os.path.dirname(path)) not in folders:  # noqa: PTH120
                folders.add(path)
        if not folders.isdisjoint(outputs):
            check(dag)

    return check_directory_outputs


class ImportsWhenUsed:
    """A finder of Python's that has a library imported when something of it is used first.

    To name it costs nothing then. Not where several threads may use it first.

    Parameters
    ----------
    name : str
        The library.
    """

    def __init__(self, name: str):
        self.name = name

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        """The library, to be imported later; every other module is left to other finders."""
        spec = PathFinder.find_spec(name, path, target) if name == self.name else None
        if spec is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def remember_parameters(
    functions: Iterable, overwrite: Callable[[Callable, object], object]
) -> None:
    """Let Snakemake find the parameters of functions, which it asks for at every call.

    Parameters
    ----------
    functions : iterable
        Functions of rules; what is none of Python's own is passed over.
    overwrite : callable
        Snakemake's way to say which parameters a function has.
    """
    for function in functions:
        if isinstance(function, FunctionType):
            overwrite(function, inspect.signature(function).parameters)
