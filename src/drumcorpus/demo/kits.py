"""Reads the demo's drum kits: what vibrates, how it is struck, which note plays it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.yaml_files import read_yaml

NEPERS_PER_60_DB = float(np.log(1000.0))
"""An exponential that falls by 60 dB in T seconds loses this many nepers, over T, a second."""

_VOICE_KEYS = {"modes", "plate", "noise", "velocity", "strokes"}
_STROKE_KEYS = {"note", "level", "corner_hz", "decay", "peak", "chokes", "pedal"}
_PLATE_KEYS = {"lowest_hz", "spacing_hz", "n_modes", "decay", "damping", "seed"}


@dataclass(frozen=True)
class Pedal:
    """Positions that a pedal sends around a stroke, 0 to 127; `strike` is a range."""

    strike: tuple[int, int]
    lift: int | None = None
    settle: int | None = None


@dataclass(frozen=True)
class Stroke:
    """One way to strike a voice, and the MIDI note that stands for it."""

    name: str
    voice: str
    note: int
    level: float
    corner_hz: float
    added_loss: float  # 1/s, laid over the losses of every mode
    peak_hz: float | None
    peak_gain: float
    chokes: bool
    pedal: Pedal | None


@dataclass(frozen=True, eq=False)
class Voice:
    """One vibrating body: its modes and how they answer to velocity."""

    name: str
    frequencies_hz: np.ndarray  # shape (n_modes,)
    amplitudes: np.ndarray  # shape (n_modes,), signed: the shape of the mode where it is struck
    losses: np.ndarray  # shape (n_modes,), 1/s
    noise_band_hz: tuple[float, float]
    noise_level: float
    noise_loss: float  # 1/s
    brightness_octaves: float
    soft_loss: float  # 1/s, added in full at velocity 0 and not at all at velocity 127
    rise: float  # seconds that the high modes take to build up, at velocity 0


@dataclass(frozen=True, eq=False)
class Kit:
    """A drum kit, with its voices and strokes by name."""

    name: str
    voices: Mapping[str, Voice]
    strokes: Mapping[str, Stroke]

    @property
    def stroke_of_note(self) -> dict[int, Stroke]:
        """The strokes of the kit by MIDI note."""
        return {stroke.note: stroke for stroke in self.strokes.values()}


def read_kits(path: Path) -> dict[str, Kit]:
    """Read the kits of a demo file.

    Parameters
    ----------
    path : Path
        YAML file with the key ``kits``; `resources/demo/kits.yaml` explains the fields.

    Returns
    -------
    kits : dict of str to Kit
        The kits by name, in the order of the file.

    Raises
    ------
    ValueError
        If a value is missing, of the wrong kind or out of range, a key is not known, or a
        note or a stroke stands twice in a kit.
    """
    content = read_yaml(path)
    kits = _mapping(_get(content, "kits", f"{path}: "), f"{path}: kits")
    return {name: _read_kit(name, kit, f"{path}: kits.{name}") for name, kit in kits.items()}


def _read_kit(name: str, kit: object, where: str) -> Kit:
    voices: dict[str, Voice] = {}
    strokes: dict[str, Stroke] = {}
    for voice, fields in _mapping(kit, where).items():
        place = f"{where}.{voice}"
        _refuse_unknown(_mapping(fields, place), _VOICE_KEYS, place)
        voices[voice] = _read_voice(voice, fields, place)
        for stroke, values in _mapping(_get(fields, "strokes", place), place).items():
            if stroke in strokes:
                raise ValueError(f"{place}: stroke {stroke!r} stands twice in the kit")
            strokes[stroke] = _read_stroke(stroke, voice, values, f"{place}.strokes.{stroke}")
    notes = [stroke.note for stroke in strokes.values()]
    twice = sorted({note for note in notes if notes.count(note) > 1})
    if twice:
        raise ValueError(f"{where}: notes {twice} stand twice; one note plays one stroke")
    return Kit(name, voices, strokes)


def _read_voice(name: str, fields: Mapping, where: str) -> Voice:
    if ("modes" in fields) == ("plate" in fields):
        raise ValueError(f"{where} holds {sorted(fields)}; one of 'modes' and 'plate' is allowed")
    if "modes" in fields:
        frequencies, amplitudes, decays = _listed_modes(fields["modes"], f"{where}.modes")
    else:
        frequencies, amplitudes, decays = _plate_modes(fields["plate"], f"{where}.plate")
    noise, velocity = _get(fields, "noise", where), _get(fields, "velocity", where)
    low, high = _get(noise, "band_hz", f"{where}.noise")
    if not 0 < low < high:
        raise ValueError(f"{where}.noise.band_hz is [{low}, {high}]; allowed is 0 < low < high")
    return Voice(
        name,
        frequencies,
        amplitudes,
        NEPERS_PER_60_DB / decays,
        (float(low), float(high)),
        _number(noise, "level", f"{where}.noise", 0.0, 4.0),
        NEPERS_PER_60_DB / _number(noise, "decay", f"{where}.noise", 0.001, 10.0),
        _number(velocity, "brightness_octaves", f"{where}.velocity", 0.0, 4.0),
        _number(velocity, "soft_loss", f"{where}.velocity", 0.0, 100.0),
        _number(velocity, "rise", f"{where}.velocity", 0.0, 1.0),
    )


def _listed_modes(modes: object, where: str) -> np.ndarray:
    table = np.array(modes, dtype=float)
    if table.ndim != 2 or table.shape[1] != 3:
        raise ValueError(f"{where} has the shape {table.shape}; allowed is [hz, amplitude, s] rows")
    if (table[:, [0, 2]] <= 0).any():
        raise ValueError(f"{where} holds {table[:, [0, 2]].min()}; allowed are Hz and s above 0")
    return table.T


def _plate_modes(plate: object, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the modes of a cymbal: on average equally dense in Hz, as on a flat plate."""
    _refuse_unknown(_mapping(plate, where), _PLATE_KEYS, where)
    lowest_hz = _number(plate, "lowest_hz", where, 20.0, 4000.0)
    spacing_hz = _number(plate, "spacing_hz", where, 5.0, 1000.0)
    rng = np.random.default_rng(int(_number(plate, "seed", where, 0, 2**31)))
    n_modes = int(_number(plate, "n_modes", where, 1, 1000))
    # Neighbouring modes of an irregular body repel each other: Rayleigh, not Poisson spacing.
    spacings = rng.rayleigh(spacing_hz * np.sqrt(2.0 / np.pi), n_modes - 1)
    frequencies = lowest_hz + np.concatenate([[0.0], np.cumsum(spacings)])
    amplitudes = rng.normal(size=n_modes)
    damping = _number(plate, "damping", where, 0.0, 2.0)
    decays = _number(plate, "decay", where, 0.01, 20.0) * (lowest_hz / frequencies) ** damping
    return frequencies, amplitudes, decays


