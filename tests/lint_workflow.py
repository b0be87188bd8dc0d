"""`snakemake --lint` without the one advice that this workflow cannot follow.

A job imports drumcorpus itself from the checkout. An environment that a rule names is made by
Snakemake without it, so that no job could run there; environment.yml is for the whole workflow.
"""

import re
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
NOT_FOLLOWED = "Specify a conda environment or container for each rule."


def main() -> int:
    """Print all other lints; the exit status is 1 where there is one, or where linting failed."""
    command = [sys.executable, "-m", "snakemake", "--lint"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    lints = re.findall(r"^Lints for (.+):$|^    \* (.+?):$", said, flags=re.MULTILINE)
    where, others = "", []
    for place, title in lints:
        where = place or where
        if title and title != NOT_FOLLOWED:
            others.append(f"{where}: {title}")
    if done.returncode and not lints:  # no lint, but an error
        others.append(said)
    sys.stderr.write("".join(f"{lint}\n" for lint in others))
    return int(bool(others))


if __name__ == "__main__":
    sys.exit(main())
