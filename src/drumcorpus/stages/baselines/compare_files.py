"""Comparison: two health reports by tolerances, two manifests event by event.

`reports` compares figures, `manifests` events; `page` shows either.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.stages.baselines.comparison_page import render_comparison_page
from drumcorpus.stages.baselines.manifests import compare_manifests
from drumcorpus.stages.baselines.reports import (
    compare_reports,
    compare_with_blessed,
    health_figures,
)

__all__ = [
    "compare_files",
    "compare_manifests",
    "compare_reports",
    "compare_with_blessed",
    "health_figures",
    "render_comparison_page",
]

REPORT, MANIFESTS = (".json",), (".parquet", ".jsonl")


def compare_files(
    a: str | os.PathLike,
    b: str | os.PathLike,
    *,
    names: tuple[str, str],
    tolerances: Mapping,
    memory_limit: str,
    threads: int,
) -> dict:
    """Compare two files of one kind: health reports (JSON) or manifests (Parquet, JSON Lines).

    Parameters
    ----------
    a, b : path
        The earlier one, and the one that is held against it.
    names : tuple of str
        What to call them.
    tolerances : mapping
        As of `compare_reports`.
    memory_limit, threads
        Of duckdb.

    Raises
    ------
    ValueError
        If they are not of one kind, or not what their ending says.
    """
    endings = [Path(path).suffix for path in (a, b)]
    if all(ending in MANIFESTS for ending in endings):
        comparison = compare_manifests(a, b, memory_limit=memory_limit, threads=threads)
    elif all(ending in REPORT for ending in endings):
        comparison = compare_reports(*(read_report(path) for path in (a, b)), tolerances)
    else:
        raise ValueError(
            f"compare: got {a} and {b}; wanted: two health reports ({', '.join(REPORT)}) or two "
            f"manifests ({', '.join(MANIFESTS)})"
        )
    return comparison | {"names": dict(zip("ab", names, strict=True))}


def read_report(path: str | os.PathLike) -> dict:
    """A health report from its file.

    Raises
    ------
    ValueError
        If the file is not JSON, or no health report.
    """
    report = read_json(path)
    schema = report.get("schema") if isinstance(report, dict) else None
    if not str(schema).startswith("drumcorpus.health/"):
        raise ValueError(
            f"{path}: got the schema {schema!r}; wanted: a health report, as reports/health/*.json"
        )
    return report
