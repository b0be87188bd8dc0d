"""Make kits for the renderer out of drum kits that packages ship.

    python bench/crash_truth/import_kits.py --packages DIR --out KITS [--kits NAME...]

`--packages` is the folder that the packages of `kits.yaml` were unpacked in (``dpkg -x``), or ``/``
where they are installed. See the README beside this file.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
import yaml
from soundfont import read_notes

from drumcorpus.ground.kits.hydrogen import read_instruments
from drumcorpus.ground.kits.sfz import read_notes as read_sfz_notes
from drumcorpus.ground.kits.sfz_regions import Regions, read_instrument
from drumcorpus.ground.kits.shots import Layer

RATE_HZ = 44_100
LONGEST = 4.0  # seconds kept of a one-shot
FADE = 0.05  # seconds, where it is cut
STARTS_AT = 0.01  # of the peak: what is softer before the stroke is cut away
LEAD_IN = 0.001  # seconds kept before that
KIT_PEAK = 0.9  # of the loudest one-shot; the balance within a kit stays
TABLE = Path(__file__).with_name("kits.yaml")


def main() -> None:
    """Import the kits that are asked for."""
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", type=Path, required=True, help="root of unpacked packages")
    parser.add_argument("--out", type=Path, required=True, help="gets a folder per kit")
    parser.add_argument("--kits", nargs="+", choices=sorted(table), default=sorted(table))
    args = parser.parse_args()
    for name in args.kits:
        source = args.packages / table[name]["file"]
        if not source.exists():
            raise SystemExit(f"{name}: no {source}; unpack the package {table[name]['package']}")
        voices = read_kit(source, table[name])
        write_kit(args.out / name, name, table[name], voices)
        layers = {voice: len(shots) for voice, shots in voices.items() if "crash" in voice}
        print(f"{name}: {len(voices)} voices, layers {layers}")
        if source.suffix == ".sfz":
            print(f"{name}: {describe_unplayed(read_instrument(source))}")


def read_kit(source: Path, entry: dict) -> dict[str, list[np.ndarray]]:
    """Read the one-shots of every voice, soft to loud.

    Parameters
    ----------
    source : Path
        ``drumkit.xml`` of Hydrogen, a SoundFont, an SFZ instrument, or a folder of recordings.
    entry : dict
        Of `kits.yaml`: `voices`, from a voice to an instrument's name, to a note, or to a list of
        files; for a SoundFont `bank` and `preset`.

    Returns
    -------
    voices : dict of str to list of np.ndarray, shape (n_samples,)
        Mono at `RATE_HZ`, in the kit's own balance.

    Raises
    ------
    ValueError
        If a voice has nothing in the kit, or the kit is of none of these forms.
    """
    if source.is_dir():
        return {voice: _read_files(source, names) for voice, names in entry["voices"].items()}
    layers = read_layers(source, entry)
    missing = {voice: key for voice, key in entry["voices"].items() if not layers.get(key)}
    if missing:
        raise ValueError(f"{source} has nothing for {missing}")
    return {
        voice: [to_rate(layer.samples, layer.rate_hz) for layer in layers[key]]
        for voice, key in entry["voices"].items()
    }


def read_layers(source: Path, entry: dict) -> dict[int, list[Layer]] | dict[str, list[Layer]]:
    """Read a kit of one file by its form; notes or names go to layers, soft to loud."""
    if source.suffix == ".sf2":
        return read_notes(source, entry["bank"], entry["preset"])
    if source.suffix == ".sfz":
        return read_sfz_notes(source)
    if source.suffix == ".xml":
        return read_instruments(source, set(entry["voices"].values()))
    raise ValueError(f"{source}: a kit is a .sf2, .sfz or .xml file, or a folder of recordings")


def describe_unplayed(instrument: Regions) -> str:
    """Say what of an SFZ instrument is not in the kit: regions by why, opcodes by name."""
    parts = [
        ", ".join(f"{name} ({count})" for name, count in sorted(counts.items())) or "none"
        for counts in (instrument.silent, instrument.unplayed)
    ]
    return f"regions left out: {parts[0]}; opcodes not played: {parts[1]}"


def to_rate(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """Resample to `RATE_HZ`; a rate that is not the recording's own shifts the pitch."""
    return samples if rate_hz == RATE_HZ else soxr.resample(samples, rate_hz, RATE_HZ)


def cut_stroke(samples: np.ndarray) -> np.ndarray:
    """Cut the lead-in away, and what follows `LONGEST`, with a fade."""
    loud = np.flatnonzero(np.abs(samples) >= STARTS_AT * np.abs(samples).max())
    first = max(0, int(loud[0]) - round(LEAD_IN * RATE_HZ))
    stroke = samples[first : first + round(LONGEST * RATE_HZ)].copy()
    if len(samples) - first > len(stroke):
        n_fade = round(FADE * RATE_HZ)
        stroke[-n_fade:] *= np.linspace(1, 0, n_fade)
    return stroke


def write_kit(folder: Path, name: str, entry: dict, voices: dict[str, list[np.ndarray]]) -> None:
    """Write mono FLAC files and the kit.json that names them, soft to loud."""
    folder.mkdir(parents=True, exist_ok=True)
    peak = max(float(np.abs(shot).max()) for shots in voices.values() for shot in shots)
    files = {}
    for voice, shots in voices.items():
        files[voice] = [f"{voice}_{number:02d}.flac" for number in range(1, len(shots) + 1)]
        for file, shot in zip(files[voice], shots, strict=True):
            samples = cut_stroke(shot) * KIT_PEAK / peak
            sf.write(folder / file, samples, RATE_HZ, subtype="PCM_24")
    kit = {"name": name, "licence": entry["licence"], "voices": files}
    (folder / "kit.json").write_text(json.dumps(kit, indent=1) + "\n", encoding="utf-8")


def _read_files(folder: Path, names: Iterable[str]) -> list[np.ndarray]:
    strokes = []
    for name in names:
        if not (folder / name).is_file():
            raise ValueError(f"{folder} has no {name}")
        samples, rate_hz = sf.read(folder / name, always_2d=True)
        strokes.append(to_rate(samples.mean(axis=1), rate_hz))
    return strokes


if __name__ == "__main__":
    main()
