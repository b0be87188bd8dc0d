"""Verifies an export against its own checksums, in bounded memory; knows what is half-made."""

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.fan_out import old_of, part_of
from drumcorpus.ground.files.paths import inside_root
from drumcorpus.ground.files.plain_files import odd_kind
from drumcorpus.ground.files.tables import iter_batches, read_table
from drumcorpus.stages.export.layout import CHECKSUMS, FILES_TABLE, RUN, RUN_LOG

LEVELS = ("quick", "sample", "full")
# Names of files of sound, which are many or large; a table of labels has no minus in its name.
_SOUND = re.compile(r".*\.(wav|flac|tar)|.*-.*\.parquet", re.DOTALL)
# Level sample reads the files of sound whose listed digest begins with one of 8 of 256 bytes: 3 %.
_SAMPLED_BYTES = 8
_LINE = re.compile(r"([0-9a-f]{64})  (.+)\n")


def verify_export(
    export_root: str | os.PathLike, level: str, *, ignored_names: tuple[str, ...] = ()
) -> list[dict]:
    """Compare an export with its `SHA256SUMS`.

    Parameters
    ----------
    export_root : path
        The folder `SHA256SUMS` is in.
    level : {'quick', 'sample', 'full'}
        At every level each listed file must be there and no other, every file of sound must have
        its size and every other file its content; `sample` also reads a fixed 3 % of the files of
        sound, `full` all.
    ignored_names : tuple of str
        Names of files that may be there besides, in any folder. A run manifest (`X.manifest.json`
        beside X) always may.

    Returns
    -------
    problems : list of dict
        ``path`` relative to the root and ``problem``: `missing`, `extra`, `changed`, `wrong size`,
        `outside the export`, `not a plain file`, `cannot be read`, `not readable as a listing`;
        sorted by path.

    Raises
    ------
    ValueError
        If `level` is unknown.
    """
    if level not in LEVELS:
        raise ValueError(f"level: expected one of {', '.join(LEVELS)}, got {level!r}")
    root = Path(export_root)
    if not os.path.lexists(root / CHECKSUMS):
        return [_problem(CHECKSUMS, "missing")]
    if odd_kind((root / CHECKSUMS).lstat().st_mode):
        return [_problem(CHECKSUMS, "not a plain file")]
    sizes = _Sizes(root)
    problems: list[dict] = []
    seen: set[str] = set()
    for folder, listed in itertools.groupby(_listing(root, problems), key=lambda row: row[0]):
        if folder in seen:
            text = f"lists the folder {folder or '.'!r} in two places"
            return [_problem(CHECKSUMS, text)]
        seen.add(folder)
        digests = {name: digest for _, name, digest in listed}
        problems += _check_folder(root, folder, digests, level, sizes.of(folder), ignored_names)
    problems += _unlisted_folders(root, seen, ignored_names)
    return sorted(problems, key=lambda problem: (problem["path"], problem["problem"]))


def half_made_samples(export_root: str | os.PathLike, source_set: str, shard: str) -> list[Path]:
    """What is half-made of one shard's samples, of every split and form."""
    root = Path(export_root)
    folders = [folder / shard for folder in root.glob(f"*/*/{source_set}")]
    shards = root.glob(f"*/.*-{source_set}-{shard}-*.part")
    return [*shards, *(name(each) for each in folders for name in (part_of, old_of))]


def files_are_whole(written_table: str | os.PathLike, export_root: str | os.PathLike) -> bool:
    """Whether every file of a shard stands with the content that its table gives it."""
    table = read_table(written_table, columns=["path", "sha256", "bytes"])
    for path, sha256, n_bytes in zip(
        *(column.to_pylist() for column in table.columns), strict=True
    ):
        file = Path(export_root, path)
        if not _has_size(file, n_bytes) or sha256_file(file) != sha256:
            return False
    return True


def absent_files(written_table: str | os.PathLike, export_root: str | os.PathLike) -> int:
    """How many files of a shard are not there, or have another size."""
    files = files_of(written_table)
    return sum(not _has_size(Path(export_root, path), n_bytes) for path, n_bytes in files)


def files_of(written_table: str | os.PathLike) -> list[tuple[str, int]]:
    """Path below the export and bytes of each file of a shard."""
    table = read_table(written_table, columns=["path", "bytes"])
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _has_size(path: Path, n_bytes: int) -> bool:
    try:
        record = path.lstat()
    except OSError:
        return False
    return not odd_kind(record.st_mode) and record.st_size == n_bytes


