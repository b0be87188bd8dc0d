"""Found by every Python that has this folder in PYTHONPATH: scripts of jobs leave what they took.

A job of the workflow is a process whose script Snakemake has given an object `snakemake`. Such a
one, and no other, adds a line to the file that MEASURED_JOBS names when it ends.
"""

import os

if "MEASURED_JOBS" in os.environ:
    import atexit
    import sys
    import time

    def leave(path: str, started: float) -> None:
        """Write the line: rule, wildcards, and what the process has taken."""
        import json

        job = getattr(sys.modules["__main__"], "snakemake", None)
        if job is None:
            return
        sys.path.insert(0, os.environ["MEASURED_WITH"])
        from taken import taken

        row = {"rule": job.rule, "wildcards": dict(job.wildcards.items())}
        row |= {"wall": time.time() - started, **taken()}
        # In one write at the end of the file, so that lines of two jobs do not mix.
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(handle, (json.dumps(row) + "\n").encode())
        os.close(handle)

    atexit.register(leave, os.environ["MEASURED_JOBS"], time.time())
