"""The samples of a kit that may sound, each decoded once, with the instant at which it begins."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.paths import printable
from drumcorpus.ground.kits.shots import Instrument, Part, SampledKit, Shot, sound_and_start
from drumcorpus.ground.kits.written import RATE_HZ
from drumcorpus.ground.pages.shown import data_size
from drumcorpus.ground.sound.decoding import open_sound

BEFORE = 22  # samples kept before a stroke begins, 0.5 ms, so that no stroke begins with a step
LONGEST = 10.0  # s of a stroke
FADE = 0.05  # s, where it is cut
LOUDEST = 0.25  # of full scale: the peak of the loudest stroke of a kit
LARGEST = 1e6  # of full scale, before the gain of the kit: more is a mistake of a kit
MOST_BYTES = 3 << 30  # of decoded samples


@dataclass(frozen=True, eq=False)
class Sound:
    """What sounds for a shot."""

    shot: Shot
    samples: np.ndarray  # (n_samples,) float32 at RATE_HZ
    lead: int  # samples before the instant at which the stroke begins
    cut: int  # samples that stood before these and were left out


@dataclass(frozen=True, eq=False)
class Bank:
    """The sounds of the instruments that are played."""

    sounds: dict[str, list[Sound]]  # by the instrument's name
    gain: float  # of the kit, so that its loudest stroke peaks at LOUDEST
    files: dict[str, dict]  # path in the kit to digest, rate and channels


def load_bank(kit: SampledKit, names: Iterable[str]) -> Bank:
    """Decode what the instruments of some names may sound.

    Raises
    ------
    ValueError
        With the place in the kit: if a sample is missing, is no sound or is silent, or all together
        take more than MOST_BYTES.
    """
    wanted = set(names)
    sounds: dict[str, list[Sound]] = {}
    n_bytes, peak = 0, 0.0
    decoded: dict[tuple[Part, ...], Sound] = {}  # shots may differ in velocities alone
    for instrument in kit.instruments:
        if instrument.name not in wanted:
            continue
        sounds[instrument.name] = []
        for shot in instrument.shots:
            key = tuple(replace(part, place="") for part in shot.parts)
            if key in decoded:
                sound = replace(decoded[key], shot=shot)
            else:
                sound = decoded[key] = load_sound(shot)
                n_bytes += sound.samples.nbytes
            sounds[instrument.name].append(sound)
            peak = max(peak, shot.gain(127) * float(np.abs(sound.samples).max()))
            if n_bytes > MOST_BYTES:
                raise ValueError(
                    f"{kit.file}: its samples take more than {data_size(MOST_BYTES)} of memory; "
                    "give fewer instruments notes in kit_map.yaml"
                )
    return Bank(sounds, LOUDEST / peak if peak else 1.0, _files(kit, wanted))


def load_sound(shot: Shot) -> Sound:
    """Decode a shot, and cut what is not its stroke: the silence before it, and a long end.

    Raises
    ------
    ValueError
        As of `shots.sound_of`, or if it is silent, or so short that at RATE_HZ nothing is left.
    """
    samples, start = sound_and_start(shot, RATE_HZ)
    peak = float(np.abs(samples).max(initial=0))
    part = shot.parts[0]
    if not peak <= LARGEST:
        raise ValueError(
            f"{part.place}: {part.sample.name} peaks at {peak:.3g} of full scale, as the kit "
            f"amplifies it; allowed: {LARGEST:g}"
        )
    if len(samples) == 0:
        raise ValueError(
            f"{part.place}: {part.sample.name} is too short: at {RATE_HZ:,} Hz no sample is left"
        )
    if peak == 0 or start is None:
        raise ValueError(f"{part.place}: {part.sample.name} is silent; no stroke would be heard")
    lead = min(start, BEFORE)
    kept = samples[start - lead : start + round(LONGEST * RATE_HZ)].astype(np.float32)
    if start - lead + len(kept) < len(samples):
        n_fade = round(FADE * RATE_HZ)
        kept[-n_fade:] *= np.linspace(1, 0, n_fade, dtype=np.float32)
    return Sound(shot, kept, lead, start - lead)


def _files(kit: SampledKit, names: set[str]) -> dict[str, dict]:
    """What there is to say of the files that are played, by their paths in the kit."""
    files: dict[str, dict] = {}
    for path in sorted({path for each in kit.instruments for path in _paths(each, names)}):
        with open_sound(path) as sound:
            said = {"rate_hz": sound.sample_rate_hz, "channels": sound.n_channels}
        files[name_in_kit(kit, path)] = {"sha256": sha256_file(path), **said}
    return files


def name_in_kit(kit: SampledKit, path: Path) -> str:
    """The path of a sample from the folder of its kit."""
    return printable(path.resolve().relative_to(kit.folder.resolve()).as_posix())


def _paths(instrument: Instrument, names: set[str]) -> set[Path]:
    if instrument.name not in names:
        return set()
    return {part.sample for shot in instrument.shots for part in shot.parts}
