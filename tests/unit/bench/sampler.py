"""A small renderer for the benchmarks: plays MIDI files of Groove MIDI on a sampled kit.

    python sampler.py --midi ROOT --kit KIT --out OUT --crashes both|one [--limit N] [--seed 7]

It has the options and the functions that `bench/crash_truth/README.md` asks for.
"""

import argparse
import csv
import json
import shutil
from pathlib import Path

import mido
import numpy as np
import soundfile
from sounds import write_sound

RATE = 44_100
VOICES = dict.fromkeys(range(22, 60), "snare")
VOICES |= {36: "kick", 49: "crash", 55: "crash", 52: "crash2", 57: "crash2"}
FIRST, SECOND = (49, 55), (52, 57)


def load_kit(folder):
    """Layers of each voice, soft to loud."""
    voices = json.loads((folder / "kit.json").read_text())["voices"]
    return {
        voice: [soundfile.read(folder / name)[0] for name in names]
        for voice, names in voices.items()
    }


def note_ons(path):
    """(s, note, velocity) of every stroke."""
    now, notes = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity:
            notes.append((now, message.note, message.velocity))
    return notes


def render(notes, kit, rng):
    """The sound of strokes, mono at `RATE`."""
    longest = max(len(layer) for layers in kit.values() for layer in layers)
    sound = np.zeros(round(notes[-1][0] * RATE) + longest)
    for onset, note, velocity in notes:
        layers = kit[VOICES[note]]
        step = int(rng.integers(-1, 2))
        layer = layers[min(max(velocity * len(layers) // 128 + step, 0), len(layers) - 1)]
        gain = 0.3 * velocity / 127 * 10 ** (rng.uniform(-1.5, 1.5) / 20)
        start = round(onset * RATE)
        sound[start : start + len(layer)] += gain * layer
    return np.clip(sound, -0.99, 0.99)


def has_cymbals(notes, crashes):
    """Whether a performance strikes both crashes, or one alone."""
    first, second = (sum(note in pad for _, note, _ in notes) for pad in (FIRST, SECOND))
    return (
        min(first, second) >= 3 if crashes == "both" else min(first, second) == 0 < first + second
    )


def main():
    """Render the performances that are asked for."""
    parser = argparse.ArgumentParser()
    for option in ("--midi", "--kit", "--out"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--crashes", choices=("both", "one"), required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    kit = load_kit(args.kit)
    with (args.midi / "info.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    wanted = [
        row for row in rows if has_cymbals(note_ons(args.midi / row["midi_filename"]), args.crashes)
    ]
    wanted = wanted[: args.limit]
    for number, row in enumerate(wanted):
        midi = args.out / row["midi_filename"]
        midi.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(args.midi / row["midi_filename"], midi)
        sound = render(note_ons(midi), kit, np.random.default_rng([args.seed, number]))
        row["audio_filename"] = str(Path(row["midi_filename"]).with_suffix(".wav"))
        write_sound(args.out / row["audio_filename"], sound, RATE, subtype="PCM_16")
    with (args.out / "info.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(wanted)


if __name__ == "__main__":
    main()
