"""E-GMD v1.0.0: the performances of the Groove MIDI Dataset on 43 kits of a Roland TD-17.

Layout: ``e-gmd-v1.0.0.csv`` and ``drummer{n}/{session}/{name in Groove MIDI}_{kit number}.midi``
with a ``.wav`` of the same name. The csv's ``id`` is that of the performance and repeats over the
kits: here a file is a session, and its performance the group, under the name that it has in Groove
MIDI. Callender, Hawthorne and Engel, "Improving Perceptual Quality of Drum Transcription with the
Expanded Groove MIDI Dataset", arXiv:2004.00188, 2020.

All files of a performance have the same strokes at the same ticks. On 25 kits their notes are equal
too: those of the pads that were struck, the performance in its canonical form. The other 18 kits
send other notes for pads to which they give another sound: 54 (tambourine) for the whole hi-hat,
56 (cowbell) for the rim of a tom, 40 for the cross stick of a snare drum that has none. So on these
the canonical note says what was struck, and the file's own note, most likely, what sounded; the
audio of all 18 has not been listened to. The reviewed file of kits chooses between the two, kit by
kit. Where it chooses the canonical note, a stroke keeps its own note as its source label, is
labelled by the canonical one, says so in its event's history (`CANONICAL`), and has half the
confidence, for two statements about it disagree. Where the strokes of the two files do not match,
none is relabelled and all are marked (`UNALIGNED`).
"""

from collections.abc import Callable

import numpy as np

from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.sessions import Survey
from drumcorpus.source_sets.shared.performance_index import COLUMNS, read_index, survey_performances
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import ANNOTATION

INDEX = "e-gmd-v1.0.0.csv"
MODULE = "roland_td17"
CANONICAL = "canonical_performance"
UNALIGNED = "canonical_performance_unaligned"
# Seconds that paired strokes may differ: the set's own statement of how well it is aligned.
ALIGNMENT = 0.002
# Confidence in a label that one of two files contradicts, or that could not be compared.
DISPUTED = 0.5


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which recordings there are, by the csv; see `performance_index.survey_performances`.

    Parameters
    ----------
    options : dict
        The reviewed list `kits`, of what labels which kit.

    Raises
    ------
    ValueError
        If the csv is missing or lacks a column, or a kit is to be labelled in an unknown way.
    """
    rows = read_index("egmd", INDEX, [*COLUMNS, "kit_name"], files, read)
    rows = [(line, _as_on_disk(row, files)) for line, row in rows]
    survey = survey_performances(INDEX, rows, files, _describe)
    _check_kits(options["kits"])
    canonical = _canonical_paths(survey.sessions, options["kits"]["canonical"])
    for session in survey.sessions:
        _add_canonical(session, canonical, options["kits"])
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one recording, labelled by the canonical performance where it has one.

    See `midi_hits.read_midi_hits` for what is read, and the module for what is repaired.
    """
    path = session["annotation_path"]
    hits = read_midi_hits(path, read(path), label_map)
    others = [
        file["path"]
        for file in session["files"]
        if file["role"] == ANNOTATION and file["path"] != path
    ]
    if not others:
        return hits
    try:
        canonical = read_midi_hits(others[0], read(others[0]), label_map)
    except UnusableFile:  # it is refused as the annotation of its own session
        canonical = None
    return _repaired(hits, canonical)


def _as_on_disk(row: dict[str, str], files: dict[str, RawFile]) -> dict[str, str]:
    """The row with its MIDI file as it lies there: some copies end in .mid instead of .midi."""
    path = row["midi_filename"]
    stem, _, ending = path.rpartition(".")
    other = f"{stem}.{'mid' if ending == 'midi' else 'midi'}"
    return row if path in files or other not in files else row | {"midi_filename": other}


def _describe(row: dict[str, str]) -> dict:
    kit = row["kit_name"]
    session_id = row["midi_filename"].removesuffix(".midi").removesuffix(".mid")
    return {"session_id": session_id, "kit_id": f"{MODULE}/{kit}" if kit else None}


