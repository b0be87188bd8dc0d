"""Health of a manifest: one report of figures for the gates and the page.

`scans` reads the tables with duckdb and returns small counts; `figures` turns counts into the
report. A new section is one scan, one figure function and one line in `measure_health`.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from drumcorpus.health import around, figures, scans

PathList = Sequence[str | os.PathLike]


def measure_health(
    manifest_parquet: str | os.PathLike,
    *,
    tallies: PathList,
    quarantine: PathList,
    sessions: PathList,
    taxonomy_labels: Mapping[str, str],
    crash_family: str,
    dynamic_buckets: Sequence[str] = (),
    threads: int = 2,
    memory_limit: str = "1GB",
    spill_dir: str | os.PathLike | None = None,
) -> dict:
    """Measure a manifest and what was left out of it.

    Equal tables give an equal report, whatever the threads, the memory or the order of the rows.
    Where no file of a kind is given, its sections are None: not measured, which no gate passes.

    Parameters
    ----------
    manifest_parquet : path
        The manifest, schema `schemas.EVENTS`.
    tallies, quarantine, sessions : sequence of paths
        Tables of the schemas `TALLIES`, `QUARANTINE` and `SESSIONS`, of all merged source sets.
    taxonomy_labels : mapping
        Family of every label of the taxonomy.
    crash_family : str
        Family whose labels the crash stage tells apart.
    dynamic_buckets : sequence of str
        Names of the dynamic buckets, soft to loud; they go into the report for the page.
    threads : int
        Threads of duckdb.
    memory_limit : str
        Memory of duckdb, such as ``"1GB"``; what does not fit is spilled to `spill_dir`.
    spill_dir : path, optional
        Folder for what is spilled; a temporary folder that is removed, if not given.

    Returns
    -------
    report : dict
        JSON document; times in seconds, tempo in beats per minute, shares from 0 to 1, all else
        counts. Null values of a column are counted under ``"(none)"``.

    Raises
    ------
    ValueError
        If a table has not the schema it should have; the message names file and column.
    FileNotFoundError
        If a table is missing.
    """
    with tempfile.TemporaryDirectory(dir=spill_dir) as spill:
        database = scans.open_database(threads, memory_limit, Path(spill))
        with database:
            scans.open_events(database, manifest_parquet)
            report = events_report(database, taxonomy_labels, crash_family)
            per_session = scans.components_per_session(database)
            report |= around_report(database, per_session, tallies, quarantine, sessions)
    report["dynamic_buckets"] = list(dynamic_buckets)
    return dict(sorted(report.items()))


def events_report(database, taxonomy_labels: Mapping[str, str], crash_family: str) -> dict:
    """The sections that rest on the events alone, as of `measure_health`."""
    components = scans.count_components(database)
    events = scans.count_events(database)
    by_session = scans.count_sessions(database)
    crash_labels = {label for label, fam in taxonomy_labels.items() if fam == crash_family}
    n_events = sum(row["n"] for row in events)
    return {
        "schema": "drumcorpus.health/1",
        "totals": figures.totals(events, by_session, components),
        "source_sets": figures.source_sets(by_session),
        "splits": figures.count_by(events, "split"),
        "labels": figures.labels(components, taxonomy_labels),
        "unknown_labels": figures.unknown_labels(components, taxonomy_labels),
        "openness": figures.openness(components, taxonomy_labels),
        "techniques": figures.techniques(scans.count_techniques(database)),
        "crash_variants": figures.crash_variants(
            scans.count_variants(database), components, crash_labels
        ),
        "tempo": figures.tempo(events),
        "meter": figures.meter(events),
        "licenses": figures.licenses(events),
        "audio": figures.audio(events),
        "components_per_event": figures.components_per_event(by_session),
        "hits_per_session": figures.hits_per_session(by_session),
        "group_leaks": figures.group_leaks(by_session),
        "duplicates": figures.duplicates(n_events, *scans.find_duplicates(database, n_events)),
    }


def around_report(
    database,
    per_session: Iterable[dict],
    tallies: PathList,
    quarantine: PathList,
    sessions: PathList,
) -> dict:
    """The sections that rest on the tables beside the manifest, as of `measure_health`."""
    report: dict = {"drops": None, "quarantine": None, "sessions": None}
    per_session = {(row["source_set"], row["session_id"]): row for row in per_session}
    if tallies:
        drops, in_event = scans.read_tallies(database, tallies)
        report["drops"] = around.drops(drops, in_event, per_session)
    if quarantine:
        report["quarantine"] = around.quarantine(scans.read_quarantine(database, quarantine))
    if sessions:
        report["sessions"] = around.sessions(scans.read_sessions(database, sessions), per_session)
    return report
