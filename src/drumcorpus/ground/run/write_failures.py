"""What the surroundings refused, in words: a full disk, a folder that is not ours, no more memory.

An error of the operating system says a number and two words. What a person needs is which file it
was, how much was free on that file system, and what to do.
"""

import contextlib
import errno
import os
import re
import shutil
from pathlib import Path

from drumcorpus.ground.files.written_paths import exists

# By error number: what is the matter, and what to do about it. `{free}` is put in.
_CAUSES = {
    errno.ENOSPC: ("there is not enough space for it ({free})", "make room there"),
    errno.EDQUOT: (
        "the quota of this user is used up ({free})",
        "make room or have the quota raised",
    ),
    errno.EFBIG: (
        "it would be larger than a file may be here ({limit})",
        "raise the limit of the shell (ulimit -f unlimited) or use a file system of larger files",
    ),
    errno.EROFS: (
        "its file system is mounted read-only",
        "mount it so that it can be written (dmesg says if it was found damaged), or name another "
        "folder: --directory DIR",
    ),
    errno.EACCES: ("this user ({user}) may not ({owner})", "{give}"),
    errno.EPERM: ("this user ({user}) may not ({owner})", "{give}"),
    errno.EMFILE: (
        "this process has too many open files ({descriptors})",
        "raise the limit of the shell (ulimit -n 4096)",
    ),
    errno.ENFILE: ("the system has too many open files", "close other programs"),
    errno.ENAMETOOLONG: (
        "its name is too long for the file system",
        "work in a folder of a shorter path, or give manifests and exports shorter names",
    ),
    errno.EIO: (
        "its disk or network file system failed",
        "look at the disk, its cable or the server before anything else",
    ),
    errno.ESTALE: ("the network file system lost it", "mount it again"),
    **dict.fromkeys(
        (errno.ENOTCONN, errno.ETIMEDOUT, errno.ENODEV, errno.ENXIO, errno.EHOSTDOWN),
        ("its drive, or the server of its file system, is gone", "mount it again"),
    ),
    **{  # of which not every system has all
        getattr(errno, name): (
            "its file system is damaged",
            "have it checked (dmesg says what was found) before anything else",
        )
        for name in ("EUCLEAN", "EBADMSG")
        if hasattr(errno, name)
    },
    errno.ENOMEM: ("the system has no memory left ({memory})", "{less_memory}"),
    errno.ENOLCK: ("its file system has no locks left", "use a file system with locks"),
}
# These can only come from writing; the others may come from reading as well.
OF_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_GIVE = "give this user the right to read and write it, or name another folder: --directory DIR"
LESS_MEMORY = "run with fewer jobs at a time (--cores 1), with more shards, or with more memory"
_NUMBERED = re.compile(r"\[[Ee]rrno (\d+)\]")
_NAMED = re.compile(r"\[Errno \d+\][^\n]*?: ['\"]([^'\"\n]+)['\"]")
_HALF_MADE = re.compile(r"^\.(.+)\.(?:part|link)$")
# Below this, what failed without a reason is laid to the full disk.
ALMOST_NOTHING = 64 * 1024
# A full disk is laid to the number of its files where so much less of them is left than of room.
SCARCER = 4


def cause_of(error: BaseException) -> tuple[int, str | None] | None:
    """Error number and path of what the surroundings refused; None of any other error.

    Also of an error that another one was raised from, or that a library says in its own words.
    """
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__:
            return errno.ENOMEM, None
        number = getattr(error, "errno", None) if isinstance(error, OSError) else None
        number = number if number in _CAUSES else number_in(str(error))
        if number in _CAUSES:
            return number, getattr(error, "filename", None)
        error = error.__cause__ or error.__context__
    return None


def number_in(text: str) -> int | None:
    """The error number that a text holds, as a number or in the words of the system."""
    for found in _NUMBERED.finditer(text):
        if int(found[1]) in _CAUSES:
            return int(found[1])
    spoken = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE)
    return next((number for number in spoken if os.strerror(number) in text), None)


def path_in(text: str) -> str | None:
    """The path that the text of an operating system's error names."""
    found = _NAMED.search(text)
    return found[1] if found else None


def is_full(folder: str | os.PathLike = ".") -> bool:
    """Whether nothing to speak of is free where `folder` lies."""
    return shutil.disk_usage(_existing(folder)).free < ALMOST_NOTHING


