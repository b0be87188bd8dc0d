"""Cymbal maps: which physical cymbal a source label stands for, as a person has found it to be.

    name: my_cymbals
    verified: "2026-11-20"                 # the day somebody looked
    sources:
      ear: two people listened to the sessions named below
    source_sets:
      groove_mididataset:
        sessions:                          # by session_id, or else kits by kit_id, drummers by
          drummer1/session2/*:             # drummer_id; * stands for any characters, ? for one
            cymbals: {49: 1, 55: 1, 57: 2} # source label: number of the cymbal from 1, or null
            sources: [ear]

A number overrides what the source says; null hides it, so that the sound decides. Source labels
that the entry leaves out keep what the source says. Of the entries that match a session one holds:
one by session before one by kit before one by drummer, then a name without * and ? before one with
them, then the one with more characters beside these. Two that are equal in all this are an error.

Notes that lie beside the sounds are cymbal maps too, of sessions by their whole id, once a job has
read them (`results/crash/kit_notes`).
"""

import logging
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.taxonomy import CymbalFamily, cymbals_wanted, is_cymbal, number_bound

# What an entry may be named by, in order of rank, and the column of SESSIONS that tells it.
COLUMNS = {"sessions": "session_id", "kits": "kit_id", "drummers": "drummer_id"}
WILD = "*?"


@dataclass(frozen=True)
class Entry:
    """The cymbals of the sessions that one pattern matches."""

    kind: str  # sessions, kits or drummers
    pattern: str
    cymbals: Mapping[str, int | None]  # by source label
    is_exact: bool = False  # the pattern is a name, whatever signs it has

    @property
    def rank(self) -> tuple[int, bool, int]:
        """How specific the pattern is; of two the higher holds."""
        n_wild = sum(self.pattern.count(char) for char in WILD)
        return -list(COLUMNS).index(self.kind), n_wild == 0, len(self.pattern) - n_wild

    def matches(self, session: Mapping) -> bool:
        """Whether it holds for a row of SESSIONS; brackets are no wildcards."""
        if self.is_exact:
            return session[COLUMNS[self.kind]] == self.pattern
        parts = re.split(r"([*?])", self.pattern)
        wild = {"*": ".*", "?": "."}
        expression = "".join(wild.get(part, re.escape(part)) for part in parts)
        value = session[COLUMNS[self.kind]]
        return value is not None and re.fullmatch(expression, value, re.DOTALL) is not None


@dataclass(frozen=True)
class CymbalMap:
    """Entries by source set; `path` names the file in messages."""

    path: str
    entries: Mapping[str, tuple[Entry, ...]]


def read_cymbal_map(
    path: str | os.PathLike,
    source_sets: Iterable[str] | None = None,
    labels: Collection[str] = (),
) -> CymbalMap:
    """Read a cymbal map.

    Parameters
    ----------
    path : path
    source_sets : iterable of str, optional
        Source sets that it may name; any, if not given.
    labels : collection of str, optional
        Labels of a kit's first, second, … cymbal, as of `number_bound`; no number is above theirs.

    Raises
    ------
    ValueError
        If a key is unknown or missing, an entry names a source that is not declared, or a cymbal
        is no number from 1 or has no label; the message names file and key.
    """
    document = read_yaml(path)
    _check_keys(document, {"name", "verified", "sources", "source_sets"}, f"{path}")
    if not isinstance(document["verified"], str):
        raise ValueError(f'{path}: verified: got {document["verified"]!r}; wanted: "2026-11-20"')
    sources = _mapping(document["sources"], f"{path}: sources")
    entries = {}
    for name, block in _mapping(document["source_sets"], f"{path}: source_sets").items():
        where = f"{path}: source_sets: {name}"
        if source_sets is not None and name not in source_sets:
            raise ValueError(f"{where}: no such source set; known: {', '.join(source_sets)}")
        entries[name] = tuple(_read_entries(_mapping(block, where), sources, labels, where))
    return CymbalMap(os.fspath(path), entries)


