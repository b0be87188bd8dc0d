"""What a run says at its end of the exports that it assembled."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.run.run_log import RUN_LOG

RULE, REPORT = "assemble_export", "reports/export/{manifest}/{export}.json"


def exports_in_words(folder: Path = Path()) -> str:
    """One sentence or two for each export that the last run below `folder` assembled, one a line.

    Empty where it assembled none, and where it is not known.
    """
    lines = []
    for manifest, export in sorted(_assembled(folder / RUN_LOG)):
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


def _assembled(run_log: Path) -> set[tuple[str, str]]:
    """Manifest and name of the exports that the last run in a run log has assembled."""
    if not run_log.is_file():
        return set()
    exports: set[tuple[str, str]] = set()
    with run_log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                row = json.loads(line)
                row = row if isinstance(row, dict) else {}
            except ValueError:  # a line that a full disk has cut
                continue
            if row.get("run") == "started":
                exports = set()
            elif row.get("rule") == RULE and row.get("outcome") == "made":
                names = row["wildcards"]
                exports.add((names["manifest"], names["export"]))
    return exports
