"""Make kits for the renderer out of drum kits that Debian ships.

    python bench/crash_truth/import_kits.py --packages DIR --out KITS [--kits NAME...]

`--packages` is the folder that the packages of `kits.yaml` were unpacked in (``dpkg -x``), or ``/``
where they are installed. See the README beside this file.
"""

import argparse
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
import yaml
from soundfont import read_notes

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
        if not source.is_file():
            raise SystemExit(f"{name}: no {source}; unpack the package {table[name]['package']}")
        voices = read_kit(source, table[name])
        write_kit(args.out / name, name, table[name], voices)
        layers = {voice: len(shots) for voice, shots in voices.items() if "crash" in voice}
        print(f"{name}: {len(voices)} voices, layers {layers}")


def read_kit(source: Path, entry: dict) -> dict[str, list[np.ndarray]]:
    """Read the one-shots of every voice, soft to loud.

    Parameters
    ----------
    source : Path
        ``drumkit.xml`` of Hydrogen, or a SoundFont.
    entry : dict
        Of `kits.yaml`: `voices`, from a voice to an instrument's name or a note, and for a
        SoundFont `bank` and `preset`.

    Returns
    -------
    voices : dict of str to list of np.ndarray, shape (n_samples,)
        Mono at `RATE_HZ`, in the kit's own balance.
    """
    if source.suffix == ".sf2":
        notes = read_notes(source, entry["bank"], entry["preset"])
        found = {n: [to_rate(x.samples, x.rate_hz) for x in layers] for n, layers in notes.items()}
    else:
        found = read_hydrogen(source, set(entry["voices"].values()))
    missing = {voice: key for voice, key in entry["voices"].items() if not found.get(key)}
    if missing:
        raise ValueError(f"{source} has nothing for {missing}")
    return {voice: found[key] for voice, key in entry["voices"].items()}


def read_hydrogen(path: Path, wanted: set[str]) -> dict[str, list[np.ndarray]]:
    """Read instruments of a Hydrogen kit by their names, each layer at its gain and pitch."""
    tree = ElementTree.parse(path).getroot()
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    found = {}
    for instrument in tree.iter("instrument"):
        name = instrument.findtext("name")
        if name not in wanted or name in found:
            continue
        level = _number(instrument, "volume", 1.0) * _number(instrument, "gain", 1.0)
        layers = sorted(instrument.iter("layer"), key=lambda layer: _number(layer, "min", 0.0))
        found[name] = [
            level * _number(layer, "gain", 1.0) * _read_layer(path.parent, layer)
            for layer in layers or [instrument]
        ]
    return found


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


def _read_layer(folder: Path, layer: ElementTree.Element) -> np.ndarray:
    samples, rate_hz = sf.read(folder / layer.findtext("filename"), always_2d=True)
    return to_rate(samples.mean(axis=1), rate_hz * 2 ** (_number(layer, "pitch", 0.0) / 12))


def _number(element: ElementTree.Element, name: str, otherwise: float) -> float:
    text = element.findtext(name)
    return otherwise if text is None else float(text)


if __name__ == "__main__":
    main()
