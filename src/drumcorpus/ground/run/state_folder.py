"""The folder of what is of this machine: no product, and nothing of it is recorded in one."""

from pathlib import Path

STATE_FOLDER = ".drumcorpus"


def digests_path(source_set: str) -> Path:
    """The file that keeps what the inventory has learnt of a source set's raw files."""
    return Path(STATE_FOLDER, "digests", f"{source_set}.json")