def _listing(root: Path, problems: list[dict]) -> Iterator[tuple[str, str, str]]:
    """(folder, name, digest) of every line; lines that are none become problems."""
    with (root / CHECKSUMS).open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            match = _LINE.fullmatch(line)
            if match:
                folder, _, name = match[2].rpartition("/")
                yield folder, name, match[1]
            else:
                problems.append(_problem(f"{CHECKSUMS}:{number}", "not readable as a listing"))


def _check_folder(
    root: Path, folder: str, digests: dict, level: str, sizes: dict, ignored_names: tuple
) -> list[dict]:
    """What is wrong with the files of one listed folder."""
    place = inside_root(root, folder)
    if place is None:
        return [_problem(_join(folder, name), "outside the export") for name in digests]
    entries = {entry.name: entry for entry in _entries(place)}
    problems = [
        _problem(_join(folder, name), "extra")
        for name in entries.keys() - digests.keys()
        if not _may_stand(name, folder, digests, ignored_names)
    ]
    for name, digest in digests.items():
        problem = _check_file(entries.get(name), digest, level, sizes.get(name))
        if problem:
            problems.append(_problem(_join(folder, name), problem))
    return problems


def _check_file(entry: os.DirEntry | None, digest: str, level: str, size: int | None) -> str | None:
    """What is wrong with one listed file."""
    if entry is None:
        return "missing"
    if not entry.is_file(follow_symlinks=False):
        return "not a plain file"
    is_sound = _SOUND.fullmatch(entry.name) is not None
    if is_sound and size is not None and entry.stat().st_size != size:
        return "wrong size"
    sampled = level == "sample" and int(digest[:2], 16) < _SAMPLED_BYTES
    if level == "full" or sampled or not is_sound:
        try:
            return "changed" if sha256_file(entry.path) != digest else None
        except OSError as error:
            return f"cannot be read ({error.strerror})"
    return None


def _unlisted_folders(root: Path, listed: set[str], ignored_names: tuple) -> list[dict]:
    """The files in folders that the listing does not name."""
    problems = []
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(root, onerror=unreadable.append):
        folder = "" if Path(place) == root else Path(place).relative_to(root).as_posix()
        links = [name for name in folders if Path(place, name).is_symlink()]
        is_listed = folder in listed
        strangers = links if is_listed else [*links, *names]
        problems += [
            _problem(_join(folder, name), "extra")
            for name in strangers
            if not _may_stand(name, folder, {}, ignored_names)
        ]
    problems += [
        _problem(
            Path(error.filename).relative_to(root).as_posix(), f"cannot be read ({error.strerror})"
        )
        for error in unreadable
    ]
    return problems


def _may_stand(name: str, folder: str, digests: dict, ignored_names: tuple) -> bool:
    """Whether a file that is not listed may stand there all the same."""
    if name in ignored_names or (name in (CHECKSUMS, RUN, RUN_LOG) and not folder):
        return True
    described = name.removesuffix(".manifest.json")
    return described != name and (described in digests or (described == CHECKSUMS and not folder))


def _entries(folder: Path) -> list[os.DirEntry]:
    """The files and links in `folder`, none where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.is_dir()]
    except OSError:  # not there, or it cannot be read, which is told once of the whole folder
        return []


class _Sizes:
    """The sizes of the files of an export by folder, from its table of files; read once, in order.

    Where that cannot be read nothing is known of sizes: the table itself is named then.
    """

    def __init__(self, root: Path):
        self._folders = itertools.groupby(_rows_of(root / FILES_TABLE), key=lambda row: row[0])
        self._next: tuple[str, dict] | None = self._read()

    def of(self, folder: str) -> dict[str, int]:
        """Bytes by name of the files of a folder; folders are asked for in order."""
        while self._next is not None and self._next[0] < folder:
            self._next = self._read()
        return self._next[1] if self._next is not None and self._next[0] == folder else {}

    def _read(self) -> tuple[str, dict] | None:
        try:
            folder, rows = next(self._folders)
            return folder, {name: n_bytes for _, name, n_bytes in rows}
        except (StopIteration, OSError, ValueError):
            return None


def _rows_of(table: Path) -> Iterator[tuple[str, str, int]]:
    """(folder, name, bytes) of every file."""
    if odd_kind(table.lstat().st_mode):
        return
    for batch in iter_batches(table, ["path", "bytes"]):
        for path, n_bytes in zip(*(batch[name].to_pylist() for name in (0, 1)), strict=True):
            folder, _, name = path.rpartition("/")
            yield folder, name, n_bytes


def _join(folder: str, name: str) -> str:
    """Path of a file, relative to the export root."""
    return f"{folder}/{name}" if folder else name


def _problem(path: str, problem: str) -> dict:
    """One problem."""
    return {"path": path, "problem": problem}
