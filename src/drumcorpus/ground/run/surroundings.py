"""What a run needs of the machine, looked at before it starts: replaced, remarked on or refused.

A container or a node of a cluster may lack a home, a name for its user, a folder for temporary
files or a terminal. Nothing of that shapes a product, so each is replaced where it can be.
"""

import contextlib
import errno
import os
import shutil
import sys
import tempfile
import types
import warnings
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path

from drumcorpus.ground.run.layout import WRITTEN
from drumcorpus.ground.run.state_folder import STATE_FOLDER
from drumcorpus.ground.run.terminal import write
from drumcorpus.ground.run.write_failures import cause_of, in_words

try:
    import pwd
    import resource
except ImportError:  # no Unix
    pwd = resource = None

WANTED_DESCRIPTORS = 4096
# Below this a run is told how little is free; the demo takes about ten times as much.
LITTLE_ROOM = 100_000_000
# Parameters of glibc's mallopt: bytes of one array above which it comes from the system by itself,
# and free bytes at the end of the heap above which they are given back.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_USER_NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


def prepare(folder: Path) -> str:
    """Make the best of the machine for a run in `folder`, for this process and those it starts.

    What is replaced is said on the terminal.

    Returns
    -------
    refusal : str
        Why no run can begin, as a sentence; empty where one can.
    """
    allow_many_files()
    keep_freed_memory()
    if said := refusal(folder):
        return said
    variables, remarks = replacements(folder, os.environ)
    os.environ.update(variables)
    if any(name in variables for name in _TEMPORARY):
        tempfile.tempdir = None  # asked anew
    write(sys.stderr, "".join(f"{remark}\n" for remark in remarks))
    return ""


def refusal(folder: Path) -> str:
    """Why nothing can be made in a working folder, as a sentence; empty where it can."""
    for place in (folder / name for name in WRITTEN):
        if os.path.lexists(place) and not place.is_dir():
            return (
                f"STOPPED: {place} is no folder, and a run writes to a folder of that name; "
                "nothing was begun; rename it, or take another folder (--directory DIR), then run "
                "the same command again."
            )
    try:
        state = folder / STATE_FOLDER
        state.mkdir(parents=True, exist_ok=True)
        _try_to_write(state)
        _try_to_write(folder)
        if not _keeps_rights(state):
            return (
                f"STOPPED: the file system of {folder.absolute()} refuses to set the rights of a "
                "file (chmod), as FAT and exFAT do, and Snakemake sets those of its records; "
                "nothing was begun; take a folder on another one (--directory DIR), or mount it "
                "with the option quiet, then run the same command again."
            )
    except OSError as error:
        cause = cause_of(error)
        what, advice = in_words(*cause) if cause else (f"{folder}: {error.strerror}", "see to it")
        return (
            f"STOPPED: {what}; nothing was begun, and what is finished is kept; {advice}, then run "
            "the same command again."
        )
    return ""


