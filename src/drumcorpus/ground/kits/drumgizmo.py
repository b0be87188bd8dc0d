"""Read a drum kit of DrumGizmo: a file of the kit, one of each instrument, and a MIDI map.

Conventions: the elements are those of DrumGizmo's formats [1]_, versions 1 and 2. A sample is one
stroke in all microphones, mostly the channels of one file; here all that an instrument lists are
averaged, close and far alike. A stroke sounds a sample whose power is near its velocity, and its
level is that of the recording. Groups count, whose instruments stop one another, and `<chokes>`,
by which one stops others and not they it.

References
----------
.. [1] https://drumgizmo.org/wiki/doku.php?id=documentation:file_formats
"""

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from drumcorpus.ground.files.documents import parse_xml
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.kits.shots import (
    HIGHEST,
    Instrument,
    Part,
    SampledKit,
    Shot,
    named_apart,
    sample_inside,
)

ROOT, MAP = "drumkit", "midimap"
CHOKE_MS = 68.0  # where a choke states no time, as in DrumGizmo
LONGEST_CHOKE_MS = 10_000.0


def read_kit(path: Path, folder: Path | None = None) -> SampledKit:
    """Read a kit and the instruments that it names.

    Parameters
    ----------
    path : Path
        The file whose root is ``<drumkit>``.
    folder : Path, optional
        That no sample may lie outside of; the one that holds the file, if not given.

    Raises
    ------
    ValueError
        With file and instrument: if it is no such kit, a file of an instrument is missing, a value
        is no number, or a path leads out of the folder.
    """
    folder = folder or path.parent
    tree = _parse(path, ROOT)
    elements = list(tree.iterfind("instruments/instrument"))
    names = named_apart([element.get("name", "") for element in elements])
    notes = _own_notes(path, set(names))
    by_own_name: dict[str, list[str]] = {}
    for name, element in zip(names, elements, strict=True):
        by_own_name.setdefault(element.get("name", ""), []).append(name)
    instruments = []
    unplayed: Counter = Counter()
    for name, element in zip(names, elements, strict=True):
        place = f"{path}, instrument {name!r}"
        described = sample_inside(folder, path.parent, element.get("file", ""), place)
        if not described.is_file():
            raise ValueError(f"{place}: no file {described}")
        group = element.get("group") or None
        shots = _shots(described, folder, name, group)
        chokes = _chokes(path, name, element, by_own_name)
        if shots:
            instruments.append(Instrument(name, shots, notes.get(name), chokes=chokes))
        else:
            unplayed["instrument without a sample"] += 1
    said = " ".join((tree.findtext("metadata/license") or "").split())
    return SampledKit(
        tree.get("name") or (tree.findtext("metadata/title") or path.stem).strip(),
        "drumgizmo",
        path,
        folder,
        tuple(instruments),
        (said, path.name) if said else None,
        unplayed,
    )


def is_kit(path: Path) -> bool:
    """Whether an XML file is a kit of this form, by its root and its instruments."""
    try:
        return _parse(path, ROOT).find("instruments/instrument") is not None
    except ValueError:
        return False


def _shots(path: Path, folder: Path, name: str, group: str | None) -> tuple[Shot, ...]:
    """The samples of an instrument, soft to loud, each with the velocities that it is near."""
    tree = _parse(path, "instrument")
    parts = {}
    powers: dict[str, float] = {}
    for number, sample in enumerate(tree.iterfind("samples/sample")):
        key = sample.get("name") or str(number)
        parts[key] = _parts(path, folder, name, sample)
        if sample.get("power") is not None:
            powers[key] = _number(path, name, sample, "power")
    parts = {key: of_sample for key, of_sample in parts.items() if of_sample}
    # One sample says nothing of velocity: its level follows it.
    track = 0.0 if len(parts) > 1 else 1.0
    if powers.keys() >= parts.keys():
        ranges = _near(sorted((powers[key], key) for key in parts))
    else:
        ranges = _stated(path, name, tree, parts)
    return tuple(
        Shot(parts[key], low, high, track=track, group=group, off_by=group)
        for low, high, key in ranges
    )


