"""Provenance audit: does every event of a manifest rest on a session that is accounted for?

The manifest is read once, into its distinct references; every rule is then one query over them,
the provenance rows and the inventories. What a rule finds is a finding, and one is enough to fail.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from drumcorpus.ground.files.database import open_database, select
from drumcorpus.ground.files.jsonl import read_rows
from drumcorpus.ground.files.manifest_files import as_parquet
from drumcorpus.stages.audit.notes import (
    figures_of_provenance,
    license_of,
    models_of_provenance,
    standing,
)
from drumcorpus.stages.audit.provenance import read_provenance
from drumcorpus.stages.audit.rules import COVERAGE, REFERENCED, REFERENCES, RULES, SPLIT_RULES
from drumcorpus.stages.audit.tables import load_manifest, load_provenance, load_splits

SCHEMA = "drumcorpus.audit/2"
N_EXAMPLES = 20
# Figures of the coverage that are the cases of one rule.
COUNTED = {
    "n_events_broken_metadata_ref": "broken_metadata_ref",
    "n_events_audio_not_covered": "audio_not_in_provenance",
    "n_events_without_license": "license_missing",
    "n_files_hash_unknown": "hash_unknown",
}


def audit_manifest(
    manifest: str | os.PathLike,
    provenance_files: dict[str, str | os.PathLike],
    inventory_files: dict[str, str | os.PathLike],
    *,
    tiers: dict[str, str],
    merged_sets: list[str] | None = None,
    splits_parquet: str | os.PathLike | None = None,
    missing_files: Mapping[str, str | os.PathLike] | None = None,
    cards: Mapping[str, Mapping] | None = None,
    threads: int,
    memory_limit: str,
) -> dict:
    """Audit the provenance of one manifest.

    Parameters
    ----------
    manifest : path
        Manifest in the schema EVENTS, as Parquet, or as JSON Lines where the name ends so.
    provenance_files : dict
        Source set -> JSON Lines, one row per session; merged sets and staged ones alike.
    inventory_files : dict
        Source set -> Parquet in the schema INVENTORY.
    tiers : dict
        Source set -> tier; only `production` may have events here.
    merged_sets : list of str, optional
        Source sets that this manifest is made of; where not given, those that have events in it.
    splits_parquet : path, optional
        Which sessions are in the manifest and in which split, in the schema SPLITS. Without it
        the rules about splits are not asked.
    missing_files : mapping, optional
        Source set -> JSON Lines of the sessions that lack a file, as of
        `missing_files.missing_files`.
    cards : mapping, optional
        Source set -> its card, for the notes; a set without one has fewer notes.
    threads : int
        Threads of duckdb.
    memory_limit : str
        Memory of duckdb, such as ``"1GB"``; what does not fit is spilled to a temporary folder.

    Returns
    -------
    audit : dict
        ``sets`` (figures and notes by source set; a staged set shows as unreferenced; ``missing``
        has the sessions without sound or annotation, all of them, which is no finding),
        ``findings`` (``kind``, ``source_set``, ``n``, at most 20 sorted ``examples``, ``sentence``)
        ``unknown_sets`` and ``passed``, true where there is no finding.

    Raises
    ------
    ValueError
        If a provenance row or a line of the manifest is not JSON, lacks a field, is of another
        set or repeats a session (``file:line: what``), if a table has not the schema it should
        have, or if a set has no tier. Nothing is counted then.
    """
    provenance = {name: read_provenance(path, name) for name, path in provenance_files.items()}
    without_tier = sorted((set(provenance_files) | set(merged_sets or ())) - set(tiers))
    if without_tier:
        raise ValueError(f"no tier is given for {', '.join(without_tier)}")
    with (
        tempfile.TemporaryDirectory() as spill,
        open_database(threads, memory_limit, spill) as con,
    ):
        folder = Path(spill)
        table = manifest if Path(manifest).suffix == ".parquet" else as_parquet(manifest, folder)
        load_manifest(con, table)
        con.execute(REFERENCES)
        con.execute(REFERENCED)
        if merged_sets is None:
            referenced_sets = {row["source_set"] for row in select(con, "FROM referenced")}
            merged_sets = sorted(referenced_sets & provenance.keys())
        load_provenance(con, folder, provenance, inventory_files, merged_sets, tiers)
        load_splits(con, folder, splits_parquet)
        sets, findings = _ask(con, has_splits=splits_parquet is not None)
    missing = {name: list(read_rows(path)) for name, path in (missing_files or {}).items()}
    for figures in sets:
        figures["missing"] = missing.get(figures["source_set"], [])
        figures |= _of_set(figures, provenance, findings, cards or {})
    return {
        "schema": SCHEMA,
        "n_events": sum(figures["n_events"] for figures in sets),
        "unknown_sets": [f["source_set"] for f in sets if f["source_set"] not in provenance],
        "sets": {figures.pop("source_set"): figures for figures in sets},
        "findings": findings,
        "passed": not findings,
    }


def _ask(con, *, has_splits: bool) -> tuple[list[dict], list[dict]]:
    """The coverage of every set, and the findings of every rule."""
    sets = select(con, COVERAGE)
    for figures in sets:
        figures["n_refused_sessions"] = figures["n_refused_sessions"] if has_splits else None
    kinds = [kind for kind in RULES if has_splits or kind not in SPLIT_RULES]
    return sets, [finding for kind in kinds for finding in _findings(con, kind)]


def _findings(con, kind: str) -> list[dict]:
    """The findings of one rule, one per source set it speaks against."""
    sentence, query = RULES[kind]
    cases = f"cases(source_set, example, n) AS ({query})"
    rows = select(
        con,
        f"""WITH {cases}
        SELECT source_set, sum(n)::BIGINT AS n,
               list_sort(list(DISTINCT example))[:{N_EXAMPLES}] AS examples
        FROM cases GROUP BY source_set ORDER BY source_set""",
    )
    return [
        {"kind": kind} | row | {"sentence": f"{row['source_set']}: {row['n']:,} {sentence}."}
        for row in rows
    ]


def _of_set(figures: dict, provenance: dict, findings: list[dict], cards: Mapping) -> dict:
    """The figures of one set beside its coverage: cases of rules, notes, why it is here."""
    name = figures["source_set"]
    card = cards.get(name)
    cases = {finding["kind"]: finding["n"] for finding in findings if finding["source_set"] == name}
    models = models_of_provenance(provenance.get(name, []))
    counted = {figure: cases.get(kind, 0) for figure, kind in COUNTED.items()}
    return (
        counted
        | figures_of_provenance(provenance.get(name, []))
        | standing(figures["tier"], figures["merged"], card, models)
        | {"license_card": license_of(card)}
    )
