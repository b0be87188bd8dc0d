r"""Learn the cymbal model that is shipped, from kits whose cymbals are known.

    python bench/crash_truth/train_model.py --midi GMD_ROOT --renderer FILE --cache CACHE \
        --kits KIT_DIR... --out MODEL

Every kit plays the performances of Groove MIDI that strike both crashes, or one of them, often
enough: as they were played, and with all strokes at half their velocity. Kits with a third cymbal
play those that strike three as well. No audio is kept; ``--cache`` keeps what describes the hits,
for the next run. With equal arguments, data and code the file is the same to the byte.
"""

import argparse
import os
from pathlib import Path

# Sums in one order: more threads would change the last digits.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from kit_hits import CONDITIONS, COVERING, DescribedKit, describe_kit
from render import find_material

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.crash.cymbal_model import model_document
from drumcorpus.stages.crash.training import train_cymbal_model


def main() -> None:
    """Describe every kit under every condition, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    known = [described.known for described in describe_kits(args)]
    write_json(args.out, model_document(train_cymbal_model(known, COVERING)))
    print(f"{args.out}: learned from {len(known)} kits and conditions")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What says which kits play what."""
    parser.add_argument("--midi", type=Path, required=True, help="folder that holds info.csv")
    parser.add_argument("--kits", type=Path, nargs="+", required=True, help="folders of kits")
    parser.add_argument("--renderer", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="gets what describes the hits")
    parser.add_argument("--limit", type=int, help="performances of each condition")


def describe_kits(args: argparse.Namespace) -> list[DescribedKit]:
    """Every kit under every condition that it can play."""
    material = find_material(args.renderer, args.midi, args.kits, args.limit)
    args.cache.mkdir(parents=True, exist_ok=True)
    kits = []
    for name in sorted(material.kits):
        for condition in CONDITIONS:
            described = describe_kit(material, name, condition, args.cache)
            if described is not None:
                kits.append(described)
                print(f"{described.known.name}: {len(described.velocities):,} hits", flush=True)
    return kits


if __name__ == "__main__":
    main()