def _chokes(
    path: Path, name: str, element: Element, by_own_name: Mapping[str, list[str]]
) -> dict[str, float]:
    """The instruments that strokes of one stop, and the seconds that these take to end."""
    chokes = {}
    for choke in element.iterfind("chokes/choke"):
        meant = choke.get("instrument", "")
        if meant not in by_own_name:
            there = ", ".join(sorted(map(visible, by_own_name)))
            raise ValueError(
                f"{path}, instrument {name!r}: chokes {visible(meant)!r}, which the kit has not; "
                f"it has: {there}"
            )
        time = _number(path, name, choke, "choketime", CHOKE_MS)
        if not 0 <= time <= LONGEST_CHOKE_MS:
            raise ValueError(
                f"{path}, instrument {name!r}: choketime is {time:g} ms; allowed: 0 to "
                f"{LONGEST_CHOKE_MS:,.0f}"
            )
        chokes |= dict.fromkeys(by_own_name[meant], time / 1000)
    return chokes


def _near(ordered: list[tuple[float, str]]) -> list[tuple[float, float, str]]:
    """Of each sample the velocities between its neighbours, so that two fit any velocity."""
    if not ordered:
        return []
    least, most = ordered[0][0], ordered[-1][0]
    places = [HIGHEST * (power - least) / ((most - least) or 1) for power, _ in ordered]
    below, above = [0.0, *places[:-1]], [*places[1:], float(HIGHEST)]
    return [(low, high, key) for low, high, (_, key) in zip(below, above, ordered, strict=True)]


def _stated(path: Path, name: str, tree: Element, parts: dict) -> list[tuple[float, float, str]]:
    """The velocities that a file of version 1 states for its samples; without, all of them."""
    ranges = []
    for velocity in tree.iterfind("velocities/velocity"):
        low, high = (HIGHEST * _number(path, name, velocity, key) for key in ("lower", "upper"))
        ranges += [
            (low, high, reference.get("name", ""))
            for reference in velocity.iterfind("sampleref")
            if reference.get("name", "") in parts
        ]
    return sorted(ranges) or [(0.0, float(HIGHEST), key) for key in sorted(parts)]


def _parts(path: Path, folder: Path, name: str, sample: Element) -> tuple[Part, ...]:
    """The files of a sample, so weighed that their sum is the mean of all of its channels."""
    place = f"{path}, instrument {name!r}"
    channels: dict[Path, list[int]] = {}
    for file in sample.iterfind("audiofile"):
        where = sample_inside(folder, path.parent, file.get("file", ""), place)
        number = _number(path, name, file, "filechannel", 1.0)
        if number != int(number) or number < 1:
            raise ValueError(f"{place}: filechannel is {number:g}; wanted: a whole number from 1")
        channels.setdefault(where, []).append(int(number) - 1)
    total = sum(map(len, channels.values()))
    return tuple(
        Part(place, where, len(numbers) / total, channels=tuple(numbers))
        for where, numbers in channels.items()
    )


def _own_notes(path: Path, names: set[str]) -> dict[str, int]:
    """The lowest note of each instrument in the first MIDI map beside the kit that names all."""
    for other in sorted(path.parent.glob("*.xml")):
        try:
            tree = _parse(other, MAP)
        except ValueError:
            continue
        pairs = [(each.get("note", ""), each.get("instr", "")) for each in tree.iterfind("map")]
        if pairs and {name for _, name in pairs} <= names:
            numbers = [(int(note), name) for note, name in pairs if note.isdecimal()]
            return {name: note for note, name in sorted(numbers, reverse=True) if note <= HIGHEST}
    return {}


def _parse(path: Path, root: str) -> Element:
    tree = parse_xml(path.read_bytes(), str(path))
    if tree.tag != root:
        raise ValueError(f"{path}: it begins <{tree.tag}>; wanted: <{root}> of DrumGizmo")
    return tree


def _number(
    path: Path, name: str, element: Element, key: str, otherwise: float | None = None
) -> float:
    text = element.get(key)
    if text is None and otherwise is not None:
        return otherwise
    try:
        value = float(text or "")
        if not math.isfinite(value):
            raise ValueError(text)
    except ValueError as error:
        raise ValueError(f"{path}, instrument {name!r}: {key} is {text!r}, not a number") from error
    return value
