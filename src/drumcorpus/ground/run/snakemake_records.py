"""Snakemake's records of a working folder: one that is damaged is put aside before it is read.

Snakemake passes over a record that is no JSON, and then takes its product for well made; at any
other damage it ends in a traceback, at this call and at every one after it.
"""

import contextlib
import json
import os
import shutil
import stat
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.state_folder import STATE_FOLDER

SNAKEMAKE = Path(".snakemake")
METADATA, INCOMPLETE = SNAKEMAKE / "metadata", SNAKEMAKE / "incomplete"
PUT_ASIDE = Path(STATE_FOLDER, "put_aside")
# What Snakemake makes below its folder, all of it folders.
FOLDERS = (
    *("auxiliary", "backups", "benchmarks", "conda", "conda-archive", "incomplete", "iocache"),
    *("locks", "log", "metadata", "scripts", "shadow", "singularity", "source_cache", "storage"),
)
# Stands in INCOMPLETE while Snakemake changes the form of its records.
MIGRATION = "migration_underway"
# A mark says by its name alone that a product is unfinished.
MARK = {"external_jobid": None}
N_SHOWN = 5


@dataclass(frozen=True)
class Damage:
    """A file or folder of Snakemake's that it could not read, and why."""

    path: Path
    reason: str

    @property
    def product(self) -> str | None:
        """The product that the record is of; none of another file of Snakemake's."""
        for folder in (METADATA, INCOMPLETE):
            if self.path.is_relative_to(folder):
                try:
                    return product_of(self.path, folder) or None
                except ValueError:
                    return None
        return None

    def __str__(self) -> str:
        of = f" (of {visible(self.product)})" if self.product else ""
        return f"{visible(str(self.path))}{of}: {self.reason}"


def damaged_records(
    check_record: Callable[[dict], object], whole: dict[str, object] | None = None
) -> list[Damage]:
    """What Snakemake could not read below its folder in the working directory.

    Parameters
    ----------
    check_record
        Raises ValueError at a record, as a mapping, that Snakemake does not take.
    whole : dict, optional
        Is filled with what `check_record` returns of each record that is not damaged, by product.
    """
    folders = [SNAKEMAKE, *(SNAKEMAKE / name for name in FOLDERS)]
    found = [Damage(path, "no folder") for path in folders if _is_no_folder(path)]
    if any(damage.path == SNAKEMAKE for damage in found):
        return found[:1]
    records: dict[Path, object] = {}
    for folder, check, read in ((METADATA, check_record, records), (INCOMPLETE, _check_mark, {})):
        if folder.is_dir():
            found += _damaged_below(folder, check, read)
    if whole is not None:
        for path, record in records.items():
            with contextlib.suppress(ValueError):  # a stranger's file, which Snakemake never reads
                whole[product_of(path, METADATA)] = record
    return found


def product_of(path: Path, folder: Path) -> str:
    """The product that a record below a folder of records is of, which its name says.

    Raises
    ------
    ValueError
        If the name says none.
    """
    name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
    return urlsafe_b64decode(name.encode()).decode()


def put_aside(found: Iterable[Damage]) -> Path:
    """Move what is damaged below `PUT_ASIDE`; returns the folder in which it lies there now.

    The mark of an unfinished product is set anew.
    """
    n_before = len(list(PUT_ASIDE.iterdir())) if PUT_ASIDE.is_dir() else 0
    folder = PUT_ASIDE / f"{n_before + 1:03d}"
    for damage in found:
        target = folder / damage.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(damage.path, target)
        if INCOMPLETE in damage.path.parents and not damage.path.name.startswith("@"):
            damage.path.write_text(json.dumps(MARK))
    return folder


def damage_in_words(found: list[Damage]) -> str:
    """The first few of what is damaged, and how many there are."""
    shown = "; ".join(map(str, found[:N_SHOWN]))
    more = f"; and {len(found) - N_SHOWN:,} more" if len(found) > N_SHOWN else ""
    return f"Snakemake cannot read {len(found):,} of its records: {shown}{more}."


def _damaged_below(folder: Path, check: Callable[[dict], object], read: dict) -> list[Damage]:
    """Damage in a folder of records; a long name goes through folders that begin with @.

    What `check` returns of the others is put into `read`, by path.
    """
    found = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        is_folder = entry.is_dir()
        if entry.name.startswith("@"):
            if is_folder:
                found += _damaged_below(path, check, read)
            else:
                found.append(Damage(path, "no folder"))
        elif is_folder:
            found.append(Damage(path, "a folder, not a file"))
        elif reason := _why_unreadable(path, check, read):
            found.append(Damage(path, reason))
    return found


def _why_unreadable(path: Path, check: Callable[[dict], object], read: dict) -> str:
    """Why Snakemake could not read a record; empty if it can."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for ever
            return "no regular file"
        if path.name == MIGRATION:
            return ""
        content = path.read_bytes()
    except FileNotFoundError:
        return "a link to nothing"
    except OSError as error:
        return f"not readable: {error.strerror}"
    if not content:
        return "empty"
    try:
        record = json.loads(content.decode("utf-8"))
        if not isinstance(record, dict) or not record:
            return "JSON, but no record"
        checked = check(record)
        _check_values(record)
        read[path] = checked
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        return f"not JSON at byte {error.pos}: {error.msg}"
    except RecursionError:
        return "nested too deeply"
    except ValueError as error:
        return _in_one_line(error)
    return ""


def _check_values(record: dict) -> None:
    """Hold what Snakemake compares without asking for its type."""
    params = record.get("params") or []
    if not all(isinstance(value, str) for value in params):
        raise ValueError("params: not all of them text")
    checksums = record.get("input_checksums") or {}
    if not all(value is None or isinstance(value, str) for value in checksums.values()):
        raise ValueError("input_checksums: not all of them text")


def _check_mark(record: dict) -> None:
    job = record.get("external_jobid")
    if not (job is None or isinstance(job, str)):
        raise ValueError(f"external_jobid: {job!r}; allowed: text or null")


def _in_one_line(error: ValueError) -> str:
    """What a validator says, which may be a heading, a field and a sentence on three lines."""
    lines = [line.strip() for line in str(error).splitlines()]
    return ": ".join(lines[1:3] or lines).partition(" [type=")[0] or "not as Snakemake writes it"


def _is_no_folder(path: Path) -> bool:
    return os.path.lexists(path) and not path.is_dir()
