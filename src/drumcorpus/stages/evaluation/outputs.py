"""Where a report may be written: over nothing but an older one."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.paths import ELSEWHERE, printable, visible
from drumcorpus.ground.files.plain_files import odd_kind
from drumcorpus.ground.files.recorded_paths import recorded_path
from drumcorpus.ground.run.run_manifest import SUFFIX, manifest_path, recorded_output
from drumcorpus.ground.run.sidecars import read_sidecar
from drumcorpus.stages.evaluation.record import BOUNDARY_PACK, EVALUATE

_MADE = {EVALUATE: "evaluated", BOUNDARY_PACK: "a boundary pack"}


def check_outputs(
    outputs: Mapping[str, str | None], predictions: Iterable[str | None], rule: str = EVALUATE
) -> None:
    """Refuse to write over anything but what the command wrote before, or among predictions.

    A corpus, a table of predictions or a text of somebody has no run manifest of an evaluation
    beside it, so that no input can be written over.

    Parameters
    ----------
    outputs : mapping
        The path of each file that will be written, by the option that names it; None for none.
    predictions : iterable of path
        Folders or tables that are read; None for none.
    rule : str
        As of `record.write_record`.

    Raises
    ------
    ValueError
        If one lies outside the present folder or in a folder of predictions, two are one file, or
        something else stands there.
    """
    seen: dict[str, str] = {}
    folders = [os.path.realpath(path) for path in predictions if path and Path(path).is_dir()]
    for option, path in outputs.items():
        if path is None:
            continue
        problem = _problem(path, rule)
        place = os.path.realpath(path)
        inside = [each for each in folders if place.startswith(f"{each}{os.sep}")]
        if not problem and place in seen:
            problem = f"is written by {seen[place]} already; choose another name"
        if not problem and inside and os.path.realpath(".") not in inside:
            problem = "lies in the folder of the predictions, which holds nothing else"
        if problem:
            raise ValueError(f"{option}: {_shown(path)!r} {problem}")
        seen[place] = option


def _problem(path: str, rule: str) -> str:
    """Why a file cannot be written there, or empty."""
    if not path or path.endswith(("/", "/.", "/..")) or path in (".", ".."):
        return "is no name of a file"
    if printable(path) != path:
        return "is not UTF-8, which JSON cannot hold; choose another name"
    if recorded_path(path).startswith(ELSEWHERE):
        return "lies outside the present folder"
    if path.endswith(SUFFIX):
        return "is the name of a run manifest; choose another name"
    for place in (path, os.fspath(manifest_path(path))):
        if os.path.lexists(place) and (odd := odd_kind(os.lstat(place).st_mode)):
            return f"cannot be written: at {_shown(place)} is {odd}; move it away"
    if any(map(_holds_something, (path, manifest_path(path)))) and not _is_ours(path, rule):
        return (
            f"stands there, and no run manifest beside it says that it was {_MADE[rule]}; move it "
            "away, or choose another name"
        )
    return ""


def _holds_something(path: str | os.PathLike) -> bool:
    return os.path.lexists(path) and os.lstat(path).st_size > 0


def _is_ours(path: str, rule: str) -> bool:
    try:
        manifest = read_sidecar(path)
    except (FileNotFoundError, ValueError):
        return False
    return manifest["rule"] == rule and recorded_output(manifest, recorded_path(path)) is not None


def _shown(path: str) -> str:
    return visible(printable(path))
