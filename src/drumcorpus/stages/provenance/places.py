"""Where pictures, statements and crates may be written: nowhere that something else stands."""

import errno
import os
from collections.abc import Callable, Collection
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.run.run_manifest import SUFFIX, manifest_path
from drumcorpus.stages.provenance.attest import STATEMENT_FILE
from drumcorpus.stages.provenance.crate import METADATA, WORKFLOW
from drumcorpus.stages.provenance.statement import PAYLOAD, STATEMENT

HEAD = 4096  # bytes by which a picture is known


def require_place(
    path: str | os.PathLike,
    what: str,
    is_one: Callable[[Path], bool],
    used: Collection[Path] = (),
) -> None:
    """Refuse a place where something stands that is not an earlier one of its kind.

    Parameters
    ----------
    path : path
    what : str
        What is to be written there, for the message.
    is_one : callable
        Whether a plain file is one.
    used : collection of Path
        Files that it is made from, whatever they are.

    Raises
    ------
    FileExistsError
        If it may not be written there.
    """
    place = Path(path)
    if not os.fspath(path) or place.is_dir():
        _refuse(path, f"is no place for {what}; name a file")
    if place.name.endswith(SUFFIX):
        _refuse(path, f"is the name of a run manifest, and no place for {what}; name another")
    if os.path.lexists(manifest_path(place)):
        _refuse(path, f"has a run manifest, and so is not replaced by {what}; name another place")
    if os.path.realpath(place) in {os.path.realpath(each) for each in used}:
        _refuse(path, f"is what it was made of, and no place for {what}; name another")
    if os.path.lexists(place) and not (is_plain_file(place) and is_one(place)):
        _refuse(path, f"stands there and is not {what}; name another place, or move it away")


def require_crate_place(folder: str | os.PathLike, used: Collection[Path] = ()) -> None:
    """Refuse a folder that holds something in the place of a file of a crate.

    Raises
    ------
    FileExistsError
        As of `require_place`.
    """
    place = Path(folder)
    if not os.fspath(folder) or (os.path.lexists(place) and not place.is_dir()):
        _refuse(folder, "is no place for a crate; name a folder")
    require_place(place / METADATA, "a crate of attest", is_crate, used)
    require_place(place / STATEMENT_FILE, "a statement", is_statement, used)
    is_earlier = is_crate(place / METADATA)
    require_place(place / WORKFLOW, "the Snakefile of a crate", lambda path: is_earlier, used)


def is_picture(path: Path) -> bool:
    """Whether a file is a picture that `trace` has drawn."""
    with path.open("rb") as handle:
        head = handle.read(HEAD)
    return head.startswith(b"<svg ") and b"<title>What " in head


def is_statement(path: Path) -> bool:
    """Whether a file is an in-toto Statement."""
    return _document(path).get("_type") == STATEMENT


def is_envelope(path: Path) -> bool:
    """Whether a file is a signed statement."""
    return _document(path).get("payloadType") == PAYLOAD


def is_crate(path: Path) -> bool:
    """Whether a file is the metadata of a crate that `attest` has written."""
    graph = _document(path).get("@graph")
    entities = [each for each in graph if isinstance(each, dict)] if isinstance(graph, list) else []
    return STATEMENT_FILE in {str(each.get("@id")) for each in entities}


def _document(path: Path) -> dict:
    try:
        document = read_json(path)
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _refuse(path: str | os.PathLike, words: str) -> None:
    raise FileExistsError(errno.EEXIST, words, os.fspath(path) or "(an empty name)")
