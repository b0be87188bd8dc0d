"""Splits by name: which sessions a benchmark scores, and what their reference must be.

Two figures are comparable where they are of the same sessions and of the same hits. So a named
split has, of each session, a digest of its hits by class, and a digest over all: a corpus whose
sessions lack a hit, or have one more or at another time, is told before anything is scored.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.predictions.hit_columns import HitColumns, session_ends
from drumcorpus.stages.evaluation.reference import Reference
from drumcorpus.vocabulary import SPLITS

N_DIGITS = 16  # of the digest of a session
N_SHOWN = 5  # sessions that a refusal names
_KEYS = ("name", "title", "license", "source", "class_map", "sha256", "sessions")
_DIGEST = re.compile(rf"[0-9a-f]{{{N_DIGITS}}}")


@dataclass(frozen=True)
class NamedSplit:
    """`sessions` has the digest of the reference of each, `sha256` is over them and the class map.

    `title`, `license` and `source` are for people; `path` is its file.
    """

    name: str
    title: str
    license: str
    source: str
    class_map: str
    sha256: str
    sessions: dict[str, str]
    path: Path


def split_names(folder: Path) -> list[str]:
    """The names of the splits that have a file in a folder."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def read_named_split(name: str, folder: Path) -> NamedSplit:
    """The split of a name.

    Raises
    ------
    LookupError
        If there is none of that name; the message has those that there are.
    ValueError
        If its file is not as it must be, or its digest is not that of its sessions.
    """
    names = split_names(folder)
    if name not in names:
        allowed = (*SPLITS, *names)
        raise LookupError(
            f"split: no split {name!r}{did_you_mean(name, allowed)}; allowed: {', '.join(allowed)}"
        )
    path = folder / f"{name}.yaml"
    document = read_yaml(path)
    if not isinstance(document, dict) or set(document) != set(_KEYS):
        raise ValueError(f"{path.name}: wanted: the keys {', '.join(_KEYS)}")
    for key in _KEYS[:-1]:
        value = document[key]
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{path.name}: {key}: got {value!r:.60}; wanted: text, in quotes")
    sessions = document["sessions"]
    if not sessions:
        raise ValueError(f"{path.name}: sessions: there is none; a split scores one at least")
    if not isinstance(sessions, dict) or not all(
        isinstance(one, str) and one and isinstance(digest, str) and _DIGEST.fullmatch(digest)
        for one, digest in sessions.items()
    ):
        raise ValueError(
            f"{path.name}: sessions: wanted: by id {N_DIGITS} lower-case hex digits, in quotes"
        )
    sha256 = split_digest(document["class_map"], sessions)
    if document["name"] != name or document["sha256"] != sha256:
        raise ValueError(
            f"{path.name}: its sessions and class map have sha256 {sha256[:12]}…, and it says "
            f"{str(document['sha256'])[:12]}… of {document['name']}; it was edited: take it from "
            "the checkout again, or give another split another name"
        )
    return NamedSplit(**document, path=path)


def split_digest(class_map: str, sessions: Mapping[str, str]) -> str:
    """SHA-256 over the class map and the sessions with their digests.

    Examples
    --------
    >>> split_digest("adtof5", {"b": "1" * 16, "a": "0" * 16})[:12]
    'c5ad0f7f3432'
    """
    lines = [class_map, *(f"{name}\t{digest}" for name, digest in sorted(sessions.items()))]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def session_digests(
    sessions: Sequence[str], hits: HitColumns, classes: Sequence[str]
) -> dict[str, str]:
    """The digest of the hits of each session: of its lines of µs and class, each once, sorted.

    Parameters
    ----------
    sessions : sequence of str
        Ids, by their numbers.
    hits : HitColumns
        By class, in order of session.
    """
    ends = session_ends(hits, len(sessions))
    digests = {}
    for number, name in enumerate(sessions):
        rows = slice(ends[number], ends[number + 1])
        pairs = set(zip(hits.onset[rows].tolist(), hits.label[rows].tolist(), strict=True))
        lines = sorted((onset, classes[label]) for onset, label in pairs)
        text = "".join(f"{onset}\t{name}\n" for onset, name in lines)
        digests[name] = hashlib.sha256(text.encode()).hexdigest()[:N_DIGITS]
    return digests


def check_named_split(split: NamedSplit, reference: Reference, classes: Sequence[str]) -> None:
    """Refuse a corpus whose sessions are not those of a split, or have another reference.

    Raises
    ------
    ValueError
        Names the sessions that differ, and how.
    """
    here = session_digests(reference.sessions.ids, reference.hits, classes)
    differ = {}
    for name, digest in split.sessions.items():
        if name not in here:
            stands = reference.elsewhere.get(name)
            differ[name] = (
                "no such session in the corpus"
                if stands is None
                else "left out of the corpus"
                if stands == "left out"
                else "without any hit"
            )
        elif here[name] != digest:
            differ[name] = "other hits"
    if not differ:
        return
    shown = ", ".join(f"{visible(name)} ({why})" for name, why in list(differ.items())[:N_SHOWN])
    more = len(differ) - N_SHOWN
    raise ValueError(
        f"split {split.name}: {len(differ)} of {len(split.sessions)} sessions of the corpus are "
        f"not those that the split is of: {shown}{f' and {more} more' if more > 0 else ''}; build "
        f"the corpus of the data that {split.path.name} names, with the note maps of this checkout"
    )
