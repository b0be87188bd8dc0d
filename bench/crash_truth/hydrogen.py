"""Read the strokes of a drum kit of Hydrogen, instrument by instrument.

Conventions: the elements are those of `drumkit.xml` [1]_. Layers lie in the instrument itself, as
up to version 0.9.6, or in its components, as since, which sound together; an instrument of the
oldest kits has one file and no layers. Gains and pitches count; envelopes, filters and pans do not,
for a stroke is recorded whole and played in mono.

References
----------
.. [1] http://hydrogen-music.org, "Hydrogen drumkit format".
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Collection
from pathlib import Path

import numpy as np
import soundfile as sf
from soundfont import Layer

ROOTS = ("drumkit_info", "drumkit")


def read_instruments(path: Path, wanted: Collection[str] | None = None) -> dict[str, list[Layer]]:
    """Read instruments by their names, soft to loud, each layer at its gain and pitch.

    Parameters
    ----------
    path : Path
        ``drumkit.xml``; samples lie beside it.
    wanted : collection of str, optional
        Names to read; without it all that have a sample. Of equal names the first counts.

    Returns
    -------
    instruments : dict of str to list of Layer
        Layers of equal velocities sound together where they are of different components.

    Raises
    ------
    ValueError
        With the file and the instrument: if it is no drum kit, a sample is missing, a value is no
        number, or a layer's velocities are an empty range or outside 0 to 1.
    """
    try:
        tree = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: this is no XML: {error}") from error
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    if tree.tag not in ROOTS:
        raise ValueError(f"{path}: <{tree.tag}> is no drum kit of Hydrogen; it begins <{ROOTS[0]}>")
    volumes = {
        each.findtext("id", ""): _number(path, "a component", each, "volume", 1.0)
        for each in tree.iter("drumkitComponent")
    }
    instruments: dict[str, list[Layer]] = {}
    for element in tree.iter("instrument"):
        name = element.findtext("name", "")
        if name in instruments or (wanted is not None and name not in wanted):
            continue
        layers = _read_instrument(path, name, element, volumes)
        if layers:
            instruments[name] = layers
    return instruments


def _read_instrument(
    path: Path, name: str, instrument: ElementTree.Element, volumes: dict[str, float]
) -> list[Layer]:
    level = _number(path, name, instrument, "volume", 1.0)
    level *= _number(path, name, instrument, "gain", 1.0)
    pitch = _number(path, name, instrument, "pitchOffset", 0.0)
    # Each group of layers with what it is multiplied by.
    groups = [(level, instrument)]
    for component in instrument.findall("instrumentComponent"):
        gain = _number(path, name, component, "gain", 1.0)
        groups.append(
            (level * gain * volumes.get(component.findtext("component_id", ""), 1.0), component)
        )
    parts: dict[tuple[float, float, int], list[tuple[np.ndarray, float, str]]] = {}
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
            part = _read_layer(path, name, layer, gain, pitch)
            parts.setdefault((low, high, turn), []).append(part)
    return [_add(path, name, velocity, parts[velocity]) for velocity in sorted(parts)]


def _whole(group: ElementTree.Element) -> list[ElementTree.Element]:
    """The instrument of one file as its own layer."""
    return [group] if group.tag == "instrument" and group.findtext("filename") else []


def _read_layer(
    path: Path, name: str, layer: ElementTree.Element, gain: float, pitch: float
) -> tuple[np.ndarray, float, str]:
    """Samples at their level, the rate at which they sound (Hz), and the file's name."""
    file = layer.findtext("filename")
    if not file:
        raise ValueError(f"{path}, instrument {name!r}: a layer without a filename")
    sample = path.parent / file
    if not sample.is_file():
        raise ValueError(f"{path}, instrument {name!r}: no sample {sample}")
    samples, rate_hz = sf.read(sample, always_2d=True)
    if layer.tag == "layer":
        gain *= _number(path, name, layer, "gain", 1.0)
        pitch += _number(path, name, layer, "pitch", 0.0)
    return gain * samples.mean(axis=1), rate_hz * 2 ** (pitch / 12), file


def _add(path: Path, name: str, velocity: tuple, parts: list) -> Layer:
    """Add the components of one layer."""
    if len({rate_hz for _, rate_hz, _ in parts}) > 1:
        raise ValueError(
            f"{path}, instrument {name!r}: components of one layer differ in rate or pitch"
        )
    total = np.zeros(max(len(samples) for samples, _, _ in parts))
    for samples, _, _ in parts:
        total[: len(samples)] += samples
    return Layer(round(127 * velocity[0]), parts[0][2], total, parts[0][1])


def _number(
    path: Path, name: str, element: ElementTree.Element, key: str, otherwise: float
) -> float:
    text = element.findtext(key)
    if text is None:
        return otherwise
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"{path}, instrument {name!r}: {key} is {text!r}, not a number") from error
