"""What a run says at its end of the exports that it assembled."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.run.product_walk import SAMPLES
from drumcorpus.ground.run.run_log import RUN_LOG

WRITES_SAMPLES = "write_samples"
RULE, REPORT = "assemble_export", "reports/export/{manifest}/{export}.json"


def exports_in_words(folder: Path = Path()) -> str:
    """One sentence or two for each export that the last run below `folder` assembled, one a line.

    Empty where it assembled none, and where it is not known.
    """
    lines = []
    assembled = {(row["manifest"], row["export"]) for row in _made(folder / RUN_LOG, RULE)}
    for manifest, export in sorted(assembled):
        report = folder / REPORT.format(manifest=manifest, export=export)
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # gone, or damaged
            lines.append(export_in_words(f"{manifest}/{export}", read_json(report)))
    return "".join(f"{line}\n" for line in lines)


def export_in_words(export: str, report: Mapping) -> str:
    """How many events of an export became how many samples, why not, and which gates fail."""
    unit = report["unit"]
    by_split = ", ".join(f"{name} {of['samples']:,}" for name, of in report["by_split"].items())
    text = f"Export {export}: {report['exported']:,} of {report['events']:,} events in "
    text += f"{report['samples']:,} {unit}s{f' ({by_split})' if by_split else ''}."
    dropped = sorted(report["not_exported"].items(), key=lambda pair: (-pair[1], pair[0]))
    if dropped:
        text += f" Left out: {', '.join(f'{reason} {n:,}' for reason, n in dropped)}."
    failed = [verdict["gate"] for verdict in report["gates"] if verdict["status"] == "FAIL"]
    if failed:
        text += f" Its gates that fail: {', '.join(failed)}."
    return text


def indexes_made(manifest: str, export: str, folder: Path = Path()) -> list[Path]:
    """The indexes of an export that the present run has made so far."""
    return _of_shards(manifest, export, folder, SAMPLES, ".parquet")


def logs_made(manifest: str, export: str, folder: Path = Path()) -> list[Path]:
    """The logs of the jobs that made them, in the same order."""
    return _of_shards(manifest, export, folder, f"logs/{WRITES_SAMPLES}", ".log")


def _of_shards(manifest: str, export: str, folder: Path, top: str, ending: str) -> list[Path]:
    made = {
        (names["source_set"], names["shard"])
        for names in _made(folder / RUN_LOG, WRITES_SAMPLES)
        if (names["manifest"], names["export"]) == (manifest, export)
    }
    return [folder / top / manifest / export / s / f"{n}{ending}" for s, n in sorted(made)]


def _made(run_log: Path, rule: str) -> list[dict]:
    """The wildcards of the jobs of a rule that have made something since the last run began."""
    if not run_log.is_file():
        return []
    made: list[dict] = []
    with run_log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                row = json.loads(line)
                row = row if isinstance(row, dict) else {}
            except ValueError:  # a line that a full disk has cut
                continue
            if row.get("run") == "started":
                made = []
            elif row.get("rule") == rule and row.get("outcome") == "made":
                made.append(row["wildcards"])
    return made
