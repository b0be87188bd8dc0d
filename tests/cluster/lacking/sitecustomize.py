"""What a node may lack, for every process of Python that has this folder on its path.

`DRUMCORPUS_LACKS` names what its file system lacks, such as ``locks,links``: they fail as on Lustre
without `flock`, NFS with `nolock` and file systems without links. `DRUMCORPUS_CLOCK` says by how
many seconds its clock differs from that of other nodes, such as ``-60``; what it writes has its
time, as on file systems that take the time of the client.
"""

import contextlib
import errno
import fcntl
import os
import time
from pathlib import Path


def _refused(number):
    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    return refuse


def _with_own_time(move, clock):
    """A function that gives a file its name, and then the time of this node."""

    def moved(source, target, **options):
        move(source, target, **options)
        with contextlib.suppress(OSError):
            stat = Path(target).stat()
            if stat.st_mtime > clock():
                os.utime(target, (stat.st_atime, clock()))

    return moved


_lacks = os.environ.get("DRUMCORPUS_LACKS", "").split(",")
if "locks" in _lacks:
    fcntl.flock = _refused(errno.ENOLCK)
if "links" in _lacks:
    os.link = _refused(errno.EPERM)

if _ahead := int(os.environ.get("DRUMCORPUS_CLOCK", "0")):
    _time, _time_ns = time.time, time.time_ns
    time.time = lambda: _time() + _ahead
    time.time_ns = lambda: _time_ns() + _ahead * 10**9
    os.replace = _with_own_time(os.replace, time.time)
    os.rename = _with_own_time(os.rename, time.time)
