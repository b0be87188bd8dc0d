r"""Measure what better labels teach, and which defects a training check sees.

    python bench/training/experiments.py --midi GMD_ROOT --kits KIT_DIR... --renderer FILE --out OUT

What is expected of each arm is in docs/training_experiments.md. What stands below OUT as it would
be made is not made again: a run that was stopped goes on.
"""

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash_truth")]

from excerpts import choose_events, choose_performances, describe_events, render_all  # noqa: E402
from label_arms import controls, crashes, maps, truth  # noqa: E402
from render import find_material  # noqa: E402
from trained_arms import ARMS, Trained  # noqa: E402
from written import write_report  # noqa: E402

SCHEMA = "training_experiments/1"


def main() -> None:
    """Read the command line, run the arms, write and print what they say."""
    args = read_arguments()
    start = time.process_time()
    material = find_material(args.renderer, args.midi, args.kits, None)
    performances = choose_performances(material, args.performances)
    folders = render_all(material, performances, args.out, "first")
    events = choose_events(material, performances, folders)
    say(f"{len(performances)} performances, {len(events.onset):,} events", start)
    cache, kept = args.out / "features", args.out / "learned"

    def hear(onsets, rendering="first"):
        of = (
            folders
            if rendering == "first"
            else render_all(material, performances, args.out, rendering)
        )
        return describe_events(events, of, performances, onsets, cache)

    trained = Trained(events, hear, list(range(args.seeds)), kept, lambda text: say(text, start))
    trained.learn_arm(truth(events))
    if "D" in args.arms:
        trained.learn_arms(controls(events))
    if "A" in args.arms:
        trained.learn_arms(maps(events))
    if "B" in args.arms:
        trained.learn_arms(crashes(events, folders, performances, args.cores))
    if "C" in args.arms:
        trained.learn_cells()
    if "E" in args.arms and args.mdb is not None:
        trained.learn_real(args.mdb)
    record = {
        "schema": SCHEMA,
        "arms": sorted(args.arms),
        "seeds": args.seeds,
        "performances": len(performances),
        "kits": events.kits,
        "classes": events.classes,
        "events": len(events.onset),
        "sha256": material.digests(),
        **trained.report(),
    }
    path = args.out / "training_experiments.json"
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write_report(record, args.out / "training_experiments.md")
    print((args.out / "training_experiments.md").read_text(encoding="utf-8"))
    say(f"all of it: {path}", start)


def say(text: str, start: float) -> None:
    """A line with the CPU time of this process so far."""
    print(f"{time.process_time() - start:6.0f} s  {text}", flush=True)


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True, help="folder that holds info.csv")
    parser.add_argument("--kits", type=Path, nargs="+", required=True, help="folders of kits")
    parser.add_argument("--renderer", type=Path, required=True, help="program that plays a kit")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mdb", type=Path, help="folder of MDB Drums, for E")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), metavar="LETTER")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--performances", type=int, help="at most; without it all 90")
    parser.add_argument("--cores", type=int, default=1, help="of the chain")
    args = parser.parse_args()
    if args.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {args.seeds}")
    if args.performances is not None and args.performances < 6:
        parser.error(f"--performances must be at least 6, got {args.performances}")
    return args


if __name__ == "__main__":
    main()
