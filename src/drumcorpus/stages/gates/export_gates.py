"""Gates on an export: what the report of `export.figures` says of its samples."""

from collections.abc import Iterator, Mapping

from drumcorpus.stages.gates.verdicts import (
    Verdict,
    at_most,
    figure_of,
    mapping_of,
    named,
    one_number,
    sessions_of,
    shown,
    shown_share,
)

# What holds of every export, whatever a file of gates names: an export of nothing is none.
ALWAYS = {"max_empty_splits": 0}


def max_dropped_share(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """No more than this share of the events stands in no sample; an export of nothing fails."""
    limit = one_number(name, limit, largest=1)
    figure = figure_of(report, "dropped_share")
    yield at_most(
        name,
        figure,
        limit,
        f"{shown_share(figure)} of the events stand in no sample{_reasons(report)}; at most "
        f"{shown_share(limit)} may be.",
        "Obtain the audio of these sessions, or leave their source set out of the manifest.",
    )


def max_empty_splits(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """No more than so many splits have events of which none stands in a sample."""
    limit = one_number(name, limit)
    empty = report.get("empty_splits")
    figure = len(empty) if isinstance(empty, list) else None
    if figure == 0 and not figure_of(report, "exported"):
        figure = 1  # no split has an event: the whole export is empty
    which = f" ({', '.join(empty)})" if empty else ""
    yield at_most(
        name,
        figure,
        limit,
        f"Splits of the export without any event{which}: {shown(figure)}; at most {shown(limit)} "
        f"may be empty. {shown(figure_of(report, 'exported'))} of "
        f"{shown(figure_of(report, 'events'))} events stand in a sample{_reasons(report)}.",
        "Obtain the audio, or ask for `weights` and `release` alone, which need no sound.",
    )


def _reasons(report: Mapping) -> str:
    """Why events stand in no sample, in brackets; nothing where each does."""
    reasons = mapping_of(report, "not_exported") or {}
    ranked = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    named = ", ".join(f"{reason} {shown(n)}" for reason, n in ranked)
    return f" ({named})" if named else ""


def max_unreadable_events(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """The export could decode the recordings of all events but so many."""
    limit = one_number(name, limit)
    figure = figure_of(report, "unreadable", "events")
    sessions = named(
        sessions_of(report, "unreadable"), n_in_all=figure_of(report, "unreadable", "sessions")
    )
    yield at_most(
        name,
        figure,
        limit,
        f"Events of which the export could not decode the recording{sessions}: {shown(figure)}; at "
        f"most {shown(limit)} may be there.",
        "Fetch the files of these sessions again, or leave their source set out.",
    )


EXPORT_GATES = {
    gate.__name__: gate for gate in (max_dropped_share, max_empty_splits, max_unreadable_events)
}
