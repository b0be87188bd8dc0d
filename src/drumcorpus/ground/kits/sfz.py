"""Read the strokes of an SFZ instrument, note by note.

What of an instrument counts, `sfz_regions` says.
"""

import re
from collections import Counter
from pathlib import Path

from drumcorpus.ground.kits.sfz_regions import Region, read_instrument
from drumcorpus.ground.kits.shots import (
    Instrument,
    Layer,
    Part,
    SampledKit,
    Shot,
    named_apart,
    read_layer,
)

_COUNT = re.compile(r"[\W_]+\d+$")


def read_notes(path: Path) -> dict[int, list[Layer]]:
    """Decode the layers of every note, soft to loud, the turns of a round robin side by side.

    Raises
    ------
    ValueError
        As of `read_instrument` and `shots.read_layer`.
    """
    return {
        instrument.own_note: [read_layer(shot) for shot in instrument.shots]
        for instrument in read_kit(path).instruments
    }


def read_kit(path: Path, folder: Path | None = None) -> SampledKit:
    """Read an instrument as a kit: every key that sounds is an instrument of its own.

    Regions of equal velocities, turn and chance are one shot: microphones, as a rule.

    Parameters
    ----------
    path : Path
        The instrument.
    folder : Path, optional
        That no sample may lie outside of; the one that holds the file, if not given.

    Raises
    ------
    SfzError
        As of `read_instrument`.
    """
    read = read_instrument(path, folder)
    by_note: dict[int, dict[tuple, list[Region]]] = {}
    for region in read.regions:
        for note in range(region.keys[0], region.keys[1] + 1):
            by_note.setdefault(note, {}).setdefault(region.stroke, []).append(region)
    notes = sorted(by_note)
    names = named_apart([_name(note, by_note[note]) for note in notes])
    instruments = tuple(
        Instrument(
            name,
            tuple(_shot(note, regions) for _, regions in sorted(by_note[note].items())),
            note,
            is_layered=True,
        )
        for name, note in zip(names, notes, strict=True)
    )
    unplayed = read.unplayed + Counter({f"region: {why}": n for why, n in read.silent.items()})
    return SampledKit(path.stem, "sfz", path, folder or path.parent, instruments, unplayed=unplayed)


def _shot(note: int, regions: list[Region]) -> Shot:
    """What sounds together."""
    first = regions[0]
    parts = tuple(
        Part(
            region.place,
            region.sample,
            10 ** (region.gain_db / 20),
            (region.key_track * (note - region.key_center) + region.tune) / 100,
            region.offset,
            None if region.end is None else region.end + 1,
        )
        for region in regions
    )
    return Shot(
        parts,
        *first.velocities,
        first.turn,
        first.chance,
        first.velocity_track,
        exponent=2.0,
        group=first.group,
        off_by=first.off_by,
    )


def _name(note: int, strokes: dict[tuple, list[Region]]) -> str:
    """The label of a note's first region, or what its sample is called without the number of it."""
    first = min(strokes.items())[1][0]
    return f"{note} {first.label or _COUNT.sub('', first.sample.stem) or first.sample.stem}"
