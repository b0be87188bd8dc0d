"""Confidence against truth, in fine bins, over runs of this benchmark.

    python bench/crash_truth/reliability.py OUT...

Reads what `run.py` left in its folders `--out`; the audio is not needed.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from chain import METHODS, find_run, read_hits, read_left_out
from judge import judge_by_chain
from render import read_cymbals
from score import JudgedSession

EDGES = (
    0.0,
    0.9,
    0.95,
    0.98,
    0.99,
    0.995,
    0.999,
)  # hits below the least confidence are not accepted
AS_RENDERED = "as_rendered"


def main() -> None:
    """Print one table for sessions of two cymbals and of one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, nargs="+", help="folders that run.py wrote")
    parser.add_argument(
        "--method", choices=METHODS, help="where run.py was given several; else whichever there is"
    )
    args = parser.parse_args()
    sessions = [session for out in args.out for session in read_sessions(out, args.method)]
    print(*describe_reliability(sessions), sep="\n")


def describe_reliability(sessions: list[JudgedSession]) -> list[str]:
    """Lines of the table."""
    lines = [
        "| sessions of | confidence | accepted hits | mean confidence | hits right |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for words, number in (("two cymbals", 2), ("one cymbal", 1)):
        of_kind = [session for session in sessions if session.n_cymbals == number]
        confidence = np.concatenate([s.confidence[s.accepted] for s in of_kind] or [[]])
        right = np.concatenate([session.right for session in of_kind] or [[]])
        lines += [f"| {words} | {line} |" for line in describe(confidence, right)]
    return lines


def read_sessions(out: Path, method: str | None = None) -> list[JudgedSession]:
    """Sessions as the chain judged them, of every kit of one run, without further conditions."""
    record = json.loads((out / "crash_truth.json").read_text(encoding="utf-8"))
    kits = dict.fromkeys(row["kit"] for row in record["rows"])
    folders = [out / kit / AS_RENDERED for kit in kits]
    sessions = []
    for folder in folders:
        run = find_run(folder, method)
        left_out = read_left_out(run)
        cymbals = {key: n for key, n in read_cymbals(folder).items() if key not in left_out}
        sessions += judge_by_chain(read_hits(run), cymbals)
    return sessions


def describe(confidence: np.ndarray, right: np.ndarray) -> list[str]:
    """Cells of every bin that holds a hit; both (n_hits,)."""
    bins = np.searchsorted(EDGES, confidence, side="right") - 1
    lines = []
    for number in np.unique(bins):
        inside = bins == number
        above = EDGES[number + 1] if number + 1 < len(EDGES) else 1
        lines.append(
            f"{EDGES[number]:g} to {above:g} | {inside.sum():,} | "
            f"{confidence[inside].mean():.4f} | {right[inside].mean():.4f}"
        )
    return lines


if __name__ == "__main__":
    main()