def read_cymbal_maps(
    paths: Iterable[str | os.PathLike], families: Iterable[CymbalFamily]
) -> list[CymbalMap]:
    """Read the cymbal maps of a run, as of `read_cymbal_map`; each overrides the ones before it.

    One that ends in .json is a product: what notes say, as of `map_of_kit_notes`.
    """
    labels = number_bound(families)
    return [
        map_of_kit_notes(read_json(path), path, labels)
        if str(path).endswith(".json")
        else read_cymbal_map(path, None, labels)
        for path in paths
    ]


def map_of_kit_notes(
    document: Mapping, path: str | os.PathLike, labels: Collection[str]
) -> CymbalMap:
    """The cymbal map that notes on kits are.

    A number above the labels is left out, and logged: its sounds are told by their sound or stay in
    doubt.

    Parameters
    ----------
    document : mapping
        ``source_set``, and ``kits`` of `kit_notes.gather_kit_notes`.
    path : path
        Where it stands.
    labels : collection of str
        Labels of a kit's first, second, … cymbal; where there are none, every number holds.
    """
    entries = []
    for session_id, kit in document["kits"].items():
        numbers = kit["cymbals"]
        cymbals = {sound: n for sound, n in numbers.items() if is_cymbal(n, labels)}
        if len(cymbals) < len(numbers):
            logging.warning(
                f"{path}: session {session_id!r}: notes number cymbals up to "
                f"{max(numbers.values())}; labels are there for {len(labels)}: "
                f"{', '.join(labels)}; numbers beyond are not used"
            )
        if cymbals:
            entries.append(Entry("sessions", session_id, cymbals, is_exact=True))
    return CymbalMap(os.fspath(path), {document["source_set"]: tuple(entries)})