def in_words(number: int, path: str | os.PathLike | None) -> tuple[str, str]:
    """(what happened, what to do), each the part of a sentence, of an error number and a path."""
    what, advice = _CAUSES[number]
    where = _existing(path if path is not None else ".")
    # What is left of a quota of files nobody says: what the whole disk has left is another thing.
    no_file_more = _no_file_more(where) if number == errno.ENOSPC else ""
    if no_file_more:
        what, advice = "{no_file_more}", "remove files there, or use a disk that takes more of them"
    words = {
        "no_file_more": no_file_more,
        "free": _free(where),
        "limit": _limit("RLIMIT_FSIZE", "no limit is set"),
        "descriptors": _limit("RLIMIT_NOFILE", "no limit is set", unit="files"),
        "user": f"uid {os.geteuid()}",
        "owner": _owner(where),
        "give": _GIVE,
        "memory": memory_in_words(),
        "less_memory": LESS_MEMORY,
    }
    if number == errno.ENOMEM:
        return "memory ran out: " + what.format(**words), advice.format(**words)
    verb = "written" if number in OF_WRITING else "opened, read or written"
    if path is None:
        shown = f"a file in {Path.cwd()}" if number in OF_WRITING else "a file"
    else:
        shown = shown_path(path)
    return (
        f"{shown} could not be {verb}: {what.format(**words)}",
        advice.format(**words),
    )


def sentence(error: BaseException) -> str | None:
    """What happened and what to do, as one sentence; None where nothing was refused."""
    cause = cause_of(error)
    return None if cause is None else "; ".join(in_words(*cause))


def shown_path(path: str | os.PathLike) -> str:
    """The final name of a file that is written, below the working folder where it is there."""
    parts = Path(os.fsdecode(path)).parts
    path = Path(*(_HALF_MADE.sub(r"\1", part) for part in parts))
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def memory_in_words() -> str:
    """How much memory is free and how much this process took at most."""
    from drumcorpus.ground.run.run_log import peak_memory_mb

    free = ""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123
            fields = dict(line.split(":", 1) for line in file)
        kib = int(fields["MemAvailable"].split()[0])
        free = f", {kib * 1024 / 1e6:,.0f} MB are free"
    except (OSError, KeyError, ValueError):  # no Linux, or a system that does not say
        pass
    return f"this process took {peak_memory_mb():,.0f} MB{free}"


def _existing(path: str | os.PathLike) -> Path:
    """A path, or the nearest folder above it that is there."""
    path = Path(os.fsdecode(path)).absolute()
    while not exists(path) and path != path.parent:
        path = path.parent
    return path


def _free(where: Path) -> str:
    try:
        usage = shutil.disk_usage(where)
    except OSError:
        return "how much is free cannot be asked"
    disk = next(path for path in (where, *where.parents) if path.is_mount())
    free = f"{_size(usage.free)} of {_size(usage.total)} free"
    return f"{free} on the disk at {disk} without what was half-made"


def _no_file_more(where: Path) -> str:
    """What is the matter where it is the number of files that is used up; else empty.

    What was half-made is gone when this is asked, so that some are free again.
    """
    with contextlib.suppress(OSError, AttributeError):  # no Unix
        there = os.statvfs(where)
        if not there.f_files or not there.f_blocks:  # it counts no files, or no room
            return ""
        if SCARCER * there.f_favail / there.f_files < there.f_bavail / there.f_blocks:
            disk = next(path for path in (where, *where.parents) if path.is_mount())
            return (
                f"there is no place for one more file ({there.f_favail:,} of {there.f_files:,} "
                f"files left on the disk at {disk} without what was half-made)"
            )
    return ""


def _size(n_bytes: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= 10 * factor:
            return f"{n_bytes / factor:,.0f} {unit}"
    return f"{n_bytes / 1e3:,.0f} kB"


def _limit(name: str, none: str, unit: str = "bytes") -> str:
    try:
        import resource
    except ImportError:  # no Unix
        return none
    soft, _ = resource.getrlimit(getattr(resource, name))
    return none if soft == resource.RLIM_INFINITY else f"at most {soft:,} {unit}"


def _owner(where: Path) -> str:
    try:
        stat = where.stat()
    except OSError:
        return f"{where} cannot be asked"
    return f"{where} is of uid {stat.st_uid}, mode {stat.st_mode & 0o7777:o}"
