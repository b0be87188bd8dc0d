"""A sampled kit as what sounds for a stroke: files, gains, pitches, and who silences whom.

Readers of the forms make a `SampledKit` without opening one sample, so that a kit of gigabytes is
described in a moment and only what is played is decoded.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.sound.decoding import UnusableSound, open_sound
from drumcorpus.ground.sound.resampling import resample

HIGHEST = 127  # MIDI note and velocity
STARTS_AT = 0.01  # of the peak: where a recording is first as loud as this, its stroke begins
FARTHEST = 48  # semitones from a recording: more is a mistake, and may take gigabytes


@dataclass(frozen=True)
class Part:
    """A file, or some of its channels, that sounds in a stroke."""

    place: str  # where the kit says so, for messages
    sample: Path
    gain: float = 1.0  # linear
    semitones: float = 0.0  # above the recording
    offset: int = 0  # samples of the file before the sound
    stop: int | None = None  # the first sample that does not sound
    channels: tuple[int, ...] | None = None  # from 0; None averages all


@dataclass(frozen=True)
class Shot:
    """Parts that sound at once, and the strokes that sound them."""

    parts: tuple[Part, ...]
    low: float = 0  # MIDI velocities, both included
    high: float = HIGHEST
    turn: tuple[int, int] = (1, 1)  # of a round robin: position and length
    chance: tuple[float, float] = (0.0, 1.0)  # of a random robin
    track: float = 1.0  # share of the gain that follows velocity
    exponent: float = 1.0
    reference: float = HIGHEST  # the velocity of gain 1
    group: str | None = None  # which strokes silence others by being struck
    off_by: str | None = None  # strokes of which group silence this one

    def gain(self, velocity: int) -> float:
        """The linear gain of a stroke by its MIDI velocity.

        Examples
        --------
        >>> Shot((), exponent=2.0).gain(127), round(Shot((), exponent=2.0).gain(64), 3)
        (1.0, 0.254)
        """
        gain = 1 - self.track + self.track * (velocity / self.reference) ** self.exponent
        return max(gain, 0.0)


@dataclass(frozen=True)
class Instrument:
    """What one pad of the kit sounds."""

    name: str  # one alone in its kit
    shots: tuple[Shot, ...]
    own_note: int | None = None  # MIDI note by which the kit itself calls it
    is_layered: bool = False  # all shots that a stroke fits sound at once; else one of them
    # Instruments that its strokes stop, and the seconds that these take to end.
    chokes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SampledKit:
    """A kit as its files describe it."""

    name: str
    form: str
    file: Path  # that describes it
    folder: Path  # that no sample may lie outside of
    instruments: tuple[Instrument, ...]
    licence: tuple[str, str] | None = None  # text, and the file that has it
    unplayed: Counter = field(default_factory=Counter)  # what of the form is left aside, by name


@dataclass(frozen=True)
class Layer:
    """What sounds for a note from one velocity on, decoded."""

    velocity: int  # least MIDI velocity
    name: str
    samples: np.ndarray  # (n_samples,) float, full scale 1; channels averaged, parts added
    rate_hz: float  # at which it sounds at the note's pitch


def read_layer(shot: Shot) -> Layer:
    """Decode a shot: its parts at their gains, each averaged over its channels, added.

    Raises
    ------
    ValueError
        With the place in the kit: if a sample is missing or no sound, has no such channel, nothing
        of it sounds, or parts differ in rate or pitch.
    """
    parts = [_sounding(part) for part in shot.parts]
    rates = {rate_hz for _, rate_hz in parts}
    first = shot.parts[0]
    if len(rates) > 1:
        raise ValueError(f"{first.place}: samples that sound together differ in rate or pitch")
    total = _added([samples for samples, _ in parts])
    return Layer(round(shot.low), first.sample.name, total, rates.pop())


def sound_of(shot: Shot, rate_hz: int) -> np.ndarray:
    """Decode a shot at one rate, whatever those of its parts are.

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float
        Full scale is 1; channels averaged, parts added at their gains.

    Raises
    ------
    ValueError
        As of `read_layer`, but for rates.
    """
    return sound_and_start(shot, rate_hz)[0]


def sound_and_start(shot: Shot, rate_hz: int) -> tuple[np.ndarray, int | None]:
    """As of `sound_of`, with the sample at which it first is as loud as STARTS_AT of its peak.

    That is looked for before the rate is changed: a resampler rings before a sharp attack, by a
    millisecond at low rates, and that ringing is no beginning.

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float
    start : int or None
        In `samples`; None where these are silent.
    """
    parts = [_sounding(part) for part in shot.parts]
    rates = {part_rate for _, part_rate in parts}
    samples = _added([resample(*part, rate_hz) for part in parts])
    # Parts of several rates have no sum before they have one rate.
    before, before_hz = samples, float(rate_hz)
    if len(rates) == 1 and rates != {rate_hz}:
        before, before_hz = _added([part for part, _ in parts]), rates.pop()
    peak = float(np.abs(before).max())
    if not peak > 0 or len(samples) == 0:
        return samples, None
    start = int(np.argmax(np.abs(before) >= STARTS_AT * peak))
    return samples, min(round(start * rate_hz / before_hz), len(samples) - 1)


def sample_inside(folder: Path, base: Path, name: str, place: str) -> Path:
    """The path of a sample that a kit names from `base`, which may not leave `folder`.

    Raises
    ------
    ValueError
        If it does, by its name or by a link.
    """
    path = base / name.replace("\\", "/")
    require_inside(folder, path, place)
    return path


def require_inside(folder: Path, path: Path, place: str) -> None:
    """Refuse a path, or a link in it, that leads out of the folder of the kit.

    Raises
    ------
    ValueError
        With the place in the kit.
    """
    try:
        is_inside = "\0" not in str(path) and path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        is_inside = False
    if not is_inside:
        raise ValueError(
            f"{place}: {visible(path.name)} lies outside of {visible(folder.name) or 'the kit'}; a "
            "kit is a folder that holds all its samples: name the folder above it, or move them"
        )


def named_apart(names: list[str]) -> list[str]:
    """Names of which none stands twice; empty ones are given one.

    Examples
    --------
    >>> named_apart(["Ride", "Ride", ""])
    ['Ride', 'Ride (2)', 'unnamed']
    """
    seen: set[str] = set()
    apart = []
    for name in (" ".join(visible(name).split()) or "unnamed" for name in names):
        number, unique = 1, name
        while unique in seen:
            number += 1
            unique = f"{name} ({number})"
        seen.add(unique)
        apart.append(unique)
    return apart


def _sounding(part: Part) -> tuple[np.ndarray, float]:
    """What sounds of a part, at its gain, and the rate (Hz) at which that is at its pitch."""
    if abs(part.semitones) > FARTHEST:
        raise ValueError(
            f"{part.place}: {part.sample.name} is to sound {part.semitones:+.4g} semitones from "
            f"its recording; allowed: {FARTHEST} at most"
        )
    samples, rate_hz = _decode(part)
    samples = part.gain * samples[part.offset : part.stop]
    if not len(samples):
        raise ValueError(f"{part.place}: nothing of {part.sample.name} sounds")
    return samples, rate_hz * 2 ** (part.semitones / 12)


def _added(parts: list[np.ndarray]) -> np.ndarray:
    total = np.zeros(max(map(len, parts)))
    for samples in parts:
        total[: len(samples)] += samples
    return total


def _decode(part: Part) -> tuple[np.ndarray, int]:
    """The samples of a part's file in mono, and their rate in Hz."""
    if not part.sample.is_file():
        raise ValueError(f"{part.place}: no sample {part.sample}")
    try:
        with open_sound(part.sample) as sound:
            channels = part.channels
            if channels is not None and not all(0 <= n < sound.n_channels for n in channels):
                raise ValueError(
                    f"{part.place}: {part.sample.name} has {sound.n_channels} channel(s), and "
                    f"number {max(channels) + 1} is asked for"
                )
            chosen = slice(None) if channels is None else list(channels)
            blocks = [block[:, chosen].mean(axis=1) for block in sound.blocks()]
            return np.concatenate(blocks).astype(float), sound.sample_rate_hz
    except UnusableSound as error:
        raise ValueError(f"{part.place}: {part.sample.name}: {error.detail}") from error
