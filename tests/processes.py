"""The environment of the tests and of all processes that they start.

It is imported before any library that reads it.
"""

import os

# Of hundreds of processes each would compile every module that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What tests multiply is small: threads would wait for one another, at full speed, eight times as
# long as it takes. Jobs of the workflow have the threads that Snakemake gives them.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")
