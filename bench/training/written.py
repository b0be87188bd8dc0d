"""The tables of a run, as Markdown.

    python bench/training/written.py [RECORD]

prints the table of hypotheses of a record that `experiments.py` has left, or of `results.json`
beside this, which is what docs/training_experiments.md shows.
"""

import argparse
import json
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


def write_report(record: dict, path: Path) -> None:
    """Hypotheses with their verdicts, losses of arms, and the detection limits."""
    lines = [
        f"{record['performances']} performances, {len(record['kits'])} kits, "
        f"{record['events']:,} events, {record['seeds']} seeds.",
        "",
        *hypothesis_lines(record["hypotheses"]),
    ]
    keys = ["micro", *record["classes"], "crash_area"]
    lines += ["", f"| arm | {' | '.join(keys)} |", f"| --- |{' ---: |' * len(keys)}"]
    for name, of in record["arms_learned"].items():
        shown = [_shown(of["f"][key]["value"]) for key in keys]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    if limits := record.get("detection_limits"):
        lines.append(f"| detection limit | {' | '.join(_shown(limits[key]) for key in keys)} |")
    if real := record.get("real"):
        parts = [f"{name} {_shown(f)}" for name, f in (real["classes"] | real["tracks"]).items()]
        lines += ["", f"Real recordings: {', '.join(parts)}."]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def hypothesis_lines(rows: list[dict]) -> list[str]:
    """The table of hypotheses; of rows of several runs, with their seeds."""
    of_several = any("seeds" in row for row in rows)
    lines = [
        f"| id | figure | value | 95 % | {'seeds | ' if of_several else ''}verdict |",
        f"| --- | --- | ---: | --- | {'---: | ' if of_several else ''}--- |",
    ]
    for row in rows:
        seeds = f"{row['seeds']} | " if of_several else ""
        figure = f"{row['of']} | {_shown(row['value'])} | {_ends(row)}"
        lines.append(f"| {row['id']} | {figure} | {seeds}{row['verdict']} |")
    return lines


def _shown(value) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ends(row) -> str:
    return "-" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"


def main() -> None:
    """Read the command line, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("record", type=Path, nargs="?", default=RESULTS)
    args = parser.parse_args()
    record = json.loads(args.record.read_text(encoding="utf-8"))
    print("\n".join(hypothesis_lines(record["hypotheses"])))


if __name__ == "__main__":
    main()
