"""What people wrote of a session's cymbals: notes beside its sounds, and names that name some."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

import pyarrow as pa

from drumcorpus.ground.files.cymbal_names import (
    Cymbal,
    CymbalWords,
    Naming,
    distinct_cymbals,
    find_cymbals,
    read_cymbal_words,
)
from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.vocabulary import ANNOTATION

# One row per family and session of which notes or names tell the cymbals, or some of them.
NAMED_CYMBALS = pa.schema(
    [
        ("session_id", pa.string()),
        ("family", pa.string()),
        ("n_cymbals", pa.int32()),  # null where they do not say how many
        ("named", pa.list_(pa.string())),  # in words
    ]
)


class SaidOfKit(Protocol):
    """What a parser of notes gives: see `source_sets.shared.kit_notes.KitNotes`."""

    numbers: Mapping[str, int]
    counts: Mapping[str, int]
    named: tuple[str, ...]


def gather_kit_notes(
    sessions: pa.Table,
    read: Callable[[str], bytes],
    parse: Callable[[Mapping[str, bytes], list[str]], SaidOfKit],
) -> dict[str, dict]:
    """What the notes of every session say, by session_id; sessions without notes are left out.

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema, of a source set whose annotations are notes on kits.
    read : callable
        The content of a raw file by its path.
    parse : callable
        From the contents of a session's notes by their paths, and the paths of its sounds.

    Returns
    -------
    kits : dict of str to dict
        ``files``, the notes; ``cymbals``, the number by sound; ``counts`` by family; ``named``.
    """
    kits = {}
    for session in sessions.select(["session_id", "files"]).to_pylist():
        notes = [file["path"] for file in session["files"] if file["role"] == ANNOTATION]
        if not notes:
            continue
        sounds = [file["path"] for file in session["files"] if file["role"] != ANNOTATION]
        said = parse({path: read(path) for path in notes}, sounds)
        kits[session["session_id"]] = {
            "files": notes,
            "cymbals": dict(sorted(said.numbers.items())),
            "counts": dict(said.counts),
            "named": list(said.named),
        }
    return kits


def open_names(
    cymbal_words: str | os.PathLike,
    kit_notes: Iterable[str | os.PathLike],
    sessions: pa.Table,
    families: Iterable[str],
) -> Callable[[pa.Table], pa.Table]:
    """`name_cymbals` of these files, sessions and families: it is left to give the hits."""
    words = read_cymbal_words(read_yaml(cymbal_words), os.fspath(cymbal_words))
    kits = {name: kit for path in kit_notes for name, kit in read_json(path)["kits"].items()}
    return partial(name_cymbals, sessions=sessions, kits=kits, words=words, families=list(families))


def name_cymbals(
    kinds: pa.Table,
    sessions: pa.Table,
    kits: Mapping[str, Mapping],
    words: CymbalWords,
    families: Iterable[str],
) -> pa.Table:
    """The cymbals of some families that notes and names tell of, session by session.

    Notes that say how many there are hold. Else the names count: those of the hits' source labels,
    of the session's files and their folders, and of its kit. Two that may be one cymbal are one.
    Names of two cymbals or more say that there are as many; those of one say so only where every
    hit has its name.

    Parameters
    ----------
    kinds : pa.Table
        `session_id`, `family` and `source_label` of the hits, each triple once or more.
    sessions : pa.Table
        SESSIONS schema.
    kits : mapping
        Of `gather_kit_notes`.
    words : CymbalWords
    families : iterable of str
        Of the taxonomy.

    Returns
    -------
    named : pa.Table
        NAMED_CYMBALS schema, in order of the session, then of `families`.
    """
    labels: dict[tuple[str, str], set[str]] = {}
    for row in kinds.select(["session_id", "family", "source_label"]).to_pylist():
        key = row["session_id"], row["family"]
        labels.setdefault(key, set()).add(row["source_label"])
    seen: dict[str, Naming] = {}

    def look(text: str) -> Naming:
        if text not in seen:
            seen[text] = find_cymbals(text, words)
        return seen[text]

    rows = []
    for session in sessions.select(["session_id", "kit_id", "files"]).to_pylist():
        kit = kits.get(session["session_id"], {})
        for family in families:
            own = labels.get((session["session_id"], family))
            if own is None:
                continue
            cymbals, is_whole = _of_labels(own, look, words, family)
            texts = {part for file in session["files"] or [] for part in file["path"].split("/")}
            for text in sorted(texts | {session["kit_id"] or ""}):
                naming = look(text)
                if naming.is_clear:
                    cymbals += words.of_family(naming.cymbals, family)
            apart = distinct_cymbals(cymbals)
            count = kit.get("counts", {}).get(family)
            if count is None and (len(apart) > 1 or (apart and is_whole)):
                count = len(apart)
            named = list(dict.fromkeys([*kit.get("named", []), *(c.in_words() for c in apart)]))
            if count is not None or named:
                row = {"session_id": session["session_id"], "family": family}
                rows.append(row | {"n_cymbals": count, "named": named})
    rows.sort(key=lambda row: row["session_id"])
    return pa.Table.from_pylist(rows, NAMED_CYMBALS)


def _of_labels(
    labels: set[str], look: Callable[[str], Naming], words: CymbalWords, family: str
) -> tuple[list[Cymbal], bool]:
    """The cymbals that the hits' own labels name, and whether all of them do.

    A hit is of the family by its label, even where its name does not say the kind.
    """
    cymbals, n_naming = [], 0
    for label in sorted(labels):
        naming = look(label)
        own = [
            cymbal
            for cymbal in naming.cymbals
            if cymbal.kind is None or words.kinds.get(cymbal.kind) == family
        ]
        if naming.is_clear and len(own) == 1:
            cymbals += own
            n_naming += 1
    return cymbals, n_naming == len(labels)