def _read_stroke(name: str, voice: str, values: object, where: str) -> Stroke:
    _refuse_unknown(_mapping(values, where), _STROKE_KEYS, where)
    decay = _number(values, "decay", where, 0.005, 20.0) if "decay" in values else np.inf
    peak = values.get("peak")
    if peak is not None:
        _refuse_unknown(_mapping(peak, f"{where}.peak"), {"hz", "gain"}, f"{where}.peak")
    return Stroke(
        name,
        voice,
        int(_number(values, "note", where, 0, 127)),
        _number(values, "level", where, 0.0, 1.0),
        _number(values, "corner_hz", where, 20.0, 24000.0),
        NEPERS_PER_60_DB / decay,
        None if peak is None else _number(peak, "hz", f"{where}.peak", 20.0, 24000.0),
        0.0 if peak is None else _number(peak, "gain", f"{where}.peak", 0.0, 100.0),
        bool(values.get("chokes", False)),
        _read_pedal(values["pedal"], f"{where}.pedal") if "pedal" in values else None,
    )


def _read_pedal(values: object, where: str) -> Pedal:
    _refuse_unknown(_mapping(values, where), {"strike", "lift", "settle"}, where)
    low, high = _get(values, "strike", where)
    if not 0 <= low <= high <= 127:
        raise ValueError(f"{where}.strike is [{low}, {high}]; allowed is 0 <= low <= high <= 127")
    lift, settle = (
        int(_number(values, key, where, 0, 127)) if key in values else None
        for key in ("lift", "settle")
    )
    return Pedal((int(low), int(high)), lift, settle)


def _mapping(value: object, where: str) -> Mapping:
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"{where} is {value!r}; allowed is a mapping that is not empty")
    return value


def _get(mapping: object, key: str, where: str) -> object:
    if not isinstance(mapping, Mapping) or key not in mapping:
        got = sorted(mapping) if isinstance(mapping, Mapping) else repr(mapping)
        raise ValueError(f"{where} needs the key {key!r}, got {got}")
    return mapping[key]


def _number(mapping: object, key: str, where: str, low: float, high: float) -> float:
    value = _get(mapping, key, where)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{where}.{key} is {value!r}; allowed are numbers from {low} to {high}")
    return float(value)


def _refuse_unknown(mapping: Mapping, allowed: set[str], where: str) -> None:
    unknown = sorted(set(mapping) - allowed)
    if unknown:
        raise ValueError(f"{where} holds {unknown}; allowed are {sorted(allowed)}")