def apply_cymbal_map(embeddings: pa.Table, sessions: pa.Table, cymbal_map: CymbalMap) -> pa.Table:
    """The hits with the map's cymbals in place of the source's.

    Parameters
    ----------
    embeddings : pa.Table, n_hits rows
        CYMBAL_EMBEDDINGS schema, or any table with `session_id`, `source_label` and `cymbal`.
    sessions : pa.Table
        SESSIONS schema; every session of the hits, all of one source set.

    Returns
    -------
    embeddings : pa.Table, n_hits rows
        In the same order; but for `cymbal` nothing has changed.

    Raises
    ------
    ValueError
        If two entries match a session equally well, or a hit's session is not in `sessions`.
    """
    session, session_ids = _encode(embeddings["session_id"])
    label, source_labels = _encode(embeddings["source_label"])
    entries = entries_by_session(sessions, cymbal_map)
    missing = sorted(set(session_ids) - entries.keys())
    if missing:
        raise ValueError(f"{cymbal_map.path}: hits of session {missing[0]!r}, which is not listed")
    pairs, rows = np.unique(session * len(source_labels) + label, return_inverse=True)
    cymbals = np.zeros(len(pairs), dtype=np.int32)
    is_mapped = np.zeros(len(pairs), dtype=bool)
    for number, pair in enumerate(pairs.tolist()):
        entry = entries[session_ids[pair // len(source_labels)]]
        source_label = source_labels[pair % len(source_labels)]
        if entry is not None and source_label in entry.cymbals:
            is_mapped[number], cymbals[number] = True, entry.cymbals[source_label] or 0
    mapped = pa.array(cymbals[rows], pa.int32(), mask=cymbals[rows] == 0)
    declared = embeddings["cymbal"].combine_chunks().cast(pa.int32())
    column = embeddings.schema.get_field_index("cymbal")
    return embeddings.set_column(
        column, "cymbal", pc.if_else(pa.array(is_mapped[rows]), mapped, declared)
    )


def entries_by_session(sessions: pa.Table, cymbal_map: CymbalMap) -> dict[str, Entry | None]:
    """The entry that holds for each session, by session_id; None where none matches.

    Raises
    ------
    ValueError
        If two entries match a session equally well; the message names file, entries and session.
    """
    columns = ["source_set", *COLUMNS.values()]
    by_session = {}
    for row in sessions.select(columns).to_pylist():
        entries = cymbal_map.entries.get(row["source_set"], ())
        by_session[row["session_id"]] = _best(entries, row, cymbal_map.path)
    return by_session


def unused_entries(sessions: pa.Table, source_set: str, cymbal_map: CymbalMap) -> list[str]:
    """The entries of a source set that hold for none of its sessions, as ``kind: pattern``."""
    used = {id(entry) for entry in entries_by_session(sessions, cymbal_map).values()}
    entries = cymbal_map.entries.get(source_set, ())
    return [f"{entry.kind}: {entry.pattern}" for entry in entries if id(entry) not in used]


def warn_of_unused_entries(
    sessions: pa.Table, source_set: str, cymbal_maps: Iterable[CymbalMap]
) -> int:
    """Log each entry of a source set that holds for none of its sessions; returns their number."""
    unused = [
        f"{cymbal_map.path}: {entry} holds for no session"
        for cymbal_map in cymbal_maps
        for entry in unused_entries(sessions, source_set, cymbal_map)
    ]
    for sentence in unused:
        logging.warning(sentence)
    return len(unused)


def _best(entries: Iterable[Entry], session: Mapping, path: str) -> Entry | None:
    matching = [entry for entry in entries if entry.matches(session)]
    if not matching:
        return None
    rank = max(entry.rank for entry in matching)
    best = [entry for entry in matching if entry.rank == rank]
    if len(best) > 1:
        names = " and ".join(repr(entry.pattern) for entry in best)
        raise ValueError(
            f"{path}: source_sets: {session['source_set']}: {best[0].kind}: {names} match session "
            f"{session['session_id']!r} equally well; make one of them longer, or name the session"
        )
    return best[0]


def _read_entries(block: dict, sources: dict, labels: Collection[str], where: str) -> list[Entry]:
    unknown = sorted(map(str, block.keys() - COLUMNS.keys()))
    if unknown:
        raise ValueError(f"{where}: got the key {unknown[0]}; allowed: {', '.join(COLUMNS)}")
    return [
        _read_entry(kind, pattern, entry, sources, labels, f"{where}: {kind}: {pattern}")
        for kind, patterns in block.items()
        for pattern, entry in _mapping(patterns, f"{where}: {kind}").items()
    ]


def _read_entry(
    kind: str, pattern, entry, sources: dict, labels: Collection[str], where: str
) -> Entry:
    if not isinstance(pattern, str | int) or isinstance(pattern, bool) or pattern == "":
        raise ValueError(f"{where}: the name must be text; put it in quotes")
    _check_keys(entry, {"cymbals", "sources"}, where, optional={"basis"})
    unknown = [name for name in entry["sources"] or [None] if name not in sources]
    if unknown:
        declared = ", ".join(map(str, sources))
        raise ValueError(f"{where}: sources: got {unknown[0]!r}; declared: {declared}")
    cymbals = {}
    for label, number in _mapping(entry["cymbals"], f"{where}: cymbals").items():
        if not isinstance(label, str | int) or isinstance(label, bool):
            raise ValueError(f"{where}: cymbals: {label!r} is no text; put it in quotes")
        if number is not None and not is_cymbal(number, labels):
            raise ValueError(
                f"{where}: cymbals: {label}: got {number!r}; wanted: "
                f"{cymbals_wanted(labels, also=', or null')}"
            )
        cymbals[str(label)] = number
    return Entry(kind, str(pattern), cymbals)


def _check_keys(document, required: set, where: str, optional: Iterable[str] = ()) -> None:
    keys = _mapping(document, where).keys()
    unknown = sorted(map(str, keys - required - set(optional)))
    if unknown or required - keys:
        missing = sorted(required - keys)
        raise ValueError(
            f"{where}: wanted the keys {', '.join(sorted(required))}; "
            f"got unknown {unknown}, missing {missing}"
        )


def _mapping(value, where: str) -> dict:
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{where}: got {value!r}; wanted: keys with values")
    return value


def _encode(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    encoded = pc.dictionary_encode(column.combine_chunks())
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()
