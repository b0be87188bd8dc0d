"""Numbers on the command line."""

import argparse


def whole_number(text: str) -> int:
    """A number from 0 on."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: a number from 0 on")
    return int(text)


def between(text: str, low: int, high: int) -> int:
    """A number from `low`, which is 1 or more, to `high`."""
    number = count(text) if len(text) <= len(str(high)) else high + 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(
            f"got {text[:40]!r}; wanted: a number from {low:,} to {high:,}"
        )
    return number


def count(text: str) -> int:
    """A number from 1 on."""
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: a number from 1 on")
    return int(text)
