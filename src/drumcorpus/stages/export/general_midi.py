"""The percussion of General MIDI: the note of each label, and what a reader takes a note for."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drumcorpus.ground.files.yaml_files import read_yaml

FIRST_NOTE, LAST_NOTE = 35, 81


@dataclass(frozen=True)
class GeneralMidi:
    """Labels of the corpus in the percussion key map of General MIDI.

    `notes` has the note of every label, None where the standard has none; `labels` what a reader of
    General MIDI takes each note from 35 to 81 for.
    """

    notes: dict[str, int | None]
    labels: dict[int, str]


def read_general_midi(path: str | os.PathLike, labels: Iterable[str]) -> GeneralMidi:
    """Read the reviewed map of General MIDI.

    Parameters
    ----------
    path : path
        ``general_midi.yaml`` of the taxonomy.
    labels : iterable of str
        Every label of the taxonomy.

    Raises
    ------
    ValueError
        If the file is not YAML, lacks a note from 35 to 81 or a label, names one that there is not,
        gives a note another name than the standard, or gives neither a note nor a reason.
    """
    document, labels = read_yaml(path), list(labels)
    if not isinstance(document, dict) or set(document) != {"instruments", "labels"}:
        raise ValueError(f"{path}: wanted: the keys instruments and labels")
    instruments, entries = document["instruments"], document["labels"]
    _check_keys(f"{path}: instruments", instruments, range(FIRST_NOTE, LAST_NOTE + 1))
    _check_keys(f"{path}: labels", entries, labels)
    for note, instrument in instruments.items():
        if not isinstance(instrument, dict) or instrument.get("label") not in labels:
            wanted = f"name, and label, one of {', '.join(labels)}"
            raise ValueError(f"{path}: instruments: {note}: got {instrument!r}; wanted: {wanted}")
    for label, entry in entries.items():
        _check_note(f"{path}: labels: {label}", entry, instruments)
    return GeneralMidi(
        {label: entries[label]["note"] for label in labels},
        {note: instruments[note]["label"] for note in sorted(instruments)},
    )


def _check_keys(where: str, entries: object, wanted: Iterable) -> None:
    found, wanted = set(entries) if isinstance(entries, dict) else set(), list(wanted)
    missing = [key for key in wanted if key not in found]
    unknown = sorted(map(str, found - set(wanted)))
    if missing or unknown:
        listed = " and ".join(
            f"{what} {', '.join(map(str, keys))}"
            for what, keys in (("lacks", missing), ("has, and there is not,", unknown))
            if keys
        )
        raise ValueError(f"{where}: {listed}")


def _check_note(where: str, entry: object, instruments: Mapping[int, dict]) -> None:
    keys = set(entry) if isinstance(entry, dict) else set()
    if keys == {"note", "reason"} and entry["note"] is None and entry["reason"]:
        return
    if keys != {"note", "name"} or entry["note"] not in instruments:
        raise ValueError(
            f"{where}: got {entry!r}; wanted: note, from {FIRST_NOTE} to {LAST_NOTE}, and name; or "
            "note: null, and reason"
        )
    name = instruments[entry["note"]].get("name")
    if entry["name"] != name:
        raise ValueError(f"{where}: note {entry['note']} is {name!r}, got {entry['name']!r}")
