"""The day on which figures were blessed: in the run log of the folder, and in no product."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson

from drumcorpus.ground.files.blessings import FIGURES, NOTE, read_blessing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.run.run_log import RUN_LOG, utc
from drumcorpus.ground.run.run_manifest import read_manifest

BASELINES = ("resources/baselines", "resources/demo/baselines")
_KEY = "blessed"


def describe_blessing(notes: Mapping[str, Mapping]) -> dict:
    """A line of the run log on what has just been blessed.

    Parameters
    ----------
    notes : mapping
        By the name of a manifest, ``target``: the path of its note.
    """
    figures = {name: read_blessing(note["target"])["figures"] for name, note in notes.items()}
    return {_KEY: figures, "blessed_utc": utc(time.time())}


def blessed_in_words(folder: Path, manifest: str, now: float) -> str | None:
    """When a manifest was blessed, for people; None where that was not noted.

    Of figures that its report was not held against nothing is said: they may be those of the demo,
    or of data that lay here before.

    Parameters
    ----------
    folder : Path
        The working folder.
    manifest : str
        Its name.
    now : float
        The present time (s since 1970, UTC).

    Raises
    ------
    ValueError
        If the note is damaged.
    """
    path = _note_of(folder, manifest)
    if path is None:
        return None
    note = read_blessing(path)
    words = f"blessed at release {note['release']}"
    at = _time_of(folder / RUN_LOG, manifest, note["figures"])
    if at is None:  # blessed elsewhere, or the log is gone
        return words
    days = max((datetime.fromtimestamp(now, UTC).date() - at.date()).days, 0)
    ago = "today" if days == 0 else f"{days:,} day{'s' if days != 1 else ''} ago"
    return f"{words}, on {at:%Y-%m-%d} ({ago})"


def _note_of(folder: Path, manifest: str) -> Path | None:
    """The note on the figures that the report of a manifest was held against, if there is one."""
    record = read_manifest(folder / f"reports/health/{manifest}.diff.json") or {"inputs": ()}
    held_against = {row["sha256"] for row in record["inputs"] if row.get("name") == "blessed"}
    for place in BASELINES:
        # As the workflow finds them: below the working folder, or else beside the Snakefile.
        figures, note = (
            next(
                filter(Path.is_file, (top / place / name for top in (folder, project_folder()))),
                None,
            )
            for name in (f"{manifest}{FIGURES}", f"{manifest}{NOTE}")
        )
        if figures and note and sha256_file(figures) in held_against:
            return note
    return None


def _time_of(log: Path, manifest: str, figures: str) -> datetime | None:
    """When these figures were blessed last, by the run log."""
    if not log.is_file():
        return None
    found = None
    with log.open("rb") as lines:
        for line in lines:
            if b'"blessed_utc"' not in line:
                continue
            try:
                row = orjson.loads(line)
                if row[_KEY].get(manifest) == figures:
                    at = datetime.strptime(row["blessed_utc"], "%Y-%m-%dT%H:%M:%SZ")
                    found = at.replace(tzinfo=UTC)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # cut off by a full disk, or written by hand
    return found
