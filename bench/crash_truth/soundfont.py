"""Read the one-shots of one preset of a SoundFont 2 file, note by note.

Conventions: the names of chunks, records and generators are those of the specification [1]_. Of the
generators those count that say which sample sounds, how loud and at what pitch; loops, envelopes
and filters do not, for a stroke is recorded whole.

References
----------
.. [1] E-mu Systems, "SoundFont Technical Specification", version 2.04, 2006.
"""

from pathlib import Path

import numpy as np

from drumcorpus.ground.kits.shots import Layer

RECORDS = {
    "phdr": [("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("", "V12")],
    "pbag": [("gen", "<u2"), ("mod", "<u2")],
    "pgen": [("oper", "<u2"), ("amount", "<i2")],
    "inst": [("name", "S20"), ("bag", "<u2")],
    "ibag": [("gen", "<u2"), ("mod", "<u2")],
    "igen": [("oper", "<u2"), ("amount", "<i2")],
    "shdr": [
        ("name", "S20"),
        *((name, "<u4") for name in ("start", "end", "start_loop", "end_loop", "rate")),
        ("key", "u1"),
        ("correction", "i1"),
        ("link", "<u2"),
        ("type", "<u2"),
    ],
}
INSTRUMENT, KEY_RANGE, VELOCITY_RANGE, SAMPLE, ROOT_KEY = 41, 43, 44, 53, 58
ATTENUATION, COARSE_TUNE, FINE_TUNE = 48, 51, 52
ADDED = (ATTENUATION, COARSE_TUNE, FINE_TUNE)  # a preset's values are added to the instrument's
WHOLE_RANGE = 127 << 8  # low byte 0, high byte 127


def read_notes(path: Path, bank: int, preset: int) -> dict[int, list[Layer]]:
    """Read the layers of every note of one preset, soft to loud.

    Parameters
    ----------
    path : Path
        SoundFont 2 file, uncompressed.
    bank, preset : int
        As MIDI numbers them; bank 128 holds the drums of General MIDI.

    Raises
    ------
    ValueError
        If the file is no SoundFont or has no such preset.
    """
    chunks = _chunks(path.read_bytes())
    tables = {name: np.frombuffer(chunks[name], np.dtype(kind)) for name, kind in RECORDS.items()}
    pcm = np.frombuffer(chunks["smpl"], "<i2")
    headers = tables["phdr"][:-1]
    found = np.flatnonzero((headers["bank"] == bank) & (headers["preset"] == preset))
    if len(found) != 1:
        raise ValueError(f"{path} has {len(found)} presets {preset} in bank {bank}")
    by_note: dict[int, dict[int, list]] = {}
    for zone in _preset_zones(tables, int(found[0])):
        low, high = _bounds(zone, KEY_RANGE)
        for note in range(low, high + 1):
            velocity = _bounds(zone, VELOCITY_RANGE)[0]
            by_note.setdefault(note, {}).setdefault(velocity, []).append(zone)
    return {
        note: [_layer(tables["shdr"], pcm, note, v, zones) for v, zones in sorted(layers.items())]
        for note, layers in sorted(by_note.items())
    }


def _chunks(data: bytes) -> dict[str, memoryview]:
    """Chunks inside the lists of a RIFF file, by name."""
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError("this is no SoundFont 2 file")
    found, at = {}, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"LIST":
            at += 12
            continue
        found[name.decode("latin-1")] = memoryview(data)[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def _preset_zones(tables: dict, preset: int) -> list[dict[int, int]]:
    """Generators of every zone of a preset that sounds a sample, by number."""
    zones = []
    for outer in _zones(tables, "phdr", "pbag", "pgen", preset, INSTRUMENT):
        for inner in _zones(tables, "inst", "ibag", "igen", outer[INSTRUMENT], SAMPLE):
            zone = dict(inner)
            for generator in ADDED:
                zone[generator] = inner.get(generator, 0) + outer.get(generator, 0)
            for generator in (KEY_RANGE, VELOCITY_RANGE):
                zone[generator] = _narrow(_bounds(inner, generator), _bounds(outer, generator))
            zones.append(zone)
    return zones


def _zones(tables, heads, bags, generators, number, last) -> list[dict[int, int]]:
    """Zones of one head whose generators end in `last`, over those of its global zone."""
    shared: dict[int, int] = {}
    zones = []
    first, stop = (int(tables[heads]["bag"][n]) for n in (number, number + 1))
    for bag in range(first, stop):
        low, high = (int(tables[bags]["gen"][n]) for n in (bag, bag + 1))
        rows = tables[generators][low:high]
        zone = dict(zip(rows["oper"].tolist(), rows["amount"].tolist(), strict=True))
        if last in zone:
            zones.append(shared | zone)
        elif bag == first:
            shared = zone
    return zones


def _bounds(zone: dict[int, int], generator: int) -> tuple[int, int]:
    amount = zone.get(generator, WHOLE_RANGE)
    return amount & 0xFF, amount >> 8


def _narrow(inner: tuple[int, int], outer: tuple[int, int]) -> int:
    return max(inner[0], outer[0]) | min(inner[1], outer[1]) << 8


def _layer(headers: np.ndarray, pcm: np.ndarray, note: int, velocity: int, zones: list) -> Layer:
    """Average the zones that sound together: the two sides of a stereo sample, as a rule."""
    parts, rates = [], []
    for zone in zones:
        header = headers[zone[SAMPLE]]
        root = zone.get(ROOT_KEY, -1)
        root = int(header["key"]) if root < 0 else root
        cents = 100 * (note - root + zone[COARSE_TUNE]) + zone[FINE_TUNE]
        rates.append(float(header["rate"]) * 2 ** ((cents + int(header["correction"])) / 1200))
        gain = 10 ** (-zone[ATTENUATION] / 200)  # centibels
        parts.append(pcm[header["start"] : header["end"]] * (gain / 32768))
    length = min(map(len, parts))
    name = headers[zones[0][SAMPLE]]["name"].decode("latin-1").strip("\0 ")
    return Layer(velocity, name, np.mean([part[:length] for part in parts], axis=0), rates[0])
