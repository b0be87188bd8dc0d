"""Health of a manifest or of a source set: one report of figures for the gates and the page.

`one_pass` counts the events, `rows` makes small tables of the counts; `figures`, `classes`,
`durations` and `examples` turn them into sections. `scans` reads the tables beside the events,
`around` makes sections of them, and `documents` copies figures of other reports. A new section is
one function there and one line here.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drumcorpus.ground.files.database import open_database
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.sound.check_settings import AudioCheckSettings
from drumcorpus.stages.health import around, classes, documents, figures, scans
from drumcorpus.stages.health.audio_checks import audio_section
from drumcorpus.stages.health.bars import bar_places
from drumcorpus.stages.health.durations import durations
from drumcorpus.stages.health.examples import find_examples
from drumcorpus.stages.health.one_pass import Counts, count_events
from drumcorpus.stages.health.rows import Rows, make_rows
from drumcorpus.stages.health.whole_sets import completeness
from drumcorpus.taxonomy import Taxonomy

PathList = Sequence[str | os.PathLike]
REPORTS = ("leaks", "audit", "audit_diff", "drift", "blessed")  # of `Around`; the others are tables


@dataclass(frozen=True)
class Around:
    """What stands beside the events: tables and reports. What is missing is not measured.

    Attributes
    ----------
    tallies, quarantine, sessions, inventory : sequence of paths
        Tables of the schemas `TALLIES`, `QUARANTINE`, `SESSIONS` and `INVENTORY`, of all merged
        source sets.
    audio_checks : sequence of paths
        Tables of the schema `AUDIO_CHECKS`.
    audio_settings : AudioCheckSettings, optional
        The sampling and limits that these were measured by.
    splits : sequence of paths
        Tables of the schema `SPLITS`: which sessions are left out of the manifest.
    leaks, audit, audit_diff, drift : path or None
        The JSON reports on splits, on provenance, on its difference from the blessed one, and on
        distributions.
    blessed : path or None
        The blessed figures of this health report.
    cards : mapping
        The card of each source set, in the order of their tables.
    """

    tallies: PathList = ()
    quarantine: PathList = ()
    sessions: PathList = ()
    inventory: PathList = ()
    audio_checks: PathList = ()
    audio_settings: AudioCheckSettings | None = None
    splits: PathList = ()
    leaks: str | os.PathLike | None = None
    audit: str | os.PathLike | None = None
    audit_diff: str | os.PathLike | None = None
    drift: str | os.PathLike | None = None
    blessed: str | os.PathLike | None = None
    cards: Mapping[str, str | os.PathLike] = field(default_factory=dict)


def files_beside(
    files: Mapping[str, str | Sequence[str]],
    audio_checks: Mapping,
    cards: Mapping[str, str | os.PathLike],
) -> Around:
    """What stands beside the events, from files by the names in `Around`.

    Parameters
    ----------
    files : mapping
        Of a table one path or several, of a report one, or a list of one or none.
    audio_checks : mapping
        The section ``checks`` of the configuration.
    cards : mapping
        The card of each source set, in the order of their tables.
    """
    reports = {
        name: paths if isinstance(paths, str) else next(iter(paths), None)
        for name, paths in files.items()
        if name in REPORTS
    }
    tables = {
        name: [paths] if isinstance(paths, str) else list(paths)
        for name, paths in files.items()
        if name not in REPORTS
    }
    settings = read_settings(AudioCheckSettings, audio_checks)
    return Around(**tables, **reports, audio_settings=settings, cards=cards)


def measure_health(
    events: PathList,
    around_events: Around,
    *,
    taxonomy_labels: Mapping[str, str],
    cymbal_families: Sequence[str],
    dynamic_buckets: Sequence[str],
    threads: int,
    memory_limit: str,
) -> dict:
    """Measure events and what was left out of them.

    Equal tables give an equal report, whatever the threads, the memory or the order of the rows.
    Where no file of a kind is given, its sections are None: not measured, which no gate passes.

    Parameters
    ----------
    events : sequence of paths
        A manifest, or the shards of a source set; schema `schemas.EVENTS`.
    around_events : Around
        The tables and reports beside them.
    taxonomy_labels : mapping
        Family of every label of the taxonomy.
    cymbal_families : sequence of str
        Families whose cymbals the crash stage tells apart.
    dynamic_buckets : sequence of str
        Names of the dynamic buckets, soft to loud; they go into the report for the page.
    threads : int
        Threads of duckdb, which reads the tables beside the events and looks at what stands twice.
    memory_limit : str
        Memory of duckdb, such as ``"1GB"``; what does not fit is spilled to a temporary folder.

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
    with open_database(threads, memory_limit) as database:
        scans.open_events(database, events)
        counts = count_events(events)
        repeated = scans.find_duplicates(database, *counts.may_repeat)
        rows = make_rows(counts)
        per_session = figures.per_session(rows.by_session)
        report = events_report(rows, counts, taxonomy_labels, cymbal_families)
        report["examples"] = find_examples(counts, per_session)
        report["duplicates"] = figures.duplicates(rows.events, *repeated)
        report |= tables_report(database, per_session, counts, around_events)
    report |= {
        "leaks": documents.leaks(around_events.leaks),
        "unreadable": documents.unreadable(around_events.leaks),
        "audit": documents.audit(around_events.audit, around_events.audit_diff),
        "drift": documents.drift(around_events.drift),
        "loudness_drift": documents.loudness_drift(report["audio_checks"], around_events.blessed),
        "completeness": completeness(around_events),
        "dynamic_buckets": list(dynamic_buckets),
    }
    return dict(sorted(report.items()))


