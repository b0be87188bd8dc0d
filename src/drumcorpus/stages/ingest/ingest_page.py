"""What became of every label of the sources: a report of all ingested source sets, and its page."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.errata import count_left_out
from drumcorpus.ground.files.missing_files import missing_files
from drumcorpus.ground.files.tables import iter_batches, read_table
from drumcorpus.ground.pages.charts import in_order, stacked_bars
from drumcorpus.ground.pages.render import render_page
from drumcorpus.ground.pages.source_set_summary import (
    Parts,
    describe_source_set,
    summarise_source_sets,
)
from drumcorpus.ground.run import completeness
from drumcorpus.vocabulary import IN_EVENT, NO_VALUE

SUMS = {
    "sessions": ("total", "with_labels", "with_hits"),
    "hits": ("total", IN_EVENT, "dropped"),
}
N_ROWS = 300  # of source labels shown of each set; the report has all
N_REASON_LABELS = 8  # source labels named beside a reason on the page
N_OPEN_ROWS = 24  # a longer table of source labels is folded

Combination = tuple[str, str | None, str]  # source label, label, outcome


def describe_ingest(
    name: str,
    card: Mapping,
    tier: str,
    *,
    tallies: str | os.PathLike,
    quarantine: str | os.PathLike,
    sessions: str | os.PathLike,
    flags: str | os.PathLike,
) -> dict:
    """What became of the hits of one source set.

    Parameters
    ----------
    card : mapping
        The source set's card.
    tallies, quarantine, sessions, flags : path
        Tables of the schemas TALLIES, QUARANTINE, SESSIONS and FLAGS.

    Returns
    -------
    dict
        JSON document of counts. ``source_labels`` has one entry per source label and label (null
        where the label maps have none), those with most hits first. ``missing`` as of
        `missing_files.missing_files`, ``completeness`` as of
        `completeness.describe_completeness`, of the hits.

    Raises
    ------
    ValueError
        If a table cannot be read, or the counts do not add up.
    """
    counts, n_hits, n_sessions = count_tallies(tallies)
    listed = read_table(sessions, [*completeness.SESSION_COLUMNS, "label_map", "notes"])
    n_labelled = len(listed) - listed["label_map"].null_count
    by_outcome = sums_by_outcome(counts)
    if sum(by_outcome.values()) != n_hits:
        raise ValueError(f"{tallies}: outcomes add up to {sum(by_outcome.values())} of {n_hits}")
    n_in_event = by_outcome.get(IN_EVENT, 0)
    return {
        **describe_source_set(name, card, tier, quarantine),
        "sessions": {
            "total": len(listed),
            # A model labels sessions that have no labels of their own.
            "with_labels": max(n_labelled, n_sessions),
            "with_hits": n_sessions,
        },
        "hits": {"total": n_hits, IN_EVENT: n_in_event, "dropped": n_hits - n_in_event},
        "by_outcome": by_outcome,
        "missing": missing_files(listed, read_table(quarantine)),
        "left_out": count_left_out(listed["errata"].to_pylist()),
        "flags": describe_flags(read_table(flags)),
        "source_labels": source_labels(counts),
        "completeness": completeness.describe_completeness(
            card,
            listed,
            figures=completeness.AT_INGEST,
            notes=completeness.notes_by_session([tallies]),
        ),
    }


def describe_flags(flags: pa.Table) -> dict[str, dict]:
    """Of each flag the files or sessions that have it, in how many places, and the first."""
    found: dict[str, dict] = {}
    for row in flags.to_pylist():
        entry = found.setdefault(row["flag"], {"files": 0, "places": 0, "examples": []})
        entry["files"] += 1
        entry["places"] += row["n"]
        if len(entry["examples"]) < N_REASON_LABELS:
            entry["examples"].append({name: row[name] for name in ("session_id", "path", "detail")})
    return dict(sorted(found.items()))


def count_tallies(tallies: str | os.PathLike) -> tuple[Counter[Combination], int, int]:
    """Hits by combination, all hits, and the sessions that have any.

    The table is read one row group at a time: of millions of rows there are few combinations.
    """
    counts: Counter[Combination] = Counter()
    n_hits, sessions = 0, set()
    keys = ["source_label", "label", "outcome"]
    for batch in iter_batches(tallies, ["session_id", *keys, "n_hits"]):
        n_hits += pc.sum(batch["n_hits"]).as_py() or 0
        sessions.update(pc.unique(batch["session_id"]).to_pylist())
        table = pa.Table.from_batches([batch])
        for row in table.group_by(keys).aggregate([("n_hits", "sum")]).to_pylist():
            source_label, outcome = row["source_label"] or NO_VALUE, row["outcome"] or NO_VALUE
            counts[source_label, row["label"], outcome] += row["n_hits_sum"]
    return counts, n_hits, len(sessions)


def source_labels(counts: Mapping[Combination, int]) -> list[dict]:
    """What became of each source label, those with most hits first."""
    rows: dict[tuple, dict] = {}
    for (source_label, label, outcome), n in sorted(counts.items(), key=lambda item: str(item[0])):
        row = rows.setdefault(
            (source_label, label),
            {"source_label": source_label, "label": label, "hits": 0, "outcomes": {}},
        )
        row["hits"] += n
        row["outcomes"][outcome] = n
    return sorted(
        rows.values(), key=lambda row: (-row["hits"], row["source_label"], row["label"] or "")
    )


def summarise_ingest(source_sets: Iterable[dict]) -> dict:
    """All ingested source sets in order of name, and their sums.

    Raises
    ------
    ValueError
        If the parts of a source set do not add up to its totals.
    """
    report = summarise_source_sets("drumcorpus.ingest/1", source_sets, sums=SUMS, parts=parts_of)
    by_outcome = sum((Counter(row["by_outcome"]) for row in report["source_sets"]), Counter())
    report["totals"]["by_outcome"] = dict(sorted(by_outcome.items()))
    return report


def parts_of(row: Mapping) -> Parts:
    """What must add up to the hits of one source set."""
    hits, labels = row["hits"], row["source_labels"]
    sums = {
        "hits by outcome": sum(row["by_outcome"].values()),
        "hits by source label": sum(label["hits"] for label in labels),
        "hits by source label and outcome": sum(
            sum(label["outcomes"].values()) for label in labels
        ),
        "hits in events and dropped": hits[IN_EVENT] + hits["dropped"],
    }
    return {name: (n_hits, hits["total"]) for name, n_hits in sums.items()}


def render_ingest_page(report: Mapping) -> str:
    """The page of `summarise_ingest`'s report: a whole document, every name escaped."""
    by_outcome = {row["source_set"]: row["by_outcome"] for row in report["source_sets"]}
    outcomes = in_order(by_outcome, (), first=(IN_EVENT,))
    return render_page(
        "ingest.html.jinja",
        title="Labels of the sources",
        report=report,
        in_event=IN_EVENT,
        n_open_rows=N_OPEN_ROWS,
        chart=stacked_bars(by_outcome, outcomes, of_whole=True),
        tables={row["source_set"]: page_tables(row) for row in report["source_sets"]},
    )


