"""What a system says of its predictions: its name, what they are of, what it was trained on.

It stands in ``predictions.json`` in the folder of the predictions, or in ``<name>.json`` beside a
table ``<name>.parquet``; nobody has to write one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json_by_people
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.ranges import Range, within

_KEYS = ("system", "corpus", "trained_on", "audio")
_OF_AUDIO = ("sha256", "seconds")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LENGTH = Range("a length", 1e-6, 86_400, "s")


@dataclass(frozen=True)
class StatedAudio:
    """The recording that the predictions of a session are of: its SHA-256, its length in s."""

    sha256: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Statement:
    """`system` is a name; `corpus` the SHA-256 of the manifest that the predictions are of.

    `trained_on` has the SHA-256 of each manifest that the system was trained on; None where nobody
    says. `audio` has the recordings of sessions by their ids, where they are of no corpus. `path`
    is the file that says it, None where there is none.
    """

    system: str | None = None
    corpus: str | None = None
    trained_on: tuple[str, ...] | None = None
    path: Path | None = None
    audio: Mapping[str, StatedAudio] = field(default_factory=dict)


def statement_name(path: Path) -> str:
    """The name of the statement of a folder, which lies in it, or of a table, beside it."""
    is_table = path.suffix == ".parquet" and not path.is_dir()
    return f"{path.stem}.json" if is_table else "predictions.json"


def read_statement(path: Path) -> Statement:
    """The statement in a file; an empty one where there is no file.

    Raises
    ------
    ValueError
        If it is not JSON, or a key is none or has not the value that it must have.
    """
    if not path.exists():
        return Statement()
    document, shown = read_json_by_people(path), visible(str(path))
    if not isinstance(document, dict) or (odd := sorted(set(document) - set(_KEYS))):
        got = f"unknown key {odd[0]!r}" if isinstance(document, dict) else "got no object"
        raise ValueError(f"{shown}: {got}; allowed: {', '.join(_KEYS)}")
    if not isinstance(document.get("system", ""), str):
        raise ValueError(f"{shown}: system: got {document['system']!r}; wanted: a name")
    trained_on = document.get("trained_on")
    if not isinstance(trained_on, list | None):
        raise ValueError(f"{shown}: trained_on: got {trained_on!r:.60}; wanted: a list of digests")
    for key, value in [
        ("corpus", document.get("corpus")),
        *(("trained_on", v) for v in trained_on or ()),
    ]:
        if value is not None and not (isinstance(value, str) and _SHA256.fullmatch(value)):
            raise ValueError(
                f"{shown}: {key}: got {value!r:.80}; wanted: the SHA-256 of a manifest, 64 "
                "lower-case hex digits, as its run manifest has it"
            )
    return Statement(
        document.get("system"),
        document.get("corpus"),
        None if trained_on is None else tuple(trained_on),
        path,
        _stated_audio(document.get("audio", {}), shown),
    )


def _stated_audio(audio: object, shown: str) -> dict[str, StatedAudio]:
    wanted = "sha256 (64 lower-case hex digits), seconds (a number above 0), or both"
    if not isinstance(audio, dict):
        raise ValueError(f"{shown}: audio: got {audio!r:.60}; wanted: by session id, {wanted}")
    for name, said in audio.items():
        where = f"{shown}: audio: {visible(name)[:100]}"
        if not isinstance(said, dict) or not said or not set(said) <= set(_OF_AUDIO):
            raise ValueError(f"{where}: got {said!r:.80}; wanted: {wanted}")
        sha256, seconds = said.get("sha256", "0" * 64), said.get("seconds", 1)
        is_digest = isinstance(sha256, str) and _SHA256.fullmatch(sha256)
        if not is_digest or within(seconds, _LENGTH) is None:
            raise ValueError(f"{where}: got {said!r:.160}; wanted: {wanted}")
    return {name: StatedAudio(**said) for name, said in audio.items()}
