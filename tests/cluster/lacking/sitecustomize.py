"""A file system that lacks locks or hard links, for every process of Python with this on its path.

`DRUMCORPUS_LACKS` says which, such as ``locks,links``. They fail as on Lustre without `flock`, NFS
with `nolock` and file systems without links.
"""

import errno
import fcntl
import os


def _refused(number):
    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    return refuse


_lacks = os.environ.get("DRUMCORPUS_LACKS", "").split(",")
if "locks" in _lacks:
    fcntl.flock = _refused(errno.ENOLCK)
if "links" in _lacks:
    os.link = _refused(errno.EPERM)
