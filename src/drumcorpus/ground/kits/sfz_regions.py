"""The regions of an SFZ instrument: which sample sounds for which strokes, how loud, at what pitch.

Conventions: opcodes and headers are those of SFZ 1 and ARIA [1]_. Of the opcodes those count that
say which sample sounds for a stroke, how loud and at what pitch: keys, velocities, round robins,
`offset`, `end`, `volume`, `amplitude`, `amp_veltrack`, tuning, which groups silence one another,
and what keeps a region silent for a plain stroke. Loops, envelopes, filters, effects and pans do
not, for a stroke is recorded whole and played in mono. What does not count is counted
(`Regions.unplayed`).

References
----------
.. [1] https://sfzformat.com
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drumcorpus.ground.kits.sfz_text import Opcode, SfzError, read_words, require_sample_inside
from drumcorpus.ground.kits.shots import HIGHEST

HEADERS = ("control", "global", "master", "group", "region")
# Headers whose opcodes say nothing of which sample sounds.
OTHER_HEADERS = ("curve", "effect", "midi", "sample")
PLAYED = {
    *("sample", "default_path", "note_offset", "octave_offset", "key", "lokey", "hikey"),
    *("pitch_keycenter", "pitch_keytrack", "transpose", "tune", "pitch", "offset", "end"),
    *("lovel", "hivel", "seq_length", "seq_position", "lorand", "hirand", "trigger"),
    *("volume", "group_volume", "master_volume", "global_volume", "amplitude"),
    *("sw_last", "sw_default", "sw_down", "amp_veltrack", "group", "off_by", "polyphony_group"),
    *("region_label", "group_label", "master_label", "global_label"),
}
VOLUMES = ("volume", "group_volume", "master_volume", "global_volume")  # dB, added
CONDITION = re.compile(r"(set_|lo|hi|on_lo|on_hi|start_lo|start_hi)(?:hd)?cc(\d+)")
SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
NOTE = re.compile(r"([a-g])([#b]?)(-?\d+)")
LABELS = ("region_label", "group_label", "master_label")
MOST_WORDS = 500_000  # headers and opcodes
NO_KEY = -1  # as `lokey` or `hikey`: no key plays the region


@dataclass(frozen=True)
class Region:
    """One sample and the strokes that sound it."""

    place: str  # FILE:LINE of its header
    sample: Path
    keys: tuple[int, int]
    velocities: tuple[int, int]
    turn: tuple[int, int]  # of a round robin: position and length; (1, 1) sounds each time
    chance: tuple[float, float]  # of a random robin; (0, 1) sounds each time
    offset: int  # samples of the file before the sound
    end: int | None  # last sample of the file that sounds
    gain_db: float
    key_center: int
    key_track: float  # cents per key
    tune: float  # cents
    velocity_track: float = 1.0  # share of the gain that follows velocity
    group: str | None = None
    off_by: str | None = None  # the group whose strokes silence it
    label: str = ""

    @property
    def stroke(self) -> tuple:
        """What tells it from other layers; regions of one stroke sound together."""
        return (*self.velocities, *self.turn, *self.chance)


@dataclass(frozen=True)
class Regions:
    """Regions that a plain stroke may sound, and what was left aside."""

    regions: list[Region]
    silent: Counter = field(default_factory=Counter)  # regions left out, by why
    unplayed: Counter = field(default_factory=Counter)  # opcodes that do not count, by name


def read_instrument(path: Path, folder: Path | None = None) -> Regions:
    """Read the regions of an instrument, includes and definitions put in.

    Raises
    ------
    SfzError
        With file and line: if a file or sample is missing, a header is unknown, an opcode stands
        before any header, a value is no number or out of range, a range is empty, a path leads out
        of the folder, or includes go in a circle.
    """
    folder = folder or path.parent
    scopes: dict[str, dict[str, Opcode]] = {header: {} for header in HEADERS}
    header, place, regions = None, "", []
    silent: Counter = Counter()
    unplayed: Counter = Counter()

    def close() -> None:
        if header == "region":
            merged = {name: code for each in HEADERS for name, code in scopes[each].items()}
            region = _region(path.parent, folder, merged, place)
            if isinstance(region, str):
                silent[region] += 1
            else:
                regions.append(region)

    for number, (name, opcode) in enumerate(read_words(path, folder)):
        if number == MOST_WORDS:
            raise SfzError(
                f"{opcode.place}: more than {MOST_WORDS:,} headers and opcodes, includes put in"
            )
        if opcode.value == "" and name.startswith("<"):
            close()
            header, place = name[1:-1], opcode.place
            if header in HEADERS:
                # A header ends what the headers below it said; <control> ends nothing.
                below = HEADERS[HEADERS.index(header) :] if header != "control" else ()
                for each in below:
                    scopes[each] = {}
            elif header not in OTHER_HEADERS:
                raise SfzError(
                    f"{opcode.place}: <{header}> is no header of SFZ; "
                    f"known: {', '.join((*HEADERS, *OTHER_HEADERS))}"
                )
        elif header is None:
            raise SfzError(f"{opcode.place}: {name} stands before any header, such as <region>")
        elif header in HEADERS:
            scopes[header][name] = opcode
            if name not in PLAYED and not CONDITION.fullmatch(name):
                unplayed[name] += 1
    close()
    if not regions:
        raise SfzError(f"{path}: no region that a plain stroke sounds")
    return Regions(regions, silent, unplayed)


def note_number(text: str) -> int:
    """MIDI note of a number or a name; ``c4`` is 60.

    Raises
    ------
    ValueError
        If it is neither, or beyond 0 to 127; -1, which is no key, is let through.
    """
    named = NOTE.fullmatch(text.strip().lower())
    if named:
        sharp = {"#": 1, "b": -1, "": 0}[named[2]]
        number = 12 * (int(named[3]) + 1) + SEMITONES[named[1]] + sharp
    else:
        number = int(text)
    if not NO_KEY <= number <= HIGHEST:
        raise ValueError(text)
    return number


def _region(root: Path, folder: Path, opcodes: dict[str, Opcode], place: str) -> Region | str:
    """A region of what all its headers say, or why a plain stroke never sounds it."""
    number = _Numbers(opcodes)
    if why := _why_silent(number):
        return why
    if "sample" not in opcodes:
        raise SfzError(f"{place}: this region has no sample")
    sample = opcodes["sample"]
    if sample.value == "*silence":
        return "silence"
    if sample.value.startswith("*"):
        raise SfzError(f"{sample.place}: {sample.value} is made by the player; none is recorded")
    shift = number.of("note_offset", 0) + 12 * number.of("octave_offset", 0)
    key = number.note("key", None)
    keys = tuple(
        edge if edge == NO_KEY else round(edge + shift)
        for edge in (
            number.note("lokey", 0 if key is None else key),
            number.note("hikey", HIGHEST if key is None else key),
        )
    )
    if NO_KEY in keys:
        return "no key"
    velocities = (number.whole("lovel", 0), number.whole("hivel", HIGHEST))
    turn = (number.whole("seq_position", 1), number.whole("seq_length", 1))
    chance = (number.of("lorand", 0.0), number.of("hirand", 1.0))
    for words, (low, high) in {
        "keys": keys,
        "velocities": velocities,
        "chance": chance,
        "turn in its round robin": turn,
    }.items():
        if low > high or (words == "velocities" and not 0 <= low <= high <= HIGHEST):
            raise SfzError(f"{place}: {words} from {low:g} to {high:g}: nothing lies between")
    end = number.whole("end", None)
    if end is not None and end < 0:
        return "end=-1"
    amplitude = number.of("amplitude", 100.0)
    if amplitude <= 0:
        return "amplitude=0"
    return Region(
        place,
        _sample_path(root, folder, opcodes.get("default_path"), sample),
        keys,
        velocities,
        turn,
        chance,
        max(number.whole("offset", 0), 0),
        end,
        sum(number.of(name, 0.0) for name in VOLUMES) + 20 * float(np.log10(amplitude / 100)),
        number.note("pitch_keycenter", 60 if key is None else key),
        number.of("pitch_keytrack", 100.0),
        number.of("tune", number.of("pitch", 0.0)) + 100 * number.of("transpose", 0.0),
        number.of("amp_veltrack", 100.0) / 100,
        opcodes["group"].value if "group" in opcodes else None,
        opcodes["off_by"].value if "off_by" in opcodes else None,
        next((opcodes[name].value for name in LABELS if name in opcodes), ""),
    )


def _why_silent(number: "_Numbers") -> str | None:
    """Why a plain stroke, with every controller at rest, never sounds a region."""
    trigger = number.opcodes.get("trigger")
    if trigger and trigger.value != "attack":
        return f"trigger={trigger.value}"
    if "sw_down" in number.opcodes:
        return "sw_down"
    last = number.note("sw_last", None)
    if last is not None and last != number.note("sw_default", None):
        return "sw_last"
    for name in number.opcodes:
        condition = CONDITION.fullmatch(name)
        if condition is None or condition[1] == "set_":
            continue
        if condition[1].startswith(("on_", "start_")):
            return "set off by a controller"
        at_rest = number.of(f"set_cc{condition[2]}", 0.0)
        bound = number.of(name, 0.0)
        if (at_rest < bound) if condition[1] == "lo" else (at_rest > bound):
            return "a controller at rest"
    return None


class _Numbers:
    """Opcodes of a region as numbers."""

    def __init__(self, opcodes: dict[str, Opcode]):
        self.opcodes = opcodes

    def of(self, name: str, otherwise: float | None) -> float:
        """A number."""
        return self._read(name, otherwise, float, "a number")

    def whole(self, name: str, otherwise: int | None) -> int:
        """A whole number."""
        return self._read(name, otherwise, int, "a whole number")

    def note(self, name: str, otherwise: int | None) -> int:
        """A MIDI note by number or name."""
        return self._read(name, otherwise, note_number, "a note such as 49 or c#3")

    def _read(self, name: str, otherwise, kind, words: str):
        if name not in self.opcodes:
            return otherwise
        opcode = self.opcodes[name]
        try:
            value = kind(opcode.value)
            if not np.isfinite(value):
                raise ValueError(value)
        except ValueError as error:
            raise SfzError(f"{opcode.place}: {name}={opcode.value} is not {words}") from error
        return value


def _sample_path(root: Path, folder: Path, default: Opcode | None, sample: Opcode) -> Path:
    """The file of a sample; where the case of letters differs, the one file that is meant."""
    name = ((default.value if default else "") + sample.value).replace("\\", "/")
    path = root / name
    require_sample_inside(folder, path, sample.place)
    if path.is_file():
        return path
    for part in Path(name).parts:
        there = root.iterdir() if root.is_dir() else ()
        choices = [each for each in there if each.name.lower() == part.lower()]
        if part in (".", "..") or (root / part).exists():
            root = root / part
        elif root.is_dir() and len(choices) == 1:
            root = choices[0]
        else:
            raise SfzError(f"{sample.place}: no sample {path}")
        if root.is_file():
            return root
    raise SfzError(f"{sample.place}: no sample {path}")
