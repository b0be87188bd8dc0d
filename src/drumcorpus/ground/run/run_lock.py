"""The lock of a working folder: one run works, or any number of processes look.

The main process of Snakemake takes it when it reads the Snakefile and holds it until it ends. The
operating system takes it from a process that was killed. Snakemake's own lock could not do this:
it outlives a killed run, and every run without outputs clears it, whoever set it.
"""

import contextlib
import json
import os
import platform
import shlex
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from drumcorpus.ground.files.memory_files import make_way
from drumcorpus.ground.run.file_lock import lock, unlock, works_without
from drumcorpus.ground.run.state_folder import STATE_FOLDER

RUN_LOCK = Path(STATE_FOLDER, "run.lock")
SNAKEMAKES_LOCKS = Path(".snakemake/locks")

# What a call of Snakemake is for. One that works is alone; the others change no state. One that
# reads wants the products to stand still, one that looks is content with how they stand just now,
# and one that lists sees the rules alone.
WORK, READ, LOOK, LIST = "work", "read", "look", "list"
# Options of Snakemake by what it does with them, in the order in which it asks for them.
PURPOSES = (
    (LIST, ("lint", "list_target_rules", "list_rules", "print_compilation")),
    (READ, ("containerize", "report", "reporter", "generate_unit_tests")),
    (LOOK, ("dag", "rulegraph", "filegraph", "d3dag")),
    (WORK, ("unlock", "cleanup_metadata", "conda_cleanup_envs", "conda_create_envs_only")),
    (LOOK, ("list_conda_envs",)),
    (WORK, ("cleanup_shadow", "container_cleanup_images")),
    (LOOK, ("list_changes", "list_input_changes", "list_params_changes", "list_untracked")),
    (LOOK, ("summary", "detailed_summary")),
    (READ, ("archive",)),
    (LOOK, ("dryrun",)),
)

# A look is over in seconds, and a run waits for it; one that reads all products takes longer.
SECONDS_TO_WAIT = 30.0
SECONDS_BETWEEN_TRIES = 0.1
SECONDS_FOR_A_NAME = 2.0


class Refused(Exception):
    """Who holds the lock, and what to do."""


def purpose_of(options: Mapping, reading_targets: tuple[str, ...]) -> str:
    """What a call of Snakemake is for.

    Parameters
    ----------
    options
        Snakemake's options by name, as it reads them from its command line.
    reading_targets
        Rules without outputs that change nothing.
    """
    for purpose, names in PURPOSES:
        if any(options.get(name) not in (None, False) for name in names):
            if options.get("report_after_run") and purpose == READ:
                continue
            return purpose
    targets = [*(options.get("targets") or ())]
    more = [*(options.get(name) or () for name in ("forcerun", "until", "prioritize"))]
    reads = bool(targets) and set(targets) <= set(reading_targets) and not any(more)
    return READ if reads else WORK


@dataclass
class Part:
    """One process's part in the lock of a folder, for as long as this is referred to.

    `handle` is None where nobody is kept out: for a look at a folder where no run was yet, or
    beside a run that works.
    """

    handle: IO | None = None
    is_beside_a_run: bool = False


def take_part(purpose: str, command: list[str], say=sys.stderr.write) -> Part:
    """Take the lock of the working directory for a purpose; it is let go with the process.

    Raises
    ------
    Refused
        If another process works, or reads what this one would change.
    NoLocks
        If the file system has no locks.
    """
    if works_without():
        return Part()
    if purpose in (LOOK, LIST):
        return _look(purpose, say)
    make_way(RUN_LOCK)  # nobody holds what is no file
    RUN_LOCK.parent.mkdir(parents=True, exist_ok=True)
    handle = os.fdopen(os.open(RUN_LOCK, os.O_RDWR | os.O_CREAT, 0o666), "r+")
    started = time.monotonic()
    is_said = False
    while not _takes(handle, RUN_LOCK, shared=purpose == READ):
        if purpose == READ or not _takes(handle, RUN_LOCK, shared=True):
            raise Refused(another_run_in_words(handle, started))
        readers = _holders_in_words(handle)
        unlock(handle)
        waited = time.monotonic() - started
        if waited > SECONDS_TO_WAIT:
            raise Refused(
                f"{readers} reads the products in {Path.cwd()}, which must not change meanwhile. "
                "Start again when it has ended, or stop it first."
            )
        if waited > 1 and not is_said:
            say(f"Waiting for {readers}, which reads the products.\n")
            is_said = True
        time.sleep(SECONDS_BETWEEN_TRIES)
    if purpose == WORK:
        _write_down(handle, command)
    return Part(handle)


