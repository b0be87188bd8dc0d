"""Where a merge or an aggregate reads and writes: what is refused before any row is read."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from drumcorpus.ground.files.paths import ELSEWHERE, printable, visible
from drumcorpus.ground.files.plain_files import odd_kind, require_plain_file
from drumcorpus.ground.run.file_lock import NoLocks, lock
from drumcorpus.ground.run.run_manifest import SUFFIX, manifest_path, recorded_output
from drumcorpus.ground.run.sidecars import read_sidecar
from drumcorpus.stages.corpora.sections import SECTION, recorded_path

# Tells a folder of ours from one of a person, and is locked by the process that works in it.
LOCK = "drumcorpus.lock"


class WrongArguments(ValueError):
    """What was asked for cannot be meant; nothing was read."""


def paths_of(inputs: Sequence[str | os.PathLike]) -> list[str]:
    """The paths of shards; one alone is taken for what it is, no list of letters."""
    if isinstance(inputs, str | bytes | os.PathLike):
        raise WrongArguments(f"inputs: got the one path {inputs!r}; wanted: a list of paths")
    return [os.fspath(path) for path in inputs]


def fields_of(name: str, fields: Sequence[str] | None) -> tuple[str, ...] | None:
    """Names of fields as they were given; None where they were not."""
    if isinstance(fields, str):
        raise WrongArguments(f"{name}: got the text {fields!r}; wanted: a list of fields")
    return None if fields is None else tuple(fields)


def check_inputs(paths: Sequence[str], *, at_least: int) -> None:
    """Look at the shards before any is read.

    Raises
    ------
    FileNotFoundError
        If a shard is not there.
    ValueError
        If there are less than `at_least`, one is named twice, is no plain file, or has a name that
        no run manifest can hold.
    """
    if len(paths) < at_least:
        raise WrongArguments(
            f"inputs: got {len(paths)} shard{'' if len(paths) == 1 else 's'}; wanted: "
            f"{at_least} or more"
        )
    seen: dict[str, str] = {}
    for path in paths:
        require_plain_file(path)
        _refuse_undecodable(path)
        file = os.path.realpath(path)
        if file in seen:
            raise WrongArguments(f"inputs: {seen[file]} and {path} are one file; name it once")
        seen[file] = path


def check_outputs(
    inputs: Sequence[str | os.PathLike], output: str | os.PathLike, place: Path
) -> None:
    """Refuse to write over anything but a corpus that was made so before, and its run manifest.

    Parameters
    ----------
    inputs : sequence of path
        What is read.
    output, place : path
        The corpus and its run manifest.

    Raises
    ------
    ValueError
        If one of the two lies outside the working folder, is an input, or stands there and is
        something else.
    """
    read = {os.path.realpath(path) for path in inputs}
    for what, path in (("output", output), ("manifest_out", place)):
        _check_place(what, path)
        if os.path.realpath(path) in read:
            raise WrongArguments(f"{_shown(path)}: is an input, and would be written over")
    if os.path.realpath(output) == os.path.realpath(place):
        raise WrongArguments(f"{_shown(output)}: the corpus and its run manifest are one file")
    if os.fspath(output).endswith(SUFFIX):
        raise WrongArguments(f"{_shown(output)}: is the name of a run manifest; choose another")
    beside = manifest_path(output)
    if os.path.realpath(beside) != os.path.realpath(place):
        if os.path.lexists(beside):
            raise WrongArguments(
                f"{_shown(beside)}: stands beside the corpus and would not hold for it any more, "
                f"for that at {_shown(place)} does; move it away"
            )
        other = os.fspath(place).removesuffix(SUFFIX)
        if other != os.fspath(place) and os.path.lexists(other):
            raise WrongArguments(
                f"{_shown(place)}: is where the run manifest of {_shown(other)} belongs; choose "
                "another place"
            )
    problem = _why_not_ours(output, place)
    if problem and not _may_be_replaced(place):
        raise WrongArguments(f"{_shown(place)}: {problem}; move it away")
    if problem and not _may_be_replaced(output):
        raise WrongArguments(
            f"{_shown(output)}: stands there, and no run manifest at {_shown(place)} says that it "
            "was merged or aggregated; move it away"
        )


def _check_place(what: str, path: str | os.PathLike) -> None:
    """Refuse a path that can be no file of the working folder, or where something odd stands."""
    if not Path(path).name or os.fspath(path).endswith("/"):
        raise WrongArguments(f"{what}: got {os.fspath(path)!r}; wanted: a file")
    _refuse_undecodable(path)
    if recorded_path(path).startswith(ELSEWHERE):
        raise WrongArguments(
            f"{_shown(path)}: lies outside the present folder, and a run manifest names no place "
            "of this machine; go to a folder that holds it, and call from there"
        )
    if os.path.lexists(path) and (odd := odd_kind(os.lstat(path).st_mode)):
        raise WrongArguments(f"{_shown(path)}: is {odd}, where a file belongs; move it away")


def _refuse_undecodable(path: str | os.PathLike) -> None:
    relative = os.path.relpath(path)
    if relative.startswith(".."):  # its name alone is recorded
        relative = Path(relative).name
    if printable(relative) != relative:
        raise WrongArguments(
            f"{_shown(path)}: its name is not UTF-8, which JSON cannot hold; rename it"
        )


def _why_not_ours(output: str | os.PathLike, place: Path) -> str:
    """Why no run manifest at a place says that the output was merged or aggregated; or empty."""
    try:
        manifest = read_sidecar(output, place)
    except (FileNotFoundError, NotADirectoryError):
        return "is not there"
    except ValueError:
        return "stands there and is no run manifest"
    if SECTION not in manifest or recorded_output(manifest, recorded_path(output)) is None:
        return f"is the run manifest of something else than the corpus {_shown(output)}"
    return ""


def _may_be_replaced(path: str | os.PathLike) -> bool:
    """Whether nothing is lost: there is nothing, or a file of no bytes."""
    return not os.path.lexists(path) or os.lstat(path).st_size == 0


def _shown(path: str | os.PathLike) -> str:
    return visible(printable(os.fspath(path)))


@contextmanager
def own_folder(output: str | os.PathLike, place: Path) -> Iterator[Path]:
    """A folder beside the output for what does not fit into memory; gone at the end.

    The folders of the output and of its run manifest are made; those that are new go too where the
    work fails. What a killed process has left is taken away by the next, and no two work at once.

    Raises
    ------
    ValueError
        If another process writes the same output, or a folder of that name is not ours.
    """
    folder = Path(output).with_name(f".{Path(output).name}.runs")
    with _made(folder.parent, place.parent), _taken(folder, output):
        try:
            for path in folder.iterdir():
                if path.name != LOCK:
                    path.unlink()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _made(*folders: Path) -> Iterator[None]:
    """Make folders; on an error those that were not there before are taken away, if empty."""
    fresh = {each for folder in folders for each in (folder, *folder.parents) if not each.exists()}
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in sorted(fresh, key=lambda each: len(each.parts), reverse=True):
            with suppress(OSError):
                each.rmdir()
        raise


def _taken(folder: Path, output: str | os.PathLike) -> IO:
    """The lock of a folder of ours, which is made if it is not there; closing it lets go."""
    while True:
        _make_or_know(folder)
        with suppress(FileNotFoundError), ExitStack() as stack:
            handle = stack.enter_context((folder / LOCK).open("a"))
            try:
                with suppress(NoLocks):  # where there are none, whoever calls sees to it
                    lock(handle, folder, wait=False)
            except BlockingIOError:
                raise ValueError(
                    f"{_shown(output)}: another process is writing it; wait until that has ended"
                ) from None
            # Else whoever had it has just ended, and has taken the folder away.
            if os.path.samestat(os.fstat(handle.fileno()), (folder / LOCK).stat()):
                stack.pop_all()
                return handle


def _make_or_know(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        if not _is_ours(folder):
            raise WrongArguments(
                f"{_shown(folder)}: is in the way of a folder of that name, and was not made by a "
                "merge or an aggregate; move it away"
            ) from None
    except OSError as error:
        error.filename = os.fspath(folder.parent)
        raise


def _is_ours(folder: Path) -> bool:
    """Whether a folder was made by `own_folder`: it holds the lock, or nothing yet."""
    if folder.is_symlink() or not folder.is_dir():
        return not os.path.lexists(folder)
    try:
        names = {path.name for path in folder.iterdir()}
    except FileNotFoundError:  # gone just now
        return True
    return not names or LOCK in names
