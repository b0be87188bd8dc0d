"""``make run``: run the workflow so that a killed run is carried on, and say where things are.

Snakemake's own lock cannot tell a run that works from one that was killed. This program holds a
lock of the operating system, which ends with its holder: whoever gets it knows that Snakemake's
lock is left over.
"""

import fcntl
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from drumcorpus.job import STATE_FOLDER


def main(arguments: list[str]) -> int:
    """Run snakemake with `arguments`; returns its exit status."""
    folder = working_folder(arguments)
    state = folder / STATE_FOLDER
    state.mkdir(parents=True, exist_ok=True)
    with (state / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("Another run works in this folder. Wait for it, or stop it first.\n")
            return 1
        snakemake = [sys.executable, "-m", "snakemake"]
        locks = folder / ".snakemake/locks"
        if locks.is_dir() and any(locks.iterdir()):
            sys.stderr.write("An earlier run was interrupted: carrying on where it stopped.\n")
            unlock = [*snakemake, "--unlock", "--quiet", *arguments]
            unlocked = subprocess.run(unlock, check=False)
            if unlocked.returncode:
                return unlocked.returncode
        try:
            status = subprocess.run([*snakemake, *arguments], check=False).returncode
        except KeyboardInterrupt:
            sys.stderr.write("\nStopped. What is finished is kept; the same command carries on.\n")
            return 130
    if status == 0:
        sys.stdout.write(products_message(folder))
    return status


def working_folder(arguments: list[str]) -> Path:
    """Where snakemake will work, by its own options."""
    for option, value in pairwise([*arguments, ""]):
        if option in ("--directory", "-d"):
            return Path(value)
        if option.startswith("--directory="):
            return Path(option.partition("=")[2])
    return Path()


def products_message(folder: Path) -> str:
    """Where the products are that a person looks for first."""
    wanted = (
        ("manifest", "results/manifests/*.parquet"),
        ("", "results/manifests/*.jsonl"),
        ("reports", "reports/provenance/*.md"),
        ("", "reports/health/*.html"),
        ("weights", "results/sampling/*.json"),
        ("export", "results/export/*/metadata.json"),
    )
    lines = ["", "Done. The products:"]
    for name, pattern in wanted:
        found = sorted(folder.glob(pattern))
        products = [path for path in found if not path.name.endswith(".manifest.json")]
        for path in products:
            shown = path.parent if path.name == "metadata.json" else path
            lines.append(f"  {name:<10}{shown}")
            name = ""
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
