"""Sessions with three crash cymbals, on kits that have three.

    python bench/crash_truth/three.py --midi GMD_ROOT --kits KIT_DIR... --renderer FILE

The bow and the edge of the first crash pad (notes 49 and 55) sound the first and the second crash
of the kit, the second pad (57 and 52) the third: real times and strengths, though no drummer's own
choice of the cymbal. The library is called directly, with the settings of the configuration.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import soxr
import yaml
from chain import CHECKOUT
from render import INDEX, SEED, load_renderer
from score import JudgedSession, adjusted_rand

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.stages.crash.clusters import cluster_session
from drumcorpus.stages.crash.embeddings import FINE_GROUP, ORDER_FEATURE, embed_hits, feature_names
from drumcorpus.stages.crash.settings import ClusteringSettings

CYMBAL_OF_NOTE = {49: 0, 55: 1, 57: 2, 52: 2}
VOICES = ("crash", "crash2", "crash3")
MIN_HITS = 3  # of each cymbal
RATE_HZ = 22_050


def main() -> None:
    """Print a line per kit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True, help="folder that holds info.csv")
    parser.add_argument("--kits", type=Path, nargs="+", required=True, help="with three crashes")
    parser.add_argument("--renderer", type=Path, required=True)
    args = parser.parse_args()
    renderer = load_renderer(args.renderer)
    renderer.VOICES |= {note: VOICES[cymbal] for note, cymbal in CYMBAL_OF_NOTE.items()}
    performances = find_performances(renderer, args.midi)
    config = yaml.safe_load((CHECKOUT / "config/config.yaml").read_text(encoding="utf-8"))
    print(
        "| kit | sessions | accepted | of these told as three | adjusted Rand index | hits right |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for kit in args.kits:
        voices = renderer.load_kit(kit)
        judged = [
            judge(renderer, voices, notes, number, config["crash"]["clustering"])
            for number, notes in enumerate(performances)
        ]
        print(f"| {kit.name} | {describe(judged)} |", flush=True)


def find_performances(renderer, midi: Path) -> list[list[tuple[float, int, int]]]:
    """Notes of every performance with `MIN_HITS` hits of each of the three cymbals."""
    with (midi / INDEX).open(encoding="utf-8", newline="") as handle:
        names = [row["midi_filename"] for row in csv.DictReader(handle)]
    found = []
    for notes in (renderer.note_ons(midi / name) for name in names):
        cymbals = [CYMBAL_OF_NOTE[note] for _, note, _ in notes if note in CYMBAL_OF_NOTE]
        if np.bincount(cymbals, minlength=len(VOICES)).min() >= MIN_HITS:
            found.append(notes)
    return found


def judge(renderer, voices: dict, notes: list, number: int, clustering: dict) -> JudgedSession:
    """Let the kit play one performance, and the library tell its crashes apart."""
    audio = renderer.render(notes, voices, np.random.default_rng([SEED, number]))
    samples = soxr.resample(audio, renderer.RATE, RATE_HZ).astype(np.float32)
    hits = [(time, CYMBAL_OF_NOTE[note]) for time, note, _ in notes if note in CYMBAL_OF_NOTE]
    onsets, truth = np.array([time for time, _ in hits]), np.array([cymbal for _, cymbal in hits])
    embeddings, _ = embed_hits(samples, RATE_HZ, onsets)
    names = feature_names()
    fine = [column for column, name in enumerate(names) if name.startswith(FINE_GROUP)]
    key = embeddings[:, names.index(ORDER_FEATURE)]
    found = cluster_session(
        embeddings[:, fine], read_settings(ClusteringSettings, clustering), order_key=key
    )
    return JudgedSession(len(VOICES), truth, found.cymbals, found.accepted, found.confidence)


def describe(judged: list[JudgedSession]) -> str:
    """Cells of the kit's line."""
    accepted = [session for session in judged if session.is_accepted]
    three = sum(session.n_told == len(VOICES) for session in accepted)
    index = np.mean([adjusted_rand(session) for session in accepted]) if accepted else np.nan
    right = np.concatenate([session.right for session in accepted] or [[]])
    return (
        f"{len(judged)} | {len(accepted)} | {three} | {index:.2f} | "
        f"{right.mean() if len(right) else np.nan:.2f}"
    )


if __name__ == "__main__":
    main()
