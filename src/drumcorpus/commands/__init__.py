"""The command line: one module for each command of ``python -m drumcorpus``.

A module has `USAGE`, its description with an example, ``add_arguments(parser)`` and
``run(arguments)``, which returns the exit status.
"""
