"""``snakemake``, without its line on the profile that it reads unasked: what ``make run`` runs."""

import sys

from snakemake import cli

BEGINS, ENDS = "Using ", " for setting default command line arguments."


def print_but_profiles(text: str = "", **where) -> None:
    """Print what Snakemake says before it has a logger, but for the profiles that it takes."""
    if not (text.startswith(BEGINS) and text.endswith(ENDS)):
        print(text, **where)


if __name__ == "__main__":
    cli.print = print_but_profiles
    sys.argv[0] = "snakemake"
    cli.main()
