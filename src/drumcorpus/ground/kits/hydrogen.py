"""Read a drum kit of Hydrogen.

Conventions: the elements are those of `drumkit.xml` [1]_. Layers lie in the instrument itself, as
up to version 0.9.6, or in its components, as since, which sound together; an instrument of the
oldest kits has one file and no layers. Gains, pitches and mute groups count; envelopes, filters and
pans do not, for a stroke is recorded whole and played in mono.

References
----------
.. [1] http://hydrogen-music.org, "Hydrogen drumkit format".
"""

import math
from collections.abc import Collection
from pathlib import Path
from xml.etree.ElementTree import Element

from drumcorpus.ground.files.documents import parse_xml
from drumcorpus.ground.kits.shots import (
    HIGHEST,
    Instrument,
    Layer,
    Part,
    SampledKit,
    Shot,
    named_apart,
    read_layer,
    sample_inside,
)

FILE = "drumkit.xml"
ROOTS = ("drumkit_info", "drumkit")
_NO_GROUP = -1


def read_instruments(path: Path, wanted: Collection[str] | None = None) -> dict[str, list[Layer]]:
    """Decode instruments by their names, soft to loud, each layer at its gain and pitch.

    Parameters
    ----------
    path : Path
        ``drumkit.xml``; samples lie beside it.
    wanted : collection of str, optional
        Names to read; without it all that have a sample. Of equal names the first counts.

    Raises
    ------
    ValueError
        As of `read_kit` and `shots.read_layer`.
    """
    return {
        instrument.name: [read_layer(shot) for shot in instrument.shots]
        for instrument in read_kit(path).instruments
        if wanted is None or instrument.name in wanted
    }


def read_kit(path: Path, folder: Path | None = None) -> SampledKit:
    """Read a kit; instruments without a sample are left out.

    Parameters
    ----------
    path : Path
        ``drumkit.xml``; samples lie beside it.
    folder : Path, optional
        That no sample may lie outside of; the one that holds the file, if not given.

    Raises
    ------
    ValueError
        With the file and the instrument: if it is no drum kit, a value is no number, a sample lies
        outside of the folder, or a layer's velocities are an empty range or outside 0 to 1.
    """
    tree = parse_xml(path.read_bytes(), str(path))
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    if tree.tag not in ROOTS:
        raise ValueError(f"{path}: <{tree.tag}> is no drum kit of Hydrogen; it begins <{ROOTS[0]}>")
    folder = folder or path.parent
    volumes = {
        each.findtext("id", ""): _number(path, "a component", each, "volume", 1.0)
        for each in tree.iter("drumkitComponent")
    }
    elements = list(tree.iter("instrument"))
    names = named_apart([element.findtext("name") or "" for element in elements])
    read = [
        _instrument(path, folder, name, element, volumes)
        for name, element in zip(names, elements, strict=True)
    ]
    said = " ".join((tree.findtext("license") or "").split())
    return SampledKit(
        " ".join((tree.findtext("name") or path.parent.name).split()),
        "hydrogen",
        path,
        folder,
        tuple(instrument for instrument in read if instrument.shots),
        (said, path.name) if said else None,
    )


def _instrument(
    path: Path, folder: Path, name: str, element: Element, volumes: dict[str, float]
) -> Instrument:
    level = _number(path, name, element, "volume", 1.0)
    level *= _number(path, name, element, "gain", 1.0)
    pitch = _number(path, name, element, "pitchOffset", 0.0)
    # Each group of layers with what it is multiplied by.
    groups = [(level, element)]
    for component in element.findall("instrumentComponent"):
        gain = _number(path, name, component, "gain", 1.0)
        groups.append(
            (level * gain * volumes.get(component.findtext("component_id", ""), 1.0), component)
        )
    parts: dict[tuple[float, float, int], list[Part]] = {}
    for gain, group in groups:
        seen: dict[tuple[float, float], int] = {}
        for layer in group.findall("layer") or _whole(group):
            low, high = (_number(path, name, layer, *each) for each in (("min", 0.0), ("max", 1.0)))
            if not 0 <= low <= high <= 1:
                raise ValueError(
                    f"{path}, instrument {name!r}: a layer of velocities {low:g} to {high:g}; "
                    "they are from 0 to 1, the least first"
                )
            # Equal velocities within one component are turns, not microphones.
            turn = seen[low, high] = seen.get((low, high), -1) + 1
            part = _part(path, folder, name, layer, gain, pitch)
            parts.setdefault((low, high, turn), []).append(part)
    number = _number(path, name, element, "muteGroup", _NO_GROUP)
    group = None if number == _NO_GROUP else f"{number:g}"
    shots = tuple(
        Shot(tuple(parts[key]), HIGHEST * key[0], HIGHEST * key[1], group=group, off_by=group)
        for key in sorted(parts)
    )
    note = _number(path, name, element, "midiOutNote", -1)
    own_note = int(note) if 0 <= note <= HIGHEST and note == int(note) else None
    return Instrument(name, shots, own_note)


def _whole(group: Element) -> list[Element]:
    """The instrument of one file as its own layer."""
    return [group] if group.tag == "instrument" and group.findtext("filename") else []


def _part(path: Path, folder: Path, name: str, layer: Element, gain: float, pitch: float) -> Part:
    file = layer.findtext("filename")
    place = f"{path}, instrument {name!r}"
    if not file:
        raise ValueError(f"{place}: a layer without a filename")
    if layer.tag == "layer":
        gain *= _number(path, name, layer, "gain", 1.0)
        pitch += _number(path, name, layer, "pitch", 0.0)
    return Part(place, sample_inside(folder, path.parent, file, place), gain, pitch)


def _number(path: Path, name: str, element: Element, key: str, otherwise: float) -> float:
    text = element.findtext(key)
    if text is None:
        return otherwise
    try:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(text)
    except ValueError as error:
        raise ValueError(f"{path}, instrument {name!r}: {key} is {text!r}, not a number") from error
    return value