def replacements(folder: Path, environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What stands in for what the machine lacks.

    Parameters
    ----------
    folder : path
        Working folder of the run, which can be written.
    environment : mapping
        Environment variables as they are.

    Returns
    -------
    variables : dict
        Environment variables to set.
    remarks : list of str
        One sentence for each that changes where files go.
    """
    variables, remarks = {}, []
    state = (folder / STATE_FOLDER).absolute()
    named = next((environment[name] for name in _TEMPORARY if environment.get(name)), None)
    candidates = [named] if named else ["/tmp", "/var/tmp"]
    if not any(_can_write(path) for path in candidates):
        variables |= dict.fromkeys(_TEMPORARY, _made(state / "tmp"))
        missing = " nor ".join(candidates)
        remarks.append(
            f"No temporary file can be written in {missing}; they go to {state / 'tmp'}."
        )
    home = environment.get("HOME") or _home_of_user()
    cache = environment.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else None)
    if cache is None or not _can_write(cache):
        own = state / "cache"
        variables["XDG_CACHE_HOME"] = _made(own)
        for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR"):
            if not environment.get(name):
                variables[name] = _made(own / name.partition("_")[0].lower())
        if not home or not Path(home).is_dir():
            variables["HOME"] = str(own)
        remarks.append(f"Nothing can be written in {cache or 'a home folder'}; caches go to {own}.")
    if pwd is not None and not any(environment.get(name) for name in _USER_NAMES):
        try:
            pwd.getpwuid(os.getuid())
        except KeyError:  # a container that was given a number as its user
            variables |= {name: f"uid{os.getuid()}" for name in ("LOGNAME", "USER")}
    if sys.getfilesystemencoding().lower() not in ("utf-8", "utf8"):
        variables["PYTHONUTF8"] = "1"
    return variables, remarks


def remarks_on_limits(folder: Path) -> list[str]:
    """One sentence for each limit that may stop the run later."""
    remarks = []
    if resource is not None:
        largest, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        if largest != resource.RLIM_INFINITY:
            remarks.append(
                f"No file may be larger than {largest:,} bytes here (ulimit -f); larger products "
                "will fail."
            )
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(folder).free
        if free < LITTLE_ROOM:
            remarks.append(f"Only {free / 1e6:,.1f} MB are free in {folder.absolute()}.")
    return remarks


def allow_many_files() -> None:
    """Raise the number of files that this process and its jobs may open, where it is low."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    wanted = WANTED_DESCRIPTORS if unlimited else min(WANTED_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def keep_freed_memory() -> None:
    """Let Arrow's allocator keep freed memory for seconds, unless the environment says otherwise.

    It gives memory back after a hundredth of a second, and gets it again, cleared, for the next
    rows. To keep it saves an eighth of the CPU of JSON Lines, weights and health, and takes up to
    half as much memory more (`bench/tables.py`).
    """
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "10000")  # ms; read when Arrow is loaded


def prepare_job() -> None:
    """Make libraries spend less on what a job never asks of them: memory given back, and pandas."""
    keep_freed_pages()
    spare_pandas()


def keep_freed_pages() -> None:
    """Let the C library keep what this process frees.

    It gives larger arrays back to the system, and gets them again, cleared, for the next block: an
    eighth of the CPU of a check of WAV. No other library than glibc is asked.
    """
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, 32 << 20)  # the most that it takes
        library.mallopt(_TRIM_THRESHOLD, 256 << 20)


def spare_pandas() -> None:
    """Let Arrow, now or once it is loaded, make tables of lists without importing pandas first.

    It asks whether a list is a table of pandas', which costs a job 0.2 s and 40 MB for nothing; it
    asks once, and is shown a version too old for it. Who wants a table of pandas' later gets one.
    """
    arrow = sys.modules.get("pyarrow")
    if arrow is None and _AfterArrow not in sys.meta_path:
        sys.meta_path.insert(0, _AfterArrow)  # a job opens before it loads what it works with
    if arrow is None or "pandas" in sys.modules:
        return
    sys.modules["pandas"] = too_old = types.ModuleType("pandas")
    too_old.__version__ = "0"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            arrow.array([])
    finally:
        del sys.modules["pandas"]


class _AfterArrow:
    """Finds Arrow as it is found else, and spares pandas as soon as it is loaded."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path) if name == "pyarrow" else None
        if spec is None:
            return None
        load = spec.loader.exec_module

        def load_and_spare(module):
            load(module)
            spare_pandas()

        spec.loader.exec_module = load_and_spare
        return spec


def _made(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _can_write(folder: str) -> bool:
    """Whether a file can be made in a folder, which is made where it is missing."""
    try:
        if folder.endswith("/.cache"):  # what programs make on their own, unlike a named folder
            Path(folder).mkdir(exist_ok=True)
        _try_to_write(Path(folder))
    except OSError:
        return False
    return True


def _try_to_write(folder: Path) -> None:
    """Write one byte to a file in a folder, and take it away again."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except FileExistsError as error:  # as tempfile has it where no name was granted
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder)) from error
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(folder)) from error


def _keeps_rights(folder: Path) -> bool:
    """Whether the rights of a new file can be set as Snakemake does; True where nobody can say."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        try:
            Path(file.name).chmod(0o660)
        except OSError as error:
            return error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
    return True


def _home_of_user() -> str | None:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except (KeyError, AttributeError):
        return None