def page_tables(row: Mapping) -> dict:
    """What the page shows of one source set's labels: as much as one reads, and what is left."""
    labels, n_hits = row["source_labels"], row["hits"]["total"]
    drops = []
    for reason, n in row["by_outcome"].items():
        named: Counter[str] = Counter()
        for label in labels:
            named[label["source_label"]] += label["outcomes"].get(reason, 0)
        ranked = sorted((+named).items(), key=lambda item: (-item[1], item[0]))
        first, more = ranked[:N_REASON_LABELS], len(ranked[N_REASON_LABELS:])
        share = n / n_hits if n_hits else None
        drops.append({"reason": reason, "hits": n, "share": share, "first": first, "more": more})
    drops = [drop for drop in drops if drop["reason"] != IN_EVENT]
    remaining = labels[N_ROWS:]
    return {
        "drops": sorted(drops, key=lambda drop: (-drop["hits"], drop["reason"])),
        "labels": labels[:N_ROWS],
        "more": {"labels": len(remaining), "hits": sum(label["hits"] for label in remaining)},
    }


def sums_by_outcome(counts: Mapping[Combination, int]) -> dict[str, int]:
    """Hits by outcome, in order of its name."""
    sums: Counter[str] = Counter()
    for (_, _, outcome), n in counts.items():
        sums[outcome] += n
    return dict(sorted(sums.items()))
