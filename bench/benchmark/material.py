r"""Render what the benchmark's rendered split is of, and what its baselines learn from.

    python bench/benchmark/material.py --midi GMD_ROOT --kits KIT_DIR... --renderer FILE --out OUT

OUT/groove_kits and OUT/training have the layout of E-GMD: every performance is played by every kit.
Of the published test split of Groove MIDI are all performances of 20 to 60 s; of its training split
as many of that length as --training says, chosen by a hash of their names. Audio is drawn from a
seed, so that equal kits and renderer give equal samples. The renderer is that of bench/crash_truth.
"""

import argparse
import csv
import hashlib
import shutil
import sys
from pathlib import Path

import numpy as np
import soundfile as sf

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "crash_truth"))

from render import load_renderer, read_index

from drumcorpus.source_sets.egmd import INDEX

SHORTEST, LONGEST = 20.0, 60.0  # s
SEED = 11
TEST, TRAIN = "test", "train"  # of Groove MIDI's own split
COLUMNS = (
    *("drummer", "session", "id", "style", "bpm", "beat_type", "time_signature", "duration"),
    *("split", "midi_filename", "audio_filename", "kit_name"),
)


def main() -> None:
    """Choose performances and let every kit play them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True, help="folder that holds info.csv")
    parser.add_argument("--kits", type=Path, nargs="+", required=True, help="folders of kits")
    parser.add_argument("--renderer", type=Path, required=True, help="program that plays a kit")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--training", type=int, default=40, help="performances to learn from")
    args = parser.parse_args()
    rows = read_index(args.midi)
    parts = {"groove_kits": chosen(rows, TEST), "training": chosen(rows, TRAIN)[: args.training]}
    for name, of in parts.items():
        render(args.renderer, args.midi, sorted(args.kits), of, args.out / name)
        print(f"{args.out / name}: {len(of)} performances, {len(args.kits)} kits", flush=True)


def chosen(rows: list[dict], split: str) -> list[dict]:
    """The performances of a published split that are neither short nor long, by a hash."""
    of = [
        row
        for row in rows
        if row["split"] == split and SHORTEST <= float(row["duration"]) < LONGEST
    ]
    return sorted(of, key=lambda row: hashlib.sha256(row["id"].encode()).hexdigest())


def render(renderer: Path, midi: Path, kits: list[Path], rows: list[dict], out: Path) -> None:
    """Write performances as E-GMD has them, one file for each kit; what stands is kept."""
    player, index = load_renderer(renderer), []
    for number, kit in enumerate(kits):
        voices = player.load_kit(kit)
        for place, row in enumerate(rows):
            name = f"{row['midi_filename'].removesuffix('.mid')}_{kit.name}"
            files = out / f"{name}.midi", out / f"{name}.wav"
            index.append(
                {key: row.get(key, "") for key in COLUMNS}
                | {"midi_filename": f"{name}.midi", "audio_filename": f"{name}.wav"}
                | {"kit_name": kit.name}
            )
            if files[1].is_file():
                continue
            files[0].parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(midi / row["midi_filename"], files[0])
            random = np.random.default_rng([SEED, number, place])
            sound = player.render(player.note_ons(files[0]), voices, random)
            part = files[1].with_suffix(".part.wav")
            sf.write(part, sound, player.RATE, subtype="PCM_16")
            part.replace(files[1])
    with (out / INDEX).open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=COLUMNS)
        writer.writeheader()
        writer.writerows(sorted(index, key=lambda row: row["midi_filename"]))


if __name__ == "__main__":
    main()
