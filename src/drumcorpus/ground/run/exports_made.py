"""What a run says at its end of the exports that it assembled."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.run.run_log import RUN_LOG

RULE, REPORT = "assemble_export", "reports/export/{manifest}.json"


def exports_in_words(folder: Path = Path()) -> str:
    """One sentence or two for each export that the last run below `folder` assembled, one a line.

    Empty where it assembled none, and where it is not known.
    """
    lines = []
    for manifest in sorted(_assembled(folder / RUN_LOG)):
        report = folder / REPORT.format(manifest=manifest)
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # gone, or damaged
            lines.append(export_in_words(manifest, read_json(report)))
    return "".join(f"{line}\n" for line in lines)


def export_in_words(manifest: str, report: Mapping) -> str:
    """How many events of a manifest became how many clips, why not, and which gates fail."""
    by_split = ", ".join(f"{name} {of['clips']:,}" for name, of in report["by_split"].items())
    text = (
        f"Export of {manifest}: {report['events']:,} events became {report['clips']:,} clips"
        f"{f' ({by_split})' if by_split else ''}."
    )
    dropped = sorted(report["without_clip"].items(), key=lambda pair: (-pair[1], pair[0]))
    if dropped:
        text += f" Without a clip: {', '.join(f'{reason} {n:,}' for reason, n in dropped)}."
    failed = [verdict["gate"] for verdict in report["gates"] if verdict["status"] == "FAIL"]
    if failed:
        text += f" Its gates that fail: {', '.join(failed)}."
    return text


def _assembled(run_log: Path) -> set[str]:
    """The manifests whose export the last run in a run log has assembled."""
    if not run_log.is_file():
        return set()
    manifests: set[str] = set()
    with run_log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                row = json.loads(line)
                row = row if isinstance(row, dict) else {}
            except ValueError:  # a line that a full disk has cut
                continue
            if row.get("run") == "started":
                manifests = set()
            elif row.get("rule") == RULE and row.get("outcome") == "made":
                manifests.add(row["wildcards"]["manifest"])
    return manifests