def names_of(taxonomy: Taxonomy) -> dict:
    """What `measure_health` needs of a taxonomy, by the names of its arguments."""
    return {
        "taxonomy_labels": taxonomy.families,
        "dynamic_buckets": [name for name, _ in taxonomy.buckets],
    }


def events_report(
    rows: Rows,
    counts: Counts,
    taxonomy_labels: Mapping[str, str],
    cymbal_families: Sequence[str],
) -> dict:
    """The sections that rest on the events alone, as of `measure_health`."""
    components = rows.components
    return {
        "schema": "drumcorpus.health/2",
        "totals": figures.totals(rows.events, rows.by_session, components),
        "source_sets": figures.source_sets(rows.by_session),
        "splits": figures.count_by(rows.events, "split"),
        "composition": figures.composition(components),
        "labels": classes.labels(components, rows.dynamics, rows.velocities, taxonomy_labels),
        "unknown_labels": classes.unknown_labels(components, taxonomy_labels),
        "velocity": classes.velocities(rows.velocities),
        "openness": classes.openness(rows.openness, components, taxonomy_labels),
        "techniques": classes.techniques(rows.techniques),
        "cymbal_variants": classes.cymbal_variants(
            rows.variants, rows.variant_sessions, components, taxonomy_labels, cymbal_families
        ),
        "tempo": figures.tempo(rows.tempi, counts.tempo_range),
        "meter": figures.meter(rows.events),
        "bar_places": bar_places(rows.places),
        "licenses": figures.licenses(rows.events),
        "audio": figures.audio(rows.events),
        "components_per_event": figures.components_per_event(rows.by_session),
        "hits_per_session": figures.hits_per_session(rows.by_session),
        "group_leaks": figures.group_leaks(rows.by_session),
    }


def tables_report(database, per_session: Mapping, counts: Counts, beside: Around) -> dict:
    """The sections that rest on the tables beside the events, as of `measure_health`."""
    names = ("drops", "quarantine", "sessions", "durations", "recordings", "audio_checks")
    report: dict = dict.fromkeys(names)
    refused = scans.read_refused(database, beside.splits) if beside.splits else None
    if beside.tallies:
        drops, in_event = scans.read_tallies(database, beside.tallies)
        report["drops"] = around.drops(drops, in_event, per_session, refused)
    if beside.quarantine:
        quarantined = scans.read_quarantine(database, beside.quarantine)
        report["quarantine"] = around.quarantine(quarantined)
    if beside.sessions:
        listed = scans.read_sessions(database, beside.sessions)
        report["sessions"] = around.sessions(listed, per_session)
        report["durations"] = durations(counts, listed, per_session)
        report["recordings"] = around.recordings(listed, per_session)
    if beside.audio_checks:
        report["audio_checks"] = audio_section(
            database, beside.audio_checks, beside.inventory, beside.audio_settings, refused or ()
        )
    return report
