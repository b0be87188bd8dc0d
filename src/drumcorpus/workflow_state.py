"""What the workflow must know before it plans: the state of the raw data, and of its records."""

from pathlib import Path

from drumcorpus.digests import tree_digest
from drumcorpus.files import read_json, write_json
from drumcorpus.job import STATE_FOLDER
from drumcorpus.raw_files import Refusal, existing_roots, listing_stamp, scan_roots
from drumcorpus.run_manifest import SUFFIX


def stamp_path(source_set: str) -> Path:
    """The file that changes whenever a source set's raw files do."""
    return Path(STATE_FOLDER, "raw", f"{source_set}.json")


def demo_marker(root: str) -> Path:
    """The file that stands beside a demo corpus when it is complete."""
    return Path(f"{root}.written")


def stamp_raw_data(source_set: str, roots: list[str], *, is_demo: bool, anew: bool = False) -> None:
    """Look at the raw files (names, sizes, times) and write down a digest of what is there.

    The file is left alone when nothing has changed, so that its time is that of the last change,
    unless it is to be written `anew`.
    A demo corpus that is not written yet has the empty state.

    Raises
    ------
    FileNotFoundError
        If no root exists.
    """
    if is_demo and not Path(roots[0]).is_dir():
        demo_marker(roots[0]).unlink(missing_ok=True)
        state = {"stamp": None}
    else:
        state = {"stamp": listing_stamp(*scan_roots(existing_roots(source_set, roots)))}
    path = stamp_path(source_set)
    if anew or not path.is_file() or read_json(path) != state:
        write_json(path, state)


def describe_raw_data(source_set: str, digests: dict[str, str], refusals: list[Refusal]) -> dict:
    """The raw files of a source set as one input of a run manifest.

    Its digest is that of the listing of all files with theirs; the files stand one by one in the
    inventory. Files that were refused count by name and reason.
    """
    entries = [*digests.items(), *((f"{r.path}:refused", r.reason) for r in refusals)]
    return {
        "name": "raw",
        "path": source_set,
        "kind": "raw",
        "sha256": tree_digest(entries),
        "rows": len(digests),
    }


def records_are_lost() -> bool:
    """Whether there are products while Snakemake's records of how they were made are gone."""
    records = Path(".snakemake/metadata")
    has_records = records.is_dir() and any(records.iterdir())
    return not has_records and any(Path("results").rglob(f"*{SUFFIX}"))
