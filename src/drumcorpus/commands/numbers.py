"""Numbers on the command line."""

import argparse


def whole_number(text: str) -> int:
    """A number from 0 on."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: a number from 0 on")
    return int(text)


def count(text: str) -> int:
    """A number from 1 on."""
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: a number from 1 on")
    return int(text)
