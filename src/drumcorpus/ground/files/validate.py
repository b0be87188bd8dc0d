"""Hold JSON Lines against a JSON Schema.

    python -m drumcorpus.ground.files.validate LINES SCHEMA

Says ``file:line: field: what is wrong`` of the first rows that are not valid, and ends with exit
status 1 if there is any.
"""

import sys

from drumcorpus.ground.files.jsonl import row_problems
from drumcorpus.ground.files.yaml_files import read_yaml


def main(arguments: list[str]) -> int:
    """Check the file and say what is wrong; returns the exit status."""
    if len(arguments) != 2:
        sys.stderr.write(__doc__)
        return 2
    lines, schema = arguments
    try:
        problems = row_problems(lines, read_yaml(schema))
    except (OSError, ValueError) as error:
        problems = [str(error)]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
