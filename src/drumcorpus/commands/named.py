"""Names and paths on the command line."""

import argparse


def named(text: str) -> str:
    """A name: an empty one is what a shell makes of a variable that is not set."""
    if not text:
        raise argparse.ArgumentTypeError("is empty; wanted: a name")
    return text
