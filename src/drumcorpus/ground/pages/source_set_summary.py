"""Reports on all source sets, and their pages: what those of inventory and ingestion share.

A report has one entry per source set and, under ``totals``, their sums. The page shows both, with a
chart, and then the source sets one by one; its template is `source_sets.html.jinja`, which those of
the stages fill in.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.pages.render import N_EXAMPLES
from drumcorpus.schemas import QUARANTINE
from drumcorpus.vocabulary import NO_VALUE

Parts = Mapping[str, tuple[int, int]]  # what is summed -> the sum of its parts, and the whole


def describe_each(
    describe: Callable[..., dict],
    source_sets: Mapping[str, object],
    *,
    cards: Sequence[str | os.PathLike],
    **tables: Sequence[str | os.PathLike],
) -> Iterator[dict]:
    """What a stage has of each source set, in their order.

    Parameters
    ----------
    describe : callable
        Takes the name, the card and the settings of one source set, and a path for each of
        `tables` by its name.
    source_sets : mapping
        The settings of each source set.
    cards, **tables : sequence of paths
        The card and the tables of each source set, in the same order.

    Raises
    ------
    ValueError
        If these are not of one length.
    """
    for (name, settings), card, *paths in zip(
        source_sets.items(), cards, *tables.values(), strict=True
    ):
        yield describe(name, read_yaml(card), settings, **dict(zip(tables, paths, strict=True)))


def describe_source_set(name: str, card: Mapping, tier: str, quarantine: str | os.PathLike) -> dict:
    """What every report has of one source set.

    Parameters
    ----------
    card : mapping
        The source set's card.
    quarantine : path
        Table of the schema QUARANTINE.

    Returns
    -------
    dict
        ``source_set``, ``title``, ``tier`` and ``quarantine``, as of `quarantine_by_reason`.

    Raises
    ------
    ValueError
        If the table cannot be read, or lacks a column; the message names it.
    """
    return {
        "source_set": name,
        "title": card["title"],
        "tier": tier,
        "quarantine": quarantine_by_reason(read_table(quarantine, QUARANTINE.names)),
    }


def quarantine_by_reason(quarantine: pa.Table) -> dict:
    """Files that are not used, by reason, each with its first examples.

    Parameters
    ----------
    quarantine : pa.Table
        QUARANTINE schema, of one source set.

    Returns
    -------
    dict
        ``files`` in all, and ``by_reason`` in order of the name: ``files`` and ``examples`` of
        ``path``, ``session_id``, ``stage`` and ``detail``, in order of path.
    """
    order = [(name, "ascending") for name in ("reason", "path", "stage", "detail")]
    by_reason: dict[str, dict] = {}
    for batch in quarantine.sort_by(order).to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            group = by_reason.setdefault(row["reason"] or NO_VALUE, {"files": 0, "examples": []})
            group["files"] += 1
            if len(group["examples"]) < N_EXAMPLES:
                keys = ("path", "session_id", "stage", "detail")
                group["examples"].append({key: row[key] for key in keys})
    return {"files": quarantine.num_rows, "by_reason": dict(sorted(by_reason.items()))}


def summarise_source_sets(
    schema: str,
    source_sets: Iterable[dict],
    *,
    sums: Mapping[str, Sequence[str]],
    parts: Callable[[Mapping], Parts],
) -> dict:
    """All source sets in order of name, and their sums.

    Parameters
    ----------
    schema : str
        Of the report.
    source_sets : iterable of dict
        With what `describe_source_set` gives, and counts in groups.
    sums : mapping
        Group -> the counts of it that are summed; quarantined files always are.
    parts : callable
        Gives what must add up in one source set; the files in quarantine always must.

    Returns
    -------
    report : dict
        ``schema``, ``totals`` (also the number of ``source_sets``) and ``source_sets``.

    Raises
    ------
    ValueError
        If the parts of a source set do not add up; the message names it and the figure.
    """
    source_sets = sorted(source_sets, key=lambda row: row["source_set"])
    for row in source_sets:
        check_sums(row["source_set"], {**parts(row), **_quarantine_parts(row["quarantine"])})
    totals: dict = {
        group: {key: sum(row[group][key] for row in source_sets) for key in keys}
        for group, keys in {**sums, "quarantine": ("files",)}.items()
    }
    totals["source_sets"] = len(source_sets)
    return {"schema": schema, "totals": totals, "source_sets": source_sets}


def check_sums(source_set: str, parts: Parts) -> None:
    """Stop where parts do not add up.

    Raises
    ------
    ValueError
        Naming the source set and the figure.
    """
    for name, (total_of_parts, total) in parts.items():
        if total_of_parts != total:
            raise ValueError(f"{source_set}: {name} add up to {total_of_parts} of {total}")


def _quarantine_parts(quarantine: Mapping) -> Parts:
    n_by_reason = sum(group["files"] for group in quarantine["by_reason"].values())
    return {"files in quarantine by reason": (n_by_reason, quarantine["files"])}