def clear_snakemakes_locks() -> bool:
    """Take away the locks that a killed run left; returns whether there were any.

    Only for who works here by the lock of this module.
    """
    if works_without() or not os.path.lexists(SNAKEMAKES_LOCKS):
        return False
    is_folder = SNAKEMAKES_LOCKS.is_dir() and not SNAKEMAKES_LOCKS.is_symlink()
    were_any = not is_folder or any(SNAKEMAKES_LOCKS.iterdir())
    if is_folder:
        shutil.rmtree(SNAKEMAKES_LOCKS)
    else:
        SNAKEMAKES_LOCKS.unlink()
    return were_any


def is_alone(part: Part) -> bool:
    """Whether no other process writes here, as far as the locks tell."""
    if works_without():
        return not (SNAKEMAKES_LOCKS.is_dir() and any(SNAKEMAKES_LOCKS.iterdir()))
    return not part.is_beside_a_run


def another_run_in_words(handle: IO, since: float = 0.0) -> str:
    """Who works here by what it wrote into the lock, and what to do about it.

    It has the lock a moment before it has written its name; until then another name stands there,
    of a process that has ended.
    """
    holder = _read_holder(handle)
    while holder is None and time.monotonic() - since < SECONDS_FOR_A_NAME:
        time.sleep(0.02)
        holder = _read_holder(handle)
    who = (
        ""
        if holder is None
        else (
            f": process {holder['pid']} on {holder['host']}, since {holder['since_utc']} "
            f"({holder['command']})"
        )
    )
    return (
        f"Another run works in {Path.cwd()}{who}. Wait until it has ended, or stop it (Ctrl-C in "
        "its terminal) and start again. If it has died, there is nothing to clear away: its lock "
        "ends with it."
    )


def _look(purpose: str, say) -> Part:
    try:
        handle = RUN_LOCK.open()
    except OSError:  # no run was here yet, or not for us to read; a look changes nothing
        return Part()
    if _takes(handle, RUN_LOCK, shared=True):
        return Part(handle)
    if purpose == LOOK:
        sentence = another_run_in_words(handle, time.monotonic()).partition(" Wait until")[0]
        say(f"{sentence} What is shown here changes while it works.\n")
    return Part(is_beside_a_run=True)


def _takes(handle: IO, path: Path, *, shared: bool) -> bool:
    try:
        lock(handle, path, shared=shared, wait=False)
    except BlockingIOError:
        return False
    return True


def _write_down(handle: IO, command: list[str]) -> None:
    """Who works, for those who are refused; a full disk does not end the run here."""
    row = {
        "pid": os.getpid(),
        "host": platform.node(),
        "since_utc": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "command": shlex.join(command),
    }
    with contextlib.suppress(OSError):
        handle.seek(0)
        handle.truncate()
        handle.write(json.dumps(row) + "\n")
        handle.flush()


def _read_holder(handle: IO) -> dict | None:
    """What stands in the lock, unless it is of a process of this host that has ended."""
    try:
        handle.seek(0)
        row = json.loads(handle.read())
        holder = {name: row[name] for name in ("pid", "host", "since_utc", "command")}
        if holder["host"] == platform.node():
            os.kill(int(holder["pid"]), 0)
    except PermissionError:  # of another user, and alive
        return holder
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return holder


def _holders_in_words(handle: IO) -> str:
    """The processes that hold the lock, where the system tells (Linux)."""
    inode = os.fstat(handle.fileno()).st_ino
    shown = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if fields[1] != "FLOCK" or not fields[5].endswith(f":{inode}"):
                continue
            pid = int(fields[4])
            if pid != os.getpid():
                words = (
                    Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
                )
                shown.append(f"process {pid} ({' '.join(filter(None, words))[:200]})")
    return " and ".join(shown) or "Another process, such as a dry run, a report or `verify`,"
