"""The tables of a run, as Markdown."""

from pathlib import Path


def write_report(record: dict, path: Path) -> None:
    """Hypotheses with their verdicts, losses of arms, and the detection limits."""
    lines = [
        f"{record['performances']} performances, {len(record['kits'])} kits, "
        f"{record['events']:,} events, {record['seeds']} seeds.",
        "",
        "| id | figure | value | 95 % | verdict |",
        "| --- | --- | ---: | --- | --- |",
    ]
    lines += [
        f"| {row['id']} | {row['of']} | {_shown(row['value'])} | {_ends(row)} | {row['verdict']} |"
        for row in record["hypotheses"]
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


def _shown(value) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ends(row) -> str:
    return "-" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
