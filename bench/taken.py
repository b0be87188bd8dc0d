"""What this process and its children have taken so far. Imports next to nothing: jobs load it."""

import resource


def taken() -> dict:
    """CPU seconds, user and system; peak memory of the largest process, MB; bytes, as calls ask.

    Bytes are those of `read` and `write`, from the page cache too; pages of a file that is mapped
    into memory do not count.
    """
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    # After a fork rusage still says the memory of the parent; the status says its own.
    peak_kb = int(_fields("/proc/self/status")["VmHWM"].split()[0])
    moved = _fields("/proc/self/io")
    return {
        "cpu": sum(each.ru_utime + each.ru_stime for each in used),
        "peak_mb": max(peak_kb, used[1].ru_maxrss) * 1024 / 1e6,
        "read_bytes": int(moved["rchar"]),
        "written_bytes": int(moved["wchar"]),
    }


def launch(figures: str, command: list[str]) -> None:
    """Run a command and write what it has taken alone to a file, as JSON.

    To be called in a process that is small: what a child has taken begins with its parent's memory.
    """
    import json
    import os
    import subprocess
    import time

    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    row = {
        "": used.ru_utime + used.ru_stime,
        "_wall": time.perf_counter() - start,
        "_mb": used.ru_maxrss * 1024 / 1e6,
        "status": os.waitstatus_to_exitcode(status),
    }
    with open(figures, "w") as file:  # noqa: PTH123
        json.dump(row, file)


def _fields(path: str) -> dict[str, str]:
    with open(path) as file:  # noqa: PTH123 (pathlib takes longer to import than all of this)
        return dict(line.strip().split(":", 1) for line in file)