def _kit_name(session: dict) -> str:
    return (session["kit_id"] or "").removeprefix(f"{MODULE}/")


def _check_kits(kits: dict) -> None:
    for kit, choice in kits["labels"].items():
        if choice not in ("canonical", "own"):
            raise ValueError(f"kits: labels: {kit}: got {choice!r}; allowed: canonical, own")


def _canonical_paths(sessions: list[dict], kits: list[str]) -> dict[str, str]:
    """By group, the MIDI file of the first of `kits` on which the performance is there."""
    rank = {kit: number for number, kit in enumerate(kits)}
    best: dict[str, tuple[int, str]] = {}
    for session in sessions:
        kit, group = _kit_name(session), session["group_id"]
        if kit in rank:
            candidate = (rank[kit], session["annotation_path"])
            best[group] = min(best.get(group, candidate), candidate)
    return {group: path for group, (_, path) in best.items()}


def _add_canonical(session: dict, canonical: dict[str, str], kits: dict) -> None:
    kit = _kit_name(session)
    if kit in kits["canonical"] or kits["labels"].get(kit) == "own":
        return
    if session["group_id"] in canonical:
        session["support_paths"] = [canonical[session["group_id"]]]
    else:
        session["notes"].append("no canonical performance: labels are of the kit's own notes")


def _repaired(hits: dict, canonical: dict | None) -> dict:
    pairs = None if canonical is None else _pairs(hits, canonical)
    n_hits = len(hits["onset"])
    if pairs is None:
        return hits | {
            "remark": np.full(n_hits, UNALIGNED),
            "confidence": np.full(n_hits, DISPUTED),
        }
    notes = canonical["source_label"][pairs]
    is_other = notes != hits["source_label"]
    return hits | {
        "map_label": notes,
        # The pedal belongs to the pad, whichever note the kit sends for it.
        "openness": np.where(is_other, canonical["openness"][pairs], hits["openness"]),
        "remark": np.where(is_other, CANONICAL, ""),
        "confidence": np.where(is_other, DISPUTED, 1.0),
    }


def _pairs(hits: dict, canonical: dict) -> np.ndarray | None:
    """The canonical stroke of each stroke, shape (n_hits,), or None if the two do not match.

    Strokes are paired in order of time. Of strokes at one time, those of one note and velocity
    are paired first, the rest in order of velocity: the order of notes at one tick says nothing.
    """
    if len(hits["onset"]) != len(canonical["onset"]):
        return None
    if np.abs(hits["onset"] - canonical["onset"]).max(initial=0.0) > ALIGNMENT:
        return None
    group = np.cumsum(np.diff(canonical["onset"], prepend=-np.inf) > ALIGNMENT)
    sides = [
        (group, _velocity(side), side["source_label"].astype(np.int64))
        for side in (hits, canonical)
    ]
    _, ours, theirs = np.intersect1d(
        *(_numbered(*side) for side in sides), assume_unique=True, return_indices=True
    )
    pairs = np.full(len(group), -1)
    pairs[ours] = theirs
    unpaired = [np.setdiff1d(np.arange(len(group)), used) for used in (ours, theirs)]
    order = [
        rows[np.lexsort((note[rows], velocity[rows], group[rows]))]
        for rows, (_, velocity, note) in zip(unpaired, sides, strict=True)
    ]
    pairs[order[0]] = order[1]
    return pairs


def _velocity(hits: dict) -> np.ndarray:
    return np.rint(hits["velocity"] * 127).astype(np.int64)


def _numbered(group: np.ndarray, velocity: np.ndarray, note: np.ndarray) -> np.ndarray:
    """One number for each stroke, equal on both sides for equal strokes; no two are the same."""
    keys = (group * 128 + velocity) * 128 + note
    order = np.argsort(keys, kind="stable")
    count = np.empty(len(keys), dtype=np.int64)
    count[order] = np.arange(len(keys)) - np.searchsorted(keys[order], keys[order])
    return keys * len(keys) + count
